"""The leak table, file by file: workbooks made here are read by the reading stage and held for the stated reason."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.model import DroppedFile, Level
from pipelines.read import read
from pipelines.screen import Approvals, ScreenRules, look
from tests.test_screen import spec

CASES = Path(__file__).parent / "cases" / "screen"
BINARY = sorted(path for kind in ("xls", "ods") for path in (CASES / kind).iterdir())
#: files named after how they hide rather than after the finding
SAME = {"blackened": "white-text", "hidden-format": "white-text", "hidden-number": "white-text"}
SAME |= {"very-hidden-sheet": "hidden-sheet"}
ROWS = [
    ["名称", "住所", "電話番号"],
    ["中央公園", "中央1-1-1", "042-754-1111"],
    ["北公園", "橋本2-2-2", "042-754-2222"],
]


def book(change: Callable[[Any], None] | None = None, parts: dict[str, bytes] | None = None) -> bytes:
    """An XLSX of three rows, changed by openpyxl and with further container parts."""
    from openpyxl import Workbook

    made = Workbook()
    sheet = made.active
    sheet.title = "一覧"
    for row in [*ROWS, ["南公園", "上溝3-3-3", "042-754-3333"]]:
        sheet.append(row)
    if change:
        change(made)
    stream = io.BytesIO()
    made.save(stream)
    with zipfile.ZipFile(stream, "a") as container:
        for name, content in (parts or {}).items():
            container.writestr(name, content)
    return stream.getvalue()


def judged(folder: Path, name: str, data: bytes) -> set[str]:
    """Codes of everything that withholds the file, from reading and from screening."""
    path = folder / name
    path.write_bytes(data)
    dropped = DroppedFile(path=path, shown=f"課/{name}", size=len(data), digest=hashlib.sha256(data).hexdigest())
    step = read(dropped)
    told = list(step.problems)
    if step.value is not None:
        told += [v.problem for v in look(step.value, spec(), Approvals(key=b"t"), ScreenRules())]
    return {p.code for p in told if p.level in (Level.ERROR, Level.HOLD)}


def _hidden_sheet(made: Any) -> None:
    made.create_sheet("名簿").append(["氏名", "山田太郎"])
    made["名簿"].sheet_state = "hidden"


def _very_hidden(made: Any) -> None:
    made.create_sheet("名簿").append(["氏名", "山田太郎"])
    made["名簿"].sheet_state = "veryHidden"


def _hidden_row(made: Any) -> None:
    made["一覧"].row_dimensions[3].hidden = True


def _hidden_column(made: Any) -> None:
    made["一覧"].column_dimensions["C"].hidden = True


def _white(made: Any) -> None:
    from openpyxl.styles import Font

    made["一覧"]["B3"].font = Font(color="FFFFFFFF")


def _blackened(made: Any) -> None:
    from openpyxl.styles import PatternFill

    made["一覧"]["B3"].fill = PatternFill("solid", fgColor="FF000000")


def _conditional(made: Any) -> None:
    from openpyxl.formatting.rule import CellIsRule
    from openpyxl.styles import Font

    rule = CellIsRule(operator="equal", formula=['"橋本2-2-2"'], font=Font(color="FFFFFFFF"))
    made["一覧"].conditional_formatting.add("B2:B4", rule)


def _narrow(made: Any) -> None:
    made["一覧"].column_dimensions["C"].width = 0.1


def _filtered(made: Any) -> None:
    made["一覧"].auto_filter.ref = "A1:C4"
    made["一覧"].auto_filter.add_filter_column(0, ["中央公園"])
    made["一覧"].row_dimensions[3].hidden = True


def _choices(made: Any, text: str = '"山田太郎,佐藤花子"') -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation(type="list", formula1=text)
    made["一覧"].add_data_validation(rule)
    rule.add("C2:C4")


def _relative_link(made: Any) -> None:
    made["一覧"]["B3"].hyperlink = "../meibo/名簿.xlsx"


def _value_name(made: Any) -> None:
    from openpyxl.workbook.defined_name import DefinedName

    made.defined_names["控え"] = DefinedName("控え", attr_text='"山田太郎"')


def _semicolons(made: Any) -> None:
    made["一覧"]["B3"].number_format = ";;;"


def _comment(made: Any) -> None:
    from openpyxl.comments import Comment

    made["一覧"]["B3"].comment = Comment("山田太郎さん宅", "u1")


def _file_link(made: Any) -> None:
    made["一覧"]["B3"].hyperlink = "file://server/meibo/名簿.xlsx"


def _name(made: Any) -> None:
    from openpyxl.workbook.defined_name import DefinedName

    made.defined_names["名簿"] = DefinedName("名簿", attr_text='"山田太郎"', hidden=True)


CHANGES: dict[str, Callable[[Any], None]] = {
    "hidden-sheet": _hidden_sheet,
    "hidden-sheet very": _very_hidden,
    "hidden-row": _hidden_row,
    "hidden-column": _hidden_column,
    "white-text": _white,
    "white-text on black": _blackened,
    "white-text by condition": _conditional,
    "white-text by format": _semicolons,
    "zero-width": _narrow,
    "filtered-row": _filtered,
    "validation-list": _choices,
    "comment": _comment,
    "file-link": _file_link,
    "file-link relative": _relative_link,
    "defined-name": _name,
    "defined-name value": _value_name,
}
PARTS = {
    "pivot-cache": "xl/pivotCache/pivotCacheRecords1.xml",
    "external-link": "xl/externalLinks/externalLink1.xml",
    "macro": "xl/vbaProject.bin",
    "embedded-object": "xl/embeddings/oleObject1.bin",
    "image": "xl/media/image1.png",
    "connection": "xl/connections.xml",
    "data-model": "xl/model/item.data",
    "revision": "xl/revisions/revisionLog1.xml",
    "pivot-table": "xl/pivotTables/pivotTable1.xml",
    "slicer": "xl/slicerCaches/slicerCache1.xml",
    "query-table": "xl/queryTables/queryTable1.xml",
    "control": "xl/activeX/activeX1.bin",
    "comment": "xl/comments9.xml",
    "unknown-part": "xl/secret/hidden.bin",
    "unknown-part sheet": "xl/worksheets/sheet9.xml",
    "macro sheet": "xl/macrosheets/sheet1.xml",
}


def test_plain_workbook_passes(tmp_path: Path) -> None:
    """A workbook with nothing hidden is not held for anything."""
    assert judged(tmp_path, "a.xlsx", book()) == set()


@pytest.mark.parametrize("reason", CHANGES)
def test_hidden_in_cells(tmp_path: Path, reason: str) -> None:
    """Hidden sheets, rows, columns, texts, comments, links and names hold the workbook for that reason."""
    assert f"held-{reason.split()[0]}" in judged(tmp_path, "a.xlsx", book(CHANGES[reason]))


def test_row_of_no_height(tmp_path: Path) -> None:
    """A row of height 0 is hidden without being called so."""
    old, stream = zipfile.ZipFile(io.BytesIO(book())), io.BytesIO()
    with zipfile.ZipFile(stream, "w") as container:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b'<row r="3"', b'<row r="3" ht="0" customHeight="1"')
            container.writestr(name, content)
    assert "held-zero-height" in judged(tmp_path, "a.xlsx", stream.getvalue())


def test_format_that_shows_nothing(tmp_path: Path) -> None:
    """The number format ;;; hides a value: held, whatever the reading stage calls it."""
    assert judged(tmp_path, "a.xlsx", book(_semicolons))


@pytest.mark.parametrize("reason", PARTS)
def test_hidden_in_the_container(tmp_path: Path, reason: str) -> None:
    """Caches, links, macros, embedded files, images, connections, models, revisions and unknown parts hold."""
    data = book(parts={PARTS[reason]: b"<x/>"})
    assert f"held-{reason.split()[0]}" in judged(tmp_path, "a.xlsx", data)


@pytest.mark.parametrize("text", ['"有,無"', '"公立,私立,認定こども園（幼保連携型）"', '"中央公園,北公園"'])
def test_choices_of_a_form_are_no_secret(tmp_path: Path, text: str) -> None:
    """Marks, categories and values that stand in the sheet hold nothing; names of people do."""
    assert judged(tmp_path, "a.xlsx", book(lambda made: _choices(made, text))) == set()


def test_words_in_shapes(tmp_path: Path) -> None:
    """A text box over the cells carries words that no cell has; a shape without words is no finding."""
    words = b'<x xmlns:a="urn:a"><a:t>\xe6\x8b\x85\xe5\xbd\x93</a:t></x>'
    assert "held-drawing-text" in judged(tmp_path, "a.xlsx", book(parts={"xl/drawings/drawing1.xml": words}))
    assert judged(tmp_path, "a.xlsx", book(parts={"xl/drawings/drawing1.xml": b"<x/>"})) == set()


def test_thread_without_its_note(tmp_path: Path) -> None:
    """A threaded comment counts when its writer left the old-style note out."""
    thread = b'<ThreadedComments><threadedComment ref="B3"/></ThreadedComments>'
    kind = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
    link = f'<Relationships><Relationship Id="r9" Type="{kind}" Target="../threadedComments/threadedComment1.xml"/>'
    parts = {
        "xl/threadedComments/threadedComment1.xml": thread,
        "xl/worksheets/_rels/sheet1.xml.rels": f"{link}</Relationships>".encode(),
    }
    assert "held-comment" in judged(tmp_path, "a.xlsx", book(parts=parts))


def test_harmless_parts(tmp_path: Path) -> None:
    """Printer settings, cell metadata and document properties do not hold: the workbook never leaves."""
    parts = {"xl/printerSettings/printerSettings1.bin": b"x", "xl/metadata": b"x", "docProps/custom.xml": b"<x/>"}
    assert judged(tmp_path, "a.xlsx", book(parts=parts)) == set()


def test_locked_workbooks(tmp_path: Path) -> None:
    """What is encrypted cannot be looked at: refused with the request to take the password off."""
    from msoffcrypto.format.ooxml import OOXMLFile

    locked = io.BytesIO()
    OOXMLFile(io.BytesIO(book())).encrypt("secret", locked)
    assert judged(tmp_path, "a.xlsx", locked.getvalue()) == {"password"}
    assert judged(tmp_path, "a.ods", ods(locked=True)) == {"password"}
    old = bytearray((CASES / "xls" / "plain.xls").read_bytes())
    at = old.index(b"\x09\x08\x10\x00") + 20  # the record after BOF
    old[at : at + 2] = b"\x2f\x00"  # FILEPASS
    assert judged(tmp_path, "a.xls", bytes(old)) == {"password"}


def test_my_number_in_a_hidden_column_blocks(tmp_path: Path) -> None:
    """What a hidden column holds is looked at: a My Number there blocks."""

    def change(made: Any) -> None:
        sheet = made["一覧"]
        for row, text in enumerate(["整理番号", "1234-5678-9018", "9876-5432-1093", "1111-2222-3337"], start=1):
            sheet.cell(row=row, column=4, value=text)
        sheet.cell(row=1, column=4, value="個人番号")
        sheet.column_dimensions["D"].hidden = True

    assert {"blocked-my-number", "held-hidden-column"} <= judged(tmp_path, "a.xlsx", book(change))


def test_csv_with_a_working_column(tmp_path: Path) -> None:
    """The working copy of a list: names and birthdays beside the public columns are held in a CSV, too."""
    text = (
        "名称,住所,担当者,生年月日\r\n中央公園,中央1-1-1,山田太郎,1980/12/26\r\n北公園,橋本2-2-2,佐藤花子,1975/1/3\r\n"
    )
    assert {"held-person-name", "held-birth-date"} <= judged(tmp_path, "a.csv", text.encode("cp932"))


_CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" office:version="1.2">
<office:automatic-styles><style:style style:name="ta2" style:family="table">
<style:table-properties table:display="{display}"/></style:style></office:automatic-styles>
<office:body><office:spreadsheet>
{extra}<table:table table:name="一覧">{rows}</table:table>
<table:table table:name="名簿" table:style-name="ta2"><table:table-row>
<table:table-cell office:value-type="string"><text:p>山田太郎</text:p></table:table-cell>
</table:table-row></table:table>
</office:spreadsheet></office:body></office:document-content>"""


