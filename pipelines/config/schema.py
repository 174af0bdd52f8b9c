"""schemas/*.yaml → :class:`Schema`: the national standard datasets (and a city's own) as data.

One file is one Table Schema with our extra keys: ``standard:`` (where the definition comes from and how complete it
is), ``aliases:``, ``tags:``, ``renames:`` and ``merge:`` (first generation → second), and per field ``level``,
``aliases``, ``clean``, ``write``, ``role``, ``datastore``, ``unit``.  ``Schema.descriptor`` is the pure Table Schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pydantic

from pipelines.config.forms import Form, read_form
from pipelines.model import ConfigError, Field, Schema

FieldType = Literal["string", "integer", "number", "boolean", "date", "time", "datetime", "year", "yearmonth"]
#: the kinds and notations of pipelines.cleaning, repeated because parts of one floor stand alone (a test compares)
Kind = Literal[
    "address", "bool", "code", "corporate_number", "date", "date_precision", "datetime", "email", "fiscal_year",
    "integer", "kana", "latitude", "lgcode", "lgcode5to6", "longitude", "number", "phone", "postal", "text", "time",
    "time_range", "url", "weekdays",
]  # fmt: skip
Notation = Literal[
    "text", "number", "integer", "date", "datetime", "time", "code", "url", "email", "kana", "weekdays", "phone",
    "phone-parens", "postal", "postal-7", "bool", "presence", "possible", "circle", "flag-1", "flag-10", "date-slash",
    "weekdays-gif",
]  # fmt: skip


class ConstraintsForm(Form):
    required: bool | None = None
    unique: bool | None = None
    pattern: str | None = None
    enum: tuple[str, ...] | None = None
    minimum: str | None = None
    maximum: str | None = None
    minLength: int | None = None  # noqa: N815 — the names of the Table Schema specification
    maxLength: int | None = None  # noqa: N815


class FieldForm(Form):
    name: str = pydantic.Field(min_length=1)
    type: FieldType = "string"
    title: str = ""
    description: str = ""
    example: str | None = None
    level: Literal["◎", "○", "無印"] | None = None
    english: str | None = None
    aliases: tuple[str, ...] = ()
    clean: Kind = "text"
    write: Notation | None = None
    unit: str | None = None
    role: Literal["latitude", "longitude", "id", "name"] | None = None
    datastore: Literal["numeric", "text", "timestamp", "bool"] | None = None
    constraints: ConstraintsForm = ConstraintsForm()


class StandardForm(Form):
    generation: Literal["1", "2"] | None = None
    number: int | None = None
    version: str = ""
    completeness: str = ""
    source: str = ""
    licence: str = ""
    ordered: bool = True


class SchemaForm(Form):
    name: str = pydantic.Field(pattern=r"^[a-z0-9_]{2,60}$")
    title: str
    standard: StandardForm = StandardForm()
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    successor: str | None = None
    primaryKey: tuple[str, ...] = ()  # noqa: N815
    renames: dict[str, str] = pydantic.Field(default_factory=dict)
    merge: dict[str, tuple[str, ...]] = pydantic.Field(default_factory=dict)
    fields: tuple[FieldForm, ...]


def load_schema(path: Path) -> Schema:
    """Read one schema file.  Raises :class:`ConfigError` naming the file and what to write instead."""
    return _schema(path, read_form(path, SchemaForm))


def schema_of(content: Mapping[str, Any]) -> Schema:
    """A schema from a mapping of the same shape as the file (an inferred one, that no file holds yet)."""
    return _schema(Path("schema.yaml"), SchemaForm.model_validate(content))


def _schema(path: Path, form: SchemaForm) -> Schema:
    _check(path, form)
    fields = tuple(_field(f) for f in form.fields)
    standard = form.standard
    return Schema(
        name=form.name,
        title=form.title,
        fields=fields,
        descriptor=table_schema(fields, form.primaryKey),
        generation=int(standard.generation or 0),
        number=standard.number,
        primary_key=form.primaryKey,
        source=standard.source,
        version=standard.version,
        licence=standard.licence,
        completeness=standard.completeness,
        ordered=standard.ordered,
        tags=form.tags,
        groups=form.groups,
        aliases=form.aliases,
        renames=form.renames,
        merges=form.merge,
        successor=form.successor,
    )


def load_schemas(folder: Path) -> Mapping[str, Schema]:
    """All schemas of a folder by name.  Only the names are looked up here; each file is read when first asked for."""
    return _Schemas(folder)


def table_schema(fields: tuple[Field, ...], primary_key: tuple[str, ...] = ()) -> dict[str, Any]:
    """The pure Table Schema (Frictionless Table Schema 1.0) of these fields, without our extra keys."""
    descriptor: dict[str, Any] = {"fields": [_described(f) for f in fields], "missingValues": [""]}
    if primary_key:
        descriptor["primaryKey"] = list(primary_key)
    return descriptor


class _Schemas(Mapping[str, Schema]):
    """A folder of schema files as a mapping; the file's stem is the schema's name."""

    def __init__(self, folder: Path) -> None:
        self._paths = {path.stem: path for path in sorted(folder.glob("*.yaml"))}

    def __getitem__(self, name: str) -> Schema:
        return _cached(self._paths[name], self._paths[name].stat().st_mtime_ns)

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


@lru_cache(maxsize=512)
def _cached(path: Path, modified: int) -> Schema:
    """One reading per file and modification time (a changed file is read again)."""
    schema = load_schema(path)
    if schema.name != path.stem:
        raise ConfigError(f"{path}: name は「{path.stem}」（ファイル名と同じ）にしてください。")
    return schema


def _field(form: FieldForm) -> Field:
    known = form.model_dump(exclude={"constraints"})
    return Field(**known, constraints=_constraints(form))


def _constraints(form: FieldForm) -> dict[str, Any]:
    given = form.constraints.model_dump(exclude_none=True)
    for key in ("minimum", "maximum"):
        if key in given:
            given[key] = _number(given[key]) if form.type in ("integer", "number") else given[key]
    return {key: list(value) if key == "enum" else value for key, value in given.items()}


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _described(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {"name": field.name, "type": field.type}
    described |= {key: value for key in ("title", "description", "example") if (value := getattr(field, key))}
    return described | ({"constraints": dict(field.constraints)} if field.constraints else {})


def _check(path: Path, form: SchemaForm) -> None:
    """References inside the file must name its own columns, and no column may stand twice."""
    names = [f.name for f in form.fields]
    if not names:
        raise ConfigError(f"{path}: fields に列を1つ以上書いてください。")
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{path}: 列「{name}」が二度書かれています。")
    parts = {part for parts in form.merge.values() for part in parts}
    targets = [(v, "renames") for v in form.renames.values() if v not in parts]
    targets += [(k, "merge") for k in form.merge] + [(k, "primaryKey") for k in form.primaryKey]
    for name, key in targets:
        if name not in names:
            raise ConfigError(f"{path}: {key} の「{name}」という列は fields にありません。")
