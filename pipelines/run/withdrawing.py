"""Withdrawing datasets: by ``withdraw:`` in dataset.yaml, or at once by command; never because a file vanished.

A decision is written down (state file, audit log) before anything is sent, so that a run that was cut off is finished
by the next one, and nothing withdrawn is ever published again without ``--undo``.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.gateways.store import Store
from pipelines.model import Action, CatalogError, Change, ConfigError, DatasetSpec, PortalRejected, Verdict
from pipelines.publish import Journal
from pipelines.publish import withdraw as stage
from pipelines.publish.marks import ours
from pipelines.publish.withdraw import Look, Withdrawal

if TYPE_CHECKING:
    from pipelines.run.workspace import Workspace

Record = dict[str, Any]
JST = dt.timezone(dt.timedelta(hours=9), "JST")
GRACE_DAYS = 30
MOST = "5"
DEFINITION = """
CREATE TABLE IF NOT EXISTS withdrawal (
    portal TEXT NOT NULL, dataset TEXT NOT NULL, reason TEXT NOT NULL, approver TEXT NOT NULL, source TEXT NOT NULL,
    at TEXT NOT NULL, erase INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (portal, dataset)
);
"""


class Decisions:
    """The withdrawals decided for one portal, kept in the state file."""

    def __init__(self, store: Store, portal: str) -> None:
        self.store, self.portal = store, portal
        store.define(DEFINITION)

    def active(self) -> dict[str, Withdrawal]:
        """Every decision that has not been taken back."""
        rows = self.store.rows("SELECT * FROM withdrawal WHERE portal = ?", (self.portal,))
        keys = ("dataset", "reason", "approver", "source")
        return {r["dataset"]: Withdrawal(**{k: r[k] for k in keys}, at=dt.date.fromisoformat(r["at"])) for r in rows}

    def to_erase(self) -> frozenset[str]:
        """Datasets whose files and tables must go at once and may not have gone yet."""
        rows = self.store.rows("SELECT dataset FROM withdrawal WHERE portal = ? AND erase = 1", (self.portal,))
        return frozenset(row["dataset"] for row in rows)

    def decide(self, withdrawal: Withdrawal, *, erase: bool) -> None:
        """Write a decision down; a later one takes its place."""
        w = withdrawal
        values = (self.portal, w.dataset, w.reason, w.approver, w.source, w.at.isoformat(), int(erase))
        self.store.write("INSERT OR REPLACE INTO withdrawal VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def erased(self, dataset: str) -> None:
        """Files and tables of a dataset are gone."""
        self.store.write("UPDATE withdrawal SET erase = 0 WHERE portal = ? AND dataset = ?", (self.portal, dataset))

    def lift(self, dataset: str) -> bool:
        """Take a decision back; whether there was one."""
        return bool(self.store.write("DELETE FROM withdrawal WHERE portal = ? AND dataset = ?", (self.portal, dataset)))


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
            _noted(withdrawal, store, journal, audit, erase=erase)
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
    _logged(audit, store, "delete", {"dataset": dataset["name"], "id": dataset["id"]})
    journal.note(dataset["name"], "failed", "", dataset["id"], "削除（取り下げの猶予期間が終わりました）")
    return "取り下げの猶予期間が終わったので削除しました。"


def _change(name: str, field: str, old: Any, new: Any) -> Change:
    return Change(dataset=name, action=Action.WITHDRAW, field=field, old=old, new=new)


def _noted(withdrawal: Withdrawal, store: Store, journal: Journal, audit: Path, *, erase: bool) -> None:
    """The decision, durable in state file, journal and audit log before anything is sent."""
    Decisions(store, journal.portal).decide(withdrawal, erase=erase)
    journal.note(withdrawal.dataset, "failed", "", "", f"取り下げ: {withdrawal.reason}（決定 {withdrawal.approver}）")
    _logged(audit, store, "withdraw", {**asdict(withdrawal), "at": withdrawal.at.isoformat(), "urgent": erase})


def _logged(audit: Path, store: Store, act: str, body: Mapping[str, Any]) -> None:
    from pipelines.screen import Audit

    Audit(audit, store).append(act, body)


# ── by command ─────────────────────────────────────────────────────────────────────────────────


def withdraw(workspace: Workspace, dataset: str, urgent: bool, reason: str, approver: str) -> list[str]:
    """Take one dataset off the portal now.  ``urgent`` also removes files, tables and views, and keeps evidence.

    An urgent withdrawal does not wait for a run that is going on: that run finds the tombstone and leaves it alone.
    Raises :class:`ConfigError` for an unknown name, :class:`PortalRejected` for one that is not ours.
    """
    portal = workspace.portal()
    with nullcontext() if urgent else workspace.locked(), workspace.store() as store:
        journal = Journal(store, "withdraw", portal.url, _now)
        present = portal.dataset(dataset)
        if present is None or present.get("state") == "deleted":
            raise ConfigError(f"データセット「{dataset}」はポータルにありません。")
        if not ours(present):
            raise PortalRejected(f"「{dataset}」は、このカタログが公開したデータセットではありません。")
        decision = Withdrawal(dataset=dataset, reason=reason, approver=approver, source="command", at=_today())
        _noted(decision, store, journal, workspace.audit, erase=urgent)
        hidden = stage.hide(portal, decision, present)
        told = [f"「{dataset}」を非公開にしました。"]
        if urgent:
            told += stage.erase(portal, hidden)
            Decisions(store, portal.url).erased(dataset)
        looks = stage.look(workspace.portal(anonymous=True), present)
        evidence = _evidence(workspace.audit, decision, present, told, looks)
    return [*told, *_seen(looks), f"証跡: {evidence}", *(deadlines(_today()) if urgent else _afterwards(workspace))]


def undo(workspace: Workspace, dataset: str, reason: str, approver: str) -> list[str]:
    """Take a withdrawal back: the next run publishes the dataset anew.  Raises :class:`ConfigError` without one."""
    portal = workspace.portal()
    with workspace.locked(), workspace.store() as store:
        present = portal.dataset(dataset)
        tombstone = present is not None and stage.withdrawn(present)
        known = Decisions(store, portal.url).lift(dataset)
        if not tombstone and not known:
            raise ConfigError(f"データセット「{dataset}」は取り下げられていません。")
        _logged(workspace.audit, store, "undo-withdraw", {"dataset": dataset, "reason": reason, "approver": approver})
        if tombstone and present is not None:
            stage.lift(portal, present)
    hint = "dataset.yaml に withdraw: が残っていれば消してください。"
    return [f"「{dataset}」の取り下げを取り消しました。次の `publish.py run` で公開します。{hint}"]


def _seen(looks: list[Look]) -> Iterator[str]:
    for one in looks:
        mark = "見えません" if one.gone else "まだ見えます"
        yield f"鍵のない人から: {one.what} {one.address} … {mark}（{one.answer}）"


def _evidence(audit: Path, decision: Withdrawal, before: Record, told: list[str], looks: list[Look]) -> Path:
    """What was there, what was done, and what could be seen afterwards, as one JSON file readable by its owner."""
    folder = audit / "withdrawals"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{_now():%Y%m%dT%H%M%S}-{decision.dataset}.json"
    keys = ("id", "name", "url", "hash", "size", "last_modified", "datastore_active")
    document = {
        "decision": {**asdict(decision), "at": decision.at.isoformat()},
        "done_at": _now().isoformat(timespec="seconds"),
        "before": {
            "id": before["id"],
            "title": before.get("title"),
            "metadata_modified": before.get("metadata_modified"),
            "resources": [{key: r.get(key) for key in keys} for r in before.get("resources") or ()],
        },
        "done": told,
        "seen_without_rights": [asdict(one) for one in looks],
        "gone": all(one.gone for one in looks),
    }
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    path.chmod(0o600)
    return path


def deadlines(today: dt.date) -> list[str]:
    """What has to be reported to whom when personal information was open to everybody, counted from today."""

    def after(days: int) -> str:
        return f"{today + dt.timedelta(days=days):%Y-%m-%d}"

    return [
        "個人情報が含まれていたときは、個人情報保護委員会への報告が必要なことがあります"
        "（本人が100人を超える、要配慮個人情報、財産的被害のおそれ、不正の目的のおそれ）。",
        f"  速報: 知った日からおおむね3〜5日（今日知ったなら {after(3)}〜{after(5)}）",
        f"  確報: 30日以内（{after(30)}）。不正の目的のおそれがあるときは60日以内（{after(60)}）",
        "要否は個人情報保護の担当課に確かめてください。写しが検索サイトなどに残っていないかも確かめてください。",
    ]


def _afterwards(workspace: Workspace) -> list[str]:
    days = int(workspace.catalog.settings.get("publish", {}).get("grace_days", GRACE_DAYS))
    return [f"{days}日後の実行で削除します。取り消すには `publish.py withdraw 名前 --undo` を使います。"]


def _now() -> dt.datetime:
    return dt.datetime.now(JST)


def _today() -> dt.date:
    return _now().date()
