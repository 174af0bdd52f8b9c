"""The scheduled job: all stages in order, outcomes collected, and an account of what was done."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.gateways.store import Store
from pipelines.intake import Intake, intake
from pipelines.model import CatalogError, Change, ConfigError, Outcome, Package, PortalUnavailable, Problem, Verdict
from pipelines.publish import Applied, Archive, Journal, Planned, apply, plan_of
from pipelines.run.build import Built, Tools, build_one
from pipelines.run.cache import BuildCache
from pipelines.run.decisions import Halt
from pipelines.run.restoring import standing_in
from pipelines.run.screening import screen_rules
from pipelines.run.shrink import guarded
from pipelines.run.withdrawing import Withdrawals
from pipelines.run.workspace import Workspace

JST = ZoneInfo("Asia/Tokyo")
VERDICTS = {
    "created": Verdict.PUBLISHED,
    "updated": Verdict.UPDATED,
    "repaired": Verdict.UPDATED,
    "unchanged": Verdict.UNCHANGED,
    "refused": Verdict.WITHHELD,
    "withdrawn": Verdict.WITHDRAWN,
}
#: how a dataset ends whose rows are now on the portal
KEPT = VERDICTS.keys() - {"refused", "withdrawn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a watcher may be told while work goes on: the stage, how far, and of which dataset."""

    stage: str
    done: int
    total: int
    name: str = ""


Watch = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a run did: outcomes in the drop's order, problems of no dataset, drift, traffic and where to look."""

    run: str
    outcomes: tuple[Outcome, ...]
    problems: tuple[Problem, ...] = ()
    drift: tuple[Change, ...] = ()
    portal: str = ""
    embedded: bool = False
    report: Path | None = None
    replies: Path | None = None
    seconds: float = 0.0
    reads: int = 0
    writes: int = 0
    notes: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 all well · 1 something withheld or failed."""
        kept = {Verdict.WITHHELD, Verdict.HELD, Verdict.REJECTED, Verdict.FAILED}
        return int(any(o.verdict in kept for o in self.outcomes))


def now() -> dt.datetime:
    """The time in Japan."""
    return dt.datetime.now(JST)


# ── building ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Everything built from the drop."""

    found: Intake
    built: tuple[Built, ...]

    @property
    def packages(self) -> tuple[Package, ...]:
        """What can be published."""
        return tuple(b.package for b in self.built if b.package is not None)


def build(
    workspace: Workspace,
    names: frozenset[str] = frozenset(),
    watch: Watch = lambda progress: None,
    out: Path | None = None,
    store: Store | None = None,
) -> Build:
    """Build the drop (or the named datasets) into ``out``; with a store, what came out before is not built again.

    Raises :class:`ConfigError` for a name that is not in the drop.
    """
    found = intake(workspace.catalog, workspace.schemas)
    unknown = names - {spec.name for spec, _ in found.drops}
    if unknown:
        raise ConfigError(f"データセット「{'、'.join(sorted(unknown))}」は {workspace.datasets} にありません。")
    drops = [(spec, step) for spec, step in found.drops if not names or spec.name in names]
    cache = BuildCache(store) if store else None
    published = cache.row_baseline() if cache else {}
    tools = tools_of(workspace, out or workspace.packages, cache)
    built = []
    for number, (spec, step) in enumerate(drops):
        watch(Progress(stage="build", done=number, total=len(drops), name=spec.title))
        known = cache.find(spec, step, tools) if cache else None
        one = known or build_one(spec, step, tools)
        if cache and known is None:
            cache.keep(one, tools)
        built.append(guarded(one, published.get(one.name, {})))
    watch(Progress(stage="build", done=len(drops), total=len(drops)))
    return Build(found=found, built=tuple(built))


def tools_of(workspace: Workspace, out: Path, cache: BuildCache | None) -> Tools:
    """What building needs, from the workspace."""
    from pipelines.screen import Approvals

    return Tools(
        catalog=workspace.catalog,
        out=out,
        approvals=Approvals.load(workspace.audit, cache.store if cache else None),
        rules=screen_rules(workspace.catalog),
        known_columns=cache.baseline() if cache else {},
    )


