"""DataStore tables: loaded by us, so that types and dictionary follow the schema and only changed rows travel.

Two ways to find the changed rows: against the version we published last (kept on disk; nothing is read from the
portal), or, whenever there is any doubt, against the whole table as the portal has it (``mend``).  A call whose answer
was lost is always followed by the second way, so that no row is doubled or missed.

Rows are told apart by the schema's key; without one, by a column that happens to identify them (a promise to nobody,
only the table's unique index); without that, by the portal's row numbers, which then have to be asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipelines.model import PackageFile, PortalRejected, PortalUnavailable
from pipelines.publish.columns import Column, Record, columns, converted
from pipelines.publish.delta import Delta, Row, difference, read_rows, table_key
from pipelines.publish.mend import compared
from pipelines.publish.rows import (
    BATCH,
    DELETE_BATCH,
    Loaded,
    Table,
    TablePortal,
    Values,
    delete,
    delete_ids,
    insert,
    read_back,
    stand_as,
    update,
)

#: how many rows without a key are looked up by value before reading the whole table is the cheaper way
LOOKED_UP = 2000
ATTEMPTS = 4


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
    header, rows = read_rows(file.path)
    cols = tuple(columns(list(header), file.schema))
    key = table_key(header, rows, cols, file.schema.primary_key)
    table = Table(resource=resource, columns=cols, key=tuple(cols[i].id for i in key))
    change = _trusted(before, header, rows, cols, key)
    if change is not None:
        try:
            done = _moved(portal, table, change, len(rows))
            if done is not None:
                return done
        except PortalRejected:
            pass  # the table is not what it was when we left it: find out what it is
    return compared(portal, table, rows)


# ── against the version we published last ──────────────────────────────────────────────────────


def _trusted(
    before: PackageFile | None, header: Row, rows: list[Row], cols: Sequence[Column], key: tuple[int, ...]
) -> Delta | None:
    """The change since ``before``, when its table had the same columns, dictionary and key."""
    if before is None or before.schema is None:
        return None
    old_header, old = read_rows(before.path)
    if old_header != header or columns(list(old_header), before.schema) != list(cols):
        return None
    if table_key(old_header, old, cols, before.schema.primary_key) != key:
        return None
    return difference(header, old, rows, key)


def _moved(portal: TablePortal, table: Table, change: Delta, rows: int) -> Loaded | None:
    """Send what changed; None when CKAN answers with other rows than we left."""
    pairs = [(converted(old, table.columns), converted(new, table.columns)) for old, new in change.changed]
    if table.key:
        named = [table.record(new) for _, new in pairs]
        names: list[Record] = [{k: record[k] for k in table.key} for record in named]
        gone: list[int] = []
    else:
        numbers = _ids_of(portal, table, [old for old, _ in change.changed] + list(change.removed), change)
        if numbers is None:
            return None
        names = [{"_id": number} for number in numbers[: len(pairs)]]
        gone = numbers[len(pairs) :]
    insert(portal, table, [converted(row, table.columns) for row in change.added])
    alone = bool(pairs) and len(pairs) <= BATCH and not change.added and not change.removed
    values = [table.changed(old, new) for old, new in pairs]
    records = [{**name, **told} for name, told in zip(names, values, strict=True) if told]
    shall = [new for (_, new), told in zip(pairs, values, strict=True) if told]
    answered = update(portal, table, records, confirm=alone)
    if alone and records and not answered:
        answered = read_back(portal, table, names, shall)
    if answered and not stand_as(table, answered, shall):
        return None
    for filters in _by_key(table, change, change.removed) if table.key else ():
        delete(portal, table, filters)
    delete_ids(portal, table, gone)
    return Loaded(
        rows=rows,
        added=len(change.added),
        deleted=len(change.removed),
        replaced=len(pairs),
        confirmed=bool(answered),
    )


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


def _ids_of(portal: TablePortal, table: Table, rows: Sequence[Row], change: Delta) -> list[int] | None:
    """The ``_id`` of each of these rows, found by the column that tells most of them apart; None: one is not there."""
    if not rows:
        return []
    wanted = [table.comparable(converted(row, table.columns)) for row in rows]
    numbers: dict[Values, list[int]] = {}
    asked = Counter(wanted)
    for number, values in _candidates(portal, table, rows):
        found = table.comparable(values)
        if found in asked:
            numbers.setdefault(found, []).append(number)
    if any(len(numbers.get(row, ())) < count for row, count in asked.items()):
        return None
    return [numbers[row].pop() for row in wanted]


def _candidates(portal: TablePortal, table: Table, rows: Sequence[Row]) -> list[tuple[int, Values]]:
    """Rows of the table that may be these, with their ``_id``."""
    values = [{row[i] for row in rows} for i in range(len(table.columns))]
    best = max(range(len(values)), key=lambda i: ("" not in values[i], len(values[i])))
    if len(rows) > LOOKED_UP or "" in values[best]:
        return [(row["_id"], tuple(row[i] for i in table.ids)) for row in portal.table(table.resource)]
    asked = dict.fromkeys(converted(row, table.columns)[best] for row in rows)
    found = portal.table_rows(table.resource, {table.columns[best].id: list(asked)}, ["_id", *table.ids])
    return [(row[0], row[1:]) for row in found]
