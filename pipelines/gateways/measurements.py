"""Typed reading and writing of every measurement table; shared by ``measure`` (writes) and ``report`` (reads).

All of it rests on the generic :class:`pipelines.gateways.store.Store`.  Days are JST; periods include both ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipelines.gateways import measurement_tables as tables
from pipelines.gateways.measurement_parts import CatalogueRows, CommitteeRows, FileRows
from pipelines.gateways.measurement_records import (
    AccessFile,
    ActionItem,
    Annotation,
    DatasetEvent,
    DayCoverage,
    DayStatus,
    Evaluation,
    ExcludedDay,
    Instruction,
    LinkAnswer,
    PeriodFact,
    QualityDay,
    ResourceMap,
    Revision,
    SeenFile,
    Series,
    Source,
    SourcePriority,
    TrackingTotal,
    UniqueDay,
)
from pipelines.gateways.measurement_tables import span
from pipelines.gateways.measurement_totals import ONE_DAY, DayValue, SeriesTotal, days, total, with_differences
from pipelines.model import AccessClass, AccessDay, ConfigError

__all__ = [
    "AccessFile", "ActionItem", "Annotation", "DatasetEvent", "DayCoverage", "DayStatus", "DayValue", "Evaluation",
    "ExcludedDay", "Instruction", "LinkAnswer", "Measurements", "PeriodFact", "QualityDay", "ResourceMap", "Revision",
    "SeenFile", "Series", "SeriesTotal", "Source", "SourcePriority", "TrackingTotal", "UniqueDay", "days",
]  # fmt: skip

#: a day counts when its lines are whole enough; a partial or missing day is shown as a gap, never as 0
COUNTING = (DayStatus.PROVISIONAL, DayStatus.FINAL)


class Measurements(CatalogueRows, CommitteeRows, FileRows):
    """The measurement tables of one state file."""

    # ── sources ────────────────────────────────────────────────────────────────────────

    def add_source(self, source: Source) -> None:
        """Record (or correct) a source."""
        self._put(tables.SOURCE, [source])

    def sources(self) -> list[Source]:
        """Every source by name."""
        return self._all(tables.SOURCE, order="source")

    def set_priority(self, priority: SourcePriority) -> None:
        """Say which source a series takes from a day on."""
        self._put(tables.PRIORITY, [priority])

    def replace_priorities(self, series: str, priorities: Iterable[SourcePriority]) -> None:
        """Replace all of a series' sources."""
        with self.transaction():
            self.store.write("DELETE FROM source_priority WHERE series = ?", (series,))
            self._put(tables.PRIORITY, priorities)

    def priorities(self, series: str) -> list[SourcePriority]:
        """A series' sources, best first."""
        return self._all(tables.PRIORITY, "series = ?", (series,), order="rank, valid_from DESC, source")

    # ── days ──────────────────────────────────────────────────────────────────────────────────

    def replace_day(
        self,
        source: str,
        day: dt.date,
        rule_version: str,
        access_days: Iterable[AccessDay],
        uniques: Iterable[UniqueDay] = (),
        excluded: Iterable[ExcludedDay] = (),
        coverage: DayCoverage | None = None,
    ) -> None:
        """Replace one day of one source and rule version as a whole, in one transaction."""
        with self.transaction():
            for table in (tables.ACCESS, tables.UNIQUE, tables.EXCLUDED):
                self.store.write(
                    f'DELETE FROM "{table.name}" WHERE source = ? AND day = ? AND rule_version = ?',
                    (source, day.isoformat(), rule_version),
                )
            self._put(tables.ACCESS, access_days, (rule_version,))
            self._put(tables.UNIQUE, uniques, (rule_version,))
            self._put(tables.EXCLUDED, excluded, (rule_version,))
            if coverage is not None:
                self._put(tables.COVERAGE, [replace(coverage, rule_version=rule_version)])

    def set_coverage(self, coverage: Iterable[DayCoverage]) -> None:
        """Record what is known of days (used to close them)."""
        self._put(tables.COVERAGE, coverage)

    def access_days(
        self, start: dt.date, end: dt.date, *, source: str | None = None, dataset: str | None = None
    ) -> list[AccessDay]:
        """The daily counts in force between two days (each day by the rule version its coverage names)."""
        return self._daily(tables.ACCESS, start, end, source, dataset)

    def has_accesses(self) -> bool:
        """Whether any access was ever counted."""
        return self.store.one("SELECT 1 AS found FROM access_daily LIMIT 1") is not None

    def uniques(
        self, start: dt.date, end: dt.date, *, source: str | None = None, dataset: str | None = None
    ) -> list[UniqueDay]:
        """The daily uniques in force between two days."""
        return self._daily(tables.UNIQUE, start, end, source, dataset)

    def excluded(self, start: dt.date, end: dt.date, *, source: str | None = None) -> list[ExcludedDay]:
        """The lines not counted between two days, by reason."""
        return self._daily(tables.EXCLUDED, start, end, source, None)

    def coverage(self, source: str, start: dt.date, end: dt.date) -> list[DayCoverage]:
        """What is known of each recorded day (a day without a row is missing)."""
        return self._all(tables.COVERAGE, "source = ? AND day BETWEEN ? AND ?", (source, *span(start, end)), "day")

    def missing_days(self, source: str, start: dt.date, end: dt.date) -> list[dt.date]:
        """Days of a source without a usable count."""
        known = {c.day for c in self.coverage(source, start, end) if c.status in COUNTING}
        return [day for day in days(start, end) if day not in known]

    def record_tracking(self, source: str, day: dt.date, totals: Iterable[TrackingTotal]) -> None:
        """Replace a portal's running totals of a day."""
        with self.transaction():
            self.store.write("DELETE FROM tracking_total WHERE source = ? AND day = ?", (source, day.isoformat()))
            self._put(tables.TRACKING, totals)

    def tracking_before(self, source: str, day: dt.date) -> list[TrackingTotal]:
        """The newest running totals recorded before a day; empty when there are none."""
        newest = "SELECT MAX(day) FROM tracking_total WHERE source = ? AND day < ?"
        where = f"source = ? AND day = ({newest})"
        return self._all(tables.TRACKING, where, (source, source, day.isoformat()), "dataset")

    # ── series ────────────────────────────────────────────────────────────────────────────────

    def define_series(self, series: Series) -> None:
        """Ship a definition.  An existing row keeps its approval; being official is only ever set by approval."""
        known = self.series(series.series, series.version)
        if known is None:
            self._put(tables.SERIES, [replace(series, official=False, approved_by="", approved_on=None)])

    def series(self, series: str, version: str | None = None) -> Series | None:
        """A definition; without a version the newest one."""
        found = [s for s in self.all_series() if s.series == series and version in (None, s.version)]
        return found[-1] if found else None

    def all_series(self) -> list[Series]:
        """Every definition by name and version."""
        return self._all(tables.SERIES, order="series, version")

    def approve_series(
        self, series: str, version: str, *, approved_by: str, approved_on: dt.date | None, valid_from: dt.date
    ) -> Series:
        """Make one definition official from a day on; the former one ends the day before.

        Raises ConfigError when the definition is unknown or the approval (who, when) is missing.
        """
        definition = self.series(series, version)
        if definition is None:
            raise ConfigError(f"アクセスの定義 {series} 版 {version} がありません。")
        former = [s for s in self.all_series() if s.official and s.valid_to is None]
        _refuse(definition, former, approved_by, approved_on, valid_from)
        approved = replace(
            definition, official=True, approved_by=approved_by, approved_on=approved_on, valid_from=valid_from
        )
        others = [s for s in former if (s.series, s.version) != (series, version)]
        self._put(tables.SERIES, [*(replace(s, valid_to=valid_from - ONE_DAY) for s in others), approved])
        return approved

    def official_series(self, day: dt.date) -> Series | None:
        """The one official definition on a day; None: no approval is recorded yet.

        Raises ConfigError when a definition claims to be official without an approval, or two claim the same day.
        """
        claims = [s for s in self.all_series() if s.official and _open_at(s, day)]
        for claim in claims:
            if not claim.approved_by or claim.approved_on is None:
                name = f"{claim.series} 版 {claim.version}"
                raise ConfigError(f"公式の系列 {name} の承認の記録（会議名・承認日）がありません。")
        if len(claims) > 1:
            raise ConfigError(f"{day} に公式の系列が{len(claims)}つあります: " + "、".join(s.series for s in claims))
        return claims[0] if claims else None

    def source_values(self, series: str, source: str, start: dt.date, end: dt.date) -> list[DayValue]:
        """A series as one named source gives it, whole days only (for 参考 and cross-checks)."""
        definition = self._known(series)
        covered = {c.day: c for c in self.coverage(source, start, end) if c.status in COUNTING}
        sums = self._sums(definition, source, start, end)
        return [
            DayValue(day=d, value=sums.get(d, 0), source=source, final=c.status is DayStatus.FINAL)
            for d, c in covered.items()
        ]

    def values(self, series: str, start: dt.date, end: dt.date) -> list[DayValue]:
        """A series day by day, each day from exactly one source by priority; days without a count are left out."""
        best: dict[dt.date, DayValue] = {}
        for priority in self.priorities(series):
            first, last = max(start, priority.valid_from), min(end, priority.valid_to or end)
            if first <= last:
                for value in self.source_values(series, priority.source, first, last):
                    best.setdefault(value.day, value)
        return [best[day] for day in sorted(best)]

    def totals(self, series: str, start: dt.date, end: dt.date) -> SeriesTotal:
        """A series over a period: reported facts first (also as differences), then whole days; the rest is missing."""
        by_day = {v.day: v for v in self.values(series, start, end)}
        facts = with_differences(self.period_facts(series))
        return total(series, start, end, facts, by_day)

    def _known(self, series: str) -> Series:
        definition = self.series(series)
        if definition is None:
            raise ConfigError(f"アクセスの定義 {series} がありません。")
        return definition

    def _sums(self, definition: Series, source: str, start: dt.date, end: dt.date) -> dict[dt.date, int]:
        if definition.measure not in ("page_views", "investigations", "requests", "api_calls"):
            raise ConfigError(f"アクセスの定義 {definition.series} の measure「{definition.measure}」は使えません。")
        where, values = _filter(definition)
        rows = self.store.rows(
            f"SELECT a.day AS day, SUM(a.{definition.measure}) AS value FROM access_daily a JOIN day_coverage c"
            " ON c.source = a.source AND c.day = a.day AND c.rule_version = a.rule_version"
            f" WHERE a.source = ? AND a.day BETWEEN ? AND ?{where} GROUP BY a.day",
            (source, *span(start, end), *values),
        )
        return {dt.date.fromisoformat(row["day"]): int(row["value"]) for row in rows}

    # ── facts ─────────────────────────────────────────────────────────────────────────────────

    def add_period_fact(self, fact: PeriodFact) -> None:
        """Record a total reported for a whole period."""
        self._put(tables.FACT, [fact])

    def period_facts(self, series: str | None = None) -> list[PeriodFact]:
        """Reported totals by start and end."""
        where, values = ("series = ?", (series,)) if series else ("", ())
        return self._all(tables.FACT, where, values, "series, start, end, origin")


