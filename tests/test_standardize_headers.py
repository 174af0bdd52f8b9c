"""Header matching: evidence from strong to weak, ambiguity as a problem; short cuts that must change nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning import clean
from pipelines.model import Field, Level, Schema
from pipelines.standardize import plain, standardize
from pipelines.standardize.columns import joined_text
from pipelines.standardize.derive import with_prefecture
from pipelines.standardize.headers import Evidence, Matching, edits, match_headers
from tests.test_standardize import SCHEMAS, codes, done, fixes, own, rows, spec, table, the

TOILET = SCHEMAS["public_toilet"]


def matched(header: list[str], schema: Schema = TOILET, renames: dict[str, str] | None = None) -> Matching:
    """The matching of a header whose columns all hold something."""
    return match_headers(header, schema, renames or {}, [True] * len(header))


@pytest.mark.parametrize(
    ("label", "target", "evidence"),
    [
        ("名称", "名称", Evidence.EXACT),
        (" 名 称\n", "名称", Evidence.FOLDED),
        ("名称＿ｶﾅ", "名称_カナ", Evidence.FOLDED),
        ("建物名等（方書）", "建物名等(方書)", Evidence.FOLDED),
        ("男性トイレ数(和式)", "男性トイレ数（和式）", Evidence.FOLDED),
        ("住所", "所在地_連結表記", Evidence.GENERATION),
        ("多機能トイレ数", "バリアフリートイレ数", Evidence.GENERATION),
        ("都道府県コ―ド又は市区町村コ―ド", "全国地方公共団体コード", Evidence.GENERATION),
        ("都道府県名", "都道府県名", Evidence.GENERATION),
        ("所在地_連結標記", "所在地_連結表記", Evidence.ALIAS),
        ("latitude", "緯度", Evidence.ALIAS),
        ("バリアフリトイレ数", "バリアフリートイレ数", Evidence.TYPO),
        ("車椅子使用者用トイレ有無し", "車椅子使用者用トイレ有無", Evidence.TYPO),
        ("設地位置", "設置位置", Evidence.TYPO),
    ],
)
def test_evidence(label: str, target: str, evidence: Evidence) -> None:
    """Exact, folded, first-generation name, alias, typo: each finds its column and says why."""
    (match,) = matched([label]).matches
    assert (match.target, match.evidence) == (target, evidence)


@pytest.mark.parametrize(
    "label",
    [
        "",
        "経緯",
        "緯渡",
        "女男トイレ総数",
        "男児トイレ総数",
        "利用開催時間",
        "利用時間",
        "備忘",
        "トイレ",
        "男女トイレ",
        "色",
        "画像2",
    ],
)
def test_no_guesses(label: str) -> None:
    """Too short for a typo, as near to one column as to another, or another number: no match."""
    assert matched([label]).matches == ()


def test_every_official_header_matches_itself() -> None:
    """The header of every schema is matched exactly, column by column, and so is its first generation's."""
    for schema in SCHEMAS.values():
        names = [f.name for f in schema.fields]
        assert [(m.target, m.evidence) for m in matched(names, schema).matches] == [(n, Evidence.EXACT) for n in names]
        if schema.successor:
            second = matched(names, SCHEMAS[schema.successor])
            assert [names[j] for j in second.unmatched] == []


def test_a_typo_never_takes_a_column_that_is_there() -> None:
    """設地位置 beside 設置位置 stays unmatched: the real column is there."""
    found = matched(["設置位置", "設地位置"])
    assert [m.column for m in found.matches] == [0]
    assert found.unmatched == (1,)


def test_two_typos_for_one_column_are_ambiguous() -> None:
    """Neither is taken."""
    assert matched(["設地位置", "設置位地"]).ambiguous == {"設置位置": (0, 1)}


def test_stronger_evidence_wins() -> None:
    """名称 beats 施設名; the loser is reported as not published."""
    found = matched(["施設名", "名称"])
    assert [(m.column, m.target) for m in found.matches] == [(1, "名称")]
    assert found.unmatched == (0,)


def test_equal_evidence_is_ambiguous_unless_one_column_is_empty() -> None:
    """Two columns 画像: an ERROR that names both; if only one holds anything, that one is it."""
    step = standardize(table(["名称", "名称"], ["駅", "店"]), spec(own(Field(name="名称"))))
    problem = the(step, "header-ambiguous")
    assert problem.level is Level.ERROR
    assert "A列「名称」、B列「名称」" in problem.message
    step = standardize(table(["名称", "名称"], ["", "店"]), spec(own(Field(name="名称"))))
    assert rows(step) == [{"名称": "店"}]


