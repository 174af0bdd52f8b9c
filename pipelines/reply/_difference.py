"""What publishing changes: the new table beside the one that is online, record by record, in a clerk's words."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

SHOWN = 10
_CELL = 40
#: with more rows than this, rows are told as added or removed only (pairing them costs the square)
_PAIRED = 2_000
_ALIKE = 0.5
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Counts are true; of the rows themselves the first :data:`SHOWN` of each kind are given.

    ``changed`` holds, per record, what it is called and its (column, before, after).  ``added_columns`` and
    ``removed_columns`` are labels.
    """

    title: str
    before: int
    after: int
    added: int
    removed: int
    changed: int
    added_rows: tuple[Row, ...]
    removed_rows: tuple[Row, ...]
    changed_cells: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]
    added_columns: tuple[str, ...]
    removed_columns: tuple[str, ...]
    header: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed or self.added_columns or self.removed_columns)


def difference(title: str, old: Path, new: Path, key: Sequence[str] = ()) -> Difference:
    """Compare two CSV files of ours.  Records are paired by ``key``, without one by being alike in most columns."""
    header_old, rows_old = _read(old)
    header_new, rows_new = _read(new)
    common = [name for name in header_new if name in header_old]
    before = [_picked(row, header_old, common) for row in rows_old]
    after = [_picked(row, header_new, common) for row in rows_new]
    gone, fresh = _left(before, after), _left(after, before)
    pairs = _by_key(gone, fresh, [common.index(k) for k in key if k in common]) if key else _alike(gone, fresh)
    paired_old, paired_new = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    removed, added = list((Counter(gone) - paired_old).elements()), list((Counter(fresh) - paired_new).elements())
    return Difference(
        title=title,
        before=len(rows_old),
        after=len(rows_new),
        added=len(added),
        removed=len(removed),
        changed=len(pairs),
        added_rows=tuple(_short(row) for row in added[:SHOWN]),
        removed_rows=tuple(_short(row) for row in removed[:SHOWN]),
        changed_cells=tuple(_cells(common, a, b) for a, b in pairs[:SHOWN]),
        added_columns=tuple(name for name in header_new if name not in header_old),
        removed_columns=tuple(name for name in header_old if name not in header_new),
        header=tuple(common),
    )


def _read(path: Path) -> tuple[Row, list[Row]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        return tuple(next(reader, [])), [tuple(row) for row in reader]


def _picked(row: Row, header: Row, wanted: Sequence[str]) -> Row:
    places = [header.index(name) for name in wanted]
    return tuple(row[place] for place in places)


def _left(rows: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """The rows that have no equal among the others, in their order; each equal row stands for one."""
    known, left = Counter(others), []
    for row in rows:
        if known[row]:
            known[row] -= 1
        else:
            left.append(row)
    return left


def _by_key(gone: Sequence[Row], fresh: Sequence[Row], places: Sequence[int]) -> list[tuple[Row, Row]]:
    by_key = {tuple(row[p] for p in places): row for row in gone}
    found = [(by_key.get(tuple(row[p] for p in places)), row) for row in fresh]
    return [(old, new) for old, new in found if old is not None]


def _alike(gone: Sequence[Row], fresh: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Records that stand in the same order and agree in more than half of their columns."""
    if max(len(gone), len(fresh)) > _PAIRED:
        return []
    firsts = SequenceMatcher(None, [row[:1] for row in gone], [row[:1] for row in fresh], autojunk=False)
    found = []
    for tag, a, a_end, b, b_end in firsts.get_opcodes():
        if tag == "equal" or (tag == "replace" and a_end - a == b_end - b):
            found += [(old, new) for old, new in zip(gone[a:a_end], fresh[b:b_end], strict=True) if _like(old, new)]
    return found


def _like(old: Row, new: Row) -> bool:
    return sum(x == y for x, y in zip(old, new, strict=True)) > _ALIKE * len(old)


def _cells(header: Sequence[str], old: Row, new: Row) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    differing = tuple((name, _cut(a), _cut(b)) for name, a, b in zip(header, old, new, strict=True) if a != b)
    return "　".join(_cut(text) for text in new[:4] if text)[: 2 * _CELL], differing


def _short(row: Row) -> Row:
    return tuple(_cut(text) for text in row)


def _cut(text: str) -> str:
    one = " ".join(text.split())
    return one if len(one) <= _CELL else one[: _CELL - 1] + "…"
