"""The last touches on a table: totals out (and checked), empty columns out, remarks on the header and on merges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pipelines.model import Level
from pipelines.read import _merges
from pipelines.read._laid import Block, Header, Laid, Omitted, Remark
from pipelines.read._marks import total_label, weak_total_label
from pipelines.read._roles import total_row
from pipelines.read._totals import mismatches, sums_up
from pipelines.read.grid import Grid, blank

#: a label that begins so explains the table to whoever fills it in, and is no label
_EXPLANATION = ("←", "→", "⇐", "⇒")


def without_totals(laid: Laid) -> None:
    """Take total rows out and compare them with the records."""
    totals = [_is_total(cells) for cells in laid.values]
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
    keep = [index for index, total in enumerate(totals) if not total]
    laid.rows = [laid.rows[index] for index in keep]
    laid.block = [laid.block[index] for index in keep]
    laid.values = [laid.values[index] for index in keep]
    words = {"count": sum(totals)}
    laid.remarks.append(Remark(code="total-left-out", level=Level.NOTICE, words=words))


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
