#!/usr/bin/env python3
"""One large DataStore table of which 1 % changes: bytes and seconds of the update, against those of a full load.

    python benchmarks/table.py                      100,000 rows, three tables, three changes of each
    python benchmarks/table.py --rows 20000 --turns 1

The tables: with a primary key; without, but with a column that tells the rows apart; and with none that does.  Bytes
are those of the DataStore API, both ways; the changed CSV itself is sent and fetched back whole on top.  Prints
Markdown.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.site import Site, arguments, opened  # noqa: E402
from pipelines.model import PackageFile  # noqa: E402
from pipelines.publish.tables import load  # noqa: E402
from tests.faults.proxy import Proxy  # noqa: E402
from tests.publishing import Bench, rows  # noqa: E402

ORGANIZATION = "benchmark"
Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one load cost: bytes both ways, seconds on the clock, processor seconds of CKAN and of ours together."""

    size: int
    wall: float
    cpu: float

    @property
    def told(self) -> str:
        """As the table has it."""
        return f"{self.size / 1e6:.2f} MB, {self.wall:.2f} s ({self.cpu:.2f})"


def apart(count: int) -> Rows:
    """Every row has a number and a name of its own."""
    return rows(count)


def alike(count: int) -> Rows:
    """No column tells the rows apart: three facilities of a name, seven of a number."""
    made = rows(count)
    for number, row in enumerate(made):
        row[:4] = [str(number // 7), f"施設{number // 3}", str(number % 5000 * 10), f"35.{number % 900:04d}"]
    return made


def changed(content: Rows, turn: int) -> Rows:
    """One row in a hundred has another number."""
    for row in content[::100]:
        row[2] = str(-1 - turn)
    return content


KINDS: dict[str, tuple[Callable[[int], Rows], tuple[str, ...]]] = {
    "primary key": (apart, ("ID",)),
    "no key declared": (apart, ()),
    "no column tells the rows apart": (alike, ()),
}


def measured(site: Site, root: Path, title: str, count: int, turns: int) -> None:
    """One table: its full load, its changes, and one change of which the version before is lost."""
    make, key = KINDS[title]
    with Proxy(site.url) as proxy:
        bench = Bench(proxy.url, site.token, root / title.replace(" ", "-"))
        old = bench.package(make(count), key=key, org=ORGANIZATION)
        bench.publish(old)
        resource, portal = bench.show()["resources"][0]["id"], bench.portal()
        portal.call("datastore_delete", {"resource_id": resource, "force": True})

        def cost(file: PackageFile, before: PackageFile | None = None) -> Cost:
            proxy.clear()
            start, used = time.perf_counter(), site.cpu() + time.process_time()
            load(portal, resource, file, before)
            wall, now = time.perf_counter() - start, site.cpu() + time.process_time()
            return Cost(proxy.bytes(), wall, now - used)

        full = cost(old.files[0])
        known, parts = _kept(bench, old.files[0]), []
        for turn in range(turns):
            new = bench.package(changed(make(count), turn), key=key, org=ORGANIZATION).files[0]
            parts.append(cost(new, known))
            known = _kept(bench, new)
        lost = cost(bench.package(changed(make(count), turns), key=key, org=ORGANIZATION).files[0])
    part = Cost(*(statistics.median(values) for values in zip(*((p.size, p.wall, p.cpu) for p in parts), strict=True)))
    ratios = [part.size / full.size, part.wall / full.wall, part.cpu / full.cpu]
    print(f"| {title} | {full.told} | {part.told} | " + " | ".join(f"{r:.1%}" for r in ratios) + f" | {lost.told} |")
    sys.stdout.flush()


def _kept(bench: Bench, file: PackageFile) -> PackageFile:
    """The version before, as the history keeps it."""
    path = bench.root / "before.csv"
    path.write_bytes(file.path.read_bytes())
    return replace(file, path=path)


def main() -> None:
    """Run and print."""
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=3, help="changes of each table; the median is told")
    asked = parser.parse_args()
    with opened(asked.home, ORGANIZATION) as (site, folder):
        load_now = ", ".join(f"{value:.1f}" for value in os.getloadavg())
        print(f"\nOne table of {asked.rows:,} rows × 5 columns, {asked.rows // 100:,} rows changed; load {load_now}\n")
        heads = ["", "full load", "1 % changed", "bytes", "time", "processor time", "1 %, version before lost"]
        print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
        for title in KINDS:
            measured(site, folder, title, asked.rows, asked.turns)


if __name__ == "__main__":
    main()
