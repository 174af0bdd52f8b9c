"""What conditional formats and data validations of a sheet hide, and the ranges they name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pipelines.read._choices import plain
from pipelines.read._wire import Sheet

Span = tuple[int, int, int, int]
#: file:, a share, a drive, or a path of an office document without a scheme
FILE = re.compile(
    r"file:|\\\\|//|[A-Za-z]:[\\/]|(?![a-z][a-z0-9+.-]*:)[^#?]+\.(?:xls[xmb]?|docx?|pptx?|csv|mdb|accdb|pdf|ods|jtdc?|txt)$",
    re.IGNORECASE,
)
_RANGE = re.compile(r"^\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?$")


def conditional(sheet: Sheet, conditions: Iterable[Sequence[Span]]) -> list[dict[str, Any]]:
    """Conditional formats that may turn filled cells invisible; whether they do now only a spreadsheet could say."""
    told = []
    for ranges in conditions:
        found = (cell for span in ranges if (cell := _first_filled(sheet.rows, span)))
        if first := min(found, default=None):
            entry: dict[str, Any] = {"kind": "white-text", "sheet": sheet.name, "detail": "conditional"}
            told.append(entry | {"row": first[0] + 1, "column": first[1] + 1})
    return told


def choices(sheet: Sheet, formulas: Iterable[str]) -> list[dict[str, Any]]:
    """Choices that cells offer; harmless ones (words of a form, values that stand in the sheet) say ``plain``."""
    literal = [text.strip() for text in formulas if text.strip().startswith('"')]
    if not literal:
        return []
    shown = {text.strip() for cells in sheet.rows for text in cells}
    entry: dict[str, Any] = {"kind": "validation-list", "sheet": sheet.name, "count": len(literal)}
    return [entry | ({"detail": "plain"} if all(plain(text, shown) for text in literal) else {})]


def rectangle(reference: str) -> Span | None:
    """``B2:C9`` → (1, 1, 8, 2): top, left, bottom, right, 0-based; None for anything else."""
    found = _RANGE.match(reference)
    if found is None:
        return None
    first, top, last, bottom = found.groups()
    return int(top) - 1, column_number(first), int(bottom or top) - 1, column_number(last or first)


def _first_filled(rows: list[list[str]], span: Span) -> tuple[int, int] | None:
    top, left, bottom, right = span
    for row in range(top, min(bottom + 1, len(rows))):
        for column in range(left, min(right + 1, len(rows[row]))):
            if rows[row][column].strip():
                return row, column
    return None


def column_number(letters: str) -> int:
    """``C`` → 2; -1 for no column."""
    number = 0
    for letter in letters.upper():
        if not "A" <= letter <= "Z":
            return -1
        number = number * 26 + ord(letter) - 64
    return number - 1
