"""Layout: what is header, record, total, note; pure functions over a grid of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.model import Level
from pipelines.read import _marks
from pipelines.read._cells import one_line
from pipelines.read._laid import Laid, Remark
from pipelines.read._totals import mismatches, number
from pipelines.read.grid import Grid
from pipelines.read.layout import lay_out


def grid(text: str, *merged: tuple[int, int, int, int]) -> Grid:
    """A grid from lines with cells parted by ``|``; merges are 0-based and inclusive."""
    return Grid(rows=[line.strip().split("|") for line in text.strip("\n").split("\n")], merged=merged)


def laid(text: str, *merged: tuple[int, int, int, int], known: frozenset[str] = frozenset()) -> Laid:
    found = lay_out(grid(text, *merged), known)
    assert isinstance(found, Laid), found
    return found


def omitted(table: Laid) -> dict[int, str]:
    return {item.row: item.what for item in table.omitted if item.row is not None}


def remarks(table: Laid) -> list[str]:
    return [remark.code for remark in table.remarks]


def test_titles_units_notes_and_facts() -> None:
    """What stands around the table is left out and told; a date of the survey becomes a fact."""
    table = laid(
        """行政区別人口
        集計基準日：令和6年6月30日||
        ||（単位：人）
        地区|男|女
        本町|10|12
        栄町|20|19
        ||
        （注）外国人を含む||
        資料：市民課||"""
    )
    assert table.header.rows == (3,)
    assert table.values == [["本町", "10", "12"], ["栄町", "20", "19"]]
    assert omitted(table) == {0: "title", 1: "title", 2: "unit", 7: "note", 8: "note"}
    assert table.facts["集計基準日"] == "令和6年6月30日"
    assert table.facts["表題"] == "行政区別人口"


def test_several_header_rows_with_merges_are_joined() -> None:
    """Merged labels stand over all their columns; labels join from the top with an underscore; equal ones once."""
    table = laid(
        """地区|人口||世帯
        |男|女|
        本町|1|2|3
        栄町|4|5|6""",
        (0, 1, 0, 2),
        (0, 0, 1, 0),
        (0, 3, 1, 3),
    )
    assert table.header.labels == ("地区", "人口_男", "人口_女", "世帯")
    assert table.header.rows == (0, 1)


def test_several_header_rows_without_merges() -> None:
    """A text file has lost its merges: a label stands over the blanks to its right where the row below has labels."""
    table = laid("地区|人口||世帯\n|男|女|\n本町|1|2|3\n栄町|4|5|6\n浜町|7|8|9")
    assert table.header.labels == ("地区", "人口_男", "人口_女", "世帯")


def test_codes_and_units_between_label_rows() -> None:
    """Rows of code numbers and units inside the header give no label and are no record."""
    table = laid(
        """||就業者数|就業者数|就業者数
        ||1|1|2
        ||総数|雇用者|役員
        ||人|人|人
        地域|男女|||
        山口県|男|5|4|3
        下関市|女|6|5|4
        宇部市|男|7|6|5"""
    )
    assert table.header.labels == ("地域", "男女", "就業者数_総数", "就業者数_雇用者", "就業者数_役員")
    assert omitted(table) == {1: "code", 3: "unit"}
    assert len(table.values) == 3


def test_units_row_under_the_header() -> None:
    """A row of units is no record."""
    table = laid("地区|人口|面積\n|（人）|（ha）\n本町|1|2.5\n栄町|3|4.5")
    assert omitted(table) == {1: "unit"}
    assert len(table.values) == 2


def test_line_breaks_in_labels() -> None:
    """Line breaks inside a label go; two ASCII words keep a space."""
    assert one_line("新型コロナ\nウイルス") == "新型コロナウイルス"
    assert one_line("start\ntime") == "start time"
    assert one_line(" 名称　") == "名称"


def test_totals_are_left_out_and_checked() -> None:
    """Subtotals and totals go; one that does not add up is a warning with its cell."""
    good = laid("地区|男|女\n本町|1|2\n栄町|3|4\n小計|4|6\n浜町|5|6\n合　計|9|12")
    assert len(good.values) == 3
    assert omitted(good) == {3: "total", 5: "total"}
    assert remarks(good) == ["total-left-out"]
    bad = laid("地区|男|女\n本町|1|2\n栄町|3|4\n合計|4|7")
    wrong = next(remark for remark in bad.remarks if remark.code == "total-mismatch")
    assert (wrong.row, wrong.column) == (3, 2)
    assert wrong.words == {"written": "7", "computed": "6"}


def test_total_as_a_category_stays() -> None:
    """In a long table 合計 in the second column is a value, and 総数 is a total only if it adds up."""
    long = laid("日付|区分|人数\n4/1|合計|3\n4/1|男|1\n4/1|女|2\n4/2|合計|7\n4/2|男|3\n4/2|女|4")
    assert len(long.values) == 6
    ages = laid("年齢|男|女\n総数|4|6\n0-4|1|2\n5-9|3|4")
    assert len(ages.values) == 2
    kinds = laid("区分|件数|割合\n総数|90|1.5\n火災|3|0.4\n救急|5|0.9")
    assert len(kinds.values) == 3


def test_side_by_side_tables_are_stacked() -> None:
    """Blocks with the same labels become one table, each row with its own columns; repeated headers are dropped."""
    table = laid(
        """区別世帯||||
        区|人||区|人
        a|1||d|4
        b|2||区|人
        c|3||e|5"""
    )
    assert table.values == [["a", "1"], ["b", "2"], ["c", "3"], ["d", "4"], ["e", "5"]]
    assert [block.columns for block in table.blocks] == [(0, 1), (3, 4)]
    assert table.block == [0, 0, 0, 1, 1]
    assert (3, "repeated-header") in {(item.row, item.what) for item in table.omitted}
    assert "blocks-stacked" in remarks(table)


def test_side_panel_is_left_out_with_its_facts() -> None:
    """A small panel beside the table is no part of it."""
    rows = "\n".join(f"{age}|{age}|{age + 1}||" for age in range(10, 40))
    table = laid(f"年齢|男|女||長門市年齢別人口\n0|1|2||基準日|令和6年6月30日\n{rows}")
    assert table.header.labels == ("年齢", "男", "女")
    assert len(table.values) == 31
    assert table.facts["基準日"] == "令和6年6月30日"


def test_two_different_tables_are_refused() -> None:
    """Another table beside or beneath, with another header, is never read as records."""
    beside = laid("区|人||品|値|単位\na|1||x|5|円\nb|2||y|6|円\nc|3||z|7|円\nd|4||w|8|円")
    assert [(r.code, r.level) for r in beside.remarks] == [("column-gap", Level.HOLD)]
    spaced = laid("区|町||男|女\na|x||5|6\nb|y||6|7\nc|z||7|8")
    assert [(r.code, r.level) for r in spaced.remarks] == [("column-gap", Level.WARNING)]
    lines = ["|||品|値|単位", "区|人||||", *[f"{i}町|{i}||x{i}|{i}|円" for i in range(9)], "|||y|8|円"]
    apart = lay_out(grid("\n".join(lines)))
    assert isinstance(apart, Remark)
    beneath = laid("区|人|世帯\na|1|2\nb|3|4\n||\n年|件|額\n2020|5|6\n2021|7|8")
    assert "several-tables" in remarks(beneath)
    boxes = lay_out(grid("検査人数\n1794\n\n陽性者数\n285\n\n退院\n43\n\n死亡\n3"))
    assert isinstance(boxes, Remark)


def test_merged_group_names_are_filled_down() -> None:
    """A label merged over several records belongs to each of them."""
    table = laid("区|町|人\n北|a|1\n|b|2\n南|c|3\n|d|4", (1, 0, 2, 0), (3, 0, 4, 0))
    assert [row[0] for row in table.values] == ["北", "北", "南", "南"]
    assert "merged-filled" in remarks(table)


def test_records_on_several_rows_become_one() -> None:
    """Cells merged on both sides of loose ones make a record of several rows; loose columns are numbered, and held."""
    text = "名|時間|月|備考\nA医院|午前|○|予約\n|午後|×|\nB医院|午前|○|\n|午後|○|\nC医院|午前||x\n|午後|○|"
    merges = [(r, c, r + 1, c) for r in (1, 3, 5) for c in (0, 3)]
    table = laid(text, *merges)
    assert table.header.labels == ("名", "時間_1", "時間_2", "月_1", "月_2", "備考")
    assert table.values[0] == ["A医院", "午前", "午後", "○", "×", "予約"]
    assert table.blocks[0].offsets == (0, 0, 1, 0, 1, 0)
    assert table.rows == [1, 3, 5]


def test_section_lines_and_incomplete_records() -> None:
    """【北部】 is a section, told; a record with only its name stays a record; a pre-numbered empty row is nothing."""
    table = laid("番号|名称|住所|電話\n1|a|x|1\n【北部】|||\n2|b|y|2\n|c||\n3|d|z|3\n4|||\n5|||")
    assert [row[1] for row in table.values] == ["a", "b", "c", "d"]
    assert "section-row" in remarks(table)


def test_linkdata() -> None:
    """#property is the header, type rows and the running number go, metadata become facts."""
    table = laid(
        "#LINK||\n#lang|ja|\n#attribution_name|高松市|\n#property|name|lat\n#object_type_xsd|string|float\n1|a|34.1\n2|b|34.2"
    )
    assert table.header.labels == ("name", "lat")
    assert table.header.rows == (3,)
    assert table.values == [["a", "34.1"], ["b", "34.2"]]
    assert table.facts == {"lang": "ja", "attribution_name": "高松市"}
    named = laid("#property|name\njp.city.Hospital.1|a\njp.city.Hospital.2|b")
    assert named.header.labels == ("#property", "name")


