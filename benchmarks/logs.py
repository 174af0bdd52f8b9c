"""Counting a synthetic access log: ours against GoAccess on the same file, in the same run.

    python benchmarks/logs.py [LINES] [--days N] [--months N] [--goaccess PATH] [--keep FILE]

``--months 10`` repeats the log of April in nine later months, each with addresses of its own: 5,000,000 lines become
50,000,000 without the hour it would take to make them up.

Prints one JSON line: seconds, processor seconds, peak memory (our process with its DuckDB threads), and the ratios
GoAccess / ours where a ``goaccess`` program is on the PATH.  GoAccess does more (its whole dashboard) and less (neither
day × dataset nor double clicks nor machines apart); the ratio is for the waiting person, not for the algorithms.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

BROWSERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    f"Chrome/{v}.0.{b}.{p} Safari/537.36"
    for v in range(100, 140)
    for b, p in ((0, 0), (4472, 77), (6099, 130))
]
OTHERS = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "Safari Line/14.5.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "python-requests/2.31.0",
    "curl/8.5.0",
    "-",
]


def write_log(path: Path, lines: int, days: int, seed: int = 1) -> None:
    """A combined log in time order: 30 % robots, assets and downloads as on a CKAN site; same seed, same bytes."""
    rng = random.Random(seed)
    start = dt.datetime(2026, 4, 1, tzinfo=dt.timezone(dt.timedelta(hours=9)))
    addresses = [f"203.0.{rng.randrange(256)}.{rng.randrange(1, 255)}" for _ in range(max(50, lines // 40))]
    agents = BROWSERS * 3 + OTHERS * 20
    people = [(rng.choice(addresses), rng.choice(agents)) for _ in range(max(100, lines // 20))]
    step = days * 86400 / lines
    with path.open("w", encoding="ascii") as out:
        for number in range(lines):
            when = start + dt.timedelta(seconds=number * step)
            address, agent = people[rng.randrange(len(people))]
            url, status = _request(rng)
            stamp = when.strftime("%d/%b/%Y:%H:%M:%S %z")
            size = rng.randrange(200, 90000)
            out.write(f'{address} - - [{stamp}] "GET {url} HTTP/1.1" {status} {size} "-" "{agent}"\n')


MONTHS = ("Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def write_months(path: Path, months: int) -> None:
    """Append the same log again for the months after April, with other visitors' addresses."""
    size = path.stat().st_size
    for number in range(1, months):
        month, year = (MONTHS[number], "2026") if number < len(MONTHS) else ("Jan", "2027")
        with path.open("rb") as source, path.open("ab") as out:
            while (left := size - source.tell()) > 0:
                lines = source.readlines(min(1 << 24, left - 1))  # stops behind the line that exceeds it
                text = b"".join(lines).replace(b"/Apr/2026", f"/{month}/{year}".encode())
                out.write(text.replace(b"203.0.", f"{203 + number}.0.".encode()))


def _request(rng: random.Random) -> tuple[str, int]:
    kind, dataset = rng.random(), rng.randrange(300)
    status = 200 if rng.random() < 0.93 else rng.choice((304, 404, 302, 206))
    if kind < 0.45:
        return f"/webassets/base/{rng.randrange(60)}.css", status
    if kind < 0.60:
        return f"/dataset/set-{dataset}", status
    if kind < 0.72:
        return f"/dataset/set-{dataset}/resource/r{dataset}-{rng.randrange(3)}", status
    if kind < 0.80:
        return f"/dataset/set-{dataset}/resource/r{dataset}-{rng.randrange(3)}/download/d.csv", status
    if kind < 0.86:
        return f"/api/3/action/package_show?id=set-{dataset}", status
    if kind < 0.95:
        return f"/dataset/?q={rng.randrange(5000)}&page={rng.randrange(9)}", status
    return "/", status


def time_ours(log: Path) -> dict[str, float]:
    """Import the log into a fresh store."""
    from pipelines.gateways.measurements import Measurements
    from pipelines.gateways.store import Store
    from pipelines.measure.logs import import_logs
    from pipelines.measure.rules import Rules

    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "state.db") as store:
        begin, cpu = time.perf_counter(), time.process_time()
        result = import_logs([log], "nginx", Measurements(store), Rules(), today=dt.date(2027, 1, 1))
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"seconds": seconds, "cpu_seconds": cpu, "lines": result.lines, "counted": result.counted, "peak_mb": peak}
    return {name: round(value, 2) for name, value in found.items()}


def time_goaccess(program: str, log: Path) -> dict[str, float]:
    """GoAccess on the same file, its JSON thrown away."""
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        command = [program, str(log), "--log-format=COMBINED", "--no-progress", "-o", f"{folder}/out.json"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return {"goaccess_seconds": round(time.perf_counter() - begin, 2), "goaccess_cpu_seconds": round(cpu, 2)}


def main() -> None:
    """Make the log, time both, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--months", type=int, default=1, choices=range(1, 11), help="the log again in later months")
    parser.add_argument("--goaccess", default=shutil.which("goaccess"))
    parser.add_argument("--keep", type=Path, help="write the log here and keep it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = options.keep or Path(folder) / "access.log"
        if not log.exists():
            write_log(log, options.lines, options.days)
            write_months(log, options.months)
        report = {"log_mb": round(log.stat().st_size / 1e6), **time_ours(log)}
        if options.goaccess:
            report |= time_goaccess(options.goaccess, log)
            report["ratio"] = round(report["goaccess_seconds"] / report["seconds"], 2)
            report["cpu_ratio"] = round(report["goaccess_cpu_seconds"] / report["cpu_seconds"], 2)
        print(json.dumps(report, ensure_ascii=False))


if __name__ == "__main__":
    main()
