"""Section 4, 要因: which datasets rose and fell, people and machines, what came and went."""

from __future__ import annotations

from collections import Counter

from pipelines import fiscal
from pipelines.model import AccessClass, AccessDay
from pipelines.report import numbers
from pipelines.report.evidence import USAGE_DAYS, Evidence
from pipelines.report.paper import Block, Cell, Chart, Column, Section, Stroke, Text, table

TOP = 5
CLASSES = {
    AccessClass.REGULAR: "人（ふつうの利用）",
    AccessClass.MACHINE: "機械（プログラム・API）",
    AccessClass.AI_AGENT: "AIの代理アクセス",
    AccessClass.ROBOT: "検索ロボット（KPIに含めない）",
    AccessClass.INTERNAL: "庁内（KPIに含めない）",
}
EVENTS = {"added": "追加", "removed": "削除", "restored": "復活", "renamed": "名称変更"}


def section(evidence: Evidence) -> Section:
    """Why the numbers moved."""
    blocks: list[Block] = []
    moved = movements(evidence)
    if evidence.usage:
        blocks += _moved(evidence, moved)
        blocks.append(_classes(evidence))
    else:
        text = "データセットごとのアクセスは、まだ計測されていません。要因は示せません。"
        blocks.append(Text(kind="note", text=text))
    blocks += _events(evidence)
    return Section(
        id="causes",
        number=4,
        title="要因",
        question="なぜ動いたか",
        answer=_answer(evidence, moved),
        blocks=tuple(blocks),
    )


def views_by_dataset(rows: tuple[AccessDay, ...]) -> Counter[str]:
    """Page views by people of each dataset."""
    found: Counter[str] = Counter()
    for row in rows:
        if row.dataset and row.access_class is AccessClass.REGULAR:
            found[row.dataset] += row.page_views
    return found


def requests_by_dataset(rows: tuple[AccessDay, ...]) -> Counter[str]:
    """Data retrievals of each dataset, people and machines together."""
    found: Counter[str] = Counter()
    for row in rows:
        if row.dataset and row.access_class in (AccessClass.REGULAR, AccessClass.MACHINE):
            found[row.dataset] += row.requests
    return found


def titles(evidence: Evidence) -> dict[str, str]:
    """Slug → title, with 【見本】 before every sample's."""
    everything = (*evidence.datasets, *evidence.uncounted, *evidence.samples)
    return {d.dataset: shown_title(d.title, d.sample) for d in everything}


def shown_title(title: str, sample: bool) -> str:
    """A sample is marked wherever it shows."""
    return f"【見本】{title}" if sample else title


def movements(evidence: Evidence) -> list[tuple[str, int, int]]:
    """(dataset, page views now, before), largest rise first; empty where the covered days differ by over 5 %."""
    now, before = views_by_dataset(evidence.usage), views_by_dataset(evidence.usage_before)
    if not before or abs(evidence.usage_days - evidence.usage_days_before) > 0.05 * evidence.usage_days:
        return []
    pairs = [(name, now[name], before[name]) for name in sorted(set(now) | set(before))]
    return sorted(pairs, key=lambda p: (p[2] - p[1], p[0]))


def _answer(evidence: Evidence, moved: list[tuple[str, int, int]]) -> str:
    if not evidence.usage:
        return "データセットごとのアクセスが未計測のため、要因は示せません。"
    named = titles(evidence)
    rising = [f"「{named.get(n, n)}」（{now - before:+,}件）" for n, now, before in moved if now > before][:2]
    falling = [f"「{named.get(n, n)}」（{now - before:+,}件）" for n, now, before in moved[::-1] if now < before][:2]
    grown = f"増えたのは{'、'.join(rising)}。" if rising else ""
    shrunk = f"減ったのは{'、'.join(falling)}。" if falling else ""
    return f"{grown}{shrunk}" or "データセットごとの目立った増減はありません。"


