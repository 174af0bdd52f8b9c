"""How a file was read, in one line: the header, the records, what is no data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pipelines.reply._words import LEFT_OUT

#: what a line about a file does not need: it says nothing about rows or columns of the table
_QUIET = ("blank", "row-number")


def reading(entry: Mapping[str, Any]) -> str:
    """``見出し 4行目、データ 5行目から 232件。データにしなかったもの: 合計・小計の行 3、注記 1``; empty: not read."""
    if not entry["header_rows"]:
        return ""
    sheet = f"シート「{entry['sheet']}」の" if entry["sheet"] else ""
    header = "・".join(str(row) for row in entry["header_rows"])
    rows = f"データ {entry['first_data_row']}行目から {entry['data_rows']:,}件" if entry["data_rows"] else "データなし"
    counts = Counter(
        LEFT_OUT.get(left["what"], left["what"]) for left in entry["left_out"] if left["what"] not in _QUIET
    )
    left = "、".join(f"{what} {number}" for what, number in counts.items())
    return f"{sheet}見出し {header}行目、{rows}" + (f"。データにしなかったもの: {left}" if left else "")
