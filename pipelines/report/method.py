"""Section 8, 計測方法と限界: definition and version, source, gaps, excluded lines, cross-checks, revisions."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter

from pipelines import fiscal
from pipelines.gateways.measurement_records import REASONS, Revision, Series
from pipelines.report import kpi, numbers
from pipelines.report.evidence import Evidence, SeriesView
from pipelines.report.paper import Block, Cell, Column, Items, Section, Text, table
from pipelines.report.standing import Standing


def section(evidence: Evidence, standings: tuple[Standing, ...]) -> Section:
    """Can the number be trusted?"""
    flow = next((s for s in standings if s.kind == kpi.FLOW), None)
    blocks: list[Block] = [_definition(evidence), _comparability(evidence, flow)]
    blocks += _gaps(flow)
    blocks += _excluded(evidence)
    blocks += _others(evidence)
    blocks += _revisions(evidence)
    blocks.append(_limits())
    return Section(
        id="method", number=8, title="計測方法と限界", question="数字は信じられるか", answer=_answer(evidence, flow),
        blocks=tuple(blocks),
    )  # fmt: skip


def official_text(evidence: Evidence) -> str:
    """A1「アクセス件数（本方式）」第1版（2026-04-01 ○○会議 承認), or that none is approved yet."""
    if evidence.official is None:
        return "公式の系列は、まだ決まっていません"
    s = evidence.official.series
    if s.official and s.approved_on is not None:
        return f"{_name(s)}（{s.approved_by}、{s.approved_on.isoformat()}承認）"
    return f"{_name(s)}（承認の記録はまだありません）"


def _name(series: Series) -> str:
    return f"{series.series}「{series.name}」{series.version}版"


def _answer(evidence: Evidence, flow: Standing | None) -> str:
    if flow is None:
        return "アクセス件数の目標は設定されていません。"
    if flow.value is None:
        return f"公式の系列は{official_text(evidence)}。{fiscal.label(flow.fy)}のアクセス件数は未計測です。"
    gap = f"欠測{len(flow.missing)}日があり、その日を0とは数えていません。" if flow.missing else "欠測はありません。"
    return f"公式の系列は{official_text(evidence)}。{flow.covered}日を計測し、{gap}"


def _definition(evidence: Evidence) -> Block:
    views = [v for v in (evidence.official, *evidence.others) if v is not None]
    columns = (
        Column(key="series", label="系列"),
        Column(key="name", label="名称"),
        Column(key="version", label="版"),
        Column(key="role", label="位置づけ"),
        Column(key="definition", label="数え方"),
    )
    rows: list[tuple[Cell, ...]] = [
        (s.series, s.name, s.version, "公式" if v is evidence.official else "参考", s.definition)
        for v in views
        for s in (v.series,)
    ]
    rows.append(
        ("公開数", "データセット数", "1", "公式",
         "公開中（active）で非公開でないデータセット。他サイトからの取込みと見本は除く。毎日計測し、年度の値は3月31日の数。")
    )  # fmt: skip
    return table("definitions", "数え方（定義と版）", columns, rows)


def _comparability(evidence: Evidence, flow: Standing | None) -> Block:
    chosen = evidence.official.series.series if evidence.official else ""
    if flow is None or not evidence.base_series:
        return Text(kind="note", text="基準値と同じ数え方の実績が登録されていないため、基準値との比較はできません。")
    base = numbers.written(flow.target.base, 0, flow.target.unit)
    if chosen == evidence.base_series:
        text = f"基準値{base}と同じ系列（{chosen}）で比べています。"
        text += "基準値を数えた道具は計画書に書かれておらず、確認が要ります。"
        return Text(kind="note", text=text)
    text = (
        f"公式の系列は{chosen}、基準値{base}の系列は{evidence.base_series}で、数え方が違います。"
        "基準値は換算していません。差には数え方の違いが含まれます。"
    )
    return Text(kind="warning", text=text)


def _gaps(flow: Standing | None) -> list[Block]:
    if flow is None or not flow.missing:
        return []
    spans = missing_spans(flow)
    return [Items(title=f"欠測した日（{len(flow.missing)}日。0とは数えず、推計も加えていません）", items=tuple(spans))]


def missing_spans(flow: Standing) -> list[str]:
    """Missing days as spans: 2026-05-01～2026-05-03（3日）; the first twenty."""
    spans: list[list[int]] = []
    for day in flow.missing:
        if spans and day.toordinal() == spans[-1][1] + 1:
            spans[-1][1] += 1
        else:
            spans.append([day.toordinal(), day.toordinal()])
    texts = [_span(first, last) for first, last in spans]
    return texts if len(texts) <= 20 else [*texts[:20], f"ほかに{len(texts) - 20}か所"]


def _span(first: int, last: int) -> str:
    start, end = dt.date.fromordinal(first).isoformat(), dt.date.fromordinal(last).isoformat()
    return f"{start}（1日）" if first == last else f"{start}～{end}（{last - first + 1}日）"


def _excluded(evidence: Evidence) -> list[Block]:
    counted: Counter[str] = Counter()
    for row in evidence.excluded:
        counted[row.reason] += row.lines
    if not counted:
        return [Text(kind="note", text="除外したアクセスの内訳は、アクセスログを取り込むと示します。")]
    columns = (Column(key="reason", label="数えなかった理由"), Column(key="lines", label="行数", unit="行", digits=0))
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    rows: list[tuple[Cell, ...]] = [(REASONS.get(reason, reason), lines) for reason, lines in ranked]
    left, kept = sum(counted.values()), sum(c.counted for c in evidence.coverage)
    rows.append(("数えなかった行の計", left))
    rows.append(("数えた行（人・機械・AI）", kept))
    rows.append(("ログの行数（日時の読める行）", sum(c.lines for c in evidence.coverage)))
    note = "数えた行と数えなかった行の計が、ログの行数です。"
    return [table("excluded", f"ログの行の内訳（{fiscal.label(evidence.fy)}）", columns, rows, note)]


# ── other series ───────────────────────────────────────────────────────────────────────────────


def _others(evidence: Evidence) -> list[Block]:
    """Other series for the same year, never added to the official one, with their monthly ratio to it."""
    if not evidence.others:
        return []
    columns = (
        Column(key="series", label="参考系列"),
        Column(key="value", label=f"{fiscal.short(evidence.fy)}年度の値", unit="件", digits=0, empty="未計測"),
        Column(key="days", label="計測日数", unit="日", digits=0),
        Column(key="ratio", label="公式に対する比（月の中央値）", unit="倍", digits=2),
        Column(key="check", label="確認"),
    )
    rows: list[tuple[Cell, ...]] = []
    for view in evidence.others:
        year = view.years.get(evidence.fy)
        ratios = ratios_to(evidence.official, view)
        middle = statistics.median(ratios) if ratios else None
        value, covered = (year.value, year.covered_days) if year else (None, 0)
        rows.append((_name(view.series), value, covered, middle, check(ratios)))
    note = "参考系列は公式の値に足しません。月ごとの比が中央値±3×中央絶対偏差を外れたら「要確認」とします。"
    return [table("others", "参考：ほかの数え方・道具による値", columns, rows, note)]


def ratios_to(official: SeriesView | None, other: SeriesView) -> list[float]:
    """Month by month other / official, over months where both are whole."""
    if official is None:
        return []
    pairs = [(official.months[m], other.months[m]) for m in sorted(official.months) if m in other.months]
    return [b.value / a.value for a, b in pairs if a.value and b.value is not None and not a.missing and not b.missing]


def check(ratios: list[float]) -> str:
    """「要確認」 where the newest month's ratio leaves median ± 3 MAD."""
    if len(ratios) < 3:
        return "比べる月が足りません"
    middle = statistics.median(ratios)
    spread = statistics.median(abs(r - middle) for r in ratios)
    return "要確認" if abs(ratios[-1] - middle) > 3 * spread + 1e-9 else "安定"


