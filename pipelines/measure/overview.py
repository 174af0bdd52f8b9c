"""What is measured, from where, since when, and with which gaps: for the person who looks after it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.gateways.measurement_records import REASONS
from pipelines.gateways.measurements import DayStatus, Measurements, days

_FIRST, _LAST = dt.date(1970, 1, 1), dt.date(9999, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One source: its days by status, the days without a count, and its lines (``balanced``: they add up)."""

    source: str
    kind: str
    sample: bool
    files: int
    first: dt.date | None
    last: dt.date | None
    statuses: Mapping[str, int]
    missing: tuple[dt.date, ...]
    lines: int
    counted: int
    excluded: Mapping[str, int]
    balanced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesState:
    """One definition: is it official (by whom, from when), which sources feed it, how many reported figures it has."""

    series: str
    version: str
    name: str
    official: bool
    approved_by: str
    approved_on: dt.date | None
    valid_from: dt.date | None
    valid_to: dt.date | None
    sources: tuple[str, ...]
    facts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything ``measure status`` shows."""

    sources: tuple[SourceState, ...]
    series: tuple[SeriesState, ...]
    snapshots: int
    first_snapshot: dt.date | None
    last_snapshot: dt.date | None
    links_asked_on: dt.date | None
    dead_links: int | None
    revisions: int
    open_instructions: int
    annotations: int


def overview(measurements: Measurements) -> Overview:
    """The state of all measuring."""
    counts = measurements.dataset_counts(_FIRST, _LAST)
    answers = measurements.link_answers().values()
    return Overview(
        sources=tuple(_source(measurements, s.source, s.kind, s.sample) for s in measurements.sources()),
        series=tuple(_series(measurements)),
        snapshots=len(counts),
        first_snapshot=counts[0][0] if counts else None,
        last_snapshot=counts[-1][0] if counts else None,
        links_asked_on=max((a.day for a in answers), default=None),
        dead_links=sum(a.ok is False for a in answers) if answers else None,
        revisions=len(measurements.revisions()),
        open_instructions=sum(i.status == "open" for i in measurements.instructions()),
        annotations=len(measurements.annotations(_FIRST, _LAST)),
    )


def _source(measurements: Measurements, source: str, kind: str, sample: bool) -> SourceState:
    rows = measurements.coverage(source, _FIRST, _LAST)
    first, last = (rows[0].day, rows[-1].day) if rows else (None, None)
    known = {r.day for r in rows if r.status is not DayStatus.MISSING}
    excluded: Counter[str] = Counter()
    for row in measurements.excluded(_FIRST, _LAST, source=source):
        excluded[row.reason] += row.lines
    lines, counted = sum(r.lines for r in rows), sum(r.counted for r in rows)
    return SourceState(
        source=source, kind=kind, sample=sample, files=len(measurements.files(source)), first=first, last=last,
        statuses=dict(Counter(r.status.value for r in rows)),
        missing=tuple(d for d in days(first, last) if d not in known) if first and last else (),
        lines=lines, counted=counted, excluded=dict(sorted(excluded.items())),
        balanced=lines == counted + excluded.total(),
    )  # fmt: skip


def _series(measurements: Measurements) -> Sequence[SeriesState]:
    return [
        SeriesState(
            series=s.series, version=s.version, name=s.name, official=s.official, approved_by=s.approved_by,
            approved_on=s.approved_on, valid_from=s.valid_from, valid_to=s.valid_to,
            sources=tuple(p.source for p in measurements.priorities(s.series)),
            facts=len(measurements.period_facts(s.series)),
        )
        for s in measurements.all_series()
    ]  # fmt: skip


STATUSES = {"final": "確定", "provisional": "速報", "partial": "途中", "missing": "欠測"}


def told(state: Overview) -> list[str]:
    """The state as sentences."""
    return [*_snapshot_lines(state), *(line for s in state.sources for line in _source_lines(s)), *_series_lines(state)]


def _snapshot_lines(state: Overview) -> list[str]:
    counted = (
        f"{state.snapshots} 日分（{state.first_snapshot}～{state.last_snapshot}）" if state.snapshots else "未計測"
    )
    asked = "まだ調べていません（measure links）"
    if state.links_asked_on is not None:
        asked = f"{state.links_asked_on} に確認、切れているもの {state.dead_links} 件"
    return [
        f"データセット数の記録: {counted}",
        f"リンク: {asked}",
        f"訂正の記録 {state.revisions} 件、対応中の改善指示 {state.open_instructions} 件、注記 {state.annotations} 件",
    ]


def _source_lines(s: SourceState) -> list[str]:
    mark = "（見本）" if s.sample else ""
    if s.first is None:
        return [f"計測元 {s.source}［{s.kind}］{mark}: まだ数えた日がありません"]
    parts = "・".join(f"{STATUSES[k]} {n} 日" for k, n in sorted(s.statuses.items()))
    lines = [f"計測元 {s.source}［{s.kind}］{mark}: {s.first}～{s.last}　{parts}　ファイル {s.files} 個"]
    if s.lines:
        sign = "＝" if s.balanced else "≠"
        lines.append(f"  行 {s.lines:,} {sign} 数えた {s.counted:,} ＋ 除いた {sum(s.excluded.values()):,}")
        lines += [f"    除外 {REASONS.get(reason, reason)}: {count:,}" for reason, count in s.excluded.items()]
    if s.missing:
        shown = "、".join(d.isoformat() for d in s.missing[:10])
        more = f" ほか {len(s.missing) - 10} 日" if len(s.missing) > 10 else ""
        lines.append(f"  欠測 {len(s.missing)} 日（0件ではありません）: {shown}{more}")
    return lines


def _series_lines(state: Overview) -> list[str]:
    lines = []
    for s in state.series:
        role = "参考"
        if s.official:
            until = f"～{s.valid_to}" if s.valid_to else "～"
            role = f"公式（{s.approved_by}、{s.approved_on} 承認、{s.valid_from}{until}）"
        fed = "、".join(s.sources) or "なし"
        facts = f"、公表・手入力の値 {s.facts} 件" if s.facts else ""
        lines.append(f"系列 {s.series} 版 {s.version}「{s.name}」: {role}　計測元 {fed}{facts}")
    if not any(s.official for s in state.series):
        lines.append("公式の系列はまだ承認されていません（measure approve）。それまでは A0（従来方式）で報告します。")
    return lines
