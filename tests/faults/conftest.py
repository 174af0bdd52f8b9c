"""CKAN behind the proxy, the undisturbed run, and the tally at the end of a session with fault tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.gateways.ckan import CkanPortal
from tests.conftest import Catalogue
from tests.faults.proxy import Proxy
from tests.faults.scenes import TALLY, Scene, leftovers


@pytest.fixture(scope="package")
def proxy(catalogue: Catalogue, admin: CkanPortal) -> Iterator[Proxy]:
    """The session's CKAN behind a proxy, with our organization; these tests may leave nothing over at their end."""
    before = leftovers(catalogue)
    with Proxy(catalogue.url) as made:
        yield made
    orphans = leftovers(catalogue) - before
    TALLY["orphan resources"] += len(orphans)
    assert orphans == set()


@pytest.fixture(scope="package")
def undisturbed(proxy: Proxy, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> dict[int, str]:
    """What an undisturbed run leaves, by version."""
    scene, digests = Scene(proxy, catalogue, tmp_path_factory.mktemp("undisturbed")), {}
    for _ in range(2):
        scene.edit(scene.by_hand)
        digests[scene.target] = scene.finished()
        scene.renew()
    return digests


@pytest.fixture(scope="package")
def scenes() -> list[Scene]:
    """The scenes of this session: one for all tests, as long as none of them fails."""
    return []


@pytest.fixture
def scene(
    proxy: Proxy, catalogue: Catalogue, scenes: list[Scene], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """A first and a second dataset, ready for a round."""
    if not scenes or not scenes[-1].sound:
        scenes.append(Scene(proxy, catalogue, tmp_path_factory.mktemp("scene")))
    proxy.clear()
    yield scenes[-1]
    proxy.clear()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How much was broken, and what came of it."""
    if TALLY:
        told = [f"{name} {number}" for name, number in TALLY.items()]
        terminalreporter.write_line("faults: " + ", ".join(told))
