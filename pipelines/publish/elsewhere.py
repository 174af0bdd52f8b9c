"""Tables that the portal loads by itself (``datastore: portal``: XLoader, DataPusher): wait, count, describe.

The portal's loader gives columns its own types and no dictionary; we wait until it has as many rows as the file and
then give the columns their labels and notes.  Rows and types are the loader's.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.model import PortalRejected
from pipelines.publish.columns import Column, Record, columns
from pipelines.publish.delta import header_of
from pipelines.publish.rows import TablePortal
from pipelines.publish.wanted import WantedResource

#: looks at a table that is being loaded; the pauses between them grow to half a minute (some four minutes in all)
LOOKS = 20
#: CKAN's actions that tell how far a loader is; a portal knows one of them, or none
STATUS = ("xloader_status", "datapusher_status")


def described(portal: TablePortal, resources: Iterable[WantedResource]) -> list[str]:
    """Wait for the portal's loader, then give each table its dictionary.  Sentences about tables that did not come."""
    return [told for resource in resources if (told := _one(portal, resource))]


def _one(portal: TablePortal, resource: WantedResource) -> str:
    name, rows = resource.file.path.name, resource.file.rows
    info: Record | None = None
    for attempt in range(1, LOOKS + 1):
        info = portal.table_info(resource.id)
        if info is not None and info["total"] == rows and not _loading(portal, resource.id):
            _describe(portal, resource, info)
            return ""
        portal.rest(attempt)
    total = info["total"] if info else None
    return f"{name} を、ポータルがまだデータストアに入れていません（{total} 行、{rows} 行のはず）"


def _loading(portal: TablePortal, resource: str) -> bool:
    """Whether the loader says that it is still at work; a portal that cannot say is taken at its rows."""
    for action in STATUS:
        try:
            answer = portal.call(action, {"resource_id": resource})
        except PortalRejected:
            continue
        return (answer or {}).get("status") in ("pending", "running", "submitting")
    return False


def _describe(portal: TablePortal, resource: WantedResource, info: Record) -> None:
    """Labels and notes for the columns whose name the loader kept; nothing is sent where they are there already."""
    assert resource.file.schema is not None, "only tabular files are loaded"
    wanted = {c.id: c for c in columns(header_of(resource.file.path), resource.file.schema)}
    fields = [f for f in info["fields"] if f["id"] != "_id"]
    if all(_same(f, wanted[f["id"]]) for f in fields if f["id"] in wanted):
        return
    shape = [{**f, "info": {**(f.get("info") or {}), **_info(wanted, f)}} for f in fields]
    portal.call("datastore_create", {"resource_id": resource.id, "force": True, "fields": shape})


def _info(wanted: dict[str, Column], field: Record) -> Record:
    column = wanted.get(field["id"])
    return dict(column.described["info"]) if column else {}


def _same(field: Record, column: Column) -> bool:
    info = field.get("info") or {}
    return all(info.get(key, "") == value for key, value in column.described["info"].items())
