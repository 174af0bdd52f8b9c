"""Charts as static SVG: Altair makes the Vega-Lite specification, vl-convert draws it.  No script, no network.

Every chart is drawn from its table's own (already rounded) numbers.  Series differ by marker, dash, lightness and a
label beside the line, so that a greyscale print and a reader who sees no colours lose nothing.  The layout is fixed
(no automatic sizing), so that the installed fonts do not move anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipelines.report.paper import Chart, Column, Report, Stroke, Table

if TYPE_CHECKING:
    import altair

FONT = "Noto Sans CJK JP, Noto Sans JP, BIZ UDPGothic, Yu Gothic, Hiragino Sans, Meiryo, sans-serif"
#: contrast with white: main 7.6:1, dark 14:1, light 3.4:1 (WCAG 1.4.11 asks for 3:1)
TONES = {"main": "#1d4f91", "dark": "#333333", "light": "#8a8a8a"}
DASHES = {"solid": [1, 0], "dashed": [7, 4], "dotted": [2, 3]}
PALE = "#bcd0ea"
VEGA_LITE = "6.4"
_ID = re.compile(r'\b(id="|url\(#|href="#)')
_ARIA = re.compile(r'\s(?:role|aria-[a-z]+)="[^"]*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How large the drawing is, in CSS pixels: ``width`` and ``height`` of the plot, ``size`` of the letters.

    ``height`` None: the chart's own.
    """

    width: int = 640
    size: int = 14
    height: int | None = None


SCREEN = Look()
#: half the width of an A4 page: fewer pixels, so that the letters stay readable in print
HALF_PAGE = Look(width=470, size=18, height=210)


def svg(made: Report, chart: Chart) -> str:
    """One chart as an inline SVG element without ids that could meet another chart's, and without a namespace."""
    import vl_convert

    text = vl_convert.vegalite_to_svg(specification(made, chart), vl_version=VEGA_LITE, allowed_base_urls=[])
    return _embedded(str(text), chart)


def png(made: Report, chart: Chart, look: Look = HALF_PAGE, scale: float = 2.0) -> bytes:
    """The same picture as pixels, for a Word file; Japanese needs an installed Japanese font."""
    import vl_convert

    specified = specification(made, chart, look)
    return bytes(vl_convert.vegalite_to_png(specified, vl_version=VEGA_LITE, allowed_base_urls=[], scale=scale))


def _embedded(text: str, chart: Chart) -> str:
    """Ids prefixed, fixed size replaced by a viewBox that scales, described by its own heading and summary."""
    body = re.sub(r"^.*?<svg\b[^>]*>", "", text, count=1, flags=re.DOTALL)
    body = _ARIA.sub("", _ID.sub(lambda m: f"{m[1]}{chart.id}-", body))
    padding = _padding(chart, SCREEN)
    height = chart.height + padding["top"] + padding["bottom"]
    width = SCREEN.width + padding["left"] + padding["right"]
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{chart.id}-t {chart.id}-d">{body}'


def _padding(chart: Chart, look: Look) -> dict[str, int]:
    """Room around the plot for axis labels and the names of lines, in letters."""
    sides = {"left": 6 * look.size, "right": 7 * look.size}
    if chart.kind in ("bars", "movements"):
        return {**sides, "top": 10, "bottom": 10}
    return {**sides, "top": int(2.4 * look.size), "bottom": (6 if chart.kind == "counts" else 3) * look.size}


def specification(made: Report, chart: Chart, look: Look = SCREEN) -> dict[str, Any]:
    """The Vega-Lite specification with inline values."""
    import altair as alt

    table, height = made.table(chart.table), look.height or chart.height
    draw = {"bars": _bars, "movements": _movements}.get(chart.kind, _lines)
    drawn = draw(alt, table, replace(chart, height=height), look)
    fixed = alt.AutoSizeParams(type="none")
    drawn = drawn.properties(width=look.width, height=height, padding=_padding(chart, look), autosize=fixed)
    styled = drawn.configure(font=FONT, background="white", aria=False).configure_view(stroke=None)
    styled = styled.configure_axis(
        labelFontSize=look.size, titleFontSize=look.size, labelColor="#222222", titleColor="#222222", gridColor="#dddddd",
        domainColor="#666666", tickColor="#666666", labelLimit=0, titleLimit=0, labelOverlap=False,
        titleFontWeight="normal",
    )  # fmt: skip
    found: dict[str, Any] = styled.to_dict()
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


def _lines(alt: Any, table: Table, chart: Chart, look: Look) -> altair.LayerChart:
    """Bars and lines over the first column; each line is named beside a point of its own."""
    order = [str(row[0]) for row in table.rows]
    angle = -45 if chart.kind == "counts" else 0
    x = alt.X("x:N", sort=order, scale=alt.Scale(domain=order), axis=alt.Axis(title=None, labelAngle=angle, grid=False))
    axis = alt.Axis(title=chart.y_title, titleAngle=0, titleAlign="left", format=",d", tickCount=6)
    axis.titleX, axis.titleY = -4.2 * look.size, -look.size
    y = alt.Y("y:Q", axis=axis, scale=alt.Scale(domainMin=0, domainMax=_top(table, chart), nice=True))
    layers: list[Any] = _breaks(alt, chart, order, look)
    for at, stroke in enumerate(chart.strokes):
        records = _records(table, _column(table, stroke), stroke)
        if not records:
            continue
        drawn = (records, chart, look) if stroke.kind == "bar" else (records, stroke, look, at)
        layers += (_bar if stroke.kind == "bar" else _line)(alt, x, y, *drawn)
    layers += _marks(alt, chart, x, look)
    found: altair.LayerChart = alt.layer(*layers)
    return found


