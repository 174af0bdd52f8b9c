"""LinkData tables: ``#LINK … #property`` metadata rows, the header, type rows, a running number as first column."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.read._header import one_line
from pipelines.read._laid import Header, Omitted
from pipelines.read.grid import Grid, blank

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
            width = max((c + 1 for c, text in enumerate(grid.rows[row]) if not blank(text)), default=0)
            labels = tuple("#property" if c == 0 else one_line(grid.text(row, c)) for c in range(width))
            return Header((row,), labels, below)
    return None


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
    """The first column only counts the rows: whole numbers that never fall (some exports skip or repeat one)."""
    numbers = [text.strip() for text in texts if not blank(text)]
    if not numbers or not all(text.isascii() and text.isdigit() and len(text) < 8 for text in numbers):
        return False
    values = [int(text) for text in numbers]
    return values[0] in (0, 1) and all(later >= earlier for earlier, later in zip(values, values[1:], strict=False))
