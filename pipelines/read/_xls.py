"""XLS (BIFF 2–8) in the child, by xlrd with formatting: values, number formats, hidden rows and columns, notes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pipelines.read._biff import beside_cells
from pipelines.read._numbers import Format, number_format, shown
from pipelines.read._sheetxml import filled_columns
from pipelines.read._wire import Book, Refused, Sheet
from pipelines.read.limits import Limits

#: palette entries that show the same: black and the system's text are 0, white and the window are 1
_COLOURS = {0: 0, 8: 0, 64: 0, 0x7FFF: 0, 1: 1, 9: 1, 65: 1}
_OTHERS = {"worddocument": "doc", "powerpoint document": "ppt", "encryptedpackage": "", "visiodocument": "ole"}


def open_xls(path: Path, limits: Limits) -> Book:
    """All sheets of an Excel 97–2003 book.  Other OLE files and passwords are refused by name."""
    hidden = _streams(path)
    import xlrd

    with Path(os.devnull).open("w") as silence:
        book = _open(xlrd, path, silence)
    left = limits.cells
    sheets: list[Sheet] = []
    for index in range(book.nsheets):
        source = book.sheet_by_index(index)
        left -= source.nrows * 1
        sheet = _sheet(xlrd, book, source, limits)
        left -= sum(len(row) for row in sheet.rows)
        if left < 0:
            raise Refused("too-many-cells", limit=f"{limits.cells:,}")
        sheets.append(sheet)
    author = getattr(book, "user_name", "")
    known = {entry["detail"] for entry in hidden if entry["kind"] == "property"}
    if author and author.strip() and "lastModifiedBy" not in known:
        hidden.append({"kind": "property", "detail": "lastModifiedBy"})
    return Book("xls", sheets, hidden=hidden, epoch1904=book.datemode == 1)


def _open(xlrd: Any, path: Path, silence: Any) -> Any:
    """With formatting if the file allows it: damaged style records must not cost the values."""
    for formatting in (True, False):
        try:
            return xlrd.open_workbook(str(path), formatting_info=formatting, logfile=silence)
        except xlrd.XLRDError as error:
            text = str(error).lower()
            if "encrypt" in text or "password" in text:
                raise Refused("password") from None
            if not formatting:
                raise Refused("broken-file", detail=str(error)[:60]) from None
        except (AssertionError, IndexError, KeyError, ValueError, TypeError, AttributeError):
            if not formatting:
                raise
    raise Refused("broken-file", detail="xls")


def _streams(path: Path) -> list[dict[str, Any]]:
    """What else the OLE container holds; refuses what is no workbook."""
    with path.open("rb") as stream:
        if stream.read(8) != b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            return []  # a bare BIFF stream of Excel 2–4
    import olefile

    with olefile.OleFileIO(str(path)) as container:
        names = ["/".join(entry).lower() for entry in container.listdir()]
        book = next((name for name in ("Workbook", "Book") if container.exists(name)), "")
        content: bytes = container.openstream(book).read() if book == "Workbook" else b""
        found = _people(container)
    roots = {name.split("/")[0] for name in names}
    if "encryptedpackage" in roots:
        raise Refused("password")
    if not roots & {"workbook", "book"}:
        kind = next((kind for root, kind in _OTHERS.items() if root in roots), "ole")
        raise Refused("not-a-table", what=kind)
    for (kind, detail), count in sorted(beside_cells(content).items()):
        found.append({"kind": kind, "detail": detail, "count": count})
    for mark, kind in (("_vba_project_cur", "macro"), ("_sx_db_cur", "pivot-cache"), ("mbd", "embedded-object")):
        count = sum(1 for root in roots if root.startswith(mark))
        if count:
            found.append({"kind": kind, "count": count})
    return found


def _people(container: Any) -> list[dict[str, Any]]:
    """Names of filled personal properties (SummaryInformation); the values stay in the file."""
    try:
        told = container.get_metadata()
    except Exception:  # a damaged property set must not cost the values
        return []
    names = {"creator": told.author, "lastModifiedBy": told.last_saved_by, "Manager": told.manager}
    return [{"kind": "property", "detail": name} for name, value in names.items() if value and value.strip(b"\0 ")]


def _sheet(xlrd: Any, book: Any, source: Any, limits: Limits) -> Sheet:
    sheet = Sheet(source.name, visible=source.visibility == 0)
    if source.visibility:
        sheet.hidden.append({"kind": "hidden-sheet", "sheet": source.name})
    formats: dict[int, Format] = {}
    white: list[tuple[int, int]] = []
    for row in range(source.nrows):
        cells: list[str] = []
        for column in range(source.row_len(row)):
            text = _cell(xlrd, book, source, sheet, formats, row, column)
            if text and _invisible(book, source, formats, row, column):
                white.append((row, column))
            cells.append(text)
        while cells and not cells[-1]:
            cells.pop()
        sheet.rows.append(cells)
    while sheet.rows and not sheet.rows[-1]:
        sheet.rows.pop()
    _gaps(sheet, limits)
    sheet.merged = [(top, left, bottom - 1, right - 1) for top, bottom, left, right in source.merged_cells]
    _hidden(source, sheet, white)
    return sheet


def _gaps(sheet: Sheet, limits: Limits) -> None:
    last = -1
    for row, cells in enumerate(sheet.rows):
        if cells:
            if row - last > limits.gap_rows:
                raise Refused("far-cell", sheet=sheet.name, row=row + 1, column=len(cells))
            last = row


def _style(book: Any, source: Any, row: int, column: int) -> Any:
    """The cell's XF record; None without formatting and in files too old or too damaged to have one."""
    if not book.formatting_info:
        return None
    index = source.cell_xf_index(row, column)
    return book.xf_list[index] if 0 <= index < len(book.xf_list) else None


