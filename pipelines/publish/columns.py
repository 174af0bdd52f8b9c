"""A Table Schema as DataStore columns: types, names PostgreSQL can hold, the data dictionary, and typed records."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.model import Field, Schema

#: PostgreSQL cuts identifiers at 63 bytes; CKAN only checks 63 characters
NAME_BYTES = 63
TYPES = {
    "integer": "int8",
    "number": "numeric",
    "boolean": "bool",
    "date": "date",
    "datetime": "timestamp",
}
Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One DataStore column: its ``id`` in the table, PostgreSQL ``type``, and the field it comes from."""

    id: str
    type: str
    field: Field

    @property
    def described(self) -> Record:
        """The column with its data dictionary entry (label, notes), as datastore_create takes it."""
        notes = "。".join(part for part in (self.field.description, _example(self.field)) if part)
        info = {"label": self.field.title or self.field.name, "notes": notes}
        return {"id": self.id, "type": self.type, "info": info}


def _example(field: Field) -> str:
    return f"例: {field.example}" if field.example else ""


def columns(header: list[str], schema: Schema) -> list[Column]:
    """The columns of a CSV with that header; every name of ``header`` is a field of ``schema``."""
    taken: set[str] = set()
    result = []
    for name in header:
        field = schema.field(name) or Field(name=name)
        kind = field.datastore or TYPES.get(field.type, "text")
        result.append(Column(id=_identifier(name, taken), type=kind, field=field))
    return result


def _identifier(name: str, taken: set[str]) -> str:
    """A column name within the byte limit, unique, without what CKAN refuses (a leading _ and double quotes)."""
    base = name.replace('"', "'").lstrip("_").strip() or "column"
    candidate, number = _cut(base, NAME_BYTES), 2
    while candidate.lower() in taken:
        suffix = f"_{number}"
        candidate, number = _cut(base, NAME_BYTES - len(suffix)) + suffix, number + 1
    taken.add(candidate.lower())
    return candidate


def _cut(text: str, limit: int) -> str:
    return text.encode()[:limit].decode(errors="ignore")


def converted(row: Sequence[str], cols: Sequence[Column]) -> tuple[Any, ...]:
    """One row of one of our own CSV files as JSON values; empty cells are None."""
    pairs = zip(row, cols, strict=True)
    return tuple(CONVERTERS.get(column.type, str)(cell) if cell != "" else None for cell, column in pairs)


def _number(text: str) -> int | float | str:
    value = decimal.Decimal(text)
    exact = float(value)
    # text keeps what a float cannot
    return exact if decimal.Decimal(repr(exact)) == value else str(value)


def _true(text: str) -> bool:
    return text.lower() in ("true", "1")


CONVERTERS: dict[str, Callable[[str], Any]] = {"int8": int, "numeric": _number, "bool": _true}


def same_value(value: Any, kind: str) -> Any:
    """A value as it compares: numbers by value, dates without a midnight, everything else as text."""
    if value is None:
        return None
    if kind in ("int8", "numeric"):
        return decimal.Decimal(str(value)).normalize()
    if kind == "date":
        return str(value)[:10]
    if kind == "timestamp":
        return str(value).replace(" ", "T")
    return value if isinstance(value, bool) else str(value)
