"""Styles of an ODS that hide something: colours, widths, heights, sheets not displayed (OpenDocument 1.2, 16–20)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.read._xml import Attributes, local

_NOTHING = re.compile(r"0*(?:\.0+\d*)?(?:cm|mm|in|pt|px|pc)")
#: number formats (16.27): one without any part shows nothing, as Excel's ``;;;``
_FORMATS = frozenset(
    f"{kind}-style" for kind in ("number", "currency", "percentage", "date", "time", "boolean", "text")
)


@dataclass(slots=True)
class Style:
    """One style as far as it hides; None is inherited."""

    parent: str = ""
    text: str | None = None
    ground: str | None = None
    data: str | None = None
    flat: bool = False
    displayed: bool = True


class StyleBook:
    """Collects the styles of styles.xml and content.xml, and answers what a name means."""

    def __init__(self) -> None:
        self.styles: dict[str, Style] = {}
        self._now = Style()
        self._format = ""
        self._formats: dict[str, bool] = {}

    def start(self, tag: str, attributes: Attributes) -> bool:
        """Take an element in; True when it was one of a style."""
        if tag in ("style", "default-style"):
            name = local(attributes, "name") or ""
            self._now = self.styles[name] = Style(parent=local(attributes, "parent-style-name") or "")
            self._now.data = local(attributes, "data-style-name")
            self._format = ""
        elif tag in _FORMATS:
            self._format = local(attributes, "name") or ""
            self._formats[self._format] = False
        elif tag == "text-properties" and self._format:
            return True
        elif tag == "text-properties":
            self._now.text = (local(attributes, "color") or "").lower() or None
        elif tag == "table-cell-properties":
            self._now.ground = (local(attributes, "background-color") or "").lower() or None
        elif tag == "table-column-properties":
            self._now.flat = bool(_NOTHING.fullmatch(local(attributes, "column-width") or "-"))
        elif tag == "table-row-properties":
            self._now.flat = bool(_NOTHING.fullmatch(local(attributes, "row-height") or "-"))
        elif tag == "table-properties":
            self._now.displayed = local(attributes, "display") != "false"
        elif self._format:
            self._formats[self._format] = self._formats[self._format] or tag not in ("map", "text")
        else:
            return False
        return True

    def take(self, tag: str, attributes: Attributes) -> None:
        """:meth:`start` for a part in which only styles matter."""
        self.start(tag, attributes)

    def text(self, data: str) -> None:
        """Words that a number format adds are shown."""
        if self._format and data.strip():
            self._formats[self._format] = True

    def displayed(self, name: str) -> bool:
        """Whether a sheet of this style is shown."""
        return self.styles.get(name, Style()).displayed

    def flat(self, name: str) -> bool:
        """A column of no width, a row of no height."""
        return self.styles.get(name, Style()).flat

    def unseen(self, cell: str, span: str = "") -> bool:
        """Text in the colour of its background (an own colour of the span goes first), or a format showing nothing."""
        if self._formats.get(self._inherited(cell, "data") or "", True) is False:
            return True
        ground = self._inherited(cell, "ground") or "transparent"
        ground = "#ffffff" if ground == "transparent" else ground
        own = self._inherited(span, "text") if span else None
        return (own or self._inherited(cell, "text") or "#000000") == ground

    def _inherited(self, name: str, what: str) -> str | None:
        for _ in range(20):
            style = self.styles.get(name)
            if style is None:
                return None
            if value := getattr(style, what):
                return str(value)
            name = style.parent
        return None
