"""HTML in the child: a file that is one data table under a workbook's name is read, a web page is refused as one."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from pipelines.read._wire import Book, Refused, Sheet
from pipelines.read.encoding import Undecodable, decode
from pipelines.read.limits import Limits

#: elements of a page that is made for reading, not of an exported table
_PAGE = ("nav", "header", "footer", "aside", "form", "article", "main", "iframe", "video")
LINKS = 15


def open_html(path: Path, limits: Limits) -> Book:
    """The one data table of an HTML file; a page with navigation, prose or no table is refused by name."""
    decoded = decode(path.read_bytes())
    if isinstance(decoded, Undecodable):
        raise Refused("encoding", detail=decoded.detail)
    reader = _Tables(limits)
    reader.feed(decoded.text)
    reader.close()
    tables = [table for table in reader.tables if len(table.rows) > 1 and max(map(len, table.rows)) > 1]
    outside = reader.outside
    inside = sum(len(text) for table in tables for row in table.rows for text in row)
    page = reader.page or reader.links > LINKS + inside // 50 or reader.scripts > 3
    if len(tables) != 1 or page or outside > max(500, inside):
        raise Refused("not-a-table", what="html", encoding=decoded.encoding)
    return Book("html", tables, encoding=decoded.encoding)


class _Tables(HTMLParser):
    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.left = limits.cells
        self.tables: list[Sheet] = []
        self.depth = self.links = self.scripts = self.outside = 0
        self.page = False
        self.silent = 0
        self.cell: list[str] | None = None
        self.span = (1, 1)
        self.taken: set[tuple[int, int]] = set()
        self.row = -1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        if tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.tables.append(Sheet(f"表{len(self.tables) + 1}"))
                self.row, self.taken = -1, set()
        elif tag == "tr" and self.depth == 1:
            self._close_cell()
            self.row += 1
            self.tables[-1].rows.append([])
        elif tag in ("td", "th") and self.depth == 1 and self.row >= 0:
            self._close_cell()
            self.cell = []
            self.span = (_count(attributes.get("rowspan")), _count(attributes.get("colspan")))
        elif tag == "br" and self.cell is not None:
            self.cell.append("\n")
        elif tag in ("script", "style", "noscript", "template", "title"):
            self.silent += 1
            self.scripts += tag == "script"
        elif tag in _PAGE:
            self.page = True
        elif tag == "a" and "href" in attributes:
            self.links += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr") and self.depth == 1:
            self._close_cell()
        elif tag == "table" and self.depth:
            if self.depth == 1:
                self._close_cell()
            self.depth -= 1
        elif tag in ("script", "style", "noscript", "template", "title") and self.silent:
            self.silent -= 1

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        if self.cell is not None:
            self.cell.append(data)
        elif not self.depth:
            self.outside += len(data.strip())

    def _close_cell(self) -> None:
        if self.cell is None:
            return
        text = "\n".join(" ".join(line.split(" ")).strip() for line in "".join(self.cell).strip().split("\n")).strip()
        self.cell = None
        rows, columns = self.span
        self.left -= columns
        if self.left < 0:
            raise Refused("too-many-cells", limit="5,000,000")
        cells = self.tables[-1].rows[self.row]
        while (self.row, len(cells)) in self.taken:
            cells.append("")
        left = len(cells)
        cells.extend([text] + [""] * (columns - 1))
        if rows > 1 or columns > 1:
            self.tables[-1].merged.append((self.row, left, self.row + rows - 1, left + columns - 1))
            self.taken.update((self.row + r, left + c) for r in range(1, rows) for c in range(columns))


def _count(value: str | None) -> int:
    return min(int(value), 1_000) if value and value.isdigit() and int(value) > 0 else 1
