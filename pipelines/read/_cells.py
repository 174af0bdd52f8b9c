"""Cells of a row within some columns, and match keys: what every function of the layout asks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from pipelines.read._marks import kind_of, squeezed
from pipelines.read.grid import Grid, blank


def fold(text: str) -> str:
    """A match key: NFKC, no spaces, lower case.  Never a value that leaves the house."""
    return squeezed(unicodedata.normalize("NFKC", text)).lower()


def filled(grid: Grid, row: int, columns: Sequence[int]) -> list[int]:
    cells = grid.rows[row]
    return [column for column in columns if column < len(cells) and not blank(cells[column])]


def mostly_numbers(grid: Grid, column: int, rows: list[int]) -> bool:
    kinds = [kind_of(grid.text(row, column)) for row in rows]
    numbers, texts = kinds.count("n"), kinds.count("t")
    return numbers >= 1 and numbers >= 4 * texts


def one_line(text: str) -> str:
    """A label on one line: line breaks dropped (a space between two ASCII words), outer spaces trimmed."""
    if "\n" in text or "\r" in text:
        text = re.sub(r"(?<=[\x21-\x7e])[ \t]*[\r\n]+[ \t]*(?=[\x21-\x7e])", " ", text)
        text = re.sub(r"[ \t\u3000]*[\r\n]+[ \t\u3000]*", "", text)
    return text.strip(" \t\u3000\u00a0\u200b")
