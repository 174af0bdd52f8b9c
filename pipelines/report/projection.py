"""What happens if nothing changes: a ladder by how many closed months the same series has.

====== ============================================================ =================================
months method                                                       printed
====== ============================================================ =================================
0–2    none                                                         予測なし（データ不足）
3–11   run rate: the average of a covered day goes on               range, 季節補正なし, no probability
12–23  same month last year × growth of this year so far            range of the monthly ratios
24–    the same on logs, damped, 10,000 block-bootstrap paths       median, 80 % range, likelihood
36–    beside it exponential smoothing, as a second opinion         only where it differs by over 10 %
====== ============================================================ =================================

Datasets are additions and have no season: Gamma-Poisson on the net additions of the last months.
Nothing here knows a clock; the bootstrap's seed is fixed, so the same months give the same report.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines import fiscal
from pipelines.fiscal import Month
from pipelines.report.smoothing import forecast

if TYPE_CHECKING:  # numpy is imported only where paths are drawn
    import numpy as np

SEED = 20220401
PATHS = 10_000
BLOCK = 3
DAMPING = 0.9
HIDDEN = 6
#: months from which exponential smoothing is asked for a second opinion, and the difference from which it is told
SECOND = 36
APART = 0.10

NONE, RUN_RATE, SEASONAL, BOOTSTRAP = "none", "run-rate", "seasonal", "bootstrap"
METHODS = {
    NONE: "予測なし（データ不足）",
    RUN_RATE: "平均ペースの延長（季節補正なし）",
    SEASONAL: "前年同月 × 今年度の伸び（季節補正あり）",
    BOOTSTRAP: "前年同月 × 伸び（季節補正あり）を1万通り試算",
}
#: likelihood floor → words; the percentage is printed in tens only (30％台), never finer
WORDS = ((0.80, "見込みあり"), (0.50, "五分以上"), (0.20, "厳しい"), (0.0, "現状では困難"))

Series = Mapping[Month, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTest:
    """The method on the past: ``months`` hidden, what it said, what came, error as a share of what came."""

    months: int
    method: str
    forecast: float
    actual: float

    @property
    def error(self) -> float:
        """(forecast − actual) / actual."""
        return (self.forecast - self.actual) / self.actual if self.actual else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """The value expected for a fiscal year; ``low``–``high`` its range; ``likelihood`` None where none is honest.

    ``second``: the total by exponential smoothing, from 36 unbroken months on.
    """

    fy: int
    method: str
    months: int
    point: float | None = None
    low: float | None = None
    high: float | None = None
    growth: float | None = None
    likelihood: float | None = None
    seed: int | None = None
    back_test: BackTest | None = None
    second: float | None = None


def method_for(months: int) -> str:
    """The rung of the ladder for that many closed months."""
    return NONE if months < 3 else RUN_RATE if months < 12 else SEASONAL if months < 24 else BOOTSTRAP


def in_words(likelihood: float) -> str:
    """「厳しい」（30％台）: the band's words with the percentage in tens."""
    share = min(1.0, max(0.0, round(likelihood, 9)))
    words = next(w for floor, w in WORDS if share >= floor)
    tens = int(share * 10) * 10
    percent = "10％未満" if tens == 0 else "90％以上" if tens >= 90 else f"{tens}％台"
    return f"{words}（{percent}）"


# ── accesses ───────────────────────────────────────────────────────────────────────────────────


def project(
    series: Series, fy: int, target: float | None = None, so_far: tuple[float, int] | None = None
) -> Projection:
    """The fiscal year's total from closed ``months`` of one series.

    ``so_far`` is this year's (value, covered days) where days of an open month are known too; the run rate uses it.
    ``target`` is what the likelihood is asked for; it is answered only from 24 months on.
    """
    known = dict(sorted(series.items()))
    method = _method(known, fy)
    found = Projection(fy=fy, method=method, months=len(known))
    if method == NONE:
        return found
    if method == RUN_RATE:
        found = _run_rate(found, known, so_far)
    elif method == SEASONAL:
        found = _seasonal(found, known)
    else:
        found = replace(_bootstrap(found, known, target), second=_second(known, fy))
    return replace(found, back_test=back_test(known))


def _method(known: Series, fy: int) -> str:
    """The ladder, one rung down where the needed months of last year are not there (a gap in the series)."""
    method = method_for(len(known))
    if method in (SEASONAL, BOOTSTRAP) and _path(known, _remaining(known, fy), 0.0) is None:
        return RUN_RATE
    if method == BOOTSTRAP and len(_ratios(known)) < 12:
        return SEASONAL
    return method


