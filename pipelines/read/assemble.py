"""A laid-out grid becomes a SourceTable: frame, origin, and problems with their places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.model import DroppedFile, LeftOut, Level, Origin, Problem, SourceBlock, SourceTable
from pipelines.read._errors import errors_in_text
from pipelines.read._laid import Laid, Omitted, Remark
from pipelines.read._numbers import day_of
from pipelines.read._typed import dates_in_text, serial_dates
from pipelines.read.grid import Grid, blank
from pipelines.read.problems import limited, problem
from pipelines.read.source import Source

if TYPE_CHECKING:
    import pandas as pd


def source_table(file: DroppedFile, source: Source, grid: Grid, laid: Laid) -> SourceTable:
    """The SourceTable of one sheet."""
    return SourceTable(
        path=file.shown,
        format=source.format,
        encoding=source.encoding,
        sheet=grid.sheet,
        header=laid.header.labels,
        header_rows=tuple(row + 1 for row in laid.header.rows),
        first_data_row=laid.rows[0] + 1 if laid.rows else None,
        frame=_frame(laid),
        origin=_origin(file, grid, laid),
        left_out=tuple(_left_out(grid, item) for item in laid.omitted),
        hidden=source.hidden,
        facts={**source.facts, **laid.facts},
        cell_types=_cell_types(grid, laid),
    )


def _frame(laid: Laid) -> pd.DataFrame:
    """All text, Arrow-backed, columns 0 … n-1; cells that hold only spaces stay as they are."""
    import pandas as pd
    import pyarrow as pa

    dtype = pd.ArrowDtype(pa.string())
    columns = list(zip(*laid.values, strict=True)) if laid.values else [()] * len(laid.header.labels)
    arrays = [pd.Series(pd.array(pa.array(column, pa.string()), dtype=dtype)) for column in columns]
    return pd.DataFrame(dict(enumerate(arrays)), copy=False)


def _origin(file: DroppedFile, grid: Grid, laid: Laid) -> Origin:
    blocks = tuple(
        SourceBlock(
            path=file.shown,
            sheet=grid.sheet,
            columns=tuple(column + 1 for column in block.columns),
            row_offsets=block.offsets,
        )
        for block in laid.blocks
    )
    rows = tuple(row + 1 for row in laid.rows)
    return Origin(blocks=blocks, rows=rows, block=tuple(laid.block) if len(blocks) > 1 else None)


def _left_out(grid: Grid, item: Omitted) -> LeftOut:
    return LeftOut(
        what=item.what,
        row=None if item.row is None else item.row + 1,
        column=None if item.column is None else item.column + 1,
        sheet=grid.sheet,
        text=item.text,
    )


def _cell_types(grid: Grid, laid: Laid) -> dict[tuple[int, int], str]:
    """Kinds of typed cells at their place in the frame."""
    if not grid.kinds:
        return {}
    types: dict[tuple[int, int], str] = {}
    for index, (row, block) in enumerate(zip(laid.rows, laid.block, strict=True)):
        columns, offsets = laid.blocks[block].columns, laid.blocks[block].offsets
        for position, column in enumerate(columns):
            kind = grid.kinds.get((row + (offsets[position] if offsets else 0), column))
            if kind is not None:
                types[index, position] = kind
    return types


def layout_problems(file: DroppedFile, source: Source, grid: Grid, laid: Laid) -> tuple[Problem, ...]:
    """Everything there is to say about the cells of this table: faults of its own cells, layout, ragged rows."""
    inside = {row + 1 for row in laid.rows} | {row + 1 for row in laid.header.rows}
    offsets = [block.offsets for block in laid.blocks if block.offsets]
    if offsets:
        inside |= {row + offset for row in inside for offset in range(max(map(max, offsets)) + 1)}
    columns = {column + 1 for block in laid.blocks for column in block.columns}
    text = source.format in ("csv", "tsv")
    mine = [p for p in source.faults.get(grid.sheet, ()) if text or (p.place.column or 0) in (0, *columns)]
    faults = [p for p in mine if text or (p.place.row or 0) in (0, *inside) or _lost_record(p, grid, laid, columns)]
    remarks = [told(file, grid, remark) for remark in laid.remarks]
    ragged = _ragged(file, grid, laid) if text else []
    known = {(fault.place.row, fault.place.column) for fault in faults}
    written = [item for item in _errors(file, grid, laid) if (item.place.row, item.place.column) not in known]
    dates = [*_dates(file, grid, laid), *_serials(file, source, grid, laid)]
    return limited([*faults, *remarks, *ragged, *written, *_imprecise(file, grid, laid), *dates])


def _lost_record(item: Problem, grid: Grid, laid: Laid, columns: set[int]) -> bool:
    """A row below the header that is empty only because its formulas have no values: it would vanish in silence.

    Any other fault outside the table (a scratch formula beside it) does not leave the house and is no problem.
    """
    row = (item.place.row or 0) - 1
    if item.code != "formula-without-value" or row < laid.header.below:
        return False
    cells = grid.rows[row] if row < len(grid.rows) else []
    return all(blank(text) for column, text in enumerate(cells, 1) if column in columns)


#: these stand at a label or a figure: nothing personal, the cell's text is shown
_SHOWN = ("several-tables", "header-duplicate", "column-gap", "calendar-grid", "total-mismatch")


def told(file: DroppedFile, grid: Grid, remark: Remark) -> Problem:
    """A layout remark as a Problem."""
    value = remark.value
    if value is None and remark.code in _SHOWN and remark.row is not None and remark.column is not None:
        value = grid.text(remark.row, remark.column).strip()[:100]
    return problem(
        remark.code,
        remark.level,
        file.shown,
        sheet=grid.sheet,
        row=None if remark.row is None else remark.row + 1,
        column=None if remark.column is None else remark.column + 1,
        value=value,
        **remark.words,
    )


def _ragged(file: DroppedFile, grid: Grid, laid: Laid) -> list[Problem]:
    """Records of a text file with fewer or more cells than the header (extra empty cells are harmless)."""
    expected = len(grid.rows[laid.header.rows[-1]])
    last = max((column for block in laid.blocks for column in block.columns), default=0)
    found = []
    for row in laid.rows:
        cells = grid.rows[row]
        count = len(cells)
        if count == expected:
            continue
        if count < expected and count <= last:
            words: dict[str, Any] = {"expected": expected, "found": count}
            found.append(problem("row-short", Level.ERROR, file.shown, row=row + 1, column=count + 1, **words))
        elif count > expected and any(not blank(text) for text in cells[expected:]):
            words = {"expected": expected, "found": count}
            found.append(problem("row-long", Level.ERROR, file.shown, row=row + 1, column=expected + 1, **words))
    return found


def _errors(file: DroppedFile, grid: Grid, laid: Laid) -> list[Problem]:
    """#N/A and the like as text."""
    return [
        problem(
            "error-cell", Level.ERROR, file.shown, sheet=grid.sheet, row=row + 1, column=column + 1, value=text or None
        )
        for row, column, text in errors_in_text(grid, laid)
    ]