def test_renames_of_the_dataset_win() -> None:
    """dataset.yaml decides over everything else, and settles an ambiguity."""
    schema = own(Field(name="名称"), Field(name="通称"))
    source = table(["名称", "よびな"], ["正式", "通り名"])
    step = standardize(source, spec(schema, renames={"よびな": "通称"}))
    assert rows(step) == [{"名称": "正式", "通称": "通り名"}]
    assert fixes(step) == {("header-rename", "通称"): 1}
    taken = standardize(source, spec(schema, renames={"よびな": "名称"}))
    assert rows(taken) == [{"名称": "通り名"}]


def test_renames_that_do_not_fit() -> None:
    """An unknown destination is an ERROR, a source column that is not in the file a NOTICE."""
    schema = own(Field(name="名称"))
    step = standardize(table(["名称"], ["駅"]), spec(schema, renames={"名": "なまえ", "旧名": "名称"}))
    assert ("rename-unknown", Level.ERROR) in codes(step)
    assert ("rename-unused", Level.NOTICE) in codes(step)


def test_a_typo_is_told() -> None:
    """The clerk learns which column name was taken for which."""
    step = standardize(table(["設地位置", "名称"], ["1階", "駅"]), spec(SCHEMAS["aed"]))
    problem = the(step, "header-typo")
    assert (problem.level, problem.value, problem.place.cell) == (Level.WARNING, "設地位置", "A1")
    assert fixes(step)["header-typo", "設置位置"] == 1
    assert done(step).frame["設置位置"].tolist() == ["1階"]


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("表記", "表記", 0),
        ("表記", "標記", 1),
        ("連結表記", "連表結記", 1),
        ("あいうえ", "いうえ", 1),
        ("ab", "cd", 2),
        ("abc", "", 3),
    ],
)
def test_edits(one: str, other: str, distance: int) -> None:
    """Insertion, deletion, replacement and a swap of neighbours cost one; above the limit it is limit + 1."""
    assert edits(one, other, 5) == distance
    assert edits(one, other, 0) == min(distance, 1)


@given(st.text("あいう", max_size=6), st.text("あいう", max_size=6))
def test_edits_is_symmetric(one: str, other: str) -> None:
    """The distance does not depend on the direction, and is 0 only for equal texts."""
    assert edits(one, other, 9) == edits(other, one, 9)
    assert (edits(one, other, 9) == 0) == (one == other)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("静岡県", "焼津市"), "静岡県焼津市"),
        (("静岡県", "静岡県焼津市"), "静岡県焼津市"),
        (("静岡県", ""), "静岡県"),
        (("", "焼津市"), "焼津市"),
        ((" 静岡県 ", "焼津市　"), "静岡県焼津市"),
    ],
)
def test_parts_are_joined(parts: tuple[str, ...], text: str) -> None:
    """One after the other, without doubling."""
    assert joined_text(parts) == text


@pytest.mark.parametrize(
    ("address", "publisher", "text"),
    [
        ("焼津市本町1", "静岡県焼津市", "静岡県焼津市本町1"),
        ("府中市宮西町2", "東京都府中市", "東京都府中市宮西町2"),
        ("静岡県焼津市本町1", "静岡県焼津市", "静岡県焼津市本町1"),
        ("茅野市1", "静岡県焼津市", "茅野市1"),
        ("本町1", "静岡県焼津市", "本町1"),
        ("焼津市本町1", "焼津市", "焼津市本町1"),
        ("", "静岡県焼津市", ""),
    ],
)
def test_prefecture_before_the_address(address: str, publisher: str, text: str) -> None:
    """Only where the address begins with the publisher's own city."""
    assert with_prefecture(address, publisher) == text
    assert with_prefecture(text, publisher) == text


@pytest.mark.parametrize("kind", sorted(plain.PATTERNS))
def test_plain_texts_are_what_the_cleaner_leaves_alone(kind: str) -> None:
    """The short cut accepts only what the cleaner calls ok and does not change."""

    @settings(max_examples=300, deadline=None)
    @given(st.from_regex(re.compile(plain.PATTERNS[kind], re.ASCII), fullmatch=True))
    def unchanged(text: str) -> None:
        answer = clean(kind, text)
        assert (answer.status, answer.value, answer.rule) == ("ok", text, None)

    unchanged()
