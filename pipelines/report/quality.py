"""Section 5, データセットの充実: does the number have substance?  It never replaces the KPI, a plain count."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter, defaultdict
from dataclasses import replace

from pipelines import fiscal
from pipelines.gateways.measurement_records import QualityDay
from pipelines.model import DatasetDay
from pipelines.report import numbers
from pipelines.report.advice import published_standards, standards
from pipelines.report.causes import shown_title
from pipelines.report.evidence import Evidence
from pipelines.report.paper import Block, Cell, Chart, Column, Section, Stroke, Table, Text, table

MQA_FULL = 405
FRESHNESS = ("最新", "更新時期", "遅れ", "長期未更新", "頻度未設定")
RATINGS = ((351, "Excellent（優）"), (221, "Good（良）"), (121, "Sufficient（可）"), (0, "Bad（不十分）"))
ADDED_SHOWN = 20


def section(evidence: Evidence) -> Section:
    """Substance, freshness, coverage, departments, and signs of padding."""
    shown = shown_datasets(evidence)
    if not shown:
        empty = Text(kind="note", text="データセットの計測はまだありません。")
        return _section("データセットが未計測のため、充実度は示せません。", (empty,))
    blocks: list[Block] = []
    if not evidence.datasets:
        blocks.append(Text(kind="warning", text="以下はすべて見本のデータセットの値です。"))
    blocks += [_measures(evidence, shown), _departments(evidence)]
    blocks += _freshness(evidence, shown)
    blocks += _stars(evidence, shown)
    blocks += _padding(evidence, shown)
    blocks.append(_listing(evidence))
    return _section(_answer(evidence, shown), tuple(_marked(b, not evidence.datasets) for b in blocks))


def _marked(block: Block, sample: bool) -> Block:
    """A table of nothing but samples says so in its caption."""
    return replace(block, sample=True) if sample and isinstance(block, Table) else block


def _section(answer: str, blocks: tuple[Block, ...]) -> Section:
    return Section(
        id="quality", number=5, title="データセットの充実", question="数は中身を伴うか", answer=answer, blocks=blocks
    )


def shown_datasets(evidence: Evidence) -> tuple[DatasetDay, ...]:
    """The city's own datasets; only where there are none, the samples (and the section says so)."""
    return evidence.datasets or evidence.samples


def _qualities(evidence: Evidence, shown: tuple[DatasetDay, ...]) -> list[QualityDay]:
    return [evidence.qualities[d.dataset] for d in shown if d.dataset in evidence.qualities]


def rating(points: int) -> str:
    """The MQA's own rating words for points of 405."""
    return next(words for floor, words in RATINGS if points >= floor)


def _median_points(found: list[QualityDay]) -> float | None:
    points = [q.mqa_points for q in found if q.mqa_points is not None]
    return float(statistics.median(points)) if points else None


def _answer(evidence: Evidence, shown: tuple[DatasetDay, ...]) -> str:
    found = _qualities(evidence, shown)
    who = "" if evidence.datasets else "見本の"
    solid = [q.substantial for q in found if q.substantial is not None]
    text = f"{who}{len(shown)}件のうち、「実質」（オープンなライセンスで、機械で読めるデータに届くもの）は"
    text += f"{sum(solid)}件（確認できた{len(solid)}件中）。" if solid else "未確認。"
    late = sum(q.freshness in ("遅れ", "長期未更新") for q in found)
    return text + (f"更新が遅れているものは{late}件。" if found else "")


def _measures(evidence: Evidence, shown: tuple[DatasetDay, ...]) -> Block:
    found = _qualities(evidence, shown)
    solid = [q.substantial for q in found if q.substantial is not None]
    broken = [q.links_bad for q in found if q.links_bad is not None]
    median = _median_points(found)
    year = [e for e in evidence.events if fiscal.fiscal_year(e.day) == evidence.fy]
    events = Counter(e.event for e in year if e.day != evidence.first_snapshot)
    covered, total = len(published_standards(shown)), len(standards())
    rows: list[tuple[Cell, ...]] = [
        ("公開数", len(shown), "件", f"{_as_of(evidence)}時点"),
        ("追加（計測開始後・今年度）", events["added"] + events["restored"], "件", ""),
        ("削除（計測開始後・今年度）", events["removed"], "件", ""),
        ("うち「実質」", sum(solid) if solid else None, "件", f"確認できた{len(solid)}件中"),
        ("メタデータ充実度（中央値）", None if median is None else median / MQA_FULL * 100, "／100",
         _points(median)),
        ("リンク切れ", sum(broken) if broken else None, "件", "" if broken else "未検査"),
        ("自治体標準データセットの網羅", covered, "種類", f"{total}種類中（スキーマを宣言したものだけ）"),
    ]  # fmt: skip
    columns = (
        Column(key="measure", label="ものさし"),
        Column(key="value", label="値", digits=0, empty="未計測"),
        Column(key="unit", label="単位"),
        Column(key="note", label="説明"),
    )
    return table("measures", "充実度のものさし（KPIそのものではありません）", columns, rows)


def _points(median: float | None) -> str:
    """What stands behind the 充実度: the MQA's own points; conformance to DCAT-AP is never awarded unchecked."""
    if median is None:
        return ""
    return f"MQA {numbers.written(median)}／{MQA_FULL}点・{rating(int(median))}。DCAT-AP 未検査（0点）"


