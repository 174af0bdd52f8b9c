"""Adding up a series over a period: reported totals, whole days, and gaps that stay gaps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines.gateways.measurement_records import PeriodFact

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayValue:
    """A series on one day, from exactly one source."""

    day: dt.date
    value: int
    source: str
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesTotal:
    """A series over a period.  ``value`` None: nothing is known.  ``missing`` days are gaps, never zeros.

    ``sources`` names every source and every reported fact used; ``derived`` says that a difference of two reported
    totals was used; ``final`` that every covered day is final or reported.
    """

    series: str
    start: dt.date
    end: dt.date
    value: float | None
    covered_days: int
    missing: tuple[dt.date, ...]
    sources: tuple[str, ...]
    derived: bool = False
    final: bool = False

    @property
    def missing_days(self) -> int:
        """How many days have no count."""
        return len(self.missing)


def days(start: dt.date, end: dt.date) -> list[dt.date]:
    """Every day from start to end, both included."""
    return [start + n * ONE_DAY for n in range((end - start).days + 1)]


def with_differences(facts: Sequence[PeriodFact]) -> list[PeriodFact]:
    """Facts and the differences of facts that share a start or an end (67,988 of 73,098 leaves March 2023: 5,110)."""
    derived = [d for a in facts for b in facts for d in _difference(a, b)]
    return [*facts, *derived]


def _difference(longer: PeriodFact, shorter: PeriodFact) -> list[PeriodFact]:
    if longer.origin != shorter.origin:  # two tools do not measure the same thing
        return []
    if longer.start == shorter.start and shorter.end < longer.end:
        start, end = shorter.end + ONE_DAY, longer.end
    elif longer.end == shorter.end and longer.start < shorter.start:
        start, end = longer.start, shorter.start - ONE_DAY
    else:
        return []
    return [replace(longer, start=start, end=end, value=longer.value - shorter.value, confidence="導出")]


def total(
    series: str, start: dt.date, end: dt.date, facts: Sequence[PeriodFact], by_day: Mapping[dt.date, DayValue]
) -> SeriesTotal:
    """Walk the period once: the longest fact that fits from here, else the day's own count, else a gap."""
    value, covered, final, derived = 0.0, 0, True, False
    missing: list[dt.date] = []
    used: dict[str, None] = {}
    day = start
    while day <= end:
        fact = _fact_at(facts, day, end)
        if fact is not None:
            value, covered, step = value + fact.value, covered + (fact.end - day).days + 1, (fact.end - day).days + 1
            used[fact.origin] = None
            derived = derived or fact.confidence == "導出"
        else:
            step, known = 1, by_day.get(day)
            if known is None:
                missing.append(day)
            else:
                value, covered, final = value + known.value, covered + 1, final and known.final
                used[known.source] = None
        day += step * ONE_DAY
    return SeriesTotal(
        series=series, start=start, end=end, value=value if covered else None, covered_days=covered,
        missing=tuple(missing), sources=tuple(used), derived=derived, final=bool(covered) and final,
    )  # fmt: skip


def _fact_at(facts: Sequence[PeriodFact], day: dt.date, end: dt.date) -> PeriodFact | None:
    fitting = [f for f in facts if f.start == day and f.end <= end]
    return max(fitting, key=lambda f: (f.end, f.confidence != "導出", f.origin), default=None)
