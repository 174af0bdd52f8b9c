"""What the detectors look at: every column once, its distinct values folded once, with the way back to the cell.

A column as the department wrote it and the same column after standardizing are one :class:`Column`: both headings and
both sets of values count.  Working on distinct values keeps a file of 100,000 rows in the range of seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from re import Match, Pattern
from typing import TYPE_CHECKING

from pipelines.model import Origin, Place, SourceTable, ValidTable
from pipelines.screen.cells import Cells, Texts
from pipelines.screen.folding import fold, fold_heading, fold_values

if TYPE_CHECKING:
    import pandas as pd

#: every byte but the ASCII digits and the line feed; in UTF-8 these stand for nothing else
_NO_DIGIT = bytes(code for code in range(256) if code not in b"0123456789\n")


@cache
def _words(needs: str) -> tuple[tuple[str, tuple[int, ...], bool], ...]:
    """The words of ``a|b``, each with its UTF-16 code units and whether it has letters of two cases."""
    words = needs.split("|")
    return tuple((word, tuple(memoryview(word.encode("utf-16-le")).cast("H")), word.upper() != word) for word in words)


@cache
def _ascii_words(needs: str) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in needs.split("|") if word.isascii())


@lru_cache(maxsize=4096)
def _joined_heads(heads: tuple[str, ...]) -> str:
    return "|".join(dict.fromkeys(fold_heading(h) for h in heads if h))


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
        return _joined_heads(self.heads)

    @cached_property
    def text(self) -> str:
        """The values' keys, one line each."""
        return fold_values(self.values)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The key of each value, trimmed."""
        return tuple(line.strip() for line in self.text.split("\n")) if self.values else ()

    @cached_property
    def first_keys(self) -> tuple[str, ...]:
        """The keys of the first twenty rows' values: a heading may have slipped in among them."""
        return tuple(map(fold, self.cells.head(20)))

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
        if self.cells.ascii:
            return any(word in self.cells.lower for word in _ascii_words(needs))
        there = self._characters
        for word, codes, cased in _words(needs):
            if all(there[code] for code in codes) and word in (self._lower if cased else self.text):
                return True
        return False

    @cached_property
    def _characters(self) -> bytes:
        """Per UTF-16 code unit 1 where it occurs in the text (or its small letters), else 0: most words have one that
        does not."""
        import numpy as np

        there = np.zeros(0x10000, dtype=np.uint8)
        for text in (self.text, self._lower):
            there[np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype=np.uint16)] = 1
        return there.tobytes()

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
    """One table to be looked at.  ``rows`` makes :attr:`frame`, for what needs whole rows."""

    columns: tuple[Column, ...]
    rows: Callable[[], pd.DataFrame]
    title: str = ""

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The cells, one column for each of :attr:`columns`."""
        return self.rows()

    @cached_property
    def filled(self) -> tuple[Column, ...]:
        """The columns in which anything stands: what a detector of values goes through."""
        return tuple(column for column in self.columns if column.cells.filled)

    def headed(self, pattern: Pattern[str]) -> list[Column]:
        """The columns whose folded heading matches."""
        return [column for column in self.columns if pattern.search(column.head)]


def tables(
    sources: Sequence[SourceTable], table: ValidTable | None = None, *, title: str = "", everything_leaves: bool = False
) -> tuple[Table, ...]:
    """One table per source, each column joined with what standardizing made of it, and the made columns apart."""
    found = [_source_table(source, table, title, everything_leaves) for source in sources]
    made = _standard_table(table, title, found) if table is not None else None
    return (*found, made) if made is not None and (made.filled or not found) else tuple(found)


def _unchanged(cells: Cells, name: str, looked: Sequence[Table]) -> bool:
    """Whether a column of that heading, cell by cell the same, has been looked at."""
    return any(name in column.heads and cells.same(column.cells) for one in looked for column in one.columns)


def _source_table(source: SourceTable, table: ValidTable | None, title: str, everything_leaves: bool) -> Table:
    targets = _targets(source, table)
    columns = []
    for j, (_, series) in enumerate(source.frame.items()):
        label = source.header[j] if j < len(source.header) else ""
        field = targets.get(j)
        columns.append(
            _column(
                j,
                Cells(series),
                source.origin,
                label=label or f"{j + 1}列目",
                heads=(label, field or ""),
                published=everything_leaves or field is not None,
                type_=_field_type(table, field),
            )
        )
    return Table(columns=tuple(columns), rows=lambda: source.frame, title=title)


def _standard_table(table: ValidTable, title: str, looked: Sequence[Table]) -> Table:
    """The standardized columns; one whose values standardizing left alone has been looked at and stays empty here."""
    standard = table.table
    columns = []
    for j, (name, series) in enumerate(standard.frame.items()):
        field = standard.schema.field(str(name))
        heads = (str(name), field.title if field else "")
        cells = Cells(series)
        made = _column(
            j,
            Texts(()) if _unchanged(cells, str(name), looked) else cells,
            standard.origin,
            label=str(name),
            heads=heads,
            published=True,
            type_=field.type if field else "string",
        )
        columns.append(replace(made, standardized=True))
    return Table(columns=tuple(columns), rows=lambda: standard.frame, title=title)


def _column(
    index: int,
    cells: Cells,
    origin: Origin,
    *,
    label: str,
    heads: tuple[str, ...],
    published: bool,
    type_: str,
) -> Column:
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
