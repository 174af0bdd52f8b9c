"""Section 6, 改善策の候補: cheapest fixes, what nobody uses, what is overdue, what could be published next."""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines import fiscal
from pipelines.model import DatasetDay
from pipelines.report import kpi
from pipelines.report.causes import requests_by_dataset, shown_title, views_by_dataset
from pipelines.report.evidence import USAGE_DAYS, Evidence
from pipelines.report.paper import Block, Cell, Column, Section, Text, table
from pipelines.report.standing import Standing

FIXES, UNUSED, CANDIDATES = 3, 10, 20
ENOUGH_DAYS = 30
EFFORT = {1: "小", 2: "中", 3: "大"}
_POINTS = re.compile(r"\s*[（(]\+(\d+)[^）)]*[）)]\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A dataset a city could publish: of the national standard (``number``), or one that ``peers`` publish.

    ``effort`` 1–3 is our own estimate; ``match`` are the words by which a published title is recognised.
    """

    title: str
    standard: str | None
    number: int | None
    match: tuple[str, ...]
    peers: tuple[str, ...]
    effort: int
    effort_reason: str


@functools.cache
def candidates() -> tuple[Candidate, ...]:
    """The product's own list, ranked: least effort first, then how many cities publish it, standards before others."""
    document = json.loads((Path(__file__).parent / "candidates.json").read_text(encoding="utf-8"))
    found = [Candidate(**{**c, "match": tuple(c["match"]), "peers": tuple(c["peers"])}) for c in document["candidates"]]
    return tuple(sorted(found, key=lambda c: (c.effort, -len(c.peers), c.number is None, c.number or 0, c.title)))


def standards() -> tuple[Candidate, ...]:
    """The 31 national standard datasets."""
    return tuple(c for c in candidates() if c.number is not None)


def published_standards(datasets: Iterable[DatasetDay]) -> frozenset[str]:
    """Titles of the standard datasets in the catalogue, by declared schema only: a similar title proves nothing."""
    declared = {d.standard for d in datasets if d.standard}
    return frozenset(c.title for c in standards() if declared & {c.standard, c.title, str(c.number)})


def open_candidates(datasets: Iterable[DatasetDay]) -> tuple[Candidate, ...]:
    """Candidates that the catalogue does not have yet, neither by declared schema nor by title."""
    shown = tuple(datasets)
    declared = published_standards(shown)
    names = "\n".join(_folded(d.title) for d in shown)  # one text: a folded word never holds a line's end
    return tuple(
        c for c in candidates() if c.title not in declared and not any(_folded(word) in names for word in c.match)
    )


def _folded(text: str) -> str:
    """For comparing titles only: width, case and spaces do not matter."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def section(evidence: Evidence, standings: tuple[Standing, ...]) -> Section:
    """What to do next, in the order of least effort."""
    found = open_candidates(evidence.datasets)
    blocks: list[Block] = [_candidates(evidence, found), *_pipeline(evidence, standings), *_fixes(evidence)]
    blocks += [*_unused(evidence), *_wanted(evidence), *_overdue(evidence)]
    return Section(
        id="advice", number=6, title="改善策の候補", question="何をすればよいか",
        answer=_answer(standings, found), blocks=tuple(blocks),
    )  # fmt: skip


def _answer(standings: tuple[Standing, ...], found: tuple[Candidate, ...]) -> str:
    stock = next((s for s in standings if s.kind == kpi.STOCK), None)
    easy = [c.title for c in found if c.effort == 1]
    need = ""
    if stock is not None and stock.value is not None and stock.value < stock.target.target:
        need = f"目標までにあと{int(stock.target.target - stock.value)}件必要です。"
    names = f"（{'、'.join(easy[:3])}など）" if easy else ""
    return f"{need}まだ公開していない候補は{len(found)}件、うち手間が小さいものは{len(easy)}件{names}です。"


def _candidates(evidence: Evidence, found: tuple[Candidate, ...]) -> Block:
    columns = (
        Column(key="rank", label="順"),
        Column(key="title", label="データセットの候補"),
        Column(key="standard", label="国の標準"),
        Column(key="effort", label="手間（目安）"),
        Column(key="peers", label="公開を確認した自治体の数", digits=0),
        Column(key="reason", label="理由"),
    )
    rows: list[tuple[Cell, ...]] = [
        (str(rank), c.title, _standard(c), EFFORT[c.effort], len(c.peers), c.effort_reason)
        for rank, c in enumerate(found[:CANDIDATES], 1)
    ]
    note = (
        "手間が小さい順、次に公開している自治体が多い順（需要の目安）。手間は当方の見積りです。"
        f"自治体の数は確認できた範囲で、網羅ではありません。候補は全部で{len(found)}件あります。"
    )
    if evidence.samples:
        note += "見本のデータセットは、公開済みとは数えていません。"
    return table("candidates", "公開の候補（目標件数に向けて）", columns, rows, note)


def _standard(candidate: Candidate) -> str:
    return f"標準 No.{candidate.number}" if candidate.number else "―"


def _pipeline(evidence: Evidence, standings: tuple[Standing, ...]) -> list[Block]:
    """Releases that a department has promised with a date: they beat any model."""
    planned = [a for a in evidence.actions if a.planned and not a.done]
    if not planned:
        text = "公開予定として登録された行動目標はありません。登録すると、予測と並べて示します。"
        return [Text(kind="note", text=text)]
    rows: list[tuple[Cell, ...]] = [
        (a.text, a.owner, a.due.isoformat() if a.due else "期日なし", a.planned)
        for a in sorted(planned, key=lambda a: (a.due is None, a.due or evidence.as_of, a.item))
    ]
    stock = next((s for s in standings if s.kind == kpi.STOCK and s.value is not None), None)
    within = sum(a.planned for a in planned if a.due is None or stock is None or _in_time(a.due, stock))
    note = ""
    if stock is not None and stock.value is not None:
        note = f"予定がすべて実現すると公開数は{int(stock.value) + within}件（目標{int(stock.target.target)}件）。"
    columns = (
        Column(key="text", label="公開の予定"),
        Column(key="owner", label="担当"),
        Column(key="due", label="期日"),
        Column(key="planned", label="件数", unit="件", digits=0),
    )
    return [table("pipeline", "公開の予定（行動目標から）", columns, rows, note)]


def _in_time(due: object, stock: Standing) -> bool:
    return str(due) <= fiscal.last_day(stock.target.target_fy).isoformat()


# ── quality fixes ──────────────────────────────────────────────────────────────────────────────


def cheapest_fixes(evidence: Evidence) -> list[tuple[str, int, int]]:
    """(fix, datasets it would help, points each), by total gain: one rule applied to many datasets is cheapest."""
    helped: Counter[str] = Counter()
    points: dict[str, int] = {}
    for dataset in evidence.datasets or evidence.samples:
        quality = evidence.qualities.get(dataset.dataset)
        for fix in quality.fixes if quality else ():
            match = _POINTS.search(fix)
            text = _POINTS.sub("", fix)
            helped[text] += 1
            points[text] = int(match[1]) if match else 0
    return sorted(((t, n, points[t]) for t, n in helped.items()), key=lambda f: (-f[1] * max(f[2], 1), f[0]))


def _fixes(evidence: Evidence) -> list[Block]:
    found = cheapest_fixes(evidence)[:FIXES]
    if not found:
        return [Text(kind="note", text="メタデータの品質は、まだ計測されていません。")]
    columns = (
        Column(key="fix", label="直すこと"),
        Column(key="count", label="当てはまるデータセット", unit="件", digits=0),
        Column(key="points", label="1件あたりの充実度", unit="点", digits=0, signed=True),
    )
    made = table("fixes", "いちばん手間のかからない品質の改善", columns, list(found))
    return [replace(made, sample=not evidence.datasets)]


# ── use ────────────────────────────────────────────────────────────────────────────────────────


def _unused(evidence: Evidence) -> list[Block]:
    """Datasets that nobody opened; said only where enough days were counted."""
    if evidence.usage_days < ENOUGH_DAYS:
        text = f"利用のないデータセットは、{ENOUGH_DAYS}日以上計測してから示します（いま{evidence.usage_days}日）。"
        return [Text(kind="note", text=text)]
    views, requests = views_by_dataset(evidence.usage), requests_by_dataset(evidence.usage)
    unused = [d for d in (*evidence.datasets, *evidence.samples) if not views[d.dataset] and not requests[d.dataset]]
    if not unused:
        return [Text(text=f"直近{USAGE_DAYS}日に一度も使われなかったデータセットはありません。")]
    columns = (
        Column(key="title", label="データセット"),
        Column(key="department", label="部局"),
        Column(key="freshness", label="鮮度"),
    )
    rows: list[tuple[Cell, ...]] = [
        (shown_title(d.title, d.sample), evidence.department(d.organization), _freshness(evidence, d.dataset))
        for d in unused[:UNUSED]
    ]
    note = "題名・説明・タグを利用者の言葉に直し、市の関連ページからリンクしてください。"
    note += f"ほかに{len(unused) - UNUSED}件あります。" if len(unused) > UNUSED else ""
    caption = f"直近{USAGE_DAYS}日に一度も使われなかったデータセット（{len(unused)}件）"
    return [table("unused", caption, columns, rows, note)]


def _wanted(evidence: Evidence) -> list[Block]:
    """The most used datasets deserve freshness first."""
    views = views_by_dataset(evidence.usage)
    ranked = sorted(evidence.datasets or evidence.samples, key=lambda d: (-views[d.dataset], d.dataset))
    top = [d for d in ranked[:5] if views[d.dataset]]
    if not top:
        return []
    columns = (
        Column(key="title", label="データセット"),
        Column(key="views", label="閲覧（人）", unit="件", digits=0),
        Column(key="freshness", label="鮮度"),
    )
    rows: list[tuple[Cell, ...]] = [
        (shown_title(d.title, d.sample), views[d.dataset], _freshness(evidence, d.dataset)) for d in top
    ]
    return [table("wanted", f"よく求められているデータセット（直近{USAGE_DAYS}日）", columns, rows)]


def _freshness(evidence: Evidence, dataset: str) -> str:
    quality = evidence.qualities.get(dataset)
    return quality.freshness if quality else "未計測"


def _overdue(evidence: Evidence) -> list[Block]:
    shown = evidence.datasets or evidence.samples
    late = [(d, q) for d in shown if (q := evidence.qualities.get(d.dataset)) and q.freshness in ("遅れ", "長期未更新")]
    if not late:
        text = "更新の期限を過ぎたデータセットはありません（頻度を決めたもの）。"
        return [Text(text=text)] if evidence.qualities else []
    columns = (
        Column(key="title", label="データセット"),
        Column(key="department", label="部局"),
        Column(key="freshness", label="鮮度"),
        Column(key="age", label="最終更新から", unit="日", digits=0),
    )
    rows: list[tuple[Cell, ...]] = [
        (shown_title(d.title, d.sample), evidence.department(d.organization), q.freshness, q.age_days)
        for d, q in sorted(late, key=lambda p: (-(p[1].age_days or 0), p[0].dataset))[:UNUSED]
    ]
    return [table("overdue", f"更新をお願いするデータセット（{len(late)}件）", columns, rows)]
