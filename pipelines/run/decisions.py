"""What was decided to be taken off a portal: kept in the state file, and asked before every write of a run."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

from pipelines.gateways.store import Store
from pipelines.publish.withdraw import Withdrawal

#: how far the urgent removal of files and tables has come
NOT_ASKED, TO_DO, DONE = 0, 1, 2
DEFINITION = """
CREATE TABLE IF NOT EXISTS withdrawal (
    portal TEXT NOT NULL, dataset TEXT NOT NULL, reason TEXT NOT NULL, approver TEXT NOT NULL, source TEXT NOT NULL,
    at TEXT NOT NULL, erase INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (portal, dataset)
);
"""
#: a later decision takes the place of an earlier one; what was once urgent stays so
DECIDE = """
INSERT INTO withdrawal (portal, dataset, reason, approver, source, at, erase) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (portal, dataset) DO UPDATE SET
    reason = excluded.reason, approver = excluded.approver, source = excluded.source, at = excluded.at,
    erase = CASE excluded.erase WHEN 0 THEN withdrawal.erase ELSE excluded.erase END
"""


class Decisions:
    """The withdrawals decided for one portal."""

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
        return self._where(f"erase = {TO_DO}")

    def urgent(self) -> frozenset[str]:
        """Datasets that were withdrawn in an emergency: no copy of theirs is kept on this machine either."""
        return self._where(f"erase <> {NOT_ASKED}")

    def _where(self, condition: str) -> frozenset[str]:
        rows = self.store.rows(f"SELECT dataset FROM withdrawal WHERE portal = ? AND {condition}", (self.portal,))
        return frozenset(row["dataset"] for row in rows)

    def decide(self, withdrawal: Withdrawal, *, erase: bool) -> None:
        """Write a decision down."""
        w = withdrawal
        urgency = TO_DO if erase else NOT_ASKED
        self.store.write(DECIDE, (self.portal, w.dataset, w.reason, w.approver, w.source, w.at.isoformat(), urgency))

    def erased(self, dataset: str) -> None:
        """Files and tables of a dataset are gone."""
        values = (DONE, self.portal, dataset)
        self.store.write("UPDATE withdrawal SET erase = ? WHERE portal = ? AND dataset = ?", values)

    def lift(self, dataset: str) -> bool:
        """Take a decision back; whether there was one."""
        return bool(self.store.write("DELETE FROM withdrawal WHERE portal = ? AND dataset = ?", (self.portal, dataset)))


def taken_anywhere(store: Store) -> frozenset[str]:
    """Datasets withdrawn by command from any portal: they go out in no other way either."""
    store.define(DEFINITION)
    return frozenset(row["dataset"] for row in store.rows("SELECT dataset FROM withdrawal"))


class Halt:
    """Whether somebody has decided, while a run is at work, to take a dataset back.  Use as a context manager.

    It reads the state file through a connection of its own, from any thread, so that a decision of another process
    counts from the moment it is written.
    """

    def __init__(self, path: Path, portal: str) -> None:
        self._store, self._portal, self._lock = Store(path, shared=True), portal, threading.Lock()
        self._store.define(DEFINITION)

    def __enter__(self) -> Halt:
        return self

    def __exit__(self, *exc: object) -> None:
        self._store.close()

    def __call__(self, dataset: str) -> bool:
        with self._lock:
            values = (self._portal, dataset)
            return self._store.one("SELECT 1 FROM withdrawal WHERE portal = ? AND dataset = ?", values) is not None
