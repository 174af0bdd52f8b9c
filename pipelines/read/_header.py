"""Where the header is and what its labels are.

Rule for several header rows: labels are joined with ``_`` from the top down; a horizontally merged label stands over
all its columns; without any merge in the header, a label stands over the blank cells to its right as long as the row
below has labels there; the same label twice in one column is written once; line breaks inside a label are dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from pipelines.read._labels import label_words, period, plain_numbers, rising, shape, title_like
from pipelines.read._laid import Header
from pipelines.read._marks import kind_of, note, numeric, squeezed, unit
from pipelines.read.grid import Grid, blank

LOOKED_AT = 60
SAMPLE = 300
#: a fact such as 集計基準日:令和6年6月30日, which some sheets repeat over several cells
_FACT = re.compile(r"[:：]|現在|時点")
_COMMENT = re.compile(r"^\s*#(?:\s|$)")
DEEPEST = 6


def fold(text: str) -> str:
    """A match key: NFKC, no spaces, lower case.  Never a value that leaves the house."""
    return squeezed(unicodedata.normalize("NFKC", text)).lower()


def find_header(grid: Grid, columns: Sequence[int], known: frozenset[str]) -> Header | None:
    """The header of the table in these columns; None when no row can be one."""
    rows = [index for index in range(len(grid.rows)) if _filled(grid, index, columns)][: LOOKED_AT + SAMPLE]
    if not rows:
        return None
    top = _known_row(grid, rows[:LOOKED_AT], columns, known)
    if top is None:
        top = _first_full_row(grid, rows, columns)
    if top is None:
        return None
    return _grown(grid, rows, columns, top, known)


def stated_header(grid: Grid, columns: Sequence[int], rows: Sequence[int]) -> Header:
    """The header that dataset.yaml names (0-based rows)."""
    ordered = tuple(sorted(rows))
    return Header(ordered, labels(grid, columns, ordered), ordered[-1] + 1)


def _filled(grid: Grid, row: int, columns: Sequence[int]) -> list[int]:
    cells = grid.rows[row]
    return [column for column in columns if column < len(cells) and not blank(cells[column])]


def _known_row(grid: Grid, rows: list[int], columns: Sequence[int], known: frozenset[str]) -> int | None:
    """The row with most of the schema's column names, if it has at least two and a third of its cells match."""
    if not known:
        return None
    keys = {fold(name) for name in known}
    best, best_count = None, 1
    for row in rows:
        cells = _filled(grid, row, columns)
        count = sum(1 for column in cells if fold(grid.text(row, column)) in keys)
        if count > best_count and count * 3 >= len(cells):
            best, best_count = row, count
    return best


def _first_full_row(grid: Grid, rows: list[int], columns: Sequence[int]) -> int | None:
    """The first row that fills most columns and looks like labels.  What stands above is titles."""
    for position, row in enumerate(rows[:LOOKED_AT]):
        cells = _filled(grid, row, columns)
        used = _used_columns(grid, rows[position:], columns)
        if len(cells) < 0.5 * len(used) or (len(used) > 1 and len(cells) < 2):
            if _group_row(grid, rows, position, columns, used):
                return row
            continue
        first = grid.text(row, cells[0])
        if (note(first) or _COMMENT.match(first)) and len(cells) < 3:
            continue
        if len(cells) > 1 and len({grid.text(row, column) for column in cells}) == 1 and _FACT.search(first):
            continue
        below = rows[position + 1 : position + 1 + SAMPLE]
        if _label_row(grid, row, cells, below):
            return row
        if not _fact_row(grid, rows, position, columns):
            return None
    return None


def _fact_row(grid: Grid, rows: list[int], position: int, columns: Sequence[int]) -> bool:
    """更新日|2024-01-01 above the table: at most two or three cells, and a fuller row of labels follows soon."""
    cells = _filled(grid, rows[position], columns)
    for later in range(position + 1, min(position + 6, len(rows))):
        fuller = _filled(grid, rows[later], columns)
        if len(fuller) > len(cells) and len(cells) <= 3 and label_words(grid.text(rows[later], c) for c in fuller) >= 2:
            return _label_row(grid, rows[later], fuller, rows[later + 1 : later + 1 + SAMPLE])
    return False


def _used_columns(grid: Grid, rows: list[int], columns: Sequence[int]) -> list[int]:
    """Columns used by more than a stray row from here on (a footnote's column is no column)."""
    counts: Counter[int] = Counter()
    for row in rows[:SAMPLE]:
        counts.update(_filled(grid, row, columns))
    least = 2 if len(rows) > 8 else 1
    return [column for column in columns if counts[column] >= least]


