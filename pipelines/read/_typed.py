"""What the spreadsheet did to values as they were typed: a code that became a date, a number that lost its digits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pipelines.read._laid import Laid
from pipelines.read.grid import Grid, blank

_HYPHENED = re.compile(r"^[0-9０-９A-Za-z]{1,5}(?:[-－‐−ー][0-9０-９A-Za-z]{1,5}){1,3}$")
_DATE_WORD = re.compile(r"日|期|年|月|時|date|day|month|year", re.IGNORECASE)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_AS_DATE = re.compile(
    r"^(?:(?P<m>\d{1,2})月(?P<d>\d{1,2})日|(?P<name>[A-Z][a-z]{2})-(?P<after>\d{1,4})|(?P<before>\d{1,2})-(?P<named>[A-Z][a-z]{2})|"
    r"\d{4}[/-](?P<month>\d{1,2})[/-](?P<day>\d{1,2}))$"
)
_DAY_LABEL = re.compile(
    r"(?:年月日|日付|日時|月日|期日|[^曜毎平休祝半隔終全当本]日|^日|date|day)(?:[(（].*[)）])?$", re.IGNORECASE
)
_SERIAL = re.compile(r"^[2-6][0-9]{4}(?:\.[0-9]+)?$")
_DATES = ("date", "month-day", "month")


def dates_in_text(grid: Grid, laid: Laid) -> Iterator[tuple[int, int, str]]:
    """(sheet row, sheet column, what was probably typed) of date cells in a column of hyphened codes or lot numbers.

    Typed ``1-2`` becomes 2 January of the current year, shown as 1月2日.  A column whose label speaks of a date, or
    whose other cells are dates too, is no such column.
    """
    typed = any(kind in _DATES for kind in grid.kinds.values())
    for position, label in enumerate(laid.header.labels):
        if not _DATE_WORD.search(label):
            yield from _column(grid, laid, position) if typed else _written(laid, position)


def serial_dates(grid: Grid, laid: Laid) -> Iterator[tuple[int, int, str, str]]:
    """(sheet row, sheet column, label, value) of the first cell of each column of days that holds only day numbers."""
    for position, label in enumerate(laid.header.labels):
        if not _DAY_LABEL.search(label.strip()):
            continue
        texts = [cells[position] for cells in laid.values if not blank(cells[position])]
        if texts and all(_SERIAL.match(text.strip()) for text in texts):
            index = next(i for i, cells in enumerate(laid.values) if not blank(cells[position]))
            if all(_place(laid, i, position) not in grid.kinds for i in range(len(laid.values))):
                yield *_place(laid, index, position), label, texts[0].strip()


def _written(laid: Laid, position: int) -> Iterator[tuple[int, int, str]]:
    """2月3日 or Feb-03 as text among 1-5 and 12-1: a spreadsheet made dates of lot numbers before it wrote the file."""
    dates = {i: found for i, cells in enumerate(laid.values) if (found := _AS_DATE.match(cells[position].strip()))}
    if not dates:
        return
    texts = [cells[position] for i, cells in enumerate(laid.values) if i not in dates and not blank(cells[position])]
    if sum(1 for text in texts if _HYPHENED.match(text.strip())) >= max(1, 0.3 * len(texts)):
        for index, found in dates.items():
            yield *_place(laid, index, position), _hyphened(found)


def _hyphened(found: re.Match[str]) -> str:
    part = found.groupdict()
    if part["m"]:
        return f"{part['m']}-{part['d']}"
    if part["name"] or part["named"]:
        name, number = part["name"] or part["named"], part["after"] or part["before"]
        month = _MONTHS.index(name) + 1 if name in _MONTHS else name
        return f"{month}-{int(number)}"
    return f"{int(part['month'])}-{int(part['day'])}"


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
