"""Bytes → SourceTable: encoding, delimited text, workbooks in a guarded child process, layout.

``read`` gives the one table of a file, ``read_all`` every table sheet of a workbook.  Nothing is guessed silently: what
was taken as header and data and what was left out stands in the SourceTable, and whatever could be read in two ways is
a Problem.
"""

from __future__ import annotations

from pipelines.model import DroppedFile, ReadOptions, SheetCells, SourceTable, Step
from pipelines.read.limits import Limits

_OPTIONS = ReadOptions()
_LIMITS = Limits()

__all__ = ["Limits", "cells", "identify", "read", "read_all"]


def read(file: DroppedFile, options: ReadOptions = _OPTIONS, limits: Limits = _LIMITS) -> Step[SourceTable]:
    """The one table of a dropped file, or the problems that say why there is none."""
    from pipelines.read.choose import the_one

    return the_one(file, options, limits)


def read_all(
    file: DroppedFile, options: ReadOptions = _OPTIONS, limits: Limits = _LIMITS
) -> Step[tuple[SourceTable, ...]]:
    """Every table sheet of a dropped file, in the book's order; whether they belong together dataset.yaml says."""
    from pipelines.read.choose import every_table

    return every_table(file, options, limits)


def identify(file: DroppedFile, options: ReadOptions = _OPTIONS, limits: Limits = _LIMITS) -> tuple[str, str | None]:
    """(format, encoding) of a file by its content, also of one that is no table: for saying what a rejected file is."""
    from pipelines.read.source import open_source

    source = open_source(file, options, limits)
    return source.format, source.encoding


def cells(file: DroppedFile, options: ReadOptions = _OPTIONS, limits: Limits = _LIMITS) -> tuple[SheetCells, ...]:
    """Every sheet of a file as text at its own place, nothing left out; empty for what cannot be opened or is long."""
    from pipelines.read.source import open_source

    source = open_source(file, options, limits)
    if source.bulk is not None:  # only its head was opened
        return ()
    return tuple(
        SheetCells(name=grid.sheet, rows=grid.rows, merged=grid.merged, visible=grid.visible) for grid in source.grids
    )
