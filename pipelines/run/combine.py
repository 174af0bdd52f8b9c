"""One dataset from several files: which files make which table, in which order, under which title.

``combine: stack`` makes one table of all files, the oldest first (rows of a new year come after the others).
``combine: resources`` makes one resource per file, the newest first (a visitor sees the current one at the top); their
keys come from the year in the file's name, so that a resource keeps its address when another year arrives.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

from pipelines.model import DatasetSpec, Drop, DroppedFile, Level, Place, Problem
from pipelines.run.periods import Period, missing, period_of

NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The files of one resource; ``key`` is ``""`` and ``title`` empty where the dataset has only one."""

    key: str = ""
    title: str = ""
    files: tuple[DroppedFile, ...]

    @property
    def digest(self) -> str:
        """What an approval is bound to: the file's digest, or one over those of all files."""
        if len(self.files) == 1:
            return self.files[0].digest
        return hashlib.sha256("\n".join(file.digest for file in self.files).encode()).hexdigest()


def shares(drop: Drop) -> tuple[Share, ...]:
    """The resources that the files of a drop become, in the order in which the portal shall show them."""
    spec, files = drop.spec, drop.files
    if spec.combine == "resources":
        return _resources(spec, files)
    if spec.combine == "stack":
        files = tuple(sorted(files, key=partial(_age, spec)))
    return (Share(files=files),)


def _age(spec: DatasetSpec, file: DroppedFile) -> tuple[int, int]:
    """Files that name no year keep their place among themselves, before the others."""
    period = period_in(spec, file)
    return (period.year, period.month) if period else (0, 0)


def period_in(spec: DatasetSpec, file: DroppedFile) -> Period | None:
    """The year or month that the name of a file of this dataset speaks of."""
    return period_of(file.path.stem, spec.department.code)


# ── resources ──────────────────────────────────────────────────────────────────────────────────


def _resources(spec: DatasetSpec, files: Sequence[DroppedFile]) -> tuple[Share, ...]:
    made = [(period_in(spec, file), file) for file in files]
    often = Counter(period.key for period, _ in made if period)
    alone = {period.key for period, _ in made if period and often[period.key] == 1}
    found = [(p, _resource(spec, file, p if p and p.key in alone else None)) for p, file in made]
    order = spec.settings.get("resources", {}).get("order", "newest")
    if order != "listed" and all(period for period, _ in found):
        found.sort(key=lambda entry: entry[0] or Period(0), reverse=order == "newest")
    return tuple(share for _, share in found)


def _resource(spec: DatasetSpec, file: DroppedFile, period: Period | None) -> Share:
    titles = spec.settings.get("resources", {}).get("titles", {})
    stem = bare(file.path.stem, spec.department.code)
    name = matched(titles, file) or (period.label if period else stem)
    return Share(key=period.key if period else slug(stem), title=f"{spec.title} {name}", files=(file,))


def bare(stem: str, code: str) -> str:
    """A file's name without its extension and without the department's municipality code in front."""
    return re.sub(rf"^{code}[_\-]", "", stem) if code else stem


def slug(stem: str) -> str:
    """An ASCII name that stays the same for the same file name."""
    plain = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")
    if stem.isascii() and plain:
        return plain
    return f"file_{hashlib.sha256(stem.encode()).hexdigest()[:8]}"


def matched(values: dict[str, str], file: DroppedFile, sheet: str | None = None) -> str | None:
    """The value whose pattern is the file's name (with or without extension) or its sheet."""
    names = [name for name in (file.path.name, file.path.stem, sheet) if name]
    return next((v for pattern, v in values.items() if any(fnmatchcase(name, pattern) for name in names)), None)


# ── what the set of files says ─────────────────────────────────────────────────────────────────


def file_problems(drop: Drop) -> tuple[Problem, ...]:
    """Several files for one table, the same file twice, and years that are missing between the first and the last."""
    if len(drop.files) < 2:
        return ()
    if drop.spec.combine == "single":
        return (_several(drop),)
    return (*_twice(drop), *_gaps(drop))


def _several(drop: Drop) -> Problem:
    names = "、".join(file.path.name for file in drop.files)
    return Problem(
        code="several-files",
        level=Level.ERROR,
        place=Place(path=drop.files[0].shown),
        message=f"ファイルが{len(drop.files)}個ありますが、どう組み合わせるか書かれていません（{names}）。",
        hint="dataset.yaml に「combine: stack」（縦につないで1つの表にする）か「combine: resources」"
        "（ファイルごとに分けて載せる）を書いてください。",
    )


def _twice(drop: Drop) -> list[Problem]:
    """Files of the same content: one of them is a copy, or the wrong year was saved under this name."""
    first: dict[str, DroppedFile] = {}
    found = []
    for file in drop.files:
        other = first.setdefault(file.digest, file)
        if other is not file:
            message = f"「{file.path.name}」は「{other.path.name}」とまったく同じ内容です。"
            hint = "片方が写しなら消し、別の年や地区のファイルのはずなら、正しいファイルに置き換えてください。"
            found.append(_problem("same-content-twice", Level.ERROR, file.shown, message, hint))
    return found


def _gaps(drop: Drop) -> list[Problem]:
    periods = [period for file in drop.files if (period := period_in(drop.spec, file))]
    gaps = missing(periods)
    if not gaps:
        return []
    more = f" ほか{len(gaps) - NAMED}" if len(gaps) > NAMED else ""
    listed = "、".join(period.label for period in gaps[:NAMED]) + more
    message = f"間のファイルがありません（{listed}）。"
    hint = "もとからないのなら、このままでかまいません。あるのなら、同じフォルダーに入れてください。"
    folder = drop.files[0].shown.rpartition("/")[0] or drop.files[0].shown
    return [_problem("period-missing", Level.WARNING, folder, message, hint)]


def _problem(code: str, level: Level, path: str, message: str, hint: str) -> Problem:
    return Problem(code=code, level=level, place=Place(path=path), message=message, hint=hint)
