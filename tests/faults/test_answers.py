"""Answers that are lost, late, broken or no answers at all: nothing doubled, and readers keep a whole version."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.model import PortalUnavailable
from tests.conftest import Catalogue
from tests.faults.proxy import Fault, Proxy
from tests.faults.publisher import packages
from tests.faults.scenes import LOST, ROUNDS, TALLY, Reader, Scene
from tests.publishing import QUICK, Bench

pytestmark = pytest.mark.catalogue
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
def test_lost_answers_double_nothing(scene: Scene, undisturbed: dict[int, str], action: str) -> None:
    """CKAN did it and the answer was lost: the same run looks, goes on, and ends like an undisturbed one."""
    for _ in range(max(1, -(-LOST // len(LOSABLE)))):
        scene.proxy.script[(action, 1)] = Fault(kind="lost")
        done = scene.publish()
        assert sorted(a.action for a in done) == ["created", "updated"], done
        TALLY["lost answers"] += 1
        scene.converged(undisturbed)


def test_lost_answer_to_inserted_rows_without_a_key(proxy: Proxy, catalogue: Catalogue, tmp_path: Path) -> None:
    """Rows of a table without a key were added and nobody told us: they are not added twice."""
    scene = Scene(proxy, catalogue, tmp_path)
    scene.publish(1)
    proxy.clear()
    proxy.script[("datastore_upsert", 2)] = Fault(kind="lost")
    scene.publish(2)
    table = scene.publisher.table(scene.publisher.show(scene.names[1])["resources"][0]["id"])
    assert len(table) == len({row["ID"] for row in table}) == 40


LATE = ["package_create", "package_revise", "datastore_create"]


@pytest.mark.parametrize("action", LATE if LOST else LATE[1:2])
def test_late_requests_double_nothing(scene: Scene, undisturbed: dict[int, str], action: str) -> None:
    """A request that CKAN only gets after we gave up waiting for it and looked: still everything is there once."""
    scene.publisher.patience = replace(QUICK, timeout=1.0)
    scene.proxy.script[(action, 1)] = Fault(kind="slow", seconds=1.5)
    scene.publish()
    scene.publisher.patience = QUICK
    scene.converged(undisturbed)


def test_a_busy_portal_is_given_the_time_it_asks_for(scene: Scene, undisturbed: dict[int, str]) -> None:
    """429 with Retry-After at every kind of write: the same run waits as long as asked and gets everything done."""
    busy = Fault(kind="answer", status=429, headers=(("Retry-After", "7"),))
    actions = ["package_create", "package_revise", "datastore_create", "datastore_upsert", "datastore_delete"]
    scene.proxy.script |= {(action, 1): busy for action in actions}
    scene.publisher.slept.clear()
    assert sorted(a.action for a in scene.publish()) == ["created", "updated"]
    assert [seconds for seconds in scene.publisher.slept if seconds >= 7] == [7.0] * len(actions)
    scene.converged(undisturbed)


BROKEN = {
    "429": Fault(kind="answer", status=429),
    "500": Fault(kind="answer", status=500),
    "502-html": Fault(kind="answer", status=502, body=b"<html>Bad Gateway</html>"),
    "504": Fault(kind="answer", status=504),
    "reset": Fault(kind="reset"),
    "slow": Fault(kind="answer", status=504, seconds=0.6),
    "html": Fault(kind="answer", status=200, body=b"<html>maintenance</html>"),
    "invalid-json": Fault(kind="answer", status=200, body=b'{"success": tr'),
    "success-false": Fault(kind="answer", status=200, body=b'{"success": false, "error": {"__type": "x"}}'),
    "cut-10": Fault(kind="cut", part=0.1),
    "cut-50": Fault(kind="cut", part=0.5),
    "cut-99": Fault(kind="cut", part=0.99),
}
SAMPLE = ["429", "502-html", "invalid-json", "cut-99"]


def test_broken_uploads_keep_the_old_version(scene: Scene, catalogue: Catalogue, undisturbed: dict[int, str]) -> None:
    """While the portal only fails, in any way, readers who look in that moment get the whole old version; when it
    works again, the next run converges."""
    for _ in range(max(1, ROUNDS)):
        resource = scene.publisher.show(scene.names[0])["resources"][0]
        old = resource["hash"].removeprefix("sha256:")
        for name in BROKEN if ROUNDS else SAMPLE:
            reader = Reader(catalogue.url, scene.names[0], resource)
            _fail(scene, replace(BROKEN[name], act=reader.look), slow=name == "slow")
            reader.look()
            assert reader.errors == [], name
            assert {(s.before, s.file, s.rows, s.after) for s in reader.sights} == {(old, old, 40, old)}, name
            assert len(reader.sights) > 1, "somebody looked while it was broken"
            TALLY["broken answers"] += len(reader.sights) - 1
        scene.converged(undisturbed)


def _fail(scene: Scene, fault: Fault, slow: bool) -> None:
    """One run in which every package_revise fails in that way, a bounded number of times."""
    scene.publisher.patience = replace(QUICK, timeout=0.5 if slow else 30.0, attempts=2)
    scene.proxy.clear()
    scene.proxy.script[("package_revise", 0)] = fault
    try:
        done = scene.publish(names=scene.names[:1])
        assert {a.action for a in done} <= {"failed", "unreachable"}
    except PortalUnavailable:
        pass
    assert scene.proxy.counts["package_revise"] <= 4 * 2, "attempts are bounded"
    scene.proxy.clear()
    scene.publisher.patience = QUICK


def test_bench_of_another_portal_is_not_confused(proxy: Proxy, catalogue: Catalogue, tmp_path: Path) -> None:
    """The journal knows which portal it speaks of: the same catalogue under another address is checked anew."""
    scene = Scene(proxy, catalogue, tmp_path)
    direct = Bench(catalogue.url, catalogue.publisher_token, scene.root, settings={"parallel": 1})
    done = direct.publish(*packages(direct, scene.names[:1], 1))
    assert [a.action for a in done] == ["unchanged"]
    assert direct.traffic.writes == 0
