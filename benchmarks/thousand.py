#!/usr/bin/env python3
"""A catalogue of 1,000 datasets on the embedded CKAN: what a run costs in which nothing, or one row, has changed.

    python benchmarks/thousand.py                   publishes 1,000 datasets (some minutes), then measures
    python benchmarks/thousand.py --datasets 200 --keep

Every run is the whole command ``publish.py run``, timed from its start as a person would; requests are those in CKAN's
own access log, by address.  ``--keep`` leaves catalogue and state, so that the next call measures without publishing.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.site import Site  # noqa: E402

DEPARTMENT = "benchmark"
CATALOG = """\
title: 計測カタログ
publisher: 計測市
code: "141500"
homepage: https://www.example.lg.jp/
licence: {{id: cc-by, title: CC BY 4.0, version: "4.0", url: "https://creativecommons.org/licenses/by/4.0/deed.ja"}}
credit: "{{title}}、計測市、CC BY 4.0"
portal: {{url: "{url}"}}
intake: {{quiet_seconds: 0}}
targets:
  datasets: {{title: データセット数, base: {{fy: 2022, value: 48}}, target: {{fy: 2027, value: 100}}}}
  accesses: {{title: 年間アクセス件数, base: {{fy: 2022, value: 73098}}, target: {{fy: 2027, value: 101000}}}}
"""
DATASET = """\
name: {name}
title: 計測用の表{number}
notes: 計測のために作った表です。
tags: [計測]
"""

SCHEMA = """\
name: bench
title: 計測用の表
fields:
- {name: 番号}
- {name: 名称}
- {name: 数量, type: integer, clean: integer}
- {name: 調査日, type: date, clean: date}
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of the command: seconds on the clock and of this computer's time, and CKAN's requests by kind."""

    wall: float
    cpu: float
    stage: float
    requests: dict[str, int]
    counts: dict[str, int]

    @property
    def reads(self) -> int:
        """Requests that cannot write."""
        return sum(n for kind, n in self.requests.items() if kind.startswith("GET"))

    @property
    def writes(self) -> int:
        """Requests that can."""
        return sum(n for kind, n in self.requests.items() if kind.startswith("POST"))


def table(number: int, edited: int = 0) -> str:
    """Twenty rows of one dataset; ``edited`` stands in one cell of the row in the middle."""
    lines = ["番号,名称,数量,調査日"]
    for row in range(1, 21):
        amount = edited if edited and row == 10 else number * 100 + row
        lines.append(f"{number}-{row},施設{number}の{row},{amount},2024-04-{row:02d}")
    return "\r\n".join(lines) + "\r\n"


def write_drop(folder: Path, url: str, count: int) -> None:
    """The drop: one department, ``count`` datasets, a file each; files that are there as they shall be stay."""
    home = folder / "計測課"
    home.mkdir(parents=True, exist_ok=True)
    _put(folder / "catalog.yaml", CATALOG.format(url=url))
    _put(home / "department.yaml", f"id: {DEPARTMENT}\ntitle: 計測課\n")
    for number in range(count):
        own = home / f"表{number:04d}"
        own.mkdir(exist_ok=True)
        _put(own / "dataset.yaml", DATASET.format(name=f"bench-{number:04d}", number=number))
        _put(own / "schema.yaml", SCHEMA)
        _put(own / f"bench_{number:04d}.csv", table(number))


def _put(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="")


def run(site: Site, work: Path) -> Ran:
    """``publish.py run`` once."""
    command = [
        sys.executable,
        str(ROOT / "publish.py"),
        "--datasets",
        str(work / "datasets"),
        "--var",
        str(work / "var"),
    ]
    before = len(site.log())
    start, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*command, "run", "--json"],
        env={**os.environ, "CKAN_API_TOKEN": site.token},
        capture_output=True,
        text=True,
        check=False,
    )
    wall, now = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:] + done.stdout[-2000:])
    answer: dict[str, Any] = json.loads(done.stdout)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return Ran(
        wall, cpu, answer["seconds"], kinds(site.log()[before:]), {k: v for k, v in answer["counts"].items() if v}
    )


def kinds(lines: list[str]) -> dict[str, int]:
    """Requests of an access log by method and what they asked for."""
    found = (re.search(r'"(GET|POST|HEAD) (?:/api/(?:3/)?action/(\w+)|(/\S*))', line) for line in lines)
    return dict(collections.Counter(f"{m[1]} {m[2] or 'file'}" for m in found if m))


def told(title: str, runs: list[Ran]) -> None:
    """One line of the table: medians, and every run that asked for something else."""
    requests = {json.dumps(r.requests, sort_keys=True) for r in runs}
    wall, cpu, stage = (statistics.median(getattr(r, key) for r in runs) for key in ("wall", "cpu", "stage"))
    slowest = max(r.wall for r in runs)
    print(f"| {title} | {wall:.2f} ({slowest:.2f}) | {stage:.2f} | {cpu:.2f} | {runs[-1].reads} + {runs[-1].writes} |")
    for one in sorted(requests):
        print(f"<!-- {title}: {one} {runs[-1].counts} -->")


def main() -> None:
    """Publish, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="leave everything for the next call")
    parser.add_argument("--home", type=Path, default=ROOT / "var" / "bench-thousand", help="catalogue, drop and state")
    asked = parser.parse_args()
    site = Site(asked.home / "catalog", DEPARTMENT)
    write_drop(asked.home / "datasets", site.url, asked.datasets)
    first = run(site, asked.home)
    same = [run(site, asked.home) for _ in range(asked.rounds)]
    cell = asked.home / "datasets" / "計測課" / "表0007" / "bench_0007.csv"
    changed = []
    for number in range(asked.rounds):
        cell.write_text(table(7, edited=int(time.time()) + number), encoding="utf-8", newline="")
        changed.append(run(site, asked.home))
    print(
        f"\n{asked.datasets} datasets of 20 rows; seconds, median of {asked.rounds} (slowest); load {os.getloadavg()}\n"
    )
    print("| | from the start of the command | inside the run | its processor time | reads + writes |")
    print("|---|---|---|---|---|")
    told("first publication", [first])
    told("nothing changed", same)
    told("one cell changed", changed)
    if not asked.keep:
        site.remove()


if __name__ == "__main__":
    main()
