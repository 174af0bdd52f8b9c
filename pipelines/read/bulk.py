"""Long text files record by record: the layout is found on the first records, the rest streams into Arrow columns.

Only for files whose first records are a plain table.  The rules for rows are those of :mod:`_roles`; what differs is
that totals are left out without being added up.  Memory stays at the text, the Arrow columns and one batch of records.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from pipelines.model import DroppedFile, LeftOut, Level, Origin, Problem, SourceBlock, SourceTable
from pipelines.read._cells import fold
from pipelines.read._laid import Laid
from pipelines.read._roles import role
from pipelines.read.characters import SUSPECT, character_problem
from pipelines.read.delimited import strict_reader
from pipelines.read.grid import blank
from pipelines.read.problems import limited, problem

if TYPE_CHECKING:
    import pyarrow as pa

CHARACTERS = 8_000_000
HEAD = 2_000
BATCH = 50_000
_HARMLESS = {"header-blank", "header-duplicate", "header-joined"}
#: first cells that may begin a total, a note, a section, a repeated header or an incomplete row; all others are records
_SUSPECT = re.compile(
    r"^[\s\u3000]*(?:$|[※＊*（(〔\[【注出資備参単凡→←↑↓＜<・■◆●◇□▼▽▲△○◎《［★☆合総小中累計全都道府県市区町村郡部tTsSgG])"
)


@dataclass(frozen=True, slots=True)
class Bulk:
    """A long text that was decoded and not yet parsed beyond its head; ``skipped`` records precede the text."""

    text: str
    delimiter: str
    skipped: int = 0


@dataclass(slots=True)
class _Taken:
    rows: array[int] = field(default_factory=lambda: array("q"))
    batches: list[list[pa.Array]] = field(default_factory=list)
    batch: list[Sequence[str]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    pending: list[tuple[int, list[str]]] = field(default_factory=list)
    totals: int = 0
    blank_before: bool = False


def plain(laid: Laid) -> bool:
    """The head is one block of neighbouring columns from the first on, with nothing odd about it."""
    if len(laid.blocks) != 1 or laid.blocks[0].offsets or laid.header.rows[-1] + 1 != laid.header.below:
        return False
    columns = laid.blocks[0].columns
    return columns == tuple(range(len(columns))) and {remark.code for remark in laid.remarks} <= _HARMLESS


def head(text: str, delimiter: str) -> list[list[str]]:
    """The first records.  Raises ``csv.Error`` on a damaged one."""
    return list(islice(strict_reader(text, delimiter), HEAD))


def bulk_table(
    file: DroppedFile, bulk: Bulk, laid: Laid, format_: str, encoding: str | None
) -> tuple[SourceTable, tuple[Problem, ...]]:
    """The whole table.  Raises ``csv.Error`` on a damaged record: the caller reads the file the thorough way then."""
    taken = _Taken()
    expected = _width(bulk, laid)
    folded = [fold(label) for label in laid.header.labels]
    bad = SUSPECT.search(bulk.text) is not None
    for row, cells in _records(bulk, laid.header.below):
        if bad and SUSPECT.search("\t".join(cells)):
            taken.problems.extend(character_problem(file.shown, None, row, cells))
        _take(file, taken, row, cells, folded, expected)
        if len(taken.batch) >= BATCH:
            _flush(taken, len(folded))
    _end(taken)
    _flush(taken, len(folded))
    if taken.totals:
        taken.problems.append(problem("total-left-out", Level.NOTICE, file.shown, count=taken.totals))
    return _table(file, laid, taken, format_, encoding), limited(taken.problems)


def _width(bulk: Bulk, laid: Laid) -> int:
    rows = list(islice(strict_reader(bulk.text, bulk.delimiter), laid.header.below - bulk.skipped))
    return len(rows[-1])


def _records(bulk: Bulk, below: int) -> Iterator[tuple[int, list[str]]]:
    """(1-based record number in the file, cells) of every record under the header."""
    for number, cells in enumerate(strict_reader(bulk.text, bulk.delimiter), bulk.skipped + 1):
        if number > below:
            yield number, cells


def _take(file: DroppedFile, taken: _Taken, row: int, cells: list[str], folded: list[str], expected: int) -> None:
    width = len(folded)
    if (
        len(cells) == width == expected
        and not _SUSPECT.match(cells[0])
        and fold_free(cells[0], folded[0])
        and any(cells[1:])
    ):
        _keep(taken, row, cells)
        return
    padded = cells[:width] + [""] * (width - len(cells))
    name = role(padded, folded, False)
    if name == "blank" or name == "numbered-blank":
        taken.blank_before = True
    elif name == "data":
        taken.problems.extend(_ragged(file, row, cells, width, expected))
        _keep(taken, row, padded)
    elif name == "single":
        taken.pending.append((row, padded))
    else:
        taken.totals += name == "total"
        text = " ".join(cell.strip() for cell in padded if not blank(cell))[:200]
        taken.left_out.append(LeftOut(what=name, row=row, text=text))
        if name == "section":
            taken.problems.append(problem("section-row", Level.WARNING, file.shown, row=row, value=text[:100]))


def fold_free(text: str, label: str) -> bool:
    """True when the text cannot be the label of its column (a repeated header), without folding most texts."""
    return not label or not text or text[0] != label[0] or fold(text) != label


def _keep(taken: _Taken, row: int, cells: Sequence[str]) -> None:
    for pending_row, pending in taken.pending:  # rows with one value were records after all
        taken.rows.append(pending_row)
        taken.batch.append(pending)
    taken.pending.clear()
    taken.blank_before = False
    taken.rows.append(row)
    taken.batch.append(cells)


def _end(taken: _Taken) -> None:
    """Rows with one value at the very end, after an empty row or long: notes."""
    for row, cells in taken.pending:
        text = next(cell for cell in cells if not blank(cell))
        if taken.blank_before or len(text) > 20:
            taken.left_out.append(LeftOut(what="note", row=row, text=text[:200]))
        else:
            taken.rows.append(row)
            taken.batch.append(cells)
    taken.pending.clear()


def _ragged(file: DroppedFile, row: int, cells: list[str], width: int, expected: int) -> list[Problem]:
    words: dict[str, Any] = {"expected": expected, "found": len(cells)}
    if len(cells) < min(expected, width):
        return [problem("row-short", Level.ERROR, file.shown, row=row, column=len(cells) + 1, **words)]
    if any(not blank(text) for text in cells[expected:]):
        return [problem("row-long", Level.ERROR, file.shown, row=row, column=expected + 1, **words)]
    return []


def _flush(taken: _Taken, width: int) -> None:
    import pyarrow as pa

    if taken.batch:
        columns = list(zip(*taken.batch, strict=True))
        taken.batches.append([pa.array(columns[position], pa.string()) for position in range(width)])
        taken.batch = []


def _table(file: DroppedFile, laid: Laid, taken: _Taken, format_: str, encoding: str | None) -> SourceTable:
    import pandas as pd
    import pyarrow as pa

    width = len(laid.header.labels)
    chunks = [pa.chunked_array([batch[position] for batch in taken.batches], pa.string()) for position in range(width)]
    dtype = pd.ArrowDtype(pa.string())
    frame = pd.DataFrame({position: pd.Series(pd.array(chunk, dtype=dtype)) for position, chunk in enumerate(chunks)})
    block = SourceBlock(path=file.shown, sheet=None, columns=tuple(range(1, width + 1)))
    above = tuple(
        LeftOut(what=o.what, row=(o.row or 0) + 1, text=o.text)
        for o in laid.omitted
        if (o.row or 0) < laid.header.below
    )
    return SourceTable(
        path=file.shown,
        format=format_,
        encoding=encoding,
        sheet=None,
        header=laid.header.labels,
        header_rows=tuple(row + 1 for row in laid.header.rows),
        first_data_row=taken.rows[0] if taken.rows else None,
        frame=frame,
        origin=Origin(blocks=(block,), rows=taken.rows),
        left_out=(*above, *taken.left_out),
        facts=laid.facts,
    )
