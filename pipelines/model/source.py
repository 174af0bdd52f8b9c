"""From the drop to a table as the department wrote it, every cell with its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.model.problems import Place
from pipelines.model.settings import DatasetSpec

if TYPE_CHECKING:  # the frame's type only; nothing heavy is imported at run time
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedFile:
    """One file of the drop: ``path`` absolute, ``shown`` relative to the drop root (what people see), SHA-256."""

    path: Path
    shown: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """What intake found for one dataset; ``digest`` covers all files and the configuration that shapes them."""

    spec: DatasetSpec
    files: tuple[DroppedFile, ...]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBlock:
    """A rectangle the table was taken from.  ``columns[j]`` is the 1-based sheet column of table column j (0: none).

    ``row_offsets[j]`` is added to the row for records that stand on several physical rows.
    """

    path: str
    sheet: str | None
    columns: tuple[int, ...]
    row_offsets: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where each row of a table came from: ``rows[i]`` 1-based sheet row, ``block[i]`` index into ``blocks``."""

    blocks: tuple[SourceBlock, ...]
    rows: Sequence[int]
    block: Sequence[int] | None = None

    def place(self, row: int | None, column: int | None, name: str | None = None) -> Place:
        """The place of table row and column (both 0-based; None: the whole row or column)."""
        source = self.blocks[int(self.block[row]) if self.block is not None and row is not None else 0]
        sheet_row = int(self.rows[row]) if row is not None else None
        sheet_column = None
        if column is not None and column < len(source.columns):
            sheet_column = source.columns[column] or None
            if sheet_row is not None and source.row_offsets is not None:
                sheet_row += source.row_offsets[column]
        return Place(path=source.path, sheet=source.sheet, row=sheet_row, column=sheet_column, field=name)

    def reordered(self, order: Sequence[int | None]) -> Origin:
        """The origin after columns were re-ordered: ``order[j]`` is the old index of new column j, None if made."""
        return replace(self, blocks=tuple(_reordered(b, order) for b in self.blocks))


def _reordered(block: SourceBlock, order: Sequence[int | None]) -> SourceBlock:
    columns = tuple(0 if old is None else block.columns[old] for old in order)
    offsets = block.row_offsets
    if offsets is not None:
        offsets = tuple(0 if old is None else offsets[old] for old in order)
    return replace(block, columns=columns, row_offsets=offsets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Something in the original workbook that a reader of it would not see, or that is not a cell.

    ``kind`` is kebab-case: hidden-sheet, hidden-row, hidden-column, zero-width, white-text, comment, external-link,
    pivot-cache, macro, embedded-object, defined-name, property …  ``count`` how many.  No value in clear.
    """

    kind: str
    sheet: str | None = None
    detail: str = ""
    count: int = 1
    row: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCells:
    """One sheet of a department's file as text, every cell at its own place; for the copy in the reply.

    ``name`` is None for a file without sheets; ``merged`` are 0-based inclusive ranges (top, left, bottom, right).
    """

    name: str | None
    rows: Sequence[Sequence[str]]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    visible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """A table as the department wrote it: all text, empty cells ``""``, columns 0…n-1 in ``frame``.

    ``header[j]`` is the label of frame column j as read (may repeat or be empty).  ``header_rows`` and
    ``first_data_row`` are 1-based.  ``left_out`` lists what was recognised and not taken (titles, totals, notes).
    ``facts`` are metadata found around the table (``{"集計基準日": "令和6年6月30日"}``).
    """

    path: str
    format: str
    encoding: str | None
    sheet: str | None
    header: tuple[str, ...]
    header_rows: tuple[int, ...]
    first_data_row: int | None
    frame: pd.DataFrame
    origin: Origin
    left_out: tuple[LeftOut, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    #: cells whose look differs from their value, e.g. {(row, column): "date"} for typed workbook cells (0-based)
    cell_types: Mapping[tuple[int, int], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A physical row (or column) that was recognised as no data: ``what`` is title, unit, total, note, blank …"""

    what: str
    row: int | None = None
    column: int | None = None
    sheet: str | None = None
    text: str = ""
