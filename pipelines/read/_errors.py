"""Error values that a spreadsheet wrote as text: an export to CSV, or a copy pasted as values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.read._laid import Laid
from pipelines.read.grid import Grid

#: ECMA-376 part 1, 18.17.3 (error values) and later ones; number signs alone are a column that was too narrow
ERROR = re.compile(
    r"^\s*(?:#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|GETTING_DATA|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!)|#{4,}|Err:5\d\d)\s*$"
)


def errors_in_text(grid: Grid, laid: Laid) -> Iterator[tuple[int, int, str]]:
    """(sheet row, sheet column, text) of records' cells that hold nothing but an error value."""
    for row, block, cells in zip(laid.rows, laid.block, laid.values, strict=True):
        for position, text in enumerate(cells):
            if text[:1] in "#E " and ERROR.match(text):
                offsets = laid.blocks[block].offsets
                yield row + (offsets[position] if offsets else 0), laid.blocks[block].columns[position], text.strip()
