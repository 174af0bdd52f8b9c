"""DataStore tables: loaded by us, so that types and dictionary follow the schema and only changed rows travel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pipelines.model import PackageFile
from pipelines.publish.columns import Column, Record, columns, header_of, records, same_value

BATCH = 5000
DELETE_BATCH = 2000


class TablePortal(Protocol):
    """What loading needs of a portal."""

    def call(self, action: str, data: Record, *, repeat: bool = ...) -> Any: ...
    def table(self, resource: str) -> Any: ...
    def table_info(self, resource: str) -> Record | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a load did: rows added and deleted (a changed row is one of each), or a whole reload."""

    rows: int
    added: int
    deleted: int
    reloaded: bool


def load(portal: TablePortal, resource: str, file: PackageFile) -> Loaded:
    """Bring the table behind ``resource`` to the rows of ``file``.

    New rows are added before old ones go, so that a reader never finds the table empty.
    """
    assert file.schema is not None, "only tabular files are loaded"
    cols = columns(header_of(file.path), file.schema)
    want = list(records(file.path, cols))
    info = portal.table_info(resource)
    if info is None or not _same_columns(info["fields"], cols):
        return _reload(portal, resource, cols, want, exists=info is not None)
    return _update(portal, resource, cols, want, info["fields"])


def _reload(portal: TablePortal, resource: str, cols: list[Column], want: list[tuple[Any, ...]], exists: bool) -> Loaded:
    if exists:
        portal.call("datastore_delete", {"resource_id": resource, "force": True})
    described = [column.described for column in cols]
    first = _as_records(cols, want[:BATCH])
    # asked again after a lost answer it would add the same rows twice: the caller verifies and repairs instead
    create = {"resource_id": resource, "force": True, "fields": described, "records": first}
    portal.call("datastore_create", create, repeat=False)
    _insert(portal, resource, cols, want[BATCH:])
    return Loaded(rows=len(want), added=len(want), deleted=0, reloaded=True)


def _update(
    portal: TablePortal, resource: str, cols: list[Column], want: list[tuple[Any, ...]], fields: list[Record]
) -> Loaded:
    if not _same_dictionary(fields, cols):
        described = [column.described for column in cols]
        portal.call("datastore_create", {"resource_id": resource, "force": True, "fields": described})
    missing = Counter(_comparable(cols, row) for row in want)
    surplus = []
    for row in portal.table(resource):
        key = _comparable(cols, [row.get(column.id) for column in cols])
        if missing[key] > 0:
            missing[key] -= 1
        else:
            surplus.append(row["_id"])
    added = []
    for row in want:
        key = _comparable(cols, row)
        if missing[key] > 0:
            missing[key] -= 1
            added.append(row)
    _insert(portal, resource, cols, added)
    for start in range(0, len(surplus), DELETE_BATCH):
        ids = surplus[start : start + DELETE_BATCH]
        portal.call("datastore_delete", {"resource_id": resource, "force": True, "filters": {"_id": ids}})
    return Loaded(rows=len(want), added=len(added), deleted=len(surplus), reloaded=False)


def _insert(portal: TablePortal, resource: str, cols: list[Column], rows: Sequence[tuple[Any, ...]]) -> None:
    for start in range(0, len(rows), BATCH):
        batch = _as_records(cols, rows[start : start + BATCH])
        data = {"resource_id": resource, "force": True, "method": "insert", "records": batch}
        portal.call("datastore_upsert", data, repeat=False)


def _as_records(cols: list[Column], rows: Sequence[tuple[Any, ...]]) -> list[Record]:
    return [dict(zip((c.id for c in cols), row, strict=True)) for row in rows]


def _comparable(cols: list[Column], row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(same_value(value, column.type) for column, value in zip(cols, row, strict=True))


def _same_columns(fields: list[Record], cols: list[Column]) -> bool:
    return [(f["id"], f["type"]) for f in fields if f["id"] != "_id"] == [(c.id, c.type) for c in cols]


def _same_dictionary(fields: list[Record], cols: list[Column]) -> bool:
    infos = [f.get("info") or {} for f in fields if f["id"] != "_id"]
    pairs = zip(infos, cols, strict=True)
    return all({k: info.get(k, "") for k in ("label", "notes")} == c.described["info"] for info, c in pairs)
