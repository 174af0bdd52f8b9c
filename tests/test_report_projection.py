"""The ladder of projections, its back-test and the likelihood of additions, with the acceptance numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import fiscal
from pipelines.report import kpi, numbers
from pipelines.report import projection as p
from tests.test_report_history import ACCESSES

LAST_YEAR = (6000, 6500, 7000, 7200, 6400, 6800, 7400, 7600, 6200, 6600, 7100, 5200)
THIS_YEAR = (6300, 6825, 7350, 7560, 6720, 7140, 7770)


def months(first: fiscal.Month, values: tuple[float, ...]) -> dict[fiscal.Month, float]:
    """A series of consecutive months."""
    return {fiscal.shift(first, step): float(value) for step, value in enumerate(values)}


def test_check_12_growth_of_a_tenth_leads_to_92400() -> None:
    """7,000 × 12, then 7,700 × 7: short of the reference by 3,019.6."""
    series = months((2025, 4), (7000,) * 12 + (7700,) * 7)
    found = p.project(series, 2026)
    assert found.method == p.SEASONAL
    assert (numbers.rounded(found.growth, 2), numbers.rounded(found.point)) == (1.10, 92400)
    assert numbers.rounded(kpi.reference(ACCESSES, 2026) - (found.point or 0), 1) == 3019.6
    assert sum(list(series.values())[-12:]) == 88900


def test_check_13_the_season_counts() -> None:
    """84,000 with the season; the run rate over 214 of 365 days would say 84,709."""
    series = months((2025, 4), LAST_YEAR + THIS_YEAR)
    found = p.project(series, 2026)
    assert numbers.rounded(found.point) == 84000
    assert numbers.rounded(sum(THIS_YEAR) / 214 * 365) == 84709
    rate = p.project(months((2026, 4), THIS_YEAR), 2026, so_far=(sum(THIS_YEAR), 214))
    assert (rate.method, numbers.rounded(rate.point)) == (p.RUN_RATE, 84709)
    assert p.METHODS[found.method] != p.METHODS[rate.method]


@pytest.mark.parametrize(
    ("added", "percent", "words"),
    [
        (8, 7, "現状では困難（10％未満）"),
        (12, 31, "厳しい（30％台）"),
        (15, 55, "五分以上（50％台）"),
        (18, 75, "五分以上（70％台）"),
    ],
)
def test_check_14_likelihood_of_21_more_in_17_months(added: int, percent: int, words: str) -> None:
    """Gamma-Poisson over the last 12 months' additions."""
    found = p.additions_likelihood(added, 12, 21, 17)
    assert numbers.rounded(found * 100) == percent
    assert p.in_words(found) == words


def test_check_15_the_plan_itself_tests_the_run_rate() -> None:
    """67,988 in 334 days: 74,298 forecast, 1.6 % too much."""
    test = p.part_year_back_test(67988, 334, 2022, 73098)
    assert (numbers.rounded(test.forecast), numbers.rounded(test.error * 100, 1)) == (74298, 1.6)


@pytest.mark.parametrize(
    ("count", "method"),
    [
        (0, p.NONE),
        (2, p.NONE),
        (3, p.RUN_RATE),
        (11, p.RUN_RATE),
        (12, p.SEASONAL),
        (23, p.SEASONAL),
        (24, p.BOOTSTRAP),
    ],
)
def test_check_26_the_ladder(count: int, method: str) -> None:
    """The method follows the number of closed months; no likelihood before 24."""
    series = months(fiscal.shift((2026, 11), -count), tuple(7000.0 + 10 * i for i in range(count)))
    found = p.project(series, 2026, 95000.0)
    assert (found.method, found.months) == (method, count)
    assert (found.likelihood is not None) == (method == p.BOOTSTRAP)
    assert (found.point is None) == (method == p.NONE)


def test_check_26_words_for_little_data() -> None:
    """n=5 says 季節補正なし, n=2 says 予測なし."""
    assert "季節補正なし" in p.METHODS[p.method_for(5)]
    assert "予測なし" in p.METHODS[p.method_for(2)]