# ── publishing ─────────────────────────────────────────────────────────────────────────────────


def plan(workspace: Workspace, names: frozenset[str] = frozenset(), watch: Watch = lambda progress: None) -> Planned:
    """Build, then compare with the portal; nothing is written anywhere but under var/."""
    from pipelines.run.exporting import with_own

    portal = workspace.portal()
    with workspace.locked(), workspace.store() as store:
        listed = portal.search_all()  # before everything is built: an absent portal is found at once
        made = with_own(workspace, store, build(workspace, names, watch, store=store), names, listed, portal.url)
        journal = Journal(store, "", portal.url, now)
        planned = _planned(workspace, made, store, portal, journal, listed)[0]
        return replace(planned, plan=replace(planned.plan, only=tuple(sorted(names))))


def _planned(
    workspace: Workspace,
    made: Build,
    store: Store,
    portal: Any,
    journal: Journal,
    listed: list[dict[str, Any]],
) -> tuple[Planned, Withdrawals]:
    """What to publish and what to take back."""
    settings = workspace.catalog.settings.get("publish", {})
    withdrawals = Withdrawals.of((b.spec for b in made.built), store, portal.url, settings)
    archive = archive_of(workspace)
    packages = standing_in(made.packages, store, portal.url, archive)
    wishes = [p for p in packages if p.spec.name not in withdrawals.decided]
    planned = plan_of(wishes, workspace.catalog, portal, now(), journal, archive, listed)
    changes = (*planned.plan.changes, *withdrawals.changes(planned.portal))
    return replace(planned, plan=replace(planned.plan, changes=changes)), withdrawals


def archive_of(workspace: Workspace) -> Archive:
    """The published versions kept on disk (catalog.yaml ``publish: keep_versions:``, 5 unless told)."""
    keep = int(workspace.catalog.settings.get("publish", {}).get("keep_versions", 5))
    return Archive(workspace.var / "history", max(1, keep))


def run(
    workspace: Workspace,
    names: frozenset[str] = frozenset(),
    watch: Watch = lambda progress: None,
    check: Callable[[Planned], None] = lambda planned: None,
) -> Account:
    """All stages: build, plan, apply, reply, measure, report.  One run at a time; nothing new means no write.

    ``check`` sees the plan before anything is sent and may raise.
    """
    started = now()
    portal = workspace.portal()
    with workspace.locked(), workspace.store() as store:
        identifier = f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
        journal = Journal(store, identifier, portal.url, now)
        journal.begin(started)
        try:
            account = _run(workspace, names, watch, store, journal, portal, check)
        except CatalogError as error:
            journal.end(now(), error.exit_code, str(error))
            raise
        account = replace(account, seconds=(now() - started).total_seconds())
        journal.end(now(), account.exit_code, json.dumps(account.counts, ensure_ascii=False))
        return account


def _run(
    workspace: Workspace,
    names: frozenset[str],
    watch: Watch,
    store: Store,
    journal: Journal,
    portal: Any,
    check: Callable[[Planned], None],
) -> Account:
    from pipelines.run.after import measured, reported
    from pipelines.run.exporting import with_own
    from pipelines.run.replies import write_replies
    from pipelines.run.urgent import forget_urgent

    made, listed = _built_beside_listing(workspace, names, watch, store, portal)
    made = with_own(workspace, store, made, names, listed, portal.url)
    watch(Progress(stage="plan", done=0, total=1))
    planned, withdrawals = _planned(workspace, made, store, portal, journal, listed)
    check(planned)
    taken = withdrawals.carry_out(portal, planned.portal, store, journal, workspace.audit)
    applied = _applied(workspace, planned, portal, journal, watch)
    taken |= withdrawals.meanwhile(portal, store, journal, workspace.audit, taken)
    forget_urgent(workspace, store, portal.url)
    outcomes = tuple(_outcome(b, applied.get(b.name), taken.get(b.name)) for b in made.built)
    _keep_baselines(store, made, applied)
    watch(Progress(stage="reply", done=0, total=1))
    replies = write_replies(
        workspace.replies, workspace.catalog, outcomes, made.built, portal.url, archive_of(workspace)
    )
    watch(Progress(stage="measure", done=0, total=1))
    seen = _seen_now(planned, applied, taken)
    notes = (*_elsewhere(taken, made), *measured(workspace, store, portal.url, seen))
    watch(Progress(stage="report", done=0, total=1))
    report = reported(workspace, store, made.found.departments)
    return Account(
        run=journal.run,
        outcomes=outcomes,
        problems=made.found.problems,
        drift=tuple(change for d in planned.differences for change in d.drift),
        portal=portal.url,
        embedded=workspace.catalog.portal.kind == "embedded",
        report=report,
        replies=replies,
        reads=portal.traffic.reads,
        writes=portal.traffic.writes,
        notes=notes,
        counts=counts(outcomes),
    )


