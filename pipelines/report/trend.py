"""Section 2, 推移: fiscal years beside the reference path, months beside last year's, and what was noted by hand."""

from __future__ import annotations

import itertools

from pipelines import fiscal
from pipelines.fiscal import Month
from pipelines.gateways.measurement_records import Annotation
from pipelines.report import kpi, numbers
from pipelines.report.evidence import Evidence
from pipelines.report.paper import Block, Cell, Chart, Column, Section, Stroke, Table, Text, table
from pipelines.report.standing import Standing


def section(evidence: Evidence, standings: tuple[Standing, ...]) -> Section:
    """How the KPIs moved."""
    blocks: list[Block] = []
    for standing in standings:
        blocks += _years(evidence, standing)
    blocks.append(
        Text(
            kind="note",
            text="参考経路は、計画の基準値と目標値を直線で結んだ当方の目安（按分値）です。計画書に各年度の目標値はありません。",
        )
    )
    blocks += _months(evidence, standings)
    blocks += _counts(evidence)
    blocks += _notes(evidence)
    return Section(
        id="trend", number=2, title="推移", question="どう動いたか", answer=_answer(standings), blocks=tuple(blocks)
    )


def _answer(standings: tuple[Standing, ...]) -> str:
    parts = []
    for s in standings:
        if s.change is not None:
            change = numbers.written(s.change * 100, 1, "％", signed=True)
            parts.append(f"「{s.target.title}」は前年度比{change}（{s.compared_how}）。")
        elif s.value is not None:
            value = numbers.written(s.value, 0, s.target.unit)
            parts.append(f"「{s.target.title}」は{value}。前年度と比べられる数値はありません。")
        else:
            parts.append(f"「{s.target.title}」は{s.empty}。")
    return "".join(parts)


# ── fiscal years ───────────────────────────────────────────────────────────────────────────────


def year_rows(evidence: Evidence, s: Standing) -> list[tuple[int, float | None, str, int, int]]:
    """(fiscal year, value, state, covered days, missing days) from the base year to the target year."""
    stock = s.kind == kpi.STOCK
    years = range(s.target.base_fy, s.target.target_fy + 1)
    return [(fy, *(_stock_year(evidence, s, fy) if stock else _flow_year(evidence, s, fy))) for fy in years]


def _flow_year(evidence: Evidence, s: Standing, fy: int) -> tuple[float | None, str, int, int]:
    if fy > evidence.fy:
        return None, "これから", 0, 0
    year = evidence.year(fy)
    if year is None or year.value is None:
        known = s.target.base if fy == s.target.base_fy else None
        return known, "計画書の基準値" if known is not None else numbers.MISSING, 0, 0
    over = fiscal.last_day(fy) <= evidence.as_of
    words = ("公表値" if _reported(evidence, fy) else "確定") if over and year.final and not year.missing else "速報"
    return year.value, words, year.covered_days, year.missing_days


def _reported(evidence: Evidence, fy: int) -> bool:
    """Does the year's value rest on a total that was reported for exactly that year?"""
    view = evidence.views.get(evidence.official_by_fy.get(fy, ""))
    span = (fiscal.first_day(fy), fiscal.last_day(fy))
    return view is not None and any((f.start, f.end) == span and f.confidence == "公表値" for f in view.facts)


def _stock_year(evidence: Evidence, s: Standing, fy: int) -> tuple[float | None, str, int, int]:
    if fy > evidence.fy:
        return None, "これから", 0, 0
    if fy == evidence.fy:
        return s.value, "確定" if s.final else s.empty if s.value is None else "速報", 0, 0
    count = evidence.count_on(fiscal.last_day(fy))
    if count is not None and count.city:
        return float(count.city), "確定", 0, 0
    if fy == s.target.base_fy:
        return s.target.base, "計画書の基準値", 0, 0
    return None, numbers.MISSING, 0, 0


