"""Workbooks made anew: a file's cells as text with marks, or only the list (XlsxWriter, in the guarded child)."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.reply._listing import (
    CELLS,
    COMMENTS,
    FILLS,
    LABELS,
    TITLE,
    WIDTHS,
    Mark,
    at_corners,
    by_cell,
    clean,
    comment_text,
    introduction,
    listed,
    row_height,
    units,
)

_ENCODINGS = ("utf-8-sig", "cp932", "euc_jp")
_CELL_LIMIT = 32_000
_FIRST_LISTED = 4
_MERGES = 10_000
_LOOKED_AT, _NARROWEST, _WIDEST = 500, 9, 48
_Write = Callable[[int, int], None]


def mark_text(original: Path, marks: Sequence[Mark], out: Path, name: str, encoding: str | None) -> None:
    """The text file as a sheet of text cells, marked; raises ``ValueError`` when it is no table or too large."""
    text = _decoded(original.read_bytes(), encoding)
    csv.field_size_limit(1 << 24)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    _make(out, "text", [{"name": None, "rows": rows}], marks, name)


def mark_cells(sheets: Sequence[Mapping[str, Any]], marks: Sequence[Mark], out: Path, name: str) -> None:
    """The cells that were read (``model.SheetCells`` as mappings) as sheets of text cells, marked.

    Raises ``ValueError`` when there are none or too many.
    """
    _make(out, "cells", sheets, marks, name)


def list_only(marks: Sequence[Mark], out: Path, name: str) -> None:
    """A workbook of the list alone."""
    book = _open(out, streamed=True)
    _list_sheet(book, marks, name, "list", {})
    book.close()


def _make(out: Path, kind: str, sheets: Sequence[Mapping[str, Any]], marks: Sequence[Mark], name: str) -> None:
    rows = [row for sheet in sheets for row in sheet["rows"]]
    if not rows or sum(map(len, rows)) > CELLS or max(map(len, rows)) > 16_384:
        raise ValueError("no cells, or too many")
    names = _names(sheets, name)
    book = _open(out, streamed=not any(sheet.get("merged") for sheet in sheets))
    _list_sheet(book, marks, name, kind, names)
    forms = _Forms(book)
    for sheet in sheets:
        alone = len(sheets) == 1
        here = [mark for mark in marks if mark["sheet"] == sheet["name"] or (alone and not mark["sheet"])]
        _cell_sheet(book, names[sheet["name"] or ""], sheet, by_cell(here), forms)
    book.close()


def _names(sheets: Sequence[Mapping[str, Any]], name: str) -> dict[str, str]:
    """A mark's sheet → the sheet of the copy (a name Excel takes, each once); ``""``: the only sheet."""
    names: dict[str, str] = {}
    for sheet in sheets:
        wish = _sheet_name(sheet["name"] or Path(name).stem)
        taken = {made.lower() for made in names.values()}
        tries = (wish if n == 1 else f"{wish[:28]}~{n}" for n in range(1, 10_000))
        names[sheet["name"] or ""] = next(made for made in tries if made.lower() not in taken)
    if len(sheets) == 1:
        names[""] = next(iter(names.values()))
    return names


def _open(out: Path, *, streamed: bool) -> Any:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(out), {"constant_memory": streamed, "tmpdir": str(out.parent)})
    book.set_properties({"title": TITLE, "created": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)})
    return book


def _list_sheet(book: Any, marks: Sequence[Mark], name: str, kind: str, names: Mapping[str, str]) -> None:
    page = book.add_worksheet(TITLE)
    boxed = {"font_size": 10, "valign": "top", "border": 1, "border_color": "#C8CAD0", "text_wrap": True}
    wrap = book.add_format(boxed)
    link = book.add_format({**boxed, "underline": 1, "font_color": "#0B4FB3"})
    head = book.add_format({**boxed, "bold": True, "bg_color": "#E9EBF0"})
    for column, width in enumerate(WIDTHS):
        page.set_column(column, column, width)
    page.set_row(0, 24)
    page.write_string(0, 0, TITLE, book.add_format({"bold": True, "font_size": 16}))
    row = 1
    for sentence in introduction(marks, name, kind):
        page.write_string(row, 0, sentence)
        row += 1
    row = max(row + 1, _FIRST_LISTED)
    page.write_row(row, 0, LABELS, head)
    for number, (mark, cells) in enumerate(zip(marks, listed(marks), strict=False), start=row + 1):
        page.set_row(number, row_height(cells))
        for column, text in enumerate(cells):
            page.write_string(number, column, text, wrap)
        sheet = names.get(mark["sheet"] or "")
        if sheet and (mark["row"] or mark["column"]):
            target = f"internal:'{sheet}'!{_address(mark)}"
            page.write_url(number, 1, target, link, string=cells[1])
    page.freeze_panes(row + 1, 0)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(row)


