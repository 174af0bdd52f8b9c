"""Standardized tables of several files (or sheets) put one under the other, every row still knowing its cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.model import DatasetSpec, Fix, Origin, Schema, SourceBlock, SourceTable, StandardTable
from pipelines.standardize.headers import match_headers
from pipelines.standardize.ledger import EXAMPLES
from pipelines.standardize.stage import narrowed

if TYPE_CHECKING:
    import pandas as pd

_NO_RENAMES: Mapping[str, str] = {}


def join(tables: Sequence[StandardTable], schema: Schema) -> StandardTable:
    """One table of all rows, in the order given.  Columns are those that any table has, in the order of ``schema``.

    A table without one of them gives empty cells there, which come from no cell of its file.  At least one table.
    """
    if len(tables) == 1:
        return tables[0]
    present = {str(name) for table in tables for name in table.frame.columns}
    names = [f.name for f in schema.fields if f.name in present]
    return StandardTable(
        schema=narrowed(schema, names),
        frame=_frame(tables, names),
        origin=_origin(tables, names),
        fixes=_fixes(fix for table in tables for fix in table.fixes),
        unmatched=tuple(dict.fromkeys(label for table in tables for label in table.unmatched)),
    )


def _frame(tables: Sequence[StandardTable], names: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    columns = {name: pd.concat([_column(t, name) for t in tables], ignore_index=True) for name in names}
    return pd.DataFrame(columns)


def _column(table: StandardTable, name: str) -> pd.Series[str]:
    import pandas as pd

    if name in table.frame.columns:
        return table.frame[name]
    return pd.Series([""] * len(table.frame), dtype="str")


def _origin(tables: Sequence[StandardTable], names: Sequence[str]) -> Origin:
    blocks: list[SourceBlock] = []
    rows: list[int] = []
    numbers: list[int] = []
    for table in tables:
        have = [str(name) for name in table.frame.columns]
        own = table.origin.reordered([have.index(name) if name in have else None for name in names])
        numbers += [len(blocks) + int(own.block[i] if own.block is not None else 0) for i in range(len(own.rows))]
        rows += [int(row) for row in own.rows]
        blocks += own.blocks
    return Origin(blocks=tuple(blocks), rows=rows, block=numbers)


def _fixes(fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """The same rule in the same field is one entry: counts added up, the first examples kept."""
    found: dict[tuple[str, str], Fix] = {}
    for fix in fixes:
        before = found.setdefault((fix.rule, fix.field), replace(fix, count=0, examples=()))
        examples = tuple(dict.fromkeys((*before.examples, *fix.examples)))[:EXAMPLES]
        found[fix.rule, fix.field] = replace(before, count=before.count + fix.count, examples=examples)
    return tuple(found.values())


def fit(table: SourceTable, spec: DatasetSpec) -> float:
    """Which share (0 to 1) of the labelled columns of ``table`` the dataset's schema knows by some name."""
    labelled = [label for label in table.header if label.strip()]
    if spec.schema is None or not labelled:
        return 0.0
    return len(recognised(table.header, spec.schema, spec.renames)) / len(labelled)


def recognised(header: Sequence[str], schema: Schema, renames: Mapping[str, str] = _NO_RENAMES) -> frozenset[str]:
    """The columns of ``schema`` (or parts of its merged columns) that stand in a header, under any of their names."""
    matching = match_headers(header, schema, renames, [True] * len(header))
    return frozenset({m.target for m in matching.matches} | set(matching.ambiguous))
