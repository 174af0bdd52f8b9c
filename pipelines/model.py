"""The values that flow between the stages.  Standard library only; frozen; no behaviour beyond small properties.

Exceptions (only for what is nobody's data)::

    CatalogError                 base of everything raised on purpose
    ├── ConfigError              a YAML file, an option or the environment is wrong          exit 2
    ├── PortalUnavailable        the portal did not answer (after retries)                   exit 3
    ├── PortalRejected           the portal answered and refused: that dataset's Outcome
    └── StoreError               the state journal cannot be read or written                 exit 2

A department's mistake is never an exception: it is a :class:`Problem`.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:  # the frame's type only; nothing heavy is imported at run time
    import pandas as pd

T = TypeVar("T")
U = TypeVar("U")


# ── errors ─────────────────────────────────────────────────────────────────────────────────────


class CatalogError(Exception):
    """Base of every exception this product raises on purpose.  The message is Japanese and for a person."""

    exit_code = 1


class ConfigError(CatalogError):
    """A configuration file, an option or the environment is wrong; nothing was done."""

    exit_code = 2


class StoreError(CatalogError):
    """The state journal cannot be read or written, or another run holds it."""

    exit_code = 2


class PortalUnavailable(CatalogError):
    """The portal did not answer, after retries."""

    exit_code = 3


class PortalRejected(CatalogError):
    """The portal answered and refused one request; ``errors`` is CKAN's error dictionary."""

    def __init__(self, message: str, *, status: int = 0, errors: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.errors = dict(errors or {})


# ── problems ───────────────────────────────────────────────────────────────────────────────────


class Level(enum.StrEnum):
    """How a problem weighs: ERROR and HOLD withhold the dataset, WARNING and NOTICE are reported."""

    ERROR = "error"
    HOLD = "hold"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the drop: rows and columns are 1-based, as the spreadsheet (or the text file's records) shows them."""

    path: str
    sheet: str | None = None
    row: int | None = None
    column: int | None = None
    field: str | None = None

    @property
    def cell(self) -> str | None:
        """The cell's address as a spreadsheet shows it (``C17``), when both row and column are known."""
        if self.row is None or self.column is None:
            return None
        return f"{column_letters(self.column)}{self.row}"


def column_letters(number: int) -> str:
    """1 → A, 26 → Z, 27 → AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to tell a person: ``code`` is stable kebab-case; ``message`` and ``hint`` are plain Japanese.

    ``value`` is the offending text and is omitted (None) wherever it may be personal.  ``also`` are further cells that
    the same sentence is about, to be marked like the first; a problem that stands for many has them.
    """

    code: str
    level: Level
    place: Place
    message: str
    hint: str = ""
    value: str | None = None
    message_en: str = ""
    also: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """What a stage gives back: a value or None, and the problems so far, which only accumulate."""

    value: T | None
    problems: tuple[Problem, ...] = ()

    def then(self, stage: Callable[[T], Step[U]]) -> Step[U]:
        """Run the next stage on the value; without a value the problems just pass through."""
        if self.value is None:
            return Step(None, self.problems)
        following = stage(self.value)
        return Step(following.value, self.problems + following.problems)

    @property
    def withheld(self) -> bool:
        """True when a problem keeps the dataset back."""
        return self.value is None or any(p.level in (Level.ERROR, Level.HOLD) for p in self.problems)


# ── schemas and configuration ──────────────────────────────────────────────────────────────────


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


# ── from drop to package ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedFile:
    """One file of the drop: ``path`` absolute, ``shown`` relative to the drop root (what people see), SHA-256."""

    path: Path
    shown: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """What intake found for one dataset; ``digest`` covers all files and the configuration that shapes them."""

    spec: DatasetSpec
    files: tuple[DroppedFile, ...]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBlock:
    """A rectangle the table was taken from.  ``columns[j]`` is the 1-based sheet column of table column j (0: none).

    ``row_offsets[j]`` is added to the row for records that stand on several physical rows.
    """

    path: str
    sheet: str | None
    columns: tuple[int, ...]
    row_offsets: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where each row of a table came from: ``rows[i]`` 1-based sheet row, ``block[i]`` index into ``blocks``."""

    blocks: tuple[SourceBlock, ...]
    rows: Sequence[int]
    block: Sequence[int] | None = None

    def place(self, row: int | None, column: int | None, name: str | None = None) -> Place:
        """The place of table row and column (both 0-based; None: the whole row or column)."""
        source = self.blocks[int(self.block[row]) if self.block is not None and row is not None else 0]
        sheet_row = int(self.rows[row]) if row is not None else None
        sheet_column = None
        if column is not None and column < len(source.columns):
            sheet_column = source.columns[column] or None
            if sheet_row is not None and source.row_offsets is not None:
                sheet_row += source.row_offsets[column]
        return Place(path=source.path, sheet=source.sheet, row=sheet_row, column=sheet_column, field=name)

    def reordered(self, order: Sequence[int | None]) -> Origin:
        """The origin after columns were re-ordered: ``order[j]`` is the old index of new column j, None if made."""
        return replace(self, blocks=tuple(_reordered(b, order) for b in self.blocks))


def _reordered(block: SourceBlock, order: Sequence[int | None]) -> SourceBlock:
    columns = tuple(0 if old is None else block.columns[old] for old in order)
    offsets = block.row_offsets
    if offsets is not None:
        offsets = tuple(0 if old is None else offsets[old] for old in order)
    return replace(block, columns=columns, row_offsets=offsets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Something in the original workbook that a reader of it would not see, or that is not a cell.

    ``kind`` is kebab-case: hidden-sheet, hidden-row, hidden-column, zero-width, white-text, comment, external-link,
    pivot-cache, macro, embedded-object, defined-name, property …  ``count`` how many.  No value in clear.
    """

    kind: str
    sheet: str | None = None
    detail: str = ""
    count: int = 1
    row: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """A table as the department wrote it: all text, empty cells ``""``, columns 0…n-1 in ``frame``.

    ``header[j]`` is the label of frame column j as read (may repeat or be empty).  ``header_rows`` and
    ``first_data_row`` are 1-based.  ``left_out`` lists what was recognised and not taken (titles, totals, notes).
    ``facts`` are metadata found around the table (``{"集計基準日": "令和6年6月30日"}``).
    """

    path: str
    format: str
    encoding: str | None
    sheet: str | None
    header: tuple[str, ...]
    header_rows: tuple[int, ...]
    first_data_row: int | None
    frame: pd.DataFrame
    origin: Origin
    left_out: tuple[LeftOut, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    #: cells whose look differs from their value, e.g. {(row, column): "date"} for typed workbook cells (0-based)
    cell_types: Mapping[tuple[int, int], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A physical row (or column) that was recognised as no data: ``what`` is title, unit, total, note, blank …"""

    what: str
    row: int | None = None
    column: int | None = None
    sheet: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One rule's changes in one field: how many cells, and up to five (before, after) examples."""

    rule: str
    field: str
    count: int
    examples: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardTable:
    """A table in the standard's columns and notation: all text, frame columns are the schema's field names."""

    schema: Schema
    frame: pd.DataFrame
    origin: Origin
    fixes: tuple[Fix, ...]
    unmatched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidTable:
    """Only ``validate`` makes one: a table Frictionless accepts, with the counts of its report."""

    table: StandardTable
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearedTable:
    """Only ``screen`` makes one; ``package`` accepts nothing else.  ``screened_by`` names detectors and versions."""

    table: ValidTable
    screened_by: Mapping[str, str]
    approvals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFile:
    """One file of a package as it will be a CKAN resource.  ``rows`` is the record count of tabular files."""

    key: str
    path: Path
    title: str
    format: str
    mimetype: str
    size: int
    digest: str
    rows: int | None = None
    schema: Schema | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A deterministic Data Package on disk: ``digest`` is over the bytes of all its files (not over timestamps)."""

    spec: DatasetSpec
    folder: Path
    files: tuple[PackageFile, ...]
    digest: str
    issued: str = ""


# ── publishing ─────────────────────────────────────────────────────────────────────────────────


class Action(enum.StrEnum):
    """What a change does to the portal."""

    CREATE = "create"
    UPDATE = "update"
    UPLOAD = "upload"
    LOAD = "load"
    REORDER = "reorder"
    VIEW = "view"
    UNCHANGED = "unchanged"
    WITHDRAW = "withdraw"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between what we want and what the portal has: ``field`` old → new, or rows to move.

    ``about`` is the file's name where ``field`` is one of a file's (``resources.<id>.…``).
    """

    dataset: str
    action: Action
    field: str = ""
    old: Any = None
    new: Any = None
    resource: str | None = None
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Ordered changes, and the portal when it was made (``revisions``: dataset → metadata_modified).

    ``only`` are the datasets that were asked for; empty: all.
    """

    catalog: str
    portal: str
    made_at: str
    changes: tuple[Change, ...]
    revisions: Mapping[str, str]
    digests: Mapping[str, str]
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One dataset brought to the portal and verified."""

    dataset: str
    action: str
    portal_id: str
    digest: str
    at: str
    run: str


class Verdict(enum.StrEnum):
    """How one dataset ended in one run."""

    PUBLISHED = "published"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    WITHHELD = "withheld"
    HELD = "held"
    REJECTED = "rejected"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One per dataset per run."""

    dataset: str
    department: str
    title: str
    verdict: Verdict
    problems: tuple[Problem, ...] = ()
    detail: str = ""
    files: tuple[Mapping[str, Any], ...] = ()


# ── measuring ──────────────────────────────────────────────────────────────────────────────────


class AccessClass(enum.StrEnum):
    """Who accessed (COUNTER Code of Practice for Research Data: Regular and Machine; the rest is excluded)."""

    REGULAR = "regular"
    MACHINE = "machine"
    AI_AGENT = "ai_agent"
    INTERNAL = "internal"
    ROBOT = "robot"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDay:
    """Counts of one source, JST day, class, page type and dataset (``""``: the site).  Never an IP or user agent."""

    source: str
    day: dt.date
    access_class: AccessClass
    page_type: str
    dataset: str = ""
    page_views: int = 0
    investigations: int = 0
    requests: int = 0
    api_calls: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetDay:
    """One dataset in the daily snapshot of the catalogue; ``counted`` by the approved definition, else ``reason``."""

    day: dt.date
    dataset: str
    title: str
    organization: str
    counted: bool
    reason: str = ""
    standard: str = ""
    licence: str = ""
    open: bool = False
    resources: int = 0
    formats: tuple[str, ...] = ()
    frequency: str = ""
    data_modified: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One KPI in one fiscal year as of a day.  ``missing_days`` are days without a count: shown, never counted as 0."""

    kpi: str
    fiscal_year: int
    as_of: dt.date
    value: float | None
    reference: float
    covered_days: int = 0
    missing_days: int = 0
    final: bool = False
    source: str = ""
