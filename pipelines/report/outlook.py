"""Section 3, 見通し: required against actual pace, what happens if nothing changes, and how good the method was."""

from __future__ import annotations

from pipelines import fiscal
from pipelines.report import kpi, numbers
from pipelines.report.evidence import Evidence
from pipelines.report.paper import Block, Cell, Column, Section, Text, table
from pipelines.report.projection import (
    APART,
    BOOTSTRAP,
    METHODS,
    NONE,
    RUN_RATE,
    SEASONAL,
    BackTest,
    Projection,
    in_words,
    part_year_back_test,
)
from pipelines.report.standing import Standing
from pipelines.report.summary import hope


def section(evidence: Evidence, standings: tuple[Standing, ...]) -> Section:
    """Where this leads."""
    blocks: list[Block] = [_pace(standings), _projections(standings)]
    blocks += [Text(text=line) for s in standings for line in _words(s)]
    blocks.append(Text(kind="note", text=_limits(standings)))
    blocks += _back_tests(evidence, standings)
    answer = "".join(f"「{s.target.title}」：{hope(s)}" for s in standings)
    return Section(
        id="outlook", number=3, title="見通し", question="このままならどうなるか", answer=answer, blocks=tuple(blocks)
    )


def _pace(standings: tuple[Standing, ...]) -> Block:
    columns = (
        Column(key="kpi", label="指標"),
        Column(key="needed", label="必要ペース", digits=2),
        Column(key="actual", label="実績ペース", digits=2),
        Column(key="unit", label="単位"),
        Column(key="ratio", label="実績÷必要", unit="％", digits=1),
        Column(key="goal", label="どこまでのペースか"),
    )
    rows: list[tuple[Cell, ...]] = []
    for s in standings:
        ratio = numbers.per(s.pace.actual, s.pace.needed)
        rows.append((s.target.title, s.pace.needed, s.pace.actual, s.pace.unit_text, ratio and ratio * 100, _goal(s)))
    return table("pace", "必要ペースと実績ペース（同じ単位で比べます）", columns, rows)


def _goal(s: Standing) -> str:
    if s.kind == kpi.STOCK:
        return f"{fiscal.short(s.target.target_fy)}年度末の目標まで（残り{numbers.written(s.pace.left, 1)}か月）"
    goal = "目標" if s.fy >= s.target.target_fy else "参考経路"
    return f"{fiscal.short(s.fy)}年度の{goal}まで（残り{int(s.pace.left)}日）"


def _projections(standings: tuple[Standing, ...]) -> Block:
    columns = (
        Column(key="kpi", label="指標"),
        Column(key="year", label="年度"),
        Column(key="goal", label="参考経路・目標", unit="件", digits=1),
        Column(key="point", label="予測", unit="件", digits=0, empty="予測なし"),
        Column(key="low", label="幅の下", unit="件", digits=0),
        Column(key="high", label="幅の上", unit="件", digits=0),
        Column(key="short", label="不足", unit="件", digits=1),
        Column(key="likelihood", label="届く見込み"),
        Column(key="method", label="方法"),
    )
    rows = [_row(s, p) for s in standings for p in _distinct(s)]
    return table("projection", "このまま進んだ場合の予測", columns, rows)


def _distinct(s: Standing) -> list[Projection]:
    if s.as_of == fiscal.last_day(s.fy) or s.fy >= s.target.target_fy:
        return [s.at_target]
    return [s.this_year, s.at_target]


def _row(s: Standing, p: Projection) -> tuple[Cell, ...]:
    goal = kpi.reference(s.target, p.fy)
    words = in_words(p.likelihood) if p.likelihood is not None else "示しません"
    short = None if p.point is None else max(0.0, goal - p.point)
    return s.target.title, f"{fiscal.short(p.fy)}年度", goal, p.point, p.low, p.high, short, words, method_text(s, p)


def method_text(s: Standing, p: Projection) -> str:
    """The method as printed, with how much data it had."""
    if p.method == NONE:
        return METHODS[NONE]
    if s.kind == kpi.STOCK:
        return f"直近{p.months}か月の純増による見積り（ガンマ・ポアソン）"
    return f"{METHODS[p.method]}・{p.months}か月分"


