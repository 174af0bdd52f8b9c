"""One DataStore table as it shall be, and the ways to move rows into it.

Rows that change are replaced by ``update``, never by ``upsert``: CKAN refuses the whole batch unless every record
names exactly one row, and only ``update`` makes the words of the row searchable anew (CKAN 2.12's ``upsert`` leaves
the old ones: ``SET`` does not name ``_full_text``, and its trigger keeps what is there).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pipelines.publish.columns import Column, Record, same_value

BATCH = 5000
DELETE_BATCH = 2000
Values = tuple[Any, ...]


class TablePortal(Protocol):
    """What loading needs of a portal."""

    def call(self, action: str, data: Record, *, repeat: bool = ...) -> Any: ...
    def table(self, resource: str) -> Iterable[Record]: ...
    def table_info(self, resource: str) -> Record | None: ...
    def table_rows(self, resource: str, filters: Mapping[str, Any], fields: Sequence[str]) -> list[Values]: ...
    def rest(self, attempt: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a load did: rows added, deleted and replaced in place, or a whole reload.

    ``confirmed``: nothing but replacing, and CKAN answered with every replaced row as it shall be.
    """

    rows: int
    added: int = 0
    deleted: int = 0
    replaced: int = 0
    reloaded: bool = False
    confirmed: bool = False

    @property
    def told(self) -> str:
        """The load as a person reads it."""
        return f"{self.rows}行（追加{self.added}・削除{self.deleted}・置換{self.replaced}）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One DataStore table as it shall be; ``key`` are the ids of the columns rows are told apart by, if any do."""

    resource: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def record(self, row: Sequence[Any]) -> Record:
        """Converted values as the API takes them."""
        return dict(zip((c.id for c in self.columns), row, strict=True))

    def changed(self, old: Sequence[Any], new: Sequence[Any]) -> Record:
        """The values of ``new`` that compare otherwise than those of ``old``."""
        pairs = zip(self.columns, old, new, strict=True)
        return {c.id: n for c, o, n in pairs if same_value(o, c.type) != same_value(n, c.type)}

    def comparable(self, values: Iterable[Any]) -> Values:
        """Converted or portal values as they compare."""
        return tuple(same_value(v, c.type) for c, v in zip(self.columns, values, strict=True))

    def named(self, values: Sequence[Any]) -> Values:
        """The key's part of a row, as it compares."""
        told = self.comparable(values)
        return tuple(told[i] for i, column in enumerate(self.ids) if column in self.key)

    @property
    def ids(self) -> list[str]:
        """The columns' names in the table."""
        return [c.id for c in self.columns]

    @property
    def definition(self) -> Record:
        """datastore_create without rows: columns, dictionary, unique key."""
        described = [column.described for column in self.columns]
        return {"resource_id": self.resource, "force": True, "fields": described, "primary_key": list(self.key)}


def insert(portal: TablePortal, table: Table, rows: Sequence[Values]) -> None:
    """Add rows.  Never repeated: a lost answer is followed by a look at the table."""
    for start in range(0, len(rows), BATCH):
        batch = [table.record(row) for row in rows[start : start + BATCH]]
        data = {"resource_id": table.resource, "force": True, "method": "insert", "records": batch}
        portal.call("datastore_upsert", data, repeat=False)


def update(portal: TablePortal, table: Table, records: Sequence[Record], *, confirm: bool = False) -> list[Record]:
    """Replace values in rows named by ``_id`` or by the table's key; CKAN refuses a batch that names no or two rows.

    With ``confirm``, returns the rows as they stand now; an empty list where CKAN (before 2.12) does not tell.
    """
    answered: list[Record] = []
    for start in range(0, len(records), BATCH):
        batch = list(records[start : start + BATCH])
        data = {"resource_id": table.resource, "force": True, "method": "update", "records": batch}
        if confirm:
            data["include_records"] = True
        sent = max(map(len, batch))
        rows = (portal.call("datastore_upsert", data) or {}).get("records") or []
        # older CKAN only echoes what was sent: rows it read back hold more than that
        answered += [r for r in rows if {"_id", *table.ids} <= set(r) and len(r) > sent] if confirm else []
    return answered


def read_back(portal: TablePortal, table: Table, names: Sequence[Record], wanted: Sequence[Values]) -> list[Record]:
    """The rows of these ``names`` (by ``_id`` or key) as they stand: what CKAN before 2.12 does not answer with."""
    filters = {column: list(dict.fromkeys(name[column] for name in names)) for column in names[0]}
    found = portal.table_rows(table.resource, filters, ["_id", *table.ids])
    keys = {table.named(row) for row in wanted}  # a filter for each part of a key finds more than these
    return [dict(zip(("_id", *table.ids), row, strict=True)) for row in found if table.named(row[1:]) in keys]


def stand_as(table: Table, answered: Sequence[Record], wanted: Sequence[Values]) -> bool:
    """Whether the rows CKAN answered with are exactly these."""
    have = Counter(table.comparable(row[i] for i in table.ids) for row in answered)
    return have == Counter(map(table.comparable, wanted))


def delete_ids(portal: TablePortal, table: Table, ids: Sequence[int]) -> None:
    """Take rows away by CKAN's own number."""
    for start in range(0, len(ids), DELETE_BATCH):
        delete(portal, table, {"_id": list(ids[start : start + DELETE_BATCH])})


def delete(portal: TablePortal, table: Table, filters: Record) -> None:
    """Take away the rows that have one of the given values in each given column."""
    assert filters, "without filters CKAN drops the whole table"
    portal.call("datastore_delete", {"resource_id": table.resource, "force": True, "filters": filters})


def create(portal: TablePortal, table: Table, rows: Sequence[Values], *, exists: bool) -> Loaded:
    """Make the table anew, with its first rows in the same call that makes it."""
    if exists:
        portal.call("datastore_delete", {"resource_id": table.resource, "force": True}, repeat=False)
    first = [table.record(row) for row in rows[:BATCH]]
    portal.call("datastore_create", {**table.definition, "records": first}, repeat=False)
    insert(portal, table, rows[BATCH:])
    return Loaded(rows=len(rows), added=len(rows), reloaded=True)
