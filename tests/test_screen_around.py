"""What stands around the cells, and whose telephone number it is: told, held or let pass for stated reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.screen_planted import evaluate, planted
from pipelines.model import Hidden, LeftOut, Level, SourceTable
from pipelines.screen import ScreenRules, look
from pipelines.screen.detectors import readings
from pipelines.screen.hidden import hidden_level
from tests.test_screen import NOBODY, codes, source, spec

LANDLINES = [f"042-754-{n:04}" for n in range(8)]


def facilities(kinds: Sequence[str], phones: Sequence[str], heading: str = "電話番号", **more: str) -> SourceTable:
    """A list of facilities with their telephone numbers; ``more`` are columns with one text in every row."""
    header = ["名称", "所在地", heading, *more]
    rows = [[f"中央{kind}", "中央区中央1", phone, *more.values()] for kind, phone in zip(kinds, phones, strict=True)]
    return source(header, rows)


def levels(table: SourceTable, title: str = "施設一覧") -> dict[str, Level]:
    """Code → level of everything told."""
    return {v.problem.code: v.problem.level for v in look(table, spec(title), NOBODY, ScreenRules())}


def test_mobile_of_a_nursery_among_landlines_is_told() -> None:
    """A mobile number in the standard's own column, among landlines, of a private organisation: a warning."""
    table = facilities(["保育園"] * 9, [*LANDLINES, "090-1234-5678"])
    assert levels(table) == {"noticed-mobile": Level.WARNING}


@pytest.mark.parametrize(
    ("kind", "heading", "more", "title"),
    [
        ("公民館", "電話番号", {}, "施設一覧"),
        ("保育園", "携帯電話", {}, "施設一覧"),
        ("保育園", "緊急連絡先", {}, "施設一覧"),
        ("保育園", "備考", {}, "施設一覧"),
        ("保育園", "電話番号", {"園長": "山田 太郎"}, "施設一覧"),
        ("保育園", "電話番号", {"保護者": ""}, "子育て施設一覧"),
    ],
)
def test_mobile_that_may_be_somebodys_own_is_held(kind: str, heading: str, more: dict[str, str], title: str) -> None:
    """A public building, a heading of persons, a full name in the row, a list of people: held, whatever the title."""
    assert levels(facilities([kind] * 9, [*LANDLINES, "090-1234-5678"], heading, **more), title)["held-mobile"]


def test_column_of_mobile_numbers_is_held() -> None:
    """Half of the column or more: that is a list of people's telephones, also beside the names of nurseries."""
    mobiles = [f"090-1234-{n:04}" for n in range(8)]
    assert levels(facilities(["保育園"] * 8, mobiles))["held-mobile"] is Level.HOLD


def test_mobile_inside_a_sentence_is_held() -> None:
    """The cell must hold numbers and nothing else."""
    table = facilities(["保育園"] * 9, [*LANDLINES, "夜間は当番の自宅 090-1234-5678"])
    assert levels(table)["held-mobile"] is Level.HOLD


def test_event_says_how_to_take_part() -> None:
    """参加申込方法 of an event list is written for the public; the same words in a remark are not."""
    how = "実行委員会 電話080-1234-5678 メール matsuri@gmail.com"
    event = source(["イベント名", "開始日", "参加申込方法"], [["夏祭り", "2026-08-01", how]])
    assert levels(event) == {"noticed-mobile": Level.WARNING, "noticed-personal-email": Level.WARNING}
    remark = source(["イベント名", "開始日", "備考"], [["夏祭り", "2026-08-01", how]])
    assert set(codes(remark)) == {"held-mobile", "held-personal-email"}


def test_words_around_the_table_are_looked_at() -> None:
    """Title, note, heading, fact and the sheet's name: a number in any of them is found at its place."""
    table = source(["名称"], [["公園"]])
    said = "個人番号123456789018"
    places = [
        (replace(table, left_out=(LeftOut(what="title", row=1, text=said),)), 1),
        (replace(table, left_out=(LeftOut(what="note", row=9, text=f"※{said}"),)), 9),
        (replace(table, header=(f"名称（{said}）",)), 1),
        (replace(table, facts={"作成": said}), None),
        (replace(table, sheet=said), None),
    ]
    for changed, row in places:
        found = [v.problem for v in look(changed, spec(), NOBODY, ScreenRules()) if v.problem.level is Level.ERROR]
        assert [(p.code, p.place.row) for p in found] == [("blocked-my-number", row)]
    total = replace(table, left_out=(LeftOut(what="total", row=9, text="計 1234 5678 9018"),))
    assert codes(total) == []


def test_what_never_leaves_and_needs_nobody_is_a_notice() -> None:
    """Author, printer, drawing and plain choices: told quietly, since nobody has anything to do."""
    for kind, detail in (("property", ""), ("custom-xml", ""), ("drawing", ""), ("validation-list", "plain")):
        assert hidden_level(Hidden(kind=kind, detail=detail)) is Level.NOTICE


def test_names_as_they_are_read() -> None:
    """Kana and romaji count as names when both words are known in their places."""
    assert readings.is_kana_name("サトウ ハナコ")
    assert readings.is_kana_name("さとう はなこ")
    assert not readings.is_kana_name("ヘアサロン フェリーチェ")
    assert readings.is_romaji_name("Hanako SATOU")
    assert readings.is_romaji_name("Ohno, Junichi")
    assert not readings.is_romaji_name("Mori Tower")
    assert readings.romaji("シュンイチ") == "shunichi"


def test_missing_readings_are_no_all_clear(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the list of readings the detector of names fails, and the dataset is held."""
    monkeypatch.setattr(readings, "LIST", tmp_path / "gone.tsv")
    assert "detector-failed" in codes(source(["備考"], [["担当：サトウ ハナコ"]]))


def test_second_planted_set() -> None:
    """A small draw: nothing block-class missed, and hardly anything held-class (the long run is make screen-eval)."""
    assert [p.data for p in planted(5, 4, 6)] == [p.data for p in planted(5, 4, 6)]
    _, missed, _ = evaluate(77, 6, 30)
    assert [item.way for item, _ in missed if item.level is Level.ERROR] == []
    assert len(missed) <= 1
