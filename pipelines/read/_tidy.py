"""The last touches on a table: totals out (and checked), empty columns out, remarks on the header and on merges."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pipelines.model import Level
from pipelines.read import _merges
from pipelines.read._labels import period
from pipelines.read._laid import Block, Header, Laid, Omitted, Remark
from pipelines.read._marks import kind_of, squeezed, subtotal_label, total_label, weak_total_label
from pipelines.read._roles import total_row
from pipelines.read._totals import mismatches, sums_up
from pipelines.read.grid import Grid, blank

#: a label that begins so explains the table to whoever fills it in, and is no label
_EXPLANATION = ("←", "→", "⇐", "⇒")
_YEAR = re.compile(r"^(?:19|20)[0-9]{2}$")
_ZERO = re.compile(r"^0(?:\.0+)?$")


def without_spare(laid: Laid) -> None:
    """Take numbered rows out that were never filled in: nothing but a number, zeros and lone commas, and no text in a
    column where all other records have some."""
    if len(laid.values) < 4 or len(laid.header.labels) < 3 or laid.blocks[0].offsets:
        return
    spare = {index for index, cells in enumerate(laid.values) if _spare(cells)}
    rest = [cells for index, cells in enumerate(laid.values) if index not in spare]
    if not spare or len(spare) > 0.3 * len(laid.values):
        return
    texts = [p for p in range(1, len(rest[0])) if sum(1 for c in rest if kind_of(c[p]) == "t") >= 0.8 * len(rest)]
    spare = {index for index in spare if texts and all(blank(laid.values[index][position]) for position in texts)}
    for index in sorted(spare):
        text = " ".join(text.strip() for text in laid.values[index] if not blank(text))
        laid.omitted.append(Omitted(what="spare", row=laid.rows[index], text=text))
        laid.remarks.append(Remark(code="spare-row", level=Level.WARNING, row=laid.rows[index], value=text))
    _keep(laid, [index for index in range(len(laid.rows)) if index not in spare])


def _spare(cells: Sequence[str]) -> bool:
    """Zeros and separators only, behind a whole number in the first column or none there."""
    rest = [text.strip(" \u3000,、;:/") for text in cells[1:] if not blank(text)]
    first = cells[0].strip()
    return (
        any(_ZERO.match(text) for text in rest)
        and all(not text or _ZERO.match(text) for text in rest)
        and (not first or first.isdigit() or bool(_ZERO.match(first)))
    )


def _keep(laid: Laid, keep: Sequence[int]) -> None:
    laid.rows = [laid.rows[index] for index in keep]
    laid.block = [laid.block[index] for index in keep]
    laid.values = [laid.values[index] for index in keep]


def without_totals(laid: Laid) -> None:
    """Take total rows out and compare them with the records."""
    kept = _categories(laid.values)
    totals = [_is_total(cells) and (not kept or squeezed(cells[0]) not in kept) for cells in laid.values]
    if _nameless_total(laid.values, totals):
        totals[-1] = True
    weak = [index for index, cells in enumerate(laid.values) if _first_text(cells, weak_total_label)]
    for index in weak[:20]:
        marks = [total or position == index for position, total in enumerate(totals)]
        verdicts = [sums_up(laid.values, marks, index, column) for column in range(len(laid.values[index]))]
        if verdicts.count(True) >= 2 and verdicts.count(False) == 0:
            totals[index] = True
    if not any(totals) or all(totals):
        return
    for wrong in mismatches(laid.values, totals):
        block = laid.blocks[laid.block[wrong.row]]
        words: dict[str, Any] = {"written": wrong.written, "computed": wrong.computed}
        row, column = laid.rows[wrong.row], block.columns[wrong.column]
        laid.remarks.append(Remark(code="total-mismatch", level=Level.WARNING, row=row, column=column, words=words))
    for row, cells, total in zip(laid.rows, laid.values, totals, strict=True):
        if total:
            text = " ".join(text.strip() for text in cells if not blank(text))
            laid.omitted.append(Omitted(what="total", row=row, text=text[:200]))
    _keep(laid, [index for index, total in enumerate(totals) if not total])
    words = {"count": sum(totals)}
    laid.remarks.append(Remark(code="total-left-out", level=Level.NOTICE, words=words))


def _categories(values: Sequence[Sequence[str]]) -> set[str]:
    """Labels such as 計 that the first column of a long table repeats like its other values (計, 男, 女 a year).

    Each pair of first and second cell stands once, and the other values recur about as often as the label.
    """
    firsts = Counter(squeezed(cells[0]) for cells in values if cells and not blank(cells[0]))
    labels = {text for text, count in firsts.items() if count > 1 and total_label(text) and not subtotal_label(text)}
    others = sorted(count for text, count in firsts.items() if text not in labels)
    if not labels or len(others) < 2 or any(len(cells) < 3 or blank(cells[1]) for cells in values):
        return set()
    pairs = {(squeezed(cells[0]), squeezed(cells[1])) for cells in values}
    keys = sum(1 for cells in values if kind_of(cells[1]) == "t" or period(cells[1]) or _YEAR.match(cells[1].strip()))
    if len(pairs) < len(values) or keys < 0.8 * len(values):
        return set()
    return {text for text in labels if others[len(others) // 2] >= 0.6 * firsts[text]}


def _nameless_total(values: Sequence[Sequence[str]], totals: Sequence[bool]) -> bool:
    """The last row has no name where all others have one, and each of two or more figures is a sum of those above."""
    if len(values) < 3 or totals[-1] or not blank(values[-1][0]) or any(kind_of(text) == "t" for text in values[-1]):
        return False
    if not all(kind_of(cells[0]) == "t" for cells in values[:-1]):
        return False
    marks = [*totals[:-1], True]
    verdicts = [sums_up(values, marks, len(values) - 1, column) for column in range(1, len(values[-1]))]
    return verdicts.count(True) >= 2 and False not in verdicts


def _is_total(cells: Sequence[str]) -> bool:
    present = [index for index, text in enumerate(cells) if text and not blank(text)]
    return bool(present) and total_row(cells, present)


def _first_text(cells: Sequence[str], test: Callable[[str], bool]) -> bool:
    first = next((text for text in cells[:3] if not blank(text)), "")
    return bool(first) and test(first)


def without_empty_columns(grid: Grid, laid: Laid) -> None:
    """Columns with neither label nor value go; a labelled column stays even when it is empty."""
    labels = laid.header.labels
    filled = {position for cells in laid.values for position, text in enumerate(cells) if text and not blank(text)}
    under = _under_left(grid, laid.header, laid.blocks[0].columns)
    keep = [
        position
        for position, label in enumerate(labels)
        if (position in filled or (label and laid.blocks[0].columns[position] not in under))
        and not label.startswith(_EXPLANATION)
    ]
    if len(keep) == len(labels):
        return
    laid.header = replace(laid.header, labels=tuple(labels[position] for position in keep))
    laid.values = [[cells[position] for position in keep] for cells in laid.values]
    laid.blocks = [
        Block(
            tuple(block.columns[position] for position in keep),
            None if block.offsets is None else tuple(block.offsets[position] for position in keep),
        )
        for block in laid.blocks
    ]


def _under_left(grid: Grid, header: Header, columns: Sequence[int]) -> set[int]:
    """Columns that carry only the label of the merged header cell to their left."""
    inside = set(columns)
    last = header.rows[-1]
    return {
        column
        for top, left, bottom, right in grid.merged
        if top <= last <= bottom and left in inside
        for column in range(left + 1, right + 1)
    }


def remark_header(laid: Laid) -> None:
    header, columns = laid.header, laid.blocks[0].columns
    row = header.rows[-1]
    if len(header.rows) > 1:
        joined = Remark(code="header-joined", level=Level.NOTICE, row=header.rows[0], words={"count": len(header.rows)})
        laid.remarks.append(joined)
    counts = Counter(label for label in header.labels if label)
    for position, label in enumerate(header.labels):
        if not label:
            laid.remarks.append(
                Remark(code="header-blank", level=Level.WARNING, row=row, column=columns[position], value="")
            )
        elif counts[label] > 1 and header.labels.index(label) != position:
            words = {"name": label, "count": counts[label]}
            column = columns[position]
            laid.remarks.append(
                Remark(code="header-duplicate", level=Level.WARNING, row=row, column=column, words=words)
            )


def remark_across(grid: Grid, columns: tuple[int, ...], header: Header) -> list[Remark]:
    spans = _merges.across(grid, columns, header.labels, header.below)
    return [
        Remark(code="merged-across", level=Level.WARNING, row=m[0], column=m[1])
        for m in spans
        if m[3] - m[1] + 1 < 0.8 * len(columns) and not total_label(grid.text(m[0], m[1]))
    ]
