"""Take a dataset off the portal: hidden at once, deleted after a time of grace, never because a file vanished.

The tombstone (when, why) stays on the dataset, and so does its name.  In an emergency the file, the table and the
views go at once as well, and somebody without rights looks whether they are gone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipelines.model import CatalogError, PortalRejected, PortalUnavailable
from pipelines.publish.apply import WritePortal, revise
from pipelines.publish.marks import STUB, Record, extras_of, ours, pairs
from pipelines.publish.wanted import DIGEST, STATE, WITHDRAWN_AT, WITHDRAWN_BY, WITHDRAWN_WHY

ATTEMPTS = 4
TOMBSTONE = (WITHDRAWN_AT, WITHDRAWN_WHY, WITHDRAWN_BY)
ERASED = "この資料は取り下げました。\n"
#: answers that show that something is not to be had
GONE = frozenset({"HTTP 403", "HTTP 404"})
UNANSWERED = "応答なし"


class Portal(Protocol):
    """A portal as somebody sees it who only looks."""

    def search_all(self, **criteria: Any) -> list[Record]: ...
    def dataset(self, name: str) -> Record | None: ...
    def table_info(self, resource: str) -> Record | None: ...
    def download(self, url: str) -> tuple[int, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """One decision to take a dataset back.  ``source`` is ``command`` or ``dataset.yaml``; ``at`` is the day, JST."""

    dataset: str
    reason: str
    approver: str
    source: str
    at: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What somebody got for one address."""

    what: str
    address: str
    answer: str
    gone: bool


def withdrawn(dataset: Mapping[str, Any]) -> bool:
    """Whether a dataset of the portal carries our tombstone."""
    return WITHDRAWN_AT in extras_of(dataset)


def remembered(dataset: Mapping[str, Any], today: dt.date) -> Withdrawal:
    """The decision as the tombstone tells it, for a state file that was lost; who decided stands in the audit log."""
    extras = extras_of(dataset)
    try:
        since = dt.date.fromisoformat(extras[WITHDRAWN_AT])
    except ValueError:
        since = today
    why, by = extras.get(WITHDRAWN_WHY, ""), extras.get(WITHDRAWN_BY, "command")
    return Withdrawal(dataset=dataset["name"], reason=why, approver="", source=by, at=since)


def due(dataset: Mapping[str, Any], today: dt.date, grace_days: int) -> bool:
    """Whether the time of grace of a withdrawn dataset is over."""
    try:
        since = dt.date.fromisoformat(extras_of(dataset)[WITHDRAWN_AT])
    except (KeyError, ValueError):
        return False
    return since + dt.timedelta(days=grace_days) <= today


