#!/usr/bin/env python3
"""Publishing beside other ways of doing it, on the same embedded CKAN in the same run.

    python benchmarks/publish.py                    100 datasets of 1,000 rows, every way
    python benchmarks/publish.py --datasets 20 --turns 2 --only ours floor

Compared with: the floor (two calls a dataset: create, package_revise with the file), a plain ckanapi loop (show, create
or patch, resource by name), ``ckanapi load datasets --upload-resources`` and dpckan (benchmarks/peers.py).  Each is run
three times: first publication, nothing changed, one row changed in one dataset.  All work on one dataset at a time.
What stands on the portal afterwards is looked at (every file as it was given, or the way did not do it) and deleted,
so that every way begins with an empty portal.  Then first publications by ours and by the floor, turn by turn.  Prints
Markdown.
"""

from __future__ import annotations

import functools
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.peers import (  # noqa: E402
    ORGANIZATION,
    PEERS,
    Dpckan,
    DpckanAtOnce,
    Floor,
    Load,
    Loop,
    Ours,
    PeerFailed,
    Trusting,
)
from benchmarks.site import Site, arguments, opened  # noqa: E402
from pipelines.gateways.ckan import CkanPortal  # noqa: E402
from pipelines.model import Package  # noqa: E402

RUNS = ("first", "nothing changed", "one row changed")
OURS, VERIFIED, FLOOR = "ours: metadata and files", "ours: every file fetched back", "floor: two calls"


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of one way: seconds on the clock, CKAN's processor seconds, requests; what it did not do."""

    wall: float
    cpu: float
    requests: int
    wrong: str = ""

    @property
    def told(self) -> str:
        """As the table has it."""
        return f"{self.wall:.2f}, {self.cpu:.2f}, {self.requests}" + (f" **{self.wrong}**" if self.wrong else "")


def ways(site: Site, root: Path, count: int) -> dict[str, Callable[[], Any]]:
    """Every way by its name, made when its turn comes."""
    return {
        FLOOR: lambda: Floor(site, root, count),
        OURS: lambda: Ours(site, root, count, "none", bench=Trusting),
        VERIFIED: lambda: Ours(site, root, count, "none"),
        "ours: and typed tables": lambda: Ours(site, root, count, "own"),
        "plain ckanapi loop": lambda: Loop(site, root, count),
        f"`ckanapi load` ({PEERS['ckanapi'][0]})": lambda: Load(site, root, count),
        f"dpckan, one process ({PEERS['dpckan'][0]})": lambda: DpckanAtOnce(site, root, count),
        f"dpckan, a command each ({PEERS['dpckan'][0]})": lambda: Dpckan(site, root, count),
    }


# ── every way, three runs ──────────────────────────────────────────────────────────────────────


def three_runs(site: Site, make: Callable[[], Any]) -> list[Ran]:
    """First publication, nothing changed, one row changed; making the packages is not counted."""
    found: list[Ran] = []
    made: list[Package] = []
    try:
        way = make()
        for edited in (False, False, True)[: 1 if type(way) is Floor else 3]:
            made = way.packages(edited)
            ran = timed(site, functools.partial(way.run, made))
            found.append(Ran(ran.wall, ran.cpu, ran.requests, wrong_on(site, made)))
    except PeerFailed as error:
        found.append(Ran(0, 0, 0, f"did not finish: {error}"))
    delete(site, made)
    return found


def timed(site: Site, act: Callable[[], None]) -> Ran:
    """What one act cost."""
    before, used, start = site.requests(), site.cpu(), time.perf_counter()
    act()
    wall, now = time.perf_counter() - start, site.cpu()
    return Ran(wall, now - used, site.requests() - before)


def wrong_on(site: Site, made: list[Package]) -> str:
    """How many of the datasets are not there, or not with the file as it was given; empty: none."""
    portal, wrong = CkanPortal(site.url), 0
    for package in made:
        dataset, file = portal.dataset(package.spec.name), package.files[0]
        urls = [r["url"] for r in dataset["resources"] if r["url"].endswith(file.path.name)] if dataset else []
        wrong += [portal.download(url)[1] for url in urls] != [file.digest]
    return f"{wrong} of {len(made)} datasets without the file" if wrong else ""


