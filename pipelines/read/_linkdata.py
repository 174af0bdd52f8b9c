"""LinkData tables: ``#LINK … #property`` metadata rows, the header, type rows, a running number as first column."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.model import Level
from pipelines.read._blocks import filled_rows
from pipelines.read._cells import one_line
from pipelines.read._laid import Block, Header, Laid, Omitted, Remark
from pipelines.read._marks import note
from pipelines.read._oddities import oddities
from pipelines.read._tidy import remark_header, without_empty_columns, without_spare
from pipelines.read.grid import Grid, blank, cells_of

_KEY = re.compile(r"^\s*#([A-Za-z_]+)")
_TYPE_ROWS = ("object_type", "object_type_xsd", "property_context", "unit", "datatype")
LOOKED_AT = 40


def linkdata_header(grid: Grid) -> Header | None:
    """The ``#property`` row as header; None when the sheet is no LinkData table."""
    for row in range(min(LOOKED_AT, len(grid.rows))):
        if _key(grid, row) == "property":
            below = row + 1
            while _key(grid, below) in _TYPE_ROWS:
                below += 1
            width = _width(grid, row)
            labels = tuple("#property" if c == 0 else one_line(grid.text(row, c)) for c in range(width))
            return Header((row,), labels, below)
    return None


def _width(grid: Grid, header: int) -> int:
    """Columns of the table: up to the last label, and on to columns without label that most rows fill.

    An explanation behind an empty column (「←データの項目名を…」) is neither.
    """
    cells = grid.rows[header]
    width = max((column + 1 for column, text in enumerate(cells) if not blank(text)), default=0)
    gap = next((column for column in range(width) if blank(cells[column])), width)
    if gap < width and any(note(text) for text in cells[gap:width] if not blank(text)):
        return gap
    below = [row for row in grid.rows[header + 1 :] if any(not blank(text) for text in row)]
    for column in range(width, grid.width):
        filled = sum(1 for row in below if column < len(row) and not blank(row[column]))
        if filled >= max(2, 0.1 * len(below)):
            width = column + 1
    return width


def _key(grid: Grid, row: int) -> str:
    found = _KEY.match(grid.text(row, 0))
    return found.group(1).lower() if found else ""


def linkdata_facts(grid: Grid, header: Header) -> tuple[dict[str, str], list[Omitted]]:
    """``{"attribution_name": "高松市"}`` and the rows that are metadata or types."""
    facts: dict[str, str] = {}
    omitted: list[Omitted] = []
    for row in range(header.below):
        if row in header.rows:
            continue
        key, value = _key(grid, row), grid.text(row, 1).strip()
        if key and value and row < header.rows[0]:
            facts.setdefault(key, value)
        what = "metadata" if row < header.rows[0] else "type"
        if any(not blank(text) for text in grid.rows[row]):
            omitted.append(Omitted(what=what, row=row, text=f"#{key} {value}".strip() if key else value))
    return facts, omitted


def running_number(texts: Sequence[str]) -> bool:
    """The first column only numbers the rows: whole numbers of at most five digits (exports skip some)."""
    numbers = [text.strip() for text in texts if not blank(text)]
    return bool(numbers) and all(text.isascii() and text.isdigit() and len(text) < 6 for text in numbers)


def _nothing(cells: Sequence[str]) -> bool:
    """No text at all, or only the separators that a formula left behind (``,`` for an empty latitude and longitude)."""
    return all(blank(text) or not text.strip(" \u3000,、;:/") for text in cells)


def _section(cells: Sequence[str]) -> bool:
    """One text in the first column, where all records have a number: a line that divides the table."""
    return not blank(cells[0]) and not cells[0].strip().isdigit() and all(blank(text) for text in cells[1:])


def linkdata_table(grid: Grid, header: Header) -> Laid:
    facts, omitted = linkdata_facts(grid, header)
    laid = Laid(header, [], facts=facts, omitted=omitted)
    width = len(header.labels)
    body = [cells_of(row, range(width)) for row in grid.rows[header.below :]]
    sections = {header.below + index for index, cells in enumerate(body) if _section(cells)}
    if len(sections) > 0.2 * sum(1 for cells in body if not _nothing(cells)):
        sections = set()
    firsts = [cells[0] for index, cells in enumerate(body, header.below) if index not in sections]
    skip = 1 if running_number(firsts) or not any(not blank(text) for text in firsts) else 0
    if skip:
        laid.omitted.append(Omitted(what="row-number", column=0, text="#property"))
    columns = tuple(range(skip, width))
    laid.header = Header(header.rows, header.labels[skip:], header.below)
    laid.blocks.append(Block(columns))
    for row in range(header.below, len(grid.rows)):
        cells = cells_of(grid.rows[row], columns)
        if row in sections:
            text = grid.text(row, 0).strip()
            laid.omitted.append(Omitted(what="section", row=row, text=text[:200]))
            laid.remarks.append(Remark(code="section-row", level=Level.WARNING, row=row, value=text[:100]))
            continue
        if _nothing(cells):
            if any(not blank(text) for text in cells):
                laid.omitted.append(Omitted(what="blank", row=row, text=" ".join(cells).strip()))
            continue
        laid.rows.append(row)
        laid.block.append(0)
        laid.values.append(cells)
    beyond = tuple(range(width, grid.width))
    for row in filled_rows(grid, beyond, 0) if beyond else []:
        texts = [text.strip() for text in grid.rows[row][width:] if not blank(text)]
        laid.omitted.append(Omitted(what="side-panel", row=row, column=width, text=" ".join(texts)[:200]))
    without_spare(laid)
    without_empty_columns(grid, laid)
    remark_header(laid)
    laid.remarks.extend(oddities(laid))
    return laid
