"""What the YAML files say, as values: schemas, catalogue, department, dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of a schema.  ``level`` is ◎/○/無印 where official, None where unknown (never guessed).

    ``role`` says what a map may use the column for (latitude, longitude, id, name); ``datastore`` is the column type
    in the DataStore where it differs from ``type`` (coordinates are text in the file and ``numeric`` there).
    """

    name: str
    type: str = "string"
    title: str = ""
    description: str = ""
    example: str | None = None
    level: str | None = None
    english: str | None = None
    aliases: tuple[str, ...] = ()
    clean: str = "text"
    write: str | None = None
    unit: str | None = None
    role: str | None = None
    datastore: str | None = None
    constraints: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """A Table Schema of a standard (or own) dataset; ``descriptor`` is the pure Table Schema for Frictionless.

    ``name`` is the slug (``public_toilet``), ``title`` the Japanese name.  ``generation`` 1 or 2 for the national
    standard, 0 for a city's own.  ``renames`` maps first-generation column names to this schema's columns.
    ``merges`` gives columns of this schema that are several first-generation columns written one after the other.
    ``ordered`` False means the official column order is unknown.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    descriptor: Mapping[str, Any]
    generation: int = 0
    number: int | None = None
    primary_key: tuple[str, ...] = ()
    source: str = ""
    version: str = ""
    licence: str = ""
    completeness: str = ""
    ordered: bool = True
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    merges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    successor: str | None = None

    def field(self, name: str) -> Field | None:
        """The field of that exact name."""
        return next((f for f in self.fields if f.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One KPI's path: base value in the base fiscal year to target value in the target fiscal year."""

    kpi: str
    title: str
    unit: str
    base_fy: int
    base: float
    target_fy: int
    target: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """Which CKAN: ``embedded`` is the one in localcatalog/, else ``url``.  The token comes from the environment."""

    kind: str = "embedded"
    url: str | None = None
    datastore: str = "own"
    parallel: int = 2
    timeout: float = 60.0
    licences: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A licence as we state it: ``id`` is what CKAN knows as open, the rest stays beside it."""

    id: str
    title: str
    version: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """catalog.yaml: the collection.  ``settings`` keeps sections that single stages read (screen, measure, report)."""

    root: Path
    title: str
    publisher: str
    code: str
    homepage: str
    licence: Licence
    credit: str
    portal: Portal
    targets: tuple[Target, ...]
    bom: bool = True
    newline: str = "\r\n"
    settle_seconds: float = 30.0
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """department.yaml: who dropped it.  ``id`` is the CKAN organization's name."""

    id: str
    title: str
    folder: Path
    municipality: str
    code: str
    credit: str
    licence: Licence
    contact: str = ""
    email: str = ""
    sample: bool = False
    bbox: tuple[float, float, float, float] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One line of ``repairs:``: in this field, exactly this text becomes that."""

    field: str
    match: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What is known before a file is opened.  ``header_rows`` are 1-based; None everywhere means: find out.

    ``known`` holds column names (and aliases) of the schema, so that the header can be recognised.
    """

    sheet: str | None = None
    header_rows: tuple[int, ...] | None = None
    encoding: str | None = None
    known: frozenset[str] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSpec:
    """One dataset as configured: defaults have flowed down from catalogue and department.

    ``name`` is the CKAN name, stable for life; ``schema`` None means no schema is known yet.
    """

    name: str
    title: str
    department: Department
    schema: Schema | None
    notes: str = ""
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    licence: Licence
    credit: str = ""
    source_url: str = ""
    frequency: str = ""
    temporal: tuple[str, str] | None = None
    spatial: str = ""
    version: str = ""
    folder: Path | None = None
    configured: bool = False
    options: ReadOptions = ReadOptions()
    repairs: tuple[Repair, ...] = ()
    drop_columns: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    renames: Mapping[str, str] = field(default_factory=dict)
    transform: str | None = None
    combine: str = "single"
    expect_rows: tuple[int | None, int | None] = (None, None)
    renamed_from: str | None = None
    withdraw: Mapping[str, str] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