def _moved(evidence: Evidence, moved: list[tuple[str, int, int]]) -> list[Block]:
    named = titles(evidence)
    if not moved:
        return [_most_used(evidence, named)]
    chosen = [m for m in moved if m[1] > m[2]][:TOP] + [m for m in moved if m[1] < m[2]][-TOP:]
    columns = (
        Column(key="dataset", label="データセット"),
        Column(key="now", label=f"直近{USAGE_DAYS}日", unit="件", digits=0),
        Column(key="before", label=evidence.usage_compared, unit="件", digits=0),
        Column(key="change", label="増減", unit="件", digits=0, signed=True),
    )
    rows: list[tuple[Cell, ...]] = [(named.get(n, n), now, before, now - before) for n, now, before in chosen]
    days = f"直近{evidence.usage_days}日、{evidence.usage_compared}のうち{evidence.usage_days_before}日"
    note = f"人による閲覧（ページビュー）。計測できた日数は{days}。"
    found = table("movements", "閲覧が増えた・減ったデータセット", columns, rows, note)
    chart = Chart(
        id="chart-movements", kind="movements", title="閲覧の増減（上位・下位）",
        summary="右に伸びる棒が増加、左に伸びる棒が減少。" + note, table="movements",
        strokes=(Stroke(column="change", label="増減", kind="bar"),), y_title="件", height=44 * len(rows),
    )  # fmt: skip
    return [chart, found, _most_used(evidence, named)]


def _most_used(evidence: Evidence, named: dict[str, str]) -> Block:
    views, requests = views_by_dataset(evidence.usage), requests_by_dataset(evidence.usage)
    ranked = sorted(set(views) | set(requests), key=lambda n: (-views[n], -requests[n], n))[: TOP * 2]
    columns = (
        Column(key="dataset", label="データセット"),
        Column(key="views", label="閲覧（人）", unit="件", digits=0),
        Column(key="requests", label="データ取得（人と機械）", unit="件", digits=0),
    )
    rows: list[tuple[Cell, ...]] = [(named.get(n, n), views[n], requests[n]) for n in ranked]
    caption = f"よく使われたデータセット（直近{USAGE_DAYS}日、計測{evidence.usage_days}日）"
    return table("most-used", caption, columns, rows)


def _classes(evidence: Evidence) -> Block:
    counted: dict[AccessClass, list[int]] = {kind: [0, 0, 0] for kind in CLASSES}
    for row in evidence.usage:
        for at, value in enumerate((row.page_views, row.requests, row.api_calls)):
            counted[row.access_class][at] += value
    columns = (
        Column(key="class", label="だれが"),
        Column(key="views", label="ページビュー", unit="件", digits=0),
        Column(key="requests", label="データ取得", unit="件", digits=0),
        Column(key="api", label="API呼出し", unit="件", digits=0),
    )
    rows: list[tuple[Cell, ...]] = [(CLASSES[kind], *counted[kind]) for kind in CLASSES if any(counted[kind])]
    return table("classes", f"人と機械の別（直近{USAGE_DAYS}日、計測{evidence.usage_days}日）", columns, rows)


def _events(evidence: Evidence) -> list[Block]:
    """Added and removed datasets of the fiscal year; the first snapshot's "additions" are its start, not growth."""
    samples = {d.dataset for d in evidence.samples}
    start = (evidence.first_snapshot, "added")
    later = [e for e in evidence.events if (e.day, e.event) != start and fiscal.fiscal_year(e.day) == evidence.fy]
    blocks: list[Block] = []
    if evidence.first_snapshot and fiscal.fiscal_year(evidence.first_snapshot) == evidence.fy:
        blocks.append(Text(kind="note", text=_beginning(evidence)))
    if not later:
        blocks.append(Text(text="計測開始後に、追加・削除されたデータセットはありません。"))
        return blocks
    columns = (
        Column(key="day", label="日付"),
        Column(key="event", label="できごと"),
        Column(key="title", label="データセット"),
        Column(key="department", label="部局"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            e.day.isoformat(),
            EVENTS.get(e.event, e.event),
            shown_title(e.title or e.dataset, e.dataset in samples),
            evidence.department(e.organization),
        )
        for e in later
    ]
    blocks.append(table("events", f"{fiscal.label(evidence.fy)}に追加・削除されたデータセット", columns, rows))
    return blocks


def _beginning(evidence: Evidence) -> str:
    first = evidence.counts[0]
    city = numbers.written(first.city, 0, "件")
    return (
        f"公開数の計測は{fiscal.wareki(first.day)}に始まりました（市{city}、見本{first.sample}件）。"
        "それより前の公開数は、カタログからは復元できません。"
    )
