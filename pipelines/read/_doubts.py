"""What a table looks like once it is laid out, and should not: another table beneath, broken records, doubtful headers.

Nothing here changes a value.  A doubt is told, held or refused; a reader who sees the sheet would ask the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from pipelines.model import Level
from pipelines.read._labels import form_label, label_word, label_words, shape
from pipelines.read._laid import Header, Laid, Remark
from pipelines.read._marks import kind_of, total_label, weak_total_label
from pipelines.read._totals import number
from pipelines.read.grid import blank

LOOKED_AT = 500
UPRIGHT = 12
_TABLE_TITLE = re.compile(
    r"^[\s\u3000]*(?:第?\s*[0-9０-９]+\s*表|表\s*[0-9０-９]+|[(（]?[0-9０-９①-⑳]{1,2}[)）.．、\s\u3000]|[■◆●□◇○【〔<＜])|一覧|(?:の)?(?:状況|推移|内訳)$"
)
_BEFORE_TABLE = ("blank", "section", "single", "note", "total", "unit")


def second_table(
    header: Header, column: int, values: Sequence[Sequence[str]], roles: Sequence[str]
) -> Iterator[Remark]:
    """A different header below the records: another table stands beneath, which must not be read as records.

    The sign is a row of words where the records have figures, or a row of usual labels after an empty row or a title.
    """
    numbers = _number_positions(values, roles)
    for index in range(1, len(values) - 1):
        if roles[index] != "data":
            continue
        if roles[index - 1] not in _BEFORE_TABLE and not _only_labels(values[index], values[index + 1], numbers):
            continue
        titled = roles[index - 1] in ("single", "section", "note") and _titled(
            values[index - 1], roles[index - 2 : index - 1]
        )
        if (
            _words_for_figures(values[index], values[index + 1], numbers)
            or _labels_again(values[index])
            or (titled and _label_over_figure(values[index], values[index + 1]))
            or _only_labels(values[index], values[index + 1], numbers)
            or (roles[index - 1] == "blank" and _kinds_change(values, roles, index))
        ):
            row = header.below + index
            words = {"detail": f"{row + 1} 行目から別の見出しが始まっています"}
            yield Remark(code="several-tables", level=Level.ERROR, row=row, column=column, words=words)
            return


def _only_labels(cells: Sequence[str], following: Sequence[str], numbers: Sequence[int]) -> bool:
    """Usual labels in every cell, at least one of them where the records have figures and with a figure beneath."""
    texts = [text for text in cells if not blank(text)]
    if len(texts) < 2 or not all(label_word(text) and kind_of(text) == "t" and len(text) <= 12 for text in texts):
        return False
    return any(kind_of(cells[position]) == "t" and kind_of(following[position]) == "n" for position in numbers)


def _kinds_change(values: Sequence[Sequence[str]], roles: Sequence[str], index: int) -> bool:
    """Behind an empty row stand words alone, and a column that held words above holds figures below."""
    above = [cells for cells, name in zip(values[:index], roles, strict=False) if name == "data"]
    below = [cells for cells, name in zip(values[index + 1 :], roles[index + 1 :], strict=True) if name == "data"]
    kinds = [kind_of(text) for text in values[index]]
    if min(len(above), len(below)) < 2 or "n" in kinds or kinds.count("t") < 2:
        return False
    return any(
        kinds[column] == "t"
        and {kind_of(cells[column]) for cells in above} == {"t"}
        and {kind_of(cells[column]) for cells in below} == {"n"}
        for column in range(len(kinds))
    )


def _titled(cells: Sequence[str], before: Sequence[str]) -> bool:
    """A line with one text that reads as a table's title, or stands behind an empty row."""
    text = next((text for text in cells if not blank(text)), "")
    return bool(_TABLE_TITLE.search(text)) or list(before) == ["blank"]


def _label_over_figure(cells: Sequence[str], following: Sequence[str]) -> bool:
    """Short words, the first a usual label, with a figure beneath one of them."""
    kinds = [kind_of(text) for text in cells]
    words = "n" not in kinds and all(len(text.strip()) <= 12 for text in cells)
    first = next((text for text in cells if not blank(text)), "")
    pairs = zip(kinds, (kind_of(text) for text in following), strict=True)
    return words and kinds.count("t") >= 2 and label_word(first) and ("t", "n") in pairs


def _words_for_figures(cells: Sequence[str], following: Sequence[str], numbers: Sequence[int]) -> bool:
    kinds = [kind_of(text) for text in cells]
    texts = [position for position in numbers if kinds[position] == "t"]
    below = [kind_of(text) for text in following]
    return len(texts) >= 2 and "n" not in kinds and len(texts) >= 0.6 * len(numbers) and "n" in below


def _labels_again(cells: Sequence[str]) -> bool:
    """Short usual labels and nothing else; no value with an unmistakable shape."""
    texts = [text.strip() for text in cells if not blank(text)]
    short = all(len(text) <= 12 and shape(text) is None and kind_of(text) == "t" for text in texts)
    return len(texts) >= 2 and short and label_words(texts) >= max(2, 0.6 * len(texts))


def _number_positions(values: Sequence[Sequence[str]], roles: Sequence[str]) -> list[int]:
    counts: Counter[int] = Counter()
    texts: Counter[int] = Counter()
    for cells, name in zip(values[:LOOKED_AT], roles[:LOOKED_AT], strict=True):
        if name == "data":
            kinds = [kind_of(text) for text in cells]
            counts.update(position for position, kind in enumerate(kinds) if kind == "n")
            texts.update(position for position, kind in enumerate(kinds) if kind == "t")
    return [position for position, count in counts.items() if count >= 3 * texts[position]]


