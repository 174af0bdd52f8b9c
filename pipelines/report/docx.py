"""会議資料: the committee's paper of one or two A4 pages, as a Word file with an East-Asian font set explicitly."""

from __future__ import annotations

import datetime as dt
import functools
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pipelines import fiscal
from pipelines.report.charts import png
from pipelines.report.paper import Cell, Chart, Form, Report, Section, Table

LATIN, EAST_ASIA = "Yu Gothic", "游ゴシック"
SHOWN_ROWS = 3
#: a table of so few rows is not torn over two pages
TOGETHER = 8
_NUMBER = re.compile(r"[+-]?[\d,]+(\.\d+)?(件|％|件/日|件/月|か月の遅れ|か月の先行)?(（[^）]*）)?")
CHARTS = ("chart-years-datasets", "chart-years-accesses")


def write_paper(made: Report, path: Path) -> None:
    """Write the paper; its numbers are the model's own texts."""
    import docx

    document = docx.Document()
    _prepare(document, made)
    document.add_heading(f"{made.title}（会議資料）", level=1)
    _line(document, f"{made.publisher}　{made.as_of_text}　アクセスの数え方：{made.definition}", size=8.5)
    for words in filter(None, (made.label, *made.notices)):
        _line(document, f"【注意】{words}", bold=True)
    _conclusion(document, made)
    _years(document, made)
    _pictures(document, made)
    for name in ("outlook", "causes", "quality", "advice"):
        _section(document, made.section(name))
    keys = ("rank", "title", "standard", "effort", "peers", "reason")
    _table(document, made.table("candidates"), SHOWN_ROWS, keys, (1, 6, 3, 2, 3, 8))
    _review(document, made)
    _section(document, made.section("method"))
    document.save(str(path))


# ── document ───────────────────────────────────────────────────────────────────────────────────


def _prepare(document: Any, made: Report) -> None:
    from docx.shared import Mm, Pt

    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(17)
    page.top_margin = page.bottom_margin = Mm(14)
    for name, size in (("Normal", 9.5), ("Heading 1", 15), ("Heading 2", 11)):
        style = document.styles[name]
        style.font.size = Pt(size)
        _fonts(style)
        style.paragraph_format.space_before = Pt(5 if name == "Heading 2" else 0)
        style.paragraph_format.space_after = Pt(2)
        style.paragraph_format.line_spacing = 1.0
    core = document.core_properties
    core.title, core.author, core.language = made.title, made.publisher, "ja-JP"
    core.created = core.modified = dt.datetime.combine(made.as_of, dt.time())
    page.footer.paragraphs[0].text = f"{made.publisher}　{made.title}　{made.label}"


def _fonts(style: Any) -> None:
    """Latin and East-Asian font by name: without w:eastAsia Word falls back to a serif for Japanese."""
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    style.font.name = LATIN
    style.font.color.rgb = RGBColor(0x1A, 0x1A, 0x1A)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), EAST_ASIA)
    fonts.set(qn("w:hAnsi"), LATIN)


def _line(document: Any, words: str, *, bold: bool = False, size: float | None = None) -> None:
    from docx.shared import Pt

    run = document.add_paragraph().add_run(words)
    run.bold = bold
    if size is not None:
        run.font.size = Pt(size)


# ── parts ──────────────────────────────────────────────────────────────────────────────────────


def _conclusion(document: Any, made: Report) -> None:
    section = made.section("summary")
    document.add_heading(f"{section.number}　{section.title}（{section.question}）", level=2)
    for card in made.cards:
        _line(document, card.sentence, bold=True)
    rows = [
        [c.title, c.headline.text, *(c.figure(k).text for k in ("progress", "achievement", "change", "delay")),
         c.figure("pace-needed").text, c.figure("pace-actual").text, f"{c.grade} {c.grade_text}", c.state]
        for c in made.cards
    ]  # fmt: skip
    head = ["指標名", "実績", "進捗率", "達成率", "前年度比", "参考経路との差"]
    _grid(document, [*head, "必要ペース", "実績ペース", "判定（案）", "状態"], rows, (7, 6, 5, 5, 5, 6, 6, 6, 6, 6))


def _years(document: Any, made: Report) -> None:
    """The usual sheet: base, each year's reference and result, final target."""
    rows = []
    for card in made.cards:
        years = made.table(f"years-{card.kpi}")
        head = ["指標名（単位）", "", *(str(v) for v in years.column("year"))]
        shown = years.written()
        place = {c.key: at for at, c in enumerate(years.columns)}
        title = f"{card.title}（{card.headline.unit}）"
        rows.append([title, "参考（按分値）", *(r[place["reference"]] for r in shown)])
        rows.append(["", "実績", *(_with_state(r[place["value"]], r[place["state"]]) for r in shown)])
    section = made.section("trend")
    document.add_heading(f"{section.number}　{section.title}（{section.question}）", level=2)
    if rows:
        _grid(document, head, rows, (6, 6, 5, 5, 5, 5, 7, 5))
    _line(document, "参考経路は基準値と目標値を直線で結んだ目安（按分値）で、計画の目標値ではありません。", size=8)


