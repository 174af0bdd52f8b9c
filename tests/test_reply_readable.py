"""The ministry's 15 rules: decided where a machine can, said to be open where it cannot, never counted as kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipelines.model import Hidden, LeftOut, Level, Outcome, Place, Problem, Verdict
from pipelines.reply import lines, page
from pipelines.reply._document import file_entry
from pipelines.reply._readable import BROKEN, KEPT, NOTHING, TITLES, UNKNOWN, rules, summary
from pipelines.standardize import standardize
from tests.test_reply import FILE
from tests.test_standardize import spec, table
from tests.test_standardize_infer import infer_schema, schema_of


def state(
    number: str, label: str, *values: str, format_: str = "csv", codes: tuple[str, ...] = (), **changes: object
) -> str:
    """The state of one rule for a table of one column as dropped."""
    source = replace(table([label, "市区町村名"], *[[v, "焼津市"] for v in values]), format=format_, **changes)
    told = [Problem(code=code, level=Level.NOTICE, place=Place(path="a"), message="") for code in codes]
    return next(rule["dropped"][0] for rule in rules(source, None, told) if rule["number"] == number)


@pytest.mark.parametrize(
    ("number", "label", "values", "expected"),
    [
        ("1-2", "時間", ("【開館】9:00 【休館】月",), BROKEN),
        ("1-2", "名称", ("駅",), UNKNOWN),
        ("1-3", "人数", ("1,234", "5", "6", "7"), BROKEN),
        ("1-3", "人数", ("5人", "6人"), BROKEN),
        ("1-3", "人数", ("1234", "-5"), KEPT),
        ("1-3", "名称", ("駅",), NOTHING),
        ("1-3", "区分", ("007", "012"), NOTHING),
        ("1-5", "名　　称", ("駅",), BROKEN),
        ("1-5", "名称", ("駅 ",), BROKEN),
        ("1-5", "名称", ("駅前 東口",), KEPT),
        ("1-6", "名称", ("駅", "〃"), BROKEN),
        ("1-6", "", ("駅",), BROKEN),
        ("1-9", "面積（㎡）", ("5", "6"), KEPT),
        ("1-9", "面積", ("5", "6"), UNKNOWN),
        ("1-9", "整理番号", ("5", "6"), NOTHING),
        ("1-10", "名称", ("㈱焼津",), BROKEN),
        ("1-10", "名称", ("株式会社焼津",), KEPT),
        ("1-11", "設置日", ("令和5年4月1日",), BROKEN),
        ("1-11", "設置日", ("令和5年(2023年)4月1日",), KEPT),
        ("1-11", "設置日", ("2023-04-01",), KEPT),
        ("1-11", "名称", ("駅",), NOTHING),
        ("1-12", "名称", ("駅",), KEPT),
        ("1-13", "人数", ("1", "2", "3", "4", "5", "…"), BROKEN),
        ("1-13", "人数", ("1", "2", "3", "4", "5", "***"), KEPT),
    ],
)
def test_rules_about_values(number: str, label: str, values: tuple[str, ...], expected: str) -> None:
    """From the labels and the different values of each column."""
    assert state(number, label, *values) == expected


@pytest.mark.parametrize(
    ("number", "format_", "changes", "codes", "expected"),
    [
        ("1-1", "csv", {}, (), KEPT),
        ("1-1", "html", {}, (), BROKEN),
        ("1-4", "xlsx", {}, ("merged-filled",), BROKEN),
        ("1-4", "xlsx", {}, (), KEPT),
        ("1-7", "xlsx", {"hidden": (Hidden(kind="formula", count=3),)}, (), BROKEN),
        ("1-7", "xlsx", {}, (), KEPT),
        ("1-7", "xls", {}, (), UNKNOWN),
        ("1-8", "xlsx", {"hidden": (Hidden(kind="image"),)}, (), BROKEN),
        ("1-8", "xlsx", {"hidden": (Hidden(kind="image", sheet="別"),), "sheet": "表"}, (), KEPT),
        ("2-1", "xlsx", {"left_out": (LeftOut(what="blank", row=3),)}, (), BROKEN),
        ("2-1", "xlsx", {"left_out": (LeftOut(what="blank", row=9),)}, (), KEPT),
        ("2-2", "xlsx", {}, ("several-tables",), BROKEN),
    ],
)
def test_rules_about_the_file(
    number: str, format_: str, changes: dict[str, Any], codes: tuple[str, ...], expected: str
) -> None:
    """From what reading found in and around the table; another sheet's objects are not this table's."""
    if "left_out" in changes:
        changes["origin"] = replace(table(["名称"], *[[str(n)] for n in range(3)]).origin, rows=[2, 4, 5])
        values = ("a", "b", "c")
    else:
        values = ("a",)
    assert state(number, "名称", *values, format_=format_, codes=codes, **changes) == expected


def test_the_file_and_what_is_published_stand_side_by_side() -> None:
    """Cleaning mends what it may: no commas go out; all 15 are told, on the page and in a line."""
    source = table(["人数", "住所"], ["1,234", "焼津市"], ["5", "焼津市 "])
    step = standardize(source, spec(schema_of(infer_schema(source, "own", "表"))))
    entry = file_entry(source, step.value, FILE, None, "publish", ())
    found = {rule["number"]: (rule["dropped"][0], rule["published"][0]) for rule in entry["readable"]}
    assert list(found) == list(TITLES)
    assert found["1-3"] == (BROKEN, KEPT)
    outcome = Outcome(dataset="a", department="課", title="表", verdict=Verdict.PUBLISHED, files=(entry,))
    assert "機械判読の15のルール" in page(outcome)
    assert any("守られていない 2（1-3、1-5）" in line for line in lines(outcome))
    assert summary([]) == ""
