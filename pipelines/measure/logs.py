"""Access logs into daily counts: a manifest of files, whole days recomputed from every file that covers them.

The same content twice changes nothing; overlapping, late, split and reordered files give the same counts.  A day whose
former file is gone is left as it was, and said so.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines import fiscal
from pipelines.gateways.measurements import AccessFile, Measurements, Source, days
from pipelines.measure.log_counts import MEMORY, DayCounts, Read, Workspace, workspace
from pipelines.measure.log_files import LogFile, examine
from pipelines.measure.rules import Rules
from pipelines.measure.series import register
from pipelines.measure.whole_days import replace_day, settle
from pipelines.model import ConfigError

TOOL = "logs-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What one import did.  Over the days of the new files ``lines`` = ``counted`` + the sum of ``excluded``.

    Lines without a readable time belong to no day; they are in ``excluded["unparsable"]`` and in the manifest.
    ``kept_days`` were not recomputed because the files of an earlier import (``gone``) cannot be read any more.
    """

    source: str
    files: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    lines: int = 0
    counted: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    days: tuple[dt.date, ...] = ()
    changed_days: tuple[dt.date, ...] = ()
    kept_days: tuple[dt.date, ...] = ()
    gone: tuple[str, ...] = ()
    diagnostics: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def import_logs(
    paths: Iterable[Path],
    source: str,
    measurements: Measurements,
    rules: Rules | None = None,
    *,
    today: dt.date | None = None,
    clock: Callable[[], dt.datetime] | None = None,
    reason: str = "遅れて届いたログを含めて再集計",
    salt: str | None = None,
    memory: str = MEMORY,
) -> ImportResult:
    """Count access logs (nginx or Apache combined, JSON; plain or gzip) of one source into its days.

    ``today`` (JST) decides which days are final.  Raises ConfigError for a file that cannot be read or is no log.
    """
    rules = rules or Rules()
    now = (clock or _now)()
    known = {f.sha256: f for f in measurements.files(source)}
    files = _distinct([examine(Path(p), {sha: f.bytes for sha, f in known.items()}) for p in paths])
    fresh = [f for f in files if f.sha256 not in known]
    _refuse_unknown(fresh)
    with measurements.transaction():
        _moved(measurements, known, files)
        result = ImportResult(source=source, repeated=tuple(f.path.name for f in files if f.sha256 in known))
        if fresh:
            with workspace(rules, salt=salt, memory=memory) as counting:
                result = _recount(counting, measurements, fresh, result, rules, now, reason)
        settle(measurements, source, today or fiscal.jst_day(now), rules.final_after_days)
    return result


def _recount(
    counting: Workspace,
    measurements: Measurements,
    fresh: Sequence[LogFile],
    result: ImportResult,
    rules: Rules,
    now: dt.datetime,
    reason: str,
) -> ImportResult:
    """Read the new files, then the older files of the same days, count, and replace those days."""
    entries = [_entry(file, result.source, counting.add(file), now) for file in fresh]
    touched = counting.days()
    older = _older(measurements, result.source, fresh, touched)
    gone = [f for f in older if not _readable(f)]
    kept = {day for f in gone for day in _days_of(f) if day in touched}
    for file in older:
        if file not in gone:
            counting.add(examine(Path(file.path)), touched)
    ids = measurements.resource_map(max(touched)) if touched else {}
    if touched:
        kind = Source(source=result.source, kind="nginx", site_host=rules.site_host)
        register(measurements, kind, min(touched))
    tally = _Tally()
    for counts in counting.count(result.source, ids):
        changed = counts.day not in kept and replace_day(
            measurements, result.source, counts, rules.version, now.isoformat(), reason
        )
        tally.add(counts, changed)
    for entry in entries:
        measurements.add_file(entry)
    tally.excluded["unparsable"] += sum(e.rejected for e in entries)
    return _told(result, fresh, tally, kept, gone, counting.diagnostics())


class _Tally:
    """The reconciliation while it is added up: every line is counted or excluded for a named reason."""

    def __init__(self) -> None:
        self.counted = 0
        self.excluded: Counter[str] = Counter()
        self.days: list[dt.date] = []
        self.changed: list[dt.date] = []

    def add(self, counts: DayCounts, changed: bool) -> None:
        """One more day."""
        self.days.append(counts.day)
        self.changed += [counts.day] * changed
        self.counted += counts.coverage.counted
        self.excluded.update({row.reason: row.lines for row in counts.excluded})


