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
    """Two datasets: the first published and edited by a person, the second new.

    A round brings both to ``target`` (1 or 2, in turn), broken in some way; it ends with :meth:`converged`.  Then the
    same first dataset and another second one are there for the next round.
    """

    def __init__(self, proxy: Proxy, catalogue: Catalogue, root: Path) -> None:
        self.proxy, self.catalogue, self.root = proxy, catalogue, root / uuid.uuid4().hex
        self.mark, self.round, self.target, self.sound = uuid.uuid4().hex[:10], 0, 2, True
        self.names = [f"f-{self.mark}-a", f"f-{self.mark}-b0"]
        self.publisher = bench(proxy.url, catalogue.publisher_token, str(self.root))
        proxy.clear()
        self.publish(1, self.names[:1])
        self.edit(BY_HAND[:1])
        proxy.clear()

    def publish(self, version: int = 0, names: list[str] | None = None) -> list[Any]:
        """One run that nobody kills, to ``target`` unless told otherwise."""
        return self.publisher.publish(*packages(self.publisher, names or self.names, version or self.target))

    def edit(self, by_hand: list[str]) -> None:
        """A person puts tags on the first dataset, and takes others of theirs away."""
        there = {t["name"] for t in self.publisher.show(self.names[0])["tags"]} - set(BY_HAND)
        patch = {"id": self.names[0], "tags": [{"name": tag} for tag in [*sorted(there), *by_hand]]}
        # straight to CKAN, and patient: on a busy machine one answer took longer than a publisher waits
        CkanPortal(self.catalogue.url, self.catalogue.publisher_token).call("package_patch", patch, repeat=False)

    @property
    def by_hand(self) -> list[str]:
        """What a person has on the first dataset in the version that this round is about."""
        return BY_HAND[: self.target]

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
        self.sound = False
        token, names = self.catalogue.publisher_token, self.names
        return started(self.proxy.url, token, self.root, names, self.target, stop)

    def converged(self, undisturbed: dict[int, str]) -> None:
        """A person edits once more, the next run comes: it ends like the undisturbed one, and the one after it writes
        nothing; nothing is doubled, nothing of the person's is lost."""
        self.sound = False
        self.edit(self.by_hand)
        digest = self.finished()
        TALLY["runs to the end"] += 1
        TALLY["converged"] += digest == undisturbed[self.target]
        assert digest == undisturbed[self.target]
        self.renew()

    def finished(self) -> str:
        """The next run, and one more; the digest they leave."""
        self.publish()
        self.proxy.clear()
        again = self.publish()
        found = self.publisher.portal().search_all(fq=f"name:f-{self.mark}-*")
        kept = {t["name"] for t in found[0]["tags"]}
        lost = [tag for tag in self.by_hand if tag not in kept]
        doubled = [d["name"] for d in found if d["name"] not in self.names or len(d["resources"]) != 1]
        TALLY["duplicates"] += len(doubled)
        TALLY["lost edits"] += len(lost)
        assert [a.action for a in again] == ["unchanged", "unchanged"]
        assert [s.action for s in self.proxy.seen if is_post(s.action)] == []
        assert (doubled, lost) == ([], [])
        assert len(found) == len(self.names)
        return self.publisher.digest(*self.names)

    def renew(self) -> None:
        """The next round: the other version, and another second dataset (a catalogue that grows slows all rounds)."""
        admin = CkanPortal(self.catalogue.url, self.catalogue.admin_token)
        resource = self.publisher.show(self.names[1])["resources"][0]["id"]
        admin.call("datastore_delete", {"resource_id": resource, "force": True})
        admin.call("dataset_purge", {"id": self.names[1]})
        PURGED.add(resource)
        self.round += 1
        self.names[1] = f"f-{self.mark}-b{self.round}"
        self.target = 3 - self.target
        self.proxy.clear()
        self.sound = True


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