def _format(book: Any, source: Any, formats: dict[int, Format], row: int, column: int) -> Format:
    style = _style(book, source, row, column)
    if style is None:
        return Format()
    if style.format_key not in formats:
        known = book.format_map.get(style.format_key)
        formats[style.format_key] = number_format(known.format_str if known else None, style.format_key)
    return formats[style.format_key]


def _cell(xlrd: Any, book: Any, source: Any, sheet: Sheet, formats: dict[int, Format], row: int, column: int) -> str:
    kind, value = source.cell_type(row, column), source.cell_value(row, column)
    if kind == xlrd.XL_CELL_TEXT:
        return str(value).replace("\r\n", "\n").replace("\r", "\n")
    if kind == xlrd.XL_CELL_ERROR:
        text = xlrd.error_text_from_code.get(value, "#?")
        sheet.faults.append(("error-cell", row, column, text))
        return str(text)
    if kind == xlrd.XL_CELL_BOOLEAN:
        sheet.kinds[row, column] = "boolean"
        return "TRUE" if value else "FALSE"
    if kind not in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        return ""
    style = _format(book, source, formats, row, column)
    if kind == xlrd.XL_CELL_DATE and not style.kind:
        style = Format(kind="date")
    number = shown(repr(float(value)), style, epoch1904=book.datemode == 1)
    if number.kind == "impossible-date":
        sheet.faults.append(("impossible-date", row, column, number.text))
    elif number.kind:
        sheet.kinds[row, column] = number.kind
    return number.text


def _invisible(book: Any, source: Any, formats: dict[int, Format], row: int, column: int) -> bool:
    style = _style(book, source, row, column)
    if style is None:
        return False
    if _format(book, source, formats, row, column).invisible:
        return True
    if style.font_index >= len(book.font_list):
        return False
    font = book.font_list[style.font_index]
    ground = style.background
    if ground.fill_pattern > 1:
        return False
    behind = _COLOURS.get(ground.pattern_colour_index, ground.pattern_colour_index) if ground.fill_pattern else 1
    text: int = font.colour_index
    return bool(_COLOURS.get(text, text) == behind)


def _hidden(source: Any, sheet: Sheet, white: list[tuple[int, int]]) -> None:
    name = sheet.name
    for row, info in source.rowinfo_map.items():
        if (info.hidden or info.height == 0) and row < len(sheet.rows) and any(t.strip() for t in sheet.rows[row]):
            sheet.hidden.append({"kind": "hidden-row", "sheet": name, "row": row + 1})
    filled = filled_columns(sheet.rows)
    for column, info in source.colinfo_map.items():
        if (info.hidden or info.width == 0) and column in filled:
            sheet.hidden.append({"kind": "hidden-column", "sheet": name, "column": column + 1})
    for row, column in source.cell_note_map:
        sheet.hidden.append({"kind": "comment", "sheet": name, "row": row + 1, "column": column + 1})
    if white:
        entry: dict[str, Any] = {"kind": "white-text", "sheet": name, "count": len(white)}
        sheet.hidden.append(entry | {"row": white[0][0] + 1, "column": white[0][1] + 1})