def _remaining(known: Series, fy: int) -> tuple[Month, ...]:
    """All months after the last known one, through the end of the fiscal year asked for."""
    last, end = max(known), fiscal.months(fy)[-1]
    return tuple(fiscal.shift(last, step) for step in range(1, (end[0] - last[0]) * 12 + end[1] - last[1] + 1))


def _ratios(known: Series) -> dict[Month, float]:
    """month → value / value of the same month last year, where both are known and not 0."""
    past = {m: known.get(fiscal.shift(m, -12), 0.0) for m in known}
    return {m: known[m] / past[m] for m in known if past[m] > 0 and known[m] > 0}


def _growth(known: Series) -> float:
    """Σ(this fiscal year so far) / Σ(same months last year); of the last 12 pairs in April; 1 without any pair."""
    pairs = list(_ratios(known))
    current = fiscal.month_fy(max(known))
    chosen = [m for m in pairs if fiscal.month_fy(m) == current] or pairs[-12:]
    before = sum(known[fiscal.shift(m, -12)] for m in chosen)
    return sum(known[m] for m in chosen) / before if before else 1.0


def _path(known: Series, months: Sequence[Month], log_growth: float) -> dict[Month, float] | None:
    """Each month as the same month last year × growth, damped from the second year on; None over a gap."""
    made = dict(known)
    for step, month in enumerate(months):
        before = made.get(fiscal.shift(month, -12))
        if before is None:
            return None
        made[month] = before * math.exp(log_growth * DAMPING ** (step // 12))
    return made


def _total(values: Series, fy: int) -> float:
    return sum(values.get(m, 0.0) for m in fiscal.months(fy))


def _run_rate(found: Projection, known: Series, so_far: tuple[float, int] | None) -> Projection:
    """Covered days' average goes on; the range is the largest deviation of a month's daily average."""
    daily = {m: v / fiscal.days_in_month(m) for m, v in known.items()}
    this_year = [m for m in known if fiscal.month_fy(m) == found.fy]
    value, covered = so_far or (
        sum(known[m] for m in this_year),
        sum(fiscal.days_in_month(m) for m in this_year),
    )
    if not covered:
        value, covered = 0.0, 0
    used = list(daily) if not covered else this_year or list(daily)
    pace = value / covered if covered else sum(known.values()) / sum(fiscal.days_in_month(m) for m in known)
    spread = max((abs(daily[m] / pace - 1) for m in used), default=0.0) if pace else 0.0
    rest = fiscal.days_in(found.fy) - covered
    low, high = (value + rest * pace * (1 + sign * spread) for sign in (-1, 1))
    return replace(found, point=value + rest * pace, low=max(value, low), high=high)


def _seasonal(found: Projection, known: Series) -> Projection:
    """Same month last year × growth; the range takes the lowest and the highest monthly ratio instead."""
    growth = _growth(known)
    rest = _remaining(known, found.fy)
    ratios = sorted(_ratios(known).values())

    def total(factor: float) -> float:
        return _total(_path(known, rest, math.log(factor)) or {}, found.fy)

    low, high = (total(ratios[0]), total(ratios[-1])) if len(ratios) > 1 else (None, None)
    return replace(found, point=total(growth), low=low, high=high, growth=growth)


def _bootstrap(found: Projection, known: Series, target: float | None) -> Projection:
    """Median, 10th and 90th percentile and the share of paths at or over the target, of 10,000 paths."""
    import numpy as np

    rest = _remaining(known, found.fy)
    growth = math.log(_growth(known))
    logs = np.log(np.array(list(_ratios(known).values())[-24:]))
    residuals = logs - logs.mean()
    random = np.random.default_rng(SEED)
    noise = _blocks(random, residuals, len(rest))
    drift = residuals[random.integers(0, len(residuals), (PATHS, len(residuals)))].mean(axis=1)
    totals = _paths(known, rest, growth, noise, drift, found.fy)
    low, middle, high = (float(v) for v in np.quantile(totals, (0.1, 0.5, 0.9)))
    reached = None if target is None else float((totals >= target).mean())
    return replace(found, point=middle, low=low, high=high, growth=math.exp(growth), likelihood=reached, seed=SEED)


def _second(known: Series, fy: int) -> float | None:
    """The same total by exponential smoothing; None under three years of months without a gap or a zero."""
    rest = _remaining(known, fy)
    whole = len(known) >= SECOND and fiscal.shift(min(known), len(known) - 1) == max(known)
    if not whole or min(known.values()) <= 0:
        return None
    return _total({**known, **dict(zip(rest, forecast(list(known.values()), len(rest)), strict=True))}, fy)


def _blocks(random: np.random.Generator, residuals: np.ndarray, months: int) -> np.ndarray:
    """PATHS × months residuals drawn in runs of BLOCK neighbours, so that a good quarter stays one."""
    import numpy as np

    runs = -(-months // BLOCK)
    starts = random.integers(0, len(residuals), (PATHS, runs))
    index = (starts[:, :, None] + np.arange(BLOCK)) % len(residuals)
    return np.asarray(residuals[index].reshape(PATHS, runs * BLOCK)[:, :months])


def _paths(
    known: Series, rest: Sequence[Month], growth: float, noise: np.ndarray, drift: np.ndarray, fy: int
) -> np.ndarray:
    """Each path's total of the fiscal year; a month two years ahead builds on the path's own month before."""
    import numpy as np

    made: dict[Month, np.ndarray] = {m: np.full(PATHS, v) for m, v in known.items()}
    for step, month in enumerate(rest):
        damped = (growth + drift) * DAMPING ** (step // 12)
        made[month] = made[fiscal.shift(month, -12)] * np.exp(damped + noise[:, step])
    zero = np.zeros(PATHS)
    return np.asarray(sum((made.get(m, zero) for m in fiscal.months(fy)), zero))


def back_test(series: Series, hidden: int = HIDDEN) -> BackTest | None:
    """Hide the last six months, forecast them with what remains; None with too little left."""
    known = dict(sorted(series.items()))
    kept = dict(list(known.items())[:-hidden])
    asked = list(known)[-hidden:]
    method = method_for(len(kept))
    if method == NONE:
        return None
    made = _path(kept, asked, math.log(_growth(kept))) if method in (SEASONAL, BOOTSTRAP) else None
    if made is None:
        method = RUN_RATE
        pace = sum(kept.values()) / sum(fiscal.days_in_month(m) for m in kept)
        made = {m: pace * fiscal.days_in_month(m) for m in asked}
    else:
        method = SEASONAL
    return BackTest(
        months=hidden, method=method, forecast=sum(made[m] for m in asked), actual=sum(known[m] for m in asked)
    )


def part_year_back_test(part: float, covered_days: int, fy: int, actual: float) -> BackTest:
    """The run rate on a published part of a year against the year's own figure (67,988 in 334 days: +1.6 %)."""
    forecast = part / covered_days * fiscal.days_in(fy)
    hidden = round((fiscal.days_in(fy) - covered_days) / 30.4)
    return BackTest(months=hidden, method=RUN_RATE, forecast=forecast, actual=actual)


# ── datasets ───────────────────────────────────────────────────────────────────────────────────


def additions_likelihood(added: float, over_months: float, needed: int, months_left: float) -> float:
    """P(at least ``needed`` in ``months_left``) when ``added`` came in ``over_months``: negative binomial tail.

    Gamma(added + ½, over_months) prior mixed with a Poisson; 12 added in 12 months, 21 needed in 17: 31 %.
    """
    if needed <= 0:
        return 1.0
    if months_left <= 0:
        return 0.0
    below = sum(_negative_binomial(k, added, over_months, months_left) for k in range(needed))
    return min(1.0, max(0.0, 1.0 - below))


def _negative_binomial(count: int, added: float, over_months: float, months_left: float) -> float:
    shape = max(0.0, added) + 0.5
    stay = over_months / (over_months + months_left)
    log = math.lgamma(count + shape) - math.lgamma(shape) - math.lgamma(count + 1)
    return math.exp(log + shape * math.log(stay) + count * math.log1p(-stay))


def additions_quantile(share: float, added: float, over_months: float, months_left: float) -> int:
    """The smallest number of additions whose cumulative probability reaches ``share``; 0 with no time left."""
    if months_left <= 0:
        return 0
    total, count = _negative_binomial(0, added, over_months, months_left), 0
    while total < share and count < 100_000:
        count += 1
        total += _negative_binomial(count, added, over_months, months_left)
    return count


def project_stock(
    now: float, added: float | None, over_months: float, target: float, fy: int, months_left: float
) -> Projection:
    """The count at the end of a fiscal year: under 3 months none, under 12 no probability, then Gamma-Poisson."""
    months = int(over_months)
    if added is None or months < 3:
        return Projection(fy=fy, method=NONE, months=months)
    pace = added / over_months
    found = Projection(fy=fy, method=RUN_RATE, months=months, point=now + pace * months_left, growth=pace)
    if months < 12:
        return found
    low, high = (now + additions_quantile(q, added, over_months, months_left) for q in (0.1, 0.9))
    reached = additions_likelihood(added, over_months, math.ceil(target - now), months_left)
    return replace(found, low=low, high=high, likelihood=reached)
