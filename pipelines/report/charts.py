"""Charts as static SVG: Altair makes the Vega-Lite specification, vl-convert draws it.  No script, no network.

Every chart is drawn from its table's own (already rounded) numbers.  Series differ by marker, dash, lightness and a
label beside the line, so that a greyscale print and a reader who sees no colours lose nothing.  The layout is fixed
(no automatic sizing), so that the installed fonts do not move anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipelines.report.paper import Chart, Column, Report, Stroke, Table

if TYPE_CHECKING:
    import altair

FONT = "Noto Sans CJK JP, Noto Sans JP, BIZ UDPGothic, Yu Gothic, Hiragino Sans, Meiryo, sans-serif"
WIDTH = 640
#: contrast with white: main 7.6:1, dark 14:1, light 3.4:1 (WCAG 1.4.11 asks for 3:1)
TONES = {"main": "#1d4f91", "dark": "#333333", "light": "#8a8a8a"}
DASHES = {"solid": [1, 0], "dashed": [7, 4], "dotted": [2, 3]}
PADDING = {"left": 74, "right": 96, "top": 34, "bottom": 46}
_ID = re.compile(r'\b(id="|url\(#|href="#)')


def svg(made: Report, chart: Chart) -> str:
    """One chart as an inline SVG element without ids that could meet another chart's, and without a namespace."""
    import vl_convert

    text = vl_convert.vegalite_to_svg(specification(made, chart), vl_version="5.20", show_warnings=False)
    return _embedded(str(text), chart)


def png(made: Report, chart: Chart, scale: float = 2.0) -> bytes:
    """The same picture as pixels, for a Word file; Japanese needs an installed Japanese font."""
    import vl_convert

    found = vl_convert.vegalite_to_png(specification(made, chart), vl_version="5.20", scale=scale, show_warnings=False)
    return bytes(found)


def _embedded(text: str, chart: Chart) -> str:
    """Ids prefixed, fixed size replaced by a viewBox that scales, described by its own heading and summary."""
    body = re.sub(r"^.*?<svg\b[^>]*>", "", text, count=1, flags=re.DOTALL)
    body = _ID.sub(lambda m: f"{m[1]}{chart.id}-", body)
    height = chart.height + PADDING["top"] + PADDING["bottom"]
    width = WIDTH + PADDING["left"] + PADDING["right"]
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{chart.id}-t {chart.id}-d">{body}'


def specification(made: Report, chart: Chart) -> dict[str, Any]:
    """The Vega-Lite specification with inline values."""
    import altair as alt

    table = made.table(chart.table)
    drawn = {"bars": _bars, "movements": _movements}.get(chart.kind, _lines)(alt, table, chart)
    drawn = drawn.properties(width=WIDTH, height=chart.height, padding=PADDING, autosize=alt.AutoSizeParams(type="none"))
    look = drawn.configure(font=FONT, background="white", aria=False).configure_view(stroke=None)
    look = look.configure_axis(
        labelFontSize=14, titleFontSize=14, labelColor="#222222", titleColor="#222222", gridColor="#dddddd",
        domainColor="#666666", tickColor="#666666", labelLimit=0, titleLimit=0, labelOverlap=False,
        titleFontWeight="normal",
    )  # fmt: skip
    found: dict[str, Any] = look.to_dict()
    return found


def _records(table: Table, column: Column, stroke: Stroke) -> list[dict[str, Any]]:
    """x in table order, the number, and its written form for labels; gaps are left out, never drawn as 0."""
    return [
        {"x": str(row[0]), "n": at, "y": value, "t": column.write(value), "s": stroke.label}
        for at, (row, value) in enumerate(zip(table.rows, table.column(column.key), strict=True))
        if isinstance(value, (int, float))
    ]


def _column(table: Table, stroke: Stroke) -> Column:
    return next(c for c in table.columns if c.key == stroke.column)


def _lines(alt: Any, table: Table, chart: Chart) -> altair.LayerChart:
    """Bars and lines over the first column; each line is named at its last point."""
    order = [str(row[0]) for row in table.rows]
    angle = -45 if len(order) > 13 else 0
    x = alt.X("x:N", sort=order, scale=alt.Scale(domain=order), axis=alt.Axis(title=None, labelAngle=angle, grid=False))
    axis = alt.Axis(title=chart.y_title, titleAngle=0, titleAlign="left", titleY=-14, titleX=-60, format=",d", tickCount=6)
    y = alt.Y("y:Q", axis=axis, scale=alt.Scale(domainMin=0, domainMax=_top(table, chart), nice=True))
    layers: list[Any] = []
    for stroke in chart.strokes:
        records = _records(table, _column(table, stroke), stroke)
        layers += _bar(alt, records, stroke, x, y) if stroke.kind == "bar" else _line(alt, records, stroke, x, y)
    found: altair.LayerChart = alt.layer(*layers)
    return found


