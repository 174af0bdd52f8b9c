"""validate: Frictionless is the verdict.

``StandardTable → Step[ValidTable]``.  The findings (row, field, type, note) equal those of Frictionless on the same
cells; they only come faster: a vectorised screen accepts what Frictionless surely accepts (``_accept``), whatever it
cannot accept goes through Frictionless's own cell readers once per distinct text (``_exact``), and a table whose shape
the short cut does not know goes through Frictionless as a whole.  Every finding becomes one Japanese problem at the
cell of the department's own file (``_japanese``); totals are true, never capped.
"""

from __future__ import annotations

import importlib.metadata
from typing import Any

from pipelines.model import StandardTable, Step, ValidTable
from pipelines.validate._exact import Finding, findings
from pipelines.validate._japanese import problems

__all__ = ["Finding", "findings", "validate"]


def validate(table: StandardTable) -> Step[ValidTable]:
    """Check every cell, key and column name of ``table`` against its Table Schema.

    Problems carry the Frictionless error type as ``code`` and level ERROR; with any of them there is no value.
    ``ValidTable.report`` holds rows, errors, fields and the Frictionless version.
    """
    found = findings(table.frame, table.schema.descriptor)
    if found:
        return Step(None, tuple(problems(found, table)))
    return Step(ValidTable(table=table, report=_report(table)))


def _report(table: StandardTable) -> dict[str, Any]:
    return {
        "rows": len(table.frame),
        "errors": 0,
        "fields": len(table.schema.descriptor["fields"]),
        "frictionless": importlib.metadata.version("frictionless"),
    }
