"""Grid → table: header, records, and what was left out.  Pure functions over text; no format is known here."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pipelines.model import Level
from pipelines.read import _merges
from pipelines.read._around import above, beside
from pipelines.read._blocks import arrange, column_runs
from pipelines.read._calendar import calendar_grid
from pipelines.read._cells import fold
from pipelines.read._doubts import doubts, second_table, upright
from pipelines.read._header import stated_header
from pipelines.read._laid import Block, Header, Laid, Omitted, Remark
from pipelines.read._linkdata import linkdata_header, linkdata_table
from pipelines.read._marks import kind_of, unit
from pipelines.read._oddities import oddities
from pipelines.read._roles import TOP_ROWS, beneath, foreign_labels, role, settle, top_role
from pipelines.read._tall import take_tall
from pipelines.read._tidy import remark_across, remark_header, without_empty_columns, without_spare, without_totals
from pipelines.read.grid import Grid, blank, cells_of

#: role of a row that is left out → what is told about it
_TOLD = {
    "section": ("section-row", Level.WARNING),
    "division": ("section-row", Level.HOLD),
    "sample": ("sample-row", Level.WARNING),
    "explanation": ("explanation-row", Level.WARNING),
    "labels": ("label-row", Level.WARNING),
    "below": ("below-table", Level.WARNING),
}


def lay_out(grid: Grid, known: frozenset[str] = frozenset(), header_rows: Sequence[int] | None = None) -> Laid | Remark:
    """The one table of a sheet, or the remark that says why there is none.  ``header_rows`` are 0-based."""
    if not any(not blank(text) for row in grid.rows for text in row):
        return Remark(code="no-table", level=Level.ERROR)
    if header_rows is None:
        header = linkdata_header(grid)
        if header is not None:
            return linkdata_table(grid, header)
    runs = column_runs(grid)
    if header_rows is not None:
        columns = tuple(column for run in runs for column in run)
        columns = tuple(range(min(columns), max(columns) + 1))
        return _finished(grid, [(columns, stated_header(grid, columns, header_rows))], [], known)
    arranged, aside = arrange(grid, runs, known)
    blocks = [(columns, header) for columns, header in arranged if header is not None]
    if not blocks:
        return Remark(code="no-header", level=Level.ERROR)
    return _finished(grid, blocks, aside, known)


# ── the usual sheet ────────────────────────────────────────────────────────────────────────────


def _finished(
    grid: Grid, blocks: list[tuple[tuple[int, ...], Header]], aside: list[tuple[int, ...]], known: frozenset[str]
) -> Laid | Remark:
    first = blocks[0][1]
    laid = Laid(first, [])
    for columns, header in blocks:
        _take_block(grid, laid, columns, header)
    above(grid, laid, min(min(header.rows) for _, header in blocks), [c for columns, _ in blocks for c in columns])
    trouble = beside(grid, laid, aside)
    if trouble is not None:
        return trouble
    if len(blocks) > 1:
        remark = Remark(code="blocks-stacked", level=Level.NOTICE, row=first.rows[-1], words={"count": len(blocks)})
        laid.remarks.append(remark)
    if _scattered(laid):
        return Remark(
            code="several-tables", level=Level.ERROR, row=first.rows[0], words={"detail": "小さな表が縦に並んでいます"}
        )
    if upright(laid):
        return Remark(code="form-layout", level=Level.ERROR, row=first.rows[0])
    without_spare(laid)
    without_totals(laid)
    laid.remarks.extend(_gaps(laid))
    without_empty_columns(grid, laid)
    remark_header(laid)
    laid.remarks.extend(doubts(laid))
    laid.remarks.extend(oddities(laid))
    laid.remarks.extend(calendar_grid(laid, known))
    return laid


def _gaps(laid: Laid) -> list[Remark]:
    """Empty columns inside the table.  Where a column of names begins right of one, it may be another table: held."""
    columns = laid.blocks[0].columns
    spaced = len(columns) > 2 and all(later - earlier > 1 for earlier, later in pairwise(columns))
    found = []
    for position in range(1, len(columns)):
        if columns[position] - columns[position - 1] > 1:
            texts = [cells[position] for cells in laid.values if not blank(cells[position])]
            names = len(set(texts)) == len(texts) and sum(1 for text in texts if kind_of(text) == "t") > len(texts) / 2
            level = Level.HOLD if names and not spaced else Level.WARNING
            found.append(Remark(code="column-gap", level=level, row=laid.header.rows[-1], column=columns[position] - 1))
    return found


def _scattered(laid: Laid) -> bool:
    """One column in which words and figures alternate: a sheet of small boxes (label above, figure below)."""
    if len(laid.header.labels) != 1:
        return False
    kinds = [kind_of(cells[0]) for cells in laid.values]
    changes = sum(1 for one, other in pairwise(kinds) if one != other)
    return kinds.count("n") >= 2 and kinds.count("t") >= 2 and changes >= 0.5 * (len(kinds) - 1)


def _take_block(grid: Grid, laid: Laid, columns: tuple[int, ...], header: Header) -> None:
    laid.remarks.extend(remark_across(grid, columns, header))
    tall = _merges.tall_records(grid, columns, header.below)
    if tall is not None:
        take_tall(grid, laid, columns, header, tall)
        return
    grid, count = _merges.filled_down(grid, columns, header.below)
    if count:
        laid.remarks.append(Remark(code="merged-filled", level=Level.NOTICE, row=header.below, words={"count": count}))
    index = len(laid.blocks)
    laid.blocks.append(Block(columns))
    _between(grid, laid, columns, header)
    folded = [fold(label) for label in header.labels]
    spread = {m[0] for m in grid.merged if m[3] > m[1] and m[0] >= header.below}
    rows = range(header.below, len(grid.rows))
    values = [cells_of(grid.rows[row], columns) for row in rows]
    roles = [role(cells, folded, row in spread) for row, cells in zip(rows, values, strict=True)]
    for row in range(min(TOP_ROWS, len(roles))):
        roles[row] = top_role(values[row], roles[row], values[row + 1 : row + 21])
    if roles and roles[0] == "data" and foreign_labels(values[0], header.labels, values[1:21]):
        roles[0] = "labels"
    roles = beneath(roles, values)
    for row, cells, name in zip(rows, values, settle(roles, values), strict=True):
        _take_row(laid, index, row, cells, name)
    laid.remarks.extend(second_table(header, columns[0], values, roles))


def _between(grid: Grid, laid: Laid, columns: Sequence[int], header: Header) -> None:
    """Rows of units and code numbers inside the header."""
    for row in range(header.rows[0], header.below):
        texts = [text.strip() for text in cells_of(grid.rows[row], columns) if not blank(text)]
        if row not in header.rows and texts:
            what = "unit" if all(unit(text) for text in texts) else "code"
            laid.omitted.append(Omitted(what=what, row=row, text=" ".join(texts)[:200]))


def _take_row(laid: Laid, block: int, row: int, cells: list[str], name: str) -> None:
    if name in ("data", "total"):
        laid.rows.append(row)
        laid.block.append(block)
        laid.values.append(cells)
        return
    if name == "blank":
        return
    text = " ".join(cell.strip() for cell in cells if not blank(cell))
    what = "section" if name == "division" else name
    laid.omitted.append(Omitted(what=what, row=row, text=text[:200]))
    told = _TOLD.get(name)
    if told is not None:
        laid.remarks.append(Remark(code=told[0], level=told[1], row=row, value=text[:100]))
