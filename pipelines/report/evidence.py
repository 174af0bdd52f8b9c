"""What the report knows: read once from the measurement tables, as of a day, and never changed afterwards.

The measurement tables come in as an argument (:class:`pipelines.gateways.measurements.Measurements`).  Days that have
no count stay gaps.  Nothing here decides what is good: that is the other modules' work.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines import fiscal
from pipelines.fiscal import Month
from pipelines.gateways.measurement_records import (
    ActionItem,
    Annotation,
    DatasetEvent,
    DayCoverage,
    Evaluation,
    ExcludedDay,
    Instruction,
    PeriodFact,
    QualityDay,
    Revision,
    Series,
)
from pipelines.gateways.measurement_totals import DayValue, SeriesTotal, total, with_differences
from pipelines.gateways.measurements import Measurements
from pipelines.model import AccessDay, Catalog, DatasetDay, Target

#: the series the plan's own figures belong to; used until a committee approves another
REPORTED = "A0"
#: a month with at least this share of its days counted may serve a projection (scaled, and said so)
USABLE = 0.8
USAGE_DAYS = 90
#: the series of our own counting; another tool's days are used only where these have none
LOGGED = ("A1", "A2", "A3")
STALE_MONTHS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesView:
    """One access series through the plan's years: totals by fiscal year and month, day values, reported facts."""

    series: Series
    years: Mapping[int, SeriesTotal]
    months: Mapping[Month, SeriesTotal]
    days: Mapping[dt.date, DayValue]
    facts: tuple[PeriodFact, ...]

    def window(self, start: dt.date, end: dt.date) -> SeriesTotal:
        """The series between two days, gaps shown."""
        return total(self.series.series, start, end, with_differences(self.facts), self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The catalogue on a day with a snapshot: the city's counted datasets, the samples beside them, everything."""

    day: dt.date
    city: int
    sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything the sections are written from."""

    catalog: Catalog
    as_of: dt.date
    fy: int
    count_samples: bool
    departments: Mapping[str, str]
    official: SeriesView | None
    official_by_fy: Mapping[int, str]
    base_series: str
    views: Mapping[str, SeriesView]
    datasets: tuple[DatasetDay, ...]
    samples: tuple[DatasetDay, ...]
    uncounted: tuple[DatasetDay, ...]
    snapshot_day: dt.date | None
    first_snapshot: dt.date | None
    counts: tuple[Count, ...]
    qualities: Mapping[str, QualityDay]
    events: tuple[DatasetEvent, ...]
    usage: tuple[AccessDay, ...]
    usage_before: tuple[AccessDay, ...]
    usage_days: int
    usage_days_before: int
    usage_compared: str
    excluded: tuple[ExcludedDay, ...]
    coverage: tuple[DayCoverage, ...]
    annotations: tuple[Annotation, ...]
    revisions: tuple[Revision, ...]
    evaluations: tuple[Evaluation, ...]
    instructions: tuple[Instruction, ...]
    actions: tuple[ActionItem, ...]
    synthetic: bool

    @property
    def others(self) -> tuple[SeriesView, ...]:
        """The series that are not the official one and have something to show."""
        chosen = self.official.series.series if self.official else ""
        return tuple(v for name, v in self.views.items() if name != chosen and (v.facts or v.days))

    def year(self, fy: int) -> SeriesTotal | None:
        """The accesses of a fiscal year in the series that was official at its end; None before any series."""
        view = self.views.get(self.official_by_fy.get(fy, ""))
        return view.years.get(fy) if view else None

    def target(self, stock: bool) -> Target | None:
        """The catalogue's target for datasets (stock) or accesses."""
        return next((t for t in self.catalog.targets if t.kpi.startswith("dataset") == stock), None)

    def count_on(self, day: dt.date) -> Count | None:
        """The last snapshot on or before a day, when it is of the same month or newer than the month before."""
        found = [c for c in self.counts if c.day <= day]
        return found[-1] if found and (day - found[-1].day).days < 31 else None

    def department(self, organization: str) -> str:
        """The department's Japanese name where the configuration has one."""
        return self.departments.get(organization, organization) or "（部局なし）"


def gather(
    measurements: Measurements, catalog: Catalog, as_of: dt.date, fy: int, departments: Mapping[str, str] | None = None
) -> Evidence:
    """Read everything the report needs.  Raises ConfigError where an official series has no approval on record."""
    base = min((t.base_fy for t in catalog.targets), default=fy)
    start = fiscal.first_day(min(base, fy) - 1)
    counting = _truth(catalog.settings.get("report", {}), "count_samples")
    latest = measurements.snapshot_on(as_of)
    counts = _counts(measurements, start, as_of, counting)
    snapshot_day = latest[0].day if latest else None
    names = {year: _official(measurements, min(fiscal.last_day(year), as_of)) for year in range(base, fy + 1)}
    views = {s.series: _view(measurements, s, start, as_of, base) for s in _newest(measurements)}
    usage = _usage(measurements, as_of)
    excluded, coverage = _lines(measurements, fiscal.first_day(fy), as_of)
    before, compared = _usage_before(measurements, as_of)
    return Evidence(
        catalog=catalog,
        as_of=as_of,
        fy=fy,
        count_samples=counting,
        departments=departments or {},
        official=views.get(_official(measurements, as_of)),
        official_by_fy=names,
        base_series=_base_series(measurements),
        views=views,
        datasets=tuple(d for d in latest if _ours(d, counting)),
        samples=tuple(d for d in latest if d.sample and not counting),
        uncounted=tuple(d for d in latest if not d.counted and not d.sample),
        snapshot_day=snapshot_day,
        first_snapshot=counts[0].day if counts else None,
        counts=counts,
        qualities={q.dataset: q for q in measurements.qualities(snapshot_day)} if snapshot_day else {},
        events=tuple(measurements.events(start, as_of)),
        usage=usage.rows,
        usage_before=before.rows,
        usage_days=usage.days,
        usage_days_before=before.days,
        usage_compared=compared,
        excluded=excluded,
        coverage=coverage,
        annotations=tuple(measurements.annotations(start, as_of)),
        revisions=tuple(r for r in measurements.revisions() if r.day is None or r.day <= as_of),
        evaluations=tuple(measurements.evaluations()),
        instructions=tuple(measurements.instructions()),
        actions=tuple(measurements.actions()),
        synthetic=_synthetic(measurements, views),
    )


def _truth(settings: Mapping[str, object], key: str) -> bool:
    """A yes/no setting; the YAML reader leaves every value as text."""
    return str(settings.get(key, "")).strip().lower() in ("true", "yes", "on", "1", "はい")


def _ours(dataset: DatasetDay, counting: bool) -> bool:
    """Does it count for the city's KPI?  A sample never does unless configured."""
    return dataset.counted and (counting or not dataset.sample)


def _counts(measurements: Measurements, start: dt.date, as_of: dt.date, counting: bool) -> tuple[Count, ...]:
    """One count for each month that has a snapshot: its last one (31 March is a fiscal year's value)."""
    last_of_month = {fiscal.month_of(day): day for day, _ in measurements.dataset_counts(start, as_of)}
    found = []
    for day in last_of_month.values():
        rows = measurements.snapshots(day, day)
        city = sum(_ours(d, counting) for d in rows)
        found.append(Count(day=day, city=city, sample=sum(d.sample for d in rows) if not counting else 0))
    return tuple(found)


# ── access series ──────────────────────────────────────────────────────────────────────────────


def _newest(measurements: Measurements) -> list[Series]:
    """The newest version of each series."""
    return list({s.series: s for s in measurements.all_series()}.values())


def _official(measurements: Measurements, day: dt.date) -> str:
    """The approved series of a day; where none is approved yet, the one the plan's own figures were reported in."""
    approved = measurements.official_series(day)
    if approved is not None:
        return approved.series
    return REPORTED if measurements.series(REPORTED) is not None else ""


def _base_series(measurements: Measurements) -> str:
    """The series whose facts the baseline comes from."""
    return REPORTED if measurements.period_facts(REPORTED) else ""


def _view(measurements: Measurements, series: Series, start: dt.date, as_of: dt.date, base: int) -> SeriesView:
    facts = tuple(measurements.period_facts(series.series))
    by_day = {v.day: v for v in measurements.values(series.series, start, as_of)}
    spread = with_differences(facts)
    years = range(base, fiscal.fiscal_year(as_of) + 1)

    def between(first: dt.date, last: dt.date) -> SeriesTotal:
        return total(series.series, first, min(last, as_of), spread, by_day)

    months = [m for fy in years for m in fiscal.months(fy) if fiscal.month_first(m) <= as_of]
    return SeriesView(
        series=series,
        years={fy: between(fiscal.first_day(fy), fiscal.last_day(fy)) for fy in years},
        months={m: between(fiscal.month_first(m), fiscal.month_last(m)) for m in months},
        days=by_day,
        facts=facts,
    )


def closed_months(view: SeriesView | None, as_of: dt.date) -> tuple[dict[Month, float], tuple[Month, ...]]:
    """Months that are over, with a value fit for a projection, and those of them scaled up over missing days.

    A month with gaps is scaled by its covered days (only ever for pace and projection, never for the KPI itself);
    with less than 80 % of its days it is left out.  A series that stopped over three months ago projects nothing.
    """
    found: dict[Month, float] = {}
    scaled: list[Month] = []
    for month, known in (view.months if view else {}).items():
        length = fiscal.days_in_month(month)
        if known.value is None or fiscal.month_last(month) > as_of or known.covered_days < USABLE * length:
            continue
        found[month] = known.value * length / known.covered_days
        if known.covered_days < length:
            scaled.append(month)
    if not found or max(found) < fiscal.shift(fiscal.month_of(as_of), -STALE_MONTHS):
        return {}, ()
    run = _unbroken(found)
    return run, tuple(m for m in scaled if m in run)


def _unbroken(months: dict[Month, float]) -> dict[Month, float]:
    """The run of months without a gap that ends with the newest one: what "n months of the same series" means."""
    run: dict[Month, float] = {}
    for month in sorted(months, reverse=True):
        if run and fiscal.shift(month, 1) not in run:
            break
        run[month] = months[month]
    return dict(sorted(run.items()))


def _synthetic(measurements: Measurements, views: Mapping[str, SeriesView]) -> bool:
    """Do any of the access counts shown come from a source that is marked as a sample?"""
    marked = {s.source for s in measurements.sources() if s.sample}
    return any(day.source in marked for view in views.values() for day in view.days.values())


# ── use of single datasets ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Daily counts of 90 days and how many of them were covered."""

    rows: tuple[AccessDay, ...]
    days: int


def _usage(measurements: Measurements, end: dt.date) -> Usage:
    """The 90 days up to ``end``, each day from the one source that speaks for it."""
    start = end - dt.timedelta(days=USAGE_DAYS - 1)
    source_of = _source_by_day(measurements, start, end)
    rows = tuple(a for a in measurements.access_days(start, end) if source_of.get(a.day) == a.source)
    return Usage(rows=rows, days=len(source_of))


def _usage_before(measurements: Measurements, as_of: dt.date) -> tuple[Usage, str]:
    """The same 90 days a year ago where they were counted (the season is the same), else the 90 days before."""
    year_ago = _usage(measurements, as_of - dt.timedelta(days=364))
    if year_ago.rows:
        return year_ago, f"前年の同じ時期の{USAGE_DAYS}日"
    return _usage(measurements, as_of - dt.timedelta(days=USAGE_DAYS)), f"その前の{USAGE_DAYS}日"


def _lines(m: Measurements, start: dt.date, end: dt.date) -> tuple[tuple[ExcludedDay, ...], tuple[DayCoverage, ...]]:
    """Log lines left out by reason, and all lines, of the one source that speaks for each day: the two balance."""
    source_of = _source_by_day(m, start, end)
    left_out = tuple(e for e in m.excluded(start, end) if source_of.get(e.day) == e.source)
    rows = (c for source in sorted(set(source_of.values())) for c in m.coverage(source, start, end))
    return left_out, tuple(c for c in rows if c.lines and source_of.get(c.day) == c.source)


def _source_by_day(measurements: Measurements, start: dt.date, end: dt.date) -> dict[dt.date, str]:
    """Which one source speaks for each day: sources are never added up."""
    found: dict[dt.date, str] = {}
    known = {s.series: s for s in measurements.all_series()}
    ranked = sorted(known, key=lambda name: (name not in LOGGED, name))
    for series in ranked:
        for value in measurements.values(series, start, end):
            found.setdefault(value.day, value.source)
    return found
