"""Fixtures shared by the tests: a small drop, and one embedded CKAN for the session."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from pipelines.gateways.ckan import CkanPortal
    from tests.publishing import Bench

# a slow or busy machine is no failure, and the same examples everywhere make a failure repeatable
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

ROOT = Path(__file__).resolve().parent.parent
#: the line of CKAN that the session's catalogue runs (``make portals``); empty: the newest
LINE = os.environ.get("PORTAL_LINE", "")
sys.path.insert(0, str(ROOT))

CATALOG = """\
title: 試験カタログ
publisher: 相模原市
code: "141500"
homepage: https://www.example.lg.jp/
licence: {id: cc-by, title: CC BY 4.0, version: "4.0", url: "https://creativecommons.org/licenses/by/4.0/deed.ja"}
credit: "{title}、相模原市、CC BY 4.0"
targets:
  datasets: {title: データセット数, base: {fy: 2022, value: 48}, target: {fy: 2027, value: 100}}
  accesses: {title: 年間アクセス件数, base: {fy: 2022, value: 73098}, target: {fy: 2027, value: 101000}}
"""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A test's name never holds a whole file: a ZIP's bytes tell the time, and both workers must agree on the names."""
    return argname if isinstance(val, bytes) and len(val) > 40 else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two workers: what shares the session's CKAN stays with one of them and begins first; no other file is split."""
    groups = {id(item): "catalogue" if _shares_catalogue(item) else item.path.name for item in items}
    for item in items:
        item.add_marker(pytest.mark.xdist_group(groups[id(item)]))
    items.sort(key=lambda item: groups[id(item)] != "catalogue")


def _shares_catalogue(item: pytest.Item) -> bool:
    made = getattr(item, "_fixtureinfo").name2fixturedefs.get("catalogue")  # a file may have one of its own  # noqa: B009
    return made is not None and made[-1].scope == "session"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith(("CKAN_", "CATALOG_")) or name.lower() in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """An empty drop tree with a catalogue and one department."""
    root = tmp_path / "datasets"
    (root / "kankyo").mkdir(parents=True)
    (root / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    (root / "kankyo" / "department.yaml").write_text("id: kankyo\ntitle: 環境政策課\n", encoding="utf-8")
    return root


def publish(
    *arguments: str, env: dict[str, str] | None = None, check: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person would."""
    return subprocess.run(
        [sys.executable, str(ROOT / "publish.py"), *arguments],
        capture_output=True,
        text=True,
        check=check,
        env={**os.environ, **(env or {})},
    )


@dataclass(frozen=True)
class Catalogue:
    """The embedded CKAN of the test session."""

    url: str
    admin_token: str
    publisher_token: str
    home: Path

    def manage(self, verb: str) -> dict[str, Any]:
        """Run a verb of the catalogue's manager."""
        return manage(self.home, verb)

    def requests(self) -> list[str]:
        """The lines of CKAN's own access log so far.

        Its workers write a line a moment after they have answered, on a busy machine a long one: read until a
        request of our own (left out) stands there and nothing more comes.
        """
        mark = f"settled-{time.time_ns()}"
        urllib.request.urlopen(f"{self.url}/api/3/action/status_show?{mark}", timeout=60).close()
        seen, log = "", self.home / "log" / "access.log"
        for _ in range(300):
            before, seen = seen, log.read_text(errors="replace")
            if mark in seen and seen == before:
                break
            time.sleep(0.2)
        return [line for line in seen.splitlines() if "?settled-" not in line]


def manage(home: Path, verb: str, *words: str) -> dict[str, Any]:
    """Run a verb of localcatalog/catalog.py; its JSON answer."""
    command = [sys.executable, str(ROOT / "localcatalog" / "catalog.py"), verb, "--home", str(home), *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


@pytest.fixture(scope="session")
def catalogue() -> Iterator[Catalogue]:
    """A real CKAN with empty data, shared by the session and taken down at its end.

    PORTAL_LINE=2.11 runs it with an older line of CKAN (``make portals``).
    """
    with started(LINE) as one:
        yield one


@contextmanager
def started(line: str = "") -> Iterator[Catalogue]:
    """An embedded CKAN with empty data; of the newest line, or of the one named."""
    home = ROOT / "var" / (f"test-catalog-{line}" if line else "test-catalog")
    manage(home, "reset")
    answer = manage(home, "up", *(("--line", line) if line else ()))
    secrets = json.loads((home / "secrets.json").read_text())
    yield Catalogue(
        url=answer["url"],
        admin_token=secrets["admin_token"],
        publisher_token=secrets["publisher_token"],
        home=home,
    )
    manage(home, "reset")


@pytest.fixture(scope="session")
def admin(catalogue: Catalogue) -> CkanPortal:
    """The administrator of the session's CKAN, who has made the organization and its editor."""
    from tests.publishing import administrator

    return administrator(catalogue.url, catalogue.admin_token)


@pytest.fixture
def bench(catalogue: Catalogue, admin: CkanPortal, tmp_path: Path) -> Bench:
    """A publisher with a state of its own."""
    from tests.publishing import Bench

    return Bench(catalogue.url, catalogue.publisher_token, tmp_path)


@dataclass(frozen=True)
class Flow:
    """A copy of the sample drop, published once."""

    datasets: Path
    var: Path
    catalogue: Catalogue
    first: dict[str, Any]
    output: str

    def publish(self, *arguments: str, env: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Run a command as the publisher; its exit code and JSON."""
        done = publish(
            "--datasets", str(self.datasets), "--var", str(self.var), *arguments, "--json",
            env={"CKAN_API_TOKEN": self.catalogue.publisher_token, **(env or {})},
        )  # fmt: skip
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def names(self) -> list[str]:
        """Datasets whose package was built."""
        return sorted(p.parent.name for p in (self.var / "packages").glob("*/datapackage.json"))

    def portal(self, admin: bool = False) -> Any:
        """The CKAN, as a citizen or as its administrator."""
        from pipelines.gateways.ckan import CkanPortal

        return CkanPortal(self.catalogue.url, self.catalogue.admin_token if admin else None)


@pytest.fixture(scope="session")
def flow(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Flow:
    """Publish the sample drop to the test catalogue."""
    folder = tmp_path_factory.mktemp("flow")
    shutil.copytree(ROOT / "datasets", folder / "datasets")
    settings = folder / "datasets" / "catalog.yaml"
    text = settings.read_text(encoding="utf-8").replace("kind: embedded", f"url: {catalogue.url}")
    settings.write_text(text, encoding="utf-8")
    where = ("--datasets", str(folder / "datasets"), "--var", str(folder / "var"))
    env = {"CKAN_ADMIN_TOKEN": catalogue.admin_token, "CKAN_API_TOKEN": catalogue.publisher_token}
    prepared = publish(*where, "catalog", "prepare", "--json", env=env)
    assert prepared.returncode == 0, prepared.stderr
    done = publish(*where, "run", "--json", env=env)
    assert done.returncode == 1, done.stderr  # something is withheld on purpose
    assert done.stdout, done.stderr
    return Flow(folder / "datasets", folder / "var", catalogue, json.loads(done.stdout), done.stderr)
