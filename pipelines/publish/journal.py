"""The append-only journal of what was intended, sent and verified (one SQLite table); losing it is survivable."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.gateways.store import Store
from pipelines.publish.marks import Memory

DEFINITION = """
CREATE TABLE IF NOT EXISTS run (
    id TEXT PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT, exit_code INTEGER, summary TEXT
);
CREATE TABLE IF NOT EXISTS publication (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, portal TEXT NOT NULL, dataset TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intent', 'sent', 'verified', 'failed')),
    digest TEXT NOT NULL, portal_id TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '', at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS written (
    portal TEXT NOT NULL, dataset TEXT NOT NULL, memory TEXT NOT NULL, PRIMARY KEY (portal, dataset)
);
CREATE INDEX IF NOT EXISTS publication_of ON publication (portal, dataset, seq);
"""


@dataclass(slots=True)
class Journal:
    """One run's view of the journal; every line is durable when the method returns."""

    store: Store
    run: str
    portal: str
    now: Callable[[], dt.datetime]

    def __post_init__(self) -> None:
        self.store.define(DEFINITION)

    def begin(self, at: dt.datetime) -> None:
        """The run has started."""
        self.store.write("INSERT INTO run (id, started_at) VALUES (?, ?)", (self.run, at.isoformat(timespec="seconds")))

    def end(self, at: dt.datetime, exit_code: int, summary: str) -> None:
        """The run has ended, well or not."""
        self.store.write(
            "UPDATE run SET ended_at = ?, exit_code = ?, summary = ? WHERE id = ?",
            (at.isoformat(timespec="seconds"), exit_code, summary, self.run),
        )

    def note(self, dataset: str, state: str, digest: str, portal_id: str = "", detail: str = "") -> None:
        """Append one line."""
        at = self.now().isoformat(timespec="seconds")
        self.store.write(
            "INSERT INTO publication (run, portal, dataset, state, digest, portal_id, detail, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (self.run, self.portal, dataset, state, digest, portal_id, detail, at),
        )

    def verified(self) -> dict[str, str]:
        """The digest of every dataset whose last line on this portal is ``verified``."""
        rows = self.store.rows(
            "SELECT dataset, state, digest FROM publication WHERE seq IN "
            "(SELECT max(seq) FROM publication WHERE portal = ? GROUP BY dataset)",
            (self.portal,),
        )
        return {row["dataset"]: row["digest"] for row in rows if row["state"] == "verified"}

    def remember(self, dataset: str, memory: Memory) -> None:
        """What we have written to one dataset, so that a person's edit can be told from our own value."""
        text = json.dumps(asdict(memory), ensure_ascii=False)
        self.store.write("INSERT OR REPLACE INTO written VALUES (?, ?, ?)", (self.portal, dataset, text))

    def memories(self) -> dict[str, Memory]:
        """What we wrote last, by dataset."""
        rows = self.store.rows("SELECT dataset, memory FROM written WHERE portal = ?", (self.portal,))
        return {row["dataset"]: _memory(json.loads(row["memory"])) for row in rows}

    def runs(self, limit: int = 10) -> list[dict[str, Any]]:
        """The last runs, newest first."""
        return self.store.rows("SELECT * FROM run ORDER BY started_at DESC, id DESC LIMIT ?", (limit,))

    def history(self, dataset: str) -> list[dict[str, Any]]:
        """All lines of one dataset, oldest first."""
        return self.store.rows("SELECT * FROM publication WHERE dataset = ? ORDER BY seq", (dataset,))


def _memory(content: dict[str, Any]) -> Memory:
    lists = {key: tuple(content[key]) for key in ("tags", "groups")}
    return Memory(fields=content["fields"], files=content.get("files", {}), **lists)
