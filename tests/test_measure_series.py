"""Definitions, approvals, one source per day, reported facts: how single days become the number in the paper."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pipelines.gateways.measurements import DayCoverage, DayStatus, Measurements, PeriodFact, Source, SourcePriority
from pipelines.measure.series import DEFINITIONS, configure, define, import_period_csv, register, ship_facts, shipped
from pipelines.model import AccessClass, AccessDay, ConfigError
from tests.measuring import measuring

APPROVAL = {"approved_by": "ICT推進調整会議", "approved_on": "2026-10-20", "valid_from": "2027-04-01"}
OCTOBER = (dt.date(2026, 10, 1), dt.date(2026, 10, 31))


def fill(m: Measurements, source: str, start: dt.date, days: int, each: int) -> None:
    """So many page views of people a day, from one source."""
    for step in range(days):
        day = start + dt.timedelta(days=step)
        access = AccessDay(
            source=source,
            day=day,
            access_class=AccessClass.REGULAR,
            page_type="dataset",
            dataset="aed",
            page_views=each,
        )
        m.replace_day(source, day, "1", [access], coverage=DayCoverage(source=source, day=day, status=DayStatus.FINAL))


def test_the_plans_own_figures_are_consistent(tmp_path: Path) -> None:
    """67,988 of 73,098 leaves March 2023 with 5,110; the year is 73,098, not the sum of both facts."""
    with measuring(tmp_path) as m:
        assert shipped() == ["sagamihara"]
        assert ship_facts(m, "sagamihara") == 2
        march = m.totals("A0", dt.date(2023, 3, 1), dt.date(2023, 3, 31))
        year = m.totals("A0", dt.date(2022, 4, 1), dt.date(2023, 3, 31))
        assert (march.value, march.derived, year.value, year.derived) == (5110, True, 73098, False)
        assert (year.covered_days, year.missing_days, year.final) == (365, 0, True)


def test_facts_of_different_origins_are_never_subtracted(tmp_path: Path) -> None:
    """Two tools do not measure the same thing: no difference between them, the month stays unknown."""
    with measuring(tmp_path) as m:
        define(m)
        year = PeriodFact(series="A0", start=dt.date(2022, 4, 1), end=dt.date(2023, 3, 31), origin="a", value=100)
        part = PeriodFact(series="A0", start=dt.date(2022, 4, 1), end=dt.date(2023, 2, 28), origin="b", value=90)
        m.add_period_fact(year)
        m.add_period_fact(part)
        assert m.totals("A0", dt.date(2023, 3, 1), dt.date(2023, 3, 31)).value is None


def test_reported_facts_and_days_are_joined_without_overlap(tmp_path: Path) -> None:
    """A month reported as one number, then days from a source: each day is counted once, gaps stay gaps."""
    with measuring(tmp_path) as m:
        define(m)
        m.add_period_fact(
            PeriodFact(series="A1", start=dt.date(2026, 9, 1), end=dt.date(2026, 9, 30), origin="月報", value=900)
        )
        fill(m, "web", dt.date(2026, 9, 25), 10, 10)
        m.set_priority(SourcePriority(series="A1", source="web", valid_from=dt.date(2026, 9, 1)))
        total = m.totals("A1", dt.date(2026, 9, 1), dt.date(2026, 10, 6))
        assert (total.value, total.covered_days, total.missing_days) == (900 + 4 * 10, 34, 2)
        assert total.sources == ("月報", "web")


def test_nothing_known_is_none_and_not_zero(tmp_path: Path) -> None:
    """Without a source and without facts the total is unknown."""
    with measuring(tmp_path) as m:
        define(m)
        total = m.totals("A1", *OCTOBER)
        assert (total.value, total.covered_days, total.missing_days, total.final) == (None, 0, 31, False)


def test_three_tools_for_one_month_are_never_added(tmp_path: Path) -> None:
    """Log, GA4 and tracking loaded for the same month: each series equals exactly one of them."""
    with measuring(tmp_path) as m:
        for source, kind, each in (("web", "nginx", 10), ("ga4", "ga4", 12), ("ckan_tracking", "ckan_tracking", 7)):
            register(m, Source(source=source, kind=kind), OCTOBER[0])
            fill(m, source, OCTOBER[0], 31, each)
        found = {series: m.totals(series, *OCTOBER).value for series in ("A1", "ga4", "ckan_tracking", "A0")}
        assert found == {"A1": 310, "ga4": 372, "ckan_tracking": 217, "A0": None}


def test_a_series_takes_one_source_per_day_by_rank_and_validity(tmp_path: Path) -> None:
    """The better source where it has the day, the other one where it has not; outside its validity never."""
    with measuring(tmp_path) as m:
        define(m)
        fill(m, "ga4", OCTOBER[0], 31, 12)
        fill(m, "web", dt.date(2026, 10, 11), 10, 10)
        rows = [("web", 1, "2026-10-01", None), ("ga4", 2, "2026-10-01", "2026-10-25")]
        for source, rank, start, end in rows:
            until = dt.date.fromisoformat(end) if end else None
            since = dt.date.fromisoformat(start)
            m.set_priority(SourcePriority(series="A0", source=source, valid_from=since, valid_to=until, rank=rank))
        total = m.totals("A0", *OCTOBER)
        assert (total.value, total.covered_days, total.missing_days) == (10 * 12 + 10 * 10 + 5 * 12, 25, 6)
        assert [v.source for v in m.values("A0", dt.date(2026, 10, 10), dt.date(2026, 10, 11))] == ["ga4", "web"]


def test_registering_keeps_an_existing_source_and_reaches_back(tmp_path: Path) -> None:
    """A second log source does not take over; an older file of the first one moves its beginning back."""
    with measuring(tmp_path) as m:
        register(m, Source(source="web", kind="nginx"), dt.date(2026, 10, 1))
        register(m, Source(source="other", kind="nginx"), dt.date(2026, 9, 1))
        register(m, Source(source="web", kind="nginx"), dt.date(2026, 8, 1))
        assert [(p.source, p.valid_from) for p in m.priorities("A1")] == [("web", dt.date(2026, 8, 1))]
        assert m.priorities("A0") == []


def test_no_definition_is_official_without_an_approval(tmp_path: Path) -> None:
    """Shipped definitions are proposals; official_series is None until the committee's approval is recorded."""
    with measuring(tmp_path) as m:
        define(m)
        assert m.official_series(OCTOBER[0]) is None
        assert not any(s.official for s in DEFINITIONS)
        assert {s.series for s in m.all_series()} >= {"A0", "A1", "A2", "A3"}