def _group_row(grid: Grid, rows: list[int], position: int, columns: Sequence[int], used: list[int]) -> bool:
    """A sparse row that groups the columns of the full label row right below it: merged labels, or several of them."""
    if position + 1 >= len(rows):
        return False
    row, following = rows[position], rows[position + 1]
    if following != row + 1 or len(_filled(grid, following, columns)) < 0.5 * len(used):
        return False
    if not _label_row(grid, following, _filled(grid, following, columns), rows[position + 2 : position + 2 + SAMPLE]):
        return False
    spans = [m for m in grid.merged if m[0] == row and m[3] > m[1] and m[1] in columns]
    partial = [m for m in spans if m[3] - m[1] + 1 < 0.9 * len(used) and not blank(grid.text(row, m[1]))]
    texts = [grid.text(row, column) for column in _filled(grid, row, columns)]
    if any(note(text) or numeric(text) for text in texts):
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
    number_columns = [column for column in cells if _mostly_numbers(grid, column, below)]
    as_numbers = [column for column in number_columns if _label_kind(grid, row, column, below) == "n"]
    if number_columns and len(as_numbers) > 0.4 * len(number_columns):
        return False
    recurring = [column for column in cells if _recurs(grid, row, column, below)]
    return len(recurring) <= 0.34 * len(cells)


def _label_kind(grid: Grid, row: int, column: int, below: list[int]) -> str:
    """The kind of a cell as a label: 4月 or 令和5年 over plain figures is text."""
    text = grid.text(row, column)
    kind = kind_of(text)
    if kind == "n" and period(text) is not None and plain_numbers(grid.text(index, column) for index in below[:50]):
        return "t"
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


def _mostly_numbers(grid: Grid, column: int, rows: list[int]) -> bool:
    kinds = [kind_of(grid.text(row, column)) for row in rows]
    numbers, texts = kinds.count("n"), kinds.count("t")
    return numbers >= 1 and numbers >= 4 * texts


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


# ── several rows ───────────────────────────────────────────────────────────────────────────────


def _grown(grid: Grid, rows: list[int], columns: Sequence[int], top: int, known: frozenset[str]) -> Header:
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
    return [column for column in columns if _mostly_numbers(grid, column, body[:SAMPLE])]


def _belongs_above(grid: Grid, row: int, header: int, columns: Sequence[int], known: frozenset[str]) -> bool:
    cells = _filled(grid, row, columns)
    texts = [grid.text(row, column) for column in cells]
    if any(note(text) or numeric(text) for text in texts):
        return False
    wide = len(_filled(grid, header, columns))
    spans = [m for m in grid.merged if m[0] == row and m[3] > m[1] and m[1] in columns]
    if any(m[3] - m[1] + 1 < 0.9 * wide for m in spans if not blank(grid.text(row, m[1]))) and len(cells) > 1:
        return True
    if any(m[0] == row and m[2] >= header and m[1] in columns for m in grid.merged):
        return True
    if len(cells) >= max(3, 0.4 * wide) and not known:
        return True
    return _groups(grid, row, header, columns, known)


def _groups(grid: Grid, row: int, header: int, columns: Sequence[int], known: frozenset[str]) -> bool:
    """Two or more names above a full row of labels, each over several columns: groups, unless they read like a title."""
    above, labelled = _filled(grid, row, columns), _filled(grid, header, columns)
    texts = [grid.text(row, column) for column in above]
    if len(above) < 2 or row != header - 1 or len(labelled) < 0.9 * len(columns) or len(above) > 0.7 * len(labelled):
        return False
    lower = [fold(grid.text(header, column)) for column in labelled]
    twice = len(set(lower)) < len(lower)
    if not twice and sum(1 for text in lower if text in {fold(name) for name in known}) >= 0.6 * len(lower):
        return False
    if any(title_like(text) for text in texts) or len(set(texts)) < len(texts):
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
    cells = _filled(grid, row, columns)
    kinds = {column: kind_of(grid.text(row, column)) for column in cells}
    if len(numbers) < 2 or "n" in kinds.values() or all(unit(grid.text(row, column)) for column in cells):
        return False
    here = [column for column in numbers if kinds.get(column) == "t"]
    if here:
        return len(here) >= max(2, 0.5 * len(numbers))
    unlabelled = [column for column in cells if all(blank(grid.text(above, column)) for above in found)]
    return len(cells) >= 2 and len(unlabelled) >= 0.6 * len(cells)


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
        if above_blank and not blank(grid.text(lower[0], columns[position])):
            texts[position] = texts[position - 1]
    return texts


def one_line(text: str) -> str:
    """A label on one line: line breaks dropped (a space between two ASCII words), outer spaces trimmed."""
    if "\n" in text or "\r" in text:
        text = re.sub(r"(?<=[\x21-\x7e])[ \t]*[\r\n]+[ \t]*(?=[\x21-\x7e])", " ", text)
        text = re.sub(r"[ \t\u3000]*[\r\n]+[ \t\u3000]*", "", text)
    return text.strip(" \t\u3000\u00a0\u200b")
