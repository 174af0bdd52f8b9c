"""The Japanese eras since the Gregorian calendar (明治6年, 1873).  Bounds: the days the eras were proclaimed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Era:
    """One era; ``last`` is its last day inclusive (on the day of change both names are right), None while it runs."""

    name: str
    first: dt.date
    last: dt.date | None
    signs: tuple[str, ...]

    def western(self, year: int) -> int:
        """The western year of this era's ``year`` (元年 = 1)."""
        return self.first.year + year - 1


ERAS = (
    Era("明治", dt.date(1868, 10, 23), dt.date(1912, 7, 30), ("明治", "明", "M", "㍾")),
    Era("大正", dt.date(1912, 7, 30), dt.date(1926, 12, 25), ("大正", "大", "T", "㍽")),
    Era("昭和", dt.date(1926, 12, 25), dt.date(1989, 1, 7), ("昭和", "昭", "S", "㍼")),
    Era("平成", dt.date(1989, 1, 8), dt.date(2019, 4, 30), ("平成", "平", "H", "㍻")),
    Era("令和", dt.date(2019, 5, 1), None, ("令和", "令", "R", "㋿")),
)
BY_SIGN = {sign: era for era in ERAS for sign in era.signs} | {
    s.lower(): e for e in ERAS for s in e.signs if len(s) == 1
}
SIGNS = "|".join(sorted(BY_SIGN, key=len, reverse=True))
GREGORIAN = dt.date(1873, 1, 1)
LATEST = 2100


def era_year(day: dt.date) -> str:
    """``令和5年``, ``平成元年``: the era year that rules on that day (the later era on a day of change)."""
    era = next(era for era in reversed(ERAS) if era.first <= day)
    year = day.year - era.first.year + 1
    return f"{era.name}{'元' if year == 1 else year}年"
