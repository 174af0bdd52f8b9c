"""ODS (OpenDocument 1.2 part 1, chapter 9) in the child: one expat pass over content.xml."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from pipelines.read._choices import plain
from pipelines.read._container import Parts
from pipelines.read._hiding import FILE
from pipelines.read._numbers import plain_number
from pipelines.read._odsstyles import StyleBook
from pipelines.read._sheetxml import filled_columns
from pipelines.read._wire import Book, Refused, Sheet
from pipelines.read._xml import Attributes, local, parse
from pipelines.read.limits import Limits

_DURATION = re.compile(r"^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?$")
_ERROR = re.compile(r"^(?:#[A-Z/0]+[!?]?|Err:\d+|#N/A)$")
_AUTHORS = ("initial-creator", "creator", "printed-by")
#: drawing objects: their words are no cell's value
_SHAPES = frozenset(
    (
        *("shapes", "frame", "custom-shape", "text-box", "rect", "ellipse", "circle", "line", "polyline", "polygon"),
        *("regular-polygon", "path", "connector", "caption", "measure", "g", "control"),
    )
)
#: elements that carry something beside the cells
_BESIDE = {
    "tracked-changes": "revision",
    "data-pilot-table": "pivot-table",
    "table-source": "external-link",
    "cell-range-source": "external-link",
    "dde-link": "external-link",
    "form": "control",
}
_LIST = re.compile(r"cell-content-is-in-list\((.*)\)", re.DOTALL)
_CHOICE = re.compile(r'"((?:[^"]|"")*)"')
_PARTS = (("object", "embedded-object"), ("basic/", "macro"), ("scripts/", "macro"), ("pictures/", "image"))


def read_ods(parts: Parts) -> Book:
    """All sheets of an OpenDocument spreadsheet."""
    if b"encryption-data" in parts.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in parts else False:
        raise Refused("password")
    book = StyleBook()
    if "styles.xml" in parts:
        with parts.open("styles.xml") as stream:
            parse(stream, book.take, None, book.text)
    content = _Content(parts.limits, book)
    with parts.open("content.xml") as stream:
        parse(stream, content.start, content.end, content.text)
    hidden: list[dict[str, Any]] = []
    for begin, kind in _PARTS:
        count = sum(1 for name in parts.names() if name.startswith(begin))
        if count:
            hidden.append({"kind": kind, "count": count})
    hidden += [{"kind": kind, "detail": detail, "count": n} for (kind, detail), n in sorted(content.beside.items())]
    return Book("ods", content.sheets, hidden=hidden + _people(parts))


def _people(parts: Parts) -> list[dict[str, Any]]:
    """Which personal properties of meta.xml are filled; the values stay in the file."""
    found: dict[str, str] = {}
    tags: list[str] = []

    def text(data: str) -> None:
        if tags and tags[-1] in _AUTHORS and data.strip():
            found[tags[-1]] = "property"

    if "meta.xml" in parts:
        with parts.open("meta.xml") as stream:
            parse(stream, lambda tag, attributes: tags.append(tag), lambda tag: tags.clear(), text)
    return [{"kind": kind, "detail": name} for name, kind in sorted(found.items())]


class _Content:
    def __init__(self, limits: Limits, book: StyleBook) -> None:
        self.limits = limits
        self.book = book
        self.beside: Counter[tuple[str, str]] = Counter()
        self.sheets: list[Sheet] = []
        self.left = limits.cells
        self.shapes = 0
        self.said = False
        self.columns: list[tuple[int, str]] = []
        self.white: list[tuple[int, int]] = []
        self.span = ""
        self.sheet: Sheet | None = None
        self.row = self.column = self.cell_repeat = self.row_repeat = 0
        self.cells: list[str] = []
        self.kinds: dict[int, str] = {}
        self.attributes: Attributes = {}
        self.paragraphs: list[list[str]] = []
        self.inside = self.annotation = False
        self.row_hidden = ""
        self.column_at = 0
        self.hidden_columns: list[tuple[int, int, str]] = []
        self.hidden_rows: list[tuple[int, int, str]] = []
        self.notes: list[tuple[int, int]] = []
        self.last_filled = -1

    # ── expat ──────────────────────────────────────────────────────────────────────────────────

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag in _SHAPES:
            self.shapes += 1
            self.said = False
        elif self.shapes or self.annotation:
            self.said = self.said or tag == "p"
        elif tag in ("table-cell", "covered-table-cell"):
            self._begin_cell(tag, attributes)
        elif tag == "p" and self.inside:
            self.paragraphs.append([])
        elif tag in ("s", "tab", "line-break") and self.paragraphs:
            self.paragraphs[-1].append("\n" if tag == "line-break" else " " * int(local(attributes, "c") or 1))
        elif tag == "span":
            self.span = local(attributes, "style-name") or ""
        elif tag == "annotation":
            self.annotation = True
            self.notes.append((self.row, self.column))
        elif tag == "table-row":
            self._begin_row(attributes)
        elif tag == "table-column":
            self._column(attributes)
        elif tag == "table":
            self._begin_table(attributes)
        elif not self.book.start(tag, attributes):
            self._beside(tag, attributes)

    def _beside(self, tag: str, attributes: Attributes) -> None:
        if tag in _BESIDE:
            self.beside[_BESIDE[tag], ""] += 1
        elif tag == "a" and FILE.match(local(attributes, "href") or ""):
            self.beside["file-link", ""] += 1
        elif tag == "named-expression" and '"' in (local(attributes, "expression") or ""):
            self.beside["defined-name", ""] += 1
        elif tag == "content-validation" and (found := _LIST.search(local(attributes, "condition") or "")):
            choices = ",".join(_CHOICE.findall(found.group(1)))
            if choices:
                self.beside["validation-list", "plain" if plain(choices, ()) else ""] += 1

    def text(self, data: str) -> None:
        if self.shapes:
            if self.said and data.strip():
                self.beside["drawing-text", ""] += 1
        elif self.inside and not self.annotation and self.paragraphs:
            self.paragraphs[-1].append(data)
            if data.strip() and self.book.unseen(self._style(), self.span):
                self.white.append((self.row, self.column))
        elif self.sheet is None:
            self.book.text(data)

    def _style(self) -> str:
        own = local(self.attributes, "style-name")
        return own or next((style for end, style in self.columns if self.column < end), "")

    def end(self, tag: str) -> None:
        if tag in _SHAPES:
            self.shapes -= 1
        elif tag == "annotation":
            self.annotation = False
        elif self.shapes or self.annotation:
            self.said = self.said and tag != "p"
        elif tag in ("table-cell", "covered-table-cell"):
            self._end_cell()
        elif tag == "span":
            self.span = ""
        elif tag == "table-row":
            self._end_row()
        elif tag == "table":
            self._end_table()

    # ── tables ─────────────────────────────────────────────────────────────────────────────────

    def _begin_table(self, attributes: Attributes) -> None:
        name = local(attributes, "name") or f"Sheet{len(self.sheets) + 1}"
        visible = self.book.displayed(local(attributes, "style-name") or "")
        self.sheet = Sheet(name, visible=visible)
        if not visible:
            self.sheet.hidden.append({"kind": "hidden-sheet", "sheet": name})
        self.row = self.column_at = 0
        self.last_filled = -1
        self.hidden_columns, self.hidden_rows, self.notes, self.columns, self.white = [], [], [], [], []

    def _column(self, attributes: Attributes) -> None:
        count = int(local(attributes, "number-columns-repeated") or 1)
        if local(attributes, "visibility") in ("collapse", "filter"):
            self.hidden_columns.append((self.column_at, self.column_at + count, "hidden-column"))
        elif self.book.flat(local(attributes, "style-name") or ""):
            self.hidden_columns.append((self.column_at, self.column_at + count, "zero-width"))
        self.column_at += count
        self.columns.append((self.column_at, local(attributes, "default-cell-style-name") or ""))

    def _begin_row(self, attributes: Attributes) -> None:
        self.row_repeat = int(local(attributes, "number-rows-repeated") or 1)
        visibility = local(attributes, "visibility")
        flat = "zero-height" if self.book.flat(local(attributes, "style-name") or "") else ""
        self.row_hidden = {"collapse": "hidden-row", "filter": "filtered-row"}.get(visibility or "", flat)
        self.cells, self.kinds, self.column = [], {}, 0

    def _begin_cell(self, tag: str, attributes: Attributes) -> None:
        self.attributes = attributes
        self.cell_repeat = int(local(attributes, "number-columns-repeated") or 1)
        self.paragraphs = []
        self.inside = True
        if "'file:" in (local(attributes, "formula") or ""):
            self.beside["external-link", ""] += 1
        rows = int(local(attributes, "number-rows-spanned") or 1)
        columns = int(local(attributes, "number-columns-spanned") or 1)
        if (rows > 1 or columns > 1) and self.sheet is not None and tag == "table-cell":
            self.sheet.merged.append((self.row, self.column, self.row + rows - 1, self.column + columns - 1))

    def _end_cell(self) -> None:
        text, kind = self._shown()
        self.inside = False
        if text and not any("".join(parts) for parts in self.paragraphs) and self._shows_nothing():
            self.white.append((self.row, self.column))
        if text:
            if self.column - len(self.cells) > self.limits.gap_columns or self.cell_repeat > 1_000:
                raise Refused("far-cell", sheet=self._name(), row=self.row + 1, column=self.column + 1)
            self.cells.extend([""] * (self.column - len(self.cells)))
            for offset in range(self.cell_repeat):
                self.cells.append(text)
                if kind:
                    self.kinds[self.column + offset] = kind
        self.column += self.cell_repeat

    def _shows_nothing(self) -> bool:
        """A value whose writer shows an empty paragraph, or whose number format shows nothing."""
        return bool(self.paragraphs) or self.book.unseen(self._style())

    def _name(self) -> str:
        return self.sheet.name if self.sheet else ""

    def _shown(self) -> tuple[str, str]:
        shown = "\n".join("".join(parts) for parts in self.paragraphs) or local(self.attributes, "string-value") or ""
        kind = local(self.attributes, "value-type")
        if self.sheet is not None and _ERROR.match(shown) and local(self.attributes, "formula"):
            self.sheet.faults.append(("error-cell", self.row, self.column, shown))
            return shown, ""
        if kind in ("float", "percentage", "currency"):
            return self._number(kind, shown)
        if kind == "date":
            value = (local(self.attributes, "date-value") or "").removesuffix("T00:00:00")
            return value.replace("T", " "), "datetime" if "T" in value else "date"
        if kind == "time":
            return _clock(local(self.attributes, "time-value") or "", shown), "time"
        if kind == "boolean":
            return ("TRUE" if local(self.attributes, "boolean-value") == "true" else "FALSE"), "boolean"
        if not shown and local(self.attributes, "formula") and kind != "string" and self.sheet is not None:
            self.sheet.faults.append(("formula-without-value", self.row, self.column, ""))
        return shown, ""

    def _number(self, kind: str, shown: str) -> tuple[str, str]:
        raw = local(self.attributes, "value") or ""
        try:
            text = plain_number(float(raw), raw)
        except (ValueError, OverflowError):
            return shown, ""
        if re.fullmatch(r"0\d+", shown) and shown.lstrip("0") == text.lstrip("0"):
            return shown, "padded"
        if abs(float(raw)) >= 1e15:
            return text, "imprecise"
        return text, "percent" if kind == "percentage" else ""

    def _end_row(self) -> None:
        sheet = self.sheet
        if sheet is None:
            return
        if self.cells:
            if self.row - self.last_filled > self.limits.gap_rows or self.row_repeat > self.limits.gap_rows * 10:
                raise Refused("far-cell", sheet=sheet.name, row=self.row + 1, column=len(self.cells))
            self.left -= len(self.cells) * self.row_repeat
            if self.left < 0:
                raise Refused("too-many-cells", limit=f"{self.limits.cells:,}")
            sheet.rows.extend([] for _ in range(self.row - len(sheet.rows)))
            for offset in range(self.row_repeat):
                sheet.rows.append(list(self.cells))
                sheet.kinds.update({(self.row + offset, column): kind for column, kind in self.kinds.items()})
            self.last_filled = self.row + self.row_repeat - 1
            if self.row_hidden:
                self.hidden_rows.append((self.row, self.row_repeat, self.row_hidden))
        self.row += self.row_repeat

    def _end_table(self) -> None:
        sheet = self.sheet
        if sheet is None:
            return
        name = sheet.name
        for row, count, kind in self.hidden_rows:
            sheet.hidden.extend({"kind": kind, "sheet": name, "row": r + 1} for r in range(row, row + count))
        filled = filled_columns(sheet.rows)
        for first, end, kind in self.hidden_columns:
            columns = sorted(column for column in filled if first <= column < end)
            sheet.hidden.extend({"kind": kind, "sheet": name, "column": c + 1} for c in columns)
        if self.white:
            row, column = self.white[0]
            entry: dict[str, Any] = {"kind": "white-text", "sheet": name, "count": len(set(self.white))}
            sheet.hidden.append(entry | {"row": row + 1, "column": column + 1})
        sheet.hidden.extend({"kind": "comment", "sheet": name, "row": r + 1, "column": c + 1} for r, c in self.notes)
        self.sheets.append(sheet)
        self.sheet = None


def _clock(value: str, shown: str) -> str:
    found = _DURATION.match(value)
    if found is None:
        return shown
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}" if seconds else f"{hours:02d}:{minutes:02d}"
