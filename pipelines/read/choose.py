"""Which sheet of a workbook is the dataset: named, recognised, the only one, or a question to the department."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from typing import Any

from pipelines.model import DroppedFile, LeftOut, Level, Problem, ReadOptions, SourceTable, Step
from pipelines.read import _marks
from pipelines.read._cells import fold
from pipelines.read._laid import Laid, Remark
from pipelines.read.assemble import layout_problems, source_table, told
from pipelines.read.bulk import Bulk, bulk_table, plain
from pipelines.read.grid import Grid, blank
from pipelines.read.layout import lay_out
from pipelines.read.limits import Limits
from pipelines.read.problems import problem
from pipelines.read.source import Source, open_source, thorough

SAMPLE_ROWS = 30


@dataclass(frozen=True, slots=True)
class _Candidate:
    grid: Grid
    laid: Laid


def the_one(file: DroppedFile, options: ReadOptions, limits: Limits) -> Step[SourceTable]:
    """See :func:`pipelines.read.read`."""
    source = open_source(file, options, limits)
    if source.bulk is not None:
        streamed = _streamed(file, source, source.bulk, options)
        if streamed is not None:
            return streamed
        source = thorough(file, source.bulk.text, source.encoding or "", source.bulk.delimiter)
    candidates, problems, left = _candidates(file, source, options)
    if not candidates:
        return Step(None, problems)
    chosen, more = _choose(file, candidates, options)
    table, own = _table(file, source, chosen)
    others = tuple(
        LeftOut(what="sheet", sheet=other.grid.sheet, text="別の表") for other in candidates if other is not chosen
    )
    table = _with_left_out(table, left + others)
    return Step(table, problems + more + own)


def every_table(file: DroppedFile, options: ReadOptions, limits: Limits) -> Step[tuple[SourceTable, ...]]:
    """See :func:`pipelines.read.read_all`."""
    source = open_source(file, options, limits)
    if source.bulk is not None:
        one = the_one(file, options, limits)
        return Step(None if one.value is None else (one.value,), one.problems)
    candidates, problems, left = _candidates(file, source, options)
    if not candidates:
        return Step(None, problems)
    tables = []
    for candidate in candidates:
        table, own = _table(file, source, candidate)
        tables.append(_with_left_out(table, left))
        problems += own
    return Step(tuple(tables), problems)


def _streamed(file: DroppedFile, source: Source, text: Bulk, options: ReadOptions) -> Step[SourceTable] | None:
    """The table of a long text file; None where it must be read the thorough way."""
    grid = source.grids[0]
    laid = lay_out(grid, options.known, _zero_based(options))
    if isinstance(laid, Remark) or not plain(laid):
        return None
    try:
        table, problems = bulk_table(file, text, laid, source.format, source.encoding)
    except csv.Error:
        return None
    remarks = tuple(told(file, grid, remark) for remark in laid.remarks)
    return Step(table, source.problems + remarks + problems)


def _table(file: DroppedFile, source: Source, chosen: _Candidate) -> tuple[SourceTable, tuple[Problem, ...]]:
    problems = layout_problems(file, source, chosen.grid, chosen.laid)
    if not chosen.laid.rows:
        row = chosen.laid.header.rows[-1] + 1
        problems += (problem("no-rows", Level.ERROR, file.shown, sheet=chosen.grid.sheet, row=row),)
    return source_table(file, source, chosen.grid, chosen.laid), problems


def _with_left_out(table: SourceTable, left: tuple[LeftOut, ...]) -> SourceTable:
    return replace(table, left_out=table.left_out + left) if left else table


def _candidates(
    file: DroppedFile, source: Source, options: ReadOptions
) -> tuple[list[_Candidate], tuple[Problem, ...], tuple[LeftOut, ...]]:
    """Sheets that hold a table, with the problems so far and the sheets that were passed over."""
    if not source.grids:
        problems = source.problems or (problem("no-table", Level.ERROR, file.shown),)
        return [], problems, ()
    if options.sheet is not None:
        return _named(file, source, options)
    grids = [grid for grid in source.grids if _filled(grid)]
    visible = [grid for grid in grids if grid.visible]
    passed: list[tuple[Grid, str]] = []
    if len(grids) > 1 or (grids and grids[0].sheet is not None):
        visible, passed = _real(visible)
    found: list[_Candidate] = []
    refusals: list[Problem] = []
    for grid in visible:
        laid = lay_out(grid, options.known, _zero_based(options))
        if isinstance(laid, Laid):
            found.append(_Candidate(grid, laid))
        else:
            refusals.append(told(file, grid, laid))
    prose = [candidate for candidate in found if _prose(candidate.laid)]
    if len(prose) < len(found):
        passed += [(candidate.grid, "表ではなく文章のようです") for candidate in prose]
        found = [candidate for candidate in found if all(candidate is not one for one in prose)]
    left = tuple(LeftOut(what="sheet", sheet=grid.sheet, text=why) for grid, why in passed)
    notices = _passed_over(file, passed)
    if found:
        first = visible[0].sheet
        serious = [item for item in refusals if item.place.sheet == first]
        unread = [(grid, "表として読めません") for grid in visible if _refused(grid, refusals) and grid.sheet != first]
        return found, source.problems + notices + _passed_over(file, unread) + tuple(serious), left
    if passed and not visible:
        sheet = passed[0][0].sheet
        refusals.append(problem("template-only", Level.ERROR, file.shown, sheet=sheet))
    faults = tuple(fault for grid in visible for fault in source.faults.get(grid.sheet, ()))
    refusals = refusals or [problem("no-table", Level.ERROR, file.shown)]
    return [], source.problems + notices + faults + tuple(refusals), left


def _prose(laid: Laid) -> bool:
    """One column without a usual label: a cover page or an explanation."""
    return len(laid.header.labels) == 1 and any(remark.code == "header-doubtful" for remark in laid.remarks)


def _passed_over(file: DroppedFile, sheets: list[tuple[Grid, str]]) -> tuple[Problem, ...]:
    return tuple(problem("sheet-left-out", Level.NOTICE, file.shown, sheet=grid.sheet, why=why) for grid, why in sheets)


def _refused(grid: Grid, refusals: list[Problem]) -> bool:
    return any(item.place.sheet == grid.sheet for item in refusals)


def _zero_based(options: ReadOptions) -> tuple[int, ...] | None:
    return None if not options.header_rows else tuple(row - 1 for row in options.header_rows)


def _named(
    file: DroppedFile, source: Source, options: ReadOptions
) -> tuple[list[_Candidate], tuple[Problem, ...], tuple[LeftOut, ...]]:
    wanted = fold(str(options.sheet))
    match = next((grid for grid in source.grids if fold(grid.sheet or "") == wanted), None)
    if match is None:
        names = "、".join(grid.sheet or "" for grid in source.grids)
        missing = problem("sheet-missing", Level.ERROR, file.shown, sheet=options.sheet, names=names)
        return [], (*source.problems, missing), ()
    laid = lay_out(match, options.known, _zero_based(options))
    left = tuple(LeftOut(what="sheet", sheet=g.sheet, text="指定の外") for g in source.grids if g is not match)
    if isinstance(laid, Remark):
        return [], (*source.problems, told(file, match, laid)), left
    return [_Candidate(match, laid)], source.problems, left


def _filled(grid: Grid) -> bool:
    return any(not blank(text) for row in grid.rows for text in row)


def _real(grids: list[Grid]) -> tuple[list[Grid], list[tuple[Grid, str]]]:
    """Sheets with data, and those passed over with the reason: samples never, explanations only for want of more."""
    samples = [(grid, "記入例") for grid in grids if _sample(grid)]
    rest = [grid for grid in grids if all(grid is not sample for sample, _ in samples)]
    reference = [grid for grid in rest if _marks.reference_sheet(grid.sheet or "")]
    if len(reference) < len(rest):
        samples += [(grid, "説明や作業用のシート") for grid in reference]
        rest = [grid for grid in rest if grid not in reference]
    return rest, samples


def _sample(grid: Grid) -> bool:
    """A sheet called 記入例, or one whose few rows speak of ○○市 and 000-000-0000."""
    if _marks.sample_sheet(grid.sheet or ""):
        return True
    rows = [row for row in grid.rows if sum(1 for text in row if not blank(text)) >= 3]
    if not 2 <= len(rows) <= SAMPLE_ROWS:
        return False
    body = rows[1:]
    telling = [row for row in body if sum(1 for text in row if _marks.placeholder(text)) >= 2]
    return len(telling) == len(body)


def _choose(
    file: DroppedFile, candidates: list[_Candidate], options: ReadOptions
) -> tuple[_Candidate, tuple[Problem, ...]]:
    """The sheet to read.  When others could be meant as well, that is said; when it matters, it is a question."""
    if len(candidates) == 1:
        return candidates[0], ()
    by_known = _by_known(candidates, options.known)
    chosen = by_known or candidates[0]
    others = [other for other in candidates if other is not chosen]
    names = "、".join(c.grid.sheet or "" for c in candidates[:8]) + (" ほか" if len(candidates) > 8 else "")
    if by_known is None and not all(_variant(chosen.laid, other.laid) for other in others):
        words: dict[str, Any] = {"count": len(candidates), "names": names}
        return chosen, (problem("sheet-ambiguous", Level.HOLD, file.shown, sheet=chosen.grid.sheet, **words),)
    why = "見出しがデータセットの定義に合うシートは別にあります" if by_known else "同じ項目の別の集計です"
    told_ = (problem("sheet-left-out", Level.WARNING, file.shown, sheet=o.grid.sheet, why=why) for o in others)
    return chosen, tuple(told_)


def _by_known(candidates: list[_Candidate], known: frozenset[str]) -> _Candidate | None:
    """The candidate whose header clearly fits the schema best: half again as many labels as the next."""
    if not known:
        return None
    keys = {fold(name) for name in known}
    scores = [sum(1 for label in c.laid.header.labels if fold(label) in keys) for c in candidates]
    best = max(scores)
    winner = candidates[scores.index(best)]
    second = max((s for i, s in enumerate(scores) if candidates[i] is not winner), default=0)
    return winner if best >= 2 and best >= 1.5 * second else None


def _variant(one: Laid, other: Laid) -> bool:
    """The same labels and the same keys in the first column: another count of the same things, not more of them."""
    if [fold(t) for t in one.header.labels] != [fold(t) for t in other.header.labels]:
        return False
    mine, theirs = {cells[0] for cells in one.values}, {cells[0] for cells in other.values}
    return len(mine & theirs) >= 0.8 * max(len(mine), len(theirs), 1)
