"""The stage: a department's table in the standard's columns and notation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipelines.model import DatasetSpec, Field, Level, Place, Problem, Schema, SourceTable, StandardTable, Step
from pipelines.standardize._coded import Coded
from pipelines.standardize.columns import Columns, arrange, unknown_constants
from pipelines.standardize.coordinates import check_coordinates
from pipelines.standardize.derive import complete_addresses, home_of, mend_codes, move_extensions
from pipelines.standardize.headers import match_headers
from pipelines.standardize.ledger import Ledger
from pipelines.standardize.rows import tell_repeated, without_empty_statements
from pipelines.standardize.tell import tell_headers
from pipelines.standardize.unusual import tell_odd_codes
from pipelines.standardize.values import clean_field, unused_repairs

if TYPE_CHECKING:
    import pandas as pd


def standardize(table: SourceTable, spec: DatasetSpec) -> Step[StandardTable]:
    """Bring ``table`` into the columns, order and notation of ``spec.schema``.

    The result's frame holds text only.  Columns that the schema does not declare do not leave the house.  Columns the
    department lacks are added empty only where the official order is known (``ordered`` and an ``exact`` or
    ``header_exact`` definition); otherwise the result has only the columns the file has, in the schema's order, and
    ``StandardTable.schema`` is narrowed to them.  A cell that cannot be cleaned keeps its text and is an ERROR.
    """
    schema = spec.schema
    if schema is None:
        return Step(None, (_no_schema(table, spec),))
    source = {j: Coded.of(table.frame.iloc[:, j]) for j in range(len(table.header))}
    matching = match_headers(table.header, schema, spec.renames, (c.filled() for c in source.values()))
    ledger = Ledger(table, table.origin)
    source, ledger.origin = without_empty_statements(source, matching, ledger)
    tell_headers(matching, table, spec, source, ledger)
    if not matching.matches and not matching.ambiguous:
        return Step(None, tuple(ledger.problems))
    unknown_constants(spec, ledger)
    columns = arrange(matching, source, schema, spec, ledger)
    _clean(columns, schema, spec, ledger)
    mend_codes(columns, schema, ledger)
    complete_addresses(columns, ledger)
    move_extensions(columns, schema, ledger)
    tell_odd_codes(columns, schema, ledger)
    return Step(_standard(columns, schema, matching.unmatched, table, ledger), tuple(ledger.problems))


def _no_schema(table: SourceTable, spec: DatasetSpec) -> Problem:
    return Problem(
        code="schema-unknown",
        level=Level.ERROR,
        place=Place(path=table.path, sheet=table.sheet),
        message=f"「{spec.title or spec.name}」の列の決まり（スキーマ）がなく、どの列を公開してよいか判断できません。",
        hint="標準データセットならファイル名をその名前（例：公衆トイレ一覧.xlsx）にしてください。"
        "独自のデータなら `publish.py new --from ファイル` でスキーマを作ってください。",
    )


def _clean(columns: Columns, schema: Schema, spec: DatasetSpec, ledger: Ledger) -> None:
    unused_repairs(spec.repairs, columns, ledger)
    home = home_of(spec.department)
    for field in (f for f in schema.fields if f.name in columns.texts):
        repairs = [r for r in spec.repairs if r.field == field.name]
        source = columns.source(field.name)
        cleaned, answers = clean_field(field, columns.texts[field.name], repairs, source, ledger, home)
        columns.texts[field.name], columns.answers[field.name] = cleaned, answers
    check_coordinates(schema, columns, spec.department.bbox, ledger)


def _standard(
    columns: Columns, schema: Schema, unmatched: Iterable[int], table: SourceTable, ledger: Ledger
) -> StandardTable:
    names = [f.name for f in schema.fields if f.name in columns.texts]
    frame = _frame({name: columns.texts[name] for name in names})
    tell_repeated(frame, ledger)
    return StandardTable(
        schema=narrowed(schema, names),
        frame=frame,
        origin=ledger.origin.reordered([columns.source(name) for name in names]),
        fixes=tuple(ledger.fixes),
        unmatched=tuple(table.header[j] for j in unmatched),
    )


def _frame(texts: dict[str, Coded]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: pd.array(coded.array(), dtype="str") for name, coded in texts.items()})


def narrowed(schema: Schema, names: list[str]) -> Schema:
    """The schema with only these columns."""
    if len(names) == len(schema.fields):
        return schema
    fields: tuple[Field, ...] = tuple(f for f in schema.fields if f.name in names)
    described: list[Any] = [f for f in schema.descriptor["fields"] if f["name"] in names]
    return replace(schema, fields=fields, descriptor={**schema.descriptor, "fields": described})
