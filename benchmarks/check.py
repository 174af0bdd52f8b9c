"""How long ``publish.py check FILE`` takes, one file after the other, each in its own process as a clerk starts it.

    python benchmarks/check.py FOLDER [--count 50] [--seed 2026]

Draws files with the suffix of a table from the folder and prints the seconds on the clock and on the processor (median,
nine in ten, slowest) and every file above two seconds.  Clock seconds count only on an idle machine:
the load is printed.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUFFIXES = {".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods"}
GOAL = 2.0


def measured(path: Path) -> tuple[float, float]:
    """(clock, processor) seconds of one check; the reading child counts, too."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    command = [sys.executable, str(ROOT / "publish.py"), "check", str(path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    clock = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def told(name: str, seconds: list[float]) -> str:
    """Median, nine in ten, slowest, and how many are above the goal."""
    ordered = sorted(seconds)
    nine = ordered[int(0.9 * (len(ordered) - 1))]
    slow = sum(1 for value in ordered if value > GOAL)
    middle = ordered[len(ordered) // 2]
    return f"{name}: median {middle:.2f}, 9 in 10 {nine:.2f}, slowest {ordered[-1]:.2f} s; {slow} above {GOAL:.0f} s"


def main() -> None:
    """Draw, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    found = sorted(path for path in arguments.folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    drawn = random.Random(arguments.seed).sample(found, min(arguments.count, len(found)))
    times = [(*measured(path), path) for path in drawn]
    print(told("clock", [clock for clock, _, _ in times]))
    print(told("processor", [cpu for _, cpu, _ in times]))
    for clock, cpu, path in sorted(times, key=lambda item: item[1], reverse=True):
        if cpu > GOAL:
            print(f"  {cpu:.1f} s of processor ({clock:.1f} on the clock), {path.stat().st_size:,} bytes: {path.name}")
    print(f"{len(times)} files, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
