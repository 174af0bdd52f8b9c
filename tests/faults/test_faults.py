"""Killed, cut off, lied to: the next run ends exactly where an undisturbed one ends.

A sample runs with the other tests; ``FAULT_ROUNDS=10 FAULT_KILLS=300 FAULT_LOST=100 FAULT_UPDATES=100`` is the whole.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.gateways.ckan import CkanPortal
from pipelines.model import PortalUnavailable
from tests.conftest import Catalogue
from tests.faults.proxy import Fault, Proxy
from tests.faults.publisher import bench, packages, started
from tests.publishing import Bench, rows

pytestmark = pytest.mark.catalogue
ROUNDS, KILLS, LOST, UPDATES = (
    int(os.environ.get(name, 0)) for name in ("FAULT_ROUNDS", "FAULT_KILLS", "FAULT_LOST", "FAULT_UPDATES")
)
ORGANIZATION = "kankyo"

#: every call of a run that updates one dataset and creates another, at its three moments
CALLS = [
    ("package_search", 1),
    ("package_revise", 1),
    ("datastore_upsert", 1),
    ("datastore_delete", 1),
    ("download", 1),
    ("datastore_search", 1),
    ("package_create", 1),
    ("package_revise", 2),
    ("datastore_search", 2),
    ("datastore_create", 1),
    ("resource_view_list", 1),
    ("resource_view_create", 1),
    ("download", 2),
    ("datastore_search", 3),
]
POINTS = [(action, number, moment) for action, number in CALLS for moment in ("before", "after", "answered")]
SAMPLE = [
    ("package_revise", 1, "after"),
    ("package_create", 1, "after"),
    ("datastore_create", 1, "after"),
]


@pytest.fixture(scope="module")
def proxy(catalogue: Catalogue) -> Iterator[Proxy]:
    """The session's CKAN behind a proxy, with our organization."""
    admin = CkanPortal(catalogue.url, catalogue.admin_token)
    if admin.organization(ORGANIZATION) is None:
        admin.call("organization_create", {"name": ORGANIZATION, "title": "環境政策課"})
    admin.call("organization_member_create", {"id": ORGANIZATION, "username": "publisher", "role": "editor"})
    with Proxy(catalogue.url) as made:
        yield made


class Scene:
    """Two datasets of fresh names: the first published in version 1 and edited by a person, the second new."""

    def __init__(self, proxy: Proxy, catalogue: Catalogue, root: Path) -> None:
        self.proxy, self.token, self.root = proxy, catalogue.publisher_token, root / uuid.uuid4().hex
        mark = uuid.uuid4().hex[:10]
        self.names = [f"f-{mark}-a", f"f-{mark}-b"]
        self.publisher = bench(proxy.url, self.token, str(self.root))
        proxy.clear()
        self.publisher.publish(*packages(self.publisher, self.names[:1], 1))
        tags = [{"name": t["name"]} for t in self.publisher.show(self.names[0])["tags"]]
        patch = {"id": self.names[0], "tags": [*tags, {"name": "人の札"}]}
        self.publisher.portal().call("package_patch", patch, repeat=False)
        proxy.clear()

    def killed_at(self, action: str, number: int, moment: str) -> bool:
        """Kill the publisher at that point; whether the point was reached."""
        reached = threading.Event()
        process: list[Any] = []

        def kill() -> None:
            os.kill(process[0].pid, signal.SIGKILL)
            process[0].join()
            reached.set()

        self.proxy.script[(action, number)] = Fault(kind=moment, act=kill)
        process.append(self._started())
        process[0].join(60)
        self.proxy.clear()
        return reached.wait(1.0)

    def killed_after(self, seconds: float) -> None:
        """Kill the publisher some time after it began to talk."""
        process = self._started()
        while process.is_alive() and not self.proxy.seen:
            time.sleep(0.005)
        time.sleep(seconds)
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        self.proxy.clear()

    def _started(self) -> Any:
        return started(self.proxy.url, self.token, self.root, self.names, 2)

    def finished(self) -> str:
        """The next run; the digest it leaves.  Afterwards nothing is left to write, and nothing is doubled."""
        self.publisher.publish(*packages(self.publisher, self.names, 2))
        self.proxy.clear()
        again = self.publisher.publish(*packages(self.publisher, self.names, 2))
        assert [a.action for a in again] == ["unchanged", "unchanged"]
        assert sum(is_post(s.action) for s in self.proxy.seen) == 0
        found = self.publisher.portal().search_all(fq=f"name:{self.names[0][:-2]}-*")
        assert [d["name"] for d in found] == self.names
        assert [len(d["resources"]) for d in found] == [1, 1]
        assert "人の札" in {t["name"] for t in found[0]["tags"]}
        return self.publisher.digest(*self.names)