def _words(s: Standing) -> list[str]:
    p = s.this_year if s.as_of < fiscal.last_day(s.fy) else s.at_target
    if p.method == NONE:
        have = f"月ごとの数値が{p.months}か月分しかありません" if p.months else "月ごとの数値がまだありません"
        return [f"「{s.target.title}」：予測なし（データ不足）。{have}（3か月分から予測します）。"]
    found = []
    if p.growth is not None and s.kind == kpi.FLOW:
        growth = numbers.written(p.growth, 2, "倍")
        found.append(f"今年度の伸びは前年同月の{growth}です。残りの月にも同じ伸びを当てはめています。")
    if s.kind == kpi.FLOW and p.method == RUN_RATE:
        found.append("1年分のデータがないため、季節による増減は考えていません（季節補正なし）。確率は示しません。")
    if s.scaled:
        months = "、".join(fiscal.month_label(m) for m in s.scaled)
        found.append(
            f"欠測のある月（{months}）は、予測にだけ1日平均で補った推計値を使いました。実績には加えていません。"
        )
    return found + [text for p in _distinct(s) if (text := _second(s, p))]


def _second(s: Standing, p: Projection) -> str:
    """Another method that says something else is a reason for care; one that agrees is no news."""
    if not p.point or p.second is None or abs(p.second / p.point - 1) <= APART:
        return ""
    value = numbers.written(p.second, 0, s.target.unit)
    return (
        f"別の方法（減衰する伸びの指数平滑法）では、{fiscal.short(p.fy)}年度は{value}です。"
        "予測と10％を超えて違うため、見通しは幅よりも不確かです。"
    )


def _limits(standings: tuple[Standing, ...]) -> str:
    methods = {p.method for s in standings for p in (s.this_year, s.at_target)}
    width = "幅は、過去の月ごとの動きのばらつきから求めたものです。"
    if BOOTSTRAP in methods:
        width = "幅は、過去の動きを1万通り組み替えた試算の8割が入る範囲です（乱数の種は固定）。"
    elif SEASONAL in methods:
        width = "幅は、前年同月比がいちばん低い月・高い月の割合を当てはめた範囲です。"
    return width + "数え方の変更やサイトの改修による変化は含みません。予測は約束ではありません。"


# ── back-test ──────────────────────────────────────────────────────────────────────────────────


def _back_tests(evidence: Evidence, standings: tuple[Standing, ...]) -> list[Block]:
    own = [s.this_year.back_test or s.at_target.back_test for s in standings]
    tests = [(f"直近{b.months}か月を隠して予測", b) for b in own if b is not None]
    tests += reported_tests(evidence)
    if not tests:
        return [Text(kind="note", text="予測方法の検証に使える過去の数値はまだありません。")]
    columns = (
        Column(key="what", label="検証"),
        Column(key="method", label="方法"),
        Column(key="forecast", label="予測していた値", unit="件", digits=0),
        Column(key="actual", label="実際の値", unit="件", digits=0),
        Column(key="error", label="誤差", unit="％", digits=1, signed=True),
    )
    rows: list[tuple[Cell, ...]] = [(what, METHODS[b.method], b.forecast, b.actual, b.error * 100) for what, b in tests]
    return [table("back-test", "予測方法の検証：過去に当てはめるとどれだけ外れたか", columns, rows)]


def reported_tests(evidence: Evidence) -> list[tuple[str, BackTest]]:
    """A published part of a year against the year's own published figure, where both are on record."""
    found = []
    for view in evidence.views.values():
        whole = {f.start: f for f in view.facts if f.end == fiscal.last_day(f.start.year) and f.start.month == 4}
        for part in view.facts:
            full = whole.get(part.start)
            days = (part.end - part.start).days + 1
            if full is not None and full.origin == part.origin and part.end < full.end and days >= 90:
                test = part_year_back_test(part.value, days, full.start.year, full.value)
                found.append((f"{fiscal.short(full.start.year)}年度の公表値（{days}日分から1年分を予測）", test))
    return found
