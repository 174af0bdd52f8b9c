"""What was dropped, by whom, settled or still being copied, and which schema it claims.

The drop tree: ``datasets/<department>/department.yaml``; a standard dataset is a file named after it
(``公衆トイレ一覧.xlsx``, ``141500_public_toilet.csv``) directly in the department's folder, or a folder of its own;
any other dataset is a folder with ``dataset.yaml``.  Nothing in the tree is ever executed, moved or changed.
Intake never guesses between two candidates.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.cleaning.keys import match_key
from pipelines.config import load_dataset, load_department, standard_dataset
from pipelines.model import (
    Catalog,
    ConfigError,
    DatasetSpec,
    Department,
    Drop,
    DroppedFile,
    Level,
    Place,
    Problem,
    Schema,
    Step,
)

WATCH_SECONDS = 2.0
_SETTINGS = {"catalog.yaml", "department.yaml", "dataset.yaml", "schema.yaml"}
_IGNORED_NAMES = _SETTINGS | {"thumbs.db", "desktop.ini", "readme.md", "readme.txt", "attribution.md"}
_UNFINISHED_SUFFIXES = (".tmp", ".part", ".partial", ".crdownload", ".download", ".filepart")
_BROWSER_COPY = re.compile(r"\s*[(（]\d+[)）]$|\s+-\s*コピー(\s*[(（]\d+[)）])?$|\s*のコピー$|^コピー\s*～\s*")
_CODE_PREFIX = re.compile(r"^\d{6}[_\-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What the drop tree holds: one Step per dataset found, and the problems of no dataset in particular."""

    departments: tuple[Department, ...]
    drops: tuple[tuple[DatasetSpec, Step[Drop]], ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time as intake needs it, so that a test can stand still."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


def intake(catalog: Catalog, schemas: Mapping[str, Schema], clock: Clock | None = None) -> Intake:
    """Find every department, dataset and settled file under ``catalog.root``.

    Raises :class:`ConfigError` when the tree holds no department at all: an empty drop is never an order to delete.
    """
    watch = _Watch(catalog, clock or Clock())
    departments, problems = _departments(catalog)
    found: list[tuple[DatasetSpec, Step[tuple[Path, ...]]]] = []
    for department in departments:
        datasets, strays = _datasets(department, catalog, schemas)
        found += datasets
        problems += strays
    problems += _doubled(found)
    watch.observe(path for _, step in found for path in step.value or ())
    drops = tuple((spec, _drop(spec, step, watch)) for spec, step in found)
    return Intake(departments=tuple(departments), drops=drops, problems=tuple(problems))


# ── departments ────────────────────────────────────────────────────────────────────────────────


def _departments(catalog: Catalog) -> tuple[list[Department], list[Problem]]:
    departments: list[Department] = []
    problems: list[Problem] = []
    for entry in _entries(catalog.root):
        if entry.is_dir():
            if (entry / "department.yaml").is_file():
                departments.append(load_department(entry, catalog))
            else:
                problems.append(_stray(catalog, entry, "このフォルダーには department.yaml がありません。"))
        elif not _ignored(entry):
            problems.append(_stray(catalog, entry, "部署のフォルダーの外にファイルがあります。"))
    if not departments:
        raise ConfigError(
            f"{catalog.root} に部署のフォルダーがありません。"
            "空のフォルダーは「すべて消す」指示とはみなさず、何もせずに終わります。"
        )
    _unique_ids(departments)
    return departments, problems


def _unique_ids(departments: list[Department]) -> None:
    seen: dict[str, Department] = {}
    for department in departments:
        if department.id in seen:
            raise ConfigError(
                f"{department.folder}/department.yaml: id「{department.id}」は {seen[department.id].folder} と同じです。"
            )
        seen[department.id] = department


# ── datasets ───────────────────────────────────────────────────────────────────────────────────

Found = tuple[DatasetSpec, Step[tuple[Path, ...]]]


def _datasets(
    department: Department, catalog: Catalog, schemas: Mapping[str, Schema]
) -> tuple[list[Found], list[Problem]]:
    found: list[Found] = []
    problems: list[Problem] = []
    loose: dict[str, list[Path]] = {}
    for entry in _entries(department.folder):
        if entry.is_dir():
            step = _folder(entry, department, catalog, schemas)
            found += [step.value] if step.value else []
            problems += step.problems
        elif not _ignored(entry):
            schema = claimed_schema(entry.stem, schemas)
            if schema is None:
                problems.append(_stray(catalog, entry, "どのデータセットのファイルか分かりません。"))
            else:
                loose.setdefault(schema.name, []).append(entry)
    for name, paths in loose.items():
        spec = standard_dataset(schemas[name], department, catalog, None)
        found.append((spec, _one_of(paths, catalog)))
    return found, problems


def _folder(
    folder: Path, department: Department, catalog: Catalog, schemas: Mapping[str, Schema]
) -> Step[Found]:
    candidates = [p for p in _entries(folder) if p.is_file() and not _ignored(p)]
    nested = tuple(_stray(catalog, p, "データセットのフォルダーの中にフォルダーがあります。") for p in _entries(folder) if p.is_dir())
    schema = claimed_schema(folder.name, schemas) or _claimed_by_all(candidates, schemas)
    if (folder / "dataset.yaml").is_file():
        spec = load_dataset(folder, department, catalog, schemas, schema)
    elif schema is not None:
        spec = standard_dataset(schema, department, catalog, folder)
    else:
        message = "どの標準データセットか分からず、dataset.yaml もありません。"
        hint = "`publish.py new` で dataset.yaml を作るか、フォルダーの名前を標準データセットの名前にしてください。"
        return Step(None, (*nested, _stray(catalog, folder, message, hint, "dataset-unknown")))
    return Step((spec, _files_of(spec, folder, candidates, catalog)), nested)


def _claimed_by_all(paths: list[Path], schemas: Mapping[str, Schema]) -> Schema | None:
    claims = {schema.name: schema for path in paths if (schema := claimed_schema(path.stem, schemas))}
    return next(iter(claims.values())) if len(claims) == 1 else None


def claimed_schema(stem: str, schemas: Mapping[str, Schema]) -> Schema | None:
    """The standard dataset a file or folder name claims: its title, slug or alias, with or without a code in front."""
    wanted = match_key(_CODE_PREFIX.sub("", _BROWSER_COPY.sub("", unicodedata.normalize("NFC", stem))))
    hits = {s.name: s for s in schemas.values() if s.generation == 2 and wanted in _names(s)}
    return next(iter(hits.values())) if len(hits) == 1 else None


def _names(schema: Schema) -> set[str]:
    return {match_key(name) for name in (schema.name, schema.title, *schema.aliases)}


def _files_of(spec: DatasetSpec, folder: Path, candidates: list[Path], catalog: Catalog) -> Step[tuple[Path, ...]]:
    named: tuple[str, ...] = spec.settings.get("files", ())
    if named:
        return _named_files(named, folder, catalog)
    if spec.combine in ("stack", "resources"):
        return Step(tuple(candidates)) if candidates else Step(None, (_nothing(folder, catalog),))
    return _one_of(candidates, catalog) if candidates else Step(None, (_nothing(folder, catalog),))


def _named_files(named: tuple[str, ...], folder: Path, catalog: Catalog) -> Step[tuple[Path, ...]]:
    paths: list[Path] = []
    problems: list[Problem] = []
    for pattern in named:
        matches = sorted(p for p in folder.glob(pattern) if p.is_file() and not _ignored(p))
        paths += matches
        if not matches:
            message = f"dataset.yaml に書かれたファイル「{pattern}」がありません。"
            problems.append(_problem("file-missing", Level.ERROR, _shown(folder, catalog), message))
    return Step(tuple(dict.fromkeys(paths)) or None, tuple(problems))


def _one_of(paths: list[Path], catalog: Catalog) -> Step[tuple[Path, ...]]:
    """The single candidate; browser copies of identical content are one; anything else is sent back."""
    by_content: dict[str, list[Path]] = {}
    for path in paths:
        by_content.setdefault(_digest(path), []).append(path)
    if len(by_content) == 1:
        chosen = min(paths, key=lambda p: (bool(_BROWSER_COPY.search(p.stem)), len(p.name), p.name))
        return Step((chosen,), tuple(_copy_notice(p, chosen, catalog) for p in paths if p != chosen))
    names = "、".join(sorted(p.name for p in paths))
    message = f"同じデータセットの候補が{len(by_content)}つあります（{names}）。どれが正しいか決められないため、公開を見送りました。"
    hint = "要らないファイルを消すか、dataset.yaml の「file:」に使うファイルの名前を書いてください。"
    return Step(None, (_problem("two-candidates", Level.ERROR, _shown(paths[0].parent, catalog), message, hint),))


def _copy_notice(path: Path, chosen: Path, catalog: Catalog) -> Problem:
    message = f"「{path.name}」は「{chosen.name}」と同じ内容なので使いませんでした。"
    return _problem("same-content", Level.NOTICE, _shown(path, catalog), message)


def _nothing(folder: Path, catalog: Catalog) -> Problem:
    message = "データのファイルがありません。公開中のものはそのまま残します。"
    hint = "CSV か Excel のファイルを入れてください。公開をやめるときは dataset.yaml に withdraw: を書きます。"
    return _problem("file-missing", Level.ERROR, _shown(folder, catalog), message, hint)


def _doubled(found: list[Found]) -> list[Problem]:
    by_name: dict[str, list[DatasetSpec]] = {}
    for spec, _ in found:
        by_name.setdefault(spec.name, []).append(spec)
    doubled = {name: specs for name, specs in by_name.items() if len(specs) > 1}
    if doubled:
        name, specs = next(iter(doubled.items()))
        folders = "、".join(str(s.folder or s.department.folder) for s in specs)
        raise ConfigError(f"データセット名「{name}」が2か所にあります（{folders}）。どちらかの name を変えてください。")
    return []


# ── files ──────────────────────────────────────────────────────────────────────────────────────


class _Watch:
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
        shown = _shown(path, self.catalog)
        if not _plain(path):
            message = "ふつうのファイルではありません（ショートカットやリンクは使えません）。"
            return _problem("not-a-file", Level.ERROR, shown, message, "ファイルそのものを入れてください。")
        if path in self.growing or not _complete(path):
            message = "まだコピーの途中のようです。次の実行で読みます。"
            return _problem("still-growing", Level.HOLD, shown, message)
        if (path.parent / f"~${path.name}").exists() or (path.parent / f"~${path.name[2:]}").exists():
            message = "Excel で開かれています。閉じたあとの実行で読みます。"
            return _problem("open-elsewhere", Level.HOLD, shown, message)
        return None


def _drop(spec: DatasetSpec, step: Step[tuple[Path, ...]], watch: _Watch) -> Step[Drop]:
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
    return DroppedFile(path=path, shown=shown, size=path.stat().st_size, digest=_digest(path))


def _drop_digest(spec: DatasetSpec, files: tuple[DroppedFile, ...], catalog: Catalog) -> str:
    """Covers the files and every setting that shapes what is made of them."""
    shape = {
        "files": [(f.shown, f.digest) for f in files],
        "spec": _plain_values(asdict(spec)),
        "output": [catalog.bom, catalog.newline, catalog.title, catalog.publisher, catalog.code, catalog.homepage],
        "screen": _plain_values(catalog.settings.get("screen", {})),
    }
    return hashlib.sha256(json.dumps(shape, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _plain_values(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain_values(v) for k, v in value.items() if k != "folder"}
    if isinstance(value, frozenset | set):
        return sorted(str(v) for v in value)
    if isinstance(value, list | tuple):
        return [_plain_values(v) for v in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _digest(path: Path) -> str:
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


def _entries(folder: Path) -> list[Path]:
    return sorted((p for p in folder.iterdir() if not p.name.startswith((".", "_"))), key=lambda p: p.name)


def _ignored(path: Path) -> bool:
    name = path.name.lower()
    return name in _IGNORED_NAMES or name.startswith("~$") or name.endswith(_UNFINISHED_SUFFIXES)


def _shown(path: Path, catalog: Catalog) -> str:
    return str(path.relative_to(catalog.root)) if path != catalog.root else "."


def _problem(code: str, level: Level, shown: str, message: str, hint: str = "") -> Problem:
    return Problem(code=code, level=level, place=Place(path=shown), message=message, hint=hint)


def _stray(catalog: Catalog, path: Path, message: str, hint: str = "", code: str = "stray-file") -> Problem:
    hint = hint or "標準データセットの名前（例: 公衆トイレ一覧.xlsx）にするか、データセットごとのフォルダーに入れてください。"
    return _problem(code, Level.WARNING, _shown(path, catalog), message, hint)