def _open_at(series: Series, day: dt.date) -> bool:
    return (series.valid_from is None or series.valid_from <= day) and (
        series.valid_to is None or day <= series.valid_to
    )


def _refuse(
    wanted: Series, former: Sequence[Series], approved_by: str, approved_on: dt.date | None, valid_from: dt.date
) -> None:
    """Raise ConfigError where an approval is missing or would rewrite the past."""
    name = f"{wanted.series}（{wanted.name}）版 {wanted.version}"
    if not approved_by or approved_on is None:
        raise ConfigError(
            f"公式の系列を {name} にする承認の記録がありません。"
            "承認した会議名（approved_by）と承認日（approved_on）が必要です。"
        )
    if wanted.valid_to is not None:
        raise ConfigError(f"{name} は {wanted.valid_to} で終わっています。新しい版を定義してください。")
    for other in former:
        if other.series != wanted.series and other.valid_from is not None and valid_from <= other.valid_from:
            raise ConfigError(f"{name} の開始日は、今の公式系列 {other.series} の開始日 {other.valid_from} の後です。")


def _filter(definition: Series) -> tuple[str, list[str]]:
    where, values = "", []
    for column, wanted in (("access_class", definition.classes), ("page_type", definition.page_types)):
        if wanted:
            where += f" AND a.{column} IN ({', '.join('?' for _ in wanted)})"
            values += [AccessClass(w).value if column == "access_class" else w for w in wanted]
    return where, values
