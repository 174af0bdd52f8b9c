#!/usr/bin/env python3
"""Publishing beside other ways of doing it, on the same embedded CKAN in the same run.

    python benchmarks/publish.py                    100 datasets of 1,000 rows, and one table of 100,000 rows
    python benchmarks/publish.py --datasets 1000 --only ours

Compared with: the floor (two calls a dataset: create, package_revise with the file), a plain ckanapi loop
(show, create or patch, resource by name) and ``ckanapi load datasets --upload-resources``.  Each is run three times:
first publication, nothing changed, one row changed in one dataset.  Prints Markdown.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import http.server
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import ckanapi  # noqa: E402

from benchmarks.site import Site  # noqa: E402
from pipelines.gateways.ckan import CkanPortal  # noqa: E402
from pipelines.model import Package  # noqa: E402
from pipelines.publish.compare import compare  # noqa: E402
from pipelines.publish.tables import load  # noqa: E402
from pipelines.publish.wanted import wanted  # noqa: E402
from tests.faults.proxy import Proxy  # noqa: E402
from tests.publishing import Bench, rows  # noqa: E402

ORGANIZATION = "benchmark"


def content(number: int, changed: bool) -> list[list[str]]:
    """The 1,000 rows of one dataset; dataset 0 may have one changed cell."""
    made = rows(1000)
    if changed and number == 0:
        made[499][2] = "-1"
    return made


# ── the ways ───────────────────────────────────────────────────────────────────────────────────


class Ours:
    """plan_of and apply, with tables or without."""

    def __init__(
        self, site: Site, root: Path, count: int, datastore: str, parallel: int = 2, bench: type[Bench] = Bench
    ) -> None:
        settings = {"datastore": datastore, "parallel": parallel}
        self.bench = bench(site.url, site.token, root / f"ours-{datastore}-{bench.__name__}", settings=settings)
        self.count, self.prefix = count, f"ours-{datastore}"

    def packages(self, changed: bool) -> list[Package]:
        names = [f"{self.prefix}-{n:04d}" for n in range(self.count)]
        key, org = ("ID",), ORGANIZATION
        return [self.bench.package(content(i, changed), name=n, key=key, org=org) for i, n in enumerate(names)]

    def run(self, made: list[Package]) -> None:
        done = self.bench.publish(*made)
        assert {a.action for a in done} <= {"created", "updated", "unchanged"}, done


class Floor:
    """Two calls a dataset, always: the same metadata as ours, then the file."""

    prefix = "floor"

    def __init__(self, site: Site, root: Path, count: int) -> None:
        self.portal = CkanPortal(site.url, site.token)
        self.source = Ours(site, root, count, "none")
        self.source.prefix = self.prefix

    def packages(self, changed: bool) -> list[Package]:
        return self.source.packages(changed)

    def run(self, made: list[Package]) -> None:
        for package in made:
            want = wanted(package, self.source.bench.catalog)
            update = compare(want, None).update
            resources = update.pop("resources")
            created = self.portal.call("package_create", {"name": want.name, **update}, repeat=False)
            data = {"match": {"id": created["id"]}, "update": {"resources": resources}}
            files = {"update__resources__0__upload": package.files[0].path}
            self.portal.call("package_revise", data, files=files, repeat=False)


class Loop(Floor):
    """What one writes first with ckanapi: show, create or patch, resource by name with its file."""

    prefix = "loop"

    def __init__(self, site: Site, root: Path, count: int) -> None:
        super().__init__(site, root, count)
        self.remote = ckanapi.RemoteCKAN(site.url, apikey=site.token)

    def run(self, made: list[Package]) -> None:
        for package in made:
            fields = {"name": package.spec.name, "title": package.spec.title, "notes": package.spec.notes}
            try:
                present = self.remote.action.package_show(id=package.spec.name)
                self.remote.action.package_patch(id=present["id"], **fields)
            except ckanapi.NotFound:
                present = self.remote.action.package_create(owner_org=ORGANIZATION, **fields)
            file = package.files[0]
            found = next((r for r in present["resources"] if r["name"] == file.title), None)
            with file.path.open("rb") as stream:
                if found:
                    self.remote.action.resource_patch(id=found["id"], upload=stream)
                else:
                    self.remote.action.resource_create(
                        package_id=present["id"], name=file.title, format="CSV", upload=stream
                    )


class Load(Floor):
    """``ckanapi load datasets --upload-resources``: files must stand at an address, ids in the lines."""

    prefix = "load"

    def __init__(self, site: Site, root: Path, count: int) -> None:
        super().__init__(site, root, count)
        self.site, self.root = site, root
        handler = functools.partial(_Quiet, directory=str(self.source.bench.root / "packages"))
        self.files = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.files.serve_forever, daemon=True).start()

    def run(self, made: list[Package]) -> None:
        import uuid

        address = f"http://127.0.0.1:{self.files.server_address[1]}"
        lines = []
        for package in made:
            name, file = package.spec.name, package.files[0]
            identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
            url = f"{address}/{name}/{file.path.name}"
            resource = {"id": identifier, "name": file.title, "format": "CSV", "url": url}
            lines.append(
                {
                    "name": name,
                    "title": package.spec.title,
                    "notes": package.spec.notes,
                    "owner_org": ORGANIZATION,
                    "resources": [resource],
                }
            )
        source = self.root / "datasets.jsonl"
        source.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n", encoding="utf-8")
        command = [str(Path(sys.executable).with_name("ckanapi")), "load", "datasets", "-I", str(source)]
        options = ["--upload-resources", "-r", self.site.url, "-a", self.site.token]
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # it starts workers by its own name
        environment = {**os.environ, "PATH": path}
        done = subprocess.run([*command, *options], env=environment, check=False, capture_output=True, text=True)
        if done.returncode:  # the command holds the token: it is not shown
            raise RuntimeError(f"ckanapi load: exit {done.returncode}: {done.stderr.strip()[-300:]}")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: Any) -> None:
        """Say nothing."""


# ── measuring ──────────────────────────────────────────────────────────────────────────────────


def timed(site: Site, act: Callable[[], None]) -> tuple[float, int]:
    """Seconds and requests of one act."""
    before, start = site.requests(), time.perf_counter()
    act()
    seconds = time.perf_counter() - start
    return seconds, site.requests() - before


def three_runs(site: Site, way: Any) -> list[tuple[float, int]]:
    """First publication, nothing changed, one row changed; making the packages is not counted."""
    found = []
    for changed in (False, False, True):
        made = way.packages(changed)
        found.append(timed(site, functools.partial(way.run, made)))
        if type(way) is Floor:
            break
    return found


def _measured(site: Site, ways: dict[str, Any]) -> Iterator[tuple[str, list[tuple[float, int]]]]:
    """Every way that works, and a word about one that does not."""
    for name, way in ways.items():
        try:
            found = three_runs(site, way())
        except RuntimeError as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        print(f"{name}: {found}", file=sys.stderr)
        yield name, found


def table(results: dict[str, list[tuple[float, int]]], count: int) -> None:
    """The figures, and how many times our own."""
    print(f"\n{count} datasets, one CSV of 1,000 rows × 5 columns each: seconds (requests)\n")
    print("| | first | nothing changed | one row changed |\n|---|---|---|---|")
    for name, runs in results.items():
        cells = [f"{seconds:.2f} ({requests})" for seconds, requests in runs] + ["–"] * (3 - len(runs))
        print(f"| {name} | " + " | ".join(cells) + " |")
    ours, floor = results.get("ours, files only"), results.get("floor: two calls")
    if ours and floor:
        print(f"\nfirst publication of metadata and files, ours ÷ floor: {ours[0][0] / floor[0][0]:.2f}")
    for name in ("plain ckanapi loop", "ckanapi load"):
        if name in results and ours:
            ratios = [theirs[0] / mine[0] for theirs, mine in zip(results[name], ours, strict=True)]
            print(f"{name} ÷ ours (files only): " + ", ".join(f"{r:.1f}×" for r in ratios))


class Trusting(Bench):
    """A publisher that does not fetch back what it sent: what metadata and files alone cost."""

    def portal(self) -> CkanPortal:
        portal = super().portal()
        portal.again = lambda: cast(Any, _Trusting(portal))  # type: ignore[method-assign]
        return portal


class _Trusting:
    """A portal whose files are taken as sent."""

    def __init__(self, portal: CkanPortal) -> None:
        self._portal = portal
        self._sent: dict[str, Path] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._portal, name)

    def call(self, action: str, data: Any = None, *, files: Any = None, **more: Any) -> Any:
        """As ever, and keep in mind what was sent."""
        self._sent |= {path.name: path for path in (files or {}).values()}
        return self._portal.call(action, data, files=files, **more)

    def download(self, url: str) -> tuple[int, str]:
        """What was sent."""
        content = self._sent[url.rsplit("/", 1)[-1]].read_bytes()
        return len(content), hashlib.sha256(content).hexdigest()


def paired(site: Site, root: Path, rounds: int, count: int) -> None:
    """First publications of ``count`` datasets, turn by turn: seconds, and CKAN's processor seconds."""
    print(f"\nFirst publication, {rounds} turns of {count} datasets each, one at a time: seconds, CKAN's processor s\n")
    print("| turn | floor: two calls | ours: metadata and files | ours: and every file fetched back and hashed |")
    print("|---|---|---|---|")
    turns: list[dict[str, tuple[float, float]]] = []
    for turn in range(rounds):
        ways: dict[str, Any] = {
            "floor": Floor(site, root, count),
            "sent": Ours(site, root, count, "none", parallel=1, bench=Trusting),
            "verified": Ours(site, root, count, "none", parallel=1),
        }
        found = {name: _once(site, ways[name], f"{name}-{turn}") for name in sorted(ways, reverse=bool(turn % 2))}
        turns.append(found)
        cells = [f"{found[name][0]:.2f}, {found[name][1]:.2f}" for name in ways]
        print(f"| {turn + 1} | " + " | ".join(cells) + " |", flush=True)
    for name in ("sent", "verified"):
        pairs = [tuple(mine / base for mine, base in zip(t[name], t["floor"], strict=True)) for t in turns]
        wall, cpu = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"\n{name} ÷ floor, median: {wall:.2f} by the clock, {cpu:.2f} by CKAN's processor time")


