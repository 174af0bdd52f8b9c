"""The stage standardize: columns, order, notation and places, on small tables and on real schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.config.schema import load_schemas, schema_of, table_schema
from pipelines.model import (
    DatasetSpec,
    Department,
    Field,
    Level,
    Licence,
    Origin,
    Problem,
    Repair,
    Schema,
    SourceBlock,
    SourceTable,
    StandardTable,
    Step,
)
from pipelines.standardize import standardize

SCHEMAS = load_schemas(Path(__file__).resolve().parent.parent / "schemas")
LICENCE = Licence(id="cc-by", title="CC BY 4.0")
DEPARTMENT = Department(
    id="d", title="課", folder=Path("d"), municipality="焼津市", code="222127", credit="", licence=LICENCE
)


def table(header: Sequence[str], *rows: Sequence[str], path: str = "課/表.csv") -> SourceTable:
    """A CSV whose header is row 1."""
    frame = pd.DataFrame([list(row) for row in rows], columns=range(len(header)), dtype="str")
    block = SourceBlock(path=path, sheet=None, columns=tuple(range(1, len(header) + 1)))
    return SourceTable(
        path=path,
        format="csv",
        encoding="utf-8",
        sheet=None,
        header=tuple(header),
        header_rows=(1,),
        first_data_row=2,
        frame=frame,
        origin=Origin(blocks=(block,), rows=range(2, len(rows) + 2)),
    )


def own(*fields: Field, **more: Any) -> Schema:
    """A city's own schema."""
    more.setdefault("descriptor", table_schema(fields))
    return Schema(name="own", title="独自の表", fields=fields, **more)


def spec(schema: Schema | None, department: Department = DEPARTMENT, **more: Any) -> DatasetSpec:
    """A dataset with that schema."""
    title = schema.title if schema else "名無し"
    return DatasetSpec(name="x", title=title, department=department, schema=schema, licence=LICENCE, **more)


def done(step: Step[StandardTable]) -> StandardTable:
    """The table, which must be there."""
    assert step.value is not None, step.problems
    return step.value


def rows(step: Step[StandardTable]) -> list[dict[str, str]]:
    """The result as records."""
    return [{str(k): str(v) for k, v in record.items()} for record in done(step).frame.to_dict("records")]


def codes(step: Step[StandardTable]) -> list[tuple[str, Level]]:
    """Code and level of every problem."""
    return [(p.code, p.level) for p in step.problems]


def the(step: Step[StandardTable], code: str) -> Problem:
    """The one problem with that code."""
    found = [p for p in step.problems if p.code == code]
    assert len(found) == 1, step.problems
    return found[0]


def fixes(step: Step[StandardTable]) -> Mapping[tuple[str, str], int]:
    """(rule, field) → count."""
    return {(f.rule, f.field): f.count for f in done(step).fixes}


def again(step: Step[StandardTable]) -> SourceTable:
    """The result as if a department had dropped it."""
    frame = done(step).frame
    return table(list(frame.columns), *frame.itertuples(index=False))


NAME, PHONE = Field(name="名称"), Field(name="電話番号", clean="phone", write="phone-parens")
COUNT = Field(name="人数", type="integer", clean="integer", unit="人")


# ── columns ────────────────────────────────────────────────────────────────────────────────────


def test_without_a_schema_nothing_is_published() -> None:
    """No schema, no columns: an ERROR that says how to get one."""
    step = standardize(table(["名称"], ["駅"]), spec(None))
    assert step.value is None
    assert "publish.py new --from" in the(step, "schema-unknown").hint


def test_columns_come_in_the_order_of_the_schema() -> None:
    """The standard's order, whatever the department's; the origin follows the columns."""
    step = standardize(table(["人数", "名称"], ["5", "駅"]), spec(own(NAME, COUNT)))
    assert list(done(step).frame.columns) == ["名称", "人数"]
    assert done(step).origin.place(0, 0).cell == "B2"
    assert done(step).origin.place(0, 1).cell == "A2"


def test_only_declared_columns_leave_the_house() -> None:
    """A column that the schema does not declare is dropped and named, with how much was in it."""
    step = standardize(table(["名称", "職員メモ"], ["駅", "内緒"], ["店", ""]), spec(own(NAME)))
    assert rows(step) == [{"名称": "駅"}, {"名称": "店"}]
    problem = the(step, "column-not-published")
    assert (problem.level, problem.place.cell) == (Level.WARNING, "B1")
    assert "値のあるセル 1個" in problem.message
    assert done(step).unmatched == ("職員メモ",)