def _built_beside_listing(
    workspace: Workspace, names: frozenset[str], watch: Watch, store: Store, portal: Any
) -> tuple[Build, list[dict[str, Any]]]:
    """The build, and what the portal lists meanwhile; an absent portal ends the build at its next step."""
    with ThreadPoolExecutor(1, "listing") as pool:
        listing = pool.submit(portal.search_all)

        def heeding(progress: Progress) -> None:
            if listing.done():
                listing.result()
            watch(progress)

        return build(workspace, names, heeding, store=store), listing.result()


def _applied(workspace: Workspace, planned: Planned, portal: Any, journal: Journal, watch: Watch) -> dict[str, Applied]:
    total, done = len(planned.differences), 0

    def told(one: Applied) -> None:
        nonlocal done
        done += 1
        watch(Progress(stage="publish", done=done, total=total, name=one.dataset))

    archive = archive_of(workspace)
    with Halt(workspace.state, portal.url) as halt:
        ended = apply(planned, workspace.catalog, portal, journal, told, archive, halt)
    return {one.dataset: one for one in ended}


def _seen_now(planned: Planned, applied: dict[str, Applied], taken: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The portal after the run, without reading it again; what was withdrawn counts no more."""
    gone = {name for name, (verdict, _) in taken.items() if verdict is Verdict.WITHDRAWN}
    before = {d["id"]: d for name, d in planned.portal.items() if name not in gone}
    return list({**before, **{a.present["id"]: a.present for a in applied.values() if a.present}}.values())


def _elsewhere(taken: Mapping[str, tuple[Verdict, str]], made: Build) -> tuple[str, ...]:
    """Withdrawals of datasets that are not in the drop any more."""
    known = {b.name for b in made.built}
    return tuple(f"取り下げ {name}: {told}" for name, (_, told) in taken.items() if name not in known)


def _outcome(built: Built, applied: Applied | None, taken: tuple[Verdict, str] | None = None) -> Outcome:
    if taken is not None:
        return replace(built.outcome, verdict=taken[0], detail=taken[1])
    if applied is None:
        return built.outcome
    verdict = VERDICTS.get(applied.action, Verdict.FAILED)
    told = "".join(f" {p.message}{p.hint}" for p in applied.problems)
    problems = (*built.outcome.problems, *applied.problems)
    return replace(built.outcome, verdict=verdict, detail=f"{applied.detail}{told}".strip(), problems=problems)


def _keep_baselines(store: Store, made: Build, applied: dict[str, Applied]) -> None:
    cache = BuildCache(store)
    published = cache.row_baseline()
    for built in made.built:
        one = applied.get(built.name)
        if one is not None and built.package is not None and one.action in KEPT:
            cache.keep_rows(built.package, published.get(built.name))
        if one is not None and one.publication is not None and built.source_columns:
            cache.keep_baseline(built.name, built.source_columns)


def counts(outcomes: tuple[Outcome, ...]) -> dict[str, int]:
    """How many datasets ended how."""
    result = {verdict.value: 0 for verdict in Verdict}
    for outcome in outcomes:
        result[outcome.verdict.value] += 1
    return result


__all__ = ["Account", "Build", "PortalUnavailable", "Progress", "build", "counts", "now", "plan", "run"]