def _told(
    result: ImportResult,
    fresh: Sequence[LogFile],
    tally: _Tally,
    kept: set[dt.date],
    gone: Sequence[AccessFile],
    diagnostics: Mapping[str, int],
) -> ImportResult:
    excluded = {reason: lines for reason, lines in sorted(tally.excluded.items()) if lines}
    lines = tally.counted + sum(excluded.values())
    return replace(
        result, files=tuple(f.path.name for f in fresh), lines=lines, counted=tally.counted, excluded=excluded,
        days=tuple(tally.days), changed_days=tuple(tally.changed), kept_days=tuple(sorted(kept)),
        gone=tuple(f.name for f in gone), diagnostics=diagnostics,
        warnings=tuple(_warnings(lines, excluded, kept, gone)),
    )  # fmt: skip


def _warnings(lines: int, excluded: Mapping[str, int], kept: set[dt.date], gone: Sequence[AccessFile]) -> Iterable[str]:
    """What a person should look at after an import, in plain Japanese."""
    if excluded.get("internal", 0) * 2 > lines:
        yield (
            "半分を超える行が内部のアドレスからです。プロキシのアドレスが記録されている場合は、ログに利用者のアドレス"
            "（X-Forwarded-For）を出し、trusted_proxies を設定してください。"
        )
    if excluded.get("unparsable", 0) * 100 > lines:
        yield f"読み取れない行が {excluded['unparsable']} 行あります（全 {lines} 行）。ログの形式を確かめてください。"
    if kept:
        shown = "、".join(d.isoformat() for d in sorted(kept))
        names = "、".join(f.name for f in gone)
        yield f"以前に取り込んだログ（{names}）が見つからないため、{shown} は再集計していません。"


def _refuse_unknown(files: Iterable[LogFile]) -> None:
    for file in files:
        if file.format == "unknown" and file.lines:
            raise ConfigError(f"{file.path} はアクセスログ（combined か JSON）として読めません。何も変更していません。")


def _distinct(files: Iterable[LogFile]) -> list[LogFile]:
    """One of each content, and no file whose content another one of them begins with is asked twice."""
    return list({f.sha256: f for f in files}.values())


def _moved(measurements: Measurements, known: Mapping[str, AccessFile], files: Iterable[LogFile]) -> None:
    """Rotation renames and compresses (a new file begins under the old name): the manifest follows the content."""
    for file in files:
        entry = known.get(file.sha256)
        if entry is not None and entry.path != str(file.path.resolve()) and not _readable(entry):
            measurements.add_file(replace(entry, path=str(file.path.resolve())))


def _older(
    measurements: Measurements, source: str, fresh: Sequence[LogFile], touched: set[dt.date]
) -> list[AccessFile]:
    """The manifest's files that cover the touched days; a file that has since grown into a new one is dropped."""
    grown = {sha for file in fresh for sha in file.beginnings}
    measurements.forget_files(source, grown)
    return [f for f in measurements.files(source) if f.sha256 not in grown and touched & set(_days_of(f))]


def _readable(file: AccessFile) -> bool:
    """True when the file is where it was, with the same content."""
    path = Path(file.path)
    return path.is_file() and examine(path).sha256 == file.sha256


def _days_of(file: AccessFile) -> list[dt.date]:
    return days(file.first_day, file.last_day) if file.first_day and file.last_day else []


def _entry(file: LogFile, source: str, read: Read, now: dt.datetime) -> AccessFile:
    parsed, first, last = read
    return AccessFile(
        sha256=file.sha256, source=source, name=file.path.name, bytes=file.size, lines=file.lines, parsed=parsed,
        rejected=file.lines - parsed, first_at=first.isoformat() if first else "",
        last_at=last.isoformat() if last else "", imported_at=now.isoformat(), tool_version=TOOL,
        first_day=first.date() if first else None, last_day=last.date() if last else None,
        path=str(file.path.resolve()),
    )  # fmt: skip


def _now() -> dt.datetime:
    return dt.datetime.now(fiscal.JST)