def _once(site: Site, way: Any, prefix: str) -> tuple[float, float]:
    for named in (way, getattr(way, "source", way)):
        named.prefix = f"paired-{os.getpid()}-{prefix}"
    made = way.packages(False)
    start, used = time.perf_counter(), site.cpu()
    way.run(made)
    return time.perf_counter() - start, site.cpu() - used


def big_table(site: Site, root: Path, count: int) -> None:
    """One table of ``count`` rows, 1 % changed: bytes both ways and seconds, against the full load."""
    print(f"\nOne table of {count:,} rows × 5 columns, {count // 100:,} rows changed: rows over the DataStore API\n")
    print("| | full load | 1 % changed | bytes | time |\n|---|---|---|---|---|")
    for title, key in (("primary key", ("ID",)), ("no key", ())):
        with Proxy(site.url) as proxy:
            bench = Bench(proxy.url, site.token, root / f"big-{len(key)}")
            old = bench.package(rows(count), key=key, org=ORGANIZATION)
            kept = old.files[0].path.read_bytes()
            bench.publish(old)
            resource = bench.show()["resources"][0]["id"]
            portal = bench.portal()
            portal.call("datastore_delete", {"resource_id": resource, "force": True})
            full = _moved(proxy, lambda p=portal, r=resource, f=old.files[0]: load(p, r, f))  # type: ignore[misc]
            before = bench.root / "before.csv"
            before.write_bytes(kept)
            changed = rows(count)
            for line in changed[::100]:
                line[2] = "-1"
            new = bench.package(changed, key=key, org=ORGANIZATION).files[0]
            from dataclasses import replace

            known = replace(old.files[0], path=before)
            part = _moved(proxy, lambda p=portal, r=resource, n=new, k=known: load(p, r, n, k))  # type: ignore[misc]
            again = _moved(proxy, lambda p=portal, r=resource, n=new: load(p, r, n))  # type: ignore[misc]
        cells = [f"{size / 1e6:.2f} MB, {seconds:.2f} s" for size, seconds in (full, part)]
        print(f"| {title} | " + " | ".join(cells) + f" | {part[0] / full[0]:.1%} | {part[1] / full[1]:.1%} |")
        print(f"| {title}: compared with the whole table | | {again[0] / 1e6:.2f} MB, {again[1]:.2f} s | | |")


