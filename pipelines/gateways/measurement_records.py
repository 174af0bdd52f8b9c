"""What the measurement tables hold: one frozen record per table, and how a record becomes a row.

The tables are those of the measuring specification (COUNTER Code of Practice for Research Data, daily grain).  Nothing
here can hold an address, a user agent, a referer, a search text or a user key: there is no column for it.
"""

from __future__ import annotations

import datetime as dt
import enum
import json
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from types import UnionType
from typing import Any, Generic, TypeVar

from pipelines.model import AccessClass, AccessDay, DatasetDay

R = TypeVar("R")


class DayStatus(enum.StrEnum):
    """How far a day can be trusted: final = all 24 hours are behind us, D+3 has passed and the sources are whole."""

    MISSING = "missing"
    PARTIAL = "partial"
    PROVISIONAL = "provisional"
    FINAL = "final"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where counts come from.  ``kind``: nginx | apache | cdn | ckan_tracking | ga4 | matomo | manual | sample."""

    source: str
    kind: str
    site_host: str = ""
    timezone: str = "Asia/Tokyo"
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    note: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFile:
    """One log (or export) file of the manifest, known by the SHA-256 of its bytes as delivered."""

    sha256: str
    source: str
    name: str
    bytes: int
    lines: int
    parsed: int
    rejected: int
    first_at: str
    last_at: str
    imported_at: str
    tool_version: str
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UniqueDay:
    """Uniques of a day (dataset × session); kept apart because uniques do not add over page types."""

    source: str
    day: dt.date
    access_class: AccessClass
    dataset: str = ""
    unique_investigations: int = 0
    unique_requests: int = 0
    sessions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedDay:
    """Log lines of a day that were not counted, by reason."""

    source: str
    day: dt.date
    reason: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCoverage:
    """What is known of one source on one JST day; ``rule_version`` is the rule set whose counts are in force."""

    source: str
    day: dt.date
    status: DayStatus
    lines: int = 0
    counted: int = 0
    excluded: int = 0
    hours_with_lines: int = 0
    first_at: str = ""
    last_at: str = ""
    closed_at: str = ""
    rule_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingTotal:
    """The running totals a portal reports for a dataset on a day (views of its page, downloads of its files)."""

    source: str
    day: dt.date
    dataset: str
    views: int
    downloads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFact:
    """A total reported for a whole period (both days inclusive).  ``confidence``: 公表値 | 手入力 | 導出."""

    series: str
    start: dt.date
    end: dt.date
    origin: str
    value: float
    confidence: str = "手入力"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A definition of 「アクセス件数」 by name and version.

    ``measure`` is the summed column (page_views | investigations | requests | api_calls), ``classes`` and
    ``page_types`` filter (empty: all).  ``official`` only ever becomes true by an approval with a date.
    """

    series: str
    version: str
    name: str
    definition: str
    unit: str = "件"
    measure: str = "page_views"
    classes: tuple[str, ...] = ("regular",)
    page_types: tuple[str, ...] = ()
    official: bool = False
    approved_by: str = ""
    approved_on: dt.date | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePriority:
    """Which source a series takes between two days; lowest ``rank`` with a count wins.  Sources are never added."""

    series: str
    source: str
    valid_from: dt.date
    valid_to: dt.date | None = None
    rank: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityDay:
    """One dataset's quality on a day.  None: not examined (never shown as bad or good).

    ``mqa_points`` of 405 (DCAT-AP conformance is never awarded unchecked), ``mqa`` points per indicator;
    ``freshness`` 最新 | 更新時期 | 遅れ | 長期未更新 | 頻度未設定; ``substantial`` is 「実質」: open licence and at
    least one reachable machine-readable resource; ``fixes`` are the cheapest improvements as 「text (+points)」;
    ``family`` is the title without its year (datasets that one table could hold share it).
    """

    day: dt.date
    dataset: str
    stars: int | None = None
    freshness: str = "頻度未設定"
    age_days: int | None = None
    links_ok: int | None = None
    links_bad: int | None = None
    mqa_points: int | None = None
    mqa: Mapping[str, int] = field(default_factory=dict)
    substantial: bool | None = None
    fixes: tuple[str, ...] = ()
    family: str = ""
    empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetEvent:
    """What changed between two snapshots.  ``event``: added | removed | restored | renamed."""

    day: dt.date
    dataset: str
    event: str
    title: str = ""
    organization: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceMap:
    """Which dataset a resource belonged to from a day on (a log line of the past keeps its dataset)."""

    resource: str
    valid_from: dt.date
    dataset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The grade of one KPI in one fiscal year: proposed by the system, given by the department, decided by the 会議."""

    fiscal_year: int
    kpi: str
    proposed_grade: str = ""
    self_grade: str = ""
    self_text: str = ""
    committee_grade: str = ""
    committee_text: str = ""
    decided_on: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """改善指示: carried into the next paper until done.  ``status``: open | done | dropped."""

    instruction: str
    fiscal_year: int
    text: str
    owner: str = ""
    due: dt.date | None = None
    status: str = "open"
    followup: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A hand-written event beside the numbers.  ``kind``: 広報 | リニューアル | 計測変更 | 障害 | 災害."""

    day: dt.date
    annotation: str
    text: str
    kind: str = "広報"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A figure that changed after it was final.  ``subject`` says which (``access_daily nginx 2026-10-05``)."""

    subject: str
    at: str
    old: str
    new: str
    reason: str
    source: str = ""
    day: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionItem:
    """行動目標: the action itself as text, done or not done, never a number.  ``planned`` names datasets to come."""

    item: str
    fiscal_year: int
    text: str
    owner: str = ""
    due: dt.date | None = None
    done: bool = False
    done_on: dt.date | None = None
    planned: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Generic[R]):
    """A table, its record, its primary key and the columns that the record itself does not carry."""

    name: str
    record: type[R]
    key: tuple[str, ...]
    extra: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The extra columns first, then the record's fields."""
        return self.extra + tuple(f.name for f in fields(self.record))  # type: ignore[arg-type]

    @property
    def ddl(self) -> str:
        """The definition; running it again changes nothing."""
        body = ", ".join(f'"{name}"' for name in self.columns)
        key = ", ".join(f'"{name}"' for name in self.key)
        return f'CREATE TABLE IF NOT EXISTS "{self.name}" ({body}, PRIMARY KEY ({key})) WITHOUT ROWID;'

    @property
    def insert(self) -> str:
        """Insert or replace one row, columns in order."""
        names = ", ".join(f'"{name}"' for name in self.columns)
        marks = ", ".join("?" for _ in self.columns)
        return f'INSERT OR REPLACE INTO "{self.name}" ({names}) VALUES ({marks})'

    def values(self, record: R, extra: tuple[Any, ...] = ()) -> tuple[Any, ...]:
        """The row of a record."""
        return extra + tuple(plain(getattr(record, f.name)) for f in fields(record))  # type: ignore[arg-type]

    def record_of(self, row: Mapping[str, Any]) -> R:
        """The record of a row."""
        known = hints(self.record)  # type: ignore[arg-type]
        return self.record(**{name: typed(hint, row[name]) for name, hint in known if name in row})