def test_columns_to_drop_need_no_warning() -> None:
    """drop_columns: of dataset.yaml is the department's own decision; a nameless empty column is nothing."""
    step = standardize(table(["名称", "メモ", ""], ["駅", "x", ""]), spec(own(NAME), drop_columns=("ﾒﾓ",)))
    assert step.problems == ()


def test_lacking_columns_are_added_only_where_the_standard_is_known() -> None:
    """A set whose official header is known gets all its columns; of a reconstructed one only those there are."""
    known = standardize(table(["種別", "口径"], ["井戸", "100"]), spec(SCHEMAS["fire_hydrant"]))
    assert list(done(known).frame.columns) == [f.name for f in SCHEMAS["fire_hydrant"].fields]
    guessed = standardize(table(["設置位置", "名称"], ["1階", "駅"]), spec(SCHEMAS["aed"]))
    assert list(done(guessed).frame.columns) == ["名称", "設置位置"]
    assert [f["name"] for f in done(guessed).schema.descriptor["fields"]] == ["名称", "設置位置"]
    assert [f.name for f in done(guessed).schema.fields] == ["名称", "設置位置"]


def test_missing_required_column_is_an_error() -> None:
    """◎ of the official sheet, a required constraint and a key column must be there; the hint says how."""
    step = standardize(table(["名称"], ["駅"]), spec(SCHEMAS["public_toilet"]))
    missing = {p.place.field for p in step.problems if p.code == "column-missing"}
    assert missing == {"所在地_連結表記", "設置位置"}
    assert step.withheld
    key = standardize(table(["名称"], ["駅"]), spec(own(NAME, Field(name="番号"), primary_key=("番号",))))
    assert the(key, "column-missing").place.field == "番号"


def test_nothing_matches() -> None:
    """A file of which no column is known gives no table; most columns strange is held for a person."""
    step = standardize(table(["あ", "い"], ["1", "2"]), spec(own(NAME)))
    assert step.value is None
    assert ("header-unlike-schema", Level.HOLD) in codes(step)
    half = standardize(table(["名称", "う", "え"], ["1", "2", "3"]), spec(own(NAME)))
    assert the(half, "header-unlike-schema").level is Level.HOLD


def test_a_table_without_what_its_rows_are_called_is_held() -> None:
    """When the column with the role name is lacking and strange columns are there, the match is doubtful."""
    schema = own(replace(NAME, role="name"), COUNT, PHONE)
    step = standardize(table(["よびな", "人数", "電話番号"], ["駅", "1", ""]), spec(schema))
    assert ("header-unlike-schema", Level.HOLD) in codes(step)


def test_constants_fill_what_is_empty() -> None:
    """constants: give a value where the file has none, counted; a value of the file stays."""
    schema = own(NAME, Field(name="市区町村コード", clean="lgcode", level="◎"))
    step = standardize(table(["名称"], ["駅"]), spec(schema, constants={"市区町村コード": "222127"}))
    assert rows(step) == [{"名称": "駅", "市区町村コード": "222127"}]
    assert fixes(step) == {("constant", "市区町村コード"): 1}
    given_value = table(["名称", "市区町村コード"], ["駅", "141500"], ["店", ""])
    step = standardize(given_value, spec(schema, constants={"市区町村コード": "222127"}))
    assert [r["市区町村コード"] for r in rows(step)] == ["141500", "222127"]


def test_constant_for_an_unknown_column() -> None:
    """A constant of dataset.yaml for no column is a mistake; one of the whole department is simply not needed."""
    step = standardize(table(["名称"], ["駅"]), spec(own(NAME), constants={"団体": "焼津市"}))
    assert the(step, "constant-unknown").level is Level.ERROR
    shared = replace(DEPARTMENT, settings={"constants": {"団体": "焼津市"}})
    assert standardize(table(["名称"], ["駅"]), spec(own(NAME), shared, constants={"団体": "焼津市"})).problems == ()


def test_rows_that_say_there_is_nothing() -> None:
    """A row with only 該当なし (beside the publisher's own columns) is dropped; in a row with data it stays."""
    schema = own(Field(name="地方公共団体名"), NAME, COUNT)
    source = table(
        ["地方公共団体名", "名称", "人数"],
        ["焼津市", "該当なし", ""],
        ["焼津市", "駅", "3"],
        ["焼津市", "該当なし", "4"],
    )
    step = standardize(source, spec(schema))
    assert [r["名称"] for r in rows(step)] == ["駅", "該当なし"]
    assert the(step, "row-no-data").place.row == 2
    assert [done(step).origin.place(i, 1).cell for i in (0, 1)] == ["B3", "B4"]