def _moved(proxy: Proxy, act: Callable[[], Any]) -> tuple[int, float]:
    proxy.clear()
    start = time.perf_counter()
    act()
    return proxy.bytes(), time.perf_counter() - start


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=int, default=100)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the big table (0: leave it out)")
    parser.add_argument("--each", type=int, default=25, help="datasets of each turn")
    parser.add_argument("--only", choices=["ours", "all"], default="all")
    parser.add_argument("--turns", type=int, default=8, help="turns of the paired first publication (0: leave it out)")
    parser.add_argument("--home", type=Path, default=ROOT / "var" / "bench-publish", help="an embedded catalogue")
    asked = parser.parse_args()
    site = Site(asked.home, ORGANIZATION)
    try:
        with tempfile.TemporaryDirectory(prefix="bench-publish-") as folder:
            root = Path(folder)
            ways: dict[str, Any] = {
                "floor: two calls": lambda: Floor(site, root, asked.datasets),
                "ours, files only": lambda: Ours(site, root, asked.datasets, "none"),
                "ours, with typed tables": lambda: Ours(site, root, asked.datasets, "own"),
                "plain ckanapi loop": lambda: Loop(site, root, asked.datasets),
                "ckanapi load": lambda: Load(site, root, asked.datasets),
            }
            if asked.turns:
                paired(site, root, asked.turns, asked.each)
            chosen = {n: w for n, w in ways.items() if asked.only == "all" or n.startswith("ours, with")}
            if asked.datasets:
                table(dict(_measured(site, chosen)), asked.datasets)
            if asked.rows:
                big_table(site, root, asked.rows)
    finally:
        site.remove()


if __name__ == "__main__":
    main()
