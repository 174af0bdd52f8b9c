"""One dataset from several files: stacked or one resource each, in order, with titles, gaps and differences named."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.model import ConfigError, DroppedFile, Level, Verdict
from pipelines.run.combine import matched, slug
from pipelines.run.periods import Period, missing, period_of
from tests.test_run_build import OWN, built, codes, dataset, records, the

HEAD = "番号,名称,人数\n"
PATH = "kankyo/data/"


# ── periods ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stem", "key", "label"),
    [
        ("222127_traffic_accident_2019", "2019", "2019年"),
        ("0066_201811", "201811", "2018年11月"),
        ("令和5年度_出生", "2023", "2023年度"),
        ("令和元年度", "2019", "2019年度"),
        ("２０２２年度", "2022", "2022年度"),
        ("h30年度人口", "2018", "2018年度"),
        ("人口2023年4月", "202304", "2023年4月"),
        ("人口_2023-04", "202304", "2023年4月"),
        ("令和5年4月1日現在", "202304", "2023年4月"),
        ("20230401人口", "202304", "2023年4月"),
    ],
)
def test_the_period_of_a_file_name(stem: str, key: str, label: str) -> None:
    """Western and era years, fiscal years and months, in the ways municipal files are named."""
    period = period_of(stem)
    assert period is not None
    assert (period.key, period.label) == (key, label)


@pytest.mark.parametrize("stem", ["data(1)", "2019-2022", "2022年度_2023公表", "202011_toilet", "r10.5", "一覧"])
def test_no_period_where_none_or_several_are_named(stem: str) -> None:
    """Nothing is guessed; 202011 in front is the city of Nagano (the department's own code), not November 2020."""
    assert period_of(stem, "202011") is None


def test_gaps_are_years_or_months() -> None:
    """Years between the first and the last; months only where a year has several files."""
    assert [p.year for p in missing([Period(2020), Period(2023), Period(2025)])] == [2021, 2022, 2024]
    assert missing([Period(2023, 11), Period(2023, 12), Period(2024, 2)]) == [Period(2024, 1)]
    assert [p.year for p in missing([Period(2018, 11), Period(2020, 4)])] == [2019]
    assert missing([Period(2020, fiscal=True), Period(2022, fiscal=True)]) == [Period(2021, fiscal=True)]
    assert missing([Period(2020)]) == missing([]) == []


# ── stacked ────────────────────────────────────────────────────────────────────────────────────


def test_stacked_files_come_in_order_with_their_year(drop: Path) -> None:
    """The oldest first, the year before every row, and a mistake is named in its own file and row."""
    settings = "combine: stack\nstack: {column: 年度, from: filename-year}\n"
    folder = dataset(drop, settings, 令和5年度__csv=HEAD + "001,駅,1\n", 平成30年度__csv=HEAD + "001,店,2\n002,市,3\n")
    one = built(drop)["data"]
    assert [tuple(r.values()) for r in records(one.package.files[0].path)] == [
        ("2018", "001", "店", "2"), ("2018", "002", "市", "3"), ("2023", "001", "駅", "1"),
    ]  # fmt: skip
    assert "2019年度、2020年度、2021年度、2022年度" in the(one.outcome, "period-missing").message
    assert [(e["path"], e["data_rows"]) for e in one.outcome.files] == [
        (f"{PATH}平成30年度.csv", 2), (f"{PATH}令和5年度.csv", 1),
    ]  # fmt: skip
    (folder / "平成30年度.csv").write_text(HEAD + "001,店,2\n002,市,多数\n", encoding="utf-8")
    problem = the(built(drop)["data"].outcome, "value-integer")
    assert (problem.place.path, problem.place.cell) == (f"{PATH}平成30年度.csv", "C3")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("filename", ["chuo", "minami"]),
        ("{minami.csv: 南区, chu*: 中央区}", ["中央区", "南区"]),
    ],
)
def test_other_ways_to_tell_the_files_apart(drop: Path, source: str, expected: list[str]) -> None:
    """The file's name, or a value for each file."""
    settings = f"combine: stack\nstack: {{column: 区, from: {source}}}\n"
    dataset(drop, settings, chuo__csv=HEAD + "1,駅,1\n", minami__csv=HEAD + "2,店,2\n")
    assert [r["区"] for r in records(built(drop)["data"].package.files[0].path)] == expected


