"""Columns, values and the difference of two versions; kept versions on disk."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.model import Field, Schema
from pipelines.publish.archive import Archive
from pipelines.publish.columns import NAME_BYTES, columns, converted, same_value
from pipelines.publish.delta import delta, read_rows, table_key
from tests.publishing import FIELDS, HEADER, package, rows, schema

NAMES = st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=8, unique=True)


def plain(*names: str) -> Schema:
    """A schema of text columns."""
    return Schema(name="s", title="s", fields=tuple(Field(name=n) for n in names), descriptor={})


# ── columns ────────────────────────────────────────────────────────────────────────────────────


@given(NAMES)
def test_column_names_fit_postgresql(names: list[str]) -> None:
    """At most 63 bytes of UTF-8, none twice (case does not tell names apart), no leading _, no double quote."""
    ids = [column.id for column in columns(names, plain(*names))]
    assert len({i.lower() for i in ids}) == len(names)
    for name in ids:
        assert 0 < len(name.encode()) <= NAME_BYTES
        assert not name.startswith("_")
        assert '"' not in name


def test_long_names_stay_readable_and_apart() -> None:
    """Two names alike in their first 63 bytes get a number; the whole name is the label."""
    names = [
        "高齢者福祉施設における介護保険サービスの提供状況（前年度）",
        "高齢者福祉施設における介護保険サービスの提供状況（今年度）",
    ]
    made = columns(names, plain(*names))
    assert made[0].id == "高齢者福祉施設における介護保険サービスの提"
    assert made[1].id.endswith("_2")
    assert [c.described["info"]["label"] for c in made] == names


def test_types_follow_the_schema() -> None:
    """Integer, number, date and what a field says of the DataStore; everything else is text."""
    assert [c.type for c in columns(HEADER, schema())] == ["text", "text", "int8", "numeric", "date"]


def test_dictionary_has_label_notes_and_example() -> None:
    """The data dictionary: title or name, description and example."""
    field = Field(name="名称", title="施設名", description="正式な名前", example="中央公園")
    (column,) = columns(["名称"], Schema(name="s", title="s", fields=(field,), descriptor={}))
    assert column.described["info"] == {"label": "施設名", "notes": "正式な名前。例: 中央公園"}


@given(st.integers(-(2**62), 2**62), st.decimals(allow_nan=False, allow_infinity=False, places=6), st.dates())
def test_values_survive_the_way_there_and_back(whole: int, number: decimal.Decimal, day: dt.date) -> None:
    """A cell converted for the API compares equal to what CKAN gives back for it."""
    row = ("1", "あ", str(whole), str(number), day.isoformat())
    made = columns(HEADER, schema())
    values = converted(row, made)
    back: list[Any] = ["1", "あ", whole, number, f"{day.isoformat()}T00:00:00"]
    same = [same_value(v, c.type) for v, c in zip(values, made, strict=True)]
    assert same == [same_value(v, c.type) for v, c in zip(back, made, strict=True)]


def test_empty_cells_are_null() -> None:
    """An empty cell is no value, whatever the column's type."""
    assert converted(("", "", "", "", ""), columns(HEADER, schema())) == (None,) * 5


# ── differences ────────────────────────────────────────────────────────────────────────────────

CELLS = st.sampled_from(["", "1", "2", "あ", "改\n行", 'か"ん,ま'])
TABLES = st.lists(st.tuples(CELLS, CELLS), max_size=12)


