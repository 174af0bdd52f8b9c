"""Fiscal years, rounding and the KPI formulas, with the acceptance numbers of the measuring specification."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import fiscal
from pipelines.report import kpi, numbers
from tests.test_report_history import ACCESSES, DATASETS, OCTOBER

DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31))

# ── fiscal years ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("moment", "day"),
    [("2026-10-05T15:00:00+00:00", "2026-10-06"), ("2026-10-05T14:59:59+00:00", "2026-10-05")],
)
def test_check_8_a_moment_becomes_its_jst_day(moment: str, day: str) -> None:
    """15:00 UTC is already the next day in Japan."""
    assert fiscal.jst_day(dt.datetime.fromisoformat(moment)).isoformat() == day


@pytest.mark.parametrize(
    ("moment", "short"),
    [("2027-03-31T23:59:59+09:00", "R8"), ("2027-04-01T00:00:00+09:00", "R9"), ("2023-02-10T12:00:00+09:00", "R4")],
)
def test_check_8_the_fiscal_year_ends_with_march(moment: str, short: str) -> None:
    """The last second of March belongs to R8, the next one to R9; February 2023 to R4."""
    day = fiscal.jst_day(dt.datetime.fromisoformat(moment))
    assert fiscal.short(fiscal.fiscal_year(day)) == short


def test_a_moment_without_a_zone_is_refused() -> None:
    """A naive moment's day would be a guess."""
    with pytest.raises(ValueError, match="time zone"):
        fiscal.jst_day(dt.datetime(2026, 10, 5, 15))


@pytest.mark.parametrize(
    ("fy", "label", "short", "days"),
    [(2022, "令和4年度", "R4", 365), (2023, "令和5年度", "R5", 366), (2027, "令和9年度", "R9", 366),
     (2019, "令和元年度", "R1", 366), (2018, "平成30年度", "H30", 365), (1989, "平成元年度", "H1", 365)],
)  # fmt: skip
def test_check_11_labels_and_lengths_of_fiscal_years(fy: int, label: str, short: str, days: int) -> None:
    """FY2023 and FY2027 hold a 29 February; the first year of an era is 元."""
    assert (fiscal.label(fy), fiscal.short(fy), fiscal.days_in(fy)) == (label, short, days)


@pytest.mark.parametrize("text", ["R8", "r8", "令和8年度", "令和8", "2026", "2026年度"])
def test_a_fiscal_year_is_read_in_any_usual_form(text: str) -> None:
    """What a secretary types for --fy."""
    assert fiscal.parse(text) == 2026


def test_other_eras_and_nonsense() -> None:
    """元 is 1, H is Heisei; what is no year says so with an example."""
    assert (fiscal.parse("令和元年度"), fiscal.parse("H30")) == (2019, 2018)
    with pytest.raises(ValueError, match="例"):
        fiscal.parse("S63")


@given(DAYS)
def test_every_day_lies_in_its_fiscal_year(day: dt.date) -> None:
    """A day lies between the first and last day of its year, whose months add up to its days."""
    fy = fiscal.fiscal_year(day)
    assert fiscal.first_day(fy) <= day <= fiscal.last_day(fy)
    assert sum(map(fiscal.days_in_month, fiscal.months(fy))) == fiscal.days_in(fy)
    assert fiscal.month_fy(fiscal.month_of(day)) == fy


@given(st.tuples(st.integers(1990, 2060), st.integers(1, 12)), st.integers(-60, 60))
def test_shifting_months_there_and_back(month: fiscal.Month, step: int) -> None:
    """Shifting is reversible and moves by whole months."""
    there = fiscal.shift(month, step)
    assert fiscal.shift(there, -step) == month
    assert fiscal.months_between(fiscal.month_last(month), fiscal.month_last(there)) == pytest.approx(step)


def test_era_days_and_month_names() -> None:
    """令和 began on 1 May 2019."""
    assert fiscal.wareki(dt.date(2019, 4, 30)) == "平成31年4月30日"
    assert fiscal.wareki(dt.date(2019, 5, 1)) == "令和元年5月1日"
    assert fiscal.wareki(dt.date(1970, 1, 1)) == "1970年1月1日"
    assert fiscal.month_label((2026, 4)) == "R8年4月"
    assert len(fiscal.days(dt.date(2027, 4, 1), dt.date(2028, 3, 31))) == 366


# ── rounding ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "digits", "found"),
    [(0.5, 0, 1), (1.5, 0, 2), (2.5, 0, 3), (-2.5, 0, -3), (2.675, 2, 2.68), (72.35, 1, 72.4), (None, 1, None)],
)
def test_half_goes_away_from_zero(value: float | None, digits: int, found: float | None) -> None:
    """As Excel and administrative practice do; Python's own round would give 2, 2.67 and 72.3."""
    assert numbers.rounded(value, digits) == found


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_a_rounded_number_stays_as_it_is(value: float, digits: int) -> None:
    """Rounding twice changes nothing, and never moves by more than half a unit."""
    once = numbers.rounded(value, digits)
    assert once is not None
    assert numbers.rounded(once, digits) == once
    assert abs(Decimal(repr(once)) - Decimal(repr(value))) <= Decimal(5).scaleb(-digits - 1)


