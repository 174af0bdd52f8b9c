"""Section 1, 結論: two cards and one sentence each.  Shared wording for a KPI's state lives here too."""

from __future__ import annotations

import datetime as dt

from pipelines import fiscal
from pipelines.report import kpi, numbers
from pipelines.report.evidence import Evidence
from pipelines.report.paper import Block, Card, Column, Figure, Section, Text, figure, table
from pipelines.report.projection import NONE, Projection, in_words
from pipelines.report.standing import SAMPLES_ONLY, Standing


def section(evidence: Evidence, standings: tuple[Standing, ...]) -> Section:
    """The one-page conclusion."""
    cards = [card(evidence, s) for s in standings]
    blocks: list[Block] = []
    if cards:
        blocks.append(_table(cards))
    blocks.append(
        Text(
            kind="note",
            text="進捗率は（実績－基準値）÷（目標値－基準値）で、基準値のとき0％です。達成率は 実績÷目標値で、"
            "基準値の時点ですでに高い値になるため、進捗率を先に示します。判定（案）は参考経路に対するいまの位置、見込みはいまの伸びが"
            "目標年度まで続いた場合です。いまの位置がよくても、伸びが足りなければ見込みは厳しくなります。決めるのは会議です。",
        )
    )
    return Section(
        id="summary", number=1, title="結論", question="目標に届くか",
        answer=_answer(standings), blocks=tuple(blocks),
    )  # fmt: skip


SHORT = ("level", "target", "progress", "change", "delay", "projection")


def _answer(standings: tuple[Standing, ...]) -> str:
    """Both KPIs in a breath; the cards hold the sentences."""
    if not standings:
        return "目標値が設定されていません。"
    return "".join(f"{s.target.title}は、{_course(s)}。" for s in standings)


def _course(s: Standing) -> str:
    """Where it stands, and whether the target comes within reach: two things that may differ."""
    letter, words = s.grade
    if s.progress is None:
        return s.empty
    p = s.at_target
    year = f"{fiscal.short(s.target.target_fy)}年度"
    if p.point is None:
        return f"いまの位置は判定案{letter}（{words}）、{year}の予測はできません（データ不足）"
    short = (numbers.rounded(s.target.target) or 0) - (numbers.rounded(p.point) or 0)
    ahead = f"目標に{short:,}{s.target.unit}届かない見込み" if short > 0 else "目標に届く見込み"
    return (
        f"いまの位置は判定案{letter}（{words}）、このままでは{year}の{ahead}です"
        if short > 0
        else (f"いまの位置は判定案{letter}（{words}）、このままなら{year}の{ahead}です")
    )


def warnings(evidence: Evidence) -> list[str]:
    """What a reader must know before any number: sample content, samples not counted, no data."""
    found = []
    if evidence.synthetic:
        found.append("このアクセス数は見本（架空のデータ）です。市の実績ではありません。")
    if evidence.samples and not evidence.datasets:
        found.append(
            f"カタログにあるのは見本のデータセット{len(evidence.samples)}件（他市の公開データなど）だけです。"
            "市のデータセットはまだ計測されていないため、公開数のKPIには数えていません。"
        )
    elif evidence.samples:
        found.append(
            f"見本のデータセット{len(evidence.samples)}件（他市の公開データ）は、公開数のKPIに数えていません。"
        )
    return found


def card(evidence: Evidence, standing: Standing) -> Card:
    """One KPI at a glance."""
    letter, words = standing.grade
    return Card(
        kpi=standing.target.kpi,
        title=standing.target.title,
        headline=headline(standing),
        grade=letter,
        grade_text=words,
        state=state(standing),
        sentence=sentence(evidence, standing),
        figures=tuple(_figures(standing)),
        shown=SHORT if standing.kind == kpi.FLOW else SHORT[1:],
    )


def headline(standing: Standing) -> Figure:
    """The year's figure so far, or the count of the day."""
    label = f"{fiscal.short(standing.fy)}年度の実績" if standing.kind == kpi.FLOW else "公開数"
    if standing.kind == kpi.FLOW and standing.as_of < fiscal.last_day(standing.fy):
        label += f"（{span(standing)}）"
    none = f"{SAMPLES_ONLY}（{standing.samples}件）" if standing.empty == SAMPLES_ONLY else standing.empty
    return figure("value", label, standing.value, standing.target.unit, none=none)


def span(standing: Standing) -> str:
    """4月1日～11月22日."""
    return f"4月1日～{standing.as_of.month}月{standing.as_of.day}日"


def state(standing: Standing) -> str:
    """確定 or 速報, with the missing days; 未計測 where nothing is known."""
    if standing.value is None:
        return standing.empty
    missing = f"・欠測{len(standing.missing)}日（0とは数えません）" if standing.missing else ""
    return ("確定" if standing.final else "速報") + missing


def level_label(standing: Standing) -> str:
    """What the progress is judged by, in words."""
    if standing.kind == kpi.STOCK or standing.level_on is None:
        return "公開数"
    if standing.rolling:
        start = fiscal.shift(fiscal.month_of(standing.level_on), -11)
        return f"直近12か月（{fiscal.month_label(start)}～{fiscal.month_label(fiscal.month_of(standing.level_on))}）"
    return f"{fiscal.label(fiscal.fiscal_year(standing.level_on))}の合計"


