"""The line that tells how a file was read."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines import reply

ENTRY: dict[str, Any] = {"sheet": None, "header_rows": [1], "first_data_row": 2, "data_rows": 1200, "left_out": []}


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({}, "見出し 1行目、データ 2行目から 1,200件"),
        ({"sheet": "一覧", "header_rows": [4, 5]}, "シート「一覧」の見出し 4・5行目、データ 2行目から 1,200件"),
        ({"data_rows": 0, "first_data_row": None}, "見出し 1行目、データなし"),
        ({"header_rows": []}, ""),
        (
            {"left_out": [{"what": "total"}, {"what": "subtotal"}, {"what": "note"}, {"what": "blank"}]},
            "見出し 1行目、データ 2行目から 1,200件。データにしなかったもの: 合計・小計の行 2、注記 1",
        ),
    ],
)
def test_reading(changed: dict[str, Any], line: str) -> None:
    """Header rows, first record and number of records, and by kind what is no data; nothing where nothing was read."""
    assert reply.reading({**ENTRY, **changed}) == line
