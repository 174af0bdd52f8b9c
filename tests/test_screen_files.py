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
    "comment": _comment,
    "file-link": _file_link,
    "defined-name": _name,
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
    "unknown-part": "xl/secret/hidden.bin",
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
    assert judged(tmp_path, "a.xlsx", data) & {f"held-{reason}", f"{reason}"}


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
<table:table table:name="一覧">{rows}</table:table>
<table:table table:name="名簿" table:style-name="ta2"><table:table-row>
<table:table-cell office:value-type="string"><text:p>山田太郎</text:p></table:table-cell>
</table:table-row></table:table>
</office:spreadsheet></office:body></office:document-content>"""


def ods(*, display: str = "true", visibility: str = "visible") -> bytes:
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
        container.writestr("content.xml", _CONTENT.format(display=display, rows=rows))
        container.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return stream.getvalue()


@pytest.mark.parametrize("how", [{"display": "false"}, {"visibility": "collapse"}, {"visibility": "filter"}])
def test_hidden_in_ods(tmp_path: Path, how: dict[str, str]) -> None:
    """Sheets not displayed and rows collapsed or filtered hold an ODS."""
    assert any(code.startswith("held-") for code in judged(tmp_path, "a.ods", ods(**how)))
