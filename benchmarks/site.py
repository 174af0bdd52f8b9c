"""The embedded CKAN that the benchmarks publish to: its tokens, its own count of requests, its processor time."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")


def manage(home: Path, verb: str) -> dict[str, Any]:
    """One verb of the embedded catalogue."""
    command = [sys.executable, str(ROOT / "localcatalog" / "catalog.py"), verb, "--home", str(home), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


class Site:
    """A running catalogue with one organization whose editor publishes."""

    def __init__(self, home: Path, organization: str) -> None:
        from tests.publishing import administrator

        self.home = home
        self.url: str = manage(home, "up")["url"]
        secrets = json.loads((home / "secrets.json").read_text())
        self.token: str = secrets["publisher_token"]
        administrator(self.url, secrets["admin_token"], organization)

    def log(self) -> list[str]:
        """The lines of CKAN's access log so far."""
        time.sleep(0.5)  # its workers write a line a moment after they answer
        return (self.home / "log" / "access.log").read_text(errors="replace").splitlines()

    def requests(self) -> int:
        """Requests CKAN has answered so far."""
        return len(self.log())

    def cpu(self) -> float:
        """Processor seconds of the catalogue's processes so far (web, PostgreSQL, Redis), ended ones included."""
        return sum(_seconds(pid) for pid in self._processes())

    def _processes(self) -> list[int]:
        """The catalogue's processes: those it wrote down, and their children."""
        parts = json.loads((self.home / "state.json").read_text())["parts"]
        roots = {int(part["pid"]) for part in parts.values()}
        found, parents = set(roots), _parents()
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return sorted(found)

    def remove(self) -> None:
        """Stop it and forget its data."""
        manage(self.home, "reset")


def arguments(text: str | None) -> argparse.ArgumentParser:
    """The command line of a benchmark that publishes: its help, and where the catalogue is."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=ROOT / "var" / "bench-publish", help="an embedded catalogue")
    return parser


@contextmanager
def opened(home: Path, organization: str) -> Iterator[tuple[Site, Path]]:
    """The catalogue, and a folder to work in; both are gone afterwards."""
    site = Site(home, organization)
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            yield site, Path(folder)
    finally:
        site.remove()


def _parents() -> dict[int, int]:
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(path.parent.name)] = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    return found


def _seconds(pid: int) -> float:
    """User and system time of a process and of its ended children."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return sum(int(value) for value in fields[11:15]) / TICK
