"""Withdrawing datasets: by ``withdraw:`` in dataset.yaml, or at once by command; never because a file vanished.

A decision is written down (state file, audit log) before anything is sent, so that a run that was cut off is finished
by the next one, and nothing withdrawn is ever published again without ``--undo``.  (In an emergency: urgent.py.)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.gateways.store import Store
from pipelines.model import Action, CatalogError, Change, ConfigError, DatasetSpec, PortalRejected, Verdict
from pipelines.publish import Journal
from pipelines.publish import withdraw as stage
from pipelines.publish.marks import ours
from pipelines.publish.withdraw import Look, Withdrawal
from pipelines.run.decisions import Decisions

if TYPE_CHECKING:
    from pipelines.run.workspace import Workspace

Record = dict[str, Any]
JST = dt.timezone(dt.timedelta(hours=9), "JST")
GRACE_DAYS = 30
MOST = "5"


def withdrawn_names(
    specs: Iterable[DatasetSpec], store: Store, portal: str, listed: Iterable[Record]
) -> frozenset[str]:
    """Every dataset that somebody decided to withdraw, or that stands on the portal as withdrawn."""
    decided = set(Decisions(store, portal).active()) | {spec.name for spec in specs if spec.withdraw}
    return frozenset(decided | {dataset["name"] for dataset in listed if stage.withdrawn(dataset)})


# ── in the scheduled run ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """What a run has to take off the portal, from dataset.yaml and from commands."""

    decided: Mapping[str, Withdrawal]
    erase: frozenset[str]
    grace_days: int
    most: str

    @classmethod
    def of(cls, specs: Iterable[DatasetSpec], store: Store, portal: str, settings: Mapping[str, Any]) -> Withdrawals:
        """Gather the decisions.  A dataset.yaml that asks for it counts from the day it was first seen."""
        decisions = Decisions(store, portal)
        known = decisions.active()
        for spec in specs:
            if spec.withdraw and spec.name not in known:
                reason, approver = spec.withdraw["reason"], spec.withdraw["approved_by"]
                known[spec.name] = Withdrawal(
                    dataset=spec.name, reason=reason, approver=approver, source="dataset.yaml", at=_today()
                )
        grace = int(settings.get("grace_days", GRACE_DAYS))
        return cls(known, decisions.to_erase(), grace, str(settings.get("max_withdraw", MOST)))

    def changes(self, present: Mapping[str, Record]) -> tuple[Change, ...]:
        """What carrying them out will change, for the plan."""
        hidden = [_change(name, "private", False, True) for name in self._to_hide(present)]
        return (*hidden, *(_change(name, "state", "active", "deleted") for name in self._to_delete(present)))

    def carry_out(
        self, portal: Any, present: Mapping[str, Record], store: Store, journal: Journal, audit: Path
    ) -> dict[str, tuple[Verdict, str]]:
        """Hide, erase and delete.  More than the limit at once is refused as a whole: somebody has to look."""
        done: dict[str, tuple[Verdict, str]] = {
            name: (Verdict.WITHDRAWN, f"取り下げています（{w.reason}）") for name, w in self.decided.items()
        }
        for name in (n for n, dataset in present.items() if stage.withdrawn(dataset) and n not in done):
            done[name] = (Verdict.WITHDRAWN, "取り下げています。戻すには `publish.py withdraw --undo` を使います。")
            Decisions(store, journal.portal).decide(stage.remembered(present[name], _today()), erase=False)
        asked = [name for name in self._to_hide(present) if self.decided[name].source != "command"]
        most = stage.limit(self.most, sum(ours(d) for d in present.values()))
        refused = frozenset(asked) if len(asked) > most else frozenset()
        told = f"一度に{len(asked)}件の取り下げは多すぎるため、行いませんでした（上限{most}件、publish.max_withdraw）。"
        done |= dict.fromkeys(refused, (Verdict.FAILED, told))
        for name in (n for n in self._to_hide(present) if n not in refused):
            done[name] = self._hidden(portal, present[name], store, journal, audit)
        for name in self._to_delete(present):
            done[name] = _tried(partial(_deleted, portal, present[name], store, journal, audit))
        return done

    def meanwhile(
        self, portal: Any, store: Store, journal: Journal, audit: Path, settled: Collection[str] = ()
    ) -> dict[str, tuple[Verdict, str]]:
        """What was decided while the run was at work, and what an urgent command has begun beside it: finish it.

        ``settled`` was seen to at the start of the run, a tombstone learnt from the portal among it: no read for that.

        Whatever this run may have sent in that moment is taken away again here, at its end.
        """
        decisions = Decisions(store, journal.portal)
        active, unfinished = decisions.active(), decisions.to_erase()
        names = {*(active.keys() - self.decided.keys() - set(settled)), *(unfinished & active.keys())}
        found = {name: dataset for name in sorted(names) if (dataset := portal.dataset(name)) and _alive(dataset)}
        late = replace(self, decided=active, erase=unfinished)
        told = {name: (Verdict.WITHDRAWN, f"取り下げました（{active[name].reason}）。") for name in names}
        return told | {n: late._hidden(portal, d, store, journal, audit) for n, d in found.items()}

    def _to_hide(self, present: Mapping[str, Record]) -> list[str]:
        unfinished = {n for n in self.decided if n in present and not _hidden_already(present[n])}
        return sorted(unfinished | (self.erase & set(present)))

    def _to_delete(self, present: Mapping[str, Record]) -> list[str]:
        found = (n for n, d in present.items() if ours(d) and _hidden_already(d))
        return sorted(n for n in found if stage.due(present[n], _today(), self.grace_days))

    def _hidden(self, portal: Any, dataset: Record, store: Store, journal: Journal, audit: Path) -> tuple[Verdict, str]:
        withdrawal = self.decided[dataset["name"]]
        erase = dataset["name"] in self.erase

        def act() -> str:
            noted(withdrawal, store, journal, audit, erase=erase)
            hidden = stage.hide(portal, withdrawal, dataset)
            if erase:
                stage.erase(portal, hidden)
                Decisions(store, journal.portal).erased(withdrawal.dataset)
            return f"取り下げました（{withdrawal.reason}）。{self.grace_days}日後に削除します。"

        return _tried(act)


def _hidden_already(dataset: Record) -> bool:
    return stage.withdrawn(dataset) and bool(dataset.get("private"))


def _tried(act: Callable[[], str]) -> tuple[Verdict, str]:
    try:
        return Verdict.WITHDRAWN, act()
    except CatalogError as error:
        return Verdict.FAILED, f"取り下げられませんでした: {error}"


def _deleted(portal: Any, dataset: Record, store: Store, journal: Journal, audit: Path) -> str:
    stage.delete(portal, dataset)
    logged(audit, store, "delete", {"dataset": dataset["name"], "id": dataset["id"]})
    journal.note(dataset["name"], "failed", "", dataset["id"], "削除（取り下げの猶予期間が終わりました）")
    return "取り下げの猶予期間が終わったので削除しました。"


def _change(name: str, field: str, old: Any, new: Any) -> Change:
    return Change(dataset=name, action=Action.WITHDRAW, field=field, old=old, new=new)


def noted(withdrawal: Withdrawal, store: Store, journal: Journal, audit: Path, *, erase: bool) -> None:
    """Keep the decision, durable in state file, journal and audit log before anything is sent."""
    Decisions(store, journal.portal).decide(withdrawal, erase=erase)
    journal.note(withdrawal.dataset, "failed", "", "", f"取り下げ: {withdrawal.reason}（決定 {withdrawal.approver}）")
    logged(audit, store, "withdraw", {**asdict(withdrawal), "at": withdrawal.at.isoformat(), "urgent": erase})


def logged(audit: Path, store: Store, act: str, body: Mapping[str, Any]) -> None:
    """One line of the audit log."""
    from pipelines.screen import Audit

    Audit(audit, store).append(act, body)


# ── by command ─────────────────────────────────────────────────────────────────────────────────


def withdraw(workspace: Workspace, dataset: str, reason: str, approver: str) -> list[str]:
    """Hide one dataset now and delete it after the time of grace; waits for no run: refused while one is going on.

    Raises :class:`ConfigError` for an unknown name, :class:`PortalRejected` for one that is not ours.
    """
    portal = workspace.portal()
    with workspace.locked(), workspace.store() as store:
        journal = Journal(store, "withdraw", portal.url, _now)
        present = ours_at(portal, dataset)
        decision = decided(present["name"], reason, approver)
        noted(decision, store, journal, workspace.audit, erase=False)
        stage.hide(portal, decision, present)
        looks = stage.look(workspace.portal(anonymous=True), present)
    days = int(workspace.catalog.settings.get("publish", {}).get("grace_days", GRACE_DAYS))
    after = f"{days}日後の実行で削除します。取り消すには `publish.py withdraw 名前 --undo` を使います。"
    return [f"「{present['name']}」を非公開にしました。", *seen(looks), after]


def ours_at(portal: Any, dataset: str) -> Record:
    """The dataset of that name or id, which has to be there and to be ours."""
    present: Record | None = portal.dataset(dataset)
    if present is None or not _alive(present):
        raise ConfigError(f"データセット「{dataset}」はポータルにありません。")
    if not ours(present):
        raise PortalRejected(f"「{dataset}」は、このカタログが公開したデータセットではありません。")
    return present


def decided(dataset: str, reason: str, approver: str) -> Withdrawal:
    """A decision of today, by command."""
    return Withdrawal(dataset=dataset, reason=reason, approver=approver, source="command", at=_today())


def undo(workspace: Workspace, dataset: str, reason: str, approver: str) -> list[str]:
    """Take a withdrawal back: the next run publishes the dataset anew.  Raises :class:`ConfigError` without one."""
    portal = workspace.portal()
    with workspace.locked(), workspace.store() as store:
        present = portal.dataset(dataset)
        name = str(present["name"]) if present else dataset
        tombstone = present is not None and stage.withdrawn(present)
        known = Decisions(store, portal.url).lift(name)
        if not tombstone and not known:
            raise ConfigError(f"データセット「{name}」は取り下げられていません。")
        logged(workspace.audit, store, "undo-withdraw", {"dataset": name, "reason": reason, "approver": approver})
        if tombstone and present is not None:
            stage.lift(portal, present)
    hint = "dataset.yaml に withdraw: が残っていれば消してください。"
    return [f"「{name}」の取り下げを取り消しました。次の `publish.py run` で公開します。{hint}"]


def seen(looks: Iterable[Look], who: str = "鍵のない人") -> Iterator[str]:
    """What was looked at, one sentence each."""
    for one in looks:
        mark = "見えません" if one.gone else "まだ見えます"
        yield f"{who}から: {one.what} {one.address} … {mark}（{one.answer}）"


def _alive(dataset: Record) -> bool:
    return dataset.get("state") != "deleted"


def _now() -> dt.datetime:
    return dt.datetime.now(JST)


def _today() -> dt.date:
    return _now().date()
