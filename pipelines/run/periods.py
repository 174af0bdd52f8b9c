"""The year or month that a file's name speaks of: for the order, the titles and the gaps of files of one dataset."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.cleaning.eras import BY_SIGN

_YEAR = r"(?P<year>(?:19|20)\d\d)"
_ERA = r"(?:(?P<era>令和|平成|昭和)|(?<![a-z])(?P<letter>[rhs]))(?P<number>元|\d{1,2})(?![\d.])"
_MONTH = r"(?P<month>0?[1-9]|1[0-2])"
_FORMS = (
    re.compile(rf"(?<!\d){_YEAR}(?P<month>0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d)"),
    re.compile(
        rf"(?:(?<!\d){_YEAR}|{_ERA}) ?(?P<fiscal>年度)? ?(?:年? ?{_MONTH}月|[-_](?P<digits>0[1-9]|1[0-2])(?!\d))"
    ),
    re.compile(rf"(?:(?<!\d){_YEAR}(?!\d)|{_ERA}) ?(?P<fiscal>年度)?"),
)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A year, or a month of it; ``fiscal`` where the name says 年度."""

    year: int
    month: int = 0
    fiscal: bool = False

    @property
    def key(self) -> str:
        """``2023`` or ``202304``: part of a resource's key, never changes."""
        return f"{self.year}{self.month:02d}" if self.month else str(self.year)

    @property
    def label(self) -> str:
        """``2023年``, ``2023年度`` or ``2023年4月``."""
        year = f"{self.year}年{'度' if self.fiscal else ''}"
        return f"{year}{self.month}月" if self.month else year


def period_of(stem: str, code: str = "") -> Period | None:
    """The one period a file name (without extension) speaks of; None without one, or with several.

    ``code`` is the department's municipality code: in 202011_… it is Nagano and not November 2020.
    """
    text = unicodedata.normalize("NFKC", stem).lower()
    if code and text.startswith(code):
        text = text[len(code) :]
    found: list[Period] = []
    for form in _FORMS:
        found += [_period(match) for match in form.finditer(text)]
        text = form.sub("|", text)
    return found[0] if len(set(found)) == 1 else None


def _period(match: re.Match[str]) -> Period:
    parts = match.groupdict()
    month = int(parts.get("month") or parts.get("digits") or 0)
    return Period(_year(parts), month, bool(parts.get("fiscal")))


def _year(parts: dict[str, str | None]) -> int:
    if parts.get("year"):
        return int(parts["year"] or 0)
    number = parts["number"] or ""
    return BY_SIGN[parts["era"] or parts["letter"] or ""].western(1 if number == "元" else int(number))


def missing(periods: Iterable[Period]) -> list[Period]:
    """The years between the first and the last that no file speaks of; months where a year has several files."""
    known = sorted(set(periods))
    if len(known) < 2:
        return []
    if monthly(known):
        return _missing_months(known)
    years = {period.year for period in known}
    fiscal = all(period.fiscal for period in known)
    return [Period(year, fiscal=fiscal) for year in range(known[0].year, known[-1].year) if year not in years]


def monthly(periods: Sequence[Period]) -> bool:
    """Whether these are files of months: every one names its month, and some year has several."""
    return all(p.month for p in periods) and len({p.year for p in periods}) < len(set(periods))


def _missing_months(known: Sequence[Period]) -> list[Period]:
    first, last = (p.year * 12 + p.month - 1 for p in (known[0], known[-1]))
    have = {(p.year, p.month) for p in known}
    return [Period(n // 12, n % 12 + 1) for n in range(first, last) if (n // 12, n % 12 + 1) not in have]
