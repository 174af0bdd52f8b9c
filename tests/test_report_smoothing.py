"""Exponential smoothing, the second opinion: another implementation's numbers, and when the paper tells of it."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from pipelines.report import projection as p
from pipelines.report.outlook import _second
from pipelines.report.smoothing import Parameters, forecast, smooth
from tests.test_report_history import ACCESSES
from tests.test_report_projection import months

MONTHS = (
    5520, 6079, 6422, 6494, 6063, 6456, 6738, 6964, 5973, 6294, 6428, 5118, 5965, 6173, 6591, 7083, 6433, 6498, 7063,
    7616, 6206, 6347, 6882, 5553, 6082, 6303, 7168, 7559, 6485, 6767, 7727, 7961, 6247, 6756, 7492, 5690, 6182, 6830,
    7691, 7638,
)  # fmt: skip
#: statsmodels 0.15.0, ETSModel(log(MONTHS), add, damped add, add 12), level 0.3, trend 0.03 (= 0.3 × 0.1), season 0.2,
#: damping 0.95, initial_level/trend/seasonal as smoothing.start; exp(forecast(14))
STATSMODELS = (
    6932.431, 7318.24, 7882.943, 8187.994, 6831.242, 7252.77, 7645.518, 6026.627, 6594.294, 7125.746, 7740.498,
    7872.206, 7146.163, 7532.422,
)  # fmt: skip


def test_smoothing_gives_the_numbers_of_another_implementation() -> None:
    """Fourteen months ahead, to the third decimal place."""
    ahead, error = smooth([math.log(v) for v in MONTHS], Parameters(0.3, 0.1, 0.2, 0.95), len(STATSMODELS))
    assert [round(math.exp(v), 3) for v in ahead] == list(STATSMODELS)
    assert round(error, 8) == 0.04314441


def test_the_chosen_parameters_come_near_to_a_fitted_model() -> None:
    """statsmodels' own optimum (estimated start) says 101,771 for these 14 months: ours within 2 %."""
    assert sum(forecast(MONTHS, 14)) == pytest.approx(101_771, rel=0.02)


def test_the_second_opinion_needs_three_whole_years() -> None:
    """Not with 35 months, not over a gap, not with a zero; with a year that repeats it says the same."""
    flat = (6000.0, 6500, 7000, 7200, 6400, 6800, 7400, 7600, 6200, 6600, 7100, 5200) * 3
    known = months((2023, 4), flat)
    assert p.project(known, 2026).second == pytest.approx(80_000)
    assert p.project(months((2023, 5), flat[1:]), 2026).second is None
    assert p.project(months((2023, 3), (5200.0, *flat)) | {(2023, 3): 0.0}, 2026).second is None
    gap = months((2023, 3), (5200.0, *flat))
    del gap[(2023, 6)]
    assert p.project(gap, 2026).second is None


@pytest.mark.parametrize("second, told", [(None, False), (109_000.0, False), (111_000.0, True), (89_000.0, True)])
def test_the_paper_tells_only_of_a_second_opinion_that_differs(second: float | None, told: bool) -> None:
    """More than ten per cent apart, up or down: the reader learns the other number."""
    standing = SimpleNamespace(target=ACCESSES)
    found = p.Projection(fy=2027, method=p.BOOTSTRAP, months=36, point=100_000.0, second=second)
    words = _second(standing, found)  # type: ignore[arg-type]
    assert bool(words) is told
    assert not told or f"R9年度は{second:,.0f}件" in words
