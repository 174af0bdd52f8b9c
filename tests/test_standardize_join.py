"""Tables put one under the other, pairs of coordinates said once, and what follows from the department itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.model import Field, Level, StandardTable, Step
from pipelines.standardize import fit, join, recognised, standardize
from pipelines.standardize.derive import code_of, home_of
from tests.test_standardize import (
    COUNT,
    DEPARTMENT,
    NAME,
    codes,
    done,
    own,
    rows,
    spec,
    table,
    the,
)

SCHEMA = own(NAME, COUNT, Field(name="備考"))
LATITUDE = Field(name="緯度", clean="latitude", role="latitude")
LONGITUDE = Field(name="経度", clean="longitude", role="longitude")


def standard(header: list[str], *records: list[str], path: str) -> StandardTable:
    """One file, standardized."""
    return done(standardize(table(header, *records, path=path), spec(SCHEMA)))


def test_joined_rows_keep_their_cells() -> None:
    """Columns in the schema's order; a column a file lacks is empty there and comes from no cell."""
    one = standard(["人数", "名称"], ["１", "駅"], ["2", "店"], path="a.csv")
    two = standard(["名称", "備考"], ["市", "x"], path="b.csv")
    both = join([one, two], SCHEMA)
    assert both.frame.to_numpy().tolist() == [["駅", "1", ""], ["店", "2", ""], ["市", "", "x"]]
    places = [both.origin.place(row, column) for row, column in ((0, 1), (1, 0), (2, 2), (2, 1))]
    assert [(p.path, p.cell) for p in places] == [("a.csv", "A2"), ("a.csv", "B3"), ("b.csv", "B2"), ("b.csv", None)]
    assert [f.name for f in both.schema.fields] == ["名称", "人数", "備考"]
    assert join([one], SCHEMA) is one


def test_the_same_fix_in_two_files_is_counted_together() -> None:
    """One rule and field, one entry with the sum."""
    tables = [standard(["名称", "人数"], ["駅", text], path=f"{text}.csv") for text in ("１", "２")]
    (fix,) = [f for f in join(tables, SCHEMA).fixes if f.field == "人数"]
    assert (fix.count, set(fix.examples)) == (2, {("１", "1"), ("２", "2")})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["駅", "店", "", "市"]), min_size=1, max_size=4), min_size=1, max_size=4))
def test_joining_loses_and_invents_no_row(files: list[list[str]]) -> None:
    """Rows, values and addresses of the joined table are those of its parts, in order; any grouping is the same."""
    tables = [standard(["名称"], *[[name] for name in names], path=f"{i}.csv") for i, names in enumerate(files)]
    joined = join(tables, SCHEMA)
    assert joined.frame["名称"].tolist() == [name for names in files for name in names]
    expected = [(f"{i}.csv", row + 2) for i, names in enumerate(files) for row in range(len(names))]
    got = [joined.origin.place(row, 0) for row in range(len(joined.frame))]
    assert [(p.path, p.row) for p in got] == expected
    grouped = (
        join([join(tables[:1], SCHEMA), *tables[1:]], SCHEMA)
        if len(tables) < 3
        else join([tables[0], join(tables[1:], SCHEMA)], SCHEMA)
    )
    assert grouped.frame.equals(joined.frame)
    assert list(grouped.origin.rows) == list(joined.origin.rows)


def test_how_well_a_table_fits() -> None:
    """The share of labelled columns that the schema knows; renames count, blank labels do not."""
    source = table(["名称", "定員", "", "謎"], ["駅", "1", "", "?"])
    assert fit(source, spec(SCHEMA)) == pytest.approx(1 / 3)
    assert fit(source, spec(SCHEMA, renames={"定員": "人数"})) == pytest.approx(2 / 3)
    assert fit(table(["", ""], ["", ""]), spec(SCHEMA)) == fit(source, spec(None)) == 0
    assert recognised(["人数", "名称"], SCHEMA) == {"人数", "名称"}


# ── coordinates ────────────────────────────────────────────────────────────────────────────────


def located(*pairs: tuple[str, str]) -> Step[StandardTable]:
    """A table of latitudes and longitudes."""
    return standardize(table(["緯度", "経度"], *map(list, pairs)), spec(own(LATITUDE, LONGITUDE)))


def test_exchanged_columns_are_one_problem() -> None:
    """Every row the wrong way round: exchange the two headings."""
    step = located(("138.309570", "34.843061"), ("", ""), ("138.309571", "34.843062"))
    assert codes(step) == [("coordinate-swapped", Level.ERROR)]
    problem = the(step, "coordinate-swapped")
    assert (problem.place.cell, "見出しを入れ替え" in problem.hint, "2行" in problem.message) == ("A1", True, True)


def test_exchanged_rows_are_named_each_once() -> None:
    """Two of three rows: one problem a row, the same words."""
    step = located(("138.309570", "34.843061"), ("34.843061", "138.309570"), ("138.309571", "34.843062"))
    told = [p for p in step.problems if p.code == "coordinate-swapped"]
    assert [(p.place.cell, p.value) for p in told] == [
        ("A2", "138.309570, 34.843061"), ("A4", "138.309571, 34.843062"),
    ]  # fmt: skip
    assert len(step.problems) == 2
    assert len({p.message for p in told}) == 1


def test_zero_and_zero_is_one_problem_a_row() -> None:
    """One zero alone stays an error of its own cell."""
    step = located(("0", "0.0"), ("34.843061", "138.309570"), ("0", "138.309570"))
    assert [(p.code, p.place.cell) for p in step.problems] == [("value-latitude", "A4"), ("coordinate-zero", "A2")]


# ── from the department ────────────────────────────────────────────────────────────────────────


def test_an_address_is_completed_by_the_departments_city() -> None:
    """本町5-6-1 of 焼津市 is in 静岡県焼津市; with a code of another city nothing is known."""
    schema = own(Field(name="住所", clean="address"))
    source = table(["住所"], ["本町5-6-1"])
    assert rows(standardize(source, spec(schema))) == [{"住所": "静岡県焼津市本町5-6-1"}]
    assert home_of(DEPARTMENT) == "静岡県焼津市"
    stranger = replace(DEPARTMENT, code="372013")
    assert home_of(stranger) == home_of(replace(DEPARTMENT, code="999999")) == ""
    assert codes(standardize(source, spec(schema, stranger))) == [("value-address", Level.ERROR)]


@pytest.mark.parametrize(
    ("name", "code"),
    [("山口県宇部市", "352021"), ("宇部市", "352021"), ("府中市", ""), ("東京都府中市", "132063"), ("架空市", "")],
)
def test_a_code_is_read_from_a_name_only_where_it_is_the_only_one(name: str, code: str) -> None:
    """There are two cities 府中市."""
    assert code_of(name) == code
