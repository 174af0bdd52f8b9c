"""The JSON contract of ``check --json`` and ``build --json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipelines.model import DatasetSpec, DroppedFile, Fix, LeftOut, Level, Outcome, Problem, SourceTable, StandardTable
from pipelines.reply._readable import rules

DECISIONS = ("publish", "withhold", "hold", "reject")
#: the contract's fields of a file, in its order; an entry carries more
CONTRACT = (
    "path",
    "format",
    "encoding",
    "sheet",
    "header_rows",
    "first_data_row",
    "data_rows",
    "dataset",
    "schema",
    "decision",
    "problems",
    "fixes",
)
#: and after them, what the sheet was read as: labels, and rows, columns and sheets that are no data
READING = ("header", "left_out")


def document(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """``{"files": […], "summary": {…}}``: the contract's fields and then :data:`READING`; totals are true."""
    files = [entry for outcome in outcomes for entry in outcome.files]
    decisions = Counter(entry["decision"] for entry in files)
    levels = Counter(problem["level"] for entry in files for problem in entry["problems"])
    summary = {decision: decisions[decision] for decision in DECISIONS}
    summary["errors"] = levels[Level.ERROR.value]
    summary["warnings"] = levels[Level.WARNING.value]
    return {"files": [{name: entry[name] for name in CONTRACT + READING} for entry in files], "summary": summary}


def file_entry(
    table: SourceTable | None,
    standard: StandardTable | None,
    dropped: DroppedFile,
    spec: DatasetSpec | None,
    decision: str,
    problems: Sequence[Problem],
    fixes: Sequence[Fix] = (),
) -> dict[str, Any]:
    """One file of the contract: what it was read as, what was decided, and its problems and fixes.

    ``problems`` may be the whole dataset's: those of other files are left out.  Beside the contract's fields stand
    :data:`READING`, and ``title``, ``unmatched`` and ``readable`` (the 15 rules) for the page.
    """
    schema = standard.schema if standard else spec.schema if spec else None
    made = fixes or (standard.fixes if standard else ())
    silent = {p.place.field for p in problems if p.value is None and p.place.cell}
    return {
        "path": dropped.shown,
        "format": table.format if table else None,
        "encoding": table.encoding if table else None,
        "sheet": table.sheet if table else None,
        "header_rows": list(table.header_rows) if table else [],
        "first_data_row": table.first_data_row if table else None,
        "data_rows": len(table.frame) if table else None,
        "dataset": spec.name if spec else None,
        "schema": schema.name if schema else None,
        "decision": decision,
        "problems": [problem_entry(p) for p in problems if p.place.path in (dropped.shown, str(dropped.path), "")],
        "fixes": [_fix_entry(fix, fix.field not in silent) for fix in made],
        "title": spec.title if spec else None,
        "header": list(table.header) if table else [],
        "left_out": [_left_out_entry(left) for left in table.left_out] if table else [],
        "unmatched": list(standard.unmatched) if standard else [],
        "readable": rules(table, standard, problems) if table else [],
    }


def problem_entry(problem: Problem) -> dict[str, Any]:
    """One problem of the contract; ``value`` is null wherever it may be personal."""
    place = problem.place
    return {
        "code": problem.code,
        "level": problem.level.value,
        "sheet": place.sheet,
        "row": place.row,
        "column": place.column,
        "cell": place.cell,
        "field": place.field,
        "value": problem.value,
        "message": problem.message,
        "hint": problem.hint,
    }


def _fix_entry(fix: Fix, shown: bool) -> dict[str, Any]:
    """Examples are values too: a field whose values are not to be shown has none."""
    examples = [list(pair) for pair in fix.examples] if shown else []
    return {"rule": fix.rule, "field": fix.field, "count": fix.count, "examples": examples}


def _left_out_entry(left: LeftOut) -> Mapping[str, Any]:
    return {"what": left.what, "row": left.row, "column": left.column, "sheet": left.sheet, "text": left.text}
