"""Charts as static SVG: a Vega-Lite specification drawn by vl-convert.  No script, no network.

The specification is written as plain values: making it through Altair gave the same picture, but importing Altair
alone took 4 s of processor time (its JSON-schema checker), more than drawing all charts of a report.

Every chart is drawn from its table's own (already rounded) numbers.  Series differ by marker, dash, lightness and a
label beside the line, so that a greyscale print and a reader who sees no colours lose nothing.  The layout is fixed
(no automatic sizing), so that the installed fonts do not move anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from pipelines.report.paper import Chart, Column, Report, Stroke, Table

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


Spec = dict[str, Any]
Records = list[dict[str, Any]]


def specification(made: Report, chart: Chart, look: Look = SCREEN) -> Spec:
    """The Vega-Lite specification with inline values."""
    table, height = made.table(chart.table), look.height or chart.height
    draw = {"bars": _bars, "movements": _movements}.get(chart.kind, _lines)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "layer": draw(table, replace(chart, height=height), look),
        "width": look.width,
        "height": height,
        "padding": _padding(chart, look),
        "autosize": {"type": "none"},
        "config": _config(look),
    }


def _config(look: Look) -> Spec:
    axis = {"labelFontSize": look.size, "titleFontSize": look.size, "titleFontWeight": "normal"}
    axis |= {"labelColor": "#222222", "titleColor": "#222222", "gridColor": "#dddddd"}
    axis |= {"domainColor": "#666666", "tickColor": "#666666", "labelLimit": 0, "titleLimit": 0, "labelOverlap": False}
    return {"font": FONT, "background": "white", "aria": False, "view": {"stroke": None}, "axis": axis}


def _layer(records: Records, mark: str, style: Spec, **encoding: Spec) -> Spec:
    return {"data": {"values": records}, "mark": {"type": mark, **style}, "encoding": encoding}


def _field(name: str, kind: str, **more: Any) -> Spec:
    return {"field": name, "type": kind, **more}


def _records(table: Table, column: Column, stroke: Stroke) -> Records:
    """x in table order, the number, and its written form for labels; gaps are left out, never drawn as 0."""
    return [
        {"x": str(row[0]), "n": at, "y": value, "t": column.write(value), "s": stroke.label}
        for at, (row, value) in enumerate(zip(table.rows, table.column(column.key), strict=True))
        if isinstance(value, (int, float))
    ]


def _column(table: Table, stroke: Stroke) -> Column:
    return next(c for c in table.columns if c.key == stroke.column)


def _order(table: Table) -> list[str]:
    return [str(row[0]) for row in table.rows]


# ── bars and lines over time ───────────────────────────────────────────────────────────────────


def _lines(table: Table, chart: Chart, look: Look) -> list[Spec]:
    """Bars and lines over the first column; each line is named beside a point of its own."""
    order = _order(table)
    axis = {"title": None, "labelAngle": -45 if chart.kind == "counts" else 0, "grid": False}
    x = _field("x", "nominal", sort=order, scale={"domain": order}, axis=axis)
    title = {"title": chart.y_title, "titleAngle": 0, "titleAlign": "left"}
    place = {"titleX": -4.2 * look.size, "titleY": -look.size, "format": ",d", "tickCount": 6}
    scale = {"domainMin": 0, "domainMax": _top(table, chart), "nice": True}
    y = _field("y", "quantitative", axis={**title, **place}, scale=scale)
    layers: list[Spec] = []
    for at, stroke in enumerate(chart.strokes):
        records = _records(table, _column(table, stroke), stroke)
        if not records:
            continue
        layers += _bar(records, chart, look, x, y) if stroke.kind == "bar" else _line(records, stroke, look, at, x, y)
    # the dividing line comes last: the first layer's x decides where the axis puts its labels
    return [*layers, *_breaks(chart, order, look), *_marks(chart, look, x)]


def _top(table: Table, chart: Chart) -> float:
    """The axis' end: the largest number drawn, with room for its label."""
    values = [v for s in chart.strokes for v in table.column(s.column) if isinstance(v, (int, float))]
    return max((float(v) for v in values), default=1.0) * 1.12 or 1.0


def _breaks(chart: Chart, order: list[str], look: Look) -> list[Spec]:
    """A dividing line where the way of counting changed: figures on its two sides are not the same thing."""
    records = [{"b": name} for name in chart.breaks if name in order]
    if not records:
        return []
    x = _field("b", "nominal", sort=order, scale={"domain": order}, bandPosition=0)
    rule = {"color": "#333333", "strokeDash": [2, 3], "strokeWidth": 1.5}
    words = {"align": "left", "dx": 5, "fontSize": look.size - 1, "color": "#333333", "baseline": "bottom"}
    text = {"value": "数え方の変更"}
    return [_layer(records, "rule", rule, x=x), _layer(records, "text", words, x=x, y={"value": -6}, text=text)]


