"""DataStore tables: loaded by us, so that types and dictionary follow the schema and only changed rows travel.

Two ways to find the changed rows: against the version we published last (kept on disk; nothing is read from the
portal), or, whenever there is any doubt, against the whole table as the portal has it.  A call whose answer was lost
is always followed by the second way, so that no row is doubled or missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pipelines.model import PackageFile, PortalRejected, PortalUnavailable
from pipelines.publish.columns import Column, Record, columns, converted, same_value
from pipelines.publish.delta import Delta, Row, delta, read_rows, usable_key

BATCH = 5000
DELETE_BATCH = 2000
#: how many removed rows are looked up one by one before reading the whole table is the cheaper way
LOOKED_UP = 2000
ATTEMPTS = 4
Values = tuple[Any, ...]


class TablePortal(Protocol):
    """What loading needs of a portal."""

    def call(self, action: str, data: Record, *, repeat: bool = ...) -> Any: ...
    def table(self, resource: str) -> Iterable[Record]: ...
    def table_info(self, resource: str) -> Record | None: ...
    def table_rows(self, resource: str, filters: Mapping[str, Any]) -> list[Record]: ...
    def rest(self, attempt: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a load did: rows added, deleted and replaced in place, or a whole reload."""

    rows: int
    added: int = 0
    deleted: int = 0
    replaced: int = 0
    reloaded: bool = False

    @property
    def told(self) -> str:
        """The load as a person reads it."""
        return f"{self.rows}行（追加{self.added}・削除{self.deleted}・置換{self.replaced}）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One DataStore table as it shall be; ``key`` are the ids of its primary key columns, empty when it has none."""

    resource: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def record(self, row: Sequence[Any]) -> Record:
        """Converted values as the API takes them."""
        return dict(zip((c.id for c in self.columns), row, strict=True))

    def comparable(self, values: Iterable[Any]) -> Values:
        """Converted or portal values as they compare."""
        return tuple(same_value(v, c.type) for c, v in zip(self.columns, values, strict=True))

    @property
    def definition(self) -> Record:
        """datastore_create without rows: columns, dictionary, unique key."""
        described = [column.described for column in self.columns]
        return {"resource_id": self.resource, "force": True, "fields": described, "primary_key": list(self.key)}


def load(portal: TablePortal, resource: str, file: PackageFile, before: PackageFile | None = None) -> Loaded:
    """Bring the table behind ``resource`` to the rows of ``file``.

    ``before`` is the file that is in the table now, where that is certain.  New rows are added before old ones go, so
    that a reader never finds the table empty.  Lost answers: look, then send what is missing.
    """
    for attempt in range(1, ATTEMPTS):
        try:
            return _load(portal, resource, file, before)
        except PortalUnavailable:
            before = None
            portal.rest(attempt)
    return _load(portal, resource, file, None)


def _load(portal: TablePortal, resource: str, file: PackageFile, before: PackageFile | None) -> Loaded:
    assert file.schema is not None, "only tabular files are loaded"
    change = _trusted(file, before)
    if change is not None:
        table = _table(resource, file, change.header, keyed=change.declared)
        try:
            return _moved(portal, table, change, file.rows or 0)
        except PortalRejected:
            pass  # the table is not what it was when we left it: find out what it is
    header, rows = read_rows(file.path)
    keyed = bool(usable_key(header, rows, file.schema.primary_key))
    return _compared(portal, _table(resource, file, header, keyed=keyed), rows)


def _table(resource: str, file: PackageFile, header: Sequence[str], *, keyed: bool) -> Table:
    assert file.schema is not None, "only tabular files are loaded"
    cols = tuple(columns(list(header), file.schema))
    ids = dict(zip(header, (c.id for c in cols), strict=True))
    return Table(resource=resource, columns=cols, key=tuple(ids[n] for n in file.schema.primary_key) if keyed else ())


# ── against the version we published last ──────────────────────────────────────────────────────


def _trusted(file: PackageFile, before: PackageFile | None) -> Delta | None:
    """The change since ``before``, when its table had the same columns, dictionary and key."""
    if before is None or before.schema is None or file.schema is None:
        return None
    if before.schema.primary_key != file.schema.primary_key:
        return None
    change = delta(before.path, file.path, file.schema.primary_key)
    if change is None or (file.schema.primary_key and not change.declared):
        return None
    same = columns(list(change.header), before.schema) == columns(list(change.header), file.schema)
    return change if same else None


def _moved(portal: TablePortal, table: Table, change: Delta, rows: int) -> Loaded:
    come = [*change.added, *(new for _, new in change.changed)]
    _send(portal, table, [converted(row, table.columns) for row in come])
    gone = change.removed if table.key else (*change.removed, *(old for old, _ in change.changed))
    if gone and table.key:
        for filters in _by_key(table, change, gone):
            _delete(portal, table, filters)
    elif gone:
        _delete_ids(portal, table, _ids_of(portal, table, gone, change))
    replaced = len(change.changed)
    return Loaded(rows=rows, added=len(change.added), deleted=len(change.removed), replaced=replaced)


