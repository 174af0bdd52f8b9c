"""What changed between two versions of one of our own CSV files: rows added, removed, changed."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.publish.columns import Column, same_value

#: what a unique index of PostgreSQL surely holds, in bytes of one row's key
KEY_BYTES = 1000
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
    return difference(header, old_rows, rows, key)


def difference(header: Row, old: list[Row], new: list[Row], key: tuple[int, ...]) -> Delta:
    """What changed from ``old`` to ``new``; ``key`` identifies the rows of both, if not empty."""
    gone, come = _differing(old, new)
    return _matched(header, gone, come, key or natural(gone, come, range(len(header))), bool(key))


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


def table_key(
    header: Sequence[str], rows: Sequence[Row], cols: Sequence[Column], primary_key: Sequence[str]
) -> tuple[int, ...]:
    """Positions of the columns that tell the rows apart: the schema's key, else the first column that happens to.

    Empty when nothing does.  Only a filled and unique column can be a unique index, and only a short one.
    """
    declared = _declared(tuple(header), primary_key)
    others = [(i,) for i, column in enumerate(cols) if column.type in ("text", "int8")]
    candidates = [declared, *others] if declared else others
    return next((key for key in candidates if rows and _indexable(rows, key, cols)), ())


def _indexable(rows: Sequence[Row], key: tuple[int, ...], cols: Sequence[Column]) -> bool:
    """Whether a unique index over these columns can hold all rows, by value as PostgreSQL compares."""
    columns = [[row[i] for row in rows] for i in key]
    if any("" in column for column in columns):
        return False
    longest = sum(max(map(len, column)) for column in columns)  # in characters, of at most four bytes
    if longest * 4 > KEY_BYTES and max(len("".join(row).encode()) for row in zip(*columns, strict=True)) > KEY_BYTES:
        return False
    compared = [_compared(column, cols[i].type) for i, column in zip(key, columns, strict=True)]
    return len(set(zip(*compared, strict=True))) == len(rows)


def _compared(column: list[str], kind: str) -> Iterable[Any]:
    """The column's values, none of them empty, as they compare; whole numbers in the quick way."""
    if kind == "text":
        return column
    return map(int, column) if kind == "int8" else (same_value(value, kind) for value in column)


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


def natural(gone: Sequence[Sequence[Any]], come: Sequence[Sequence[Any]], places: Iterable[int]) -> tuple[int, ...]:
    """A column that identifies the differing rows on both sides and pairs most of them, to tell changed from new."""
    best: tuple[int, ...] = ()
    most = 0
    for column in places:
        left, right = ({row[column] for row in rows} for rows in (gone, come))
        unique = len(left) == len(gone) and len(right) == len(come) and not {"", None} & (left | right)
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