def ods(*, display: str = "true", visibility: str = "visible", extra: str = "", locked: bool = False) -> bytes:
    """An ODS of the same rows; the second sheet shown or not, the third row visible, collapsed or filtered."""
    rows = ""
    for number, row in enumerate(ROWS):
        shown = visibility if number == 2 else "visible"
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>' for value in row
        )
        rows += f'<table:table-row table:visibility="{shown}">{cells}</table:table-row>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as container:
        container.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        container.writestr("content.xml", _CONTENT.format(display=display, rows=rows, extra=extra))
        container.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f"{'<manifest:encryption-data/>' if locked else ''}</manifest:manifest>",
        )
    return stream.getvalue()


@pytest.mark.parametrize("how", [{"display": "false"}, {"visibility": "collapse"}, {"visibility": "filter"}])
def test_hidden_in_ods(tmp_path: Path, how: dict[str, str]) -> None:
    """Sheets not displayed and rows collapsed or filtered hold an ODS."""
    assert any(code.startswith("held-") for code in judged(tmp_path, "a.ods", ods(**how)))


ODS_EXTRA = {
    "revision": "<table:tracked-changes/>",
    "external-link": "<table:dde-links><table:dde-link/></table:dde-links>",
    "pivot-table": "<table:data-pilot-tables><table:data-pilot-table/></table:data-pilot-tables>",
}