def test_a_file_without_its_value_goes_back(drop: Path) -> None:
    """Rows that could not be told from the others are not published."""
    settings = "combine: stack\nstack: {column: 年度, from: filename-year}\n"
    dataset(drop, settings, t2020__csv=HEAD + "1,駅,1\n", 最新__csv=HEAD + "2,店,2\n")
    outcome = built(drop)["data"].outcome
    assert (outcome.verdict, the(outcome, "stack-value-missing").place.path) == (Verdict.WITHHELD, f"{PATH}最新.csv")


def test_columns_that_differ_by_year(drop: Path) -> None:
    """A column of some files only is empty for the others, and said; a rename that one file needs is not stale."""
    settings = "combine: stack\nrenames: {施設: 名称}\n"
    dataset(drop, settings, t2020__csv="番号,施設\n1,駅\n", t2021__csv=HEAD + "2,店,2\n")
    one = built(drop)["data"]
    assert [r["人数"] for r in records(one.package.files[0].path)] == ["", "2"]
    problem = the(one.outcome, "columns-differ")
    assert (problem.place.path, "「人数」" in problem.message) == (f"{PATH}t2020.csv", True)
    assert "rename-unused" not in codes(one.outcome)


def test_a_rename_that_no_file_needs_is_stale(drop: Path) -> None:
    """Said for every file, because no file has the column."""
    settings = "combine: stack\nrenames: {旧名称: 名称}\n"
    dataset(drop, settings, t2020__csv=HEAD + "1,駅,1\n", t2021__csv=HEAD + "2,店,2\n")
    assert codes(built(drop)["data"].outcome).count("rename-unused") == 2


def test_the_same_file_twice_is_an_error(drop: Path) -> None:
    """Last year's file saved again under this year's name."""
    dataset(drop, "combine: stack\n", t2020__csv=HEAD + "1,駅,1\n", t2021__csv=HEAD + "1,駅,1\n")
    outcome = built(drop)["data"].outcome
    assert (outcome.verdict, the(outcome, "same-content-twice").place.path) == (Verdict.WITHHELD, f"{PATH}t2021.csv")


def test_one_bad_file_keeps_the_whole_dataset_back(drop: Path) -> None:
    """Half a dataset is not published; the file that is no table is named with what it is."""
    folder = dataset(drop, "combine: stack\n", t2020__csv=HEAD + "1,駅,多数\n")
    (folder / "t2021.csv").write_text("<!doctype html><html><body>x</body></html>")
    outcome = built(drop)["data"].outcome
    assert outcome.verdict is Verdict.WITHHELD
    assert {"value-integer", "not-a-table"} <= set(codes(outcome)), "the others are judged all the same"
    assert [e["format"] for e in outcome.files] == ["csv", "html"]


def test_several_files_need_a_word_on_how(drop: Path) -> None:
    """Files named in dataset.yaml without combine: nothing is put together by chance."""
    dataset(drop, 'files: ["*.csv"]\n', t2020__csv=HEAD + "1,駅,1\n", t2021__csv=HEAD + "2,店,1\n")
    outcome = built(drop)["data"].outcome
    assert (outcome.verdict, the(outcome, "several-files").level) == (Verdict.WITHHELD, Level.ERROR)


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    """A workbook of several sheets."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


def test_every_fitting_sheet_is_stacked(drop: Path) -> None:
    """A sheet a ward becomes one table; a sheet with other columns is left out and named."""
    folder = dataset(drop, "combine: stack\nstack: {column: 区, from: sheet}\n")
    head: list[object] = ["番号", "名称", "人数"]
    other: list[list[object]] = [["担当", "内線", "席"], ["総務", "11", "A"], ["税務", "12", "B"]]
    first: list[list[object]] = [head, ["001", "駅", 1], ["002", "市", 2]]
    workbook(folder / "a.xlsx", {"中央区": first, "南区": [head, ["003", "店", 4]], "連絡先": other})
    one = built(drop)["data"]
    assert [(r["区"], r["名称"]) for r in records(one.package.files[0].path)] == [
        ("中央区", "駅"), ("中央区", "市"), ("南区", "店"),
    ]  # fmt: skip
    assert the(one.outcome, "sheet-left-out").place.sheet == "連絡先"
    assert [e["sheet"] for e in one.outcome.files] == ["中央区", "南区"]


def test_sheets_that_count_the_same_things_are_a_question(drop: Path) -> None:
    """日本人 beside 全体 is not twice as many people."""
    folder = dataset(drop, "combine: stack\n")
    rows: list[list[object]] = [["番号", "名称", "人数"], ["001", "駅", 1], ["002", "市", 2], ["003", "店", 2]]
    workbook(folder / "a.xlsx", {"全体": rows, "日本人": rows})
    outcome = built(drop)["data"].outcome
    assert (outcome.verdict, the(outcome, "sheets-repeat").place.sheet) == (Verdict.HELD, "日本人")


# ── one resource each ──────────────────────────────────────────────────────────────────────────


def test_resources_are_titled_and_newest_first(drop: Path) -> None:
    """Keys and titles carry the year; each table has its own columns."""
    dataset(drop, "combine: resources\n", t2020__csv=HEAD + "1,駅,1\n", t2022__csv="番号,名称\n1,駅\n")
    one = built(drop)["data"]
    assert [(f.key, f.title, f.path.name) for f in one.package.files] == [
        ("2022-csv", "一覧 2022年（CSV）", "data_2022.csv"), ("2020-csv", "一覧 2020年（CSV）", "data_2020.csv"),
    ]  # fmt: skip
    assert "2021年" in the(one.outcome, "period-missing").message
    assert "primary-key" not in codes(one.outcome), "each year has its own keys"


def test_order_and_titles_may_be_set(drop: Path) -> None:
    """Ward offices have no year: their titles stand in dataset.yaml, the order is the files'."""
    settings = "combine: resources\nresources: {titles: {minami.csv: 南区, chuo.csv: 中央区}}\n"
    dataset(drop, settings, minami__csv=HEAD + "1,駅,1\n", chuo__csv=HEAD + "2,店,1\n")
    files = built(drop)["data"].package.files
    assert [(f.key, f.title) for f in files] == [("chuo-csv", "一覧 中央区（CSV）"), ("minami-csv", "一覧 南区（CSV）")]


