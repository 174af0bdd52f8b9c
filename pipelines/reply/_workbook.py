"""Marks in an existing XLSX or XLSM by editing its parts (ECMA-376 part 1, transitional); runs in the guarded child.

Copied byte for byte: every part without a mark.  Edited: sheets with marks (the style of marked cells, one comment
each), the style sheet (appended fills and formats), the workbook (one sheet more, in front).  A cell's value, formula,
furigana and own comment stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pipelines.model import column_letters
from pipelines.reply._comments import add_comments
from pipelines.reply._listing import (
    COMMENTS,
    FILLS,
    LABELS,
    TITLE,
    WIDTHS,
    Mark,
    at_corners,
    by_cell,
    introduction,
    listed,
    row_height,
)
from pipelines.reply._parts import RELS, Parts, element, qualified, text_element
from pipelines.reply._styles import Styles

_WORKSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_VIEW = b' tabSelected="1"'
_HEAD_BYTES = 8192


def mark_workbook(original: Path, marks: Sequence[Mark], out: Path) -> None:
    """Write the marked copy; raises ``ValueError`` (or a parser's error) for what is no plain XLSX."""
    parts = Parts(original)
    workbook = parts.workbook()
    sheets = _sheets(parts, workbook)
    styles = Styles(parts.xml(parts.related(workbook, "styles")[0]))
    for name, part in sheets.items():
        here = by_cell([mark for mark in marks if mark["sheet"] == name or (not mark["sheet"] and len(sheets) == 1)])
        if here:
            _mark_sheet(parts, part, here, styles)
    _unselect(parts, sheets.values())
    _add_list(parts, workbook, marks, styles, original.name, sheets)
    parts.write(out)


def _sheets(parts: Parts, workbook: str) -> dict[str, str]:
    """Worksheet name → part."""
    targets = dict(parts.related_ids(workbook, "worksheet"))
    found = parts.xml(workbook).iter(qualified("sheet"))
    return {s.get("name"): targets[s.get(RELS + "id")] for s in found if s.get(RELS + "id") in targets}


# ── a sheet with marks ─────────────────────────────────────────────────────────────────────────


def _mark_sheet(parts: Parts, part: str, marked: dict[tuple[int, int], list[Mark]], styles: Styles) -> None:
    root = parts.xml(part)
    marked = at_corners([_corners(m.get("ref")) for m in root.iter(qualified("mergeCell"))], marked)
    grid = Grid(root)
    for (row, column), marks in sorted(marked.items()):
        cell = grid.cell(row, column)
        cell.set("s", str(styles.filled(int(cell.get("s", "0")), FILLS[marks[0]["level"]])))
    shown = dict(sorted(marked.items())[:COMMENTS])
    add_comments(parts, part, root, shown)


def _corners(reference: str) -> tuple[int, int, int, int]:
    first, _, last = reference.partition(":")
    top, left = _position(first)
    bottom, right = _position(last or first)
    return top, left, bottom, right


def _position(address: str) -> tuple[int, int]:
    """``C17`` → (17, 3)."""
    letters = address.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(address[len(letters) :]), column


class Grid:
    """The cells of a sheet part by position; a cell that is not there is put where it belongs."""

    def __init__(self, root: Any) -> None:
        self._data = root.find(qualified("sheetData"))
        if self._data is None:
            raise ValueError("no sheetData")
        self._rows: dict[int, Any] = {}
        number = 0
        for row in self._data:
            number = int(row.get("r", number + 1))
            row.set("r", str(number))
            self._rows[number] = row
        self._styles = _column_styles(root)

    def cell(self, row: int, column: int) -> Any:
        """The cell element (1-based row and column)."""
        line = self._row(row)
        number, place = 0, 0
        for place, cell in enumerate(line, start=1):
            number = _position(cell.get("r"))[1] if cell.get("r") else number + 1
            cell.set("r", f"{column_letters(number)}{row}")
            if number == column:
                return cell
            if number > column:
                return self._insert(line, place - 1, row, column)
        return self._insert(line, place, row, column)

    def _row(self, number: int) -> Any:
        if number not in self._rows:
            made = element("row", r=str(number))
            later = [n for n in self._rows if n > number]
            index = self._data.index(self._rows[min(later)]) if later else len(self._data)
            self._data.insert(index, made)
            self._rows[number] = made
        return self._rows[number]

    def _insert(self, line: Any, place: int, row: int, column: int) -> Any:
        style = line.get("s") if line.get("customFormat") in ("1", "true") else self._styles.get(column)
        made = element("c", r=f"{column_letters(column)}{row}", **({"s": style} if style else {}))
        line.insert(place, made)
        if line.get("spans"):
            del line.attrib["spans"]  # an optimisation only, and it would no longer be true
        return made


def _column_styles(root: Any) -> dict[int, str]:
    found: dict[int, str] = {}
    for col in root.iter(qualified("col")):
        if col.get("style"):
            last = min(int(col.get("max")), 16_384)
            found.update(dict.fromkeys(range(int(col.get("min")), last + 1), col.get("style")))
    return found


def _unselect(parts: Parts, sheets: Iterable[str]) -> None:
    """Only the new first sheet is selected: with two selected, typing would go into both."""
    for part in sheets:
        if parts.edited(part):
            for view in parts.xml(part).iter(qualified("sheetView")):
                view.attrib.pop("tabSelected", None)
        else:
            content = parts.read(part)
            head = content[:_HEAD_BYTES]
            if _VIEW in head:
                parts.replace(part, head.replace(_VIEW, b"") + content[_HEAD_BYTES:])


# ── the list in front ──────────────────────────────────────────────────────────────────────────


def _add_list(
    parts: Parts, workbook: str, marks: Sequence[Mark], styles: Styles, name: str, sheets: dict[str, str]
) -> None:
    root = parts.xml(workbook)
    family = root.find(qualified("sheets"))
    taken = {sheet.get("name") for sheet in family}
    title = next(t for t in (TITLE, *(f"{TITLE}{n}" for n in range(2, 99))) if t not in taken)
    number = max(int(sheet.get("sheetId")) for sheet in family) + 1
    part = parts.add("xl/worksheets/reply.xml", _list_sheet(marks, styles, name, sheets), _WORKSHEET)
    made = element("sheet", name=title, sheetId=str(number))
    made.set(RELS + "id", parts.relate(workbook, part, "worksheet"))
    family.insert(0, made)
    for defined in root.iter(qualified("definedName")):
        if defined.get("localSheetId") is not None:
            defined.set("localSheetId", str(int(defined.get("localSheetId")) + 1))
    for view in root.iter(qualified("workbookView")):
        view.attrib.pop("activeTab", None)
        view.attrib.pop("firstSheet", None)


def _list_sheet(marks: Sequence[Mark], styles: Styles, name: str, sheets: dict[str, str]) -> Any:
    sentences = introduction(marks, name, "workbook")
    top = len(sentences) + 3
    root = element("worksheet")
    root.append(_with(element("sheetPr"), element("pageSetUpPr", fitToPage="1")))
    pane = element("pane", ySplit=str(top), topLeftCell=f"A{top + 1}", activePane="bottomLeft", state="frozen")
    root.append(_with(element("sheetViews"), _with(element("sheetView", tabSelected="1", workbookViewId="0"), pane)))
    widths = [element("col", min=str(n), max=str(n), width=str(w), customWidth="1") for n, w in enumerate(WIDTHS, 1)]
    root.append(_with(element("cols"), *widths))
    data = element("sheetData")
    data.append(_high(_row(1, [TITLE], [styles.title()]), 24))
    for number, sentence in enumerate(sentences, start=2):
        data.append(_row(number, [sentence], [0]))
    data.append(_row(top, LABELS, [styles.head()] * len(LABELS)))
    forms = [styles.wrapped()] * len(LABELS)
    linked = [forms[0], styles.link(), *forms[2:]]
    links = element("hyperlinks")
    for number, (mark, cells) in enumerate(zip(marks, listed(marks), strict=False), start=top + 1):
        target = _target(mark, sheets)
        data.append(_high(_row(number, cells, linked if target else forms), row_height(cells)))
        if target:
            links.append(element("hyperlink", ref=f"B{number}", location=target, display=cells[1]))
    root.append(data)
    if len(links):
        root.append(links)
    root.append(element("pageMargins", left="0.5", right="0.5", top="0.6", bottom="0.6", header="0.3", footer="0.3"))
    root.append(element("pageSetup", paperSize="9", orientation="landscape", fitToHeight="0"))
    return root


def _target(mark: Mark, sheets: dict[str, str]) -> str:
    """The link to a cell, ``'表1'!C17``; empty when the mark has no cell here."""
    sheet = mark["sheet"] or (next(iter(sheets)) if len(sheets) == 1 else "")
    if not (mark["row"] or mark["column"]) or sheet not in sheets:
        return ""
    quoted = sheet.replace("'", "''")
    return f"'{quoted}'!{column_letters(mark['column'] or 1)}{mark['row'] or 1}"


def _row(number: int, texts: Sequence[str], forms: Sequence[int]) -> Any:
    row = element("row", r=str(number))
    for column, (text, form) in enumerate(zip(texts, forms, strict=True), start=1):
        cell = element("c", r=f"{column_letters(column)}{number}", s=str(form), t="inlineStr")
        row.append(_with(cell, _with(element("is"), text_element("t", text))))
    return row


def _high(row: Any, points: float) -> Any:
    row.set("ht", str(points))
    row.set("customHeight", "1")
    return row


def _with(parent: Any, *children: Any) -> Any:
    for child in children:
        parent.append(child)
    return parent
