"""The last published versions of every dataset, kept on disk: what to restore, and what to compare the next one with.

``<folder>/<dataset>/<number>-<digest>/`` holds the files and ``version.json``; a version is there whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.model import Field, Package, PackageFile, Schema

MANIFEST = "version.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One kept publication: ``number`` grows by one, ``digest`` is that of what was wanted, ``note`` what changed."""

    number: int
    digest: str
    at: str
    note: str
    folder: Path
    files: tuple[PackageFile, ...]

    def file(self, key: str) -> PackageFile | None:
        """The file of one resource key."""
        return next((f for f in self.files if f.key == key), None)

    def intact(self) -> bool:
        """Whether every file still is what was published."""
        try:
            return all(hashlib.sha256(f.path.read_bytes()).hexdigest() == f.digest for f in self.files)
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class Archive:
    """The folder of kept versions; ``keep`` of each dataset stay."""

    folder: Path
    keep: int = 5

    def versions(self, dataset: str) -> list[Version]:
        """All kept versions, oldest first; what cannot be read is passed over."""
        folders = sorted(p for p in (self.folder / dataset).glob("*-*") if p.is_dir() and p.name[0].isdigit())
        return [v for v in map(_read, folders) if v is not None]

    def published(self, dataset: str, digest: str | None) -> Version | None:
        """The newest version, if it is the one with that digest and its files are unharmed."""
        newest = next(reversed(self.versions(dataset)), None)
        return newest if newest and newest.digest == digest and newest.intact() else None

    def add(self, package: Package, digest: str, at: str, note: str) -> None:
        """Keep what has just been published and let the oldest go; publishing the same again adds nothing."""
        name = package.spec.name
        known = self.versions(name)
        if known and known[-1].digest == digest and known[-1].intact():
            return
        number = known[-1].number + 1 if known else 1
        home = self.folder / name
        fresh = home / f".{number:05d}.tmp"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for file in package.files:
            shutil.copyfile(file.path, fresh / file.path.name)
        document = {"number": number, "digest": digest, "at": at, "note": note, "files": [*map(_entry, package.files)]}
        _written(fresh / MANIFEST, json.dumps(document, ensure_ascii=False, indent=1))
        fresh.rename(home / f"{number:05d}-{digest[:12]}")
        for old in known[: max(0, len(known) + 1 - self.keep)]:
            shutil.rmtree(old.folder, ignore_errors=True)


def _written(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _entry(file: PackageFile) -> dict[str, Any]:
    schema = {**asdict(replace(file.schema, descriptor={})), "descriptor": {}} if file.schema else None
    return {**asdict(replace(file, schema=None)), "path": file.path.name, "schema": schema}


def _read(folder: Path) -> Version | None:
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = tuple(_file(folder, entry) for entry in told["files"])
        return Version(
            number=told["number"], digest=told["digest"], at=told["at"], note=told["note"], folder=folder, files=files
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file(folder: Path, entry: dict[str, Any]) -> PackageFile:
    schema = _schema(entry["schema"]) if entry["schema"] else None
    return PackageFile(**{**entry, "path": folder / entry["path"], "schema": schema})


def _schema(entry: dict[str, Any]) -> Schema:
    listed: dict[str, Callable[[Any], Any]] = {
        "fields": lambda fields: tuple(Field(**{**f, "aliases": tuple(f["aliases"])}) for f in fields),
        **dict.fromkeys(("primary_key", "tags", "groups", "aliases"), tuple),
    }
    return Schema(**{key: listed.get(key, lambda value: value)(value) for key, value in entry.items()})
