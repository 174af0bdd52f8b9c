"""What changed between two versions of one of our own CSV files: rows added, removed, changed."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """Rows as text, in the files' column order.  ``key`` holds the positions of the columns rows were matched by.

    ``declared`` says that the key is the schema's own; otherwise it is a column that happens to identify the rows.
    """

    header: Row
    added: tuple[Row, ...]
    removed: tuple[Row, ...]
    changed: tuple[tuple[Row, Row], ...]
    key: tuple[int, ...]
    declared: bool

    @property
    def told(self) -> str:
        """The difference as a person reads it."""
        counts = (("追加", len(self.added)), ("削除", len(self.removed)), ("変更", len(self.changed)))
        return "・".join(f"{count}行{word}" for word, count in counts if count) or "行の増減なし"


def delta(old: Path, new: Path, primary_key: Sequence[str] = ()) -> Delta | None:
    """Compare two CSV files (UTF-8, with or without BOM); None when their columns differ."""
    (old_header, old_rows), (header, rows) = read_rows(old), read_rows(new)
    if old_header != header:
        return None
    key = _declared(header, primary_key)
    if key and not (_unique(old_rows, key) and _unique(rows, key)):
        key = ()
    declared = bool(key)
    gone, come = _differing(old_rows, rows)
    key = key or _natural(gone, come, len(header))
    return _matched(header, gone, come, key, declared)


def read_rows(path: Path) -> tuple[Row, list[Row]]:
    """Header and rows of one of our own CSV files, all text."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = csv.reader(stream)
        header = tuple(next(lines, []))
        return header, [tuple(line) for line in lines]


def header_of(path: Path) -> list[str]:
    """The column names of one of our own CSV files."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream), [])


def usable_key(header: Sequence[str], rows: Sequence[Row], primary_key: Sequence[str]) -> tuple[int, ...]:
    """Positions of the primary key when it is there, filled and unique in every row; else ()."""
    key = _declared(tuple(header), primary_key)
    return key if key and _unique(rows, key) else ()


def _declared(header: Row, primary_key: Sequence[str]) -> tuple[int, ...]:
    return tuple(header.index(name) for name in primary_key) if set(primary_key) <= set(header) else ()


def _unique(rows: Sequence[Row], key: tuple[int, ...]) -> bool:
    seen = {tuple(row[i] for i in key) for row in rows}
    return len(seen) == len(rows) and not any("" in values for values in seen)


def _differing(old: list[Row], new: list[Row]) -> tuple[list[Row], list[Row]]:
    """The rows of each side that the other has not, as multisets."""
    balance = Counter(new)
    gone = []
    for row in old:
        if balance[row] > 0:
            balance[row] -= 1
        else:
            gone.append(row)
    come = []
    for row in reversed(new):  # what remains of a repeated row is its last copies
        if balance[row] > 0:
            balance[row] -= 1
            come.append(row)
    return gone, come[::-1]


def _natural(gone: list[Row], come: list[Row], width: int) -> tuple[int, ...]:
    """A column that identifies the differing rows on both sides and pairs most of them, to tell changed from new."""
    best: tuple[int, ...] = ()
    most = 0
    for column in range(width):
        left, right = ({row[column] for row in rows} for rows in (gone, come))
        unique = len(left) == len(gone) and len(right) == len(come) and "" not in left | right
        if unique and len(left & right) > most:
            best, most = (column,), len(left & right)
    return best


def _matched(header: Row, gone: list[Row], come: list[Row], key: tuple[int, ...], declared: bool) -> Delta:
    before = {tuple(row[i] for i in key): row for row in gone} if key else {}
    added, changed = [], []
    for row in come:
        old = before.pop(tuple(row[i] for i in key), None) if key else None
        if old is None:
            added.append(row)
        else:
            changed.append((old, row))
    removed = tuple(before.values()) if key else tuple(gone)
    return Delta(header=header, added=tuple(added), removed=removed, changed=tuple(changed), key=key, declared=declared)
