"""Values that a person would stumble over: ditto marks, lost characters, computed rows, columns packed in one.

Nothing here changes a value.  What cannot be published as it stands is an error; what may be meant so is told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipelines.model import Level
from pipelines.read._labels import label_word, shape
from pipelines.read._laid import Laid, Remark
from pipelines.read._marks import kind_of, squeezed
from pipelines.read.grid import blank

_DITTO = re.compile(r"^(?:[〃々仝″”]|\"|同上|同左|同じ|上に同じ)$")
_REMARKS = re.compile(r"備考|摘要|注記|特記|メモ|コメント|その他")
#: a question mark where a kanji must have stood (?島商店), or a wave between two figures (9?17時)
_LOST = re.compile(r"(?:^|(?<=[\s\u3000一-鿿]))\?+(?=[一-鿿])|(?<=[0-9０-９時])\?(?=[0-9０-９])")
_DERIVED = re.compile(
    r"^(?:平均値?|中央値|最大値?|最小値?|標準偏差|構成比|割合|比率|(?:対?前年|対?前月|対?前回)(?:比|差|増減)?|増減率?|伸び率)(?:[(（].{1,6}[)）])?$"
)
_PACKED = (
    ("，", re.compile("，")),
    ("、", re.compile("、")),
    ("空白", re.compile(r"[ \u3000]{2,}|\t")),
    ("|", re.compile(r"\|")),
)
LARGEST = 4


def oddities(laid: Laid) -> Iterator[Remark]:
    """Everything odd about the values of a finished table."""
    yield from _ditto_marks(laid)
    yield from _lost_characters(laid)
    yield from _derived(laid)
    yield from _packed(laid)
    yield from _split_rows(laid)
    yield from _unnamed(laid)


def _place(laid: Laid, index: int, position: int) -> tuple[int, int]:
    block = laid.blocks[laid.block[index]]
    return laid.rows[index] + (block.offsets[position] if block.offsets else 0), block.columns[position]


def _ditto_marks(laid: Laid) -> Iterator[Remark]:
    """〃 and 同上 in cells: what they stand for depends on the row above; a remark's column may say so."""
    for index, cells in enumerate(laid.values):
        for position, text in enumerate(cells):
            if len(text) <= 5 and text and _DITTO.match(text.strip()):
                row, column = _place(laid, index, position)
                level = Level.WARNING if _REMARKS.search(laid.header.labels[position]) else Level.ERROR
                yield Remark(code="ditto-mark", level=level, row=row, column=column, value=text.strip())


def _lost_characters(laid: Laid) -> Iterator[Remark]:
    """?島商店: saved in a code that has no such kanji."""
    for index, cells in enumerate(laid.values):
        for position, text in enumerate(cells):
            if "?" in text and len(text) <= 60 and "://" not in text and _LOST.search(text):
                row, column = _place(laid, index, position)
                yield Remark(code="lost-character", level=Level.WARNING, row=row, column=column, value=text)


def _derived(laid: Laid) -> Iterator[Remark]:
    """平均 and 構成比 among the records: they stay and are told."""
    found = [index for index, cells in enumerate(laid.values) if cells and _DERIVED.match(squeezed(cells[0]))]
    firsts = Counter(squeezed(cells[0]) for cells in laid.values if cells)
    if found and len(found) <= 0.5 * len(laid.values) and len(laid.header.labels) > 1:
        name = squeezed(laid.values[found[0]][0])
        if firsts[name] > 1 or found[0] in (0, len(laid.values) - 1):
            words = {"name": name, "count": len(found)}
            yield Remark(code="derived-rows", level=Level.WARNING, row=laid.rows[found[0]], words=words)


def _packed(laid: Laid) -> Iterator[Remark]:
    """One column whose label and values are parted alike by ， or runs of spaces: the columns were not parted."""
    if len(laid.header.labels) != 1 or len(laid.values) < 2:
        return
    for name, pattern in _PACKED:
        pieces = len(pattern.split(laid.header.labels[0].strip()))
        alike = sum(1 for cells in laid.values if len(pattern.split(cells[0].strip())) == pieces)
        if pieces > 1 and alike >= 0.8 * len(laid.values):
            yield Remark(code="columns-packed", level=Level.ERROR, row=laid.header.rows[0], words={"what": name})
            return


def _split_rows(laid: Laid) -> Iterator[Remark]:
    """The first column is filled on every second (third, fourth) row only, and the rows between hold other things.

    Other things: the first column numbers the records, or a column has telephone numbers, addresses or figures on one
    line of each piece and none of that kind on another.  A group's name written once is no such table.
    """
    if len(laid.header.labels) < 2 or len(laid.blocks) > 1 or laid.blocks[0].offsets or len(laid.values) < 4:
        return
    values = laid.values[1:] if _more_labels(laid.values[0]) else laid.values
    firsts = [not blank(cells[0]) for cells in values]
    if not firsts[0]:
        return
    starts = [index for index, filled in enumerate(firsts) if filled]
    steps = {later - earlier for earlier, later in zip(starts, [*starts[1:], len(firsts)], strict=True)}
    height = steps.pop()
    if steps or not 2 <= height <= LARGEST or len(starts) < 2:
        return
    if _counted([values[index][0] for index in starts]) or _phases_differ(values, height):
        words = {"count": height}
        yield Remark(code="records-on-rows", level=Level.ERROR, row=laid.rows[0], words=words)


def _more_labels(cells: Sequence[str]) -> bool:
    """The labels of the second line of each record, under the header."""
    texts = [text for text in cells if not blank(text)]
    return blank(cells[0]) and bool(texts) and all(label_word(text) for text in texts)


def _counted(texts: Sequence[str]) -> bool:
    numbers = [int(text) for text in texts if text.strip().isdigit()]
    return len(numbers) == len(texts) and all(later == earlier + 1 for earlier, later in pairwise(numbers))


def _phases_differ(values: Sequence[Sequence[str]], height: int) -> bool:
    for column in range(1, len(values[0])):
        signs = [{_sign(cells[column]) for cells in values[phase::height]} - {""} for phase in range(height)]
        alike = [next(iter(found)) for found in signs if len(found) == 1]
        if len(alike) >= 2 and len(set(alike)) > 1:
            return True
    return False


def _sign(text: str) -> str:
    form = shape(text)
    return f"s{form}" if form is not None else kind_of(text).strip("-")


def _unnamed(laid: Laid) -> Iterator[Remark]:
    """The last row has figures and no text, where every other row has a name: a total nobody named, or a lost name."""
    if len(laid.values) < 3 or laid.blocks[0].offsets:
        return
    named = [p for p in range(len(laid.header.labels)) if all(kind_of(cells[p]) == "t" for cells in laid.values[:-1])]
    last = laid.values[-1]
    if named and all(blank(last[position]) for position in named) and any(kind_of(text) == "n" for text in last):
        column = laid.blocks[laid.block[-1]].columns[named[0]]
        yield Remark(code="unnamed-row", level=Level.WARNING, row=laid.rows[-1], column=column, value="")