def _figures(s: Standing) -> list[Figure]:
    unit, target = s.target.unit, s.target
    rate, done, change = (None if v is None else v * 100 for v in (s.progress, s.achievement, s.change))
    found = [
        figure("level", "判定に使う値", s.level, unit, none=s.empty, note="" if s.level is None else level_label(s)),
        figure("target", f"目標値（{fiscal.short(target.target_fy)}年度）", target.target, unit),
        figure("base", f"基準値（{fiscal.short(target.base_fy)}年度）", target.base, unit),
        figure("progress", "進捗率", rate, "％", 1),
        figure("achievement", "達成率（参考）", done, "％", 1),
        figure("reference", f"{fiscal.short(s.fy)}年度末の参考経路（按分値）", s.reference, unit, 1),
        figure("change", "前年度比", change, "％", 1, signed=True, note=s.compared_how if change is not None else ""),
        _delay(s),
        figure("pace-needed", f"必要ペース（{_goal(s)}）", s.pace.needed, s.pace.unit_text, 2),
        figure("pace-actual", f"実績ペース（{_base(s)}）", s.pace.actual, s.pace.unit_text, 2),
        _projected(s),
    ]
    if s.kind == kpi.FLOW:
        found += [
            figure("covered", "計測できた日数", s.covered, "日"),
            figure("missing", "欠測日数", None if s.value is None else len(s.missing), "日", none=s.empty),
        ]
    return found


def _projected(s: Standing) -> Figure:
    """The projection for the target year."""
    p = s.at_target
    label = f"このままなら（{fiscal.short(s.target.target_fy)}年度）"
    note = "" if p.low is None or p.high is None else f"幅 {_range(p)}"
    return figure("projection", label, p.point, s.target.unit, none="予測なし", note=note)


def _range(p: Projection) -> str:
    return f"{numbers.written(p.low)}～{numbers.written(p.high)}件"


def _goal(s: Standing) -> str:
    if s.kind == kpi.STOCK or s.fy >= s.target.target_fy:
        return f"{fiscal.short(s.target.target_fy)}年度の目標まで"
    return f"{fiscal.short(s.fy)}年度の参考経路まで"


def _base(s: Standing) -> str:
    return "直近12か月の平均" if s.kind == kpi.STOCK else "計測できた日の平均"


def _delay(s: Standing) -> Figure:
    """Months behind (positive) or ahead, as one figure whose text says which."""
    found = figure("delay", "参考経路との差", s.delay, "か月", 1)
    if found.value is None:
        return found
    months = numbers.written(abs(found.value), 1, "か月")
    words = f"{months}の遅れ" if found.value > 0 else f"{months}の先行" if found.value < 0 else "参考経路どおり"
    note = "" if s.level_on is None else f"{day_text(s.level_on)}時点"
    return Figure(key="delay", label=found.label, value=found.value, unit="か月", digits=1, text=words, note=note)


def day_text(day: dt.date) -> str:
    """令和8年10月31日."""
    return fiscal.wareki(day)


def sentence(evidence: Evidence, s: Standing) -> str:
    """The conclusion in one sentence."""
    title = f"「{s.target.title}」は、"
    goal = numbers.written(s.target.target, 0, s.target.unit)
    if s.empty == SAMPLES_ONLY:
        return f"{title}見本のデータセットしかないため、目標{goal}に対する進み具合を判定できません。"
    if s.level is None:
        return f"{title}基準年度の後の実績が{numbers.MISSING}のため、目標{goal}に届くかを判定できません。"
    letter, words = s.grade
    rate = numbers.written(s.progress and s.progress * 100, 1, "％")
    level = numbers.written(s.level, 0, s.target.unit)
    on = f"（{level_label(s)}）" if s.kind == kpi.FLOW else ""
    place = f"目標{goal}への進捗率は{rate}、{_delay(s).text}です（判定案 {letter} {words}）。"
    return f"{title}{level}{on}で、{place}{hope(s)}"


def hope(s: Standing) -> str:
    """What the projection says of the target, in words."""
    p = s.at_target
    if p.method == NONE:
        return "予測なし（データ不足）。"
    if p.likelihood is None:
        return shortfall(s, p)
    return f"{shortfall(s, p)}目標に届く見込みは「{in_words(p.likelihood)}」です。"


def shortfall(s: Standing, p: Projection) -> str:
    """このままなら R9年度は n件、目標まで c件不足."""
    if p.point is None:
        return "予測なし（データ不足）。"
    point, goal = numbers.rounded(p.point) or 0, numbers.rounded(s.target.target) or 0
    rest = f"目標まで{goal - point:,}件不足" if point < goal else "目標に届く計算"
    width = ""
    if p.low is not None and p.high is not None:
        name = "8割の幅" if p.likelihood is not None else "幅"
        width = f"（{name} {_range(p)}）"
    return f"このままなら{fiscal.short(p.fy)}年度は{point:,}{s.target.unit}{width}で、{rest}です。"


def _table(cards: list[Card]) -> Block:
    columns = (Column(key="item", label="項目"), *(Column(key=c.kpi, label=c.title) for c in cards))
    keys = [f.key for f in cards[0].figures if all(f.key in [x.key for x in c.figures] for c in cards)]
    rows: list[tuple[str | float | int | None, ...]] = [("実績", *(c.headline.text for c in cards))]
    labels = {
        "level": "判定に使う値",
        "target": "目標値",
        "base": "基準値",
        "reference": "今年度末の参考経路（按分値）",
        "pace-needed": "必要ペース",
        "pace-actual": "実績ペース",
    }
    for key in keys:
        first = cards[0].figure(key)
        rows.append((labels.get(key, first.label), *(c.figure(key).text for c in cards)))
    rows += [
        ("判定（案）", *(f"{c.grade} {c.grade_text}" for c in cards)),
        ("数値の状態", *(c.state for c in cards)),
    ]
    return table("kpi", "指標の一覧", columns, rows)
