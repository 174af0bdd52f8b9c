"""What the first sheet of a marked copy says; the same rows whichever way the workbook is written."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Mark = Mapping[str, Any]

TITLE = "確認結果"
LABELS = ("番号", "場所", "列", "今の値", "内容", "書き方", "区分")
WIDTHS = (6, 20, 18, 20, 34, 40, 18)
CELLS = 400_000  # a file of more is not copied: a list is of more use than a workbook nobody can open
SHOWN = 5000  # rows of the list; every cell is marked all the same
COMMENTS = 2000
LEVEL_WORDS = {
    "error": "直してください",
    "hold": "確認してください",
    "warning": "気をつけてください",
    "notice": "お知らせ",
}
FILLS = {"error": "FFE066", "hold": "FFD0A6", "warning": "CFE8FA", "notice": "E4E6EB"}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


#: how the copy was made → what is said of it; a workbook marked in its own parts needs no word
MADE = {
    "workbook": "",
    "text": "次のシートは、元のファイルの値を文字のまま写したものです。行と列の場所は元のファイルと同じです。",
    "cells": "次のシートは、元のファイルから値を読み取って作り直した写しです。セルの場所は元のファイルと同じです。"
    "書式・計算式・図・コメントは写していません。",
    "list": "元のファイルの写しは付けられませんでした。一覧の場所を元のファイルで探してください。",
}


def introduction(marks: Sequence[Mark], name: str, kind: str) -> list[str]:
    """The sentences above the list; ``kind`` is one of :data:`MADE`."""
    todo = sum(1 for mark in marks if mark["level"] in ("error", "hold"))
    rest = len(marks) - todo
    first = f"「{name}」についてのお知らせです。"
    if todo:
        first = f"「{name}」に、直すか確かめていただくところが{todo:,}か所あります。"
    if todo and rest:
        first += f"ほかにお知らせが{rest:,}件あります。"
    told = [first]
    told += [MADE[kind]] if MADE[kind] else []
    link = "" if kind == "list" else "場所を選ぶとそのセルへ移ります。"
    told.append(link + "直すのは元のファイルです。直したら同じ場所に置き直してください。")
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
    rows = [math.ceil(units(text) / (width * 0.75)) for text, width in zip(cells, WIDTHS, strict=True)]
    return 15.0 * min(max([1, *rows]), 12)


def units(text: str) -> int:
    """The width of a text in characters; a full-width one counts two."""
    return sum(2 if unicodedata.east_asian_width(c) in "FWA" else 1 for c in text)


def comment_text(marks: Sequence[Mark]) -> str:
    """What a cell's comment says: every problem of the cell, without its value."""
    parts = [clean(mark["message"]) + (f"\n→ {clean(mark['hint'])}" if mark["hint"] else "") for mark in marks]
    return "\n".join(dict.fromkeys(parts))


def by_cell(marks: Sequence[Mark]) -> dict[tuple[int, int], list[Mark]]:
    """Marks that have a cell, by (row, column); a whole row is marked at its first column, a whole column at its top.

    A mark that stands for many cells is at each of them.
    """
    cells: dict[tuple[int, int], list[Mark]] = {}
    for mark in marks:
        if mark["row"] or mark["column"]:
            for row, column in [(mark["row"] or 1, mark["column"] or 1), *mark.get("also", ())]:
                cells.setdefault((row, column), []).append(mark)
    return cells


def at_corners(
    merged: Iterable[tuple[int, int, int, int]], marked: dict[tuple[int, int], list[Mark]]
) -> dict[tuple[int, int], list[Mark]]:
    """A merged range (1-based: top, left, bottom, right) shows only its first cell: marks inside go there."""
    ranges = list(merged)
    if not ranges:
        return marked
    moved: dict[tuple[int, int], list[Mark]] = {}
    for (row, column), marks in marked.items():
        inside = ((t, le) for t, le, b, r in ranges if t <= row <= b and le <= column <= r)
        moved.setdefault(next(inside, (row, column)), []).extend(marks)
    return moved


def clean(text: str, limit: int = 1000) -> str:
    """Text that a sheet can hold; a line ends as Excel ends one."""
    return _NOT_XML.sub("�", text.replace("\r\n", "\n"))[:limit]
