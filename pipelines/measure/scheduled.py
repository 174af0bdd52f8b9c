"""What the scheduled run takes in by itself: the sources that catalog.yaml names under ``measure: sources:``.

``paths`` are patterns of log files or exported CSV; GA4 and Matomo are asked over their APIs when their address and a
credential from the environment are there.  A source that fails is told and never stops the others.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipelines.gateways.measurement_records import REASONS
from pipelines.gateways.measurements import AccessFile, Measurements, SeenFile
from pipelines.measure.logs import ImportResult, import_logs
from pipelines.measure.rules import Rules
from pipelines.measure.series import configure, rows_of
from pipelines.measure.sources.exports import import_ga4_csv, import_matomo_csv
from pipelines.measure.sources.ga4 import SETTLED_AFTER, import_ga4, service_account_token
from pipelines.measure.sources.matomo import import_matomo
from pipelines.measure.sources.tracking import import_tracking_csv
from pipelines.model import CatalogError, ConfigError

LOGS = ("nginx", "apache", "cdn")
EXPORTS = ("ga4", "matomo", "ckan_tracking")
ONE_DAY = dt.timedelta(days=1)
_TOOL = "export-1"


class Client(Protocol):
    """What is needed of the web gateway."""

    def post_json(self, url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        """POST JSON, get JSON."""

    def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
        """POST form fields, get JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What surrounds an import: the clock, where relative patterns start, credentials by name, and the web."""

    clock: Callable[[], dt.datetime]
    root: Path
    credential: Callable[[str], str]
    web: Callable[[], Client]


def import_configured(measurements: Measurements, settings: Mapping[str, Any], around: Around) -> list[str]:
    """Take in what is new of every configured source; one sentence each, failures included.

    Raises ConfigError for a wrong ``measure:`` section.
    """
    configure(measurements, settings)
    rules = Rules.from_settings(settings.get("rules", {}))
    told: list[str] = []
    for row in rows_of(settings, "sources"):
        name, today = str(row["source"]), around.clock().date()
        if str(row.get("valid_to", "9999-12-31")) < today.isoformat():
            continue
        try:
            told += [f"計測元 {name}: {line}" for line in _source(measurements, row, rules, around)]
        except CatalogError as error:
            told.append(f"計測元 {name}: 取り込めませんでした（{error}）")
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            told.append(f"計測元 {name}: 取り込めませんでした（応答の形が違います: {type(error).__name__}）")
    return told


def _source(measurements: Measurements, row: Mapping[str, Any], rules: Rules, around: Around) -> list[str]:
    kind, name = str(row["kind"]), str(row["source"])
    told = _paths(measurements, name, kind, _patterns(row), rules, around) if row.get("paths") else []
    if kind == "ga4" and row.get("property"):
        told += _ga4(measurements, row, around)
    if kind == "matomo" and row.get("url"):
        told += _matomo(measurements, row, around)
    return told


# ── files ──────────────────────────────────────────────────────────────────────────────────────


def _patterns(row: Mapping[str, Any]) -> list[str]:
    paths = row["paths"]
    return [paths] if isinstance(paths, str) else [str(p) for p in paths]


def _paths(
    measurements: Measurements, source: str, kind: str, patterns: Sequence[str], rules: Rules, around: Around
) -> list[str]:
    files = sorted({path for pattern in patterns for path in _matching(around.root / pattern)})
    if not files:
        return [f"ファイルがありません（{'、'.join(patterns)}）"]
    lying = [_lying(source, path) for path in files]
    known = measurements.seen_files(source)
    fresh = [Path(f.path) for f in lying if known.get(f.path) != f]
    told = import_paths(measurements, fresh, source, kind, rules, around.clock, brief=True) if fresh else []
    measurements.set_seen(source, lying)
    return told


def _matching(pattern: Path) -> list[Path]:
    """The files of an absolute pattern (a relative one was joined to the drop's folder)."""
    return [p for p in Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))) if p.is_file()]


def _lying(source: str, path: Path) -> SeenFile:
    status = path.stat()
    return SeenFile(source=source, path=str(path), size=status.st_size, modified=status.st_mtime_ns)


def import_paths(
    measurements: Measurements,
    files: Sequence[Path],
    source: str,
    kind: str,
    rules: Rules,
    clock: Callable[[], dt.datetime],
    period: tuple[dt.date, dt.date] | None = None,
    *,
    brief: bool = False,
) -> list[str]:
    """Take in files of a kind (logs by content, exports whole); content known before changes nothing.

    Raises ConfigError for a file that is none of its kind.
    """
    if kind in LOGS:
        return told_of_logs(import_logs(files, source, measurements, rules, clock=clock), brief=brief)
    if kind not in EXPORTS:
        raise ConfigError(f"計測元「{source}」の種類 {kind} のファイルは取り込めません。")
    return [line for file in files for line in _export(measurements, file, source, kind, clock, period)]