class _Forms:
    """The formats of text cells: plain, and coloured by level."""

    def __init__(self, book: Any) -> None:
        self.plain = book.add_format({"num_format": "@"})
        self.fills = {
            level: book.add_format({"num_format": "@", "bg_color": f"#{color}"}) for level, color in FILLS.items()
        }


def _cell_sheet(
    book: Any, name: str, sheet: Mapping[str, Any], marked: dict[tuple[int, int], list[Mark]], forms: _Forms
) -> None:
    page, rows = book.add_worksheet(name), sheet["rows"]
    merged = sheet.get("merged", ())
    marked = at_corners([(t + 1, le + 1, b + 1, r + 1) for t, le, b, r in merged], marked)
    if not sheet.get("visible", True) and not marked:
        page.hide()
    for column, width in enumerate(_widths(rows)):
        page.set_column(column, column, width)
    last = max([len(rows), *(row for row, _ in marked)])
    by_row: dict[int, list[int]] = {}
    for row, column in marked:
        by_row.setdefault(row, []).append(column)
    commented = set(sorted(marked)[:COMMENTS])

    def write(row: int, column: int) -> None:
        cells = rows[row - 1] if row <= len(rows) else []
        text = clean(cells[column - 1], _CELL_LIMIT) if column <= len(cells) else ""
        here = marked.get((row, column))
        form = forms.fills[here[0]["level"]] if here else forms.plain
        (page.write_string if text else page.write_blank)(row - 1, column - 1, text or None, form)
        if (row, column) in commented:
            page.write_comment(row - 1, column - 1, comment_text(here or ()), {"x_scale": 2.2, "y_scale": 1.4})

    for row in range(1, last + 1):
        width = len(rows[row - 1]) if row <= len(rows) else 0
        for column in range(1, max([width, *by_row.get(row, [])]) + 1):
            write(row, column)
    _merge(page, merged, rows, write)


def _merge(page: Any, merged: Sequence[Sequence[int]], rows: Sequence[Sequence[str]], write: _Write) -> None:
    """The file's merged cells (0-based, inclusive), except where a value would disappear under one."""
    from xlsxwriter.exceptions import OverlappingRange

    for top, left, bottom, right in merged[:_MERGES]:
        inside = [text for row in rows[top : bottom + 1] for text in row[left : right + 1] if text]
        corner = rows[top][left] if top < len(rows) and left < len(rows[top]) else ""
        if (top, left) != (bottom, right) and len(inside) == bool(corner):
            with contextlib.suppress(OverlappingRange):
                page.merge_range(top, left, bottom, right, "")
                write(top + 1, left + 1)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Widths of columns in characters: what the first rows need, none too narrow for a comment's mark or too wide."""
    widths: list[int] = []
    for row in rows[:_LOOKED_AT]:
        widths += [_NARROWEST] * (len(row) - len(widths))
        for column, text in enumerate(row):
            widths[column] = max(widths[column], min(units(text.partition("\n")[0]) + 2, _WIDEST))
    return widths


def _address(mark: Mark) -> str:
    from pipelines.model import column_letters

    return f"{column_letters(mark['column'] or 1)}{mark['row']}"


def _sheet_name(wish: str) -> str:
    name = re.sub(r"[\[\]:*?/\\']", "_", wish).strip()[:31]
    return name if name and name not in (TITLE, "History") else "元のデータ"


def _decoded(content: bytes, encoding: str | None) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    for name in (encoding, *_ENCODINGS):
        try:
            return content.decode(name or "ascii").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
        except (UnicodeDecodeError, LookupError):
            continue
    raise ValueError("unknown encoding")


def _delimiter(text: str) -> str:
    head = text[:20_000]
    return max(",\t;", key=head.count)
