"""Exponential smoothing with a damped trend and an additive season on logs: a second opinion on the projection.

Holt-Winters in its error-correction-free form (Hyndman and Athanasopoulos, *Forecasting*, chapter 8.3): asked only
with three years of months, and shown only where it disagrees.  Starting values come from the first two years; the four
parameters are the best of a fixed grid by squared one-step error, so the same months give the same answer.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

YEAR = 12
#: level, trend, season, damping
GRID = (
    (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9),
    (0.01, 0.05, 0.1, 0.3),
    (0.01, 0.05, 0.1, 0.3, 0.5),
    (0.8, 0.9, 0.95, 0.98),
)


@dataclass(frozen=True, slots=True)
class Parameters:
    """How fast level, trend and season follow the data (0–1), and how much of the trend is left a month later."""

    level: float
    trend: float
    season: float
    damping: float


def forecast(values: Sequence[float], ahead: int) -> list[float]:
    """The next ``ahead`` months of at least 24 positive monthly values."""
    logs = [math.log(v) for v in values]
    best = min((Parameters(*chosen) for chosen in itertools.product(*GRID)), key=lambda p: smooth(logs, p, 0)[1])
    return [math.exp(v) for v in smooth(logs, best, ahead)[0]]


def start(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """Level, monthly trend and season of the first two years."""
    first, second = (sum(values[n : n + YEAR]) / YEAR for n in (0, YEAR))
    return first, (second - first) / YEAR, [v - first for v in values[:YEAR]]


def smooth(values: Sequence[float], p: Parameters, ahead: int) -> tuple[list[float], float]:
    """Forecasts of the next months, and the squared error of forecasting each known month from those before it."""
    level, trend, season = start(values)
    error = 0.0
    for at, value in enumerate(values):
        expected, seasonal = level + p.damping * trend, season[at % YEAR]
        error += (value - expected - seasonal) ** 2
        before, level = level, p.level * (value - seasonal) + (1 - p.level) * expected
        season[at % YEAR] = p.season * (value - expected) + (1 - p.season) * seasonal
        trend = p.trend * (level - before) + (1 - p.trend) * p.damping * trend
    damped = list(itertools.accumulate(p.damping**n for n in range(1, ahead + 1)))
    return [level + damped[n] * trend + season[(len(values) + n) % YEAR] for n in range(ahead)], error
