"""Tables that stand side by side: which runs of columns there are and whether they belong together."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.read._cells import fold
from pipelines.read._header import find_header
from pipelines.read._laid import Header
from pipelines.read.grid import Grid, blank

TITLE_CELLS = 2


def column_runs(grid: Grid) -> list[tuple[int, ...]]:
    """Runs of columns between empty columns.  Rows with one or two cells at the top (titles) do not fill a gap."""
    filled: set[int] = set()
    width = grid.width
    started = False
    for cells in grid.rows:
        present = [column for column, text in enumerate(cells) if column < width and not blank(text)]
        started = started or len(present) > TITLE_CELLS
        if started or width <= TITLE_CELLS:
            filled.update(present)
    if not filled:
        for cells in grid.rows:
            filled.update(column for column, text in enumerate(cells) if not blank(text))
    _over_merges(grid, filled)
    runs: list[list[int]] = []
    for column in sorted(filled):
        if runs and runs[-1][-1] == column - 1:
            runs[-1].append(column)
        else:
            runs.append([column])
    return [tuple(run) for run in runs]


def _over_merges(grid: Grid, filled: set[int]) -> None:
    """A column that exists only under merged cells joins its neighbours, so that no table is cut in two there."""
    for top, left, bottom, right in grid.merged:
        if right > left and left in filled and right - left < 30 and bottom - top < 1_000 and top > 0:
            inside = [column for column in range(left, right + 1) if column in filled]
            if len(inside) > 1 and not blank(grid.text(top, left)):
                filled.update(range(left, max(inside) + 1))


def filled_rows(grid: Grid, columns: Sequence[int], start: int) -> list[int]:
    """Rows from ``start`` on with text in these columns."""
    return [
        index
        for index in range(start, len(grid.rows))
        if any(column < len(grid.rows[index]) and not blank(grid.rows[index][column]) for column in columns)
    ]


def arrange(
    grid: Grid, runs: list[tuple[int, ...]], known: frozenset[str]
) -> tuple[list[tuple[tuple[int, ...], Header | None]], list[tuple[int, ...]]]:
    """(blocks to read with their headers, runs left aside).

    Runs on the same header row whose rows coincide are one table with empty columns in between; runs with equal labels
    are tables to be stacked; the rest stands aside for the caller to judge.
    """
    found = [part for run in runs for part in _periods(run, find_header(grid, run, known))]
    runs = [run for run, _ in found]
    main = max(found, key=lambda pair: _weight(grid, *pair))
    if main[1] is None:
        return [main], [run for run, _ in found if run is not main[0]]
    equal = [pair for pair in found if pair[1] is not None and _same(pair[1], main[1])]
    if len(equal) > 1:
        taken = {run for run, _ in equal}
        return list(equal), [run for run in runs if run not in taken]
    joined = [run for run, _ in found if run == main[0] or _coincides(grid, run, main[0], main[1])]
    columns = tuple(column for run in joined for column in run)
    aside = [run for run in runs if run not in joined]
    header = main[1] if len(joined) == 1 else find_header(grid, columns, known)
    return [(columns, header)], aside


def _periods(run: tuple[int, ...], header: Header | None) -> list[tuple[tuple[int, ...], Header | None]]:
    """Labels that repeat as a whole (年齢 男 女 年齢 男 女): tables side by side, no empty column between them."""
    if header is None:
        return [(run, None)]
    folded = [fold(label) for label in header.labels]
    for width in range(2, len(run) // 2 + 1):
        piece = folded[:width]
        if len(run) % width == 0 and all(piece) and len(set(piece)) == width and piece * (len(run) // width) == folded:
            starts = range(0, len(run), width)
            return [
                (run[s : s + width], Header(header.rows, header.labels[s : s + width], header.below)) for s in starts
            ]
    return [(run, header)]


def _weight(grid: Grid, run: tuple[int, ...], header: Header | None) -> float:
    rows = filled_rows(grid, run, header.below if header else 0)
    return (len(rows) + 1) * len(run) * (1.0 if header else 0.5)


def _same(one: Header, other: Header) -> bool:
    mine, theirs = [fold(t) for t in one.labels], [fold(t) for t in other.labels]
    return mine == theirs and any(mine)


def _coincides(grid: Grid, run: tuple[int, ...], main: tuple[int, ...], header: Header) -> bool:
    """The run continues the main table: a label on its header row for each column, and rows in step with it."""
    labelled = [c for c in run if any(not blank(grid.text(row, c)) for row in header.rows)]
    mine = set(filled_rows(grid, run, header.below))
    theirs = set(filled_rows(grid, main, header.below))
    if not theirs:
        return len(labelled) == len(run)
    common = len(mine & theirs)
    return bool(mine) and len(labelled) >= 0.5 * len(run) and common >= 0.5 * len(theirs) and common >= 0.9 * len(mine)
