"""When a day is whole, when it is final, and what happens when a final day changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from pipelines.gateways.measurements import DayCoverage, DayStatus, Measurements, Revision, days
from pipelines.measure.log_counts import DayCounts
from pipelines.model import AccessClass, AccessDay

ONE_DAY = dt.timedelta(days=1)
_FIRST, _LAST = dt.date(1970, 1, 1), dt.date(9999, 12, 31)


def settle(measurements: Measurements, source: str, today: dt.date, final_after: int = 3) -> None:
    """Bring the status of every day of a source up to date.

    A day is whole when it has lines in all 24 hours, or when the source has lines before and after it (a small site
    may have quiet hours): the source's first and last day may be cut off.  Whole days are provisional, and final
    ``final_after`` days later; days without any line between days with lines are missing.  A final day stays final.
    """
    known = {c.day: c for c in measurements.coverage(source, _FIRST, _LAST)}
    with_lines = {day for day, c in known.items() if c.lines > 0}
    if not with_lines:
        return
    settled = []
    for day in days(min(with_lines), max(with_lines)):
        row = known.get(day) or DayCoverage(source=source, day=day, status=DayStatus.MISSING)
        inner = min(with_lines) < day < max(with_lines)
        status = _status(row, inner, today, final_after)
        closed = (row.closed_at or today.isoformat()) if status is DayStatus.FINAL else ""
        if known.get(day) != (changed := replace(row, status=status, closed_at=closed)):
            settled.append(changed)
    measurements.set_coverage(settled)


def _status(row: DayCoverage, inner: bool, today: dt.date, final_after: int) -> DayStatus:
    if row.lines == 0:
        return DayStatus.MISSING
    if row.status is DayStatus.FINAL:
        return DayStatus.FINAL
    if row.day >= today or not (inner or row.hours_with_lines == 24):
        return DayStatus.PARTIAL
    return DayStatus.FINAL if today >= row.day + (final_after + 1) * ONE_DAY else DayStatus.PROVISIONAL


def replace_day(
    measurements: Measurements, source: str, counts: DayCounts, rule_version: str, at: str, reason: str
) -> bool:
    """Replace a day as a whole; a final day that changes leaves a revision.  Returns whether anything changed."""
    before = next(iter(measurements.coverage(source, counts.day, counts.day)), None)
    old = _shown(measurements.access_days(counts.day, counts.day, source=source), before.lines if before else 0)
    new = _shown(counts.accesses, counts.coverage.lines)
    same_rules = before is not None and before.rule_version == rule_version
    status = before.status if before else DayStatus.PARTIAL
    coverage = replace(counts.coverage, status=status, closed_at=before.closed_at if before else "")
    with measurements.transaction():
        measurements.replace_day(
            source, counts.day, rule_version, counts.accesses, counts.uniques, counts.excluded, coverage
        )
        if before is not None and before.status is DayStatus.FINAL and old != new:
            rules = "" if same_rules else f"（数え方の版 {before.rule_version} → {rule_version}）"
            subject = f"access_daily {source} {counts.day}"
            revision = Revision(
                subject=subject, at=at, old=old, new=new, reason=reason + rules, source=source, day=counts.day
            )
            measurements.add_revision(revision)
    return old != new or not same_rules


def _shown(accesses: Sequence[AccessDay], lines: int) -> str:
    """The figures of a day as a person reads them in the revision register."""
    people = [a for a in accesses if a.access_class is AccessClass.REGULAR]
    views, requests = sum(a.page_views for a in people), sum(a.requests for a in accesses)
    inspected = sum(a.investigations for a in accesses)
    calls = sum(a.api_calls for a in accesses)
    return f"閲覧 {views}・取得 {requests}・データセット閲覧 {inspected}・API {calls}（ログ {lines} 行）"
