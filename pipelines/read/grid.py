"""One sheet as a grid of text: what every format becomes before the layout is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Range = tuple[int, int, int, int]
Cell = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Cells as text, 0-based; ``rows[i]`` may be shorter than the widest row.

    ``kinds`` names typed workbook cells whose text is our rendering (date, time, percent, …); ``merged`` are inclusive
    ranges (first row, first column, last row, last column).  A text file's row is a record, a workbook's a sheet row.
    """

    rows: Sequence[Sequence[str]]
    sheet: str | None = None
    kinds: Mapping[Cell, str] = field(default_factory=dict)
    merged: tuple[Range, ...] = ()
    visible: bool = True

    @property
    def width(self) -> int:
        """The number of columns of the widest row."""
        return max((len(row) for row in self.rows), default=0)

    def text(self, row: int, column: int) -> str:
        """The cell's text, ``""`` outside the grid."""
        if 0 <= row < len(self.rows):
            cells = self.rows[row]
            if 0 <= column < len(cells):
                return cells[column]
        return ""


def blank(text: str) -> bool:
    """True for empty text and for spaces of any kind (also U+3000 and the zero-width space)."""
    return not text or not text.strip(" \t\r\n\u3000\u00a0\u200b\ufeff")


def cells_of(row: Sequence[str], columns: Sequence[int]) -> list[str]:
    """The row's cells at these columns, ``""`` beyond its end."""
    width = len(row)
    return [row[column] if column < width else "" for column in columns]
