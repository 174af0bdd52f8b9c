"""XLSX and XLSM (ECMA-376, transitional and strict) in the child: the parts of a workbook and what ties them.

Every sheet is read by one expat pass over its XML, because the fast readers lose what matters here: error cells,
formulas without a value, number formats, hidden rows and columns (see ``docs/decisions.md``).
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

from pipelines.read._container import Parts
from pipelines.read._furniture import furniture
from pipelines.read._hiding import FILE
from pipelines.read._sheetxml import Cells
from pipelines.read._styles import styles_of
from pipelines.read._wire import Book, Refused, Sheet
from pipelines.read._xml import Attributes, local, parse, truth

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read_xlsx(parts: Parts, kind: str) -> Book:
    """All sheets of a workbook.  Raises :class:`Refused` for what must not be read."""
    workbook = _workbook_part(parts)
    outline = _Outline()
    with parts.open(workbook) as stream:
        parse(stream, outline.start, outline.end, outline.text)
    links = relations(parts, workbook)
    strings = _strings(parts, _target(links, "sharedStrings"))
    styles = styles_of(parts, _target(links, "styles"))
    left = [parts.limits.cells]
    sheets = []
    known: set[str] = set()
    for name, state, link in outline.sheets:
        part = links.get(link, ("", ""))[1]
        if "/chartsheets/" in part or "/dialogsheets/" in part or part not in parts:
            continue
        sheet = Sheet(name, visible=state == "visible")
        known.add(part)
        cells = Cells(sheet, strings, styles, parts.limits, left, epoch1904=outline.epoch1904)
        with parts.open(part) as stream:
            parse(stream, cells.start, cells.end, cells.text)
        cells.finish(recalculated=outline.recalculated)
        known |= _comments(parts, part, sheet)
        if state == "veryHidden":
            sheet.hidden.append({"kind": "hidden-sheet", "sheet": name, "detail": "veryHidden"})
        elif state != "visible":
            sheet.hidden.append({"kind": "hidden-sheet", "sheet": name})
        sheets.append(sheet)
    return Book(kind, sheets, hidden=furniture(parts, outline.names, known), epoch1904=outline.epoch1904)


def _workbook_part(parts: Parts) -> str:
    for kind, target in relations(parts, "").values():
        if kind.endswith("/officeDocument") and target in parts:
            return target
    if "xl/workbook.xml" in parts:
        return "xl/workbook.xml"
    raise Refused("broken-file", detail="ブックの本体がありません")


def relations(parts: Parts, part: str) -> dict[str, tuple[str, str]]:
    """Relations of a part: id → (type, part name).  External targets are kept as they are."""
    folder, name = posixpath.split(part)
    rels = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, tuple[str, str]] = {}
    if rels not in parts:
        return found

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "Relationship":
            target = attributes.get("Target", "").replace("\\", "/")
            if attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[attributes.get("Id", "")] = (attributes.get("Type", ""), target)

    with parts.open(rels) as stream:
        parse(stream, start)
    return found


def _target(links: dict[str, tuple[str, str]], kind: str) -> str | None:
    return next((target for name, target in links.values() if name.endswith("/" + kind)), None)


class _Outline:
    """workbook.xml: sheets in order, the date system, defined names, whether Excel must still calculate."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, str]] = []
        self.names: list[tuple[str, bool, str]] = []
        self.epoch1904 = False
        self.recalculated = False
        self._name: list[str] | None = None
        self._hidden = False
        self._label = ""

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "sheet":
            self.sheets.append(
                (attributes.get("name", ""), attributes.get("state", "visible"), local(attributes, "id") or "")
            )
        elif tag == "workbookPr":
            self.epoch1904 = truth(attributes.get("date1904"))
        elif tag == "calcPr":
            self.recalculated = truth(attributes.get("fullCalcOnLoad"))
        elif tag == "definedName":
            self._name, self._hidden = [], truth(attributes.get("hidden"))
            self._label = attributes.get("name", "")

    def text(self, data: str) -> None:
        if self._name is not None:
            self._name.append(data)

    def end(self, tag: str) -> None:
        if tag == "definedName" and self._name is not None:
            self.names.append((self._label, self._hidden, "".join(self._name)))
            self._name = None


def unescape(text: str) -> str:
    """``_x000D_`` → the character (ECMA-376 part 1, 22.9.2.19); line ends become ``\\n``."""
    if "_x" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _strings(parts: Parts, part: str | None) -> list[str]:
    """Shared strings; phonetic runs (furigana) are no part of the text."""
    if part is None or part not in parts:
        return []
    strings: list[str] = []
    pieces: list[str] = []
    state = {"t": False, "phonetic": 0}

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "si":
            pieces.clear()
        elif tag == "rPh":
            state["phonetic"] += 1
        elif tag == "t":
            state["t"] = not state["phonetic"]

    def text(data: str) -> None:
        if state["t"]:
            pieces.append(data)

    def end(tag: str) -> None:
        if tag == "t":
            state["t"] = False
        elif tag == "rPh":
            state["phonetic"] -= 1
        elif tag == "si":
            strings.append(unescape("".join(pieces)))

    with parts.open(part) as stream:
        parse(stream, start, end, text)
    return strings


def _comments(parts: Parts, part: str, sheet: Sheet) -> set[str]:
    """Comments and notes of a sheet: where they stand, never what they say.  File links count too.

    A threaded comment has its note beside it; where a writer left the note out, the thread itself counts.
    Answers the comment parts that were looked at.
    """
    notes: dict[str, list[dict[str, Any]]] = {}
    for kind, target in relations(parts, part).values():
        if kind.endswith(("/comments", "/threadedComment")) and target in parts:
            notes[target] = _places(parts, target, sheet.name)
        elif kind.endswith("/hyperlink") and FILE.match(target):
            sheet.hidden.append({"kind": "file-link", "sheet": sheet.name})
    told: dict[tuple[int, int], dict[str, Any]] = {}
    for found in notes.values():
        told.update({(entry["row"], entry["column"]): entry for entry in found})
    sheet.hidden.extend(told[place] for place in sorted(told))
    return set(notes)


def _places(parts: Parts, target: str, sheet: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def start(tag: str, attributes: Attributes) -> None:
        if tag in ("comment", "threadedComment"):
            row, column = address(attributes.get("ref", ""))
            found.append({"kind": "comment", "sheet": sheet, "row": row + 1, "column": column + 1})

    with parts.open(target) as stream:
        parse(stream, start)
    return found


def address(reference: str) -> tuple[int, int]:
    """``C17`` → (16, 2); (-1, -1) for anything else."""
    found = re.match(r"^\$?([A-Za-z]{1,3})\$?(\d{1,7})$", reference)
    if found is None:
        return -1, -1
    column = 0
    for letter in found.group(1).upper():
        column = column * 26 + ord(letter) - 64
    return int(found.group(2)) - 1, column - 1