@pytest.mark.parametrize(
    "text",
    [
        "青垣町|C|4\n青野町|B|17\n青山|B|1\n赤膚町|C|9\n秋篠町|B|2",
        "1|20160627\n2|20160624\n3|20160614",
        "# 注\n# 形式:|YYYYMMDD\n1|2\n3|4",
    ],
)
def test_a_table_without_header_is_refused(text: str) -> None:
    """The first record is never taken for a header."""
    found = lay_out(grid(text))
    assert isinstance(found, Remark)
    assert found.code == "no-header"


def test_headers_of_years_and_dates() -> None:
    """A header may be a sequence of years or days."""
    assert laid("区|2019|2020|2021\na|1|2|3\nb|4|5|6").header.rows == (0,)
    assert laid("|2020-07-03|2020-07-04|2020-07-05\na|1|2|3").header.labels[1] == "2020-07-03"


def test_known_names_find_the_header() -> None:
    """Column names of the schema point to the header even where it looks like data."""
    text = "1|2|3\n名称|緯度|経度\na|1|2\nb|3|4"
    assert laid(text, known=frozenset({"名称", "緯度", "経度"})).header.rows == (1,)


def test_blank_and_duplicate_labels_are_told() -> None:
    """A column without a name keeps its values; an empty column without a name goes; explanations are no columns."""
    table = laid("|数|数||←項目名を書く\na|1|2||\nb|3|4||")
    assert table.header.labels == ("", "数", "数")
    assert remarks(table) == ["side-panel", "header-blank", "header-duplicate"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("合　計", True),
        ("総合計", True),
        ("県計", True),
        ("町  村  計", True),
        ("（計）", True),
        ("会計課", False),
        ("時計店", False),
        ("計画", False),
    ],
)
def test_total_labels(text: str, expected: bool) -> None:
    """会計課 is no total."""
    assert _marks.total_label(text) is expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1,234", "n"),
        ("▲5", "n"),
        ("12.5%", "n"),
        ("R6.4.1", "n"),
        ("-", "-"),
        ("…", "-"),
        ("1-2号室", "t"),
        ("　", ""),
    ],
)
def test_kinds_of_text(text: str, kind: str) -> None:
    """Numbers and moments, marks for none, text, nothing."""
    assert _marks.kind_of(text) == kind


