"""Where each KPI stands: the formulas of :mod:`kpi` and :mod:`projection` applied to the evidence, still no wording."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from pipelines import fiscal
from pipelines.fiscal import Month
from pipelines.model import Target
from pipelines.report import kpi, numbers
from pipelines.report.evidence import Evidence, SeriesView, closed_months
from pipelines.report.kpi import Pace
from pipelines.report.projection import NONE, Projection, project, project_stock

SAMPLES_ONLY = "見本のみ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One KPI in one fiscal year.

    ``value``: the year's figure so far (flow) or the count (stock); where None, ``empty`` says in a word why.
    ``samples``: how many sample datasets stand beside it (never counted).

    ``level`` is what progress is judged by: the count, or the newest twelve closed months; ``level_on`` its day.
    ``rolling`` says that the level is such a twelve-month total and not a fiscal year's.
    """

    target: Target
    kind: str
    fy: int
    as_of: dt.date
    value: float | None
    empty: str = numbers.MISSING
    samples: int = 0
    final: bool = False
    covered: int = 0
    missing: tuple[dt.date, ...] = ()
    level: float | None = None
    level_on: dt.date | None = None
    rolling: bool = False
    before: float | None = None
    compared: float | None = None
    compared_how: str = ""
    pace: Pace
    months: dict[Month, float]
    scaled: tuple[Month, ...] = ()
    this_year: Projection
    at_target: Projection

    @property
    def progress(self) -> float | None:
        """Share of the way from base to target."""
        return None if self.level is None else kpi.progress_rate(self.target, self.level)

    @property
    def achievement(self) -> float | None:
        """level / target."""
        return None if self.level is None else kpi.achievement_rate(self.target, self.level)

    @property
    def expected(self) -> float | None:
        """R: progress over the share of time gone."""
        if self.level is None or self.level_on is None:
            return None
        return kpi.expected_share(self.target, self.level, kpi.month_share(self.target, self.level_on))

    @property
    def grade(self) -> tuple[str, str]:
        """The proposed grade and its words."""
        return kpi.grade(self.expected)

    @property
    def delay(self) -> float | None:
        """Months behind the reference path; negative: ahead."""
        if self.level is None or self.level_on is None:
            return None
        return kpi.delay_months(self.target, self.level, self.level_on)

    @property
    def reference(self) -> float:
        """The reference path's value for the fiscal year (its end)."""
        return kpi.reference(self.target, self.fy)

    @property
    def change(self) -> float | None:
        """Growth against the same part of the year before, as a share."""
        return None if not self.compared or self.before is None else self.before / self.compared - 1


def accesses(evidence: Evidence) -> Standing | None:
    """The standing of the accesses KPI; None where the catalogue has no such target."""
    target = evidence.target(stock=False)
    if target is None:
        return None
    year = evidence.year(evidence.fy)
    months, scaled = closed_months(evidence.official, evidence.as_of)
    value = year.value if year else None
    covered = year.covered_days if year else 0
    level, on, rolling = _level(evidence, target, months)
    now, past, how = _compared(evidence)
    so_far = (value, covered) if value is not None and covered else None
    return Standing(
        target=target,
        kind=kpi.FLOW,
        fy=evidence.fy,
        as_of=evidence.as_of,
        value=value,
        final=bool(year and year.final and not year.missing and evidence.as_of == fiscal.last_day(evidence.fy)),
        covered=covered,
        missing=year.missing if year else (),
        level=level,
        level_on=on,
        rolling=rolling,
        before=now,
        compared=past,
        compared_how=how,
        pace=_pace(evidence, target, value, covered),
        months=months,
        scaled=scaled,
        this_year=_this_year(evidence, target, months, so_far),
        at_target=_at_target(evidence, target, months, so_far),
    )


def _pace(evidence: Evidence, target: Target, value: float | None, covered: int) -> Pace:
    left = (fiscal.last_day(evidence.fy) - evidence.as_of).days
    found = kpi.flow_pace(kpi.reference(target, evidence.fy), value or 0.0, covered, left)
    return found if value is not None else replace(found, needed=None)


def _level(evidence: Evidence, target: Target, months: dict[Month, float]) -> tuple[float | None, dt.date | None, bool]:
    """The figure progress is judged by: a whole fiscal year, else the last 12 closed months, else an older year."""
    closed = [fy for fy in range(target.base_fy + 1, evidence.fy + 1) if fiscal.last_day(fy) <= evidence.as_of]
    years = {fy: year for fy in closed if (year := evidence.year(fy)) is not None}
    whole = {fy: year.value for fy, year in years.items() if year.value is not None}
    if evidence.fy in whole:
        return whole[evidence.fy], fiscal.last_day(evidence.fy), False
    if len(months) >= 12:
        newest = max(months)
        total = sum(months[fiscal.shift(newest, -step)] for step in range(12))
        return total, fiscal.month_last(newest), True
    complete = [fy for fy in whole if not years[fy].missing]
    if complete:
        return whole[complete[-1]], fiscal.last_day(complete[-1]), False
    return None, None, False


