"""What the spreadsheet did to values as they were typed: a code that became a date, a number that lost its digits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pipelines.read._laid import Laid
from pipelines.read.grid import Grid, blank

_HYPHENED = re.compile(r"^[0-9０-９A-Za-z]{1,5}(?:[-－‐−ー][0-9０-９A-Za-z]{1,5}){1,3}$")
_DATE_WORD = re.compile(r"日|期|年|月|時|date|day|month|year", re.IGNORECASE)
_DATES = ("date", "month-day", "month")


def dates_in_text(grid: Grid, laid: Laid) -> Iterator[tuple[int, int, str]]:
    """(sheet row, sheet column, what was probably typed) of date cells in a column of hyphened codes or lot numbers.

    Typed ``1-2`` becomes 2 January of the current year, shown as 1月2日.  A column whose label speaks of a date, or
    whose other cells are dates too, is no such column.
    """
    if not any(kind in _DATES for kind in grid.kinds.values()):
        return
    for position, label in enumerate(laid.header.labels):
        if not _DATE_WORD.search(label):
            yield from _column(grid, laid, position)


def _column(grid: Grid, laid: Laid, position: int) -> Iterator[tuple[int, int, str]]:
    places = [_place(laid, index, position) for index in range(len(laid.rows))]
    dates = [place for place in places if grid.kinds.get(place) in _DATES]
    if not dates:
        return
    texts = [grid.text(*place) for place in places if place not in grid.kinds and not blank(grid.text(*place))]
    if not _speaks_of_codes(grid.kinds, dates, texts):
        return
    for row, column in dates:
        yield row, column, _typed(grid.text(row, column))


def _place(laid: Laid, index: int, position: int) -> tuple[int, int]:
    block = laid.blocks[laid.block[index]]
    return laid.rows[index] + (block.offsets[position] if block.offsets else 0), block.columns[position]


def _speaks_of_codes(
    kinds: Mapping[tuple[int, int], str], dates: Sequence[tuple[int, int]], texts: Sequence[str]
) -> bool:
    hyphened = sum(1 for text in texts if _HYPHENED.match(text.strip()))
    if hyphened and hyphened >= 0.3 * len(texts):
        return True
    month_days = sum(1 for place in dates if kinds[place] == "month-day")
    return month_days == len(dates) and len(texts) >= len(dates)


def _typed(iso: str) -> str:
    parts = iso.split("-")
    return f"{int(parts[1])}-{int(parts[2])}" if len(parts) == 3 else iso
