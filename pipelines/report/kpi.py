"""How far a KPI is on its way: formulas only, no wording.

Two kinds: ``stock`` (a number on a day: datasets) and ``flow`` (a sum over a fiscal year: accesses).  The plan names
only base and target; the straight line between them is our reference path and is called so wherever it shows.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pipelines import fiscal
from pipelines.model import Target

STOCK, FLOW = "stock", "flow"

#: share of the expected progress → proposed grade and its words; the committee decides, the system proposes
GRADES = ((1.0, "A", "順調"), (0.8, "B", "おおむね順調"), (0.6, "C", "やや遅れ"), (float("-inf"), "D", "遅れ"))


def kind(target: Target) -> str:
    """``stock`` for the dataset count, ``flow`` for everything counted over a year."""
    return STOCK if target.kpi.startswith("dataset") else FLOW


def progress_rate(target: Target, value: float) -> float:
    """(value − base) / (target − base): 0 at the baseline, 1 at the target."""
    return (value - target.base) / (target.target - target.base)


def achievement_rate(target: Target, value: float) -> float:
    """達成率, value / target.  Already far above 0 at the baseline, so never shown alone."""
    return value / target.target


def reference(target: Target, fy: int) -> float:
    """The straight reference path in a fiscal year (held at its ends outside the plan)."""
    share = (fy - target.base_fy) / (target.target_fy - target.base_fy)
    return target.base + (target.target - target.base) * min(1.0, max(0.0, share))


def plan_months(target: Target) -> int:
    """Months from the end of the base year to the end of the target year (60)."""
    return (target.target_fy - target.base_fy) * 12


def monthly_step(target: Target) -> float:
    """Growth per month on the reference path: 465.033 accesses of a rolling year, 0.86667 datasets."""
    return (target.target - target.base) / plan_months(target)


def elapsed_months(target: Target, day: dt.date) -> float:
    """Months since the end of the base year."""
    return fiscal.months_between(fiscal.last_day(target.base_fy), day)


def reference_on(target: Target, day: dt.date) -> float:
    """The reference path on a day: for a stock its level, for a flow the last twelve months' total."""
    months = min(float(plan_months(target)), max(0.0, elapsed_months(target, day)))
    return target.base + monthly_step(target) * months


def delay_months(target: Target, level: float, day: dt.date) -> float:
    """Months behind the reference path (negative: ahead); ``level`` is the count, or the last 12 closed months."""
    return elapsed_months(target, day) - (level - target.base) / monthly_step(target)


def expected_share(target: Target, value: float, elapsed: float) -> float | None:
    """R: progress rate over the share of the plan's time gone; None while no time has passed."""
    return progress_rate(target, value) / elapsed if elapsed > 0 else None


def year_share(target: Target, fy: int) -> float:
    """Share of the plan's years gone at the end of a fiscal year (R7 of R4→R9: 3/5)."""
    return (fy - target.base_fy) / (target.target_fy - target.base_fy)


def month_share(target: Target, day: dt.date) -> float:
    """Share of the plan's months gone on a day."""
    return elapsed_months(target, day) / plan_months(target)


def grade(share: float | None) -> tuple[str, str]:
    """The proposed grade A–D and its words for R; ``("―", "判定なし")`` without R."""
    if share is None:
        return "―", "判定なし"
    return next((letter, words) for floor, letter, words in GRADES if round(share, 9) >= floor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What is needed against what happens, both per ``unit_text`` (件/日 for flows, 件/月 for stocks)."""

    needed: float | None
    actual: float | None
    left: float
    unit_text: str


def flow_pace(goal: float, so_far: float, covered_days: int, days_left: int) -> Pace:
    """Accesses a day still needed for ``goal`` this year, against the covered days' average."""
    actual = so_far / covered_days if covered_days else None
    needed = max(0.0, goal - so_far) / days_left if days_left else None
    return Pace(needed=needed, actual=actual, left=days_left, unit_text="件/日")


def stock_pace(target: Target, count: float, day: dt.date, added_year: float | None) -> Pace:
    """Datasets a month still needed until the end of the plan, against the last 12 months' net growth."""
    left = plan_months(target) - elapsed_months(target, day)
    needed = max(0.0, target.target - count) / left if left > 0 else None
    return Pace(needed=needed, actual=None if added_year is None else added_year / 12, left=left, unit_text="件/月")