@given(st.lists(st.lists(st.integers(0, 10**6), min_size=3, max_size=3), min_size=2, max_size=30))
def test_true_totals_never_mismatch(rows: list[list[int]]) -> None:
    """A total that is the sum of all records above it is never called wrong; one that is not, always is."""
    values = [[f"x{i}", *map(str, row)] for i, row in enumerate(rows)]
    sums = [sum(column) for column in zip(*rows, strict=True)]
    totals = [*([False] * len(rows)), True]
    assert mismatches([*values, ["計", *map(str, sums)]], totals) == []
    wrong = mismatches([*values, ["計", str(sums[0]), str(sums[1]), str(10**9)]], totals)
    assert [(item.row, item.column) for item in wrong] == [(len(rows), 3)]


_WORD = st.text(alphabet="あいうえお町名", min_size=1, max_size=6)


@given(st.integers(2, 6), st.data())
def test_a_plain_table_is_read_whole(width: int, data: st.DataObject) -> None:
    """Distinct labels over records of words and numbers: every record comes out, in order, unchanged."""
    header = [f"項目{letter}" for letter in "ABCDEF"[:width]]
    cells = st.tuples(_WORD, *[st.integers(0, 10**6).map(str) for _ in range(width - 1)])
    rows = [list(row) for row in data.draw(st.lists(cells, min_size=2, max_size=20))]
    found = lay_out(Grid(rows=[header, *rows]))
    assert isinstance(found, Laid)
    assert found.header.rows == (0,)
    assert found.values == rows


def test_figures() -> None:
    """Figures with commas, full width and ▲ are read; anything else is none."""
    assert number("１，２３４") == 1234
    assert number("▲5") == -5
    assert number("5人") is None
    assert number("NaN") is None


def test_a_calendar_grid_is_held_unless_the_schema_declares_it() -> None:
    """Days running on under the week are no records; a week of counts is; whoever declares the columns decides."""
    week = "Sun|Mon|Tue|Wed|Thu|Fri|Sat"
    days = [29, 30, 31, *range(1, 19)]
    month = "\n".join([week, *("|".join(map(str, days[n : n + 7])) for n in (0, 7, 14))])
    found = [remark for remark in laid(month).remarks if remark.code == "calendar-grid"]
    assert [(remark.level, remark.row, remark.column) for remark in found] == [(Level.HOLD, 0, 0)]
    assert "calendar-grid" not in remarks(laid(month, known=frozenset(week.split("|"))))
    assert "calendar-grid" not in remarks(laid(f"{week}\n5|6|7|8|9|10|11\n5|6|7|8|9|10|11\n5|6|7|8|9|10|11"))