@pytest.mark.parametrize("missing", ["approved_by", "approved_on"])
def test_changing_the_official_series_needs_its_approval(tmp_path: Path, missing: str) -> None:
    """Without who or when the change is refused, naming what is missing, and the former one stays."""
    with measuring(tmp_path) as m:
        configure(m, {"official": {"series": "A0", **APPROVAL, "valid_from": "2026-04-01"}})
        wanted = {key: value for key, value in APPROVAL.items() if key != missing}
        with pytest.raises(ConfigError, match=missing):
            configure(m, {"official": {"series": "A1", **wanted}})
        official = m.official_series(dt.date(2027, 5, 1))
        assert official is not None
        assert official.series == "A0"


def test_exactly_one_series_is_official_on_any_day(tmp_path: Path) -> None:
    """An approved change closes the former series the day before; repeating the configuration changes nothing."""
    with measuring(tmp_path) as m:
        configure(m, {"official": {"series": "A0", **APPROVAL, "valid_from": "2026-04-01"}})
        for _ in range(2):
            configure(m, {"official": {"series": "A1", **APPROVAL}})
        days = (dt.date(2026, 3, 31), dt.date(2026, 4, 1), dt.date(2027, 3, 31), dt.date(2027, 4, 1))
        names = [found.series if (found := m.official_series(day)) else None for day in days]
        assert names == [None, "A0", "A0", "A1"]
        assert m.series("A1").approved_by == "ICT推進調整会議"  # type: ignore[union-attr]


