"""What the first sheet of a marked copy says; the same rows whichever way the workbook is written."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

Mark = Mapping[str, Any]

TITLE = "確認結果"
LABELS = ("番号", "場所", "列", "今の値", "内容", "書き方", "区分")
WIDTHS = (6, 20, 18, 20, 34, 40, 14)
SHOWN = 5000  # rows of the list; every cell is marked all the same
COMMENTS = 2000
LEVEL_WORDS = {"error": "直してください", "hold": "確認してください", "warning": "注意", "notice": "お知らせ"}
FILLS = {"error": "FFE066", "hold": "FFD0A6", "warning": "CFE8FA", "notice": "E4E6EB"}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def introduction(marks: Sequence[Mark], name: str) -> list[str]:
    """The sentences above the list."""
    todo = sum(1 for mark in marks if mark["level"] in ("error", "hold"))
    rest = len(marks) - todo
    first = f"「{name}」についてのお知らせです。"
    if todo:
        first = f"「{name}」に、直すか確かめていただくところが{todo:,}か所あります。"
    if todo and rest:
        first += f"ほかにお知らせが{rest:,}件あります。"
    told = [first]
    told.append("場所を選ぶとそのセルへ移ります。直すのは元のファイルです。直したら同じ場所に置き直してください。")
    if len(marks) > SHOWN:
        told.append(f"一覧には初めの{SHOWN:,}件を載せました。全部で{len(marks):,}件あります。")
    return told


def listed(marks: Sequence[Mark]) -> list[tuple[str, ...]]:
    """The list's rows, as the labels say; a value that may be personal is not shown."""
    return [
        (
            str(number),
            mark["where"],
            mark["field"],
            _value(mark),
            clean(mark["message"]),
            clean(mark["hint"]),
            LEVEL_WORDS[mark["level"]],
        )
        for number, mark in enumerate(marks[:SHOWN], start=1)
    ]


def _value(mark: Mark) -> str:
    """What stands in the cell now; nothing for a problem of the whole table or of a whole row."""
    if mark["value"] is None:
        return "（表示しません）" if mark["row"] and mark["column"] else ""
    return clean(mark["value"]) or "（空）"


def row_height(cells: Sequence[str]) -> float:
    """Points that the wrapped texts of a row need (a full-width character takes two columns' units)."""
    rows = [math.ceil(_units(text) / (width * 0.75)) for text, width in zip(cells, WIDTHS, strict=True)]
    return 15.0 * min(max([1, *rows]), 12)


def _units(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "FWA" else 1 for c in text)


def comment_text(marks: Sequence[Mark]) -> str:
    """What a cell's comment says: every problem of the cell, without its value."""
    parts = [clean(mark["message"]) + (f"\n→ {clean(mark['hint'])}" if mark["hint"] else "") for mark in marks]
    return "\n".join(dict.fromkeys(parts))


def by_cell(marks: Sequence[Mark]) -> dict[tuple[int, int], list[Mark]]:
    """Marks that have a cell, by (row, column); a whole row is marked at its first column.

    A mark that stands for many cells is at each of them.
    """
    cells: dict[tuple[int, int], list[Mark]] = {}
    for mark in marks:
        if mark["row"]:
            for row, column in [(mark["row"], mark["column"] or 1), *mark.get("also", ())]:
                cells.setdefault((row, column), []).append(mark)
    return cells


def clean(text: str, limit: int = 1000) -> str:
    """Text that a sheet can hold."""
    return _NOT_XML.sub("�", text)[:limit]
