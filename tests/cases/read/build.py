"""Small files made for tests: workbooks part by part, so that what no library writes can be written."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pipelines.model import DroppedFile, column_letters

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"

#: cellXfs of :data:`STYLES` by name
STYLE = {
    "": 0,
    "date": 1,
    "time": 2,
    "zeros": 3,
    "percent": 4,
    "white": 5,
    "month-day": 6,
    "duration": 7,
    "hidden": 8,
    "postal": 9,
    "white-on-dark": 10,
    "datetime": 11,
    "month": 12,
}
_FORMATS = {
    164: "yyyy/m/d",
    165: "h:mm",
    166: "00000",
    167: "0.0%",
    168: 'm"月"d"日"',
    169: "[h]:mm",
    170: ";;;",
    171: "[<=999]000;[<=9999]000\\-00;000\\-0000",
    172: "yyyy/m/d h:mm",
    173: 'yyyy"年"m"月"',
}
_XFS = [
    (0, 0, 0), (164, 0, 0), (165, 0, 0), (166, 0, 0), (167, 0, 0), (0, 1, 0), (168, 0, 0), (169, 0, 0), (170, 0, 0),
    (171, 0, 0), (0, 1, 2), (172, 0, 0), (173, 0, 0),
]  # fmt: skip
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts>'
    + "".join(f'<numFmt numFmtId="{i}" formatCode={quoteattr(code)}/>' for i, code in _FORMATS.items())
    + '</numFmts><fonts><font/><font><color rgb="FFFFFFFF"/></font></fonts>'
    '<fills><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid">'
    '<fgColor rgb="FF003366"/></patternFill></fill></fills><cellXfs>'
    + "".join(f'<xf numFmtId="{n}" fontId="{f}" fillId="{p}"/>' for n, f, p in _XFS)
    + "</cellXfs></styleSheet>"
)


class Raw(str):
    """A cell given as XML; ``{ref}`` is replaced by its address."""


def styled(value: float, style: str) -> Raw:
    """A number in one of the styles of :data:`STYLE`."""
    return Raw(f'<c r="{{ref}}" s="{STYLE[style]}"><v>{value}</v></c>')


def sheet(
    rows: Sequence[Sequence[object]],
    *,
    before: str = "",
    after: str = "",
    row_attributes: Mapping[int, str] | None = None,
) -> str:
    """A worksheet's XML; None is no cell.  ``row_attributes`` by 1-based row."""
    body = []
    for number, cells in enumerate(rows, 1):
        made = "".join(_cell(value, f"{column_letters(c)}{number}") for c, value in enumerate(cells, 1))
        body.append(f'<row r="{number}" {(row_attributes or {}).get(number, "")}>{made}</row>')
    return (
        f'<worksheet xmlns="{MAIN}" xmlns:r="{LINKS}">{before}<sheetData>{"".join(body)}</sheetData>{after}</worksheet>'
    )


def _cell(value: object, reference: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Raw):
        return value.replace("{ref}", reference)
    if isinstance(value, bool):
        return f'<c r="{reference}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{reference}"><v>{value}</v></c>'
    return f'<c r="{reference}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def xlsx(
    sheets: Mapping[str, str],
    *,
    states: Mapping[str, str] | None = None,
    workbook: str = "",
    parts: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """An XLSX of sheets given as XML; ``workbook`` is put before ``<sheets>``, ``parts`` are added (or replace)."""
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{i}" state="{(states or {}).get(name, "visible")}" r:id="rId{i}"/>'
        for i, name in enumerate(sheets, 1)
    )
    links = "".join(
        f'<Relationship Id="rId{i}" Type="{LINKS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">{workbook}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{links}<Relationship Id="rIdS" '
        f'Type="{LINKS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": STYLES,
    }
    content |= {f"xl/worksheets/sheet{i}.xml": xml for i, xml in enumerate(sheets.values(), 1)}
    return zipped(content | dict(parts or {}))


def ods(tables: str, styles: str = "") -> bytes:
    """An ODS with the given ``table:table`` elements and automatic styles."""
    names = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
        for prefix in ("office", "table", "text", "style")
    )
    content = (
        f"<office:document-content {names}><office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    return zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})


def xls(rows: Sequence[Sequence[object]]) -> bytes:
    """An Excel 2 worksheet (BIFF2): BOF, NUMBER and LABEL records, EOF.  Text must fit code page 1252."""
    out = struct.pack("<HHHH", 0x0009, 4, 2, 0x0010)
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            place = struct.pack("<HH3s", row, column, b"\0\0\0")
            if isinstance(value, int | float):
                out += struct.pack("<HH", 0x0003, 15) + place + struct.pack("<d", value)
            else:
                text = str(value).encode("cp1252")
                out += struct.pack("<HH", 0x0004, 8 + len(text)) + place + bytes([len(text)]) + text
    return out + struct.pack("<HH", 0x000A, 0)


def zipped(content: Mapping[str, str | bytes]) -> bytes:
    """A zip file of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def dropped(folder: Path, name: str, data: bytes | str) -> DroppedFile:
    """A dropped file with this content."""
    path = folder / name
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return DroppedFile(path=path, shown=name, size=path.stat().st_size, digest="")


def made(case: Mapping[str, Any]) -> tuple[str, bytes]:
    """(file name, bytes) of a case in ``made/*.json``: text, pieces in several encodings, one sheet or several.

    Cells of ``lines`` are parted by ``|``; in a workbook a plain number becomes a number, ``<c …>`` stands as XML.
    """
    if "pieces" in case:
        return case["file"], b"".join(text.encode(encoding) for encoding, text in case["pieces"])
    if "text" in case:
        return case["file"], case["text"].encode(case.get("encoding", "utf-8"))
    if "sheets" not in case and case["file"].endswith(".csv"):
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\r\n").writerows(line.split("|") for line in case["lines"])
        return case["file"], buffer.getvalue().encode(case.get("encoding", "utf-8"))
    listed = case.get("sheets") or {"Sheet1": {"lines": case["lines"], "merged": case.get("merged", [])}}
    attributes = {int(row): text for row, text in case.get("row_attributes", {}).items()}
    sheets = {
        name: sheet(_typed(one["lines"]), after=_merged(one.get("merged", [])), row_attributes=attributes)
        for name, one in listed.items()
    }
    states = {name: one["state"] for name, one in listed.items() if "state" in one}
    return case["file"], xlsx(sheets, states=states, workbook=case.get("workbook", ""))


def _typed(lines: Sequence[str]) -> list[list[object]]:
    return [[_number(cell) for cell in line.split("|")] for line in lines]


def _number(text: str) -> object:
    if not text:
        return None
    if text.startswith("<c "):
        return Raw(text)
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if str(value) == text:
            return value
    return text


def _merged(ranges: Sequence[str]) -> str:
    cells = "".join(f'<mergeCell ref="{one}"/>' for one in ranges)
    return f'<mergeCells count="{len(ranges)}">{cells}</mergeCells>' if ranges else ""
