"""The report as a workbook the secretariat can edit: one sheet a section, native charts, formulas without macros."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.report.paper import Card, Cell, Chart, Column, Form, Items, Report, Section, Stroke, Table, Text

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

FONT = "Yu Gothic"
COLUMNS = 8
NARROW, BROAD = 12, 38
LINE = 17.0
CHART_ROWS = 16
LINES = {"solid": "solid", "dashed": "dash", "dotted": "round_dot"}
TONES = {"main": "#1D4F91", "dark": "#333333", "light": "#8A8A8A"}


def write_workbook(made: Report, path: Path) -> None:
    """Write the workbook; numbers are the model's own, rounded there."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        created = dt.datetime.combine(made.as_of, dt.time())
        book.set_properties({"title": made.title, "author": made.publisher, "comments": made.label, "created": created})
        book.set_calc_mode("auto")
        writer = _Writer(book, made)
        for section in made.sections:
            writer.sheet(section)


class _Writer:
    """Writes sections down their sheets, remembering where each table stands for the charts drawn from it."""

    def __init__(self, book: Workbook, made: Report) -> None:
        self.book, self.made = book, made
        self.formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        self.widths: list[int] = []

    def style(self, **look: Any) -> Format:
        """A cell format, made once."""
        key = tuple(sorted(look.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"font_name": FONT, "font_size": 10, "valign": "top", **look})
        return self.formats[key]

    def sheet(self, section: Section) -> None:
        """One section: title, answer, blocks from top to bottom."""
        sheet = self.book.add_worksheet(f"{section.number} {section.title}"[:31])
        self.widths = _widths(section)
        for at, width in enumerate(self.widths):
            sheet.set_column(at, at, width)
        _page(sheet, self.made, pages=1 if section.number == 1 else 0)
        row = self._top(sheet, section)
        if section.number == 1:
            for card in self.made.cards:
                row = self._card(sheet, row, card)
        heads: dict[str, int] = {}
        charts = {b.id: b for b in section.blocks if isinstance(b, Chart)}
        places: dict[str, int] = {}
        for block in section.blocks:
            if isinstance(block, Chart):
                places[block.id] = row
                row += CHART_ROWS + 1
            elif isinstance(block, Table) and block.id != "kpi":  # its numbers stand on the cards above
                heads[block.id] = row + 1
                row = self._table(sheet, row, block, list(charts.values()))
            else:
                row = self._other(sheet, row, block)
        for name, chart in charts.items():
            self._chart(sheet, chart, heads[chart.table], 0, places[name])

    def _top(self, sheet: Worksheet, section: Section) -> int:
        title = f"{section.number}　{section.title}（{section.question}？）"
        sheet.write_string(0, 0, title, self.style(bold=True, font_size=14))
        sheet.set_row(0, 26)
        sheet.write_string(1, 0, f"{self.made.title}　{self.made.as_of_text}", self.style(font_color="#444444"))
        row = 2
        for words in filter(None, (self.made.label, *self.made.notices)):
            sheet.write_string(row, 0, words, self.style(bold=True, font_color="#7A2E00"))
            row += 1
        return self._words(sheet, row, section.answer, bold=True) + 1

    def _words(self, sheet: Worksheet, row: int, words: str, **look: Any) -> int:
        """A paragraph over the table's width, with room for its lines; returns the next row."""
        last = len(self.widths) - 1
        sheet.merge_range(row, 0, row, last, "", self.style(text_wrap=True, **look))
        sheet.write_string(row, 0, words, self.style(text_wrap=True, **look))
        sheet.set_row(row, LINE * _lines(words, sum(self.widths)))
        return row + 1

    def _card(self, sheet: Worksheet, row: int, card: Card) -> int:
        sheet.write_string(row, 0, card.title, self.style(bold=True, font_size=12))
        row = self._words(sheet, row + 1, card.sentence)
        for figure in (card.headline, *card.figures):
            sheet.write_string(row, 0, figure.label, self.style(border=1, text_wrap=True))
            if figure.value is None:
                sheet.write_string(row, 1, figure.text, self.style(border=1, align="right"))
            else:
                sheet.write_number(row, 1, figure.value, self.style(border=1, num_format=_number(figure.digits)))
            sheet.write_string(row, 2, figure.unit, self.style(border=1))
            sheet.write_string(row, 3, figure.note, self.style())
            row += 1
        sheet.write_string(row, 0, "判定（案）", self.style(border=1))
        sheet.write_string(row, 1, f"{card.grade} {card.grade_text}", self.style(border=1, bold=True))
        sheet.write_string(row, 2, card.state, self.style(border=1))
        return row + 2

    def _table(self, sheet: Worksheet, row: int, table: Table, charts: list[Chart]) -> int:
        """Caption, header, rows; ``row + 1`` is the header.  Cells a chart reads stay empty where nothing is known."""
        mark = self.made.mark(table)
        caption = f"{table.caption}（{mark}）" if mark else table.caption
        sheet.write_string(row, 0, caption, self.style(bold=True))
        head = self.style(bold=True, bg_color="#E8EEF7", border=1, text_wrap=True)
        for at, column in enumerate(table.columns):
            sheet.write_string(row + 1, at, column.head, head)
        sheet.set_row(row + 1, LINE * max(_lines(c.head, self.widths[at]) for at, c in enumerate(table.columns)))
        drawn = {s.column for c in charts if c.table == table.id for s in c.strokes}
        first = row + 2
        for down, cells in enumerate(table.rows):
            formulas = _formulas(table, first, len(table.rows), first + down)
            for at, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
                self._cell(sheet, first + down, at, column, cell, formulas.get(column.key), column.key in drawn)
            sheet.set_row(first + down, LINE * self._height(table, cells))
        last = first + len(table.rows)
        return (self._words(sheet, last, table.note, font_color="#444444") if table.note else last) + 1

    def _height(self, table: Table, cells: tuple[Cell, ...]) -> int:
        """Lines the row needs: LibreOffice does not grow a row by itself."""
        shown = zip(table.columns, cells, strict=True)
        return max(_lines(column.write(cell), self.widths[at]) for at, (column, cell) in enumerate(shown))

    def _cell(
        self, sheet: Worksheet, row: int, at: int, column: Column, cell: Cell, formula: str | None, drawn: bool
    ) -> None:
        if isinstance(cell, (int, float)):
            look = self.style(border=1, num_format=_number(column.digits or 0, column.signed))
            if formula is None:
                sheet.write_number(row, at, cell, look)
            else:
                sheet.write_formula(row, at, formula, look, cell)
        elif cell is None and drawn:
            sheet.write_blank(row, at, None, self.style(border=1))
        else:
            align = "right" if column.digits is not None else "left"
            sheet.write_string(row, at, column.write(cell), self.style(border=1, text_wrap=True, align=align))

    def _other(self, sheet: Worksheet, row: int, block: object) -> int:
        if isinstance(block, Text):
            return self._words(sheet, row, block.text, font_color="#444444" if block.kind == "note" else "#000000") + 1
        if isinstance(block, Items):
            row = self._words(sheet, row, block.title, bold=True) if block.title else row
            for item in block.items:
                row = self._words(sheet, row, f"・{item}")
            return row + 1
        if isinstance(block, Form):
            return self._form(sheet, row, block)
        return row

    def _form(self, sheet: Worksheet, row: int, form: Form) -> int:
        sheet.write_string(row, 0, form.title, self.style(bold=True))
        for down, (name, value) in enumerate(form.fields, 1):
            sheet.write_string(row + down, 0, name, self.style(border=1, bg_color="#F3F5F8"))
            sheet.merge_range(row + down, 1, row + down, 4, value, self.style(border=1, text_wrap=True))
            sheet.set_row(row + down, 20 if value else 30)
        return row + len(form.fields) + 2

    # ── charts ────────────────────────────────────────────────────────────────────────────────

    def _chart(self, sheet: Worksheet, chart: Chart, head: int, column: int, row: int) -> None:
        """A native chart over the table's cells, so that it follows when somebody edits them."""
        table = self.made.table(chart.table)
        made: Any = None
        for stroke in chart.strokes:
            kind = {"bar": "bar" if chart.kind in ("bars", "movements") else "column"}.get(stroke.kind, "line")
            part = self.book.add_chart({"type": kind})
            part.add_series(_series(sheet, table, head, chart, stroke))
            if made is None:
                made = part
            elif kind == "line" and all(s.kind == "line" for s in chart.strokes):
                made.add_series(_series(sheet, table, head, chart, stroke))
            else:
                made.combine(part)
        mark = f"（{self.made.label}）" if self.made.label else ""
        made.set_title({"name": chart.title + mark, "name_font": {"name": FONT, "size": 12}})
        made.set_y_axis({"name": "" if kind == "bar" else chart.y_title, "num_format": "#,##0", **_reversed(chart)})
        made.set_legend({"position": "bottom"} if len(chart.strokes) > 1 else {"none": True})
        made.show_blanks_as("gap")
        made.set_size({"width": 640, "height": 20 * CHART_ROWS})
        sheet.insert_chart(row, column, made, {"description": f"{chart.title}。{chart.summary}"})


