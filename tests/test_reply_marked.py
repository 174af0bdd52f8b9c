"""reply.marked_copy: the very cells are marked, and nothing of the department's own file is lost or changed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from benchmarks.replies import parts_changed
from pipelines.model import Level, Place, Problem
from pipelines.read import cells
from pipelines.reply import marked_copy
from pipelines.reply._listing import TITLE
from tests.cases.read.build import dropped, ods, xls

SECRET = "090-0000-1234"
EDITED = {"xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml", "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"}


def problem(
    row: int | None, column: int | None, sheet: str | None = "表", value: str | None = "x", level: Level = Level.ERROR
) -> Problem:
    """A problem at that cell."""
    place = Place(path="一覧.xlsx", sheet=sheet, row=row, column=column, field="緯度")
    words = {"message": "「緯度」が数値として読めません。", "hint": "例: 35.5"}
    return Problem(code="type-error", level=level, place=place, value=value, **words)


def told(book: openpyxl.Workbook) -> list[list[str]]:
    """The rows of the list, under its labels."""
    rows = [[cell.value for cell in row] for row in book[TITLE].iter_rows()]
    return rows[next(n for n, row in enumerate(rows, 1) if row[0] == "番号") :]


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    """A workbook with all that a spreadsheet library loses: chart, comment, validation, names, merges, formula."""
    path = tmp_path / "一覧.xlsx"
    book = xlsxwriter.Workbook(str(path))
    first, second = book.add_worksheet("表紙"), book.add_worksheet("表")
    first.write("A1", "これは表紙です")
    second.activate()
    second.merge_range("A1:C1", "題", book.add_format({"bold": True, "bg_color": "#00FF00"}))
    second.write_row("A2", ["名称", "緯度", "経度"])
    second.write_row("A3", ["駅", 35.5, 139.0], book.add_format({"num_format": "0.000", "italic": True}))
    second.write_formula("D3", "=B3+C3", None, 174.5)
    second.write_rich_string("A4", "渡", book.add_format({"color": "red"}), "邉")
    second.write_comment("B3", "元の注記")
    second.data_validation("B3:B9", {"validate": "decimal", "criteria": ">", "value": 0})
    second.conditional_format("B3:B9", {"type": "data_bar"})
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=表!$B$3:$B$9"})
    second.insert_chart("F2", chart)
    second.print_area("A1:D9")
    second.set_column("B:B", 12, book.add_format({"num_format": "0.0"}))
    book.close()
    return path


def test_workbook_keeps_every_part(rich: Path, tmp_path: Path) -> None:
    """Parts without a mark are the same bytes; cells, formulas, names, own comments and merges are as they were."""
    copy = marked_copy(rich, [problem(3, 2), problem(7, 2, value=None), problem(1, 2)], tmp_path / "out" / "印.xlsx")
    assert copy is not None
    with zipfile.ZipFile(rich) as before, zipfile.ZipFile(copy) as after:
        assert set(before.namelist()) < set(after.namelist())
        changed = {n for n in before.namelist() if before.read(n) != after.read(n)}
        sheets = {n for n in changed if n.startswith("xl/worksheets/") or n.endswith(".rels")}
        assert changed - sheets <= EDITED
        assert "xl/worksheets/sheet1.xml" not in changed
        assert "xl/charts/chart1.xml" not in changed
        assert "xl/sharedStrings.xml" not in changed
    old, new = openpyxl.load_workbook(rich), openpyxl.load_workbook(copy)
    assert new.sheetnames == [TITLE, "表紙", "表"]
    for name in old.sheetnames:
        values = {c.coordinate: c.value for row in old[name].iter_rows() for c in row if c.value is not None}
        assert values == {c.coordinate: c.value for row in new[name].iter_rows() for c in row if c.value is not None}
        assert old[name].merged_cells.ranges == new[name].merged_cells.ranges
        assert str(old[name].print_area) == str(new[name].print_area)
    assert new["表"]["B3"].comment.text == "元の注記"
    assert new["表"]["B3"].number_format == "0.000"
    assert new["表"]["B3"].font.italic
    assert [s.title for s in new if s.sheet_view.tabSelected] == [TITLE]
    assert new.active.title == TITLE


def test_the_very_cells_are_marked(rich: Path, tmp_path: Path) -> None:
    """Colour and comment at each cell, empty cells and merged ones included, and at no other."""
    marks = [problem(3, 2), problem(4, 1), problem(7, 2, value=""), problem(1, 3), problem(30, 9), problem(5, None)]
    copy = marked_copy(rich, marks, tmp_path / "印.xlsx")
    assert copy is not None
    sheet = openpyxl.load_workbook(copy)["表"]
    marked = {c.coordinate for row in sheet.iter_rows() for c in row if c.fill.fgColor.rgb == "FFFFE066"}
    assert marked == {"B3", "A4", "B7", "A1", "I30", "A5"}
    commented = {c.coordinate for row in sheet.iter_rows() for c in row if c.comment}
    assert commented == marked
    assert sheet["A4"].comment.text == "「緯度」が数値として読めません。\n→ 例: 35.5"
    assert sheet["A4"].value == "渡邉"


def test_the_list_links_to_each_cell(rich: Path, tmp_path: Path) -> None:
    """The first sheet names every problem, most important first, with a link; no value that may be personal."""
    marks = [problem(9, 1, level=Level.WARNING), problem(3, 2, value=None), problem(None, None, sheet=None)]
    copy = marked_copy(rich, marks, tmp_path / "印.xlsx")
    assert copy is not None
    sheet = openpyxl.load_workbook(copy)[TITLE]
    rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=6)]
    assert [row[6] for row in rows] == ["直してください", "直してください", "気をつけてください"]
    assert [row[3] for row in rows] == ["（表示しません）", "x", "x"]
    assert [sheet.cell(r, 2).hyperlink and sheet.cell(r, 2).hyperlink.location for r in (6, 7, 8)] == [
        "'表'!B3",
        None,
        "'表'!A9",
    ]
    assert "2か所" in sheet["A2"].value


def test_text_becomes_a_workbook_of_text(tmp_path: Path) -> None:
    """A CSV file's cells stay text (leading zeros, dates, formulas), marked where they stand."""
    path = tmp_path / "一覧.csv"
    path.write_bytes("番号,値\r\n0012,=1+1\r\n\r\n1-2,2024/4/1\r\n".encode("cp932"))
    copy = marked_copy(
        path, [problem(4, 2, sheet=None), problem(2, 3, sheet=None)], tmp_path / "印.xlsx", encoding="cp932"
    )
    assert copy is not None
    sheet = openpyxl.load_workbook(copy)["一覧"]
    assert [[c.value for c in row] for row in sheet.iter_rows(max_col=2)] == [
        ["番号", "値"],
        ["0012", "=1+1"],
        [None, None],
        ["1-2", "2024/4/1"],
    ]
    assert {c.data_type for row in sheet.iter_rows(max_col=2) for c in row if c.value} == {"s"}
    assert sheet["B4"].fill.fgColor.rgb == sheet["C2"].fill.fgColor.rgb == "FFFFE066"
    assert sheet["A2"].number_format == "@"