def _revisions(evidence: Evidence) -> list[Block]:
    if not evidence.revisions:
        return [Text(text="確定後に訂正した数値はありません。")]
    columns = (
        Column(key="at", label="訂正した日時"),
        Column(key="subject", label="対象"),
        Column(key="old", label="訂正前"),
        Column(key="new", label="訂正後"),
        Column(key="reason", label="理由"),
    )
    rows: list[tuple[Cell, ...]] = [
        (r.at[:16].replace("T", " "), _subject(r), r.old, r.new, r.reason) for r in evidence.revisions[-20:]
    ]
    return [table("revisions", "確定後の訂正", columns, rows)]


def _subject(revision: Revision) -> str:
    """2026-06-15のアクセス（log): a day's figure by its day and source, anything else as it is registered."""
    if revision.subject.startswith("access_daily ") and revision.day is not None:
        return f"{revision.day.isoformat()}のアクセス（{revision.source}）"
    return revision.subject


def _limits() -> Block:
    return Items(
        title="読むときの注意",
        items=(
            "アクセス件数に全国共通の定義はありません。他市の数値とは比べられません。",
            "保存するのは日ごとの集計だけです。IPアドレスや利用者を区別する番号は残しません。",
            "欠測した日は0とは数えません。推計が要るときは、推計と書いて別に示します。",
            "公開数は中身の良し悪しを区別しない単純な件数です。中身は「データセットの充実」で確かめてください。",
            "年度は4月から翌年3月まで（日本時間）。1月から3月は前の年の年度に入ります。",
        ),
    )
