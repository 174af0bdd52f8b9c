"""CKAN's tracking plugin: totals over the API as differences between two measurements, or its table as CSV.

One person counts once per page and day there; scripts and direct file links are not seen, robots that run JavaScript
are.  The table's days are the server's local time.  Its export command is broken in CKAN 2.12.0, so the table is read:

    psql ckan -c "\\copy (SELECT url, tracking_type, count, tracking_date FROM tracking_summary)
                 TO tracking.csv CSV HEADER"
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.gateways.measurements import DayCoverage, DayStatus, Measurements, PeriodFact, Source, TrackingTotal
from pipelines.measure.series import register
from pipelines.measure.sources.reported import Reported, access_days, day, number, replace_days
from pipelines.model import AccessClass, AccessDay, ConfigError

SOURCE = "ckan_tracking"
SERIES = "ckan_tracking"
VERSION = "tracking-1"
NOTE = "CKANの閲覧集計。前回の測定からの差を、その日の件数とする。"


def record_totals(measurements: Measurements, packages: Iterable[Mapping[str, Any]], today: dt.date) -> int | None:
    """Store today's totals, and the difference to yesterday's as today's count; returns the difference.

    None: there is nothing to compare with yet, or the portal gives no totals.  After a gap of several days the
    difference is one reported total of that period (it cannot be cut into days, and is not spread over them).
    """
    totals = [t for p in packages if (t := _total(p, today)) is not None]
    if not any(t.views or t.downloads for t in totals):
        return None  # nothing was ever counted: tracking is off, or its summary is never brought up to date
    before = measurements.tracking_before(SOURCE, today)
    with measurements.transaction():
        register(measurements, Source(source=SOURCE, kind="ckan_tracking", note=NOTE), today)
        measurements.record_tracking(SOURCE, today, totals)
        _close(measurements, today)
        if not before:
            return None
        return _difference(measurements, totals, before, today)


def _difference(
    measurements: Measurements, totals: Iterable[TrackingTotal], before: Iterable[TrackingTotal], today: dt.date
) -> int:
    known = {t.dataset: t for t in before}
    since = max(t.day for t in known.values())
    accesses = [a for t in totals for a in _accesses(t, known.get(t.dataset), today)]
    found = sum(a.page_views for a in accesses)
    if today - since == dt.timedelta(days=1):
        coverage = DayCoverage(source=SOURCE, day=today, status=DayStatus.PROVISIONAL)
        measurements.replace_day(SOURCE, today, VERSION, accesses, coverage=coverage)
    else:
        start = since + dt.timedelta(days=1)
        period = PeriodFact(
            series=SERIES, start=start, end=today, origin=SOURCE, value=found, confidence="導出", note=NOTE
        )
        measurements.add_period_fact(period)
    return found


def _total(package: Mapping[str, Any], today: dt.date) -> TrackingTotal | None:
    summary = package.get("tracking_summary")
    if not isinstance(summary, Mapping):
        return None
    resources = [r.get("tracking_summary") or {} for r in package.get("resources") or ()]
    downloads = sum(int(r.get("total") or 0) for r in resources)
    name, views = str(package.get("name", "")), int(summary.get("total") or 0)
    return TrackingTotal(source=SOURCE, day=today, dataset=name, views=views, downloads=downloads)


def _accesses(now: TrackingTotal, before: TrackingTotal | None, today: dt.date) -> list[AccessDay]:
    """The growth of one dataset; a total that shrank (a table rebuilt, a file renamed) gives 0, never less."""
    views = max(0, now.views - (before.views if before else 0))
    downloads = max(0, now.downloads - (before.downloads if before else 0))
    found = []
    for kind, count, requests in (("dataset", views, 0), ("download", 0, downloads)):
        if count or requests:
            access = AccessDay(
                source=SOURCE, day=today, access_class=AccessClass.REGULAR, page_type=kind, dataset=now.dataset,
                page_views=count, investigations=count + requests, requests=requests,
            )  # fmt: skip
            found.append(access)
    return found


def _close(measurements: Measurements, today: dt.date) -> None:
    """Days older than three do not change any more."""
    rows = measurements.coverage(SOURCE, dt.date.min, today - dt.timedelta(days=4))
    open_rows = [r for r in rows if r.status is DayStatus.PROVISIONAL]
    closed = [replace(r, status=DayStatus.FINAL, closed_at=today.isoformat()) for r in open_rows]
    measurements.set_coverage(closed)


def import_tracking_csv(path: Path, measurements: Measurements, *, today: dt.date) -> list[dt.date]:
    """Days from CKAN's own table as CSV (url, tracking_type, count, tracking_date); returns the days replaced.

    The table must be whole for its days.  Raises ConfigError naming the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [_reported(row, f"{path.name} の{n}行目") for n, row in enumerate(csv.DictReader(stream), 2)]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} を読めません（{error}）。") from error
    wanted = sorted({row.day for row in rows if row.day < today})
    if not wanted:
        return []
    register(measurements, Source(source=SOURCE, kind="ckan_tracking", note=NOTE), wanted[0])
    accesses = access_days((r for r in rows if r.day < today), SOURCE, measurements.resource_map(today))
    return replace_days(measurements, SOURCE, wanted, accesses, "tracking-table-1", today - dt.timedelta(days=2))


def _reported(row: Mapping[str, str], where: str) -> Reported:
    when, count = day((row.get("tracking_date") or "")[:10]), number(row.get("count") or "")
    url, kind = row.get("url"), row.get("tracking_type")
    if when is None or count is None or not url or kind not in ("page", "resource"):
        raise ConfigError(f"{where} を読めません。列は url,tracking_type,count,tracking_date です。")
    return Reported(day=when, address=url, count=count, download=kind == "resource")
