"""Bring one dataset to the portal: one package_revise, then its tables and views.

A lost answer, or a portal that moved since the plan, is never answered by sending again blindly: first we look what
the portal has and compare anew; what is still missing is what is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pipelines.model import PackageFile, PortalRejected, PortalUnavailable
from pipelines.publish.columns import columns
from pipelines.publish.compare import Difference
from pipelines.publish.delta import header_of
from pipelines.publish.marks import STUB, Record, ours, stub
from pipelines.publish.mend import types_of
from pipelines.publish.rows import Loaded, TablePortal
from pipelines.publish.tables import load
from pipelines.publish.wanted import DIGEST, WITHDRAWN_AT, Wanted, WantedResource

TABLE_VIEW = "datatables_view"
TABULAR = "CSV"
ATTEMPTS = 4
#: what the dataset shall become, given what the portal has now (None: nothing)
Comparing = Callable[[Record | None], Difference]


class WritePortal(TablePortal, Protocol):
    """What applying needs of a portal."""

    def call(self, action: str, data: Record, *, files: Mapping[str, Path] | None = ..., repeat: bool = ...) -> Any: ...
    def dataset(self, name: str) -> Record | None: ...
    def views(self, resource: str) -> list[Record]: ...
    def download(self, url: str) -> tuple[int, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What verification found: sentences, and the resources whose file or table has to be brought again."""

    told: tuple[str, ...] = ()
    files: frozenset[str] = field(default_factory=frozenset)
    tables: frozenset[str] = field(default_factory=frozenset)


def send(portal: WritePortal, difference: Difference, again: Comparing) -> Record:
    """Write the metadata and files of one dataset.  Returns the dataset as the portal now has it.

    Raises :class:`PortalRejected` for a dataset of that name that is not ours or that is withdrawn.
    """
    for attempt in range(1, ATTEMPTS + 1):
        guarded(difference.portal)
        if difference.portal is not None and not difference.writes:
            return difference.portal
        try:
            if difference.portal is not None:
                return _revise(portal, difference)
            difference = again(_start(portal, difference.wanted))
        except (PortalUnavailable, PortalRejected) as error:
            if attempt == ATTEMPTS or not _worth_a_look(error):
                raise
            portal.rest(attempt)
            _unclaimed(portal, difference, error)
            difference = again(_seen(portal, difference))
    raise PortalUnavailable("ポータルの内容が変わり続けるため、公開を見送りました。")  # pragma: no cover


def guarded(present: Record | None) -> None:
    """Refuse what must not be written to."""
    if present is None:
        return
    if not ours(present):
        raise PortalRejected("同じ名前のデータセットが、ほかの人の手でポータルに作られています。")
    if present.get("state") == "deleted":
        raise PortalRejected("このデータセットはポータルで削除されています。戻すときは管理者に頼んでください。")
    if any(extra["key"] == WITHDRAWN_AT for extra in present.get("extras") or ()):
        raise PortalRejected("取り下げたデータセットです。`publish.py withdraw 名前 --undo` で取り消せます。")


def _worth_a_look(error: PortalUnavailable | PortalRejected) -> bool:
    """A lost answer; a dataset that moved since we looked; one that is there although no list shows it."""
    return isinstance(error, PortalUnavailable) or bool({"match", "name", "resources"} & set(error.errors))


def _unclaimed(portal: WritePortal, difference: Difference, error: PortalUnavailable | PortalRejected) -> None:
    """Our resources belong to a dataset that a person deleted: take our new start away again and say so."""
    if not isinstance(error, PortalRejected) or "resources" not in error.errors:
        return
    start = difference.portal
    held = portal.call("resource_show", {"id": difference.wanted.resources[0].id})
    if start is None or held["package_id"] == start["id"]:
        raise error
    if stub(start):
        portal.call("package_delete", {"id": start["id"]})
    guarded(portal.dataset(held["package_id"]))
    raise error


def _seen(portal: WritePortal, difference: Difference) -> Record | None:
    name = difference.portal["id"] if difference.portal else difference.wanted.name
    return portal.dataset(name)


def _start(portal: WritePortal, want: Wanted) -> Record:
    """An empty start that no reader sees: private (an editor cannot make drafts), marked as ours."""
    data = {
        "name": want.name,
        "title": want.scalars["title"],
        "owner_org": want.scalars["owner_org"],
        "private": True,
        "extras": [{"key": DIGEST, "value": STUB}],
    }
    created: Record = portal.call("package_create", data, repeat=False)
    return created


