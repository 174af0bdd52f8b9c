"""The Japanese fiscal year (年度): April to March, in JST, named by the era.  Standard library only, no clock.

A day here is already a JST calendar day; :func:`jst_day` turns an aware moment into one.
"""

from __future__ import annotations

import datetime as dt
import re

JST = dt.timezone(dt.timedelta(hours=9), "JST")

#: Era name, letter and the calendar year before its first (FY2019 prints 令和元年度, as the government itself does).
_ERAS = (("令和", "R", 2018), ("平成", "H", 1988))
_SHORT = re.compile(r"^(?:([RH])|(令和|平成))\s*(\d{1,2}|元)(?:年度)?$", re.IGNORECASE)

Month = tuple[int, int]


def jst_day(moment: dt.datetime) -> dt.date:
    """The JST calendar day of an aware moment; ValueError for a naive one (its zone would be a guess)."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(JST).date()


def fiscal_year(day: dt.date) -> int:
    """The fiscal year a JST day belongs to: January to March belong to the year before."""
    return day.year - (day.month < 4)


def _era(fy: int) -> tuple[str, str, int]:
    for name, letter, before in _ERAS:
        if fy > before:
            return name, letter, fy - before
    return "", "", fy


def label(fy: int) -> str:
    """2026 → 令和8年度, 2019 → 令和元年度, 2018 → 平成30年度."""
    name, _, year = _era(fy)
    return f"{name}{'元' if name and year == 1 else year}年度"


def short(fy: int) -> str:
    """2026 → R8, 2018 → H30."""
    _, letter, year = _era(fy)
    return f"{letter}{year}"


def parse(text: str) -> int:
    """``R8``, ``令和8年度``, ``令和元年度``, ``H30``, ``2026``, ``2026年度`` → the fiscal year; else ValueError."""
    plain = text.strip()
    if match := re.fullmatch(r"(\d{4})(?:年度)?", plain):
        return int(match[1])
    match = _SHORT.match(plain)
    if match is None:
        raise ValueError(f"年度を読み取れません: {text}（例: R8、令和8年度、2026）")
    year = 1 if match[3] == "元" else int(match[3])
    wanted = (match[1] or "").upper() or match[2]
    return next(before + year for name, letter, before in _ERAS if wanted in (name, letter))


def first_day(fy: int) -> dt.date:
    """1 April."""
    return dt.date(fy, 4, 1)


def last_day(fy: int) -> dt.date:
    """31 March of the next calendar year."""
    return dt.date(fy + 1, 3, 31)


def days_in(fy: int) -> int:
    """365, or 366 where 29 February lies in the fiscal year (FY2023, FY2027)."""
    return (last_day(fy) - first_day(fy)).days + 1


def months(fy: int) -> tuple[Month, ...]:
    """The twelve (year, month) pairs from April to March."""
    return tuple(shift((fy, 4), step) for step in range(12))


def month_of(day: dt.date) -> Month:
    """The (year, month) of a day."""
    return day.year, day.month


def shift(month: Month, step: int) -> Month:
    """The month ``step`` months later (earlier when negative)."""
    count = month[0] * 12 + month[1] - 1 + step
    return count // 12, count % 12 + 1


def month_first(month: Month) -> dt.date:
    """The first day of a month."""
    return dt.date(month[0], month[1], 1)


def month_last(month: Month) -> dt.date:
    """The last day of a month."""
    return month_first(shift(month, 1)) - dt.timedelta(days=1)


def days_in_month(month: Month) -> int:
    """28 to 31."""
    return month_last(month).day


def month_fy(month: Month) -> int:
    """The fiscal year a month belongs to."""
    return fiscal_year(month_first(month))


def months_between(start: dt.date, end: dt.date) -> float:
    """Months from the end of day ``start`` to the end of day ``end``; a started month counts by its days.

    2023-03-31 → 2026-10-31 is 43.0; → 2026-11-15 is 43.5.
    """
    return _month_count(end) - _month_count(start)


def _month_count(day: dt.date) -> float:
    return day.year * 12 + day.month - 1 + day.day / days_in_month(month_of(day))


def wareki(day: dt.date) -> str:
    """2026-11-22 → 令和8年11月22日 (the era by fiscal or calendar year is the same from 2019-05-01 on)."""
    for name, start, before in (("令和", dt.date(2019, 5, 1), 2018), ("平成", dt.date(1989, 1, 8), 1988)):
        if day >= start:
            year = day.year - before
            return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    return f"{day.year}年{day.month}月{day.day}日"


def month_label(month: Month) -> str:
    """(2026, 4) → R8.4月 in the short form used in tables: ``R8年4月`` by calendar year of the era."""
    return f"{short(month[0])}年{month[1]}月"


def days(first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    """Every day from first to last, both included; empty when last is before first."""
    return tuple(first + dt.timedelta(days=step) for step in range((last - first).days + 1))