# ── first generation ───────────────────────────────────────────────────────────────────────────


def test_first_generation_becomes_second() -> None:
    """住所 → 所在地_連結表記, 都道府県名 + 市区町村名 → 地方公共団体名, every change listed."""
    step = standardize(
        table(
            ["都道府県コード又は市区町村コード", "NO", "都道府県名", "市区町村名", "名称", "住所", "設置位置"],
            ["222127", "0000000001", "静岡県", "焼津市", "市役所", "焼津市本町2-16-32", "1階"],
            ["222127", "0000000002", "静岡県", "焼津市", "山の家", "長野県茅野市1-1", "1階"],
        ),
        spec(SCHEMAS["aed"]),
    )
    assert step.problems == ()
    assert [r["地方公共団体名"] for r in rows(step)] == ["静岡県焼津市"] * 2
    assert [r["ID"] for r in rows(step)] == ["0000000001", "0000000002"]
    assert [r["所在地_連結表記"] for r in rows(step)] == ["静岡県焼津市本町2-16-32", "長野県茅野市1-1"]
    assert fixes(step) == {
        ("gen1-rename", "全国地方公共団体コード"): 1,
        ("gen1-rename", "ID"): 1,
        ("gen1-rename", "所在地_連結表記"): 1,
        ("gen1-merge", "地方公共団体名"): 2,
        ("address-prefecture", "所在地_連結表記"): 1,
    }


def test_a_merge_needs_all_its_parts() -> None:
    """市区町村名 alone does not become 地方公共団体名; a part that repeats the other is not doubled."""
    alone = standardize(table(["名称", "市区町村名"], ["駅", "焼津市"]), spec(SCHEMAS["aed"]))
    assert "地方公共団体名" not in done(alone).frame
    doubled = table(["名称", "都道府県名", "市区町村名"], ["駅", "静岡県", "静岡県焼津市"])
    assert rows(standardize(doubled, spec(SCHEMAS["aed"])))[0]["地方公共団体名"] == "静岡県焼津市"


def test_first_generation_schema_can_be_kept() -> None:
    """A dataset that names the first-generation schema itself is published in it."""
    source = table([f.name for f in SCHEMAS["gen1_fire_hydrant"].fields], ["222127", *[""] * 3, "井戸", *[""] * 6])
    step = standardize(source, spec(SCHEMAS["gen1_fire_hydrant"]))
    assert rows(step)[0]["種別"] == "井戸"
    assert fixes(step) == {}


# ── values ─────────────────────────────────────────────────────────────────────────────────────


def test_values_are_cleaned_and_written_in_the_standard_notation() -> None:
    """clean gives the canonical form, write: the notation; what already has it is no change."""
    schema = own(NAME, PHONE, Field(name="有無", clean="bool", write="presence"), COUNT)
    step = standardize(
        table(
            ["名称", "電話番号", "有無", "人数"],
            ["駅", "054-626-1139", "○", "１,２３４"],
            ["店", "(054)626-1139", "無", "5人"],
        ),
        spec(schema),
    )
    assert rows(step) == [
        {"名称": "駅", "電話番号": "(054)626-1139", "有無": "有", "人数": "1234"},
        {"名称": "店", "電話番号": "(054)626-1139", "有無": "無", "人数": "5"},
    ]
    assert [f.examples for f in done(step).fixes if f.field == "電話番号"] == [(("054-626-1139", "(054)626-1139"),)]
    assert sum(f.count for f in done(step).fixes if f.field == "人数") == 2


def test_every_wrong_cell_is_named() -> None:
    """Errors are listed cell by cell with value, reason and what to write; the cell keeps its text."""
    source = table(["名称", "人数"], *[["駅", "多数"]] * 3, ["店", "3"], ["市", "12人くらい"])
    step = standardize(source, spec(own(NAME, COUNT)))
    wrong = [p for p in step.problems if p.code == "value-integer"]
    assert [p.place.cell for p in wrong] == ["B2", "B3", "B4", "B6"]
    assert all(p.level is Level.ERROR and p.hint for p in wrong)
    assert [r["人数"] for r in rows(step)] == ["多数", "多数", "多数", "3", "12人くらい"]
    assert len({p.message for p in wrong[:3]}) == 1, "equal faults make one group in the reply"