def _years(evidence: Evidence, s: Standing) -> list[Block]:
    unit = s.target.unit
    columns = (
        Column(key="year", label="年度"),
        Column(key="value", label="実績", unit=unit, digits=0, empty=numbers.NONE),
        Column(key="reference", label="参考経路（按分値）", unit=unit, digits=1),
        Column(key="gap", label="参考経路との差", unit=unit, digits=1, signed=True),
        Column(key="progress", label="進捗率", unit="％", digits=1),
        Column(key="achievement", label="達成率", unit="％", digits=1),
        Column(key="days", label="いつの数" if s.kind == kpi.STOCK else "計測日数／年度の日数"),
        *(() if s.kind == kpi.STOCK else (Column(key="series", label="系列"),)),
        Column(key="state", label="状態"),
    )
    rows: list[tuple[Cell, ...]] = []
    for fy, value, words, covered, missing in year_rows(evidence, s):
        whole = value is not None and words != "速報"
        judged = whole or (value is not None and s.kind == kpi.STOCK)
        path = kpi.reference(s.target, fy)
        rows.append(
            (
                fiscal.short(fy),
                value,
                path,
                value - path if value is not None and whole else None,
                kpi.progress_rate(s.target, value) * 100 if value is not None and judged else None,
                kpi.achievement_rate(s.target, value) * 100 if value is not None and judged else None,
                _days(s, fy, covered),
                *(() if s.kind == kpi.STOCK else (evidence.official_by_fy.get(fy, ""),)),
                words + (f"（欠測{missing}日）" if missing else ""),
            )
        )
    found = table(f"years-{s.target.kpi}", f"{s.target.title}：年度ごとの実績と参考経路", columns, rows)
    return [_year_chart(evidence, s, found), found]


def _days(s: Standing, fy: int, covered: int) -> str:
    if s.kind == kpi.STOCK:
        day = min(fiscal.last_day(fy), s.as_of) if fy <= s.fy else fiscal.last_day(fy)
        return day.isoformat()
    return f"{covered}／{fiscal.days_in(fy)}日"


def _year_chart(evidence: Evidence, s: Standing, found: Table) -> Chart:
    known = [(y, v) for y, v in zip(found.column("year"), found.column("value"), strict=True) if v is not None]
    bars = "棒が実績（枠だけの棒は年度の途中）" if _still_open(s) else "棒が実績"
    latest = f"最新の値は{known[-1][0]}年度の{found.columns[1].write(known[-1][1])}{s.target.unit}。" if known else ""
    return Chart(
        id=f"chart-years-{s.target.kpi}",
        kind="years",
        title=f"{s.target.title}（年度）",
        summary=f"{bars}、破線が参考経路。{latest}目標は{fiscal.short(s.target.target_fy)}年度の"
        f"{numbers.written(s.target.target, 0, s.target.unit)}。",
        table=found.id,
        strokes=(
            Stroke(column="value", label="実績", kind="bar", tone="main"),
            Stroke(column="reference", label="参考経路", style="dashed", marker="diamond", tone="dark"),
        ),
        y_title=s.target.unit,
        open=_still_open(s),
        breaks=_breaks(evidence) if s.kind == kpi.FLOW else (),
    )


def _still_open(s: Standing) -> tuple[str, ...]:
    """A flow's open year is only a part: its bar is drawn hollow."""
    part = s.kind == kpi.FLOW and s.as_of < fiscal.last_day(s.fy)
    return (fiscal.short(s.fy),) if part else ()


def _breaks(evidence: Evidence) -> tuple[str, ...]:
    """The first year of every other way of counting."""
    years = sorted(evidence.official_by_fy)
    changed = [b for a, b in itertools.pairwise(years) if evidence.official_by_fy[a] != evidence.official_by_fy[b]]
    return tuple(fiscal.short(fy) for fy in changed)


# ── months ─────────────────────────────────────────────────────────────────────────────────────


def _months(evidence: Evidence, standings: tuple[Standing, ...]) -> list[Block]:
    flow = next((s for s in standings if s.kind == kpi.FLOW), None)
    view = evidence.official
    if flow is None or view is None or not _known_months(evidence):
        return [Text(kind="note", text="月ごとのアクセス件数は、まだ計測されていません。")] if flow else []
    now, past = fiscal.short(evidence.fy), fiscal.short(evidence.fy - 1)
    columns = (
        Column(key="month", label="月"),
        Column(key="now", label=f"{now}年度", unit="件", digits=0),
        Column(key="past", label=f"{past}年度", unit="件", digits=0),
        Column(key="ratio", label="前年同月比", unit="％", digits=1),
        Column(key="missing", label=f"{now}年度の欠測", unit="日", digits=0),
    )
    rows: list[tuple[Cell, ...]] = []
    for month in fiscal.months(evidence.fy):
        value, gap = _month(evidence, month)
        before, gap_before = _month(evidence, fiscal.shift(month, -12))
        fair = not gap and not gap_before and fiscal.month_last(month) <= evidence.as_of
        ratio = numbers.per(value, before) if fair else None
        rows.append((f"{month[1]}月", value, before, ratio and ratio * 100, gap))
    found = table("months", f"アクセス件数：{now}年度の月ごとの動き（{view.series.name}）", columns, rows,
                  note="前年同月比は、両方の月に欠測がなく、月が終わっているときだけ示します。")  # fmt: skip
    return [_month_chart(found, now, past, _month_marks(evidence)), found]


