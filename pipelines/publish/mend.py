"""Bring a table to the rows of a file by comparing with the whole table as the portal has it.

The way of every first load and of every doubt.  A table that is there is changed in place, also when its columns
change: CKAN adds and takes away columns in one transaction, so that no reader ever finds it empty or without its
dictionary.  A column added later stands last in the table; the file has the official order.  Made anew, and away for a
moment, is only a table all of whose columns change their type, and on CKAN 2.10 one that loses columns.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.model import PortalRejected
from pipelines.publish.columns import Column, Record, converted
from pipelines.publish.delta import Row, natural
from pipelines.publish.rows import Loaded, Table, TablePortal, Values, create, delete_ids, insert, update

Standing = tuple[int, Values]


@dataclass(slots=True)
class _Moves:
    """What has to happen: rows to replace (``_id``, as it stands, as it shall be), to add, to delete."""

    replace: list[tuple[int, Values, Values]] = field(default_factory=list)
    come: list[Values] = field(default_factory=list)
    gone: list[Standing] = field(default_factory=list)
    same: list[Standing] = field(default_factory=list)


def compared(portal: TablePortal, table: Table, rows: Sequence[Row]) -> Loaded:
    """Make the table hold exactly ``rows`` and have exactly these columns, dictionary and key."""
    want = [converted(row, table.columns) for row in rows]
    info = portal.table_info(table.resource)
    there = types_of(info)
    shared = [c.id for c in table.columns if there.get(c.id) == c.type]
    if info is None or (not shared and set(there) & set(table.ids)):
        return create(portal, table, want, exists=info is not None)
    moves = _moves(table, want, _standing(portal, table, shared), shared)
    shifted = there != {c.id: c.type for c in table.columns}
    if moves.replace or moves.come or moves.gone or shifted or not _described(info["fields"], table.columns):
        fits = _shaped(portal, table, there, shared, drop=bool(shared))
        if not fits:  # CKAN 2.10 cannot take columns away
            return create(portal, table, want, exists=True)
    lost = set(there) - set(shared)
    done = _carried_out(portal, table, moves, len(want), touch=shared[0] if shared and lost else "")
    if not shared and not _shaped(portal, table, there, shared, drop=True):
        return create(portal, table, want, exists=True)
    return done


def types_of(info: Record | None) -> dict[str, str]:
    """Column types by name, of a table as the portal has it."""
    return {f["id"]: f["type"] for f in info["fields"] if f["id"] != "_id"} if info else {}


def _standing(portal: TablePortal, table: Table, shared: Sequence[str]) -> list[Standing]:
    """Every row with its ``_id``; a column that is not there yet, or of another type, has no values."""
    known = set(shared)
    rows = portal.table(table.resource)
    return [(row["_id"], table.comparable(row[i] if i in known else None for i in table.ids)) for row in rows]


# ── which row becomes which ────────────────────────────────────────────────────────────────────


def _moves(table: Table, want: Sequence[Values], standing: Sequence[Standing], shared: Sequence[str]) -> _Moves:
    """Rows that stay as they are, those that one row becomes another of, and the rest."""
    moves = _Moves(gone=list(standing), come=list(want))
    _pair(moves, table, lambda row: row, _stays)
    places = [i for i, column in enumerate(table.ids) if column in set(shared)]
    keyed = [i for i, column in enumerate(table.ids) if column in table.key]
    if keyed and set(keyed) <= set(places):
        _pair(moves, table, lambda row: tuple(row[i] for i in keyed), _becomes)
    if places and len(places) < len(table.ids):
        _pair(moves, table, lambda row: tuple(row[i] for i in places), _becomes)
    if not keyed and (best := natural([row for _, row in moves.gone], [*map(table.comparable, moves.come)], places)):
        _pair(moves, table, lambda row: tuple(row[i] for i in best), _becomes)
    return moves


def _stays(moves: _Moves, old: Standing, new: Values) -> None:
    moves.same.append(old)


def _becomes(moves: _Moves, old: Standing, new: Values) -> None:
    moves.replace.append((*old, new))


def _pair(
    moves: _Moves, table: Table, by: Callable[[Values], Values], noted: Callable[[_Moves, Standing, Values], None]
) -> None:
    """Pair what comes with what goes by equal ``by``, in the order of both."""
    waiting: dict[Values, list[Standing]] = defaultdict(list)
    for old in reversed(moves.gone):
        waiting[by(old[1])].append(old)
    left = []
    for new in moves.come:
        found = waiting.get(by(table.comparable(new)))
        if found:
            noted(moves, found.pop(), new)
        else:
            left.append(new)
    kept = Counter(number for rows in waiting.values() for number, _ in rows)
    moves.come, moves.gone = left, [old for old in moves.gone if kept[old[0]]]


# ── doing it ───────────────────────────────────────────────────────────────────────────────────


def _shaped(portal: TablePortal, table: Table, there: dict[str, str], shared: Sequence[str], *, drop: bool) -> bool:
    """Columns, dictionary and key as they shall be, with the rows left in place; False where CKAN cannot do it.

    CKAN 2.10 can only add columns at the end: it refuses others ("not present or in wrong order") or leaves them.
    """
    try:
        return _altered(portal, table, there, shared, drop=drop)
    except PortalRejected as error:
        if "fields" not in error.errors:
            raise
        return False


def _altered(portal: TablePortal, table: Table, there: dict[str, str], shared: Sequence[str], *, drop: bool) -> bool:
    if any(there.get(c.id, c.type) != c.type for c in table.columns):  # another type: away with it first
        kept = [field for field in _in_order(table, there) if field["id"] in set(shared)]
        gone = {"resource_id": table.resource, "force": True, "fields": kept, "delete_fields": True}
        portal.call("datastore_create", gone)
    definition = {**table.definition, "fields": _in_order(table, there)}
    definition["delete_fields"] = drop and bool(set(there) - set(table.ids))
    try:
        portal.call("datastore_create", definition)
    except PortalRejected:  # the rows there now break the key: without one until they have moved
        portal.call("datastore_create", {**definition, "primary_key": []})
    after = types_of(portal.table_info(table.resource)) if there != {c.id: c.type for c in table.columns} else there
    return all(after.get(c.id) == c.type for c in table.columns) and not (drop and set(after) - set(table.ids))


def _in_order(table: Table, there: dict[str, str]) -> list[Record]:
    """The columns' descriptions in the order the table has them, new ones last: CKAN 2.10 takes no other order."""
    places = {column: place for place, column in enumerate(there)}
    return [c.described for c in sorted(table.columns, key=lambda c: places.get(c.id, len(places)))]


def _carried_out(portal: TablePortal, table: Table, moves: _Moves, rows: int, touch: str) -> Loaded:
    """Add, replace, then delete.  ``touch``: every row is written, so that no word of a lost column can be found."""
    insert(portal, table, moves.come)
    place = table.ids.index(touch) if touch else 0
    records = [
        {"_id": n, **(table.changed(old, new) or {table.ids[place]: new[place]})} for n, old, new in moves.replace
    ]
    if touch:
        records += [{"_id": number, touch: _plain(row[place])} for number, row in moves.same]
    update(portal, table, records)
    delete_ids(portal, table, [number for number, _ in moves.gone])
    return Loaded(rows=rows, added=len(moves.come), deleted=len(moves.gone), replaced=len(moves.replace))


def _plain(value: Any) -> Any:
    """A comparable value as JSON takes it."""
    return value if value is None or isinstance(value, bool | str) else str(value)


def _described(fields: list[Record], cols: Sequence[Column]) -> bool:
    """Whether the dictionary says what it shall."""
    infos = {f["id"]: f.get("info") or {} for f in fields}
    return all({k: infos[c.id].get(k, "") for k in ("label", "notes")} == c.described["info"] for c in cols)
