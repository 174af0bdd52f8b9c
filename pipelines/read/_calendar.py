"""A calendar drawn as a grid (a column for each day of the week, the day's number in each cell) is no table of records.

What a cell means depends on where it stands: sorted, filtered or counted, nothing of it is left.  Read as rows, "日: 5,
月: 6" would be published as a record of some week without month or year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipelines.model import Level
from pipelines.read._laid import Laid, Remark
from pipelines.read.grid import blank

WEEK = "日月火水木金土"
_ENGLISH = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_WEEKDAY = re.compile(rf"[(（]?([{WEEK}])(?:曜日?)?[)）]?(?:[\s/(（]*[A-Za-z]{{3,9}}[.)）]*)?")
_DAY = re.compile(r"\s*(\d{1,2})(?![\d:：/.\-])")
#: fewer numbers in a row may be chance
FEWEST = 7


def calendar_grid(laid: Laid, known: frozenset[str]) -> Iterator[Remark]:
    """Held when seven neighbouring labels are the week and the numbers beneath run on from day to day.

    A dataset whose schema declares those very columns (``known``) was decided on by somebody.
    """
    labels = laid.header.labels
    start = _week_begins(labels)
    if start is None or set(labels[start : start + 7]) <= known:
        return
    days = [day for cells in laid.values for day in _days(cells[start : start + 7])]
    if len(days) >= FEWEST and _runs(days) > 0.9 * (len(days) - 1):
        columns = laid.blocks[0].columns
        yield Remark(code="calendar-grid", level=Level.HOLD, row=laid.header.rows[-1], column=columns[start])


def _week_begins(labels: Sequence[str]) -> int | None:
    """The position where seven labels are the days of the week in their order, whichever comes first."""
    days = [_weekday(label) for label in labels]
    for start in range(len(days) - 6):
        week = days[start : start + 7]
        first = week[0]
        if first is not None and week == [(first + n) % 7 for n in range(7)]:
            return start
    return None


def _weekday(label: str) -> int | None:
    text = label.strip()
    found = _WEEKDAY.fullmatch(text)
    if found:
        return WEEK.index(found[1])
    word = text.lower().rstrip(".")
    return next((n for n, day in enumerate(_ENGLISH) if word in (day, day[:3])), None)


def _days(cells: Sequence[str]) -> list[int]:
    """The days of one line; none where it holds something else (what happens on those days)."""
    days = [_day(text) for text in cells if not blank(text)]
    whole = [day for day in days if day is not None]
    return whole if len(whole) == len(days) > 1 else []


def _runs(days: Sequence[int]) -> int:
    """How many days follow on the one before, in the same month or the next."""
    return sum(1 for one, other in pairwise(days) if other == one + 1 or (other == 1 and one >= 28))


def _day(text: str) -> int | None:
    """The number a cell begins with, if it can be a day of a month."""
    found = _DAY.match(text)
    number = int(found[1]) if found else 0
    return number if 1 <= number <= 31 else None
