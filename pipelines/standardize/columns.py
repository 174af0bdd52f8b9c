"""The columns of the result: taken from the file, merged from first-generation columns, filled, or added empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines.cleaning import Cleaned
from pipelines.model import DatasetSpec, Level, Schema
from pipelines.standardize._coded import Coded
from pipelines.standardize.headers import Matching
from pipelines.standardize.ledger import Ledger


@dataclass(slots=True)
class Columns:
    """``texts`` by field name; ``sources`` gives the column of the file a field came from (made fields have none).

    ``answers`` keeps, by field and code, what the cleaners answered where it was not plainly ok.
    """

    texts: dict[str, Coded] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    answers: dict[str, dict[int, Cleaned]] = field(default_factory=dict)

    def source(self, name: str) -> int | None:
        """The 0-based column of the file, or None for a field that was made."""
        return self.sources.get(name)


def arrange(
    matching: Matching, source: Mapping[int, Coded], schema: Schema, spec: DatasetSpec, ledger: Ledger
) -> Columns:
    """Every column that the result will have, not yet cleaned."""
    by_target = {m.target: m.column for m in matching.matches}
    columns = Columns()
    for name in (f.name for f in schema.fields):
        if name in by_target:
            columns.texts[name] = source[by_target[name]]
            columns.sources[name] = by_target[name]
    _merge(columns, {t: source[j] for t, j in by_target.items()}, by_target, schema, ledger)
    _fill(columns, spec.constants, schema, ledger)
    if complete_order_known(schema):
        for name in (f.name for f in schema.fields if f.name not in columns.texts):
            columns.texts[name] = Coded.constant("", len(ledger.origin.rows))
    return columns


def complete_order_known(schema: Schema) -> bool:
    """Whether we know every column of the standard in its official order, so that lacking ones are added empty."""
    return schema.ordered and schema.completeness.startswith(("exact", "header_exact"))


def _merge(
    columns: Columns, parts: Mapping[str, Coded], places: Mapping[str, int], schema: Schema, ledger: Ledger
) -> None:
    """都道府県名 + 市区町村名 → 地方公共団体名, only where all parts are there and the column itself is not."""
    for name, wanted in schema.merges.items():
        if name in columns.texts or not all(part in parts for part in wanted):
            continue
        rows = list(zip(*(parts[part].texts() for part in wanted), strict=True))
        joined = {row: joined_text(row) for row in set(rows)}
        columns.texts[name] = Coded.from_texts([joined[row] for row in rows])
        columns.sources[name] = places[wanted[-1]]
        examples = [(" + ".join(row), text) for row, text in sorted(joined.items()) if text]
        ledger.fixed("gen1-merge", name, sum(1 for row in rows if joined[row]), examples)


def joined_text(parts: tuple[str, ...]) -> str:
    """The parts one after the other; a part that already begins with what stands before it replaces it."""
    text = ""
    for part in (p.strip() for p in parts):
        text = part if text and part.startswith(text) else text + part
    return text


def _fill(columns: Columns, constants: Mapping[str, str], schema: Schema, ledger: Ledger) -> None:
    """Values that department.yaml or dataset.yaml states for the whole column, where the file has none."""
    for name, value in constants.items():
        if schema.field(name) is None:
            continue
        column = columns.texts.get(name) or Coded.constant("", len(ledger.origin.rows))
        empty = sum(n for text, n in zip(column.values, column.counts, strict=True) if not text.strip())
        columns.texts[name] = column.mapped([text if text.strip() else value for text in column.values])
        ledger.fixed("constant", name, empty, [("", value)])


def unknown_constants(spec: DatasetSpec, ledger: Ledger) -> None:
    """Constants of dataset.yaml for columns that the schema does not have."""
    assert spec.schema is not None
    shared = spec.department.settings.get("constants", {})
    for name in spec.constants:
        if spec.schema.field(name) is None and name not in shared:
            message = f"dataset.yaml の constants の「{name}」という列は「{spec.schema.title}」にありません。"
            ledger.report("constant-unknown", Level.ERROR, ledger.head(None), message, "列名を確かめてください。", name)