@pytest.mark.parametrize("reason", ODS_EXTRA)
def test_beside_the_cells_of_an_ods(tmp_path: Path, reason: str) -> None:
    """Recorded changes (with what was deleted), links and pivot tables hold an ODS."""
    assert f"held-{reason}" in judged(tmp_path, "a.ods", ods(extra=ODS_EXTRA[reason]))


@pytest.mark.parametrize("part", [("Basic/Standard/Module1.xml", "macro"), ("Object 1/content.xml", "embedded-object")])
def test_parts_of_an_ods(tmp_path: Path, part: tuple[str, str]) -> None:
    """Macros and embedded objects of an ODS hold it."""
    stream = io.BytesIO(ods())
    with zipfile.ZipFile(stream, "a") as container:
        container.writestr(part[0], b"<x/>")
    assert f"held-{part[1]}" in judged(tmp_path, "a.ods", stream.getvalue())


@pytest.mark.parametrize("path", BINARY, ids=lambda path: path.name)
def test_leak_table_in_xls_and_ods(tmp_path: Path, path: Path) -> None:
    """Each committed workbook is held for what its name says, and only the plain ones pass."""
    found = judged(tmp_path, path.name, path.read_bytes())
    if path.stem.startswith("plain"):
        assert found == set()
    else:
        assert f"held-{SAME.get(path.stem, path.stem)}" in found