def test_true_totals_are_never_capped() -> None:
    """5,000 wrong cells are 5,000 problems."""
    step = standardize(table(["人数"], *[[f"x{i}"] for i in range(5000)]), spec(own(COUNT)))
    assert len([p for p in step.problems if p.code == "value-integer"]) == 5000


def test_warnings_of_one_kind_are_one_problem() -> None:
    """The same remark in one column is said once, with its count and its first cell."""
    schema = own(Field(name="終了時間", clean="time"))
    step = standardize(table(["終了時間"], ["21:00"], ["24:00"], ["24:00"]), spec(schema))
    problem = the(step, "value-end-of-day")
    assert (problem.level, problem.place.cell) == (Level.WARNING, "A3")
    assert "2個のセル" in problem.message
    assert [r["終了時間"] for r in rows(step)] == ["21:00", "24:00", "24:00"]


def test_marks_of_absence_become_empty() -> None:
    """「-」 and なし in a telephone column are no number: empty, counted, without a remark; in text they stay."""
    step = standardize(table(["名称", "電話番号"], ["なし", "-"], ["－", "なし"]), spec(own(NAME, PHONE)))
    assert rows(step) == [{"名称": "なし", "電話番号": ""}, {"名称": "－", "電話番号": ""}]
    assert sum(f.count for f in done(step).fixes if f.field == "電話番号") == 2
    assert step.problems == ()


def test_style_never_withholds() -> None:
    """What is not written in kana or as days of the week is published as text, with a warning."""
    schema = own(Field(name="名称_カナ", clean="kana"), Field(name="利用可能曜日", clean="weekdays"))
    step = standardize(table(["名称_カナ", "利用可能曜日"], ["市役所", "土日祝以外"]), spec(schema))
    assert rows(step) == [{"名称_カナ": "市役所", "利用可能曜日": "土日祝以外"}]
    assert {p.level for p in step.problems} == {Level.WARNING}


def test_repairs_are_exact_and_counted() -> None:
    """repairs: replace exactly that text; one that matches nothing any more is a notice."""
    repairs = (
        Repair(field="人数", match="不詳（約50）", value="50"),
        Repair(field="人数", match="古い", value="1"),
    )
    step = standardize(table(["人数"], ["不詳（約50）"], ["7"]), spec(own(COUNT), repairs=repairs))
    assert [r["人数"] for r in rows(step)] == ["50", "7"]
    assert fixes(step)["repair", "人数"] == 1
    assert "古い" in the(step, "repair-unused").message


def test_extension_beside_a_number_moves_to_its_own_column() -> None:
    """042-754-1111 内線2211 → 電話番号 and 内線番号, unless the row already has an extension."""
    schema = own(PHONE, Field(name="内線番号", clean="code"))
    source = table(["電話番号", "内線番号"], ["054-626-1139 内線2211", ""], ["054-626-1139 内線2211", "9"])
    assert [r["内線番号"] for r in rows(standardize(source, spec(schema)))] == ["2211", "9"]


LATITUDE = Field(name="緯度", clean="latitude", role="latitude")
LONGITUDE = Field(name="経度", clean="longitude", role="longitude")


def test_coordinates_keep_their_digits() -> None:
    """Trailing zeros survive."""
    step = standardize(table(["緯度", "経度"], ["34.840500", "138.309570"]), spec(own(LATITUDE, LONGITUDE)))
    assert rows(step) == [{"緯度": "34.840500", "経度": "138.309570"}]
    assert fixes(step) == {}


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [
        ("138.309570", "34.843061", "coordinate-swapped"),
        ("0", "0", "coordinate-zero"),
        ("51.5", "138.3", "value-latitude"),
        ("34.843061", "", "coordinate-half"),
        ("", "138.309570", "coordinate-half"),
    ],
)
def test_impossible_coordinates_are_errors(lat: str, lon: str, code: str) -> None:
    """Swapped, 0,0, outside Japan, or only one of the two."""
    step = standardize(table(["緯度", "経度"], [lat, lon]), spec(own(LATITUDE, LONGITUDE)))
    assert (code, Level.ERROR) in codes(step)


