"""Columns cut otherwise than the standard's: the hint says how to bring them in, nothing is guessed."""

from __future__ import annotations

import pytest

from pipelines.standardize import standardize
from tests.test_standardize import SCHEMAS, spec, table


@pytest.mark.parametrize(
    ("labels", "at", "words"),
    [
        (["緯度経度"], 0, "transform: split_position"),
        (["開始時間～終了時間"], 0, "「開始時間」「終了時間」の列に分けて"),
        (["電話番号、内線番号"], 0, "「電話番号」「内線番号」の列に分けて"),
        (["町名", "番地"], 0, "つなげて書いた「所在地_連結表記」の列"),
        (["担当者メモ"], 0, "renames:"),
    ],
)
def test_the_hint_names_the_way(labels: list[str], at: int, words: str) -> None:
    """Two columns in one, one column in several; any other strange column keeps the usual hint."""
    header = ["名称", *labels]
    step = standardize(table(header, ["駅", *["あ"] * len(labels)]), spec(SCHEMAS["public_facility"]))
    hints = {p.value: p.hint for p in step.problems if p.code == "column-not-published"}
    assert words in hints[labels[at]]