def limit(setting: str, count: int) -> int:
    """How many datasets of ``count`` one run may withdraw: ``5`` or ``10%`` (at least one)."""
    text = setting.strip()
    return max(1, count * int(text[:-1]) // 100) if text.endswith("%") else int(text)


def hide(portal: WritePortal, withdrawal: Withdrawal, dataset: Record) -> Record:
    """Make the dataset private and leave the tombstone, in one call; doing it again changes nothing."""
    for attempt in range(1, ATTEMPTS + 1):
        if not ours(dataset):
            raise PortalRejected(f"「{withdrawal.dataset}」は、このカタログが公開したデータセットではありません。")
        if withdrawn(dataset) and dataset.get("private"):
            return dataset
        try:
            return revise(portal, dataset, {"private": True, "extras": pairs(_marked(withdrawal, dataset))}, {})
        except (PortalUnavailable, PortalRejected) as error:
            if attempt == ATTEMPTS or (isinstance(error, PortalRejected) and "match" not in error.errors):
                raise
            portal.rest(attempt)
            dataset = portal.dataset(dataset["id"]) or dataset
    raise PortalUnavailable("ポータルの内容が変わり続けるため、取り下げられません。")  # pragma: no cover


def _marked(withdrawal: Withdrawal, dataset: Record) -> dict[str, str]:
    tombstone = {
        WITHDRAWN_AT: withdrawal.at.isoformat(),
        WITHDRAWN_WHY: withdrawal.reason,
        WITHDRAWN_BY: withdrawal.source,
    }
    return {**extras_of(dataset), **tombstone}


def lift(portal: WritePortal, dataset: Record) -> Record:
    """Take the tombstone away: the next run publishes the dataset anew, every file and row of it."""
    extras = {k: v for k, v in extras_of(dataset).items() if k not in (*TOMBSTONE, STATE)}
    update: Record = {"extras": pairs({**extras, DIGEST: STUB}), "private": True}
    if dataset.get("state") == "deleted":
        update["state"] = "active"
    return revise(portal, dataset, update, {})


def delete(portal: WritePortal, dataset: Record) -> None:
    """Delete a dataset whose time of grace is over; its name stays taken by it until an administrator purges it."""
    portal.call("package_delete", {"id": dataset["id"]})


def erase(portal: WritePortal, dataset: Record) -> list[str]:
    """Table, views and bytes of every uploaded file: gone now.  What was done, in Japanese."""
    told = []
    for resource in dataset.get("resources") or ():
        name = str(resource.get("url") or "").rsplit("/", 1)[-1]
        for view in portal.views(resource["id"]):
            portal.call("resource_view_delete", {"id": view["id"]})
            told.append(f"{name}: 表示（{view['view_type']}）を消しました")
        if _drop_table(portal, resource):
            told.append(f"{name}: データストアの表を消しました")
        if resource.get("url_type") == "upload":
            _overwrite(portal, resource, name)
            told.append(f"{name}: ファイルの中身を消しました")
    return told


def _drop_table(portal: WritePortal, resource: Record) -> bool:
    """Whether there was a table to drop.

    It is not taken from ``datastore_active`` that there is none: before CKAN 2.12 the dataset comes from the search
    index, which DataStore writes after its own commit, so the flag may be behind the table.
    """
    try:
        portal.call("datastore_delete", {"resource_id": resource["id"], "force": True})
    except PortalRejected as error:
        # 404: no table, or an earlier try has dropped it; 400: a portal without DataStore knows no such action
        if error.status != 404 and (error.status != 400 or resource.get("datastore_active")):
            raise
        return False
    return True


def _overwrite(portal: WritePortal, resource: Record, name: str) -> None:
    """Put a few words in the place of the file; without our hash the next publication sends the file again."""
    with tempfile.TemporaryDirectory(prefix="withdraw-") as folder:
        path = Path(folder) / (name or "withdrawn.txt")
        path.write_text(ERASED, encoding="utf-8")
        portal.call("resource_patch", {"id": resource["id"], "hash": ""}, files={"upload": path})


# ── is it gone? ────────────────────────────────────────────────────────────────────────────────


def look(anonymous: Portal, dataset: Record) -> list[Look]:
    """What somebody without rights gets for the dataset, its place in the search, its files and its tables."""
    name = dataset["name"]
    answer = _answer(lambda: anonymous.dataset(dataset["id"]))
    found = [Look(what="データセット", address=name, answer=answer, gone=answer in GONE), _listed(anonymous, name)]
    for resource in dataset.get("resources") or ():
        found += [_file(anonymous, resource), _table(anonymous, resource)]
    return found


def inside(portal: WritePortal, dataset: Record) -> list[Look]:
    """What is left for those who still may see the dataset: the organization's members and administrators."""
    found = []
    for resource in dataset.get("resources") or ():
        found += [_bytes(portal, resource), _table(portal, resource), _views(portal, resource)]
    return found


def _answer(ask: Callable[[], Any]) -> str:
    """What came back, for a person; a portal that does not answer proves nothing."""
    try:
        return "HTTP 404" if ask() is None else "HTTP 200"
    except PortalRejected as error:
        return f"HTTP {error.status}"
    except PortalUnavailable:
        return UNANSWERED


def _listed(anonymous: Portal, name: str) -> Look:
    try:
        hits = len(anonymous.search_all(fq=f'name:"{name}"', include_private=False, include_drafts=False))
    except CatalogError:
        return Look(what="検索", address=name, answer=UNANSWERED, gone=False)
    return Look(what="検索", address=name, answer=f"{hits}件", gone=hits == 0)


def _file(anonymous: Portal, resource: Record) -> Look:
    address = str(resource.get("url") or "")
    if resource.get("url_type") != "upload":
        return Look(what="リンク", address=address, answer="ポータルの外", gone=True)
    answer = _answer(lambda: anonymous.download(address))
    return Look(what="ファイル", address=address, answer=answer, gone=answer in GONE)


def _bytes(portal: WritePortal, resource: Record) -> Look:
    """The address still answers its owners: with the few words that we put in the file's place."""
    address, size = str(resource.get("url") or ""), 0
    if resource.get("url_type") != "upload":
        return Look(what="リンク", address=address, answer="ポータルの外", gone=True)
    digest = ""

    def fetch() -> tuple[int, str]:
        nonlocal size, digest
        size, digest = portal.download(address)
        return size, digest

    answer = _answer(fetch)
    gone = answer in GONE or digest == hashlib.sha256(ERASED.encode()).hexdigest()
    return Look(what="ファイルの中身", address=address, answer=f"{size}バイト" if digest else answer, gone=gone)


def _table(portal: Portal | WritePortal, resource: Record) -> Look:
    answer = _answer(lambda: portal.table_info(resource["id"]))
    return Look(what="データストア", address=resource["id"], answer=answer, gone=answer in GONE)


def _views(portal: WritePortal, resource: Record) -> Look:
    try:
        number = len(portal.views(resource["id"]))
    except PortalRejected as error:
        return Look(what="表示", address=resource["id"], answer=f"HTTP {error.status}", gone=error.status == 404)
    except PortalUnavailable:
        return Look(what="表示", address=resource["id"], answer=UNANSWERED, gone=False)
    return Look(what="表示", address=resource["id"], answer=f"{number}件", gone=number == 0)