def is_post(action: str) -> bool:
    """Whether an action writes."""
    return action.rsplit("_", 1)[-1] in {"create", "revise", "upsert", "delete", "patch", "update"}


@pytest.fixture(scope="module")
def undisturbed(proxy: Proxy, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What an undisturbed run leaves."""
    return Scene(proxy, catalogue, tmp_path_factory.mktemp("undisturbed")).finished()


@pytest.mark.parametrize("point", POINTS if ROUNDS else SAMPLE, ids=lambda p: f"{p[0]}-{p[1]}-{p[2]}")
def test_killed_at_a_named_point(
    proxy: Proxy, catalogue: Catalogue, tmp_path: Path, undisturbed: str, point: tuple[str, int, str]
) -> None:
    """kill -9 at every call, before CKAN gets it, after it did it, after we heard of it: the next run converges."""
    for _ in range(max(1, ROUNDS)):
        scene = Scene(proxy, catalogue, tmp_path)
        assert scene.killed_at(*point), "the run comes by this point"
        assert scene.finished() == undisturbed


def test_killed_at_random_moments(proxy: Proxy, catalogue: Catalogue, tmp_path: Path, undisturbed: str) -> None:
    """kill -9 at any moment, several times in a row: the run that is let live converges."""
    dice = random.Random(20261122)
    for _ in range(max(2, KILLS) // 2):
        scene = Scene(proxy, catalogue, tmp_path)
        for _ in range(2):
            scene.killed_after(dice.uniform(0, 1.5))
        assert scene.finished() == undisturbed


LOSABLE = [
    "package_create",
    "package_revise",
    "datastore_create",
    "datastore_upsert",
    "datastore_delete",
    "resource_view_create",
    "download",
]


@pytest.mark.parametrize("action", LOSABLE if LOST else LOSABLE[1:4])
def test_lost_answers_double_nothing(
    proxy: Proxy, catalogue: Catalogue, tmp_path: Path, undisturbed: str, action: str
) -> None:
    """CKAN did it and the answer was lost: the same run looks, goes on, and ends like an undisturbed one."""
    for _ in range(max(1, LOST // len(LOSABLE))):
        scene = Scene(proxy, catalogue, tmp_path)
        proxy.script[(action, 1)] = Fault(kind="lost")
        done = scene.publisher.publish(*packages(scene.publisher, scene.names, 2))
        assert sorted(a.action for a in done) == ["created", "updated"], done
        assert scene.finished() == undisturbed


def test_lost_answer_to_inserted_rows_without_a_key(proxy: Proxy, catalogue: Catalogue, tmp_path: Path) -> None:
    """Rows of a table without a key were added and nobody told us: they are not added twice."""
    scene = Scene(proxy, catalogue, tmp_path)
    name = scene.names[1]
    alone = [*scene.names[:1], name]
    scene.publisher.publish(*packages(scene.publisher, alone, 1))
    proxy.clear()
    proxy.script[("datastore_upsert", 2)] = Fault(kind="lost")
    scene.publisher.publish(*packages(scene.publisher, alone, 2))
    table = scene.publisher.table(scene.publisher.show(name)["resources"][0]["id"])
    assert len(table) == len({row["ID"] for row in table}) == 40


BROKEN = {
    "429": Fault(kind="answer", status=429),
    "500": Fault(kind="answer", status=500),
    "502-html": Fault(kind="answer", status=502, body=b"<html>Bad Gateway</html>"),
    "504": Fault(kind="answer", status=504),
    "reset": Fault(kind="reset"),
    "invalid-json": Fault(kind="answer", status=200, body=b'{"success": tr'),
    "success-false": Fault(kind="answer", status=200, body=b'{"success": false, "error": {"__type": "x"}}'),
    "cut-10": Fault(kind="cut", part=0.1),
    "cut-50": Fault(kind="cut", part=0.5),
    "cut-99": Fault(kind="cut", part=0.99),
}


@pytest.mark.parametrize("name", BROKEN if ROUNDS else ["429", "502-html", "cut-50"])
def test_broken_uploads_keep_the_old_version(
    proxy: Proxy, catalogue: Catalogue, tmp_path: Path, undisturbed: str, name: str
) -> None:
    """While the portal only fails, readers keep the whole old version; when it works again, the next run converges."""
    scene = Scene(proxy, catalogue, tmp_path)
    old = scene.publisher.digest(scene.names[0])
    proxy.clear()
    proxy.script[("package_revise", 0)] = BROKEN[name]
    try:
        done = scene.publisher.publish(*packages(scene.publisher, scene.names, 2))
        assert {a.action for a in done} <= {"failed", "unreachable"}
    except PortalUnavailable:
        pass
    assert proxy.counts["package_revise"] <= 2 * 4 * 4, "attempts are bounded"
    proxy.clear()
    assert scene.publisher.digest(scene.names[0]) == old
    assert scene.finished() == undisturbed


def test_readers_see_whole_versions(proxy: Proxy, catalogue: Catalogue, tmp_path: Path) -> None:
    """While a dataset is updated again and again: every file read is one we published, the table is never empty."""
    scene = Scene(proxy, catalogue, tmp_path)
    name = scene.names[0]
    publisher = scene.publisher
    resource = publisher.show(name)["resources"][0]
    versions = [_content(n) for n in range(max(6, UPDATES))]
    published = {packages(publisher, [name], 1)[0].files[0].digest}
    reader = Reader(catalogue.url, name, resource)
    thread = threading.Thread(target=reader.read, daemon=True)
    thread.start()
    for content in versions:
        made = publisher.package(content, name=name, key=("ID",))
        published.add(made.files[0].digest)
        publisher.publish(made)
    reader.stop.set()
    thread.join(30)
    assert reader.reads > 10
    assert {hashlib.sha256(file).hexdigest() for file in reader.files} <= published
    assert min(reader.counts) >= 39
    assert reader.errors == []


def _content(number: int) -> list[list[str]]:
    content = rows(40)
    content[number % 40][2] = str(1000 + number)
    return content


class Reader:
    """Somebody without rights who reads file, table and metadata all the time."""

    def __init__(self, url: str, name: str, resource: dict[str, Any]) -> None:
        self.portal, self.name, self.resource = CkanPortal(url), name, resource
        self.stop = threading.Event()
        self.reads = 0
        self.files: set[bytes] = set()
        self.counts: list[int] = []
        self.errors: list[str] = []

    def read(self) -> None:
        """Until told to stop."""
        while not self.stop.is_set():
            try:
                address = self.portal._own_address(self.resource["url"])
                self.files.add(b"".join(self.portal._chunks(address)))
                info = self.portal.table_info(self.resource["id"])
                self.counts.append(info["total"] if info else 0)
                if self.portal.dataset(self.name) is None:
                    self.errors.append("the dataset is not there")
            except Exception as error:
                self.errors.append(repr(error))
            self.reads += 3


def test_bench_of_another_portal_is_not_confused(proxy: Proxy, catalogue: Catalogue, tmp_path: Path) -> None:
    """The journal knows which portal it speaks of: the same catalogue under another address is checked anew."""
    scene = Scene(proxy, catalogue, tmp_path)
    direct = Bench(catalogue.url, catalogue.publisher_token, scene.root, settings={"parallel": 1})
    done = direct.publish(*packages(direct, scene.names[:1], 1))
    assert [a.action for a in done] == ["unchanged"]
    assert direct.traffic.writes == 0