def test_the_past_is_not_rewritten(tmp_path: Path) -> None:
    """A change cannot start before the series it replaces, nor revive a closed version, nor name an unknown one."""
    with measuring(tmp_path) as m:
        configure(m, {"official": {"series": "A0", **APPROVAL}})
        day = dt.date(2026, 10, 20)
        for series, start in (("A1", dt.date(2027, 4, 1)), ("A9", dt.date(2028, 4, 1))):
            with pytest.raises(ConfigError, match=series):
                m.approve_series(series, "1", approved_by="会議", approved_on=day, valid_from=start)
        m.approve_series("A1", "1", approved_by="会議", approved_on=day, valid_from=dt.date(2028, 4, 1))
        with pytest.raises(ConfigError, match="新しい版"):
            m.approve_series("A0", "1", approved_by="会議", approved_on=day, valid_from=dt.date(2029, 4, 1))


def test_an_official_row_without_approval_is_refused_when_read(tmp_path: Path) -> None:
    """A series made official behind the register's back stops the report."""
    with measuring(tmp_path) as m:
        define(m)
        m.store.write("UPDATE series SET official = 1 WHERE series = 'A1'")
        with pytest.raises(ConfigError, match="承認"):
            m.official_series(OCTOBER[0])
        m.store.write(
            "UPDATE series SET official = 1, approved_by = 'x', approved_on = '2026-01-01' WHERE series < 'A2'"
        )
        with pytest.raises(ConfigError, match="2つ"):
            m.official_series(OCTOBER[0])


def test_period_csv_is_taken_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    """A hosting report typed in as CSV; a mistake names its line and nothing is stored."""
    path = tmp_path / "月報.csv"
    head = "series,start,end,origin,value,confidence,note\n"
    with measuring(tmp_path) as m:
        path.write_text(head + 'A0,2023-04-01,2023-04-30,月報,"6,100",手入力,\n', encoding="utf-8-sig")
        assert import_period_csv(path, m) == 1
        assert m.totals("A0", dt.date(2023, 4, 1), dt.date(2023, 4, 30)).value == 6100
        good = "A0,2023-05-01,2023-05-31,月報,100,,\n"
        for bad in (
            "A0,2023-06-31,2023-06-30,月報,1,,",
            "A0,2023-06-02,2023-06-01,月報,1,,",
            "A0,2023-06-01,2023-06-30,月報,-1,,",
            "A7,2023-06-01,2023-06-30,月報,1,,",
            "A0,2023-06-01,2023-06-30,,1,,",
            "A0,2023-06-01,2023-06-30,x,1,たぶん,",
        ):
            path.write_text(head + good + bad + "\n", encoding="utf-8")
            with pytest.raises(ConfigError, match="月報"):
                import_period_csv(path, m)
        assert len(m.period_facts()) == 1


def test_configuration_names_sources_and_priorities(tmp_path: Path) -> None:
    """``measure.sources`` and ``measure.priority`` decide; wrong entries are refused with what is needed."""
    sources = [{"source": "hosting", "kind": "manual", "valid_from": "2022-04-01"}]
    priority = [{"series": "A0", "source": "ga4", "valid_from": "2026-04-01", "rank": "2"}]
    with measuring(tmp_path) as m:
        configure(m, {"sources": sources, "priority": priority, "facts": ["sagamihara"]})
        assert [s.source for s in m.sources()] == ["hosting"]
        assert m.priorities("A0")[0].rank == 2
        wrong = (
            {"sources": "x"},
            {"sources": [{"source": "a", "kind": "b"}]},
            {"priority": [{"series": "A0"}]},
            {"facts": ["tokyo"]},
            {"priority": [{**priority[0], "valid_from": "4/1"}]},
        )
        for settings in wrong:
            with pytest.raises(ConfigError, match="measure"):
                configure(m, settings)
