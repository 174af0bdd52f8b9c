"""Two runs at once, and a journal that is gone, damaged or full: refused or rebuilt, never a word to the portal."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, Catalogue
from tests.faults.scenes import ROUNDS, TALLY
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
        TALLY["runs together"] += 2
        TALLY["refused beside another"] += codes.count(2)
        table = city.portal.table(city.show(city.names[0])["resources"][0]["id"])
        assert sorted(row["数"] for row in table) == [2, number + 10]


def truncated(content: bytes) -> bytes:
    """Half of it."""
    return content[: len(content) // 2]


def scribbled(content: bytes) -> bytes:
    """The head is whole, of the rest every fifth byte is another."""
    dice = random.Random(4)
    return bytes(b if i < 100 or dice.random() > 0.2 else dice.randrange(256) for i, b in enumerate(content))


def of_another_version(content: bytes) -> bytes:
    """A whole database in which a column has another name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.sqlite3"
        path.write_bytes(content)
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("ALTER TABLE publication RENAME COLUMN digest TO fingerprint")
            database.commit()
        return path.read_bytes()


DAMAGED = {
    "random bytes": lambda content: random.Random(4).randbytes(len(content)),
    "truncated": truncated,
    "scribbled over": scribbled,
    "another version": of_another_version,
    "zero length": lambda content: b"",
    "gone": None,
}
SAMPLE = ["truncated", "another version", "gone"]


def test_a_damaged_journal_deletes_nothing(city: City, catalogue: Catalogue) -> None:  # noqa: F811
    """A state file that cannot be relied on: exit 2 and what to do, or all is rebuilt from the portal; either way
    nothing is sent."""
    state = city.root / "var" / "state" / "state.sqlite3"
    good, before = state.read_bytes(), posts(catalogue)
    for name in DAMAGED if ROUNDS else SAMPLE:
        for part in state.parent.glob("state.sqlite3*"):
            part.unlink()
        if damage := DAMAGED[name]:
            state.write_bytes(damage(good))
        done = subprocess.run(words(city), env={**os.environ, **city.env}, capture_output=True, text=True, check=False)
        assert done.returncode == (0 if name in ("zero length", "gone") else 2), (name, done.stdout, done.stderr)
        assert done.returncode == 0 or "別の場所へ移して" in done.stderr, (name, done.stderr)
    assert posts(catalogue) == before
    assert [city.show(name)["state"] for name in city.names] == ["active", "active"]
    assert city.env["CKAN_API_TOKEN"].encode() not in b"".join(
        p.read_bytes() for p in (city.root / "var").rglob("*") if p.is_file()
    ), "the token is in no file that we write"


def powerless() -> None:
    """Give up root's power to write where it is not allowed: prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


def full() -> None:
    """No file may grow."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))


@pytest.mark.parametrize("trouble", [full, powerless], ids=["full-disk", "read-only"])
def test_what_cannot_be_written_leaves_the_old_version(city: City, trouble: Callable[[], None]) -> None:  # noqa: F811
    """A full disk, a folder that may only be read: the run says so in words, readers keep what they had; later all
    goes well."""
    identifier = city.show(city.names[0])["resources"][0]["id"]
    city.write(city.names[0], "公園,77\n広場,2\n")
    folders = [city.root / "var", *(p for p in (city.root / "var").rglob("*") if p.is_dir())]
    for folder in folders if trouble is powerless else ():
        folder.chmod(0o555)
    environment = {**os.environ, **city.env}
    done = subprocess.run(words(city), env=environment, capture_output=True, text=True, preexec_fn=trouble, check=False)
    for folder in folders:
        folder.chmod(0o755)
    assert done.returncode in (1, 2), done.stdout + done.stderr
    assert "空き容量" in done.stderr
    assert "internal-error" not in done.stderr
    assert sorted(row["数"] for row in city.portal.table(identifier)) == [1, 2]
    city.command("run")
    assert sorted(row["数"] for row in city.portal.table(identifier)) == [2, 77]