def _top(table: Table, chart: Chart) -> float:
    """The axis' end: the largest number drawn, with room for its label."""
    values = [v for s in chart.strokes for v in table.column(s.column) if isinstance(v, (int, float))]
    return max((float(v) for v in values), default=1.0) * 1.12 or 1.0


def _source(alt: Any, records: list[dict[str, Any]]) -> Any:
    return alt.Chart(alt.Data(values=records))


def _breaks(alt: Any, chart: Chart, order: list[str], look: Look) -> list[Any]:
    """A dividing line where the way of counting changed: figures on its two sides are not the same thing."""
    records = [{"b": name} for name in chart.breaks if name in order]
    if not records:
        return []
    x = alt.X("b:N", sort=order, scale=alt.Scale(domain=order), bandPosition=0)
    base = _source(alt, records).encode(x=x)
    rule = base.mark_rule(color="#333333", strokeDash=[2, 3], strokeWidth=1.5)
    words = base.mark_text(align="left", dx=5, fontSize=look.size - 1, color="#333333", baseline="bottom")
    return [rule, words.encode(y=alt.value(-6), text=alt.value("数え方の変更"))]


def _marks(alt: Any, chart: Chart, x: Any, look: Look) -> list[Any]:
    """The number of a noted event over its month."""
    if not chart.marks:
        return []
    base = _source(alt, [{"x": name, "m": word} for name, word in chart.marks])
    words = base.mark_text(fontSize=look.size, fontWeight="bold", color="#111111", baseline="top")
    return [words.encode(x=x, y=alt.value(-4), text="m:N")]


def _bar(alt: Any, x: Any, y: Any, records: list[dict[str, Any]], chart: Chart, look: Look) -> list[Any]:
    """Bars with their number at the foot; a year that is not over is hollow with a dashed edge."""
    layers = []
    for hollow in (False, True):
        chosen = [r for r in records if (r["x"] in chart.open) is hollow]
        dash, fill = ([4, 3], "#ffffff") if hollow else ([1, 0], PALE)
        for record in chosen:
            record["t"] = [record["t"], "（途中）"] if hollow else record["t"]
        base = _source(alt, chosen).encode(x=x)
        bar = base.mark_bar(size=look.width / 8, color=fill, stroke=TONES["main"], strokeWidth=1.5, strokeDash=dash)
        layers.append(bar.encode(y=y))
        up = look.size if hollow else 0
        foot = base.mark_text(baseline="bottom", dy=-6 - up, fontSize=look.size - 1, color="#111111")
        layers.append(foot.encode(text="t:N", y=alt.value(chart.height)))
    return layers


def _line(
    alt: Any, x: Any, y: Any, records: list[dict[str, Any]], stroke: Stroke, look: Look, at: int
) -> list[Any]:
    """Runs of neighbouring points are joined; over a gap there is no line.

    The first line's name stands over its last point, the others' beside theirs, so that names do not meet.
    """
    color = TONES[stroke.tone]
    run, last = 0, None
    for record in records:
        run += last is not None and record["n"] != last + 1
        last, record["run"] = record["n"], run
    base = _source(alt, records).encode(x=x, y=y)
    line = base.mark_line(color=color, strokeWidth=2.2, strokeDash=DASHES[stroke.style]).encode(detail="run:N")
    points = base.mark_point(
        shape=stroke.marker, size=62, filled=stroke.style == "solid", stroke=color, opacity=1, strokeWidth=1.8,
        fill=color if stroke.style == "solid" else "white",
    )  # fmt: skip
    end = _source(alt, records[-1:]).encode(x=x, y=y, text="s:N")
    where = {"align": "center", "dy": -look.size - 3} if at == 0 else {"align": "left", "dx": 12}
    name = end.mark_text(fontSize=look.size, fontWeight="bold", color=color, **where)
    return [line, points, name]


def _bars(alt: Any, table: Table, chart: Chart, look: Look) -> altair.LayerChart:
    """Horizontal bars with their number, in table order."""
    order = [str(row[0]) for row in table.rows]
    stroke = chart.strokes[0]
    base = _source(alt, _records(table, _column(table, stroke), stroke))
    y = alt.Y("x:N", sort=order, axis=alt.Axis(title=None, labelPadding=6, ticks=False))
    x = alt.X("y:Q", axis=None, scale=alt.Scale(domainMin=0, domainMax=_top(table, chart)))
    bars = base.mark_bar(size=22, color=PALE, stroke=TONES["main"], strokeWidth=1.5).encode(x=x, y=y)
    labels = base.mark_text(align="left", dx=6, fontSize=look.size, color="#111111").encode(x=x, y=y, text="t:N")
    found: altair.LayerChart = alt.layer(bars, labels)
    return found


def _movements(alt: Any, table: Table, chart: Chart, look: Look) -> altair.LayerChart:
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
    rise = alt.condition("datum.y >= 0", alt.value(PALE), alt.value("#ffffff"))
    bars = base.mark_bar(height=9, yOffset=9, stroke=TONES["main"], strokeWidth=1.5).encode(x=x, y=y, color=rise)
    words = base.mark_text(align="left", fontSize=look.size, dy=-8, color="#111111")
    names = words.encode(y=y, x=alt.value(0), text="label:N")
    zero = _source(alt, [{"z": 0}]).mark_rule(color="#333333").encode(x=alt.X("z:Q", axis=None))
    found: altair.LayerChart = alt.layer(bars, zero, names)
    return found


def _shortened(name: str) -> str:
    return name if len(name) <= 26 else name[:25] + "…"