def _known_months(evidence: Evidence) -> bool:
    months = evidence.official.months if evidence.official else {}
    return any(months[m].value is not None for m in months if fiscal.month_fy(m) >= evidence.fy - 1)


def _month(evidence: Evidence, month: Month) -> tuple[float | None, int | None]:
    """(value, missing days) of a month; (None, None) before the series or after the report's day."""
    known = evidence.official.months.get(month) if evidence.official else None
    return (None, None) if known is None else (known.value, known.missing_days)


def _month_chart(found: Table, now: str, past: str, marks: tuple[tuple[str, str], ...]) -> Chart:
    values = [v for v in found.column("now") if isinstance(v, (int, float))]
    return Chart(
        id="chart-months",
        kind="months",
        title="アクセス件数（月）",
        summary=f"実線が{now}年度、破線が{past}年度。{now}年度で計測できた月は{len(values)}か月。"
        "線が切れている月は未計測、(1)などの番号は下の出来事です。",
        table="months",
        strokes=(
            Stroke(column="now", label=f"{now}年度", marker="circle", tone="main"),
            Stroke(column="past", label=f"{past}年度", style="dashed", marker="square", tone="dark"),
        ),
        y_title="件",
        marks=marks,
    )


def _month_marks(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    """The numbers of this year's annotations over their months."""
    numbered = [(a, f"({at})") for at, a in enumerate(_noted(evidence), 1) if fiscal.fiscal_year(a.day) == evidence.fy]
    months: dict[str, str] = {}
    for note, number in numbered:
        months[f"{note.day.month}月"] = months.get(f"{note.day.month}月", "") + number
    return tuple(months.items())


# ── datasets ───────────────────────────────────────────────────────────────────────────────────


def _counts(evidence: Evidence) -> list[Block]:
    """The dataset count at each month's last snapshot of the last year."""
    recent = [c for c in evidence.counts if c.city or c.sample][-13:]
    if len(recent) < 2:
        return []
    columns = (
        Column(key="day", label="計測日"),
        Column(key="city", label="公開数", unit="件", digits=0),
        Column(key="change", label="前回からの増減", unit="件", digits=0, signed=True),
        Column(key="sample", label="見本（数えない）", unit="件", digits=0),
    )
    changes = [None, *(b.city - a.city for a, b in itertools.pairwise(recent))]
    rows: list[tuple[Cell, ...]] = [
        (c.day.isoformat(), c.city, change, c.sample) for c, change in zip(recent, changes, strict=True)
    ]
    found = table("counts", "公開数：月ごとの最後の計測日の値", columns, rows)
    chart = Chart(
        id="chart-counts", kind="counts", title="公開数（月末）",
        summary=f"{recent[0].day.isoformat()}の{recent[0].city}件から{recent[-1].day.isoformat()}の{recent[-1].city}件へ。",
        table="counts", strokes=(Stroke(column="city", label="公開数"),), y_title="件",
    )  # fmt: skip
    return [chart, found]


# ── annotations ────────────────────────────────────────────────────────────────────────────────


def _notes(evidence: Evidence) -> list[Block]:
    rows: list[tuple[Cell, ...]] = [
        (f"({at})", a.day.isoformat(), a.kind, a.text) for at, a in enumerate(_noted(evidence), 1)
    ]
    if not rows:
        return [Text(kind="note", text="出来事の記録（広報、サイトの改修、障害など）はありません。")]
    columns = (
        Column(key="number", label="番号"),
        Column(key="day", label="日付"),
        Column(key="kind", label="種類"),
        Column(key="text", label="内容"),
    )
    return [table("annotations", "数値に関係する出来事（手で記録したもの）", columns, rows)]


def _noted(evidence: Evidence) -> list[Annotation]:
    since = fiscal.first_day(evidence.fy - 1)
    return [a for a in evidence.annotations if since <= a.day <= evidence.as_of]
