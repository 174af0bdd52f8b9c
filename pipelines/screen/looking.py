"""What the detectors look at: every column once, its distinct values folded once, with the way back to the cell.

A column as the department wrote it and the same column after standardizing are one :class:`Column`: both headings and
both sets of values count.  Working on distinct values keeps a file of 100,000 rows in the range of seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from re import Pattern
from typing import TYPE_CHECKING

from pipelines.model import Origin, SourceTable, ValidTable
from pipelines.screen.cells import Cells, Texts
from pipelines.screen.column import Column, LazyPlaces
from pipelines.screen.folding import fold

if TYPE_CHECKING:
    import pandas as pd


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

    def in_parts(self, pattern: Pattern[str], digits: int) -> list[Column]:
        """Neighbouring columns, two or more, in whose cells one number of so many digits stands in parts.

        The first is headed so, the others too or with no heading of their own.
        """
        return [column for run in self._runs(pattern) if self._together(run, digits) for column in run]

    def _runs(self, pattern: Pattern[str]) -> Iterator[list[Column]]:
        run: list[Column] = []
        for column in (*self.columns, None):
            if column is not None and (pattern.search(column.head) or (run and not column.head)):
                run.append(column)
                continue
            if len(run) > 1:
                yield run
            run = []

    def _together(self, run: Sequence[Column], digits: int) -> bool:
        cells = [self.frame.iloc[:, column.index].fillna("").astype(str).tolist() for column in run]
        return any(sum(map(str.isdecimal, "".join(map(fold, row)))) == digits for row in zip(*cells, strict=True))

    def headed(self, pattern: Pattern[str]) -> list[Column]:
        """The columns whose folded heading matches."""
        return [column for column in self.columns if pattern.search(column.head)]


def tables(
    sources: Sequence[SourceTable], table: ValidTable | None = None, *, title: str = "", everything_leaves: bool = False
) -> tuple[Table, ...]:
    """One table per source, each column joined with what standardizing made of it, and the made columns apart."""
    found = [_source_table(source, table, title, everything_leaves) for source in sources]
    made = _made_cells(table, found) if table is not None else {}
    if table is None or (found and not any(cells.filled for cells in made.values())):
        return tuple(found)
    return (*found, _standard_table(table, title, made))


def _made_cells(table: ValidTable, looked: Sequence[Table]) -> dict[int, Cells]:
    """The standardized columns by their place; one whose values standardizing left alone has been looked at and stays
    empty here."""
    nothing = Texts(())
    known: dict[str, list[Cells]] = {}
    for column in chain.from_iterable(one.columns for one in looked):
        for head in dict.fromkeys(column.heads):
            known.setdefault(head, []).append(column.cells)
    made = {}
    for j, (name, series) in enumerate(table.table.frame.items()):
        cells = Cells(series)
        made[j] = nothing if any(cells.same(other) for other in known.get(str(name), ())) else cells
    return made


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


def _standard_table(table: ValidTable, title: str, made: dict[int, Cells]) -> Table:
    standard = table.table
    columns = []
    for j, cells in made.items():
        name = str(standard.frame.columns[j])
        field = standard.schema.field(name)
        columns.append(
            _column(
                j,
                cells,
                standard.origin,
                label=name,
                heads=(name, field.title if field else ""),
                published=True,
                type_=field.type if field else "string",
                standardized=True,
            )
        )
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
    standardized: bool = False,
) -> Column:
    return Column(
        index=index,
        label=label,
        heads=heads,
        published=published,
        cells=cells,
        places=LazyPlaces(origin, cells, index, label),
        type=type_,
        standardized=standardized,
    )


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