def _dates(file: DroppedFile, grid: Grid, laid: Laid) -> list[Problem]:
    """Codes that became dates."""
    return [
        problem(
            "date-in-text",
            Level.ERROR,
            file.shown,
            sheet=grid.sheet,
            row=row + 1,
            column=column + 1,
            value=grid.text(row, column),
            typed=typed,
        )
        for row, column, typed in dates_in_text(grid, laid)
    ]


def _serials(file: DroppedFile, source: Source, grid: Grid, laid: Laid) -> list[Problem]:
    """Days left as numbers.  In a book that counts from 1904 the number would later be taken for another day."""
    code, level = ("serial-date-1904", Level.ERROR) if source.epoch1904 else ("serial-date", Level.WARNING)
    return [
        problem(
            code,
            level,
            file.shown,
            sheet=grid.sheet,
            row=row + 1,
            column=column + 1,
            value=value,
            name=label,
            day=day_of(value, epoch1904=source.epoch1904),
        )
        for row, column, label, value in serial_dates(grid, laid)
    ]


def _imprecise(file: DroppedFile, grid: Grid, laid: Laid) -> list[Problem]:
    """Numbers of more than 15 digits: the spreadsheet has already rounded them."""
    if "imprecise" not in grid.kinds.values():
        return []
    rows = set(laid.rows)
    return [
        problem(
            "number-damaged",
            Level.ERROR,
            file.shown,
            sheet=grid.sheet,
            row=row + 1,
            column=column + 1,
            value=grid.text(row, column),
        )
        for (row, column), kind in grid.kinds.items()
        if kind == "imprecise" and row in rows
    ]