def test_places_outside_the_city_are_a_warning() -> None:
    """One warning for all points outside the department's box, at the first of them."""
    near = replace(DEPARTMENT, bbox=(138.2, 34.7, 138.4, 34.9))
    source = table(["緯度", "経度"], ["34.840500", "138.309570"], ["35.571389", "139.373333"])
    step = standardize(source, spec(own(LATITUDE, LONGITUDE), near))
    problem = the(step, "coordinate-outside-area")
    assert (problem.level, problem.place.cell) == (Level.WARNING, "A3")


def test_places_follow_blocks_and_offsets() -> None:
    """Rows taken from two files, and records on two physical rows, keep the address of their own cell."""
    blocks = (
        SourceBlock(path="a.csv", sheet=None, columns=(1, 2)),
        SourceBlock(path="b.xlsx", sheet="表", columns=(3, 2), row_offsets=(0, 1)),
    )
    source = replace(
        table(["名称", "人数"], ["駅", "多"], ["店", "少"]), origin=Origin(blocks=blocks, rows=[2, 7], block=[0, 1])
    )
    step = standardize(source, spec(own(COUNT, NAME)))
    assert [(p.place.path, p.place.sheet, p.place.cell) for p in step.problems] == [
        ("a.csv", None, "B2"),
        ("b.xlsx", "表", "B8"),
    ]


# ── properties ─────────────────────────────────────────────────────────────────────────────────


VALUES = st.one_of(
    st.sampled_from(
        ["", " ", "-", "なし", "該当なし", "○", "×", "有", "１２", "5人", "24:00", "9:30", "令和5年4月1日", "0"]
    ),
    st.sampled_from(["054-626-1139", "(054)626-1139 内線5", "425-0022", "34.8", "138.309570", "https://例え.jp/ａ"]),
    st.text(max_size=12),
)
MIXED = own(
    NAME,
    PHONE,
    COUNT,
    Field(name="内線番号", clean="code"),
    Field(name="有無", clean="bool", write="presence"),
    Field(name="印", clean="bool", write="flag-1"),
    Field(name="日", type="date", clean="date"),
    Field(name="時", clean="time"),
    Field(name="郵便番号", clean="postal", write="postal-7"),
    Field(name="曜日", clean="weekdays"),
    Field(name="カナ", clean="kana"),
    Field(name="リンク", clean="url"),
    LATITUDE,
    LONGITUDE,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(VALUES, min_size=14, max_size=14), max_size=6))
def test_standardizing_twice_changes_nothing(records: list[list[str]]) -> None:
    """standardize ∘ standardize = standardize, and the second time there is nothing to count."""
    once = standardize(table([f.name for f in MIXED.fields], *records), spec(MIXED))
    twice = standardize(again(once), spec(MIXED))
    assert rows(twice) == rows(once)
    assert done(twice).fixes == ()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(VALUES, min_size=14, max_size=14), min_size=1, max_size=6))
def test_every_change_is_counted(records: list[list[str]]) -> None:
    """A cell that differs from what was dropped is counted in a Fix of its field."""
    source = table([f.name for f in MIXED.fields], *records)
    step = standardize(source, spec(MIXED))
    kept = [i for i in range(len(records)) if i + 2 in list(done(step).origin.rows)]
    for j, field in enumerate(MIXED.fields):
        changed = sum(records[i][j] != row[field.name] for i, row in zip(kept, rows(step), strict=True))
        counted = sum(f.count for f in done(step).fixes if f.field == field.name)
        assert counted >= changed
        assert not (counted and not changed)


def test_codes_unlike_all_others_and_repeated_rows_are_told() -> None:
    """A damaged code or a line copied twice is read without a fault; only the others beside it give it away."""
    lines = [[f"{n:04}", f"公園{n}", str(n)] for n in range(1, 61)]
    lines[7][0], lines[8][0], lines[20] = "0p08", "9", list(lines[19])
    step = standardize(table(["番号", "名称", "数"], *lines), spec(_own("番号", "名称", "数")))
    told = [(p.code, p.place.cell or p.place.row) for p in step.problems]
    assert sorted(told, key=str) == [("code-unlike-others", "A10"), ("code-unlike-others", "A9"), ("rows-repeated", 22)]
    plain = [[str(n), f"公園{n}", "1"] for n in range(971, 1001)]
    assert standardize(table(["番号", "名称", "数"], *plain), spec(_own("番号", "名称", "数"))).problems == ()


def _own(code: str, *others: str) -> Schema:
    """A city's own schema: one code, the rest text."""
    fields = [{"name": code, "clean": "code"}, *({"name": name} for name in others)]
    return schema_of({"name": "own", "title": "表", "fields": fields})
