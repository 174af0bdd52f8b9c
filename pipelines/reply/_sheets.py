"""Workbooks made anew: a text file's cells with marks, or only the list (XlsxWriter, in the guarded child)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.reply._listing import (
    COMMENTS,
    FILLS,
    LABELS,
    TITLE,
    WIDTHS,
    Mark,
    by_cell,
    clean,
    comment_text,
    introduction,
    listed,
    row_height,
)

_CELLS = 400_000  # more is not rendered: a list is of more use than a workbook nobody can open
_ENCODINGS = ("utf-8-sig", "cp932", "euc_jp")
_CELL_LIMIT = 32_000
_FIRST_LISTED = 4


def mark_text(original: Path, marks: Sequence[Mark], out: Path, name: str, encoding: str | None) -> None:
    """The text file as a sheet of text cells, marked; raises ``ValueError`` when it is no table or too large."""
    text = _decoded(original.read_bytes(), encoding)
    csv.field_size_limit(1 << 24)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    if sum(map(len, rows)) > _CELLS or max(map(len, rows), default=0) > 16_384:
        raise ValueError("too many cells")
    sheet = _sheet_name(name)
    book = _open(out)
    _list_sheet(book, marks, name, sheet)
    _cell_sheet(book, sheet, rows, by_cell(marks))
    book.close()


def list_only(marks: Sequence[Mark], out: Path, name: str) -> None:
    """A workbook of the list alone."""
    book = _open(out)
    _list_sheet(book, marks, name, None)
    book.close()


def _open(out: Path) -> Any:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(out), {"constant_memory": True, "tmpdir": str(out.parent)})
    book.set_properties({"title": TITLE, "created": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)})
    return book


def _list_sheet(book: Any, marks: Sequence[Mark], name: str, sheet: str | None) -> None:
    page = book.add_worksheet(TITLE)
    boxed = {"valign": "top", "border": 1, "border_color": "#C8CAD0", "text_wrap": True}
    wrap = book.add_format(boxed)
    link = book.add_format({**boxed, "underline": 1, "font_color": "#0B4FB3"})
    head = book.add_format({**boxed, "bold": True, "bg_color": "#E9EBF0"})
    for column, width in enumerate(WIDTHS):
        page.set_column(column, column, width)
    page.write_string(0, 0, TITLE, book.add_format({"bold": True, "font_size": 16}))
    row = 1
    for sentence in introduction(marks, name):
        page.write_string(row, 0, sentence)
        row += 1
    row = max(row + 1, _FIRST_LISTED)
    page.write_row(row, 0, LABELS, head)
    for number, (mark, cells) in enumerate(zip(marks, listed(marks), strict=False), start=row + 1):
        page.set_row(number, row_height(cells))
        for column, text in enumerate(cells):
            page.write_string(number, column, text, wrap)
        if sheet and mark["row"]:
            target = f"internal:'{sheet}'!{_address(mark)}"
            page.write_url(number, 1, target, link, string=cells[1])
    page.freeze_panes(row + 1, 0)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(row)


def _cell_sheet(book: Any, name: str, rows: Sequence[Sequence[str]], marked: dict[tuple[int, int], list[Mark]]) -> None:
    page = book.add_worksheet(name)
    plain = book.add_format({"num_format": "@"})
    fills = {level: book.add_format({"num_format": "@", "bg_color": f"#{color}"}) for level, color in FILLS.items()}
    last = max([len(rows), *(row for row, _ in marked)])
    by_row: dict[int, list[int]] = {}
    for row, column in marked:
        by_row.setdefault(row, []).append(column)
    comments = 0
    for number in range(1, last + 1):
        cells = rows[number - 1] if number <= len(rows) else []
        for column in range(1, max([len(cells), *by_row.get(number, [])]) + 1):
            text = clean(cells[column - 1], _CELL_LIMIT) if column <= len(cells) else ""
            here = marked.get((number, column))
            form = fills[here[0]["level"]] if here else plain
            (page.write_string if text else page.write_blank)(number - 1, column - 1, text or None, form)
            if here and comments < COMMENTS:
                comments += 1
                page.write_comment(number - 1, column - 1, comment_text(here), {"x_scale": 2.2, "y_scale": 1.4})
    page.set_column(0, max(map(len, rows), default=1), 16)


def _address(mark: Mark) -> str:
    from pipelines.model import column_letters

    return f"{column_letters(mark['column'] or 1)}{mark['row']}"


def _sheet_name(name: str) -> str:
    stem = re.sub(r"[\[\]:*?/\\']", "_", Path(name).stem).strip()[:31]
    return stem if stem and stem not in (TITLE, "History") else "元のデータ"


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
