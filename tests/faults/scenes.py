"""What the fault tests look at: two datasets before and after a broken run, a reader beside it, and the tally."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.gateways.ckan import CkanPortal
from tests.conftest import Catalogue
from tests.faults.proxy import Fault, Proxy
from tests.faults.publisher import bench, packages, started

ROUNDS, KILLS, LOST, UPDATES, READS = (
    int(os.environ.get(name, 0))
    for name in ("FAULT_ROUNDS", "FAULT_KILLS", "FAULT_LOST", "FAULT_UPDATES", "FAULT_READS")
)
#: what all fault tests of a session did and found; printed at its end
TALLY: Counter[str] = Counter()
BY_HAND = ["人の札", "途中の札"]
#: resources of datasets that a test has purged: CKAN leaves their files in its storage
PURGED: set[str] = set()


def is_post(action: str) -> bool:
    """Whether an action writes."""
    return action.rsplit("_", 1)[-1] in {"create", "revise", "upsert", "delete", "patch", "update"}


class Scene:
    """Two datasets of fresh names: the first published in version 1 and edited by a person, the second new."""

    def __init__(self, proxy: Proxy, catalogue: Catalogue, root: Path) -> None:
        self.proxy, self.catalogue, self.root = proxy, catalogue, root / uuid.uuid4().hex
        mark = uuid.uuid4().hex[:10]
        self.names = [f"f-{mark}-a", f"f-{mark}-b"]
        self.publisher = bench(proxy.url, catalogue.publisher_token, str(self.root))
        proxy.clear()
        self.publish(1, self.names[:1])
        self.edit(BY_HAND[0])
        proxy.clear()

    def publish(self, version: int, names: list[str] | None = None) -> list[Any]:
        """One run that nobody kills."""
        return self.publisher.publish(*packages(self.publisher, names or self.names, version))

    def edit(self, tag: str) -> None:
        """A person puts a tag on the first dataset."""
        tags = [{"name": t["name"]} for t in self.publisher.show(self.names[0])["tags"]]
        patch = {"id": self.names[0], "tags": [*tags, {"name": tag}]}
        self.publisher.portal().call("package_patch", patch, repeat=False)

    def killed_at(self, action: str, number: int, moment: str) -> bool:
        """Kill the publisher at that call; whether it came to it."""
        reached = threading.Event()
        process: list[Any] = []

        def kill() -> None:
            os.kill(process[0].pid, signal.SIGKILL)
            process[0].join()
            reached.set()

        self.proxy.script[(action, number)] = Fault(kind=moment, act=kill)
        process.append(self._started())
        process[0].join(120)
        self.proxy.clear()
        return self._counted(reached.wait(1.0))

    def killed_in(self, stop: str) -> bool:
        """Kill the publisher at one of its own writes; whether it came to it."""
        process = self._started(stop)
        process.join(120)
        self.proxy.clear()
        return self._counted(process.exitcode == -signal.SIGKILL)

    def killed_after(self, seconds: float) -> bool:
        """Kill the publisher some time after it began to talk; whether it was still at work."""
        process = self._started()
        while process.is_alive() and not self.proxy.seen:
            time.sleep(0.005)
        process.join(seconds)
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        self.proxy.clear()
        return self._counted(process.exitcode == -signal.SIGKILL)

    def _counted(self, killed: bool) -> bool:
        TALLY["kills"] += killed
        return killed

    def _started(self, stop: str = "") -> Any:
        return started(self.proxy.url, self.catalogue.publisher_token, self.root, self.names, 2, stop)

    def converged(self, undisturbed: str) -> None:
        """A person edits once more, the next run comes: it ends like the undisturbed one, and the one after it writes
        nothing; nothing is doubled, nothing of the person's is lost."""
        if undisturbed:
            self.edit(BY_HAND[1])
        digest = self.finished()
        TALLY["runs to the end"] += 1
        TALLY["converged"] += digest == undisturbed
        assert digest == undisturbed
        self._purge()

    def finished(self) -> str:
        """The next run, and one more; the digest they leave."""
        self.publish(2)
        self.proxy.clear()
        again = self.publish(2)
        found = self.publisher.portal().search_all(fq=f"name:{self.names[0][:-2]}-*")
        kept = {t["name"] for t in found[0]["tags"]}
        lost = [tag for tag in BY_HAND if tag not in kept]
        doubled = [d["name"] for d in found if d["name"] not in self.names or len(d["resources"]) != 1]
        TALLY["duplicates"] += len(doubled)
        TALLY["lost edits"] += len(lost)
        assert [a.action for a in again] == ["unchanged", "unchanged"]
        assert [s.action for s in self.proxy.seen if is_post(s.action)] == []
        assert (doubled, lost) == ([], [])
        assert len(found) == len(self.names)
        return self.publisher.digest(*self.names)

    def _purge(self) -> None:
        """Take the two away: a catalogue that grows from round to round would slow them all."""
        admin = CkanPortal(self.catalogue.url, self.catalogue.admin_token)
        for name in self.names:
            resource = self.publisher.show(name)["resources"][0]["id"]
            admin.call("datastore_delete", {"resource_id": resource, "force": True})
            admin.call("dataset_purge", {"id": name})
            PURGED.add(resource)


def leftovers(catalogue: Catalogue) -> set[str]:
    """DataStore tables and stored files that belong to no resource of any dataset."""
    admin = CkanPortal(catalogue.url, catalogue.admin_token)
    told = admin.call("datastore_search", {"resource_id": "_table_metadata", "limit": 32000})["records"]
    tables = {r["name"] for r in told if len(r["name"]) == 36}
    storage = catalogue.home / "storage" / "resources"
    files = {"".join(p.relative_to(storage).parts)[:36] for p in storage.glob("*/*/*") if p.is_file()}
    known = {r["id"] for d in admin.search_all(fq="state:(active OR deleted OR draft)") for r in d["resources"]}
    return (tables | files) - known - PURGED


@dataclass(kw_only=True)
class Sight:
    """One look of a reader: the times (seconds) around it, and which file, table and metadata they showed."""

    at: float
    file: str
    rows: int
    before: str
    after: str
    until: float


@dataclass
class Reader:
    """Somebody without rights who reads metadata, file, table and metadata again."""

    url: str
    name: str
    resource: dict[str, Any]
    stop: threading.Event = field(default_factory=threading.Event)
    sights: list[Sight] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.portal = CkanPortal(self.url)
        self.address = self.portal._own_address(self.resource["url"])

    def look(self) -> None:
        """Once, whatever comes of it."""
        try:
            at, before = time.monotonic(), self._hash()
            file = b"".join(self.portal._chunks(self.address))
            info = self.portal.table_info(self.resource["id"])
            sight = Sight(
                at=at,
                before=before,
                file=hashlib.sha256(file).hexdigest(),
                rows=info["total"] if info else 0,
                after=self._hash(),
                until=time.monotonic(),
            )
            self.sights.append(sight)
        except Exception as error:
            self.errors.append(repr(error))

    def read(self) -> None:
        """Until told to stop."""
        while not self.stop.is_set():
            self.look()

    def _hash(self) -> str:
        dataset = self.portal.dataset(self.name)
        assert dataset is not None, "the dataset is there"
        return str(dataset["resources"][0]["hash"]).removeprefix("sha256:")