def test_the_oldest_may_stand_first(drop: Path) -> None:
    """For a catalogue that wants its years ascending."""
    settings = "combine: resources\nresources: {order: oldest}\n"
    dataset(drop, settings, t2020__csv=HEAD + "1,駅,1\n", t2021__csv=HEAD + "2,店,1\n")
    assert [f.key for f in built(drop)["data"].package.files] == ["2020-csv", "2021-csv"]


def test_two_files_of_one_year_keep_apart(drop: Path) -> None:
    """Where the year does not tell files apart, their names do."""
    dataset(drop, "combine: resources\n", OWN, men_2020__csv=HEAD + "1,駅,1\n", women_2020__csv=HEAD + "2,店,1\n")
    files = built(drop)["data"].package.files
    assert [(f.key, f.title) for f in files] == [
        ("men_2020-csv", "一覧 men_2020（CSV）"), ("women_2020-csv", "一覧 women_2020（CSV）"),
    ]  # fmt: skip


def test_slugs_are_ascii_and_stay() -> None:
    """The same file name gives the same key for ever."""
    assert (slug("Minami ward"), slug("南区")) == ("minami_ward", slug("南区"))
    assert slug("南区").isascii()
    assert slug("南区") != slug("緑区")


def test_values_match_by_name_stem_or_sheet() -> None:
    """The first pattern that fits."""
    file = DroppedFile(path=Path("/d/minami.csv"), shown="minami.csv", size=1, digest="")
    assert matched({"minami": "南区"}, file) == "南区"
    assert matched({"緑": "緑区", "*.csv": "他"}, file, "緑") == "緑区"
    assert matched({"chuo": "中央区"}, file) is None


# ── settings ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ("stack: {column: 年度}\n", "combine: stack"),
        ("combine: stack\nstack: {colum: 年度}\n", "column"),
        ("combine: stack\nstack: {column: 年度, from: year}\n", "stack"),
        ("combine: piled\n", "combine"),
        ("expect: {change: [-50]}\n", "expect"),
    ],
)
def test_settings_that_cannot_be_meant(drop: Path, settings: str, word: str) -> None:
    """A wrong key or word in dataset.yaml is named with the file."""
    dataset(drop, settings, a__csv=HEAD + "1,駅,1\n")
    with pytest.raises(ConfigError, match=word) as error:
        built(drop)
    assert "dataset.yaml" in str(error.value)


def test_a_standards_own_columns_come_first(drop: Path) -> None:
    """In a national standard the column of stack: stands after the standard's own; in an own dataset before."""
    folder = drop / "kankyo" / "防災無線"
    folder.mkdir()
    text = "name: musen\ntitle: 防災無線\nschema: disaster_radio\ncombine: stack\nstack: {column: 区, from: filename}\n"
    (folder / "dataset.yaml").write_text(text, encoding="utf-8")
    (folder / "minami.csv").write_text("x\n1\n")
    schema = built(drop)["musen"].spec.schema
    assert (schema.fields[0].name != "区", schema.fields[-1].name) == (True, "区")
    assert schema.descriptor["fields"][-1]["name"] == "区"
