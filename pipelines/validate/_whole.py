"""Frictionless over the whole table, for shapes the short cut does not know: other columns than the schema's, keys of
lists or objects, foreign keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.validate._exact import FIRST_ROW, Finding, frictionless_schema

if TYPE_CHECKING:
    import pandas as pd

_WITHOUT_LIMIT = 2**62


def whole(frame: pd.DataFrame, descriptor: Mapping[str, Any]) -> list[Finding]:
    """Every error of Frictionless's own report on this table."""
    import frictionless

    cells = [list(frame.columns), *frame.astype(object).to_numpy().tolist()]
    schema = frictionless_schema(descriptor)
    report = frictionless.Resource(data=cells, schema=schema).validate(limit_errors=_WITHOUT_LIMIT)
    keys = list(descriptor.get("primaryKey") or [])
    first_key = list(frame.columns).index(keys[0]) if keys and keys[0] in frame.columns else None
    return [_finding(error, first_key) for task in report.tasks for error in task.errors]


def _finding(error: Any, first_key: int | None) -> Finding:
    position = getattr(error, "row_number", None)
    number = getattr(error, "field_number", None)
    previous = re.search(r"at position (\d+)", error.note) if error.type in ("unique-error", "primary-key") else None
    rule = re.match(r'constraint "(\w+)"', error.note) if error.type == "constraint-error" else None
    return Finding(
        row=None if position is None else position - FIRST_ROW,
        column=first_key if error.type == "primary-key" else None if number is None else number - 1,
        type=error.type,
        note=error.note,
        rule=rule[1] if rule else "repeat" if previous else "missing" if error.type == "primary-key" else "",
        previous=int(previous[1]) - FIRST_ROW if previous else None,
        label=getattr(error, "label", "") or "",
    )
