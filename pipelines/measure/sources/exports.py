"""CSV exports of Google Analytics 4 and Matomo, as the screens give them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.gateways.measurements import Measurements, PeriodFact, Source
from pipelines.measure.series import register
from pipelines.measure.sources.reported import Reported, access_days, column, day, number, read_export, replace_days
from pipelines.model import ConfigError

DATES = ("date", "日付", "nth day", "日")
PATHS = (
    "page path", "ページ パス", "page path and screen class", "ページ パスとスクリーン クラス", "page location",
    "ページの場所", "metadata: url", "url", "ページのurl", "label", "ページ",
)  # fmt: skip
VIEWS = ("views", "表示回数", "screenpageviews", "nb_hits", "pageviews", "ページビュー", "ページビュー数")
VERSION = "export-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """What an exported CSV gave: days replaced, or one total of a whole period where it has no dates."""

    source: str
    total: int
    days: tuple[dt.date, ...] = ()
    period: tuple[dt.date, dt.date] | None = None
    skipped: int = 0


def import_ga4_csv(
    path: Path,
    measurements: Measurements,
    *,
    source: str = "ga4",
    period: tuple[dt.date, dt.date] | None = None,
    today: dt.date,
) -> ExportResult:
    """A GA4 report export.  With a date column its days are replaced; without, it is one total of its period.

    The period stands in GA4's comment lines (``# 開始日: 20261001``) or is given.  Raises ConfigError.
    """
    return _import(path, measurements, Source(source=source, kind="ga4"), period, today)


def import_matomo_csv(
    path: Path,
    measurements: Measurements,
    *,
    source: str = "matomo",
    period: tuple[dt.date, dt.date] | None = None,
    today: dt.date,
) -> ExportResult:
    """A Matomo page-URL export (UTF-16 or UTF-8); without a date column the period must be given."""
    return _import(path, measurements, Source(source=source, kind="matomo"), period, today)


def _import(
    path: Path, measurements: Measurements, source: Source, period: tuple[dt.date, dt.date] | None, today: dt.date
) -> ExportResult:
    comments, (header, *rows) = read_export(path)
    dates, paths, views = column(header, DATES), column(header, PATHS), column(header, VIEWS)
    if views is None:
        have = "、".join(header)
        raise ConfigError(f"{path.name} に表示回数の列（{'・'.join(VIEWS[:2])} など）がありません。列: {have}")
    counted = [row for row in rows if len(row) == len(header) and number(row[views]) is not None]
    skipped = len(rows) - len(counted)
    if dates is not None:
        found = _daily(path, counted, dates, paths, views)
        done = _replace(measurements, source, found, today)
        return ExportResult(source=source.source, total=sum(r.count for r in found), days=done, skipped=skipped)
    period = period or _period(comments)
    if period is None:
        raise ConfigError(f"{path.name} に日付の列も期間もありません。期間（開始日と終了日）を指定してください。")
    value = sum(number(row[views]) or 0 for row in counted)
    return _whole(measurements, source, period, value, path.name, skipped)


def _daily(path: Path, rows: Iterable[Sequence[str]], dates: int, paths: int | None, views: int) -> list[Reported]:
    found = []
    for row in rows:
        when = day(row[dates])
        if when is None:
            raise ConfigError(f"{path.name} の日付を読めません: {row[dates]}")
        address = row[paths] if paths is not None else "/(other)"
        found.append(Reported(day=when, address=address, count=number(row[views]) or 0))
    return found


def _replace(
    measurements: Measurements, source: Source, found: Sequence[Reported], today: dt.date
) -> tuple[dt.date, ...]:
    wanted = sorted({row.day for row in found})
    if not wanted:
        return ()
    register(measurements, source, wanted[0])
    accesses = access_days(found, source.source, measurements.resource_map(wanted[-1]))
    final_before = today - dt.timedelta(days=3)
    return tuple(replace_days(measurements, source.source, wanted, accesses, VERSION, final_before))


def _whole(
    measurements: Measurements, source: Source, period: tuple[dt.date, dt.date], value: int, name: str, skipped: int
) -> ExportResult:
    """A total without days: a reported fact of the tool's own reference series."""
    register(measurements, source, period[0])
    fact = PeriodFact(
        series=source.kind, start=period[0], end=period[1], origin=source.source, value=value, confidence="導出",
        note=f"{name} の合計",
    )  # fmt: skip
    measurements.add_period_fact(fact)
    return ExportResult(source=source.source, total=value, period=period, skipped=skipped)


def _period(comments: Iterable[str]) -> tuple[dt.date, dt.date] | None:
    """GA4 writes 「開始日: 20261001」 and 「終了日: 20261031」 (or in English) above the table."""
    found: dict[str, dt.date] = {}
    for line in comments:
        name, _, text = line.partition(":")
        when = day(text)
        if when is not None:
            found[name.strip().lower()] = when
    start, end = found.get("開始日") or found.get("start date"), found.get("終了日") or found.get("end date")
    return (start, end) if start and end else None
