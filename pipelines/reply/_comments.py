"""Cell comments in a sheet part: the comments part, and the drawing (VML) Excel keeps their boxes in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from pipelines.model import column_letters
from pipelines.reply._listing import Mark, comment_text
from pipelines.reply._parts import RELS, Parts, child_after, element, qualified, text_element

AUTHOR = "オープンデータ担当"
_COMMENTS = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_EMPTY_VML = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>'
    '</o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>'
)
#: the end of CT_Worksheet (ECMA-376 18.3.1.99), for the place of legacyDrawing
_SHEET_ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
    "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags",
    "drawing", "legacyDrawing",
)  # fmt: skip


def add_comments(parts: Parts, sheet: str, root: Any, marked: Mapping[tuple[int, int], Sequence[Mark]]) -> None:
    """One comment for every marked cell that has none of its own."""
    comments = _comments_root(parts, sheet)
    listed = comments.find(qualified("commentList"))
    taken = {comment.get("ref") for comment in listed}
    new = {place: marks for place, marks in marked.items() if _address(place) not in taken}
    if not new:
        return
    author = _author(comments)
    for place, marks in new.items():
        comment = element("comment", ref=_address(place), authorId=author)
        text = element("text")
        text.append(text_element("t", comment_text(marks)))
        comment.append(text)
        listed.append(comment)
    _draw(parts, sheet, root, list(new))


def _address(place: tuple[int, int]) -> str:
    return f"{column_letters(place[1])}{place[0]}"


def _comments_root(parts: Parts, sheet: str) -> Any:
    found = parts.related(sheet, "comments")
    if found:
        return parts.xml(found[0])
    root = element("comments")
    root.append(element("authors"))
    root.append(element("commentList"))
    parts.relate(sheet, parts.add("xl/commentsReply.xml", root, _COMMENTS), "comments")
    return root


def _author(comments: Any) -> str:
    authors = comments.find(qualified("authors"))
    made = element("author")
    made.text = AUTHOR
    authors.append(made)
    return str(len(authors) - 1)


def _draw(parts: Parts, sheet: str, root: Any, places: Sequence[tuple[int, int]]) -> None:
    """Boxes for the comments, in the sheet's drawing or a new one; the old drawing's text is only added to."""
    part = _drawing(parts, sheet, root)
    text = parts.read(part).decode("utf-8")
    numbers = [int(n) for n in re.findall(r"_x0000_s(\d+)", text)]
    first = max([1024, *numbers]) + 1
    boxes = "".join(_box(first + n, place) for n, place in enumerate(places))
    before, end, after = text.rpartition("</xml>")
    if not end:
        raise ValueError("a drawing that is no VML")
    parts.replace(part, (_with_namespaces(before) + boxes + end + after).encode())


def _with_namespaces(text: str) -> str:
    for prefix in ("v", "o", "x"):
        if f"xmlns:{prefix}=" not in text:
            raise ValueError("a drawing with other prefixes")
    return text


def _drawing(parts: Parts, sheet: str, root: Any) -> str:
    legacy = root.find(qualified("legacyDrawing"))
    if legacy is not None:
        return dict(parts.related_ids(sheet, "vmlDrawing"))[legacy.get(RELS + "id")]
    part = parts.add("xl/drawings/vmlDrawingReply.vml", _EMPTY_VML.encode(), _VML)
    made = element("legacyDrawing")
    made.set(RELS + "id", parts.relate(sheet, part, "vmlDrawing"))
    child_after(root, made, _SHEET_ORDER)
    return part


def _box(number: int, place: tuple[int, int]) -> str:
    row, column = place[0] - 1, place[1] - 1
    anchor = f"{column + 1}, 15, {max(row - 1, 0)}, 10, {column + 5}, 15, {max(row - 1, 0) + 5}, 4"
    style = "position:absolute;margin-left:80pt;margin-top:5pt;width:220pt;height:80pt;z-index:1;visibility:hidden"
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style={quoteattr(style)} fillcolor="#ffffe1" '
        'o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/>'
        '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div>'
        '</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row>"
        f"<x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )
