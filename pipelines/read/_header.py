"""Which row is the header: the first full row of labels, or the one the schema's names point to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from pipelines.read._cells import filled, fold, mostly_numbers
from pipelines.read._grown import grown, labels
from pipelines.read._labels import label_word, label_words, lettered_columns, period, plain_numbers, rising, shape
from pipelines.read._laid import Header
from pipelines.read._marks import kind_of, note, numeric, type_row
from pipelines.read.grid import Grid, blank

LOOKED_AT = 60
SAMPLE = 300
#: a fact such as 集計基準日:令和6年6月30日, which some sheets repeat over several cells
_FACT = re.compile(r"[:：]|現在|時点")
_COMMENT = re.compile(r"^\s*#(?:\s|$)")
_DAY = re.compile(r"^\d{1,2}(?:[/:]\d{1,2}|月\d{1,2}日)$")


def find_header(grid: Grid, columns: Sequence[int], known: frozenset[str]) -> Header | None:
    """The header of the table in these columns; None when no row can be one."""
    rows = [index for index in range(len(grid.rows)) if filled(grid, index, columns)][: LOOKED_AT + SAMPLE]
    if not rows:
        return None
    top = _known_row(grid, rows[:LOOKED_AT], columns, known)
    if top is None:
        top = _first_full_row(grid, rows, columns)
    if top is None:
        return None
    return grown(grid, rows, columns, top, known)


def stated_header(grid: Grid, columns: Sequence[int], rows: Sequence[int]) -> Header:
    """The header that dataset.yaml names (0-based rows)."""
    ordered = tuple(sorted(rows))
    return Header(ordered, labels(grid, columns, ordered), ordered[-1] + 1)


def _known_row(grid: Grid, rows: list[int], columns: Sequence[int], known: frozenset[str]) -> int | None:
    """The row with most of the schema's column names, if it has at least two and a third of its cells match."""
    if not known:
        return None
    keys = {fold(name) for name in known}
    best, best_count = None, 1
    for row in rows:
        cells = filled(grid, row, columns)
        count = sum(1 for column in cells if fold(grid.text(row, column)) in keys)
        if count > best_count and count * 3 >= len(cells):
            best, best_count = row, count
    return best


def _first_full_row(grid: Grid, rows: list[int], columns: Sequence[int]) -> int | None:
    """The first row that fills most columns and looks like labels.  What stands above is titles."""
    for position, row in enumerate(rows[:LOOKED_AT]):
        cells = filled(grid, row, columns)
        used = _used_columns(grid, rows[position:], columns)
        if len(cells) < 0.5 * len(used) or (len(used) > 1 and len(cells) < 2):
            if _group_row(grid, rows, position, columns, used):
                return row
            continue
        first = grid.text(row, cells[0])
        if (note(first) or _COMMENT.match(first)) and len(cells) < 3:
            continue
        if len(cells) > 1 and all(_FACT.search(grid.text(row, column)) for column in cells):
            continue
        below = rows[position + 1 : position + 1 + SAMPLE]
        if _above_labels(grid, row, cells, rows, position) or _pairs_above(grid, rows, position, columns, used):
            continue
        if _label_row(grid, row, cells, below):
            if _titles_above(grid, rows, position, columns, used):
                continue
            return row
        if not _fact_row(grid, rows, position, columns):
            return None
    return None


def _above_labels(grid: Grid, row: int, cells: list[int], rows: list[int], position: int) -> bool:
    """必須, 任意 … or A, B, C … above a row of labels: they say something about the columns and name none."""
    texts = [grid.text(row, column) for column in cells]
    if not (type_row(texts) or lettered_columns(texts)) or position + 2 >= len(rows):
        return False
    following = rows[position + 1]
    labels = [grid.text(following, column) for column in filled(grid, following, range(grid.width))]
    words = sum(1 for text in labels if kind_of(text) == "t")
    return label_words(labels) >= 2 or (type_row(texts) and words == len(labels) >= len(cells))


def _pairs_above(grid: Grid, rows: list[int], position: int, columns: Sequence[int], used: list[int]) -> bool:
    """データ名|公園一覧, 作成課|公園課 … in the first two columns, and soon a row of labels over all columns."""
    if len(used) < 4:
        return False
    for later in range(position, min(position + 8, len(rows))):
        cells = filled(grid, rows[later], columns)
        if later > position and len(cells) >= 0.9 * len(used):
            words = label_words(grid.text(rows[later], column) for column in cells)
            below = rows[later + 1 : later + 1 + SAMPLE]
            return words >= max(2, 0.6 * len(cells)) and _label_row(grid, rows[later], cells, below)
        if cells != list(columns[:2]) or any(m[0] == rows[later] for m in grid.merged):
            return False
    return False


def _titles_above(grid: Grid, rows: list[int], position: int, columns: Sequence[int], used: list[int]) -> bool:
    """Words that are no labels (施設名簿|高松市|教育委員会) right above a full row of labels: titles."""
    if position + 2 >= len(rows):
        return False
    here, row = filled(grid, rows[position], columns), rows[position + 1]
    cells = filled(grid, row, columns)
    words = label_words(grid.text(row, column) for column in cells)
    if words < max(2, 0.6 * len(cells)) or len(cells) < 0.9 * len(used):
        return False
    own = [grid.text(rows[position], column) for column in here]
    if len(here) < 0.9 * len(used) and any(shape(text) is not None for text in own):
        return True
    few = sum(1 for text in own if label_word(text)) <= (0.5 * len(own) if len(here) < 0.9 * len(used) else 0)
    return few and _label_row(grid, row, cells, rows[position + 2 : position + 2 + SAMPLE])


def _fact_row(grid: Grid, rows: list[int], position: int, columns: Sequence[int]) -> bool:
    """更新日|2024-01-01 above the table: at most two or three cells, and a fuller row of labels follows soon."""
    cells = filled(grid, rows[position], columns)
    for later in range(position + 1, min(position + 6, len(rows))):
        fuller = filled(grid, rows[later], columns)
        if len(fuller) > len(cells) and len(cells) <= 3 and label_words(grid.text(rows[later], c) for c in fuller) >= 2:
            return _label_row(grid, rows[later], fuller, rows[later + 1 : later + 1 + SAMPLE])
    return False


def _used_columns(grid: Grid, rows: list[int], columns: Sequence[int]) -> list[int]:
    """Columns used by more than a stray row from here on (a footnote's column is no column)."""
    counts: Counter[int] = Counter()
    for row in rows[:SAMPLE]:
        counts.update(filled(grid, row, columns))
    least = 2 if len(rows) > 8 else 1
    return [column for column in columns if counts[column] >= least]


def _group_row(grid: Grid, rows: list[int], position: int, columns: Sequence[int], used: list[int]) -> bool:
    """A sparse row that groups the columns of the full label row right below it: merged labels, or several of them."""
    if position + 1 >= len(rows):
        return False
    row, following = rows[position], rows[position + 1]
    if following != row + 1 or len(filled(grid, following, columns)) < 0.5 * len(used):
        return False
    if not _label_row(grid, following, filled(grid, following, columns), rows[position + 2 : position + 2 + SAMPLE]):
        return False
    spans = [m for m in grid.merged if m[0] == row and m[3] > m[1] and m[1] in columns]
    partial = [m for m in spans if m[3] - m[1] + 1 < 0.9 * len(used) and not blank(grid.text(row, m[1]))]
    texts = [grid.text(row, column) for column in filled(grid, row, columns)]
    if any(note(text) or (numeric(text) and period(text) is None) for text in texts):
        return False
    return bool(partial) or len(texts) >= 3


def _label_row(grid: Grid, row: int, cells: list[int], below: list[int]) -> bool:
    """Labels, not data: mostly text where the columns below hold numbers, and not a value that recurs below."""
    kinds = [_label_kind(grid, row, column, below) for column in cells]
    text_share = kinds.count("t") / max(len(kinds), 1)
    if _sequence(grid, row, cells):
        return True
    if text_share < 0.6 or _shaped_like_values(grid, row, cells, below):
        return False
    if not below:
        return True
    number_columns = [column for column in cells if mostly_numbers(grid, column, below)]
    as_numbers = [column for column in number_columns if _label_kind(grid, row, column, below) == "n"]
    if number_columns and len(as_numbers) > 0.4 * len(number_columns):
        return False
    recurring = [column for column in cells if _recurs(grid, row, column, below)]
    return len(recurring) <= 0.34 * len(cells)


def _label_kind(grid: Grid, row: int, column: int, below: list[int]) -> str:
    """The kind of a cell as a label: 4月 or 令和5年 over plain figures is text."""
    text = grid.text(row, column)
    kind = kind_of(text)
    if kind == "n" and (period(text) is not None or _DAY.match(text.strip())):
        return "t" if plain_numbers(grid.text(index, column) for index in below[:50]) else kind
    return kind


def _shaped_like_values(grid: Grid, row: int, cells: list[int], below: list[int]) -> bool:
    """A telephone number, an address or weekdays, as in the rows below: a record, not a header."""
    for column in cells:
        form = shape(grid.text(row, column))
        if form is not None:
            texts = [text for index in below[:50] if not blank(text := grid.text(index, column))]
            if texts and sum(1 for text in texts if shape(text) == form) >= 0.5 * len(texts):
                return True
    return False


def _sequence(grid: Grid, row: int, cells: list[int]) -> bool:
    """A header of years, dates or ages: all but the first are numbers and strictly rising."""
    texts = [grid.text(row, column).strip() for column in cells]
    values = [text for text in texts if numeric(text)]
    if len(values) >= len(texts) - 3 and rising(values):
        return True
    if len(values) < 3 or len(values) < len(texts) - 2:
        return False
    if all(text.isdigit() for text in values):
        numbers = [int(text) for text in values]
        steps = {later - earlier for earlier, later in pairwise(numbers)}
        return len(steps) == 1 and steps.pop() in (1, 5, 10)
    return all(len(text) >= 7 for text in values) and values == sorted(set(values))


def _recurs(grid: Grid, row: int, column: int, below: list[int]) -> bool:
    """The cell's text stands again in its own column, oftener than a repeated header would (1 in 20 rows)."""
    text = grid.text(row, column)
    again = sum(1 for index in below if grid.text(index, column) == text)
    return again >= 2 and again > len(below) / 20 and not _repeated_header(grid, row, column, below)


def _repeated_header(grid: Grid, row: int, column: int, below: list[int]) -> bool:
    """True when the rows where the text recurs repeat the neighbouring labels too."""
    text, neighbour = grid.text(row, column), grid.text(row, column + 1) or grid.text(row, column - 1)
    again = [index for index in below if grid.text(index, column) == text]
    same = [i for i in again if neighbour and neighbour in (grid.text(i, column + 1), grid.text(i, column - 1))]
    return bool(neighbour) and len(same) == len(again)
