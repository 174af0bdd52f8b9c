"""A Solr core with CKAN's schema, kept as one table in CKAN's own PostgreSQL.

``Connection`` has the methods of ``pysolr.Solr`` that CKAN calls: add, delete, commit, search. It writes
through CKAN's own session, so a dataset and its index entry commit or roll back together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import ckan.model as model
import pysolr
from sqlalchemy import text as sql

from . import fields, lines, lucene, table
from .conditions import Conditions

_ORDER = re.compile(r"^\s*([\w.-]+)\s+(asc|desc)\s*$", re.I)
# local parameters that change nothing here: tags of filters, and the plain parsers
_LOCAL = re.compile(r"^\s*\{!(?:tag=\S*|bool[^}]*)\}")


class Results:
    """What CKAN reads of a Solr answer."""

    def __init__(self, docs: list[dict[str, Any]], hits: int, facets: dict[str, Any]) -> None:
        self.docs, self.hits, self.facets = docs, hits, facets

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.docs)

    def __len__(self) -> int:
        return len(self.docs)


class Connection:
    """Stands in for ``pysolr.Solr``."""

    url = "embedded:"

    def add(self, docs: Iterable[dict[str, Any]], commit: bool | None = None, **_: Any) -> None:
        """Index datasets, within CKAN's transaction."""
        for entry in docs:
            table.write(entry)
        lines.written()

    def delete(self, id: str | None = None, q: str | None = None, commit: bool | None = None, **_: Any) -> None:
        """Remove entries by id or by query, within CKAN's transaction."""
        conditions = Conditions()
        where = conditions.of(lucene.parse(f'index_id:"{id}"' if id is not None else str(q)))
        model.Session.execute(sql(f"DELETE FROM {table.TABLE} d WHERE {where}"), conditions.bound)
        lines.written()

    def commit(self, **_: Any) -> None:
        """Commit CKAN's transaction."""
        model.Session.commit()

    def search(self, q: str = "*:*", **asked: Any) -> Results:
        """Answer a Solr query; raises pysolr.SolrError for one that cannot be read."""
        conditions = Conditions(asked.get("df", "text"))
        try:
            where, score = _where(conditions, q, asked)
            order = _order(conditions, asked.get("sort") or "score desc", score)
        except lucene.QuerySyntaxError as error:
            raise pysolr.SolrError(f"Solr responded with an error (HTTP 400): [Reason: {error}]") from error
        count = f"SELECT count(*) FROM {table.TABLE} d WHERE {where}"
        hits = int(model.Session.execute(sql(count), conditions.bound).scalar() or 0)
        docs = _docs(conditions, where, order, score, asked) if hits else []
        return Results(docs, hits, _facets(conditions, where, asked))


def _where(conditions: Conditions, q: str, asked: dict[str, Any]) -> tuple[str, str]:
    """(condition, score) of filters and query together."""
    default_and = asked.get("q.op", "OR") == "AND"
    filters = asked.get("fq") or []
    parts = []
    for one in [filters] if isinstance(filters, str) else filters:
        bare = _LOCAL.sub("", one)
        if bare.strip():
            parts.append(conditions.of(lucene.parse(bare, default_and)))
    score, query = "0", (q or "*:*").strip()
    if _is_plain(query, asked.get("defType")):
        found, score = conditions.dismax(query, asked.get("qf") or "text", str(asked.get("mm", "100%")))
        parts.append(found)
    elif query != "*:*":
        parts.append(conditions.of(lucene.parse(query, default_and)))
    return " AND ".join(parts) or "true", score


def _is_plain(query: str, parser: str | None) -> bool:
    """Whether a query is for the dismax parser (edismax understands fields and operators as well)."""
    if query == "*:*" or parser not in ("dismax", "edismax"):
        return False
    return parser == "dismax" or not re.search(r"\w:|[()]| (AND|OR|NOT) ", query)