def _top(table: Table, chart: Chart) -> float:
    """The axis' end: the largest number drawn, with room for its label."""
    values = [v for s in chart.strokes for v in table.column(s.column) if isinstance(v, (int, float))]
    return max((float(v) for v in values), default=1.0) * 1.12 or 1.0


def _source(alt: Any, records: list[dict[str, Any]]) -> Any:
    return alt.Chart(alt.Data(values=records))


def _bar(alt: Any, records: list[dict[str, Any]], stroke: Stroke, x: Any, y: Any) -> list[Any]:
    base = _source(alt, records).encode(x=x, y=y)
    bars = base.mark_bar(size=34, color="#bcd0ea", stroke=TONES[stroke.tone], strokeWidth=1.5)
    labels = base.mark_text(baseline="top", dy=6, fontSize=13, color="#111111").encode(text="t:N")
    return [bars, labels]


def _line(alt: Any, records: list[dict[str, Any]], stroke: Stroke, x: Any, y: Any) -> list[Any]:
    """Runs of neighbouring points are joined; over a gap there is no line."""
    color = TONES[stroke.tone]
    run, last = 0, None
    for record in records:
        run += last is not None and record["n"] != last + 1
        last, record["run"] = record["n"], run
    base = _source(alt, records).encode(x=x, y=y)
    line = base.mark_line(color=color, strokeWidth=2.2, strokeDash=DASHES[stroke.style]).encode(detail="run:N")
    points = base.mark_point(
        shape=stroke.marker, size=62, filled=stroke.style == "solid", fill=color if stroke.style == "solid" else "white",
        stroke=color, opacity=1, strokeWidth=1.8,
    )  # fmt: skip
    end = _source(alt, records[-1:]).encode(x=x, y=y, text="s:N")
    name = end.mark_text(align="left", dx=12, fontSize=14, fontWeight="bold", color=color)
    return [line, points, name]


def _bars(alt: Any, table: Table, chart: Chart) -> altair.LayerChart:
    """Horizontal bars with their number, in table order."""
    order = [str(row[0]) for row in table.rows]
    stroke = chart.strokes[0]
    base = _source(alt, _records(table, _column(table, stroke), stroke))
    y = alt.Y("x:N", sort=order, axis=alt.Axis(title=None, labelPadding=6, ticks=False))
    x = alt.X("y:Q", axis=None, scale=alt.Scale(domainMin=0, domainMax=_top(table, chart)))
    bars = base.mark_bar(size=22, color="#bcd0ea", stroke=TONES["main"], strokeWidth=1.5).encode(x=x, y=y)
    labels = base.mark_text(align="left", dx=6, fontSize=14, color="#111111").encode(x=x, y=y, text="t:N")
    found: altair.LayerChart = alt.layer(bars, labels)
    return found


def _movements(alt: Any, table: Table, chart: Chart) -> altair.LayerChart:
    """Bars to both sides of zero; the names stand inside the picture, above their bars."""
    stroke = chart.strokes[0]
    records = _records(table, _column(table, stroke), stroke)
    for record in records:
        record["label"] = f"{_shortened(record['x'])}　{record['t']}件"
    reach = max((abs(r["y"]) for r in records), default=1) or 1
    order = [str(row[0]) for row in table.rows]
    base = _source(alt, records)
    y = alt.Y("x:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.2))
    x = alt.X("y:Q", axis=None, scale=alt.Scale(domain=[-reach * 1.05, reach * 1.05]))
    rise = alt.condition("datum.y >= 0", alt.value("#bcd0ea"), alt.value("#ffffff"))
    bars = base.mark_bar(height=9, yOffset=9, stroke=TONES["main"], strokeWidth=1.5).encode(x=x, y=y, color=rise)
    names = base.mark_text(align="left", fontSize=13, dy=-7, color="#111111").encode(y=y, x=alt.value(0), text="label:N")
    zero = _source(alt, [{"z": 0}]).mark_rule(color="#333333").encode(x=alt.X("z:Q", axis=None))
    found: altair.LayerChart = alt.layer(bars, zero, names)
    return found


def _shortened(name: str) -> str:
    return name if len(name) <= 26 else name[:25] + "…"
