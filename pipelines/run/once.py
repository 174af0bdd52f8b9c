"""What two stages notice of the same cell is said once: by the stage that knows best what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipelines.model import Level, Problem

#: what validate says of a value that an earlier stage has already sent back
VERDICTS = frozenset({"type-error", "constraint-error"})
#: what standardize says of latitude and longitude together: the message names both fields
PAIRS = frozenset({"coordinate-swapped", "coordinate-zero"})
#: the screen's summary of what standardize has told column by column
SUMMARY = frozenset({"undeclared-column"})
#: remarks that a line of dataset.yaml fits nothing in this file
STALE = frozenset({"rename-unused", "repair-unused"})

#: path, sheet, row (None: every row), column number or field name
Cell = tuple[str, str | None, int | None, object]


def said_once(read: Iterable[Problem], later: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems of reading, then those of the later stages that say something new.

    A cell that reading sent back (ERROR: a broken character, a damaged number) gets no second ERROR from standardize
    or Frictionless; one that standardize sent back gets none from Frictionless, and a required column that is missing
    is not missing once more in every row.  Columns that stay here are told one by one by standardize, so the screen's
    list of them is left out; a column that is held is not warned of as well.
    """
    first, rest = tuple(read), tuple(later)
    damaged = {cell for p in first if p.level is Level.ERROR and p.place.cell for cell in _cells(p)}
    refused = damaged | {cell for p in rest if _refuses(p) for cell in (*_cells(p), *_pair(p))}
    refused |= {(p.place.path, p.place.sheet, None, p.place.field) for p in rest if p.code == "column-missing"}
    held = {cell for p in rest if p.code == "held-new-column" for cell in _cells(p)}
    new = tuple(p for p in rest if not _repeated(p, damaged, refused, held))
    named = sum(p.code == "value-text" and p.level is Level.ERROR for p in new)
    return tuple(p for p in first if not 0 < _more(p) <= named) + new


def said_by_all(said: Iterable[tuple[Problem, ...]]) -> frozenset[tuple[str, str]]:
    """(code, message) of the remarks on stale settings that every file of a dataset makes.

    A rename that only the older files need is not stale, though each newer file says that it lacks that column.
    """
    sets = [{(p.code, p.message) for p in problems if p.code in STALE} for problems in said]
    return frozenset(set.intersection(*sets)) if sets else frozenset()


def _more(problem: Problem) -> int:
    """Reading names the first hundred damaged characters one by one and then says how many more there are (else 0)."""
    found = re.match(r"同じことが、ほかに([\d,]+)か所", problem.message) if problem.place.row is None else None
    return int(found[1].replace(",", "")) if found and problem.code.endswith("-character") else 0


def _refuses(problem: Problem) -> bool:
    return problem.level is Level.ERROR and problem.code.startswith(("value-", "coordinate-"))


def _repeated(problem: Problem, damaged: set[Cell], refused: set[Cell], held: set[Cell]) -> bool:
    cells = set(_cells(problem))
    if problem.code in VERDICTS:
        whole_column = (problem.place.path, problem.place.sheet, None, problem.place.field)
        return bool(cells & refused) or whole_column in refused
    if problem.code == "column-not-published":
        return bool(cells & held)
    if _refuses(problem):
        return bool(cells & damaged)
    return problem.code in SUMMARY


def _cells(problem: Problem) -> Iterator[Cell]:
    """The cell by its column's number and by its field's name: reading knows only the one, a made column the other."""
    place = problem.place
    for column in (place.column, place.field):
        if column is not None:
            yield (place.path, place.sheet, place.row, column)


def _pair(problem: Problem) -> Iterator[Cell]:
    """Both cells of a coordinate; without a value, both columns."""
    if problem.code in PAIRS:
        row = problem.place.row if problem.value is not None else None
        for name in re.findall("「([^」]+)」", problem.message):
            yield (problem.place.path, problem.place.sheet, row, name)
