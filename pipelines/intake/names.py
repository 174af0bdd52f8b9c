"""Names in the drop: what is passed over, what is a browser's copy, which standard dataset a name claims."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pipelines.cleaning.keys import match_key
from pipelines.model import Catalog, Level, Place, Problem, Schema

_SETTINGS = {"catalog.yaml", "department.yaml", "dataset.yaml", "schema.yaml"}
_IGNORED_NAMES = _SETTINGS | {"thumbs.db", "desktop.ini", "readme.md", "readme.txt", "attribution.md"}
_UNFINISHED_SUFFIXES = (".tmp", ".part", ".partial", ".crdownload", ".download", ".filepart")
BROWSER_COPY = re.compile(r"\s*[(（]\d+[)）]$|\s+-\s*コピー(\s*[(（]\d+[)）])?$|\s*のコピー$|^コピー\s*～\s*")
#: what goes back to a department stands beside its files under this name and is never taken for a dataset
REPLIES = "確認結果"
_CODE_PREFIX = re.compile(r"^\d{6}[_\-]")


def claimed_schema(stem: str, schemas: Mapping[str, Schema]) -> Schema | None:
    """The standard dataset a file or folder name claims: its title, slug or alias, with or without a code in front."""
    wanted = match_key(_CODE_PREFIX.sub("", BROWSER_COPY.sub("", unicodedata.normalize("NFC", stem))))
    hits = {s.name: s for s in schemas.values() if s.generation == 2 and wanted in _names(s.name, s.title, *s.aliases)}
    return next(iter(hits.values())) if len(hits) == 1 else None


@cache
def _names(*names: str) -> frozenset[str]:
    return frozenset(match_key(name) for name in names)


def entries(folder: Path) -> list[Path]:
    """What may be a dataset or its file: not hidden, not put aside with a leading ``_``, none of our replies."""
    return sorted((p for p in folder.iterdir() if not _passed_over(p)), key=lambda p: p.name)


def _passed_over(path: Path) -> bool:
    return path.name.startswith((".", "_")) or unicodedata.normalize("NFC", path.name) == REPLIES


def put_aside(catalog: Catalog, folder: Path) -> list[Problem]:
    """One notice for each entry that its owner put aside with a leading ``_``: passed over, but not in silence."""
    hint = "公開するファイルなら、名前の先頭の「_」を取ってください。しまっておくものなら、そのままでかまいません。"
    return [
        problem(
            "put-aside", Level.NOTICE, shown_path(path, catalog), "名前が「_」で始まるので、読みませんでした。", hint
        )
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
        if path.name.startswith("_") and not ignored(path)
    ]


def ignored(path: Path) -> bool:
    name = path.name.lower()
    return name in _IGNORED_NAMES or name.startswith("~$") or name.endswith(_UNFINISHED_SUFFIXES)


def shown_path(path: Path, catalog: Catalog) -> str:
    return str(path.relative_to(catalog.root)) if path != catalog.root else "."


def problem(code: str, level: Level, shown: str, message: str, hint: str = "") -> Problem:
    return Problem(code=code, level=level, place=Place(path=shown), message=message, hint=hint)


def stray(catalog: Catalog, path: Path, message: str, hint: str = "", code: str = "stray-file") -> Problem:
    hint = (
        hint
        or "標準データセットの名前（例: 公衆トイレ一覧.xlsx）にするか、データセットごとのフォルダーに入れてください。"
    )
    return problem(code, Level.WARNING, shown_path(path, catalog), message, hint)