def _as_of(evidence: Evidence) -> str:
    return fiscal.wareki(evidence.snapshot_day or evidence.as_of)


def _departments(evidence: Evidence) -> Block:
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for at, rows in enumerate((evidence.datasets, evidence.samples, evidence.uncounted)):
        for d in rows:
            counted[evidence.department(d.organization)][at] += 1
    ranked = sorted(counted.items(), key=lambda item: (-item[1][0], -item[1][1], item[0]))
    columns = (
        Column(key="department", label="部局"),
        Column(key="city", label="公開数（KPI）", unit="件", digits=0),
        Column(key="sample", label="見本（数えない）", unit="件", digits=0),
        Column(key="uncounted", label="定義により数えない", unit="件", digits=0),
    )
    cells: list[tuple[Cell, ...]] = [(name, *numbers_) for name, numbers_ in ranked]
    sums = [sum(v[at] for v in counted.values()) for at in range(3)]
    return table("departments", "部局別の公開数", columns, [*cells, ("計", *sums)])


def _freshness(evidence: Evidence, shown: tuple[DatasetDay, ...]) -> list[Block]:
    found = Counter(q.freshness for q in _qualities(evidence, shown))
    if not found:
        return [Text(kind="note", text="鮮度（更新の遅れ）は、まだ計測されていません。")]
    rows: list[tuple[Cell, ...]] = [(label, found[label]) for label in FRESHNESS]
    columns = (Column(key="freshness", label="鮮度"), Column(key="count", label="件数", unit="件", digits=0))
    made = table("freshness", "鮮度：決めた更新頻度どおりに更新されているか", columns, rows)
    chart = Chart(
        id="chart-freshness", kind="bars", title="鮮度",
        summary="、".join(f"{k}{found[k]}件" for k in FRESHNESS) + "。", table="freshness",
        strokes=(Stroke(column="count", label="件数", kind="bar"),), y_title="件", height=190,
    )  # fmt: skip
    return [chart, made]


def _stars(evidence: Evidence, shown: tuple[DatasetDay, ...]) -> list[Block]:
    stars = Counter(q.stars for q in _qualities(evidence, shown) if q.stars is not None)
    if not stars:
        return []
    rows: list[tuple[Cell, ...]] = [("★" * n if n else "星なし", stars[n]) for n in range(5, -1, -1)]
    columns = (Column(key="stars", label="5つ星"), Column(key="count", label="件数", unit="件", digits=0))
    note = "★1 PDFなど／★2 Excelなど／★3 CSV・JSONなど／★4 RDF／★5 リンクするデータ。ライセンスが不明なら星なし。"
    return [table("stars", "オープンデータの5つ星", columns, rows, note)]


def _padding(evidence: Evidence, shown: tuple[DatasetDay, ...]) -> list[Block]:
    """Signs that the count grew without content; stated as facts, the KPI is not changed by them."""
    found = {q.dataset: q for q in _qualities(evidence, shown)}
    families = Counter(q.family for q in found.values() if q.family)
    split = {name: n for name, n in families.items() if n > 1}
    merged = sum(split.values()) - len(split)
    empty = [d for d in shown if (q := found.get(d.dataset)) and q.empty]
    resources = sum(d.resources for d in shown)
    rows: list[tuple[Cell, ...]] = [
        ("年度などで分けて公開しているもの", sum(split.values()), f"統合すると{len(shown) - merged}件"),
        ("中身が空のデータセット", len(empty), "、".join(shown_title(d.title, d.sample) for d in empty[:3])),
        ("リソース（ファイル）の数", resources, f"1データセットあたり{numbers.written(resources / len(shown), 1)}個"),
    ]
    columns = (
        Column(key="sign", label="見るところ"),
        Column(key="count", label="件数", unit="件", digits=0),
        Column(key="note", label="説明"),
    )
    return [table("padding", "数だけが増えていないか", columns, rows)]


def _listing(evidence: Evidence) -> Block:
    """What was added: the newest datasets by the day they first appeared, samples marked."""
    first: dict[str, dt.date] = {}
    for event in evidence.events:
        if event.event in ("added", "restored"):
            first[event.dataset] = event.day
    everything = (*evidence.datasets, *evidence.samples)
    ranked = sorted(everything, key=lambda d: (-(first.get(d.dataset) or dt.date.min).toordinal(), d.sample, d.dataset))
    columns = (
        Column(key="title", label="データセット"),
        Column(key="department", label="部局"),
        Column(key="added", label="追加日（計測）"),
        Column(key="resources", label="ファイル", unit="個", digits=0),
        Column(key="formats", label="形式"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            shown_title(d.title, d.sample),
            evidence.department(d.organization),
            _first(evidence, first.get(d.dataset)),
            d.resources,
            "・".join(d.formats),
        )
        for d in ranked[:ADDED_SHOWN]
    ]
    more = f"ほかに{len(ranked) - ADDED_SHOWN}件あります（付表）。" if len(ranked) > ADDED_SHOWN else ""
    return table("added", "カタログにあるデータセット（新しいものから）", columns, rows, more)


def _first(evidence: Evidence, day: dt.date | None) -> str:
    if day is None or day == evidence.first_snapshot:
        return "計測開始時から"
    return day.isoformat()
