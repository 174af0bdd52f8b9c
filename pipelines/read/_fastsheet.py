"""A worksheet's regular cells by pattern, row by row, several times faster than event by event.

A row is taken only if its cells account for every tag in it and come in order, so that nothing can hide between them;
the first row that does not sends the whole sheet the slow way, through expat.  What stands outside ``sheetData`` is
parsed by expat in any case.
"""

from __future__ import annotations

import re
from html import unescape as entities

from pipelines.read._numbers import Format, shown
from pipelines.read._sheetxml import Cells, column_number
from pipelines.read._wire import Refused
from pipelines.read._xml import Attributes, Whole, parse

_ROW = re.compile(r"\s*<row\b([^>]*?)(?:/>|>(.*?)</row>)", re.DOTALL)
_CELL = re.compile(
    r'<c r="([A-Z]{1,3})(\d{1,7})"(?: s="(\d{1,6})")?(?: t="(n|s|b|e|str)")?(?:/>|>'
    r"(<f\b[^>]*?(?:/>|>[^<]*</f>))?(<v>[^<]*</v>|<v/>)?</c>)"
)
_ATTRIBUTE = re.compile(r'([\w:.-]+)="([^"<&]*)"')
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*encoding=[\"'](?!utf-8[\"'])", re.IGNORECASE)
_PLAIN = Format()
REMEMBERED = 100_000

_Row = tuple[Attributes, list[tuple[str, ...]]]


def read_fast(data: bytes, cells: Cells) -> bool:
    """Fill ``cells`` from the bytes of a worksheet part; False if the sheet must go the slow way (nothing was kept)."""
    begin, end = data.find(b"<sheetData>"), data.rfind(b"</sheetData>")
    if begin < 0 or end < begin or _DECLARED.match(data[:200]) or b"<!" in data:
        return False
    begin += len(b"<sheetData>")
    try:
        body = data[begin:end].decode("utf-8")
    except UnicodeDecodeError:
        return False
    rows = _rows(body)
    if rows is None:
        return False
    _Taker(cells).take(rows)
    parse(Whole(data[:begin] + data[end:]), cells.start, cells.end, cells.text)
    return True


def _rows(body: str) -> list[_Row] | None:
    """Rows with their cells as (letters, digits, style, type, formula, value); None if anything is odd."""
    rows: list[_Row] = []
    position, end = 0, len(body.rstrip())
    while position < end:
        row = _ROW.match(body, position)
        if row is None:
            return None
        position = row.end()
        found = _CELL.findall(row.group(2) or "")
        if not _complete(row.group(2) or "", found):
            return None
        rows.append((dict(_ATTRIBUTE.findall(row.group(1))), found))
    return rows


def _complete(content: str, found: list[tuple[str, ...]]) -> bool:
    """The cells found have as many tags as the row, stand in one row and in order (longer letters come later)."""
    tags = 0
    last = ""
    digits = found[0][1] if found else ""
    for letters, row, _, _, formula, value in found:
        tags += (1 if not formula and not value else 2) + formula.count("<") + value.count("<")
        if row != digits or (len(letters), letters) <= (len(last), last):
            return False
        last = letters
    # a cell written <c …></c> counts one tag more than seen here and is left to the slow way
    return content.count("<") == tags


class _Taker:
    """Takes rows into a :class:`Cells`, remembering what equal cells looked like."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.columns: dict[str, int] = {}
        self.known: dict[tuple[str, str, str], tuple[str, str]] = {}

    def take(self, rows: list[_Row]) -> None:
        """All rows."""
        for attributes, found in rows:
            self.cells.start("row", attributes)
            if found:
                self._row(found)

    def _row(self, found: list[tuple[str, ...]]) -> None:
        cells, known = self.cells, self.known
        cells.row = row = int(found[0][1]) - 1
        texts: list[str] = []
        marks: list[tuple[int, str]] = []
        others: list[tuple[int, tuple[str, ...]]] = []
        count = 0
        for match in found:
            letters, _, style, kind, formula, value = match
            if not value and not formula:
                continue
            count += 1
            column = self.columns.get(letters)
            if column is None:
                column = self.columns.setdefault(letters, column_number(letters))
            look = (style, kind, value)
            seen = known.get(look) if not formula else None
            if seen is None:
                seen = self._plain(look) if not formula else None
                if seen is None:
                    others.append((column, match))
                    continue
                if len(known) < REMEMBERED:
                    known[look] = seen
            text, mark = seen
            if text:
                if column > len(texts):
                    self._gap(column, len(texts))
                    texts.extend([""] * (column - len(texts)))
                texts.append(text)
                if mark:
                    marks.append((column, mark))
        self._keep(row, texts, marks, count - len(others))
        for column, match in others:
            self._slowly(column, match)

    def _gap(self, column: int, width: int) -> None:
        cells = self.cells
        if column - max(width - 1, cells.last_column) > cells.limits.gap_columns:
            raise Refused("far-cell", sheet=cells.sheet.name, row=cells.row + 1, column=column + 1)

    def _keep(self, row: int, texts: list[str], marks: list[tuple[int, str]], count: int) -> None:
        cells = self.cells
        if not count:
            return
        cells.column = max(len(texts) - 1, 0)
        cells.check_address()
        cells.left[0] -= count - 1
        cells.column = min(cells.column, cells.last_column + 1)  # the gap inside the row was judged above
        cells.within_limits()
        cells.last_column = max(cells.last_column, len(texts) - 1)
        if not texts:
            return
        sheet = cells.sheet
        sheet.rows.extend([] for _ in range(row + 1 - len(sheet.rows)))
        if sheet.rows[row]:
            raise Refused("broken-file", detail="同じ行が 2 度あります")
        sheet.rows[row] = texts
        for column, mark in marks:
            sheet.kinds[row, column] = mark

    def _plain(self, look: tuple[str, str, str]) -> tuple[str, str] | None:
        """Text and kind of a shared string or a number; None for what needs its own treatment."""
        style, kind, value = look
        raw = value[3:-4] if len(value) > 4 else ""
        meaning = self.cells.styled(style) if style else _PLAIN
        if meaning.invisible or not raw or "&" in raw:
            return None
        if kind == "s":
            return (self.cells.strings[int(raw)], "") if raw.isdigit() and int(raw) < len(self.cells.strings) else None
        if kind in ("", "n"):
            number = shown(raw.strip(), meaning, epoch1904=self.cells.epoch1904)
            return None if number.kind == "impossible-date" else (number.text, number.kind)
        return None

    def _slowly(self, column: int, match: tuple[str, ...]) -> None:
        """A cell that is neither, by the code of the slow way."""
        _, _, style, kind, formula, value = match
        cells = self.cells
        raw = entities(value[3:-4]) if len(value) > 4 else ""
        cells.column, cells.kind, cells.formula, cells.valued = column, kind or "n", bool(formula), bool(value)
        cells.style = cells.styled(style) if style else _PLAIN
        cells.value[:] = [raw] if raw else []
        cells.close()