def upright(laid: Laid) -> bool:
    """A form: labels run down the first column and each further column is one record (施設名|A園, 所在地|本町1 …)."""
    labels = laid.header.labels
    if not 2 <= len(labels) <= UPRIGHT or not 2 <= len(laid.values) <= 60:
        return False
    above = labels[0].split("_")  # several rows may have been taken for the header
    firsts = [*above[1:], *(cells[0] for cells in laid.values if not blank(cells[0]))]
    named = sum(1 for text in (above[0], *firsts) if form_label(text))
    if len(set(firsts)) < len(firsts) or named < max(3, 0.6 * (len(firsts) + 1)):
        return False
    if any(label_word(label.split("_")[0]) for label in labels[1:]):
        return False
    kinds = [{kind_of(cells[position]) for cells in laid.values} - {"", "-"} for position in range(1, len(labels))]
    return len(above) > 1 or any("t" in found for found in kinds)


def doubts(laid: Laid) -> Iterator[Remark]:
    """Doubts about a finished table."""
    yield from _doubtful_header(laid)
    yield from _split_records(laid)
    yield from _kept_totals(laid)
    yield from _ditto(laid)


def _doubtful_header(laid: Laid) -> Iterator[Remark]:
    """No label is a usual one, and no column of figures proves that the words above it are labels."""
    labels = [label for label in laid.header.labels if label]
    if not labels or len(laid.header.rows) > 1 or any(label_word(label) for label in labels):
        return
    body = laid.values[:LOOKED_AT]
    for position, label in enumerate(laid.header.labels):
        kinds = Counter(kind_of(cells[position]) for cells in body)
        if kind_of(label) != "n" and kinds["n"] > kinds["t"]:
            return
    if any(kind_of(label) == "n" for label in labels):
        return
    row = laid.header.rows[0]
    words = {"text": "、".join(labels[:3]), "line": row + 1}
    yield Remark(code="header-doubtful", level=Level.HOLD, row=row, words=words)


def _split_records(laid: Laid) -> Iterator[Remark]:
    """A line break inside a value cut a record in two, and both halves were filled up with empty cells.

    The sign: the record before ends early, and this one has text in the first column and hardly a figure in the columns
    that hold figures in nearly all other records.
    """
    if len(laid.header.labels) < 4 or len(laid.values) < 8 or laid.blocks[0].offsets:
        return
    figures = _figure_columns(laid.values)
    if 0 not in figures:
        return
    ends = [max((i for i, text in enumerate(cells) if not blank(text)), default=-1) for cells in laid.values]
    usual = min(sorted(ends)[len(ends) // 2], 0.6 * len(laid.header.labels))
    for index in range(1, len(ends)):
        cells, row = laid.values[index], laid.rows[index]
        early = ends[index - 1] < usual and row == laid.rows[index - 1] + 1
        in_place = sum(1 for position in figures if kind_of(cells[position]) == "n")
        if early and kind_of(cells[0]) == "t" and in_place < 0.5 * len(figures):
            column = laid.blocks[0].columns[0]
            yield Remark(code="record-split", level=Level.ERROR, row=row, column=column, value=cells[0])


def _figure_columns(values: Sequence[Sequence[str]]) -> list[int]:
    """Columns of which at least eight cells in ten are figures."""
    counts: Counter[int] = Counter()
    for cells in values[:LOOKED_AT]:
        counts.update(position for position, text in enumerate(cells) if kind_of(text) == "n")
    return [position for position, count in counts.items() if count >= 0.8 * len(values[:LOOKED_AT])]


def _kept_totals(laid: Laid) -> Iterator[Remark]:
    """合計 as one of the values of a category: it stays, and is told."""
    kept = [index for index, cells in enumerate(laid.values) if _total_among(cells)]
    if weak_total_label(laid.values[0][0] if laid.values else "") and _greatest(laid.values):
        kept.insert(0, 0)
    if kept and len(laid.header.labels) >= 3:
        row = laid.rows[kept[0]]
        yield Remark(code="total-kept", level=Level.WARNING, row=row, words={"count": len(kept)})


def _total_among(cells: Sequence[str]) -> bool:
    named = any("計" in text and total_label(text) and not weak_total_label(text) for text in cells[:3])
    return named and any(kind_of(text) == "n" for text in cells[1:])


def _greatest(values: Sequence[Sequence[str]]) -> bool:
    """The first record (全市, 総数) has the greatest figure of its column, in two of three columns of figures."""
    columns = [column for column in zip(*values, strict=True) if number(column[0]) is not None]
    greatest = [all((number(text) or 0) <= (number(column[0]) or 0) for text in column[1:]) for column in columns]
    return bool(columns) and greatest.count(True) >= 0.67 * len(columns)


def _ditto(laid: Laid) -> Iterator[Remark]:
    """A first column that is filled only where a group begins: the rest means "as above"."""
    if len(laid.header.labels) < 3 or len(laid.values) < 4 or laid.blocks[0].offsets:
        return
    firsts = [cells[0].strip() for cells in laid.values]
    filled = [text for text in firsts if not blank(text)]
    counts = sorted(sum(1 for text in column if not blank(text)) for column in list(zip(*laid.values, strict=True))[1:])
    grouped = bool(filled) and not blank(firsts[0]) and len(set(filled)) == len(filled) >= 2
    if (
        grouped
        and len(filled) <= 0.6 * len(firsts)
        and min(counts[-2:]) >= 0.9 * len(firsts)
        and kind_of(filled[0]) == "t"
    ):
        row, column = laid.rows[0], laid.blocks[0].columns[0]
        words = {"name": laid.header.labels[0]}
        yield Remark(code="ditto-blank", level=Level.WARNING, row=row, column=column, words=words)
