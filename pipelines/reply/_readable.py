"""The ministry's 15 rules for machine-readable tables, for a file as dropped and as published.

Source: 総務省「統計表における機械判読可能なデータの表記方法の統一ルール」 (2020-12-18), items 1-1 … 1-13, 2-1, 2-2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipelines.model import Problem, SourceTable, StandardTable
from pipelines.reply._fifteen import BROKEN, KEPT, NOTHING, RULES, UNKNOWN, Answer, Column, Look

if TYPE_CHECKING:
    import pandas as pd

TITLES = {
    "1-1": "ファイル形式は Excel か CSV",
    "1-2": "1つのセルに1つのデータ",
    "1-3": "数値は数値だけ（単位・カンマ・記号を付けない）",
    "1-4": "セルを結合しない",
    "1-5": "スペースや改行で体裁を整えない",
    "1-6": "項目名などを省略しない",
    "1-7": "数式でなく値",
    "1-8": "図形や画像（オブジェクト）を使わない",
    "1-9": "データの単位を書く",
    "1-10": "機種依存文字を使わない",
    "1-11": "時間は西暦か、和暦に西暦を併記",
    "1-12": "地域コードか地域名を書く",
    "1-13": "秘匿などの記号は決まったもの（***、X、-）だけ",
    "2-1": "表の途中に空の行や列がない",
    "2-2": "1つのシートに1つの表",
}
#: so many different texts of a column are looked at
_LOOKED = 20_000


def rules(
    source: SourceTable | None, standard: StandardTable | None, problems: Sequence[Problem]
) -> list[dict[str, Any]]:
    """Per rule its number and title, and state with detail for the file as dropped and as published (JSON-able)."""
    dropped = _judged(_dropped(source, problems)) if source is not None else {}
    published = _judged(_published(standard)) if standard is not None else {}
    return [
        {
            "number": number,
            "title": title,
            "dropped": list(dropped.get(number, ("", ""))),
            "published": list(published.get(number, ("", ""))),
        }
        for number, title in TITLES.items()
    ]


def summary(answers: Sequence[dict[str, Any]], side: str = "dropped") -> str:
    """「守られている 12、守られていない 2（1-3、1-5）、機械では確認できない 1」; empty when nothing was looked at."""
    found = {state: [a["number"] for a in answers if a[side][0] == state] for state in (KEPT, BROKEN, UNKNOWN, NOTHING)}
    if not any(found.values()):
        return ""
    broken = f"（{'、'.join(found[BROKEN])}）" if found[BROKEN] else ""
    kept = len(found[KEPT]) + len(found[NOTHING])
    return (
        f"守られている {kept}、守られていない {len(found[BROKEN])}{broken}、機械では確認できない {len(found[UNKNOWN])}"
    )


def _dropped(source: SourceTable, problems: Sequence[Problem]) -> Look:
    hidden: dict[str, int] = {}
    for one in source.hidden:
        if one.sheet in (None, source.sheet):
            hidden[one.kind] = hidden.get(one.kind, 0) + one.count
    return Look(
        format=source.format.lower(),
        columns=_columns(source.frame, source.header),
        codes=frozenset(problem.code for problem in problems),
        hidden=hidden,
        gaps=_gaps(source),
    )


def _published(standard: StandardTable) -> Look:
    return Look(
        format="csv", columns=_columns(standard.frame, [str(name) for name in standard.frame.columns]), hidden={}
    )


def _gaps(source: SourceTable) -> bool:
    """Blank rows between the first and the last record."""
    rows = [int(row) for row in source.origin.rows]
    inside = {left.row for left in source.left_out if left.what == "blank" and left.row}
    return bool(rows) and any(min(rows) < row < max(rows) for row in inside)


def _columns(frame: pd.DataFrame, header: Sequence[str]) -> tuple[Column, ...]:
    found = []
    for position, label in enumerate(header):
        texts = frame.iloc[:, position].drop_duplicates().head(_LOOKED).astype(str).tolist()
        found.append(Column(label, tuple(text for text in texts if text.strip())))
    return tuple(found)


def _judged(look: Look) -> dict[str, Answer]:
    return {number: rule(look) for number, rule in RULES.items()}