def _revise(portal: WritePortal, difference: Difference) -> Record:
    assert difference.portal is not None, "only what is there is revised"
    files = {f"update__resources__{_index(difference, r)}__upload": r.file.path for r in difference.uploads}
    return revise(portal, difference.portal, difference.update, files)


def revise(portal: WritePortal, current: Record, update: Record, files: Mapping[str, Path]) -> Record:
    """One package_revise on the dataset as we saw it; lists take the place of the old ones whole.

    CKAN merges a list item by item into the one it has, so that a shorter one would leave the rest standing and a
    re-ordered one would mix two items: ``filter`` takes the old list away first (package_revise, API guide).
    """
    data = {
        "match": {"id": current["id"], "metadata_modified": current["metadata_modified"]},
        "filter": [f"-{key}" for key, value in update.items() if isinstance(value, list)],
        "update": update,
    }
    revised: Record = portal.call("package_revise", data, files=files, repeat=False)["package"]
    return revised


def _index(difference: Difference, resource: WantedResource) -> int:
    return next(i for i, r in enumerate(difference.update["resources"]) if r["id"] == resource.id)


def load_tables(
    portal: WritePortal, want: Wanted, chosen: frozenset[str], before: Mapping[str, PackageFile]
) -> dict[str, Loaded]:
    """Load the tables of the chosen resources, and give each a table view where it has none; by resource id.

    ``before`` maps resource ids to the file that is in the table now, where that is certain.
    """
    done: dict[str, Loaded] = {}
    for resource in want.resources:
        if not tabular(resource.file) or resource.id not in chosen:
            continue
        done[resource.id] = load(portal, resource.id, resource.file, before.get(resource.id))
        if resource.id not in before and not _viewed(portal, resource.id):
            _view(portal, resource.id)
    return done


def _view(portal: WritePortal, resource: str) -> None:
    view = {"resource_id": resource, "title": "表", "view_type": TABLE_VIEW}
    try:
        portal.call("resource_view_create", view, repeat=False)
    except PortalUnavailable:
        if not _viewed(portal, resource):
            portal.call("resource_view_create", view, repeat=False)


def _viewed(portal: WritePortal, resource: str) -> bool:
    return any(view["view_type"] == TABLE_VIEW for view in portal.views(resource))


def verify(portal: WritePortal, want: Wanted, dataset: Record, files: frozenset[str], tables: frozenset[str]) -> Wrong:
    """What differs from what we wanted: the chosen files are fetched and hashed, the chosen tables counted, and their
    columns looked at."""
    present = {r["id"]: r for r in dataset.get("resources") or ()}
    told: list[str] = []
    wrong_files, wrong_tables = set(), set()
    for resource in want.resources:
        have = present.get(resource.id)
        lost = _file_differs(portal, resource, have) if resource.id in files or have is None else ""
        if lost:
            wrong_files.add(resource.id)
        off = _table_differs(portal, resource) if resource.id in tables and tabular(resource.file) else ""
        if off:
            wrong_tables.add(resource.id)
        told += [sentence for sentence in (lost, off) if sentence]
    return Wrong(told=tuple(told), files=frozenset(wrong_files), tables=frozenset(wrong_tables))


def _file_differs(portal: WritePortal, resource: WantedResource, have: Record | None) -> str:
    name = resource.file.path.name
    if have is None:
        return f"{name} がありません"
    try:
        size, digest = portal.download(have["url"])
    except PortalRejected as error:
        return str(error)
    same = (size, digest) == (resource.file.size, resource.file.digest)
    return "" if same else f"{name} の中身が手元と違います（{size}バイト）"


def _table_differs(portal: WritePortal, resource: WantedResource) -> str:
    info = portal.table_info(resource.id)
    total, name = info["total"] if info else None, resource.file.path.name
    if total != resource.file.rows:
        return f"{name} のデータストアが {total} 行です（{resource.file.rows} 行のはず）"
    assert resource.file.schema is not None, "only tabular files have a table"
    wanted = {c.id: c.type for c in columns(header_of(resource.file.path), resource.file.schema)}
    return "" if types_of(info) == wanted else f"{name} のデータストアの列が手元と違います"


def tabular(file: PackageFile) -> bool:
    """Whether a file belongs in the DataStore."""
    return file.format == TABULAR and file.schema is not None