def test_the_bootstrap_is_the_same_every_time_and_orders_its_range() -> None:
    """A fixed seed: same months, same median, same range, same likelihood."""
    series = months((2024, 4), tuple(v * (1 + 0.01 * (i % 3)) for i, v in enumerate(LAST_YEAR + LAST_YEAR + THIS_YEAR)))
    first, again = (p.project(series, 2027, 101000.0) for _ in range(2))
    assert first == again
    assert first.low is not None
    assert first.high is not None
    assert first.point is not None
    assert first.low <= first.point <= first.high
    assert first.seed == p.SEED


def test_a_gap_in_last_year_steps_down_the_ladder() -> None:
    """Without the same month of last year nothing seasonal can be said."""
    series = months((2025, 4), (7000.0,) * 19)
    del series[(2025, 12)]
    assert p.project(series, 2026).method == p.RUN_RATE


def test_the_years_after_next_are_damped() -> None:
    """Growth of 10 % becomes a little less in the second year."""
    series = months((2025, 4), (7000,) * 12 + (7700,) * 7)
    far = p.project(series, 2028)
    near = p.project(series, 2027)
    assert near.point is not None
    assert far.point is not None
    assert 1.0 < far.point / near.point < 1.1


def test_the_back_test_hides_six_months() -> None:
    """With a plain 10 % growth the forecast hits; with too few months there is no test."""
    test = p.back_test(months((2025, 4), (7000,) * 12 + (7700,) * 7))
    assert test is not None
    assert (test.months, test.method, numbers.rounded(test.error * 100, 1)) == (6, p.SEASONAL, 0.0)
    assert p.back_test(months((2026, 4), (7000,) * 8)) is None


def test_datasets_without_a_year_of_snapshots_get_no_likelihood() -> None:
    """Under 3 months nothing, under 12 a point without probability."""
    assert p.project_stock(60, None, 0, 100, 2027, 17).method == p.NONE
    some = p.project_stock(60, 3, 6, 100, 2027, 17)
    assert (some.likelihood, numbers.rounded(some.point, 1)) == (None, 68.5)
    full = p.project_stock(79, 12, 12, 100, 2027, 17)
    assert (full.point, full.low, full.high) == (96.0, 89, 105)
    assert p.project_stock(101, 12, 12, 100, 2027, 17).likelihood == 1.0
    assert p.additions_likelihood(5, 12, 3, 0) == 0.0
    assert p.project_stock(79, 12, 12, 100, 2025, 0).high == 79


@given(st.integers(0, 40), st.integers(1, 60), st.integers(0, 40))
def test_likelihood_is_a_probability_that_falls_with_the_need(added: int, left: int, needed: int) -> None:
    """Between 0 and 1, lower for more, higher with more time."""
    here = p.additions_likelihood(added, 12, needed, left)
    assert 0 <= here <= 1
    assert p.additions_likelihood(added, 12, needed + 1, left) <= here + 1e-12
    assert p.additions_likelihood(added, 12, needed, left + 1) >= here - 1e-12


@given(st.floats(0, 1))
def test_words_and_tens_never_contradict(share: float) -> None:
    """「五分以上」 is never printed with a percentage below 50."""
    words = p.in_words(share)
    tens = 0 if "未満" in words else 90 if "以上）" in words else int(words.split("（")[1].split("％")[0])
    floor = next(f for f, w in p.WORDS if words.startswith(w))
    assert tens >= floor * 100


@settings(max_examples=25)
@given(st.lists(st.integers(1000, 20000), min_size=12, max_size=23), st.floats(0.5, 3))
def test_a_larger_catalogue_only_scales_the_projection(values: list[int], factor: float) -> None:
    """Twice the accesses every month is twice the projection."""
    first = fiscal.shift((2026, 11), -len(values))
    plain = p.project(months(first, tuple(map(float, values))), 2026).point
    scaled = p.project(months(first, tuple(v * factor for v in values)), 2026).point
    assert scaled == pytest.approx((plain or 0) * factor)