def test_a_missing_number_is_never_written_as_zero() -> None:
    """None has its own word."""
    assert numbers.written(None) == "―"
    assert numbers.written(None, none=numbers.MISSING) == "未計測"
    assert numbers.written(-0.04, 1, "％", signed=True) == "0.0％"
    assert numbers.written(1234.5, 1, "件", signed=True) == "+1,234.5件"
    assert numbers.per(1, 0) is None


# ── formulas ───────────────────────────────────────────────────────────────────────────────────


def test_check_10_the_baseline_is_no_progress_but_72_percent_achieved() -> None:
    """Why progress is shown before 達成率."""
    assert kpi.progress_rate(ACCESSES, 73098) == 0
    assert numbers.rounded(kpi.achievement_rate(ACCESSES, 73098) * 100, 1) == 72.4


def test_check_10_88900_is_56_6_percent_and_grade_b_at_the_end_of_r7() -> None:
    """R = 0.566 / 0.6 = 0.94."""
    progress = kpi.progress_rate(ACCESSES, 88900)
    share = kpi.expected_share(ACCESSES, 88900, kpi.year_share(ACCESSES, 2025))
    assert numbers.rounded(progress * 100, 1) == 56.6
    assert numbers.rounded(share, 2) == 0.94
    assert kpi.grade(share) == ("B", "おおむね順調")
    assert kpi.month_share(ACCESSES, dt.date(2026, 3, 31)) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("fy", "accesses", "datasets"),
    [(2022, 73098.0, 48.0), (2023, 78678.4, 58.4), (2024, 84258.8, 68.8), (2025, 89839.2, 79.2),
     (2026, 95419.6, 89.6), (2027, 101000.0, 100.0), (2030, 101000.0, 100.0)],
)  # fmt: skip
def test_check_11_the_reference_path(fy: int, accesses: float, datasets: float) -> None:
    """The straight line of both KPIs."""
    assert kpi.reference(ACCESSES, fy) == pytest.approx(accesses)
    assert kpi.reference(DATASETS, fy) == pytest.approx(datasets)
    end = fiscal.last_day(min(fy, 2027))
    assert kpi.reference_on(ACCESSES, end) == pytest.approx(accesses)


def test_check_11_the_target_year_needs_276_a_day() -> None:
    """101,000 in 366 days."""
    pace = kpi.flow_pace(101000, 0, 0, fiscal.days_in(2027))
    assert numbers.rounded(pace.needed, 2) == 275.96
    assert pace.actual is None


def test_check_12_the_delay_of_a_rolling_year() -> None:
    """43 months gone, 33.98 worth of growth: 9.0 months behind."""
    assert kpi.monthly_step(ACCESSES) == pytest.approx(465.033, abs=0.001)
    assert kpi.elapsed_months(ACCESSES, OCTOBER) == 43
    assert numbers.rounded(kpi.delay_months(ACCESSES, 88900, OCTOBER), 1) == 9.0


def test_check_14_79_datasets_are_7_2_months_behind() -> None:
    """And 1.24 a month are needed for 17 months."""
    pace = kpi.stock_pace(DATASETS, 79, OCTOBER, 12)
    assert numbers.rounded(kpi.delay_months(DATASETS, 79, OCTOBER), 1) == 7.2
    assert (pace.left, numbers.rounded(pace.needed, 2), pace.actual) == (17, 1.24, 1.0)


@pytest.mark.parametrize(
    ("share", "letter"),
    [(1.2, "A"), (1.0, "A"), (0.999, "B"), (0.8, "B"), (0.79, "C"), (0.6, "C"), (0.59, "D"), (-1, "D")],
)
def test_grades_are_proposed_from_r(share: float, letter: str) -> None:
    """A from 1.0, B from 0.8, C from 0.6, else D."""
    assert kpi.grade(share)[0] == letter


def test_without_time_or_days_there_is_no_judgement() -> None:
    """On the baseline's own day nothing can be judged; after the plan's end no pace is needed."""
    assert kpi.grade(kpi.expected_share(ACCESSES, 73098, 0)) == ("―", "判定なし")
    assert kpi.stock_pace(DATASETS, 90, dt.date(2028, 3, 31), None).needed is None
    assert kpi.flow_pace(100, 120, 10, 5).needed == 0


@given(st.floats(0, 200000), st.dates(dt.date(2023, 4, 1), dt.date(2028, 3, 31)))
def test_being_on_the_path_means_no_delay(offset: float, day: dt.date) -> None:
    """A level on the path is 0 months behind; every monthly step more is one month better."""
    level = kpi.reference_on(ACCESSES, day)
    assert kpi.delay_months(ACCESSES, level, day) == pytest.approx(0, abs=1e-6)
    ahead = kpi.delay_months(ACCESSES, level + offset, day)
    assert ahead == pytest.approx(-offset / kpi.monthly_step(ACCESSES), abs=1e-6)
