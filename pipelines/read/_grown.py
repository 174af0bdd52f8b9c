"""Header rows above and below the one that was found, and the labels they make together.

Rule for several header rows: labels are joined with ``_`` from the top down; a horizontally merged label stands over
all its columns; without any merge in the header, a label stands over the blank cells to its right as long as a row
below has labels there; the same label twice in one column is written once; line breaks inside a label are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.read._cells import filled, fold, mostly_numbers, one_line
from pipelines.read._labels import lettered_columns, period, shape, title_like
from pipelines.read._laid import Header
from pipelines.read._marks import kind_of, note, numeric, type_row, unit
from pipelines.read.grid import Grid, blank

SAMPLE = 300
DEEPEST = 6


def grown(grid: Grid, rows: list[int], columns: Sequence[int], top: int, known: frozenset[str]) -> Header:
    """Add group rows above and label rows below the row that was found.

    Between label rows there may be rows of units or of code numbers; they belong to the header but give no label.
    """
    found = [top]
    while (above := found[0] - 1) >= 0 and above in rows and _belongs_above(grid, above, found[0], columns, known):
        found.insert(0, above)
    numbers = _number_columns(grid, rows, top, columns)
    last = top
    for row in range(top + 1, top + 1 + DEEPEST):
        if row not in rows:
            break
        if _belongs_below(grid, found, row, columns, numbers):
            found.append(row)
            last = row
    return Header(tuple(found), labels(grid, columns, found), last + 1)


def _number_columns(grid: Grid, rows: list[int], top: int, columns: Sequence[int]) -> list[int]:
    """Columns of numbers, judged by rows far enough down to be no header."""
    below = [row for row in rows if row > top]
    body = below[DEEPEST:] if len(below) >= 2 * DEEPEST else below[len(below) // 2 :]
    if len(body) < 2:
        return []
    return [column for column in columns if mostly_numbers(grid, column, body[:SAMPLE])]


def _belongs_above(grid: Grid, row: int, header: int, columns: Sequence[int], known: frozenset[str]) -> bool:
    cells = filled(grid, row, columns)
    texts = [grid.text(row, column) for column in cells]
    if any(note(text) or (numeric(text) and period(text) is None) for text in texts):
        return False
    if type_row(texts) or lettered_columns(texts) or any(shape(text) is not None for text in texts):
        return False
    wide = len(filled(grid, header, columns))
    spans = [m for m in grid.merged if m[0] == row and m[3] > m[1] and m[1] in columns]
    if any(m[3] - m[1] + 1 < 0.9 * wide for m in spans if not blank(grid.text(row, m[1]))) and len(cells) > 1:
        return True
    if any(m[0] == row and m[2] >= header and m[1] in columns for m in grid.merged):
        return True
    if _all_named(grid, row, header, columns):
        return False
    if len(cells) >= max(3, 0.4 * wide) and (not known or _labels_gaps(grid, row, header, columns)):
        return True
    return _groups(grid, row, header, columns, known)


def _all_named(grid: Grid, row: int, header: int, columns: Sequence[int]) -> bool:
    """Both rows have a different text in every column: the upper one groups nothing."""
    above, below = filled(grid, row, columns), filled(grid, header, columns)
    texts = [[fold(grid.text(index, column)) for column in columns] for index in (row, header)]
    return len(above) == len(below) == len(columns) and all(len(set(part)) == len(part) for part in texts)


def _labels_gaps(grid: Grid, row: int, header: int, columns: Sequence[int]) -> bool:
    """The first column's label stands in this row, not in the one below."""
    return blank(grid.text(header, columns[0])) and not blank(grid.text(row, columns[0]))


def _groups(grid: Grid, row: int, header: int, columns: Sequence[int], known: frozenset[str]) -> bool:
    """Two or more names above a full row of labels, each over several columns: groups, unless they read as titles."""
    above, labelled = filled(grid, row, columns), filled(grid, header, columns)
    texts = [grid.text(row, column) for column in above]
    lower = [fold(grid.text(header, column)) for column in labelled]
    twice = len(set(lower)) < len(lower)
    enough = len(labelled) >= 0.9 * len(columns) or (twice and labelled == list(columns[1:]))
    if len(above) < 2 or row != header - 1 or not enough or len(above) > 0.7 * len(labelled):
        return False
    if not twice and sum(1 for text in lower if text in {fold(name) for name in known}) >= 0.6 * len(lower):
        return False
    titles = any(title_like(text) and not (twice and period(text)) for text in texts)
    if titles or len(set(texts)) < len(texts):
        return False
    ends = [*above[1:], columns[-1] + 1]
    return twice or (above[0] == columns[0] and all(end - start > 1 for start, end in zip(above, ends, strict=True)))


