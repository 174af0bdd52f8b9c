"""Plan all datasets from one look at the portal, then apply each on its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from pipelines.model import (
    Action,
    Catalog,
    CatalogError,
    Change,
    Package,
    Plan,
    PortalRejected,
    PortalUnavailable,
    Publication,
)
from pipelines.publish.apply import WritePortal, load_tables, ours, send, verify
from pipelines.publish.compare import Difference, Memory, compare
from pipelines.publish.journal import Journal
from pipelines.publish.wanted import Wanted, wanted

Record = dict[str, Any]


class Portal(WritePortal, Protocol):
    """A portal that can also list everything."""

    url: str

    def search_all(self, **criteria: Any) -> list[Record]: ...
    def again(self) -> Portal: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How publishing one dataset ended: ``action`` created | updated | unchanged | repaired | failed."""

    dataset: str
    action: str
    detail: str = ""
    drift: tuple[Change, ...] = ()
    publication: Publication | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The plan as people and files see it, with the differences it was made of."""

    plan: Plan
    differences: tuple[Difference, ...]
    portal: Mapping[str, Record]


def plan_of(
    packages: Iterable[Package],
    catalog: Catalog,
    portal: Portal,
    made_at: dt.datetime,
    memories: Mapping[str, Memory] | None = None,
) -> Planned:
    """Compare every package with the portal: ⌈N/1000⌉ reads, no write."""
    present = {d["name"]: d for d in portal.search_all()}
    known = memories or {}
    wishes = [wanted(package, catalog) for package in packages]
    differences = tuple(compare(want, present.get(want.name), known.get(want.name)) for want in wishes)
    changes = [change for d in differences for change in (*_changes(d), *d.drift)]
    plan = Plan(
        catalog=catalog.title,
        portal=portal.url,
        made_at=made_at.isoformat(timespec="seconds"),
        changes=tuple(changes),
        revisions={d.wanted.name: d.portal["metadata_modified"] for d in differences if d.portal},
        digests={d.wanted.name: d.wanted.digest for d in differences},
    )
    return Planned(plan=plan, differences=differences, portal=present)


def _changes(difference: Difference) -> tuple[Change, ...]:
    return difference.changes or (Change(dataset=difference.wanted.name, action=Action.UNCHANGED),)


def apply(
    planned: Planned,
    catalog: Catalog,
    portal: Portal,
    journal: Journal,
    progress: Callable[[Applied], None] = lambda applied: None,
) -> list[Applied]:
    """Apply the plan, several datasets at a time, one writer per dataset; one failure never stops the others.

    Raises :class:`PortalUnavailable` only when the portal is gone for all of them.
    """
    known = journal.verified()
    todo = [d for d in planned.differences if d.writes or known.get(d.wanted.name) != d.wanted.digest]
    same = [d for d in planned.differences if d not in todo]
    applied = [Applied(dataset=d.wanted.name, action="unchanged", drift=d.drift) for d in same]
    for one in applied:
        progress(one)
    with ThreadPoolExecutor(max_workers=catalog.portal.parallel) as pool:
        workers = [pool.submit(_attempt, d, catalog, portal) for d in _noted(todo, journal)]
        for difference, worker in zip(todo, workers, strict=True):
            one = _journalled(worker.result(), difference, journal)
            applied.append(one)
            progress(one)
    attempted = applied[len(same) :]
    if attempted and all(one.action == "unreachable" for one in attempted):
        raise PortalUnavailable(attempted[-1].detail)
    return applied


def _noted(todo: list[Difference], journal: Journal) -> list[Difference]:
    """Write the intents before anything is sent."""
    with journal.store.transaction():
        for difference in todo:
            journal.note(difference.wanted.name, "intent", difference.wanted.digest)
    return todo


def _attempt(difference: Difference, catalog: Catalog, shared: Portal) -> Applied:
    try:
        return _one(difference, catalog, shared.again())
    except PortalUnavailable as error:
        return Applied(dataset=difference.wanted.name, action="unreachable", detail=str(error), drift=difference.drift)
    except CatalogError as error:
        return Applied(dataset=difference.wanted.name, action="failed", detail=str(error), drift=difference.drift)


def _one(difference: Difference, catalog: Catalog, portal: Portal) -> Applied:
    """Send, load, verify; what differs is repaired once, then reported."""
    want, mode = difference.wanted, catalog.portal.datastore
    if not ours(difference.portal):
        raise PortalRejected("同じ名前のデータセットが、ほかの人の手でポータルに作られています。name を変えてください。")
    dataset = send(portal, difference)
    told = load_tables(portal, want, {r.id for r in difference.uploads}, mode)
    wrong = verify(portal, want, dataset, mode)
    if wrong:
        dataset = _repair(portal, want, dataset, mode, difference.memory)
        wrong = verify(portal, want, dataset, mode)
    if wrong:
        raise PortalRejected("公開後の確認で違いが見つかりました: " + "／".join(wrong))
    action = "created" if difference.portal is None else "updated" if difference.writes else "unchanged"
    return Applied(
        dataset=want.name,
        action=action,
        detail="、".join(told),
        drift=difference.drift,
        publication=Publication(
            dataset=want.name, action=action, portal_id=dataset["id"], digest=want.digest, at="", run=""
        ),
    )


def _repair(portal: Portal, want: Wanted, dataset: Record, mode: str, memory: Memory) -> Record:
    """Send every file again and bring every table to its rows, once."""
    stale = [{**r, "hash": ""} for r in dataset["resources"]]
    dataset = send(portal, compare(want, {**dataset, "resources": stale}, memory))
    load_tables(portal, want, {r.id for r in want.resources}, mode)
    return dataset


def _journalled(applied: Applied, difference: Difference, journal: Journal) -> Applied:
    state = "verified" if applied.publication else "failed"
    portal_id = applied.publication.portal_id if applied.publication else ""
    with journal.store.transaction():
        journal.note(applied.dataset, state, difference.wanted.digest, portal_id, applied.detail)
        if applied.publication:
            journal.remember(applied.dataset, difference.memory)
    return applied
