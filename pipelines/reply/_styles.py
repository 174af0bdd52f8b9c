"""Formats appended to a style sheet (ECMA-376 part 1, 18.8), so that no number in use changes its meaning."""

from __future__ import annotations

import copy
from typing import Any

from pipelines.reply._parts import child_after, element, qualified


class Styles:
    """The style sheet, to which formats are only appended, so that every number in use keeps its meaning."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._filled: dict[tuple[int, str], int] = {}
        self._fills: dict[str, int] = {}

    def filled(self, style: int, color: str) -> int:
        """The format ``style`` with another background."""
        if (style, color) not in self._filled:
            if color not in self._fills:
                self._fills[color] = self._append("fills", _fill(color))
            self._filled[style, color] = self._format(style, fillId=self._fills[color], applyFill=1)
        return self._filled[style, color]

    def wrapped(self) -> int:
        """Text that wraps, from the top; small, as the rows' heights are made for."""
        return self._aligned(self._format(0, fontId=self._font("", {}, size=_LISTED), applyFont=1))

    def head(self) -> int:
        """A label: bold on grey."""
        fill = self._append("fills", _fill("E9EBF0"))
        return self._format(0, fontId=self._font("b", {}), applyFont=1, fillId=fill, applyFill=1)

    def title(self) -> int:
        """The title's letters."""
        return self._format(0, fontId=self._font("b", {}, size="16"), applyFont=1)

    def link(self) -> int:
        """A link: blue and underlined; a long one wraps."""
        return self._aligned(self._format(0, fontId=self._font("u", {}, size=_LISTED, color="FF0B4FB3"), applyFont=1))

    def _aligned(self, base: int) -> int:
        number = self._format(base, applyAlignment=1)
        made = self._group("cellXfs")[number]
        for old in made.findall(qualified("alignment")):
            made.remove(old)
        made.insert(0, element("alignment", vertical="top", wrapText="1"))
        return number

    def _format(self, base: int, **changes: int) -> int:
        formats = self._group("cellXfs")
        made = copy.deepcopy(formats[base if base < len(formats) else 0])
        for name, value in changes.items():
            made.set(name, str(value))
        return self._append("cellXfs", made)

    def _font(self, mark: str, attributes: dict[str, str], size: str = "", color: str = "") -> int:
        font = copy.deepcopy(self._group("fonts")[0])
        for old in [child for child in font if child.tag in {qualified(n) for n in ("b", "i", "strike", "u")}]:
            font.remove(old)
        if mark:
            font.insert(0, element(mark, **attributes))
        for tag, attribute, value in (("sz", "val", size), ("color", "rgb", color)):
            if value:
                for old in font.findall(qualified(tag)):
                    font.remove(old)
                child_after(font, element(tag, **{attribute: value}), _FONT_ORDER)
        return self._append("fonts", font)

    def _append(self, group: str, made: Any) -> int:
        members = self._group(group)
        members.append(made)
        members.set("count", str(len(members)))
        return len(members) - 1

    def _group(self, name: str) -> Any:
        found = self._root.find(qualified(name))
        if found is None:
            raise ValueError(f"no {name}")
        return found


_LISTED = "10"
_FONT_ORDER = ("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name")


def _fill(color: str) -> Any:
    fill = element("fill")
    pattern = element("patternFill", patternType="solid")
    pattern.append(element("fgColor", rgb=f"FF{color}"))
    pattern.append(element("bgColor", indexed="64"))
    fill.append(pattern)
    return fill
