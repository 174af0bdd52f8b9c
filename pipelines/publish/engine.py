"""Plan all datasets from one look at the portal, then apply each on its own."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from pipelines.model import (
    Action,
    Catalog,
    CatalogError,
    Change,
    Level,
    Package,
    PackageFile,
    Plan,
    PortalRejected,
    PortalUnavailable,
    Problem,
    Publication,
)
from pipelines.publish.apply import WritePortal, load_tables, send, tabular, verify
from pipelines.publish.archive import Archive, Version
from pipelines.publish.compare import Difference, compare
from pipelines.publish.elsewhere import described
from pipelines.publish.halt import Haltable, Halted, Halting, never
from pipelines.publish.journal import Journal
from pipelines.publish.marks import Memory, Record, files_of
from pipelines.publish.notes import load_changes, note_of
from pipelines.publish.preflight import allowed_groups, facts_for, preflight, skipped
from pipelines.publish.wanted import Wanted, WantedResource, wanted
from pipelines.publish.withdraw import withdrawn

log = logging.getLogger("pipelines")


class Portal(WritePortal, Protocol):
    """A portal that can also list everything."""

    url: str

    def search_all(self, **criteria: Any) -> list[Record]: ...
    def my_organizations(self) -> list[Record]: ...
    def again(self) -> Portal: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How publishing one dataset ended: ``action`` created | updated | unchanged | refused | failed | unreachable |
    withdrawn (taken back while it was being published).

    ``present`` is the dataset as the portal has it now, where we know.
    """

    dataset: str
    action: str
    detail: str = ""
    drift: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    publication: Publication | None = None
    present: Record | None = None
    memory: Memory | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The plan as people and files see it, with the differences it was made of and the versions published before."""

    plan: Plan
    differences: tuple[Difference, ...]
    portal: Mapping[str, Record]
    before: Mapping[str, Version]
    memories: Mapping[str, Memory]
    notes: Mapping[str, str]
    problems: Mapping[str, tuple[Problem, ...]]
    made_at: dt.datetime


def plan_of(
    packages: Iterable[Package],
    catalog: Catalog,
    portal: Portal,
    made_at: dt.datetime,
    journal: Journal | None = None,
    archive: Archive | None = None,
    listed: Sequence[Record] | None = None,
) -> Planned:
    """Compare every package with the portal: ⌈N/1000⌉ reads, none if its datasets are ``listed``; no write."""
    present = {d["name"]: d for d in (portal.search_all() if listed is None else listed)}
    known = journal.memories() if journal else {}
    verified = journal.verified() if journal else {}
    wishes = [w for w in (wanted(p, catalog) for p in packages) if not _withdrawn(_present(w, present))]
    groups = allowed_groups(wishes, present, portal)
    refused = {w.name: sorted(set(w.groups) - groups) for w in wishes} if groups is not None else {}
    wishes = [replace(w, groups=tuple(g for g in w.groups if g not in refused.get(w.name, ()))) for w in wishes]
    before = dict(_published(wishes, verified, archive))
    memories = {w.name: m for w in wishes if (m := known.get(w.name) or known.get(w.package.spec.renamed_from or ""))}
    notes = {w.name: note_of(w, before.get(w.name), made_at) for w in wishes}
    differences = []
    for want in wishes:
        difference = compare(want, _present(want, present), memories.get(want.name), notes[want.name])
        loads = load_changes(difference, before.get(want.name))
        differences.append(replace(difference, changes=(*difference.changes, *loads)))
    plan = Plan(
        catalog=catalog.title,
        portal=portal.url,
        made_at=made_at.isoformat(timespec="seconds"),
        changes=tuple(change for d in differences for change in (*_changes(d), *d.drift)),
        revisions={d.wanted.name: d.portal["metadata_modified"] for d in differences if d.portal},
        digests={d.wanted.name: d.wanted.digest for d in differences},
    )
    facts = facts_for(differences, portal, catalog.settings.get("publish", {}))
    return Planned(
        plan=plan,
        problems={
            d.wanted.name: (*preflight(d.wanted, facts), *skipped(d.wanted, refused)) for d in differences if d.writes
        },
        differences=tuple(differences),
        portal=present,
        before=before,
        memories=memories,
        notes=notes,
        made_at=made_at,
    )


def _published(
    wishes: list[Wanted], verified: Mapping[str, str], archive: Archive | None
) -> Iterator[tuple[str, Version]]:
    """The version that stands on the portal, where the journal is sure of it and its files are kept."""
    for want in wishes if archive else ():
        digest = verified.get(want.name)
        found = archive.published(want.name, digest) if archive and digest and digest != want.digest else None
        if found is not None:
            yield want.name, found


def _present(want: Wanted, present: Mapping[str, Record]) -> Record | None:
    """The dataset of that name; of a renamed one the dataset that holds its resources."""
    if want.name in present or not want.package.spec.renamed_from:
        return present.get(want.name)
    ids = {r.id for r in want.resources}
    return next((d for d in present.values() if ids & {r["id"] for r in d.get("resources") or ()}), None)


def _withdrawn(dataset: Record | None) -> bool:
    return dataset is not None and withdrawn(dataset)


def _changes(difference: Difference) -> tuple[Change, ...]:
    return difference.changes or (Change(dataset=difference.wanted.name, action=Action.UNCHANGED),)


def apply(
    planned: Planned,
    catalog: Catalog,
    portal: Portal,
    journal: Journal,
    progress: Callable[[Applied], None] = lambda applied: None,
    archive: Archive | None = None,
    halting: Halting = never,
) -> list[Applied]:
    """Apply the plan, several datasets at a time, one writer per dataset; one failure never stops the others.

    ``halting`` is asked before each write whether that dataset is to be withdrawn; then nothing more of it is sent.
    Raises :class:`PortalUnavailable` only when the portal is gone for all of them.
    """
    known = journal.verified()
    work = [_Work(d, planned, catalog, known.get(d.wanted.name)) for d in planned.differences]
    todo = [w for w in work if w.difference.acts or w.known != w.want.digest]
    applied = [w.unchanged() for w in work if not w.difference.acts and w.known == w.want.digest]
    for one in applied:
        progress(one)
    _note_intents(todo, journal)
    own = threading.local()

    def attempt(work: _Work) -> Applied:
        own.portal = getattr(own, "portal", None) or portal.again()
        return work.attempt(cast(Portal, Haltable(own.portal, work.want.name, halting)))

    with ThreadPoolExecutor(max_workers=catalog.portal.parallel) as pool:
        running: dict[Future[Applied], _Work] = {pool.submit(attempt, w): w for w in todo}
        for done in as_completed(running):
            one = done.result()
            _journalled(one, running[done], journal, archive, planned.made_at)
            applied.append(one)
            progress(one)
    lost = [a for a in applied if a.action == "unreachable"]
    if lost and len(lost) == len(todo):
        raise PortalUnavailable(lost[-1].detail)
    return applied


def _note_intents(todo: list[_Work], journal: Journal) -> None:
    """Write the intents before anything is sent."""
    with journal.store.transaction():
        for work in todo:
            journal.note(work.want.name, "intent", work.want.digest)


@dataclass(frozen=True, slots=True)
class _Work:
    """One dataset to bring to the portal.  ``known`` is the digest the journal last saw verified, if any."""

    difference: Difference
    planned: Planned
    catalog: Catalog
    known: str | None

    @property
    def want(self) -> Wanted:
        return self.difference.wanted

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was found before the first call."""
        return self.planned.problems.get(self.want.name, ())

    def unchanged(self) -> Applied:
        """Nothing to do."""
        return Applied(
            dataset=self.want.name, action="unchanged", drift=self.difference.drift, present=self.difference.portal
        )

    def attempt(self, portal: Portal) -> Applied:
        """Publish; what goes wrong with this dataset stays with it, a bug of ours included."""
        failed = Applied(dataset=self.want.name, action="failed", drift=self.difference.drift, problems=self.problems)
        if any(p.level is Level.ERROR for p in self.problems):
            return replace(failed, action="refused", detail="ポータルの決まりに合わないため、公開を見送りました。")
        try:
            return self._publish(portal)
        except Halted as error:
            return replace(failed, action="withdrawn", detail=str(error))
        except PortalUnavailable as error:
            return replace(failed, action="unreachable", detail=str(error))
        except CatalogError as error:
            return replace(failed, detail=str(error))
        except Exception as error:
            log.exception("internal error while publishing %s", self.want.name)
            return replace(failed, detail=f"プログラムの不具合です（internal-error: {type(error).__name__}）。")

    def _publish(self, portal: Portal) -> Applied:
        """Send, load, verify; what differs is repaired once, then reported."""
        dataset = send(portal, self._looked(portal), self._again)
        touched = frozenset(r.id for r in self.difference.uploads)
        if not self.known:  # an interrupted run, or a lost journal: nothing on the portal is taken for granted
            touched = frozenset(r.id for r in self.want.resources)
        shaped = touched | {r.id for r in self.difference.reshaped}
        tables = shaped if self.catalog.portal.datastore == "own" else frozenset()
        loaded = load_tables(portal, self.want, tables, self._before())
        doubtful = tables - {resource for resource, done in loaded.items() if done.confirmed}
        wrong = verify(portal, self.want, dataset, touched, doubtful)
        late = described(portal, self._theirs(shaped))
        if wrong.told:
            dataset = self._repaired(portal, dataset, wrong.files)
            load_tables(portal, self.want, wrong.tables, {})
            wrong = verify(portal, self.want, dataset, wrong.files, wrong.tables)
        if told := (*wrong.told, *late):
            raise PortalRejected("公開後の確認で違いが見つかりました: " + "／".join(told))
        files = {r.id: r.file.path.name for r in self.want.resources}
        return self._done(dataset, [f"{files[resource]}: {done.told}" for resource, done in loaded.items()])

    def _theirs(self, chosen: frozenset[str]) -> list[WantedResource]:
        """Of these resources, those whose table the portal loads by itself."""
        if self.catalog.portal.datastore != "portal":
            return []
        return [r for r in self.want.resources if r.id in chosen and tabular(r.file)]

    def _looked(self, portal: Portal) -> Difference:
        """The difference as planned; one that we once published and no list shows any more is looked for by name."""
        if self.difference.portal is None and self.want.name in self.planned.memories:
            return self._again(portal.dataset(self.want.name))
        return self.difference

    def _again(self, present: Record | None) -> Difference:
        """The difference to what the portal has now."""
        name = self.want.name
        return compare(self.want, present, self.planned.memories.get(name), self.planned.notes[name])

    def _before(self) -> dict[str, PackageFile]:
        """What is in each table now, where that is certain: the verified version before this one."""
        version = self.planned.before.get(self.want.name) if self.known else None
        pairs = [(r.id, version.file(r.file.key)) for r in self.want.resources] if version else []
        return {key: file for key, file in pairs if file is not None and tabular(file)}

    def _repaired(self, portal: Portal, dataset: Record, files: frozenset[str]) -> Record:
        """Send the wrong files again, and nothing else."""
        if not files:
            return dataset
        present = portal.dataset(dataset["id"]) or dataset
        stale = [{**r, "hash": ""} if r["id"] in files else r for r in present["resources"]]
        return send(portal, self._again({**present, "resources": stale}), self._again)

    def _done(self, dataset: Record, told: list[str]) -> Applied:
        created = self.difference.portal is None
        action = "created" if created else "updated" if self.difference.acts else "unchanged"
        digest = self.want.digest
        return Applied(
            dataset=self.want.name,
            action=action,
            detail="、".join(told),
            drift=self.difference.drift,
            problems=self.problems,
            present=dataset,
            memory=replace(self._again(dataset).memory, files=files_of(dataset)),
            publication=Publication(
                dataset=self.want.name, action=action, portal_id=dataset["id"], digest=digest, at="", run=""
            ),
        )


def _journalled(applied: Applied, work: _Work, journal: Journal, archive: Archive | None, at: dt.datetime) -> None:
    """Keep the version, then say that it is verified: what the journal trusts is on disk."""
    done = applied.publication
    if done and archive is not None:
        note = work.planned.notes[work.want.name]
        archive.add(work.want.package, work.want.digest, at.isoformat(timespec="seconds"), note)
    with journal.store.transaction():
        state, portal_id = ("verified", done.portal_id) if done else ("failed", "")
        journal.note(applied.dataset, state, work.want.digest, portal_id, applied.detail)
        if applied.memory:
            journal.remember(applied.dataset, applied.memory)
