"""The table that holds the index: one row per dataset, in CKAN's own database."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import ckan.model as model
from sqlalchemy import text as sql

from . import fields

TABLE = "local_search_doc"

_COLUMNS = ("index_id", "id", *fields.COLUMNS, "doc", "rest", "folded", "alltext", *fields.WHOLE)
_JSON = ("doc", "rest", "folded")


def ensure() -> None:
    """Make the table if it is missing; two processes may try at once."""
    with model.Session.get_bind().begin() as connection:
        if connection.execute(sql("SELECT to_regclass(:t)"), {"t": TABLE}).scalar():
            return
        connection.execute(sql("SELECT pg_advisory_xact_lock(727274001)"))
        plain = ", ".join(f"{column} text" for column in fields.COLUMNS)
        connection.execute(
            sql(
                f"CREATE TABLE IF NOT EXISTS {TABLE} (index_id text PRIMARY KEY, id text NOT NULL, {plain}, "
                "doc jsonb NOT NULL, rest jsonb NOT NULL, folded jsonb NOT NULL, alltext text NOT NULL, "
                "data_dict text, validated_data_dict text)"
            )
        )
        for name, what in (("doc", "gin (doc jsonb_path_ops)"), ("id", "btree (id)"), ("name", "btree (name)")):
            connection.execute(sql(f"CREATE INDEX IF NOT EXISTS {TABLE}_{name} ON {TABLE} USING {what}"))


def empty() -> None:
    """Forget every entry (within CKAN's transaction)."""
    model.Session.execute(sql(f"DELETE FROM {TABLE}"))


def write(entry: dict[str, Any]) -> None:
    """Add or replace one dataset's entry, within CKAN's transaction: both commit or roll back together."""
    marks = ", ".join(f"cast(:{c} AS jsonb)" if c in _JSON else f":{c}" for c in _COLUMNS)
    news = ", ".join(f"{column} = excluded.{column}" for column in _COLUMNS[1:])
    model.Session.execute(
        sql(
            f"INSERT INTO {TABLE} ({', '.join(_COLUMNS)}) VALUES ({marks}) ON CONFLICT (index_id) DO UPDATE SET {news}"
        ),
        row(entry),
    )


def row(entry: dict[str, Any]) -> dict[str, Any]:
    """The table's columns for one of CKAN's index entries.

    ``doc`` holds the exact strings and stays small enough not to be stored out of line; ``rest`` the
    long texts; ``folded`` the texts as they are matched.
    """
    doc: dict[str, list[str]] = {}
    rest: dict[str, list[str]] = {}
    folded: dict[str, str] = {}
    searched: list[str] = []
    for key, value in entry.items():
        found = [] if key in fields.WHOLE else fields.values(value)
        if not found:
            continue
        (rest if fields.is_text(key) and key != "title" else doc)[key] = found
        if fields.is_text(key) or key == "name":
            folded[key] = fields.fold("\n".join(found))
        if fields.is_searched(key):
            searched += found
    doc.setdefault("indexed_ts", [dt.datetime.now(dt.UTC).isoformat()])
    return {
        **{column: doc[column][0] if column in doc else None for column in fields.COLUMNS},
        **{column: entry.get(column) for column in ("index_id", "id", *fields.WHOLE)},
        "doc": _json(doc),
        "rest": _json(rest),
        "folded": _json(folded),
        "alltext": fields.fold("\n".join(searched)),
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