def _compared(evidence: Evidence) -> tuple[float | None, float | None, str]:
    """This year and last over the same calendar days (29 February dropped), else over the same whole months."""
    view = evidence.official
    if view is None:
        return None, None, ""
    pairs = [
        (now.value, past.value)
        for day, now in view.days.items()
        if fiscal.fiscal_year(day) == evidence.fy and (past := view.days.get(_year_before(day))) is not None
    ]
    if pairs:
        how = f"両年度とも計測できた{len(pairs)}日どうし（2月29日は除く）"
        return float(sum(n for n, _ in pairs)), float(sum(p for _, p in pairs)), how
    months = {m: whole for m in view.months if (whole := _whole_month(view, m, evidence.as_of)) is not None}
    both = [m for m in fiscal.months(evidence.fy) if m in months and fiscal.shift(m, -12) in months]
    if both:
        this, last = (float(sum(months[fiscal.shift(m, step)] for m in both)) for step in (0, -12))
        return this, last, f"同じ{len(both)}か月どうし"
    return _whole_years(evidence)


def _whole_month(view: SeriesView, month: Month, as_of: dt.date) -> float | None:
    """A month's value when the month is over and no day is missing."""
    known = view.months[month]
    return None if known.missing or fiscal.month_last(month) > as_of else known.value


def _whole_years(evidence: Evidence) -> tuple[float | None, float | None, str]:
    now, past = evidence.year(evidence.fy), evidence.year(evidence.fy - 1)
    if now is None or past is None or now.missing or past.missing or evidence.as_of < fiscal.last_day(evidence.fy):
        return None, None, ""
    if evidence.official_by_fy.get(evidence.fy) != evidence.official_by_fy.get(evidence.fy - 1):
        return None, None, ""
    return now.value, past.value, "年度の合計どうし"


def _year_before(day: dt.date) -> dt.date:
    """The same calendar day a year before; 29 February has none (the day's own past is returned: never counted)."""
    if (day.month, day.day) == (2, 29):
        return dt.date.min
    return day.replace(year=day.year - 1)


def _this_year(
    evidence: Evidence, target: Target, months: dict[Month, float], so_far: tuple[float, int] | None
) -> Projection:
    if evidence.as_of == fiscal.last_day(evidence.fy):
        return Projection(fy=evidence.fy, method=NONE, months=len(months))
    return project(months, evidence.fy, kpi.reference(target, evidence.fy), so_far)


def _at_target(
    evidence: Evidence, target: Target, months: dict[Month, float], so_far: tuple[float, int] | None
) -> Projection:
    """The projection for the target year; the days of an open year belong to it only when it is that year."""
    if evidence.fy >= target.target_fy:
        return _this_year(evidence, target, months, so_far)
    return project(months, target.target_fy, target.target)


# ── datasets ───────────────────────────────────────────────────────────────────────────────────


def datasets(evidence: Evidence) -> Standing | None:
    """The standing of the dataset count; None where the catalogue has no such target."""
    target = evidence.target(stock=True)
    if target is None:
        return None
    now = evidence.count_on(evidence.as_of)
    empty = SAMPLES_ONLY if now is not None and not now.city and now.sample else numbers.MISSING
    value = None if now is None or empty == SAMPLES_ONLY else float(now.city)
    added, over = _added(evidence) if value is not None else (None, 0.0)
    last_year = evidence.count_on(fiscal.last_day(evidence.fy - 1))
    start = _year_start(target, evidence.fy) if last_year is None or not last_year.city else float(last_year.city)
    left = max(0.0, kpi.plan_months(target) - kpi.elapsed_months(target, evidence.as_of))
    pace = kpi.stock_pace(target, value or 0.0, evidence.as_of, None if added is None else added / over * 12)
    closes = fiscal.months_between(evidence.as_of, fiscal.last_day(evidence.fy))
    return Standing(
        target=target,
        kind=kpi.STOCK,
        fy=evidence.fy,
        as_of=evidence.as_of,
        value=value,
        empty=empty,
        samples=now.sample if now else 0,
        final=bool(now and now.day == fiscal.last_day(evidence.fy)),
        level=value,
        level_on=evidence.as_of if value is not None else None,
        before=value if start is not None else None,
        compared=start,
        compared_how="前年度末との比較",
        pace=pace if value is not None else replace(pace, needed=None),
        months={},
        this_year=project_stock(value or 0.0, added, over, kpi.reference(target, evidence.fy), evidence.fy, closes),
        at_target=project_stock(value or 0.0, added, over, target.target, target.target_fy, left),
    )


def _year_start(target: Target, fy: int) -> float | None:
    """The plan's own base value is the start of the year after the base year."""
    return target.base if fy == target.base_fy + 1 else None


def _added(evidence: Evidence) -> tuple[float | None, float]:
    """Net additions of the last 12 months and over how many months they are known (fewer in the first year)."""
    now = evidence.counts[-1]
    year_ago = _year_before(now.day) if (now.day.month, now.day.day) != (2, 29) else dt.date(now.day.year - 1, 2, 28)
    past = [c for c in evidence.counts if c.day <= year_ago]
    first = past[-1] if past else evidence.counts[0]
    over = fiscal.months_between(first.day, now.day)
    return (None, 0.0) if over <= 0 else (float(now.city - first.city), over)