def _marks(chart: Chart, look: Look, x: Spec) -> list[Spec]:
    """The number of a noted event over its month."""
    if not chart.marks:
        return []
    records = [{"x": name, "m": word} for name, word in chart.marks]
    style = {"fontSize": look.size, "fontWeight": "bold", "color": "#111111", "baseline": "top"}
    return [_layer(records, "text", style, x=x, y={"value": -4}, text=_field("m", "nominal"))]


def _bar(records: Records, chart: Chart, look: Look, x: Spec, y: Spec) -> list[Spec]:
    """Bars with their number at the foot; a year that is not over is hollow with a dashed edge."""
    layers: list[Spec] = []
    for hollow in (False, True):
        chosen = [r for r in records if (r["x"] in chart.open) is hollow]
        if hollow:
            chosen = [{**r, "t": [r["t"], "（途中）"]} for r in chosen]
        if not chosen:
            continue
        edge = {"stroke": TONES["main"], "strokeWidth": 1.5, "strokeDash": [4, 3] if hollow else [1, 0]}
        bar = {"size": look.width / 8, "color": "#ffffff" if hollow else PALE, **edge}
        foot = {"baseline": "bottom", "dy": -6 - look.size * hollow, "fontSize": look.size - 1, "color": "#111111"}
        layers.append(_layer(chosen, "bar", bar, x=x, y=y))
        layers.append(_layer(chosen, "text", foot, x=x, y={"value": chart.height}, text=_field("t", "nominal")))
    return layers


def _line(records: Records, stroke: Stroke, look: Look, at: int, x: Spec, y: Spec) -> list[Spec]:
    """Runs of neighbouring points are joined; over a gap there is no line.

    The first line's name stands over its last point, the others' beside theirs, so that names do not meet.
    """
    color = TONES[stroke.tone]
    run, last = 0, None
    for record in records:
        run += last is not None and record["n"] != last + 1
        last, record["run"] = record["n"], run
    line = {"color": color, "strokeWidth": 2.2, "strokeDash": DASHES[stroke.style]}
    fill = color if stroke.style == "solid" else "white"
    point = {"shape": stroke.marker, "size": 62, "filled": True, "fill": fill, "stroke": color, "strokeWidth": 1.8}
    where = {"align": "center", "dy": -look.size - 3} if at == 0 else {"align": "left", "dx": 12}
    name = {"fontSize": look.size, "fontWeight": "bold", "color": color, **where}
    return [
        _layer(records, "line", line, x=x, y=y, detail=_field("run", "nominal")),
        _layer(records, "point", {**point, "opacity": 1}, x=x, y=y),
        _layer(records[-1:], "text", name, x=x, y=y, text=_field("s", "nominal")),
    ]


# ── bars side by side ──────────────────────────────────────────────────────────────────────────


def _bars(table: Table, chart: Chart, look: Look) -> list[Spec]:
    """Horizontal bars with their number, in table order."""
    stroke = chart.strokes[0]
    records = _records(table, _column(table, stroke), stroke)
    y = _field("x", "nominal", sort=_order(table), axis={"title": None, "labelPadding": 6, "ticks": False})
    x = _field("y", "quantitative", axis=None, scale={"domainMin": 0, "domainMax": _top(table, chart)})
    bar = {"size": 22, "color": PALE, "stroke": TONES["main"], "strokeWidth": 1.5}
    words = {"align": "left", "dx": 6, "fontSize": look.size, "color": "#111111"}
    text = _field("t", "nominal")
    return [_layer(records, "bar", bar, x=x, y=y), _layer(records, "text", words, x=x, y=y, text=text)]


def _movements(table: Table, chart: Chart, look: Look) -> list[Spec]:
    """Bars to both sides of zero; each name stands on the other side of zero, level with its bar."""
    stroke = chart.strokes[0]
    records = _records(table, _column(table, stroke), stroke)
    room = max(8, int(look.width / 2 / look.size) - 5)
    for record in records:
        record["label"] = f"{_shortened(record['x'], room)}　{record['t']}件"
        record["fill"] = PALE if record["y"] >= 0 else "#ffffff"
        record["z"] = 0
    reach = max((abs(r["y"]) for r in records), default=1) or 1
    y = _field("x", "nominal", sort=_order(table), axis=None, scale={"paddingInner": 0.2})
    x = _field("y", "quantitative", axis=None, scale={"domain": [-reach * 1.05, reach * 1.05]})
    bar = {"size": 14, "stroke": TONES["main"], "strokeWidth": 1.5}
    zero = _field("z", "quantitative", axis=None)
    fill = _field("fill", "nominal", scale=None)
    layers = [_layer(records, "bar", bar, x=x, y=y, color=fill)]
    for align, dx, chosen in (
        ("right", -8, [r for r in records if r["y"] >= 0]),
        ("left", 8, [r for r in records if r["y"] < 0]),
    ):
        words = {"align": align, "dx": dx, "fontSize": look.size, "color": "#111111"}
        layers += [_layer(chosen, "text", words, x=zero, y=y, text=_field("label", "nominal"))] if chosen else []
    return [*layers, _layer([{"z": 0}], "rule", {"color": "#333333"}, x=zero)]


def _shortened(name: str, room: int) -> str:
    return name if len(name) <= room else name[: room - 1] + "…"