def _belongs_below(grid: Grid, found: list[int], row: int, columns: Sequence[int], numbers: list[int]) -> bool:
    """The row is still labels: merged into the header, text where later rows have numbers, or labels for columns that
    have none yet."""
    if any(m[0] <= found[-1] < row <= m[2] and m[1] in columns for m in grid.merged) and _under_span(
        grid, found[-1], row, columns
    ):
        return True
    if _fills_gaps(grid, found, row, columns):
        return True
    cells = filled(grid, row, columns)
    kinds = {column: kind_of(grid.text(row, column)) for column in cells}
    texts = [grid.text(row, column) for column in cells]
    if len(numbers) < 2 or "n" in kinds.values() or all(unit(text) for text in texts) or type_row(texts):
        return False
    here = [column for column in numbers if kinds.get(column) == "t"]
    if len(here) == len(cells) > 1 and columns[0] not in cells and row == found[-1] + 1:
        return True  # words in columns of figures and no name: labels that went on to another line
    if here:
        return len(here) >= max(2, 0.5 * len(numbers))
    unlabelled = [column for column in cells if all(blank(grid.text(above, column)) for above in found)]
    return len(cells) >= 2 and len(unlabelled) >= 0.6 * len(cells)


def _fills_gaps(grid: Grid, found: list[int], row: int, columns: Sequence[int]) -> bool:
    """The row right below the header has labels for the columns that have none, for those their group starts with, and
    nothing else (災害種別|||  over  洪水|土砂|高潮, with the merge lost)."""
    cells = set(filled(grid, row, columns))
    gaps = {column for column in columns if all(blank(grid.text(above, column)) for above in found)}
    if row != found[-1] + 1 or not gaps or not gaps <= cells or len(cells) < 2 or columns[0] in cells:
        return False
    starts = cells - gaps
    texts = [grid.text(row, column) for column in cells]
    words = all(kind_of(text) == "t" and len(text) <= 20 and not unit(text) for text in texts)
    return words and bool(starts) and all(column + 1 in gaps for column in starts)


def _under_span(grid: Grid, last: int, row: int, columns: Sequence[int]) -> bool:
    """Row ``row`` has labels under a horizontally merged cell of the header row above it."""
    for first, left, bottom, right in grid.merged:
        if first <= last <= bottom < row and right > left and left in columns:
            return any(not blank(grid.text(row, column)) for column in range(left, right + 1))
    return False


def labels(grid: Grid, columns: Sequence[int], rows: Sequence[int]) -> tuple[str, ...]:
    """One label a column by the rule of this module's docstring."""
    levels = [_level(grid, columns, row, rows[index + 1 :]) for index, row in enumerate(rows)]
    joined = []
    for position in range(len(columns)):
        parts: list[str] = []
        for level in levels:
            text = level[position]
            if text and (not parts or parts[-1] != text):
                parts.append(text)
        joined.append("_".join(parts))
    return tuple(joined)


def _level(grid: Grid, columns: Sequence[int], row: int, lower: Sequence[int]) -> list[str]:
    spans = {}
    merged_here = False
    for first, left, bottom, right in grid.merged:
        if first <= row <= bottom:
            merged_here = merged_here or right > left
            for column in range(left, right + 1):
                spans[column] = grid.text(first, left) if row == first or right == left else ""
    texts = [one_line(spans.get(column) or grid.text(row, column)) for column in columns]
    if not lower or merged_here:
        return texts
    for position in range(1, len(columns)):
        above_blank = not texts[position] and texts[position - 1]
        if above_blank and any(not blank(grid.text(below, columns[position])) for below in lower):
            texts[position] = texts[position - 1]
    return texts
