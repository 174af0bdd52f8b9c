"""Section 9, 付表・データ: every month and every dataset, where the data is, and the words explained."""

from __future__ import annotations

from pipelines import fiscal
from pipelines.report.causes import shown_title
from pipelines.report.evidence import Evidence
from pipelines.report.paper import Block, Cell, Column, Items, Section, Text, table

GLOSSARY = (
    ("アクセス件数", "カタログサイトの利用を数えた件数。何を数えるかは「数え方」の系列による"),
    ("ページビュー", "人がページを開いた回数。ロボット、庁内、30秒以内の二度押しは除く"),
    ("データ取得", "データそのもののダウンロードやAPIでの取得。人と機械を分けて数える"),
    ("機械アクセス", "プログラムによる利用。利用の一つの形だが、ページビューには数えない"),
    ("データセット", "一つの題名で公開するデータのまとまり。中に一つ以上のファイル（リソース）がある"),
    ("参考経路（按分値）", "基準値から目標値までを直線で結んだ目安。計画の目標値ではない"),
    ("進捗率", "（実績－基準値）÷（目標値－基準値）。基準値で0％、目標値で100％"),
    ("達成率", "実績÷目標値。基準値の時点ですでに高いので、進捗率と並べて見る"),
    ("速報・確定", "速報は後から変わることがある。確定した値を変えるときは、訂正として記録する"),
    ("欠測", "数えられなかった日。0件とは違う"),
    ("見本", "この仕組みを試すために入れた、他市の公開データ。市の実績ではない"),
)


def section(evidence: Evidence) -> Section:
    """Annex tables, files, glossary."""
    blocks: list[Block] = [*_months(evidence), *_datasets(evidence)]
    blocks.append(
        Text(
            text="同じ数値を、CSV・JSON・Excel（xlsx）・Word（docx）でも出力しています。数値はすべての形式で同じです。"
        )
    )
    blocks.append(Items(title="ことばの説明", items=tuple(f"{word}：{meaning}" for word, meaning in GLOSSARY)))
    return Section(
        id="annex", number=9, title="付表・データ", question="元の数値はどこにあるか",
        answer="月ごとの値、データセットの一覧、ことばの説明です。", blocks=tuple(blocks),
    )  # fmt: skip


def _months(evidence: Evidence) -> list[Block]:
    """Every month of the official series that has a value or a gap since its first value."""
    view = evidence.official
    if view is None:
        return []
    known = [m for m in sorted(view.months) if view.months[m].value is not None]
    if not known:
        return [Text(kind="note", text="月ごとのアクセス件数は、まだ計測されていません。")]
    columns = (
        Column(key="month", label="月"),
        Column(key="fy", label="年度"),
        Column(key="value", label="アクセス件数", unit="件", digits=0, empty="未計測"),
        Column(key="covered", label="計測日数", unit="日", digits=0),
        Column(key="missing", label="欠測日数", unit="日", digits=0),
        Column(key="source", label="出どころ"),
    )
    rows: list[tuple[Cell, ...]] = []
    for month in (m for m in sorted(view.months) if m >= known[0]):
        total = view.months[month]
        origin = "、".join(total.sources) + ("（公表値の差）" if total.derived else "")
        name = f"{month[0]}-{month[1]:02d}"
        rows.append(
            (name, fiscal.short(fiscal.month_fy(month)), total.value, total.covered_days, total.missing_days, origin)
        )
    return [table("annex-months", f"月ごとのアクセス件数（{view.series.name}）", columns, rows, annex=True)]


def _datasets(evidence: Evidence) -> list[Block]:
    everything = (*evidence.datasets, *evidence.uncounted, *evidence.samples)
    if not everything:
        return []
    columns = (
        Column(key="dataset", label="名前（ID）"),
        Column(key="title", label="題名"),
        Column(key="department", label="部局"),
        Column(key="counted", label="KPI"),
        Column(key="resources", label="ファイル", unit="個", digits=0),
        Column(key="frequency", label="更新頻度"),
        Column(key="freshness", label="鮮度"),
        Column(key="licence", label="ライセンス"),
    )
    counted = {d.dataset for d in evidence.datasets}
    rows: list[tuple[Cell, ...]] = []
    for d in everything:
        quality = evidence.qualities.get(d.dataset)
        kpi = "数える" if d.dataset in counted else "数えない（見本）" if d.sample else f"数えない（{d.reason}）"
        rows.append(
            (
                d.dataset,
                shown_title(d.title, d.sample),
                evidence.department(d.organization),
                kpi,
                d.resources,
                d.frequency or "未設定",
                quality.freshness if quality else "未計測",
                d.licence or "サイトの利用規約による",
            )
        )
    day = evidence.snapshot_day.isoformat() if evidence.snapshot_day else ""
    return [table("annex-datasets", f"データセットの一覧（{day}時点）", columns, rows, annex=True)]