def told_of_logs(result: ImportResult, *, brief: bool = False) -> list[str]:
    """An import of logs as sentences; the lines always add up.  ``brief`` leaves the reasons to ``measure status``."""
    if not result.files:
        return [] if brief else [f"新しいログはありません（前に取り込んだもの {len(result.repeated)} 個）"]
    dropped = sum(result.excluded.values())
    lines = [
        f"ログ {len(result.files)} 個、{result.lines:,} 行＝数えた {result.counted:,}＋除いた {dropped:,}、"
        f"集計した日 {len(result.days)}（値が変わった日 {len(result.changed_days)}）"
    ]
    if brief:
        return [*lines, *result.warnings]
    lines += [f"  除外 {REASONS.get(reason, reason)}: {count:,}" for reason, count in result.excluded.items()]
    return [*lines, *(f"前に取り込んだファイル: {name}" for name in result.repeated), *result.warnings]


def _export(
    measurements: Measurements,
    file: Path,
    source: str,
    kind: str,
    clock: Callable[[], dt.datetime],
    period: tuple[dt.date, dt.date] | None,
) -> list[str]:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} を読めません（{error.strerror}）。") from None
    digest = hashlib.sha256(raw).hexdigest()
    if digest in {f.sha256 for f in measurements.files(source)}:
        return [f"前に取り込んだファイル: {file.name}"]
    now = clock()
    if kind == "ckan_tracking":
        days: Sequence[dt.date] = import_tracking_csv(file, measurements, today=now.date())
        line = f"{file.name}: {len(days)} 日"
    else:
        read = import_ga4_csv if kind == "ga4" else import_matomo_csv
        result = read(file, measurements, source=source, period=period, today=now.date())
        days, line = result.days, f"{file.name}: {len(result.days)} 日、{result.total:,} 件"
        line += f"（期間の合計 {result.period[0]}～{result.period[1]}）" if result.period else ""
    lines = raw.count(b"\n")
    entry = AccessFile(
        sha256=digest, source=source, name=file.name, bytes=len(raw), lines=lines, parsed=lines, rejected=0,
        first_at="", last_at="", imported_at=now.isoformat(), tool_version=_TOOL,
        first_day=min(days, default=None), last_day=max(days, default=None), path=str(file.resolve()),
    )  # fmt: skip
    measurements.add_file(entry)
    return [line]


# ── services ───────────────────────────────────────────────────────────────────────────────────


def _ga4(measurements: Measurements, row: Mapping[str, Any], around: Around) -> list[str]:
    """Once a day, up to D−3; after a pause also the days missed."""
    name, now = str(row["source"]), around.clock()
    end = now.date() - SETTLED_AFTER * ONE_DAY
    last = _last_day(measurements, name)
    if last is not None and last >= end:
        return []
    web = around.web()
    token = service_account_token(web, around.credential("GA4_SERVICE_ACCOUNT"), now)
    start = _start(row, last, end, again=7)
    host = str(row.get("site_host", ""))
    doubts: list[str] = []
    days = import_ga4(
        web, str(row["property"]), token, measurements, today=now.date(), source=name, host=host, start=start,
        doubt=doubts.append,
    )  # fmt: skip
    return [f"GA4 から {start}～{end} の {len(days)} 日", *doubts]


def _matomo(measurements: Measurements, row: Mapping[str, Any], around: Around) -> list[str]:
    """Once a day, the days that are over."""
    name, end = str(row["source"]), around.clock().date() - ONE_DAY
    last = _last_day(measurements, name)
    if last is not None and last >= end:
        return []
    start = _start(row, last, end, again=1)
    token, site = around.credential("MATOMO_TOKEN"), str(row.get("site", "1"))
    days = import_matomo(
        around.web(), str(row["url"]), site, token, measurements, start=start, end=end, source=name
    )  # fmt: skip
    return [f"Matomo から {start}～{end} の {len(days)} 日"]


def _last_day(measurements: Measurements, source: str) -> dt.date | None:
    return max((c.day for c in measurements.coverage(source, dt.date.min, dt.date.max)), default=None)


def _start(row: Mapping[str, Any], last: dt.date | None, end: dt.date, again: int) -> dt.date:
    """The first day to ask for: the last ``again`` days anew, from the last one known, or from the very beginning."""
    usual = end - (again - 1) * ONE_DAY
    if last is not None:
        return min(usual, last + ONE_DAY)
    first = str(row.get("valid_from", ""))
    return min(usual, dt.date.fromisoformat(first)) if first else usual