def write(path: Path, table: list[tuple[str, ...]], header: tuple[str, ...] = ("a", "b")) -> Path:
    """A CSV as we write it."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([header, *table])
    return path


@settings(max_examples=150, deadline=None)
@given(old=TABLES, new=TABLES, key=st.sampled_from([(), ("a",), ("a", "b"), ("c",)]))
def test_the_difference_leads_from_old_to_new(
    tmp_path_factory: pytest.TempPathFactory, old: list[Any], new: list[Any], key: tuple[str, ...]
) -> None:
    """Old rows, less removed and replaced, plus added and replacing, are the new rows, as multisets."""
    folder = tmp_path_factory.mktemp("delta")
    change = delta(write(folder / "old.csv", old), write(folder / "new.csv", new), key)
    assert change is not None
    left = list(old)
    for row in (*change.removed, *(before for before, _ in change.changed)):
        left.remove(row)
    left += [*change.added, *(after for _, after in change.changed)]
    assert sorted(left) == sorted(new)
    if change.declared:
        assert all(before[0] == after[0] for before, after in change.changed)
    if old == new:
        assert change.told == "行の増減なし"


def test_other_columns_are_no_difference_of_rows(tmp_path: Path) -> None:
    """Another header cannot be told row by row."""
    old, new = write(tmp_path / "old.csv", [("1", "2")]), write(tmp_path / "new.csv", [("1", "2")], ("a", "c"))
    assert delta(old, new) is None


def test_a_changed_cell_is_one_changed_row_even_without_a_key(tmp_path: Path) -> None:
    """Readers are told of one changed row, found by a column that identifies the rows."""
    old = write(tmp_path / "old.csv", [("公園", "1"), ("広場", "2"), ("池", "3")])
    new = write(tmp_path / "new.csv", [("公園", "1"), ("広場", "9"), ("池", "3")])
    change = delta(old, new)
    assert change is not None
    assert (change.told, change.declared) == ("1行変更", False)


@pytest.mark.parametrize(
    "table, usable",
    [
        ([("1", "a"), ("2", "a")], (0,)),
        ([("1", "a"), ("1", "b")], (1,)),
        ([("1", "a"), ("1", "a")], ()),
        ([("", "a"), ("2", "b")], (1,)),
        ([("あ" * 400, "a"), ("2", "b")], (1,)),
        ([], ()),
    ],
    ids=["declared", "another", "none", "not-filled", "too-long", "no-rows"],
)
def test_rows_are_told_apart_by_what_is_unique(table: list[tuple[str, str]], usable: tuple[int, ...]) -> None:
    """The schema's key where it is filled and unique in every row, else the first column that is, else none."""
    cols = columns(["a", "b"], plain("a", "b"))
    assert table_key(("a", "b"), table, cols, ("a",)) == usable
    assert table_key(("a", "b"), table, cols, ("missing",)) == usable


def test_a_key_is_unique_by_value() -> None:
    """007 and 7 are the same whole number, and the index would refuse the second; as texts they are two."""
    whole = columns(["a"], Schema(name="s", title="s", fields=(Field(name="a", type="integer"),), descriptor={}))
    assert table_key(("a",), [("007",), ("7",)], whole, ("a",)) == ()
    assert table_key(("a",), [("007",), ("7",)], columns(["a"], plain("a")), ("a",)) == (0,)


# ── kept versions ──────────────────────────────────────────────────────────────────────────────


def test_versions_are_kept_whole_and_few(tmp_path: Path) -> None:
    """The last three of five publications stay, numbered on, with files that read back as they were."""
    archive = Archive(tmp_path / "history", keep=3)
    for number in range(1, 6):
        archive.add(package(tmp_path / "p", "x", rows(number), key=("ID",)), f"digest-{number}", "2026-11-22", "公開")
    kept = archive.versions("x")
    assert [v.number for v in kept] == [3, 4, 5]
    assert [len(read_rows(v.files[0].path)[1]) for v in kept] == [3, 4, 5]
    found = kept[-1].files[0].schema
    assert found is not None
    assert (found.fields, found.primary_key) == (FIELDS, ("ID",))
    assert archive.published("x", "digest-5") == kept[-1]
    assert archive.published("x", "digest-4") is None


def test_publishing_the_same_again_adds_no_version(tmp_path: Path) -> None:
    """The same digest is the same version."""
    archive = Archive(tmp_path / "history")
    for _ in range(2):
        archive.add(package(tmp_path / "p", "x", rows(2)), "digest", "2026-11-22", "公開")
    assert len(archive.versions("x")) == 1


def test_a_damaged_version_is_not_trusted(tmp_path: Path) -> None:
    """A changed file, a missing one, a broken manifest: passed over, never an error."""
    archive = Archive(tmp_path / "history")
    archive.add(package(tmp_path / "p", "x", rows(2)), "digest", "2026-11-22", "公開")
    version = archive.versions("x")[0]
    version.files[0].path.write_text("改ざん", encoding="utf-8")
    assert archive.published("x", "digest") is None
    version.files[0].path.unlink()
    assert archive.published("x", "digest") is None
    (version.folder / "version.json").write_text("{", encoding="utf-8")
    assert archive.versions("x") == []


def test_a_version_that_was_cut_off_is_not_there(tmp_path: Path) -> None:
    """A half-written version leaves nothing to read, and the next one takes its place."""
    archive = Archive(tmp_path / "history")
    archive.add(package(tmp_path / "p", "x", rows(2)), "one", "2026-11-22", "公開")
    shutil.copytree(archive.versions("x")[0].folder, tmp_path / "history" / "x" / ".00002.tmp")
    assert [v.number for v in archive.versions("x")] == [1]
    archive.add(package(tmp_path / "p", "x", rows(3)), "two", "2026-11-23", "公開")
    assert [v.digest for v in archive.versions("x")] == ["one", "two"]