def _by_key(table: Table, change: Delta, gone: Sequence[Row]) -> list[Record]:
    """Filters that name exactly these keys: values of the last key column, grouped by those of the others."""
    grouped: dict[Values, list[Any]] = {}
    for row in gone:
        values = converted(row, table.columns)
        *first, last = (values[i] for i in change.key)
        grouped.setdefault(tuple(first), []).append(last)
    result = []
    for first_values, all_last in grouped.items():
        for start in range(0, len(all_last), DELETE_BATCH):
            fixed = dict(zip(table.key, first_values, strict=False))
            result.append({**fixed, table.key[-1]: all_last[start : start + DELETE_BATCH]})
    return result


def _ids_of(portal: TablePortal, table: Table, gone: Sequence[Row], change: Delta) -> list[int]:
    """The ``_id`` of rows of a table without a key, found by the column that tells most of them apart."""
    wanted = Counter(table.comparable(converted(row, table.columns)) for row in gone)
    if len(gone) > LOOKED_UP:
        candidates: Iterable[Record] = portal.table(table.resource)
    else:
        values = [{row[i] for row in gone} for i in range(len(change.header))]
        best = max(range(len(values)), key=lambda i: ("" not in values[i], len(values[i])))
        if "" in values[best]:
            candidates = portal.table(table.resource)
        else:
            column = table.columns[best]
            asked = [value for row in gone for value in converted(row, table.columns)[best : best + 1]]
            candidates = portal.table_rows(table.resource, {column.id: list(dict.fromkeys(asked))})
    found = []
    for row in candidates:
        key = table.comparable(row.get(column.id) for column in table.columns)
        if wanted[key] > 0:
            wanted[key] -= 1
            found.append(row["_id"])
    return found


# ── against the table as the portal has it ─────────────────────────────────────────────────────


def _compared(portal: TablePortal, table: Table, rows: Sequence[Row]) -> Loaded:
    want = [converted(row, table.columns) for row in rows]
    info = portal.table_info(table.resource)
    if info is None or not _same_columns(info["fields"], table.columns):
        return _reload(portal, table, want, exists=info is not None)
    missing = Counter(table.comparable(row) for row in want)
    surplus: list[Record] = []
    for row in portal.table(table.resource):
        key = table.comparable(row.get(column.id) for column in table.columns)
        if missing[key] > 0:
            missing[key] -= 1
        else:
            surplus.append(row)
    come = _still(missing, table, want)
    if come or surplus or not _same_dictionary(info["fields"], table.columns):
        try:
            portal.call("datastore_create", table.definition)
        except PortalRejected:  # the rows there now break the key
            return _reload(portal, table, want, exists=True)
    return _mended(portal, table, come, surplus, len(want))


def _mended(portal: TablePortal, table: Table, come: list[Values], surplus: list[Record], rows: int) -> Loaded:
    _send(portal, table, come)
    places = [i for i, column in enumerate(table.columns) if column.id in table.key]
    fresh = {tuple(table.comparable(row)[i] for i in places) for row in come} if table.key else set()
    left = []
    for row in surplus:
        values = table.comparable(row.get(column.id) for column in table.columns)
        if not table.key or tuple(values[i] for i in places) not in fresh:
            left.append(row["_id"])
    _delete_ids(portal, table, left)
    replaced = len(surplus) - len(left)
    return Loaded(rows=rows, added=len(come) - replaced, deleted=len(left), replaced=replaced)


def _still(missing: Counter[Values], table: Table, want: Sequence[Values]) -> list[Values]:
    """The wanted rows that the table has not, in the file's order."""
    come = []
    for row in want:
        key = table.comparable(row)
        if missing[key] > 0:
            missing[key] -= 1
            come.append(row)
    return come


def _reload(portal: TablePortal, table: Table, want: Sequence[Values], exists: bool) -> Loaded:
    """Make the table anew, with its first rows in the same call that makes it."""
    if exists:
        portal.call("datastore_delete", {"resource_id": table.resource, "force": True}, repeat=False)
    first = [table.record(row) for row in want[:BATCH]]
    portal.call("datastore_create", {**table.definition, "records": first}, repeat=False)
    _send(portal, table, want[BATCH:])
    return Loaded(rows=len(want), added=len(want), reloaded=True)


# ── moving rows ────────────────────────────────────────────────────────────────────────────────


def _send(portal: TablePortal, table: Table, rows: Sequence[Values]) -> None:
    method = "upsert" if table.key else "insert"
    for start in range(0, len(rows), BATCH):
        batch = [table.record(row) for row in rows[start : start + BATCH]]
        data = {"resource_id": table.resource, "force": True, "method": method, "records": batch}
        portal.call("datastore_upsert", data, repeat=bool(table.key))


def _delete_ids(portal: TablePortal, table: Table, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), DELETE_BATCH):
        _delete(portal, table, {"_id": list(ids[start : start + DELETE_BATCH])})


def _delete(portal: TablePortal, table: Table, filters: Record) -> None:
    portal.call("datastore_delete", {"resource_id": table.resource, "force": True, "filters": filters})


def _same_columns(fields: list[Record], cols: Sequence[Column]) -> bool:
    return [(f["id"], f["type"]) for f in fields if f["id"] != "_id"] == [(c.id, c.type) for c in cols]


def _same_dictionary(fields: list[Record], cols: Sequence[Column]) -> bool:
    infos = [f.get("info") or {} for f in fields if f["id"] != "_id"]
    pairs = zip(infos, cols, strict=True)
    return all({k: info.get(k, "") for k in ("label", "notes")} == c.described["info"] for info, c in pairs)
