"""Merged cells below the header: labels to fill down, and records that stand on several physical rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.read.grid import Grid, Range, blank

TALLEST = 4


@dataclass(frozen=True, slots=True)
class Tall:
    """Records of several rows: ``starts[i]`` and ``heights[i]``; ``single`` columns have one value a record."""

    starts: tuple[int, ...]
    heights: tuple[int, ...]
    single: frozenset[int]

    @property
    def height(self) -> int:
        """Rows of the tallest record."""
        return max(self.heights)


def vertical(grid: Grid, columns: Sequence[int], below: int) -> list[Range]:
    """Merges of the body that span rows and hold a value in these columns."""
    inside = set(columns)
    return [
        m for m in grid.merged if m[0] >= below and m[2] > m[0] and m[1] in inside and not blank(grid.text(m[0], m[1]))
    ]


def filled_down(grid: Grid, columns: Sequence[int], below: int) -> tuple[Grid, int]:
    """A grid in which each row of a vertical merge has its value, and how many merges that were."""
    spans = vertical(grid, columns, below)
    if not spans:
        return grid, 0
    rows = [list(row) for row in grid.rows]
    kinds = dict(grid.kinds)
    filled = 0
    for top, left, bottom, _ in spans:
        text = grid.text(top, left)
        filled += 1
        for row in range(top + 1, min(bottom + 1, len(rows))):
            if any(not blank(cell) for cell in rows[row]):
                _set(rows[row], left, text)
                if (top, left) in kinds:
                    kinds[row, left] = kinds[top, left]
    return Grid(rows=rows, sheet=grid.sheet, kinds=kinds, merged=grid.merged, visible=grid.visible), filled


def _set(cells: list[str], column: int, text: str) -> None:
    if column >= len(cells):
        cells.extend([""] * (column + 1 - len(cells)))
    cells[column] = text


def tall_records(grid: Grid, columns: Sequence[int], below: int) -> Tall | None:
    """Records that stand on two to four rows each; None when every row is a record.

    The sign: one column's vertical merges cut most of the body into pieces of two to four rows, and a column right of
    one that is not merged, or most columns, are merged in the same pieces.  A label merged down at the left alone is a
    group name (see :func:`filled_down`).
    """
    spans: dict[int, set[tuple[int, int]]] = {}
    for top, left, bottom, _ in vertical(grid, columns, below):
        if bottom - top < TALLEST:
            spans.setdefault(left, set()).add((top, bottom))
    if not spans:
        return None
    key = max(spans, key=lambda column: (len(spans[column]), -column))
    pieces = sorted(spans[key])
    body = [r for r in range(below, len(grid.rows)) if any(not blank(grid.text(r, c)) for c in columns)]
    covered = sum(bottom - top + 1 for top, bottom in pieces)
    if len(pieces) < 2 or covered < 0.6 * len(body):
        return None
    alike = {column for column, own in spans.items() if len(own & spans[key]) >= 0.3 * len(pieces)}
    if not _records_not_groups(grid, columns, alike, pieces):
        return None
    starts, heights = _cut(body, pieces, grid, columns)
    return Tall(tuple(starts), tuple(heights), _single(grid, columns, starts, heights))


def _records_not_groups(grid: Grid, columns: Sequence[int], alike: set[int], pieces: list[tuple[int, int]]) -> bool:
    loose = [c for c in columns if c not in alike and any(not blank(grid.text(top + 1, c)) for top, _ in pieces)]
    return bool(loose) and (any(column > min(loose) for column in alike) or len(alike) > len(loose))


def _cut(
    body: list[int], pieces: list[tuple[int, int]], grid: Grid, columns: Sequence[int]
) -> tuple[list[int], list[int]]:
    inside = {row for top, bottom in pieces for row in range(top, bottom + 1)}
    starts = [(top, bottom - top + 1) for top, bottom in pieces]
    starts += [(row, 1) for row in body if row not in inside]
    starts.sort()
    return [start for start, _ in starts], [height for _, height in starts]


def _single(grid: Grid, columns: Sequence[int], starts: list[int], heights: list[int]) -> frozenset[int]:
    """Columns with at most one value in every record."""
    several = set()
    for start, height in zip(starts, heights, strict=True):
        for column in columns:
            if sum(1 for row in range(start, start + height) if not blank(grid.text(row, column))) > 1:
                several.add(column)
    return frozenset(column for column in columns if column not in several)


def across(grid: Grid, columns: Sequence[int], labels: Sequence[str], below: int) -> list[Range]:
    """Horizontal merges of the body that hide the values of columns which have labels and values of their own."""
    if not any(m[0] >= below and m[3] > m[1] for m in grid.merged):
        return []
    used = {c for row in grid.rows[below:] for c, text in enumerate(row) if not blank(text)}
    named = {column for column, label in zip(columns, labels, strict=True) if label and column in used}
    return [
        m
        for m in grid.merged
        if m[0] >= below
        and m[3] > m[1]
        and m[1] in named
        and not blank(grid.text(m[0], m[1]))
        and sum(1 for column in range(m[1], m[3] + 1) if column in named) > 1
    ]
