"""What the detectors look at: every column once, its distinct values folded once, with the way back to the cell.

A column as the department wrote it and the same column after standardizing are one :class:`Column`: both headings and
both sets of values count.  Working on distinct values keeps a file of 100,000 rows in the range of seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from re import Match, Pattern
from typing import TYPE_CHECKING

from pipelines.model import Origin, Place, SourceTable, ValidTable
from pipelines.screen.cells import Cells
from pipelines.screen.folding import fold, fold_heading, fold_values

if TYPE_CHECKING:
    import pandas as pd

#: every byte but the ASCII digits and the line feed; in UTF-8 these stand for nothing else
_NO_DIGIT = bytes(code for code in range(256) if code not in b"0123456789\n")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column under all its headings.  ``values`` are distinct and not empty; ``counts[i]`` cells hold value i.

    ``published`` is False for a column that the schema does not declare: it is looked at and never leaves.
    ``label`` is the heading the department knows.  What a detector asks of ``cells`` first costs almost nothing;
    ``values``, ``text`` and ``keys`` are made when one of them is asked for.
    """

    index: int
    label: str
    heads: tuple[str, ...]
    published: bool
    cells: Cells
    places: Sequence[Place]
    type: str = "string"
    standardized: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        """The distinct values that are not blank."""
        return self.cells.values

    @property
    def counts(self) -> tuple[int, ...]:
        """How many cells hold each value."""
        return self.cells.counts

    def every_place(self, hits: Sequence[int], most: int) -> tuple[Place, ...]:
        """The places of all cells that hold the values with these indexes, from the top, ``most`` of them."""
        if isinstance(self.places, _LazyPlaces):
            return self.places.every(frozenset(self.values[i] for i in hits), most)
        return tuple(self.places[i] for i in hits[:most])

    @cached_property
    def head(self) -> str:
        """All headings folded, separated by ``|``."""
        return "|".join(dict.fromkeys(fold_heading(h) for h in self.heads if h))

    @cached_property
    def text(self) -> str:
        """The values' keys, one line each."""
        return fold_values(self.values)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The key of each value, trimmed."""
        return tuple(line.strip() for line in self.text.split("\n")) if self.values else ()

    def first_keys(self, count: int) -> tuple[str, ...]:
        """The keys of the first rows' values: a heading may have slipped in among them."""
        return tuple(map(fold, self.cells.head(count)))

    @cached_property
    def _lower(self) -> str:
        return self.text.lower()

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [], 0
        for line in self.text.split("\n"):
            starts.append(at)
            at += len(line) + 1
        return starts

    @cached_property
    def most_digits(self) -> int:
        """The digits of the value that has most of them: what holds fewer is no number of anybody."""
        if self.cells.ascii:
            return self.cells.most_digits
        digits = self.text.encode("utf-8", "surrogatepass").translate(None, _NO_DIGIT)
        return max(map(len, digits.split(b"\n")))

    def may_match(self, needs: str = "", digits: int = 0, letters: bool = False, rough: str = "") -> bool:
        """False when the cells' bytes show that a pattern with these needs occurs nowhere; see :meth:`matches`."""
        if letters and self.cells.bare:
            return False
        if digits and (self.cells.longest < digits or self.most_digits < digits):
            return False
        if rough and self.cells.ascii and not self.cells.occurs(rough):
            return False
        return not needs or self._mentions(needs)

    def _mentions(self, needs: str) -> bool:
        if self.cells.bare:
            return False
        words = needs.split("|")
        if self.cells.ascii:
            return any(word.isascii() and word.encode() in self.cells.lower for word in words)
        return any(word in (self._lower if word.upper() != word else self.text) for word in words)

    def matches(
        self, pattern: Pattern[str], needs: str = "", digits: int = 0, letters: bool = False, rough: str = ""
    ) -> Iterator[tuple[int, Match[str]]]:
        """Every match of a one-line pattern in the column, with the index of its value.

        ``needs`` lists words (``口座|支店``) one of which every match contains, ``digits`` how many digits every match
        has at least, ``letters`` that it has some, ``rough`` a pattern (RE2) that occurs in every ASCII cell with a
        match: looking for these first is far cheaper.
        """
        if self.may_match(needs, digits, letters, rough):
            for match in pattern.finditer(self.text):
                yield bisect_right(self._starts, match.start()) - 1, match

    def with_match(
        self, pattern: Pattern[str], needs: str = "", digits: int = 0, letters: bool = False, rough: str = ""
    ) -> list[int]:
        """Indexes of the values in which the pattern occurs; the needs as for :meth:`matches`."""
        return sorted({index for index, _ in self.matches(pattern, needs, digits, letters, rough)})


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table to be looked at.  ``frame`` has one column per :attr:`columns` entry, for what needs whole rows."""

    columns: tuple[Column, ...]
    frame: pd.DataFrame
    title: str = ""

    def headed(self, pattern: Pattern[str]) -> list[Column]:
        """The columns whose folded heading matches."""
        return [column for column in self.columns if pattern.search(column.head)]


def tables(
    sources: Sequence[SourceTable], table: ValidTable | None = None, *, title: str = "", everything_leaves: bool = False
) -> tuple[Table, ...]:
    """One table per source, each column joined with what standardizing made of it, and the made columns apart."""
    found = [_source_table(source, table, title, everything_leaves) for source in sources]
    if table is not None:
        found.append(_standard_table(table, title, found))
    return tuple(found)


def _unchanged(series: pd.Series[str], name: str, looked: Sequence[Table]) -> bool:
    """Whether a column of that heading, cell by cell the same, has been looked at."""
    for one in looked:
        for column in one.columns:
            if name in column.heads and _same(series, one.frame.iloc[:, column.index]):
                return True
    return False


def _same(one: pd.Series[str], other: pd.Series[str]) -> bool:
    """Equal dtype and cells, missing ones in the same places; anything else is looked at again."""
    return one.reset_index(drop=True).equals(other.reset_index(drop=True))


def _source_table(source: SourceTable, table: ValidTable | None, title: str, everything_leaves: bool) -> Table:
    targets = _targets(source, table)
    columns = []
    for j in range(source.frame.shape[1]):
        label = source.header[j] if j < len(source.header) else ""
        field = targets.get(j)
        columns.append(
            _column(
                j,
                source.frame.iloc[:, j],
                source.origin,
                label=label or f"{j + 1}列目",
                heads=(label, field or ""),
                published=everything_leaves or field is not None,
                type_=_field_type(table, field),
            )
        )
    return Table(columns=tuple(columns), frame=source.frame, title=title)


def _standard_table(table: ValidTable, title: str, looked: Sequence[Table]) -> Table:
    """The standardized columns; one whose values standardizing left alone has been looked at and stays empty here."""
    standard = table.table
    columns = []
    for j, name in enumerate(standard.frame.columns):
        field = standard.schema.field(str(name))
        heads = (str(name), field.title if field else "")
        series = standard.frame.iloc[:, j]
        made = _column(
            j,
            series.iloc[:0] if _unchanged(series, str(name), looked) else series,
            standard.origin,
            label=str(name),
            heads=heads,
            published=True,
            type_=field.type if field else "string",
        )
        columns.append(replace(made, standardized=True))
    return Table(columns=tuple(columns), frame=standard.frame, title=title)


def _column(
    index: int,
    series: pd.Series[str],
    origin: Origin,
    *,
    label: str,
    heads: tuple[str, ...],
    published: bool,
    type_: str,
) -> Column:
    cells = Cells(series)
    return Column(
        index=index,
        label=label,
        heads=heads,
        published=published,
        cells=cells,
        places=_LazyPlaces(origin, cells, index, label),
        type=type_,
    )


class _LazyPlaces(Sequence[Place]):
    """The place of each distinct value's first cell, made only for the few values somebody asks about."""

    def __init__(self, origin: Origin, cells: Cells, column: int, label: str) -> None:
        self._origin, self._cells, self._column, self._label = origin, cells, column, label

    def __len__(self) -> int:
        return len(self._cells.rows)

    def __getitem__(self, index: int) -> Place:  # type: ignore[override]
        return self._origin.place(self._cells.rows[index], self._column, self._label)

    def every(self, values: frozenset[str], most: int) -> tuple[Place, ...]:
        """The places of all cells that hold one of these values, from the top, ``most`` of them."""
        rows = self._cells.rows_of(values)[:most]
        return tuple(self._origin.place(row, self._column, self._label) for row in rows)


def _targets(source: SourceTable, table: ValidTable | None) -> dict[int, str]:
    """Which source column (0-based) became which field, by the sheet columns both origins name."""
    if table is None:
        return {}
    names = [str(name) for name in table.table.frame.columns]
    by_sheet: dict[int, str] = {}
    for block in table.table.origin.blocks:
        if (block.path, block.sheet) == (source.path, source.sheet):
            by_sheet.update({column: names[j] for j, column in enumerate(block.columns) if column and j < len(names)})
    found = {}
    for block in source.origin.blocks:
        for j, column in enumerate(block.columns):
            if column in by_sheet:
                found[j] = by_sheet[column]
    return found


def _field_type(table: ValidTable | None, name: str | None) -> str:
    field = table.table.schema.field(name) if table is not None and name else None
    return field.type if field else "string"