def _with_state(value: str, state: str) -> str:
    return f"{value}（{state}）" if state.startswith(("速報", "未計測", "見本")) else value


def _pictures(document: Any, made: Report) -> None:
    """The two fiscal-year pictures side by side; without a Japanese font there are only the tables above."""
    found = [b for s in made.sections for b in s.blocks if isinstance(b, Chart) and b.id in CHARTS]
    if not found or not japanese_font():
        return
    grid = document.add_table(rows=1, cols=len(found))
    for at, chart in enumerate(found):
        _picture(grid.rows[0].cells[at].paragraphs[0], made, chart)


def _picture(paragraph: Any, made: Report, chart: Chart) -> None:
    from docx.shared import Mm

    mark = f"（{made.label}）" if made.label else ""
    paragraph.add_run(f"{chart.title}{mark}\n").bold = True
    shape = paragraph.add_run().add_picture(io.BytesIO(png(made, chart)), width=Mm(84))
    shape._inline.docPr.set("descr", f"{chart.title}。{chart.summary}")
    shape._inline.docPr.set("title", chart.title)


@functools.cache
def japanese_font() -> bool:
    """Can the drawing machine write Japanese here?  Two different characters must not give the same empty box."""
    import vl_convert

    def drawn(character: str) -> bytes:
        text = {"mark": {"type": "text", "fontSize": 40}, "encoding": {"text": {"value": character}}}
        return bytes(vl_convert.vegalite_to_png({"data": {"values": [{}]}, **text}, vl_version="6.4"))

    return drawn("開") != drawn("閉")


def _section(document: Any, section: Section) -> None:
    document.add_heading(f"{section.number}　{section.title}（{section.question}）", level=2)
    _line(document, section.answer)


def _table(document: Any, table: Table, count: int, keys: Sequence[str], widths: Sequence[int]) -> None:
    """The first rows of a table, these columns."""
    places = [at for key in keys for at, c in enumerate(table.columns) if c.key == key]
    rows: list[Sequence[Cell]] = [[row[at] for at in places] for row in table.written()[:count]]
    _grid(document, [table.columns[at].head for at in places], rows, widths)


def _review(document: Any, made: Report) -> None:
    section = made.section("review")
    _section(document, section)
    tables = {b.id: b for b in section.blocks if isinstance(b, Table)}
    if "instructions" in tables:
        keys = ("fy", "text", "owner", "due", "status", "followup")
        _table(document, tables["instructions"], 99, keys, (1, 6, 2, 2, 3, 6))
    forms = [b for b in section.blocks if isinstance(b, Form)]
    if forms:
        names = [name for name, _ in forms[0].fields]
        rows = [[name, *(dict(f.fields)[name] for f in forms)] for name in names]
        head = [f"評価欄（{fiscal.short(made.fiscal_year)}年度）", *(c.title for c in made.cards)]
        _grid(document, head, rows, widths=(3, *(5 for _ in forms)), tall=12)


def _shade(cell: Any) -> None:
    """A pale header, still readable in greyscale."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:fill"), "E8EEF7")
    cell._tc.get_or_add_tcPr().append(shade)


def _grid(
    document: Any,
    head: Sequence[Cell],
    rows: Iterable[Sequence[Cell]],
    widths: Sequence[int] = (),
    tall: int = 0,
) -> None:
    """A bordered table with a repeated header row, numbers to the right.

    ``widths``: shares of the page's width.  ``tall``: millimetres for rows that are to be written in by hand.
    """
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.shared import Mm, Pt

    body = list(rows)
    together = len(body) <= TOGETHER and not tall
    grid = document.add_table(rows=1 + len(body), cols=len(head))
    grid.style = "Table Grid"
    grid.autofit = not widths
    for at, share in enumerate(widths):
        grid.columns[at].width = Mm(176 * share / sum(widths))
    grid.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for line in grid.rows:
        line._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for down, (line, cells) in enumerate(zip(grid.rows, [head, *body], strict=True)):
        first = down == 0
        line.height = Mm(tall if tall and down and not any(cells[1:]) else 0) or None
        for at, (cell, words) in enumerate(zip(line.cells, cells, strict=True)):
            if widths:
                cell.width = Mm(176 * widths[at] / sum(widths))
            if first:
                _shade(cell)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.paragraph_format.keep_with_next = together and down < len(body)
            run = paragraph.add_run("" if words is None else str(words))
            run.font.size = Pt(8)
            run.bold = first
            if not tall and _NUMBER.fullmatch(str(words)):
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.add_paragraph().paragraph_format.space_after = Pt(0)
