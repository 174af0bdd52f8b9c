"""A first schema for a table of the city's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.config.schema import load_schema, schema_of
from pipelines.config.yamlfile import dump_yaml
from pipelines.standardize import infer_schema, standardize
from tests.test_standardize import rows, spec, table


def inferred(label: str, *values: str) -> dict[str, Any]:
    """What is inferred for one column, without its name."""
    (field,) = infer_schema(table([label], *[[v] for v in values]), "own", "表")["fields"]
    return {key: value for key, value in field.items() if key != "name"}


@pytest.mark.parametrize(
    ("label", "values", "expected"),
    [
        ("人数", ("5", "1200", ""), {"type": "integer", "clean": "integer", "write": "integer"}),
        ("人数", ("5", "約10"), {}),
        ("人数", ("5人", "6人"), {}),
        ("面積", ("1.50", "20"), {"type": "number", "clean": "number", "write": "number"}),
        ("区分", ("01", "12"), {"clean": "code"}),
        ("整理", ("10001", "10002"), {"clean": "code"}),
        ("人口", ("10001", "9002"), {"type": "integer", "clean": "integer", "write": "integer"}),
        ("管理番号", ("1", "2"), {"clean": "code"}),
        ("開設日", ("2023-04-01", "2024-01-05"), {"type": "date", "clean": "date", "write": "date"}),
        ("開設日", ("2023-04-01", "昭和頃"), {}),
        ("開催日", ("45016", "45017"), {"type": "date", "clean": "date", "write": "date"}),
        ("調査年月日", ("45016", "45017"), {"type": "date", "clean": "date", "write": "date"}),
        ("開館日数", ("45016", "45017"), {"clean": "code"}),
        ("緯度", ("35.571389",), {"clean": "latitude", "write": "number", "role": "latitude", "datastore": "numeric"}),
        ("緯度", ("139.373333",), {}),
        ("備考", ("あり", "2階"), {}),
        ("日付", ("2020/2/9", "2020/2/10"), {"type": "date", "clean": "date", "write": "date"}),
        ("指定年月日", ("H12.4.1", "S45.10.3", "-"), {"type": "date", "clean": "date", "write": "date"}),
        ("建築年月", ("H12.4", "昭和45年"), {"clean": "date_precision"}),
        ("棟", ("H1-2-3", "S2-1-1"), {}),
        ("整理番号", ("2023-01-02", "2023-01-03"), {}),
        ("整理番号", ("2023-1", "2023-2"), {"clean": "code"}),
        ("調査年月日", ("45016",), {"type": "date", "clean": "date", "write": "date"}),
        ("1日平均乗降客数", ("45016", "38100"), {"clean": "code"}),
        ("年度", ("令和5年度", "平成31年度"), {"type": "year", "clean": "fiscal_year"}),
        ("年", ("2019", "2020"), {"type": "year", "clean": "code"}),
        ("電話番号", ("(054)627-5225", "－"), {"clean": "phone"}),
        ("電話番号", ("627-5225",), {"clean": "code"}),
        ("郵便番号", ("761-1401",), {"clean": "postal"}),
        ("開始時間", ("9:00", "17:15"), {"clean": "time", "write": "time"}),
        ("№", ("1", "2"), {"clean": "code"}),
        ("値", ("3.5714285714285716", "0"), {"type": "number", "clean": "number", "write": "number"}),
        ("値", ("12345678901234567", "1"), {}),
        ("空", ("", ""), {}),
    ],
)
def test_a_type_only_where_all_values_agree(label: str, values: tuple[str, ...], expected: dict[str, Any]) -> None:
    """Codes stay text; numbers, dates and marks need every value to agree; anything else is text."""
    assert inferred(label, *values) == expected


@pytest.mark.parametrize("rows_before", [0, 3000])
def test_one_zero_in_front_decides_wherever_it_stands(rows_before: int) -> None:
    """Every distinct value is looked at: the last row of a long file keeps its zero."""
    values = [*(str(n) for n in range(1, rows_before + 1)), "5", "0071"]
    assert inferred("区分", *values) == {"clean": "code"}


def test_only_the_first_pair_of_coordinates_is_the_place() -> None:
    """A schema may not have two latitudes for one map."""
    source = table(["住所_緯度", "住所_経度", "入口_緯度", "入口_経度"], ["35.5", "139.3", "35.6", "139.4"])
    assert [f.get("role") for f in infer_schema(source, "own", "表")["fields"]] == ["latitude", "longitude", None, None]


def test_repeated_and_empty_columns_are_left_out() -> None:
    """A schema cannot have two columns of one name, nor one for a column that has neither a name nor values."""
    source = table(["名称", "名称", ""], ["駅", "店", ""])
    assert [f["name"] for f in infer_schema(source, "own", "表")["fields"]] == ["名称"]


def test_a_column_without_a_label_is_proposed_under_a_name() -> None:
    """The row labels of a statistic, whose corner cell is blank, are not lost; the schema finds the column again."""
    source = table(["", "総数"], ["宇部市", "5"], ["萩市", "3"])
    content = infer_schema(source, "own", "表")
    assert [f["name"] for f in content["fields"]] == ["項目", "総数"]
    step = standardize(source, spec(schema_of(content)))
    assert [r["項目"] for r in rows(step)] == ["宇部市", "萩市"]
    assert "column-not-published" not in {p.code for p in step.problems}


def test_two_columns_without_a_label_are_a_question() -> None:
    """Which of them is meant nobody can tell."""
    source = table(["", "", "総数"], ["宇部市", "a", "5"])
    step = standardize(source, spec(schema_of(infer_schema(source, "own", "表"))))
    assert "header-ambiguous" in {p.code for p in step.problems}


def test_a_damaged_municipality_code_is_read_from_the_name_beside_it() -> None:
    """3.00002E+12 beside 宇部市 can only be 352021; beside an unknown name it goes back."""
    source = table(["市区町村コード", "市区町村名"], ["3.00002E+12", "宇部市"], ["3.00002E+12", "架空市"])
    content = infer_schema(source, "own", "表")
    assert content["fields"][0] == {"name": "市区町村コード", "clean": "lgcode"}
    step = standardize(source, spec(schema_of(content)))
    assert [r["市区町村コード"] for r in rows(step)] == ["352021", "3.00002E+12"]
    assert [(p.code, p.place.cell) for p in step.problems] == [("value-lgcode", "A3"), ("code-mended", "A2")]


def test_what_is_inferred_can_be_committed_and_used(tmp_path: Path) -> None:
    """The text is a valid schema file, and the very table it came from is standardized with it without an error."""
    source = table(["番号", "名称", "人数"], ["007", "駅", "1200"], ["012", "店", ""])
    path = tmp_path / "own.yaml"
    path.write_text(dump_yaml(infer_schema(source, "own", "独自の表")), encoding="utf-8")
    step = standardize(source, spec(load_schema(path)))
    assert step.problems == ()
    assert rows(step)[0] == {"番号": "007", "名称": "駅", "人数": "1200"}
