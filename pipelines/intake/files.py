"""Files of the drop: settled or still growing, plain or a link, and their digests."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.intake.names import problem, shown_path
from pipelines.model import Catalog, DatasetSpec, Drop, DroppedFile, Level, Problem, Step

WATCH_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time as intake needs it, so that a test can stand still."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class Watch:
    """Tells settled files from those still being copied: quiet long enough, or unchanged while we look."""

    def __init__(self, catalog: Catalog, clock: Clock) -> None:
        self.catalog = catalog
        self.clock = clock
        self.growing: set[Path] = set()

    def observe(self, paths: Iterable[Path]) -> None:
        young = {path: _shape(path) for path in paths if self._young(path)}
        if young:
            self.clock.sleep(min(WATCH_SECONDS, self.catalog.settle_seconds))
        self.growing = {path for path, before in young.items() if _shape(path) != before}

    def _young(self, path: Path) -> bool:
        try:
            return self.clock.now() - path.stat().st_mtime < self.catalog.settle_seconds
        except OSError:
            return True

    def verdict(self, path: Path) -> Problem | None:
        """Why this file must wait or stay out; None when it can be read now."""
        shown = shown_path(path, self.catalog)
        if not _plain(path):
            message = "ふつうのファイルではありません（ショートカットやリンクは使えません）。"
            return problem("not-a-file", Level.ERROR, shown, message, "ファイルそのものを入れてください。")
        if path in self.growing or not _complete(path):
            message = "まだコピーの途中のようです。次の実行で読みます。"
            return problem("still-growing", Level.HOLD, shown, message)
        if (path.parent / f"~${path.name}").exists() or (path.parent / f"~${path.name[2:]}").exists():
            message = "Excel で開かれています。閉じたあとの実行で読みます。"
            return problem("open-elsewhere", Level.HOLD, shown, message)
        return None


def drop_of(spec: DatasetSpec, step: Step[tuple[Path, ...]], watch: Watch) -> Step[Drop]:
    if step.value is None:
        return Step(None, step.problems)
    waits = tuple(p for path in step.value if (p := watch.verdict(path)))
    if waits:
        return Step(None, step.problems + waits)
    files = tuple(dropped(path, watch.catalog.root) for path in step.value)
    return Step(Drop(spec=spec, files=files, digest=_drop_digest(spec, files, watch.catalog)), step.problems)


def dropped(path: Path, root: Path) -> DroppedFile:
    """The file as a value: shown path relative to the drop root, size in bytes, SHA-256."""
    shown = str(path.relative_to(root)) if path.is_relative_to(root) else path.name
    return DroppedFile(path=path, shown=shown, size=path.stat().st_size, digest=digest_of(path))


def _drop_digest(spec: DatasetSpec, files: tuple[DroppedFile, ...], catalog: Catalog) -> str:
    """Covers the files and every setting that shapes what is made of them."""
    shape = {
        "files": [(f.shown, f.digest) for f in files],
        "spec": _plain_values(spec),
        "output": [catalog.bom, catalog.newline, catalog.title, catalog.publisher, catalog.code, catalog.homepage],
        "screen": _plain_values(catalog.settings.get("screen", {})),
    }
    return hashlib.sha256(json.dumps(shape, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _plain_values(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if names := getattr(value, "__dataclass_fields__", None):
        return {name: _plain_values(getattr(value, name)) for name in names if name != "folder"}
    if isinstance(value, Mapping):
        return {str(k): _plain_values(v) for k, v in value.items() if k != "folder"}
    if isinstance(value, frozenset | set):
        return sorted(str(v) for v in value)
    if isinstance(value, list | tuple):
        return [_plain_values(v) for v in value]
    return str(value)


def digest_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _shape(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _plain(path: Path) -> bool:
    status = path.lstat()
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and os.access(path, os.R_OK)


def _complete(path: Path) -> bool:
    """A ZIP container (XLSX, ODS) still being copied lacks its end record."""
    with path.open("rb") as stream:
        if stream.read(4) != b"PK\x03\x04":
            return True
        stream.seek(max(0, path.stat().st_size - 66_000))
        return b"PK\x05\x06" in stream.read()