def _units(text: str) -> int:
    """Width in half-width letters: a kanji takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a cell of that width."""
    return max(1, -(-int(_units(text) * 1.08) // max(1, int(width) - 1)))


def _widths(section: Section) -> list[int]:
    """Column widths that suit all tables of a sheet, at least eight columns."""
    columns = max((len(b.columns) for b in section.blocks if isinstance(b, Table)), default=0)
    found = [26, *[NARROW] * (max(COLUMNS, columns) - 1)]
    for table in (b for b in section.blocks if isinstance(b, Table)):
        for at, column in enumerate(table.columns):
            cells = [column.write(row[at]) for row in table.rows]
            wanted = max((_units(words) for words in cells), default=0) + 2
            found[at] = min(BROAD, max(found[at], wanted, _units(column.head) // 2 + 2))
    return found


def _reversed(chart: Chart) -> dict[str, Any]:
    """Horizontal bars read from the top, as the table does; names stand left of bars to both sides."""
    if chart.kind not in ("bars", "movements"):
        return {}
    return {"reverse": True, "label_position": "low"} if chart.kind == "movements" else {"reverse": True}


def _points(table: Table, chart: Chart, tone: str) -> list[dict[str, Any] | None]:
    """A year that is not over is hollow with a dashed edge."""
    hollow = {"fill": {"none": True}, "border": {"color": tone, "dash_type": "dash"}}
    return [hollow if row[0] in chart.open else None for row in table.rows]


def _series(sheet: Worksheet, table: Table, head: int, chart: Chart, stroke: Stroke) -> dict[str, Any]:
    at = next(i for i, c in enumerate(table.columns) if c.key == stroke.column)
    first, last, name = head + 1, head + len(table.rows), sheet.get_name()
    tone = TONES[stroke.tone]
    found: dict[str, Any] = {
        "name": stroke.label,
        "categories": [name, first, 0, last, 0],
        "values": [name, first, at, last, at],
    }
    if stroke.kind == "bar":
        look = {"fill": {"color": "#BCD0EA"}, "border": {"color": tone}, "gap": 60}
        inside = {"value": True, "position": "outside_end" if chart.kind in ("bars", "movements") else "inside_base"}
        return {**found, **look, "data_labels": inside, "points": _points(table, chart, tone)}
    marker = {"type": stroke.marker, "size": 7, "border": {"color": tone}, "fill": {"color": "#FFFFFF"}}
    return {**found, "line": {"color": tone, "width": 2, "dash_type": LINES[stroke.style]}, "marker": marker}


def _formulas(table: Table, first: int, rows: int, row: int) -> Mapping[str, str]:
    """Live formulas for the fiscal-year tables: edit a value and gap, progress and achievement follow."""
    if not table.id.startswith("years-"):
        return {}
    letter = {c.key: chr(ord("A") + at) for at, c in enumerate(table.columns)}
    value, path = f"{letter['value']}{row + 1}", f"{letter['reference']}{row + 1}"
    base, goal = (f"{letter['reference']}${n}" for n in (first + 1, first + rows))
    return {
        "gap": f"=ROUND({value}-{path},1)",
        "progress": f"=ROUND(({value}-{base})/({goal}-{base})*100,1)",
        "achievement": f"=ROUND({value}/{goal}*100,1)",
    }


def _number(digits: int, signed: bool = False) -> str:
    """Excel's notation for that many decimal places."""
    plain = "#,##0" + ("." + "0" * digits if digits else "")
    return f"+{plain};-{plain};{plain[4:]}" if signed else plain


def _page(sheet: Worksheet, made: Report, pages: int) -> None:
    """A4 across; ``pages`` 0: as many pages down as it takes."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, pages)
    sheet.set_margins(0.4, 0.4, 0.6, 0.6)
    sheet.hide_gridlines(2)
    sheet.set_footer(f"&L{made.publisher} {made.label}&R&P / &N")
