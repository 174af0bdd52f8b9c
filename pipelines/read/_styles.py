"""styles.xml of an XLSX: what each cell style means, and which text nobody sees (ECMA-376 part 1, 18.8)."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.read._container import Parts
from pipelines.read._numbers import Format, number_format
from pipelines.read._xml import Attributes, parse

_WHITE, _BLACK = "FFFFFF", "000000"
#: the indexed palette's black and white, and the system's text (64) and window (65)
_INDEXED = {"0": _BLACK, "1": _WHITE, "8": _BLACK, "9": _WHITE, "64": _BLACK, "65": _WHITE}


@dataclass(slots=True)
class Styles:
    """``cells[i]`` is the meaning of ``cellXfs`` entry i; ``unseen`` are the ``dxfs`` that make a value invisible."""

    cells: list[Format] = field(default_factory=list)
    unseen: set[int] = field(default_factory=set)


def styles_of(parts: Parts, part: str | None) -> Styles:
    """The styles of a workbook, text in the colour of its background among them."""
    if part is None or part not in parts:
        return Styles()
    collector = _Collector()
    with parts.open(part) as stream:
        parse(stream, collector.start, collector.end)
    return Styles([collector.meaning(entry) for entry in collector.cells], collector.unseen())


class _Collector:
    def __init__(self) -> None:
        self.codes: dict[int, str] = {}
        self.fonts: list[str | None] = []
        self.fills: list[str | None] = []
        self.cells: list[tuple[int, int, int]] = []
        self.differences: list[dict[str, str | None]] = []
        self._path: list[str] = []

    def start(self, tag: str, attributes: Attributes) -> None:
        parent = self._path[-1] if self._path else ""
        self._path.append(tag)
        if "dxfs" in self._path:
            self._difference(tag, parent, attributes)
        elif tag == "numFmt" and parent == "numFmts":
            self.codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
        elif tag == "font" and parent == "fonts":
            self.fonts.append(_BLACK)
        elif tag == "color" and parent == "font" and "fonts" in self._path and self.fonts:
            self.fonts[-1] = colour(attributes)
        elif "fills" in self._path:
            self._fill(tag, parent, attributes)
        elif tag == "xf" and parent == "cellXfs":
            ids = (attributes.get(key, "0") for key in ("numFmtId", "fontId", "fillId"))
            number, font, fill = (int(value) for value in ids)
            self.cells.append((number, font, fill))

    def _fill(self, tag: str, parent: str, attributes: Attributes) -> None:
        """A cell without a fill stands on white; of a pattern nobody can say whether it hides a text."""
        if tag == "fill" and parent == "fills":
            self.fills.append(_WHITE)
        elif tag == "patternFill" and self.fills:
            self.fills[-1] = _WHITE if attributes.get("patternType", "none") in ("none", "solid") else None
        elif tag == "fgColor" and parent == "patternFill" and self.fills and self.fills[-1] is not None:
            self.fills[-1] = colour(attributes)
        elif tag == "gradientFill" and self.fills:
            self.fills[-1] = None

    def _difference(self, tag: str, parent: str, attributes: Attributes) -> None:
        """A conditional format; its solid fill is told by ``bgColor`` (18.8.3, 18.8.14)."""
        if tag == "dxf":
            self.differences.append({"fill": _WHITE})
        elif not self.differences:
            return
        elif tag == "color" and parent == "font":
            self.differences[-1]["font"] = colour(attributes)
        elif tag in ("bgColor", "fgColor") and parent == "patternFill":
            self.differences[-1]["fill"] = colour(attributes)
        elif tag == "numFmt":
            self.differences[-1]["code"] = attributes.get("formatCode", "")

    def end(self, tag: str) -> None:
        self._path.pop()

    def unseen(self) -> set[int]:
        return {
            number
            for number, told in enumerate(self.differences)
            if (told.get("font") is not None and told["font"] == told["fill"])
            or (told.get("code") and number_format(told["code"], 0).invisible)
        }

    def meaning(self, entry: tuple[int, int, int]) -> Format:
        number, font, fill = entry
        format_ = number_format(self.codes.get(number), number)
        text = self.fonts[font] if font < len(self.fonts) else _BLACK
        ground = self.fills[fill] if fill < len(self.fills) else _WHITE
        if (text is not None and text == ground) or format_.invisible:
            return Format(kind=format_.kind, mask=format_.mask, invisible=True)
        return format_


def colour(attributes: Attributes) -> str | None:
    """A colour as six hex digits, or as a name of its own for a tinted theme colour; None if nobody can say."""
    if "rgb" in attributes:
        return attributes["rgb"].upper()[-6:]
    theme, tint = attributes.get("theme"), float(attributes.get("tint", "0") or 0)
    if theme == "0" and tint > -0.05:
        return _WHITE
    if theme == "1" and tint < 0.05:
        return _BLACK
    if theme is not None:
        return f"theme {theme} {tint:.2f}"
    if "indexed" in attributes:
        return _INDEXED.get(attributes["indexed"], f"indexed {attributes['indexed']}")
    return _BLACK if attributes.get("auto") in ("1", "true") else None