def bomb() -> bytes:
    """A zip of a workbook's shape whose sheet unpacks to 400 MB."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(400):
                part.write(b" " * (1 << 20))
        book.writestr("_rels/.rels", "<x/>")
    return made.getvalue()


HOSTILE = {
    "broken zip": b"PK\x03\x04 nothing",
    "old excel": b"\xd0\xcf\x11\xe0" + b"\0" * 600,
    "web page": b"<html><body>hello",
    "binary": bytes(range(256)) * 4,
    "bomb": bomb(),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_cannot_be_marked_is_listed(content: bytes, tmp_path: Path) -> None:
    """A hostile or foreign file never reaches us: the reply is the list alone."""
    path = tmp_path / "一覧.xlsx"
    path.write_bytes(content)
    copy = marked_copy(path, [problem(3, 2, value=None), problem(4, 2, value="<&>")], tmp_path / "印.xlsx")
    assert copy is not None
    book = openpyxl.load_workbook(copy)
    assert book.sheetnames[0] == TITLE
    assert [row[3] for row in told(book)] == ["（表示しません）", "<&>"]
    assert "写しは付けられませんでした" in book[TITLE]["A3"].value
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_workbook_with_a_dtd_is_listed(rich: Path, tmp_path: Path) -> None:
    """Entities are never expanded."""
    path = tmp_path / "dtd.xlsx"
    with zipfile.ZipFile(rich) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/workbook.xml":
                content = content.replace(b"?>", b'?><!DOCTYPE w [<!ENTITY a "b">]>', 1)
            new.writestr(name, content)
    copy = marked_copy(path, [problem(3, 2)], tmp_path / "印.xlsx")
    assert copy is not None
    assert openpyxl.load_workbook(copy).sheetnames == [TITLE]


def test_macros_stay_under_their_own_suffix(rich: Path, tmp_path: Path) -> None:
    """An XLSM keeps its suffix; nothing to mark makes no copy."""
    path = rich.rename(tmp_path / "一覧.xlsm")
    copy = marked_copy(path, [problem(3, 2)], tmp_path / "印.xlsx")
    assert copy is not None
    assert copy.suffix == ".xlsm"
    assert marked_copy(path, [], tmp_path / "印.xlsx") is None


def test_the_same_problems_make_the_same_bytes(rich: Path, tmp_path: Path) -> None:
    """A reply only changes when there is something else to say."""
    copies = [marked_copy(rich, [problem(3, 2), problem(9, 9)], tmp_path / f"{n}.xlsx") for n in "ab"]
    assert copies[0] is not None
    assert copies[1] is not None
    assert copies[0].read_bytes() == copies[1].read_bytes()


ORIGINALS = {
    "old.xls": xls([["name", "value"], ["A", 12], ["B", "=1+1"]]),
    "open.ods": ods(
        '<table:table table:name="表/1"><table:table-row>'
        '<table:table-cell office:value-type="string" table:number-columns-spanned="2"><text:p>題</text:p>'
        "</table:table-cell><table:covered-table-cell/></table:table-row><table:table-row/><table:table-row>"
        '<table:table-cell office:value-type="string"><text:p>0012</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="12"><text:p>12</text:p></table:table-cell>'
        "</table:table-row></table:table>"
    ),
    "web.xls": b"<html><body><table>" + b"<tr><td>0012</td><td>b</td></tr>" * 4 + b"</table></body></html>",
}


@pytest.mark.parametrize("name", ORIGINALS)
def test_other_formats_get_a_copy_of_their_cells(name: str, tmp_path: Path) -> None:
    """XLS, ODS and a web page's table become text cells at their own addresses, marked; the list says so."""
    file = dropped(tmp_path, name, ORIGINALS[name])
    read = cells(file)
    sheet = read[0].name
    copy = marked_copy(
        file.path, [problem(3, 2, sheet), problem(1, 2, sheet)], tmp_path / "印.xlsx", cells=lambda: read
    )
    assert copy is not None
    book = openpyxl.load_workbook(copy)
    assert "作り直した写し" in book[TITLE]["A3"].value
    made = book.worksheets[1]
    texts = {(r, c): text for r, row in enumerate(read[0].rows, 1) for c, text in enumerate(row, 1) if text}
    assert {(c.row, c.column): c.value for row in made.iter_rows() for c in row if c.value} == texts
    assert {c.data_type for row in made.iter_rows() for c in row if c.value} == {"s"}
    corner = "A1" if read[0].merged else "B1"
    assert {c.coordinate for row in made.iter_rows() for c in row if c.comment} == {"B3", corner}
    assert [len(made.merged_cells.ranges), made["B3"].fill.fgColor.rgb] == [len(read[0].merged), "FFFFE066"]
    links = [row[1].hyperlink.location for row in book[TITLE].iter_rows(min_row=7)]
    assert links == [f"'{made.title}'!B3", f"'{made.title}'!B1"]


def test_a_hidden_column_is_marked_at_its_top(rich: Path, tmp_path: Path) -> None:
    """What is said of a whole column stands at its first cell, and the list leads there."""
    copy = marked_copy(rich, [problem(None, 4)], tmp_path / "印.xlsx")
    assert copy is not None
    book = openpyxl.load_workbook(copy)
    assert book["表"]["D1"].fill.fgColor.rgb == "FFFFE066"
    assert book[TITLE]["B6"].hyperlink.location == "'表'!D1"


def test_the_yardstick_finds_what_is_lost(rich: Path, tmp_path: Path) -> None:
    """benchmarks/replies.py is silent on our copy and names every loss of a copy that openpyxl saved."""
    copy = marked_copy(rich, [problem(3, 2)], tmp_path / "印.xlsx")
    assert copy is not None
    assert list(parts_changed(rich, copy)) == []
    openpyxl.load_workbook(copy).save(copy)
    lost = list(parts_changed(rich, copy))
    assert "changed: xl/worksheets/sheet2.xml" in lost
    assert any(text.startswith("lost: ") for text in lost)