ACCESS = Table(
    name="access_daily",
    record=AccessDay,
    extra=("rule_version",),
    key=("source", "day", "rule_version", "access_class", "page_type", "dataset"),
)
UNIQUE = Table(
    name="unique_daily",
    record=UniqueDay,
    extra=("rule_version",),
    key=("source", "day", "rule_version", "access_class", "dataset"),
)
EXCLUDED = Table(
    name="excluded_daily",
    record=ExcludedDay,
    extra=("rule_version",),
    key=("source", "day", "rule_version", "reason"),
)
SOURCE = Table(name="source", record=Source, key=("source",))
FILE = Table(name="access_file", record=AccessFile, key=("source", "sha256"))
COVERAGE = Table(name="day_coverage", record=DayCoverage, key=("source", "day"))
TRACKING = Table(name="tracking_total", record=TrackingTotal, key=("source", "day", "dataset"))
FACT = Table(name="period_fact", record=PeriodFact, key=("series", "start", "end", "origin"))
SERIES = Table(name="series", record=Series, key=("series", "version"))
PRIORITY = Table(name="source_priority", record=SourcePriority, key=("series", "source", "valid_from"))
SNAPSHOT = Table(name="dataset_snapshot", record=DatasetDay, key=("day", "dataset"))
QUALITY = Table(name="dataset_quality", record=QualityDay, key=("day", "dataset"))
EVENT = Table(name="dataset_event", record=DatasetEvent, key=("day", "dataset", "event"))
RESOURCE = Table(name="resource_map", record=ResourceMap, key=("resource", "valid_from"))
EVALUATION = Table(name="evaluation", record=Evaluation, key=("fiscal_year", "kpi"))
INSTRUCTION = Table(name="instruction", record=Instruction, key=("instruction",))
ANNOTATION = Table(name="annotation", record=Annotation, key=("day", "annotation"))
REVISION = Table(name="revision", record=Revision, key=("subject", "at"))
ACTION = Table(name="action_item", record=ActionItem, key=("item",))

TABLES: tuple[Table[Any], ...] = (
    ACCESS, UNIQUE, EXCLUDED, SOURCE, FILE, COVERAGE, TRACKING, FACT, SERIES, PRIORITY, SNAPSHOT, QUALITY, EVENT,
    RESOURCE, EVALUATION, INSTRUCTION, ANNOTATION, REVISION, ACTION,
)  # fmt: skip


def plain(value: Any) -> Any:
    """A value as SQLite stores it: days as ISO text, true as 1, sequences and mappings as JSON."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (tuple, list, dict)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return value


def typed(hint: Any, value: Any) -> Any:
    """A stored value as the record's field wants it."""
    if value is None:
        return None
    base = _bare(hint)
    if base is dt.date:
        return dt.date.fromisoformat(value)
    if base is bool:
        return bool(value)
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return base(value)
    if base is tuple:
        return tuple(json.loads(value))
    return json.loads(value) if base is Mapping else value


def _bare(hint: Any) -> Any:
    if typing.get_origin(hint) is UnionType:
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    return typing.get_origin(hint) or hint


@cache
def hints(record: type[Any]) -> tuple[tuple[str, Any], ...]:
    """The field names of a record with their types."""
    return tuple(typing.get_type_hints(record).items())
