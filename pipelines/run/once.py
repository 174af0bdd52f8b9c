"""What two stages notice of the same cell is said once: by the stage that knows best what to write instead."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.model import Level, Problem

#: what validate says of a value that an earlier stage has already sent back
_VERDICTS = frozenset({"type-error", "constraint-error"})
#: the screen's summary of what standardize has told column by column
_SUMMARY = frozenset({"undeclared-column"})
#: remarks that a line of dataset.yaml fits nothing in this file
STALE = frozenset({"rename-unused", "repair-unused"})

Cell = tuple[str, str | None, int | None, object]


def said_once(read: Iterable[Problem], later: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems of reading, then those of the later stages that say something new.

    A cell that reading sent back (ERROR: a broken character, a damaged number) gets no second ERROR from standardize
    or Frictionless; one that standardize sent back gets none from Frictionless.  Columns that stay here are told one
    by one by standardize, so the screen's list of them is left out; a column that is held is not warned of as well.
    """
    first, rest = tuple(read), tuple(later)
    damaged = {_cell(p) for p in first if p.level is Level.ERROR and p.place.cell}
    refused = damaged | {_cell(p) for p in rest if _refuses(p)}
    held = {_cell(p) for p in rest if p.code == "held-new-column"}
    return first + tuple(p for p in rest if not _repeated(p, damaged, refused, held))


def said_by_all(said: Iterable[tuple[Problem, ...]]) -> frozenset[tuple[str, str]]:
    """(code, message) of the remarks on stale settings that every file of a dataset makes.

    A rename that only the older files need is not stale, though each newer file says that it lacks that column.
    """
    sets = [{(p.code, p.message) for p in problems if p.code in STALE} for problems in said]
    return frozenset(set.intersection(*sets)) if sets else frozenset()


def _refuses(problem: Problem) -> bool:
    return problem.level is Level.ERROR and problem.code.startswith(("value-", "coordinate-"))


def _repeated(problem: Problem, damaged: set[Cell], refused: set[Cell], held: set[Cell]) -> bool:
    if problem.code in _VERDICTS:
        return _cell(problem) in refused
    if problem.code == "column-not-published":
        return _cell(problem) in held
    if _refuses(problem):
        return _cell(problem) in damaged
    return problem.code in _SUMMARY


def _cell(problem: Problem) -> Cell:
    place = problem.place
    return (place.path, place.sheet, place.row, place.column or place.field)
