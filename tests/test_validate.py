"""validate: its findings are Frictionless's, its words are Japanese, its places are the department's own cells."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import frictionless
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.model import ConfigError, Field, Origin, Schema, SourceBlock, StandardTable
from pipelines.validate import findings, validate
from pipelines.validate._accept import accepted
from pipelines.validate._pattern import in_words

HOSTILE = r"""
１２|1_000| 12 |+5|1e3|NaN|Infinity|-0|007|1.|٣|1.0|1.00|01|46|46.0000000000000000001|45.99999999999999999999|20.0
|２０２１-０４-０１|2021-4-1|2021-04-01 |2021-02-29|2020-02-29|0000-01-01|9999-12-31|1868-01-01|1867-12-31|2024
|9:5|24:00|09:00|09:00:00|９:００|a@b.jp|a.@b.jp|.a@b.jp|a@b..jp|a@-b.jp|a@b.c|A@B.JP|a@localhost|http://|http://a
|HTTPS://A.JP/x|https://a.jp/あ|https://a.jp/%E3|https://a_b.jp/|https://a.jp?x=1&y|https://a.jp/x?y/~|mailto:x@y
||| |　|null|NA|None|0|-|a,b|q"q|ヴ|ｱ|ｶﾞ|が|é|true|1|00000001|00000002|有|無|有 |ア|有\n|1\n|131003\n|ア\n|改\n行
|ftp://x/ y|2024-13|2024-02|13|131003
"""
CELLS = [cell.replace("\\n", "\n") for cell in HOSTILE.replace("\n", "").split("|")]
CELLS += ["x" * 100, "x" * 101, "𠮷" * 50, "𠮷" * 51]
FIELDS: list[dict[str, Any]] = [
    {"name": "ID", "type": "string", "constraints": {"required": True, "unique": True, "pattern": r"\d{6,8}"}},
    {"name": "番号", "type": "integer", "constraints": {"unique": True, "minimum": -5, "maximum": 100}},
    {"name": "名称", "type": "string", "constraints": {"maxLength": 50, "minLength": 2}},
    {"name": "カナ", "type": "string", "constraints": {"pattern": "[ァ-ヶー・　０-９]+|ア"}},
    {"name": "否定", "type": "string", "constraints": {"pattern": r"[^0-9]+"}},
    {"name": "緯度", "type": "number", "constraints": {"minimum": 20, "maximum": 46}},
    {"name": "率", "type": "number", "constraints": {"unique": True}},
    {"name": "桁区切り", "type": "number", "groupChar": "_", "bareNumber": False},
    {"name": "メール", "type": "string", "format": "email"},
    {"name": "URL", "type": "string", "format": "uri", "constraints": {"maxLength": 30}},
    {"name": "時刻", "type": "time", "format": "%H:%M"},
    {"name": "時分秒", "type": "time"},
    {"name": "日付", "type": "date", "constraints": {"minimum": "1868-01-01", "maximum": "2030-12-31"}},
    {"name": "年", "type": "year"},
    {"name": "年月", "type": "yearmonth"},
    {"name": "有無", "type": "string", "constraints": {"required": True, "enum": ["有", "無"]}},
    {"name": "はい", "type": "boolean", "trueValues": ["有"], "falseValues": ["無"]},
    {"name": "真偽", "type": "boolean"},
    {"name": "何でも", "type": "any"},
    {"name": "欠測", "type": "integer", "missingValues": ["", "-", "NA"], "constraints": {"required": True}},
    {"name": "数の列挙", "type": "integer", "constraints": {"enum": ["1", "13"]}},
    {"name": "排他", "type": "integer", "constraints": {"exclusiveMinimum": 1, "exclusiveMaximum": 46}},
]
V2 = "https://datapackage.org/profiles/2.0/{}.json"
SCHEMA: dict[str, Any] = {
    "$schema": V2.format("tableschema"),
    "fields": FIELDS,
    "primaryKey": ["ID", "番号"],
    "missingValues": [""],
}
DIALECT = {"csv": {"delimiter": ",", "quoteChar": '"', "skipInitialSpace": False, "lineTerminator": "\r\n"}}


def table(rows: Sequence[Sequence[str]], descriptor: dict[str, Any], labels: Sequence[str] = ()) -> StandardTable:
    """A standard table whose data starts at D5 of a sheet."""
    names = list(labels) or [field["name"] for field in descriptor["fields"]]
    frame = pd.DataFrame([list(row) for row in rows], columns=names, dtype=pd.StringDtype("pyarrow"))
    block = SourceBlock(path="一覧.xlsx", sheet="表", columns=tuple(range(4, 4 + len(names))))
    schema = Schema(
        name="a",
        title="試し",
        fields=tuple(Field(name=f["name"], example=f.get("example")) for f in descriptor["fields"]),
        descriptor=descriptor,
        primary_key=tuple(descriptor.get("primaryKey", ())),
    )
    origin = Origin(blocks=(block,), rows=range(5, 5 + len(rows)))
    return StandardTable(schema=schema, frame=frame, origin=origin, fixes=())


def oracle(rows: Sequence[Sequence[str]], descriptor: dict[str, Any], folder: Path, labels: Sequence[str] = ()) -> Any:
    """(row, field, type, note) of Frictionless over the same cells in a CSV file."""
    names = list(labels) or [field["name"] for field in descriptor["fields"]]
    with (folder / "t.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    resource = {
        "$schema": V2.format("dataresource"),
        "name": "t",
        "path": "t.csv",
        "schema": descriptor,
        "dialect": DIALECT,
    }
    found = frictionless.Resource.from_descriptor(resource, basepath=str(folder))
    tasks = found.validate(limit_errors=10**9).tasks
    return Counter(
        (getattr(e, "row_number", None), getattr(e, "field_name", ""), e.type, e.note) for t in tasks for e in t.errors
    )


def ours(rows: Sequence[Sequence[str]], descriptor: dict[str, Any], labels: Sequence[str] = ()) -> Any:
    """The same of our findings; Frictionless names no field for whole rows."""
    made = table(rows, descriptor, labels)
    names = [field["name"] for field in descriptor["fields"]]
    whole = ("primary-key", "blank-row", "extra-label")
    return Counter(
        (f.position, "" if f.type in whole or f.column is None else names[f.column], f.type, f.note)
        for f in findings(made.frame, descriptor)
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_findings_equal_frictionless_on_hostile_cells(seed: int, tmp_path: Path) -> None:
    """No finding is missing and none is extra, whatever stands in the cells."""
    r = random.Random(seed)
    rows = [[r.choice(CELLS) for _ in FIELDS] for _ in range(400)]
    rows[7] = rows[-1] = [""] * len(FIELDS)
    assert ours(rows, SCHEMA) == oracle(rows, SCHEMA, tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(st.one_of(st.sampled_from(CELLS), st.text(max_size=6)), min_size=6, max_size=6), min_size=1)
)
def test_findings_equal_frictionless_on_any_text(rows: list[list[str]], tmp_path: Path) -> None:
    """The same for texts nobody thought of (without characters that a CSV file cannot carry)."""
    rows = [["".join(c for c in cell if c not in "\r\x00" and c.isprintable()) for cell in row] for row in rows]
    descriptor = {
        "fields": [FIELDS[i] for i in (0, 1, 5, 6, 12, 19)],
        "primaryKey": ["番号"],
        "missingValues": ["", "-"],
    }
    assert ours(rows, descriptor) == oracle(rows, descriptor, tmp_path)


PLAIN = ["a|b", r"\d+", "[^a]b?", "(?:有|無){1,2}", "(a|b)*", ".", r"a\.b", "[a-c-]+", "x{2}", r"[+-]\d{1,3}$", "^あ"]
OTHER = [r"\w+", r"[^\d]+", r"\s", "(?i:a)", "(?=a)a", "[[:alpha:]]+", r"\D", "a{,2}", "[!-~]+", "[^-a]+", r"\Sb|.*"]
TEXTS = [
    "a",
    "b",
    "ab",
    "a.b",
    "axb",
    "xx",
    "１",
    "1",
    "12",
    "+1",
    "-１２",
    "有無",
    "あ",
    "é",
    "[a",
    ":]",
    "a{,2}",
    "A",
    " ",
    "a\n",
]


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("pattern", PLAIN + OTHER)
def test_patterns_mean_what_python_means(pattern: str, tmp_path: Path) -> None:
    """RE2's reading of a pattern never accepts what Frictionless's (Python's, without a group) refuses."""
    descriptor = {
        "fields": [{"name": "p", "type": "string", "constraints": {"pattern": pattern}}, {"name": "q", "type": "any"}]
    }
    rows = [[cell, "1"] for cell in TEXTS]
    assert ours(rows, descriptor) == oracle(rows, descriptor, tmp_path)


@pytest.mark.parametrize(
    "labels",
    [["ID", "値", "余分"], ["ID"], ["値", "ID"], ["ID", "ID"], ["ID", ""]],
    ids=["extra", "short", "swapped", "twice", "blank"],
)
def test_wrong_labels_are_frictionless_findings(labels: list[str], tmp_path: Path) -> None:
    """A table with other columns than the schema's gets Frictionless's own header errors, in Japanese."""
    descriptor = {"fields": [{"name": "ID", "type": "string"}, {"name": "値", "type": "integer"}]}
    rows = [["1"] * len(labels)]
    found = ours(rows, descriptor, labels)
    assert {(kind, note) for _, _, kind, note in found} == {
        (kind, note) for _, _, kind, note in oracle(rows, descriptor, tmp_path, labels)
    }
    step = validate(table(rows, descriptor, labels))
    assert step.value is None
    assert all(p.message and not p.message.isascii() for p in step.problems)


def test_totals_are_true() -> None:
    """More than a thousand errors are all told."""
    descriptor = {"fields": [{"name": "数", "type": "integer"}]}
    assert len(validate(table([["x"]] * 2500, descriptor)).problems) == 2500


def test_a_good_table_becomes_valid() -> None:
    """The report counts rows and fields and names the Frictionless version."""
    step = validate(
        table(
            [["1"], [""]],
            {
                "fields": [
                    {"name": "数", "type": "integer"},
                ][:1]
            },
        )
    )
    assert step.problems == () or step.problems[0].code == "blank-row"
    step = validate(
        table([["1", "a"], ["", "b"]], {"fields": [{"name": "数", "type": "integer"}, {"name": "b", "type": "string"}]})
    )
    assert step.value is not None
    assert step.value.report == {"rows": 2, "errors": 0, "fields": 2, "frictionless": frictionless.__version__}


CASES = [
    (
        {"type": "string", "constraints": {"required": True}},
        "",
        "constraint-error",
        "必須の「列」が空です。",
        "値を書いてください。",
    ),
    ({"type": "integer"}, "12席", "type-error", "「列」が整数として読めません。", "半角の数字だけ"),
    ({"type": "date"}, "R3.4.1", "type-error", "「列」が日付として読めません。", "2024-04-01"),
    (
        {"type": "string", "constraints": {"enum": ["有", "無"]}},
        "○",
        "constraint-error",
        "決められた値ではありません",
        "有、無",
    ),
    (
        {"type": "string", "constraints": {"pattern": r"\d{6}"}},
        "1",
        "constraint-error",
        "決まりに合いません",
        "半角数字6桁",
    ),
    ({"type": "integer", "constraints": {"minimum": 1}}, "0", "constraint-error", "下限は 1", "1 以上"),
    ({"type": "integer", "constraints": {"maximum": 1}}, "2", "constraint-error", "上限は 1", "1 以下"),
    ({"type": "string", "constraints": {"maxLength": 1}}, "ab", "constraint-error", "長すぎます", "1 文字以内"),
    (
        {"type": "boolean", "trueValues": ["有"], "falseValues": ["無"]},
        "x",
        "type-error",
        "決められた値ではありません",
        "有、無",
    ),
    ({"type": "number"}, "sNaN", "type-error", "数値として読めません", "半角"),
]


@pytest.mark.parametrize("field, cell, code, message, hint", CASES)
def test_problems_say_the_rule_and_what_to_write(
    field: dict[str, Any], cell: str, code: str, message: str, hint: str
) -> None:
    """Plain Japanese by constraint, the value apart from the words, the place as the department sees it."""
    if cell == "sNaN":
        field = {**field, "constraints": {"minimum": 0}}
    problem = validate(
        table([["a", cell]], {"fields": [{"name": "他", "type": "string"}, {"name": "列", **field}]})
    ).problems[0]
    assert problem.code == code
    assert message in problem.message
    assert hint in problem.hint
    assert (problem.place.cell, problem.place.sheet, problem.place.field) == ("E5", "表", "列")
    assert problem.value == cell
    assert not cell or cell not in problem.message


def test_repeats_name_the_row_of_the_file() -> None:
    """A repeated key points to the earlier row as the spreadsheet numbers it."""
    descriptor = {"fields": [{"name": "ID", "type": "integer", "constraints": {"unique": True}}], "primaryKey": ["ID"]}
    problems = validate(table([["1"], ["2"], ["01"]], descriptor)).problems
    assert [p.code for p in problems] == ["unique-error", "primary-key"]
    assert all("5行目" in p.message and p.place.cell == "D7" for p in problems)


def test_nothing_undecided_needs_no_frictionless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table the screen accepts whole is decided without Frictionless's readers."""
    monkeypatch.setattr("pipelines.validate._exact.frictionless_schema", lambda _: pytest.fail("asked"))
    descriptor = {
        "fields": [{"name": "日", "type": "date"}, {"name": "名", "type": "string", "constraints": {"required": True}}]
    }
    assert validate(table([["2024-04-01", "a"]] * 3, descriptor)).value is not None


def test_a_wrong_schema_is_a_configuration_error() -> None:
    """A pattern that is none is the configuration's mistake, not the department's."""
    descriptor = {
        "fields": [{"name": "a", "type": "string", "constraints": {"pattern": "("}}, {"name": "b", "type": "any"}]
    }
    with pytest.raises(ConfigError, match="「a」"):
        validate(table([["x", "y"]], descriptor))


def test_unknown_kinds_are_left_undecided() -> None:
    """The screen says nothing of what it does not know."""
    column = pa.array(["1"])
    unknown = [
        {"type": "duration"},
        {"type": "number", "constraints": {"enum": [1]}},
        {"type": "string", "format": "uuid"},
    ]
    assert all(accepted(column, field, [""]) is None for field in unknown)


@pytest.mark.parametrize(
    "pattern, words",
    [
        (r"\d{6}", "半角数字6桁"),
        ("^[0-9]{2}:[0-9]{2}$", "半角数字2桁「:」半角数字2桁"),
        (r"0\d{1,4}", "「0」半角数字1～4桁"),
        (r"^-?\d+(\.\d+)?$", "半角の数値（単位やカンマなし）"),
        ("(a|b)", ""),
    ],
)
def test_simple_patterns_have_words(pattern: str, words: str) -> None:
    """Only patterns that can be said plainly are said."""
    assert in_words(pattern) == words