@pytest.mark.parametrize(("storage", "reason"), [("_VBA_PROJECT_CUR", "macro"), ("MBD0001A2B3", "embedded-object")])
def test_storages_of_an_xls(tmp_path: Path, storage: str, reason: str) -> None:
    """Macros and embedded files of an XLS are storages beside the workbook stream."""
    data = bytearray((CASES / "xls" / "pivot-cache.xls").read_bytes())
    at = data.index("_SX_DB_CUR".encode("utf-16-le"))
    data[at : at + 64] = storage.encode("utf-16-le").ljust(64, b"\0")
    data[at + 64] = 2 * len(storage) + 2
    assert f"held-{reason}" in judged(tmp_path, "a.xls", bytes(data))


def test_csv_carries_nothing_beside_its_cells_but_is_read_to_the_end(tmp_path: Path) -> None:
    """A second table below the first, formulas and control characters of a CSV are withheld, too."""
    head = "名称,住所,電話番号\r\n中央公園,中央1-1-1,042-754-1111\r\n"
    assert judged(tmp_path, "a.csv", head.encode()) == set()
    assert "held-formula" in judged(tmp_path, "a.csv", (head + '=cmd|"/C calc"!A0,x,y\r\n').encode())
    assert judged(tmp_path, "a.csv", (head + "北公園\x00,x,y\r\n").encode())
    assert "blocked-my-number" in judged(tmp_path, "a.csv", (head + "北公園,個人番号 123456789018,z\r\n").encode())
