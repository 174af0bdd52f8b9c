"""Bring one dataset to the portal: one package_revise, then its tables and views, then look whether it is true.

A lost answer is never answered by sending again blindly: first we look what the portal has.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from pipelines.model import PackageFile, PortalRejected, PortalUnavailable
from pipelines.publish.compare import Difference, extras_of
from pipelines.publish.tables import TablePortal, load
from pipelines.publish.wanted import DIGEST, Wanted, WantedResource

Record = dict[str, Any]
TABLE_VIEW = "datatables_view"
TABULAR = "CSV"


class WritePortal(TablePortal, Protocol):
    """What applying needs of a portal."""

    def call(
        self, action: str, data: Record, *, files: Mapping[str, Path] | None = ..., repeat: bool = ...
    ) -> Any: ...
    def dataset(self, name: str) -> Record | None: ...
    def views(self, resource: str) -> list[Record]: ...
    def download(self, url: str) -> tuple[int, str]: ...


def send(portal: WritePortal, difference: Difference) -> Record:
    """Create the draft where there is none, then revise it whole.  Returns the dataset as the portal now has it."""
    current = difference.portal or _draft(portal, difference.wanted)
    if not difference.writes:
        return current
    return _revise(portal, difference, current)


def _draft(portal: WritePortal, want: Wanted) -> Record:
    """An invisible start: state draft, marked as ours, so that a crash leaves nothing a reader can see."""
    data = {
        "name": want.name,
        "title": want.scalars["title"],
        "owner_org": want.scalars["owner_org"],
        "state": "draft",
        "extras": [{"key": DIGEST, "value": "draft"}],
    }
    try:
        created: Record = portal.call("package_create", data, repeat=False)
    except PortalUnavailable:
        found = portal.dataset(want.name)
        if found is None:
            created = portal.call("package_create", data, repeat=False)
        else:
            created = found
    return created


def _revise(portal: WritePortal, difference: Difference, current: Record) -> Record:
    want = difference.wanted
    data = {
        "match": {"id": current["id"], "metadata_modified": current["metadata_modified"]},
        "update": {**difference.update, "state": "active", "private": False},
    }
    files = {f"update__resources__{_index(difference, r)}__upload": r.file.path for r in difference.uploads}
    try:
        revised: Record = portal.call("package_revise", data, files=files, repeat=False)["package"]
    except PortalUnavailable:
        found = portal.dataset(want.name)
        if found is not None and extras_of(found).get(DIGEST) == want.digest and found["state"] == "active":
            return found
        retry = {**data, "match": {"id": current["id"], "metadata_modified": (found or current)["metadata_modified"]}}
        if found is not None and found["metadata_modified"] != current["metadata_modified"]:
            raise
        revised = portal.call("package_revise", retry, files=files, repeat=False)["package"]
    return revised


def _index(difference: Difference, resource: WantedResource) -> int:
    return next(i for i, r in enumerate(difference.update["resources"]) if r["id"] == resource.id)


def load_tables(portal: WritePortal, want: Wanted, uploaded: set[str], mode: str) -> list[str]:
    """Load the tables of the resources whose file changed (or that lack one), and give each a table view."""
    told: list[str] = []
    if mode != "own":
        return told
    for resource in want.resources:
        if not _tabular(resource.file) or resource.id not in uploaded:
            continue
        done = load(portal, resource.id, resource.file)
        told.append(f"{resource.file.path.name}: {done.rows}行（追加{done.added}・削除{done.deleted}）")
        if not any(view["view_type"] == TABLE_VIEW for view in portal.views(resource.id)):
            view = {"resource_id": resource.id, "title": "表", "view_type": TABLE_VIEW}
            portal.call("resource_view_create", view, repeat=False)
    return told


def verify(portal: WritePortal, want: Wanted, dataset: Record, mode: str) -> list[str]:
    """What differs from what we wanted, in Japanese; [] when every file and table is true."""
    present = {r["id"]: r for r in dataset.get("resources") or ()}
    wrong = [] if dataset.get("state") == "active" and not dataset.get("private") else ["公開の状態になっていません"]
    for resource in want.resources:
        have = present.get(resource.id)
        if have is None:
            wrong.append(f"{resource.file.path.name} がありません")
            continue
        wrong += _file_differs(portal, resource, have)
        if mode == "own" and _tabular(resource.file):
            wrong += _table_differs(portal, resource)
    return wrong


def _file_differs(portal: WritePortal, resource: WantedResource, have: Record) -> list[str]:
    try:
        size, digest = portal.download(have["url"])
    except PortalRejected as error:
        return [str(error)]
    if (size, digest) != (resource.file.size, resource.file.digest):
        return [f"{resource.file.path.name} の中身が手元と違います（{size}バイト）"]
    return []


def _table_differs(portal: WritePortal, resource: WantedResource) -> list[str]:
    info = portal.table_info(resource.id)
    total = info["total"] if info else None
    if total != resource.file.rows:
        return [f"{resource.file.path.name} のデータストアが {total} 行です（{resource.file.rows} 行のはず）"]
    return []


def ours(dataset: Mapping[str, Any] | None) -> bool:
    """Whether a dataset of the portal was made by us (it carries our digest)."""
    return dataset is None or DIGEST in extras_of(dataset)


def _tabular(file: PackageFile) -> bool:
    return file.format == TABULAR and file.schema is not None
