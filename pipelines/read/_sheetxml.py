"""One worksheet's XML in the child: values, kinds, merges, hidden rows and columns, faults, in a single pass."""

from __future__ import annotations

from typing import Any

from pipelines.read._hiding import choices, column_number, conditional, rectangle
from pipelines.read._numbers import Format, shown
from pipelines.read._styles import Styles
from pipelines.read._wire import Refused, Sheet
from pipelines.read._xml import Attributes, truth
from pipelines.read.limits import Limits

_PLAIN = Format()
#: points and characters below which nobody sees that there is a row or a column
_NO_HEIGHT, _NO_WIDTH = 1.0, 0.2


class Cells:
    """Expat handlers that fill a :class:`Sheet`; ``left`` is the cell budget shared by all sheets of the book."""

    def __init__(
        self,
        sheet: Sheet,
        strings: list[str],
        styles: Styles,
        limits: Limits,
        left: list[int],
        *,
        epoch1904: bool,
    ) -> None:
        self.sheet, self.strings, self.limits, self.left = sheet, strings, limits, left
        self.styles, self.unseen = styles.cells, styles.unseen
        self.epoch1904 = epoch1904
        self.row = self.column = -1
        self.kind = "n"
        self.style = _PLAIN
        self.value: list[str] = []
        self.taking = self.phonetic = self.formula = self.valued = False
        self.hidden_rows: dict[int, str] = {}
        self.hidden_columns: list[tuple[int, int, str]] = []
        self.white: list[tuple[int, int]] = []
        self.formulas: list[tuple[int, int, str]] = []
        self.formula_cells = 0
        self.filtered = False
        self.letters: dict[str, int] = {}
        self.last_row = self.last_column = -1
        self.lists: list[str] = []
        self.list_text = False
        self.all_rows_hidden = False
        self.conditions: list[list[tuple[int, int, int, int]]] = []
        self.ranges: list[tuple[int, int, int, int]] = []

    # ── expat ──────────────────────────────────────────────────────────────────────────────────

    def start(self, tag: str, attributes: Attributes) -> None:
        """An element begins."""
        if tag == "c":
            self._cell(attributes)
        elif tag in ("v", "t"):
            self.taking = not self.phonetic
            self.valued = self.valued or tag == "v"
        elif tag == "f":
            self.formula = True
            self.formula_cells += 1
        elif tag == "row":
            self._row(attributes)
        else:
            self._other(tag, attributes)

    def text(self, data: str) -> None:
        """Characters."""
        if self.taking:
            self.value.append(data)
        elif self.list_text:
            self.lists[-1] += data

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag in ("v", "t"):
            self.taking = False
        elif tag == "c":
            self.close()
        elif tag == "rPh":
            self.phonetic = False
        elif tag in ("formula1", "x14:formula1"):
            self.list_text = False

    # ── elements ───────────────────────────────────────────────────────────────────────────────

    def _row(self, attributes: Attributes) -> None:
        stated = attributes.get("r", "")
        self.row = int(stated) - 1 if stated.isdigit() else self.row + 1
        self.column = -1
        if truth(attributes.get("hidden")):
            self.hidden_rows[self.row] = "hidden-row"
        elif "ht" in attributes:
            if float(attributes["ht"]) < _NO_HEIGHT:
                self.hidden_rows[self.row] = "zero-height"
        elif self.all_rows_hidden:
            self.hidden_rows[self.row] = "hidden-row"

    def _cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        if reference is None:
            self.column += 1
        else:
            self._locate(reference)
        self.kind = attributes.get("t", "n")
        index = attributes.get("s")
        self.style = _PLAIN if index is None else self.styled(index)
        self.value.clear()
        self.formula = self.valued = False

    def styled(self, index: str) -> Format:
        """The meaning of a cell style."""
        try:
            return self.styles[int(index)]
        except (ValueError, IndexError):
            return _PLAIN

    def _locate(self, reference: str) -> None:
        letters = reference.rstrip("0123456789")
        column = self.letters.get(letters)
        if column is None:
            column = self.letters.setdefault(letters, column_number(letters))
        self.column = column
        digits = reference[len(letters) :]
        if digits:
            self.row = int(digits) - 1
        self.check_address()

    def check_address(self) -> None:
        """Refuse a cell outside any sheet."""
        if self.column < 0 or self.row < 0 or self.row > 1_048_575 or self.column >= self.limits.columns:
            raise Refused("broken-file", detail="セルの番地が範囲の外です")

    def _other(self, tag: str, attributes: Attributes) -> None:
        if tag == "rPh":
            self.phonetic = True
        elif tag == "col":
            self._columns(attributes)
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif tag == "filterColumn":
            self.filtered = True
        elif tag in ("formula1", "x14:formula1"):
            self.list_text = True
            self.lists.append("")
        elif tag == "sheetFormatPr":
            self.all_rows_hidden = truth(attributes.get("zeroHeight"))
        elif tag == "conditionalFormatting":
            self.ranges = [span for text in attributes.get("sqref", "").split()[:1000] if (span := rectangle(text))]
        elif tag == "cfRule":
            index = attributes.get("dxfId", "")
            if index.isdigit() and int(index) in self.unseen:
                self.conditions.append(self.ranges)
        elif tag.endswith((":c", ":row")):
            raise Refused("broken-file", detail="セルの名前空間が混ざっています")

    def _columns(self, attributes: Attributes) -> None:
        first, last = int(attributes.get("min", "1")) - 1, int(attributes.get("max", "1")) - 1
        if truth(attributes.get("hidden")):
            self.hidden_columns.append((first, last, "hidden-column"))
        elif "width" in attributes and float(attributes["width"]) < _NO_WIDTH:
            self.hidden_columns.append((first, last, "zero-width"))

    def _merge(self, reference: str) -> None:
        span = rectangle(reference) if ":" in reference else None
        if span and len(self.sheet.merged) < 200_000:
            self.sheet.merged.append(span)

    # ── a cell is complete ─────────────────────────────────────────────────────────────────────

    def close(self) -> None:
        """The current cell is complete."""
        if not self.value and not self.formula:
            return
        self.within_limits()
        raw = "".join(self.value)
        if self.formula:
            self.formulas.append((self.row, self.column, raw if self.valued or raw else ""))
            if not raw and self.kind not in ("str", "inlineStr", "e"):
                self.sheet.faults.append(("formula-without-value", self.row, self.column, ""))
                return
        text = self._shown(raw)
        if not text:
            return
        if self.style.invisible and not text.isspace():
            self.white.append((self.row, self.column))
        self.put(text)

    def within_limits(self) -> None:
        """Count the cell and refuse too many, or one far away from all others."""
        self.left[0] -= 1
        if self.left[0] < 0:
            raise Refused("too-many-cells", limit=f"{self.limits.cells:,}")
        if self.row - self.last_row > self.limits.gap_rows or self.column - self.last_column > self.limits.gap_columns:
            raise Refused("far-cell", sheet=self.sheet.name, row=self.row + 1, column=self.column + 1)
        self.last_row = max(self.last_row, self.row)
        self.last_column = max(self.last_column, self.column)

    def _shown(self, raw: str) -> str:
        kind = self.kind
        if kind == "s":
            from_shared = self.strings[int(raw)] if raw.isdigit() and int(raw) < len(self.strings) else None
            if from_shared is None:
                raise Refused("broken-file", detail="文字列の表にない番号です")
            return from_shared
        if kind in ("str", "inlineStr"):
            from pipelines.read._xlsx import unescape

            return unescape(raw)
        if kind == "e":
            self._fault("error-cell", raw)
            return raw
        if kind == "b":
            self._mark("boolean")
            return "TRUE" if raw.strip() == "1" else "FALSE"
        if kind == "d":
            self._mark("date")
            return raw.removesuffix("T00:00:00").removesuffix("T00:00:00Z")
        return self._number(raw.strip())

    def _number(self, raw: str) -> str:
        number = shown(raw, self.style, epoch1904=self.epoch1904)
        if number.kind == "impossible-date":
            self._fault("impossible-date", number.text)
        elif number.kind:
            self._mark(number.kind)
        return number.text

    def _mark(self, kind: str) -> None:
        self.sheet.kinds[self.row, self.column] = kind

    def _fault(self, code: str, value: str) -> None:
        self.sheet.faults.append((code, self.row, self.column, value))

    def put(self, text: str) -> None:
        """Set the current cell's text."""
        rows = self.sheet.rows
        while len(rows) <= self.row:
            rows.append([])
        cells = rows[self.row]
        if self.column < len(cells):
            cells[self.column] = text
            return
        cells.extend([""] * (self.column - len(cells)))
        cells.append(text)

    # ── the sheet is complete ──────────────────────────────────────────────────────────────────

    def finish(self, *, recalculated: bool) -> None:
        """Record what hides, where it hides something; formulas that a writer left at 0 for Excel to compute."""
        if recalculated and self.formulas and all(value in ("0", "") for _, _, value in self.formulas):
            known = {(row, column) for _, row, column, _ in self.sheet.faults}
            faults = [(row, column) for row, column, _ in self.formulas if (row, column) not in known]
            self.sheet.faults.extend(("formula-without-value", row, column, "") for row, column in faults)
        name = self.sheet.name
        for row, kind in self.hidden_rows.items():
            if row < len(self.sheet.rows) and any(text.strip() for text in self.sheet.rows[row]):
                kind = "filtered-row" if self.filtered and kind == "hidden-row" else kind
                self.sheet.hidden.append({"kind": kind, "sheet": name, "row": row + 1})
        filled = filled_columns(self.sheet.rows)
        for first, last, kind in self.hidden_columns:
            self.sheet.hidden.extend(
                {"kind": kind, "sheet": name, "column": column + 1}
                for column in sorted(filled)
                if first <= column <= last
            )
        if self.white:
            row, column = self.white[0]
            entry: dict[str, Any] = {"kind": "white-text", "sheet": name, "count": len(self.white)}
            self.sheet.hidden.append(entry | {"row": row + 1, "column": column + 1})
        self.sheet.hidden += conditional(self.sheet, self.conditions) + choices(self.sheet, self.lists)
        if self.formula_cells:
            self.sheet.hidden.append({"kind": "formula", "sheet": self.sheet.name, "count": self.formula_cells})


def filled_columns(rows: list[list[str]]) -> set[int]:
    """Columns (0-based) in which some row has text."""
    found: set[int] = set()
    for cells in rows:
        found.update(column for column, text in enumerate(cells) if column not in found and text.strip())
    return found
