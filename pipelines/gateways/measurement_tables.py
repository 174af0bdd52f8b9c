"""How records become rows: the measurement tables, their keys, and the few statements all of them share."""

from __future__ import annotations

import contextlib
import datetime as dt
import enum
import json
import operator
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from types import UnionType
from typing import Any, Generic, TypeVar

from pipelines.gateways.measurement_records import (
    AccessFile,
    ActionItem,
    Annotation,
    DatasetEvent,
    DayCoverage,
    Evaluation,
    ExcludedDay,
    Instruction,
    LinkAnswer,
    PeriodFact,
    QualityDay,
    ResourceMap,
    Revision,
    SeenFile,
    Series,
    Source,
    SourcePriority,
    TrackingTotal,
    UniqueDay,
)
from pipelines.gateways.store import Store
from pipelines.model import AccessDay, DatasetDay

R = TypeVar("R")


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
        return extra + tuple(plain(value) for value in _cells(self.record)(record))  # type: ignore[arg-type]

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
SEEN = Table(name="seen_file", record=SeenFile, key=("source", "path"))
LINK = Table(name="link_answer", record=LinkAnswer, key=("resource",))
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
    RESOURCE, EVALUATION, INSTRUCTION, ANNOTATION, REVISION, ACTION, SEEN, LINK,
)  # fmt: skip


_AS_IT_IS = frozenset((str, int, float, type(None)))


@cache
def _cells(record: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """All fields of a record at once, in order."""
    return operator.attrgetter(*(f.name for f in fields(record)))


def plain(value: Any) -> Any:
    """A value as SQLite stores it: days as ISO text, true as 1, sequences and mappings as JSON."""
    if type(value) in _AS_IT_IS:
        return value
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


def span(start: dt.date, end: dt.date) -> tuple[str, str]:
    """A period as the tables store its days."""
    return start.isoformat(), end.isoformat()


class Rows:
    """Reading and writing of records over the generic store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.define("\n".join(table.ddl for table in TABLES))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested calls join the outer one."""
        with self.store.transaction():
            yield

    def _put(self, table: Table[R], rows: Iterable[R], extra: tuple[Any, ...] = ()) -> None:
        with self.transaction():
            self.store.write_many(table.insert, [table.values(row, extra) for row in rows])

    def _all(self, table: Table[R], where: str = "", values: Sequence[Any] = (), order: str = "1") -> list[R]:
        condition = f" WHERE {where}" if where else ""
        rows = self.store.rows(f'SELECT * FROM "{table.name}"{condition} ORDER BY {order}', values)
        return [table.record_of(row) for row in rows]

    def _of_year(self, table: Table[R], fiscal_year: int | None, order: str) -> list[R]:
        if fiscal_year is None:
            return self._all(table, order=order)
        return self._all(table, "fiscal_year = ?", (fiscal_year,), order)

    def _daily(self, table: Table[R], start: dt.date, end: dt.date, source: str | None, dataset: str | None) -> list[R]:
        where, values = "t.day BETWEEN ? AND ?", list(span(start, end))
        for column, wanted in (("source", source), ("dataset", dataset)):
            if wanted is not None:
                where += f" AND t.{column} = ?"
                values.append(wanted)
        rows = self.store.rows(
            f'SELECT t.* FROM "{table.name}" t JOIN day_coverage c ON c.source = t.source AND c.day = t.day'
            f" AND c.rule_version = t.rule_version WHERE {where} ORDER BY {', '.join('t.' + k for k in table.key)}",
            values,
        )
        return [table.record_of(row) for row in rows]