def delete(site: Site, made: list[Package]) -> None:
    """Take them off the portal, as far as they are there."""
    portal = CkanPortal(site.url, site.token)
    for package in made:
        if portal.dataset(package.spec.name):
            portal.call("package_delete", {"id": package.spec.name})


def table(results: dict[str, list[Ran]], count: int) -> None:
    """The figures, and how many times ours."""
    told = "one CSV of 1,000 rows × 5 columns each, one at a time: seconds, CKAN's processor seconds, requests"
    print(f"\n{count} datasets, {told}; load at the end {os.getloadavg()[0]:.1f}\n")
    print(f"| | {' | '.join(RUNS)} |\n|---|---|---|---|")
    for name, runs in results.items():
        cells = [ran.told for ran in runs] + ["–"] * (3 - len(runs))
        print(f"| {name} | " + " | ".join(cells) + " |")
    mine = results.get(VERIFIED)
    if not mine:
        return
    print(f"\n÷ {VERIFIED}, by the clock (by CKAN's processor time)\n\n| | {' | '.join(RUNS)} |\n|---|---|---|---|")
    for name, runs in results.items():
        pairs = [(r.wall / m.wall, r.cpu / max(m.cpu, 0.01)) for r, m in zip(runs, mine, strict=False) if not r.wrong]
        cells = [f"{wall:.1f} ({cpu:.1f})" for wall, cpu in pairs] + ["–"] * (3 - len(pairs))
        print(f"| {name} | " + " | ".join(cells) + " |")


# ── ours and the floor, turn by turn ───────────────────────────────────────────────────────────


def paired(site: Site, root: Path, turns: int, count: int) -> None:
    """First publications of ``count`` datasets, turn by turn: seconds, and CKAN's processor seconds."""
    print(f"\nFirst publication, {turns} turns of {count} datasets each, one at a time: seconds, CKAN's processor s\n")
    print(f"| turn | {FLOOR} | {OURS} | {VERIFIED} | load |\n|---|---|---|---|---|")
    found: list[dict[str, Ran]] = []
    for turn in range(turns):
        made: dict[str, Any] = {
            FLOOR: Floor(site, root, count),
            OURS: Ours(site, root, count, "none", bench=Trusting),
            VERIFIED: Ours(site, root, count, "none"),
        }
        for name, way in made.items():
            way.prefix = f"paired-{os.getpid()}-{turn}-{list(made).index(name)}"
        order = sorted(made, reverse=bool(turn % 2))
        ran = {}
        for name in order:
            packages = made[name].packages(False)
            ran[name] = timed(site, functools.partial(made[name].run, packages))
            delete(site, packages)
        found.append(ran)
        cells = [f"{ran[name].wall:.2f}, {ran[name].cpu:.2f}" for name in made]
        print(f"| {turn + 1} | " + " | ".join(cells) + f" | {os.getloadavg()[0]:.1f} |", flush=True)
    for name in (OURS, VERIFIED):
        wall, cpu = (
            statistics.median(getattr(t[name], key) / getattr(t[FLOOR], key) for t in found) for key in ("wall", "cpu")
        )
        print(f"\n{name} ÷ floor, median: {wall:.2f} by the clock, {cpu:.2f} by CKAN's processor time")


def main() -> None:
    """Run and print."""
    parser = arguments(__doc__)
    parser.add_argument("--datasets", type=int, default=100, help="datasets of each way (0: leave it out)")
    parser.add_argument("--turns", type=int, default=4, help="turns of ours beside the floor (0: leave it out)")
    parser.add_argument("--each", type=int, default=100, help="datasets of each turn")
    parser.add_argument("--only", nargs="*", default=[], help="ways whose name begins so")
    asked = parser.parse_args()
    with opened(asked.home, ORGANIZATION) as (site, root):
        if asked.datasets:
            results = {}
            for name, make in ways(site, root, asked.datasets).items():
                if not asked.only or name.strip("`").startswith(tuple(asked.only)):
                    results[name] = three_runs(site, make)
                    print(f"{name}: {[ran.told for ran in results[name]]}", file=sys.stderr, flush=True)
            table(results, asked.datasets)
        if asked.turns:
            paired(site, root, asked.turns, asked.each)


if __name__ == "__main__":
    main()
