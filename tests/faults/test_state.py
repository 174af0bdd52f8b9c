"""Two runs at once, and a journal that is gone, damaged or full: refused or rebuilt, never a word to the portal."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

from tests.conftest import ROOT, Catalogue
from tests.test_publish_withdraw import City, city  # noqa: F401 - the fixture

pytestmark = pytest.mark.catalogue
TOGETHER = int(os.environ.get("FAULT_TOGETHER", 2))


def words(city: City) -> list[str]:  # noqa: F811
    """The scheduled command."""
    where = ["--datasets", str(city.root / "datasets"), "--var", str(city.root / "var")]
    return [sys.executable, str(ROOT / "publish.py"), *where, "run"]


def posts(catalogue: Catalogue) -> int:
    """Requests that could have written."""
    return sum('"POST ' in line for line in catalogue.requests())


def test_two_runs_together(city: City) -> None:  # noqa: F811
    """One works; the other says so at once and does nothing; every dataset is there once."""
    for number in range(TOGETHER):
        city.write(city.names[0], f"公園,{number + 10}\n広場,2\n")
        environment = {**os.environ, **city.env}
        pair = [
            subprocess.Popen(words(city), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        told = [process.communicate()[1] for process in pair]
        codes = [process.returncode for process in pair]
        assert set(codes) <= {0, 2}, told
        assert 0 in codes
        assert all("実行中" in text for text, code in zip(told, codes, strict=True) if code == 2)
        table = city.portal.table(city.show(city.names[0])["resources"][0]["id"])
        assert sorted(row["数"] for row in table) == [2, number + 10]


def test_a_damaged_journal_stops_the_run(city: City, catalogue: Catalogue) -> None:  # noqa: F811
    """Garbage in the state file: exit 2, nothing sent; with the file taken away all is rebuilt and nothing written."""
    state = city.root / "var" / "state" / "state.sqlite3"
    for part in state.parent.glob("state.sqlite3-*"):
        part.unlink()
    state.write_bytes(b"this is no database" * 500)
    before = posts(catalogue)
    city.command("run", code=2)
    state.unlink()
    city.command("run")
    assert posts(catalogue) == before
    assert city.show(city.names[0])["state"] == "active"


def test_a_full_disk_leaves_the_old_version(city: City) -> None:  # noqa: F811
    """No file may grow: the run ends with an error and readers keep what they had; then all goes well."""
    identifier = city.show(city.names[0])["resources"][0]["id"]
    city.write(city.names[0], "公園,77\n広場,2\n")

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    environment = {**os.environ, **city.env}
    done = subprocess.run(words(city), env=environment, capture_output=True, preexec_fn=full, check=False)
    assert done.returncode != 0
    assert sorted(row["数"] for row in city.portal.table(identifier)) == [1, 2]
    city.command("run")
    assert sorted(row["数"] for row in city.portal.table(identifier)) == [2, 77]
