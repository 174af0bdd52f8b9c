"""The report as one HTML file: no script, no network, WCAG 2.2 AA (JIS X 8341-3), prints on A4 in greyscale."""

from __future__ import annotations

from pathlib import Path

from pipelines.report.charts import svg
from pipelines.report.paper import Chart, Column, Report, Table

#: columns of dates, which are not to be torn at their hyphens
DAYS = ("day", "days", "due", "decided", "added", "at")


def html_page(made: Report) -> str:
    """The whole page as text; the same report gives the same bytes."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    drawings = {b.id: svg(made, b) for s in made.sections for b in s.blocks if isinstance(b, Chart)}
    page = environment.get_template("report.html.j2")
    trusted = {name: _trusted(drawing) for name, drawing in drawings.items()}
    return page.render(report=made, svg=trusted, kind=_kind, shape=_shape, align=_align, bar=_bar)


def _trusted(svg_text: str) -> object:
    """Our own drawing, already escaped by the renderer that made it."""
    import markupsafe

    return markupsafe.Markup(svg_text)


def _bar(value: float | None) -> float:
    """A progress rate as the width of its bar: within 0 and 100."""
    return min(100.0, max(0.0, value or 0.0))


def _kind(block: object) -> str:
    return type(block).__name__.lower()


def _shape(table: Table) -> str:
    """``wide`` tables scroll on a small screen, ``short`` ones are not torn over two printed pages."""
    return " ".join(filter(None, ("wide" * (len(table.columns) > 4), "short" * (len(table.rows) <= 13))))


def _align(column: Column) -> str:
    if column.digits is not None:
        return "num"
    return "day" if column.key in DAYS else "txt"