def _order(conditions: Conditions, sort: str, score: str) -> str:
    out = []
    for part in filter(str.strip, sort.split(",")):
        found = _ORDER.match(part)
        if not found:
            raise pysolr.SolrError(f"Can't determine a Sort Order (asc or desc) in sort spec {sort!r}")
        field, way = found[1], found[2].lower()
        if field != "score":
            out.append(f"{_sortable(conditions, field)} {way} NULLS LAST")
        elif score != "0":
            out.append(f"({score}) {way}")
    return ", ".join([*out, "d.id"])


def _sortable(conditions: Conditions, field: str) -> str:
    value = f"(d.doc->{conditions.bind(field)}->>0)"
    if field in fields.NUMBERS:
        return f"{value}::numeric"
    return f"{value}::timestamptz" if fields.is_date(field) else f'{value} COLLATE "C"'


def _docs(conditions: Conditions, where: str, order: str, score: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    rows, start = int(asked.get("rows", 10)), int(asked.get("start", 0) or 0)
    if rows <= 0:
        return []
    names = [name for name in re.split(r"[,\s]+", _fl(asked.get("fl"))) if name]
    whole = [name for name in fields.WHOLE if name in names or "*" in names]
    parts = any(name not in (*fields.WHOLE, "score") for name in names)
    columns = ", ".join(f"d.{name}" for name in [*whole, *(("doc", "rest") if parts else ())])
    statement = (
        f"SELECT {columns + ', ' if columns else ''}{score} AS score FROM {table.TABLE} d "
        f"WHERE {where} ORDER BY {order} LIMIT {rows} OFFSET {start}"
    )
    found = model.Session.execute(sql(statement), conditions.bound).mappings()
    return [_doc(row, names, whole, parts) for row in found]


def _fl(fl: Any) -> str:
    """The list of wanted fields: CKAN sends a text or a list."""
    return ",".join(fl) if isinstance(fl, list | tuple) else fl or "*"


def _doc(row: Any, names: list[str], whole: list[str], parts: bool) -> dict[str, Any]:
    out = {name: row[name] for name in whole}
    for key, value in {**row["doc"], **row["rest"]}.items() if parts else ():
        if _is_wanted(key, names):
            out[key] = value if fields.is_several(key) else value[0]
    if "score" in names:
        out["score"] = float(row["score"])
    return out


def _is_wanted(key: str, names: list[str]) -> bool:
    if key in names or ("*" in names and fields.is_stored(key)):
        return True
    return any(name.endswith("*") and name != "*" and key.startswith(name[:-1]) for name in names)


def _facets(conditions: Conditions, where: str, asked: dict[str, Any]) -> dict[str, Any]:
    if str(asked.get("facet", "false")).lower() != "true":
        return {}
    wanted = asked.get("facet.field") or []
    if isinstance(wanted, str):
        wanted = json.loads(wanted) if wanted.startswith("[") else [wanted]
    names = [re.sub(r"^\{![^}]*\}", "", name) for name in wanted]
    return {"facet_fields": {name: _facet(conditions, where, name, asked) for name in names}}


def _facet(conditions: Conditions, where: str, name: str, asked: dict[str, Any]) -> list[Any]:
    """Values and counts in turn, most frequent first, as Solr's JSON has them."""
    limit, least = int(asked.get("facet.limit", 100)), max(int(asked.get("facet.mincount", 0)), 1)
    statement = (
        f"SELECT v, count(*) FROM {table.TABLE} d, jsonb_array_elements_text(d.doc->{conditions.bind(name)}) AS v "
        f'WHERE {where} GROUP BY v HAVING count(*) >= {least} ORDER BY count(*) DESC, v COLLATE "C"'
        + (f" LIMIT {limit}" if limit >= 0 else "")
    )
    found = model.Session.execute(sql(statement), conditions.bound)
    return [part for value, count in found for part in (value, count)]
