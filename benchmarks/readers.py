#!/usr/bin/env python3
"""What readers see while one dataset is updated again and again: file, table and metadata, read all the time.

    python benchmarks/readers.py                    100 updates beside 10,000 reads, then changes of columns
    python benchmarks/readers.py --updates 10 --reads 500

Three readers without rights ask a real CKAN, each as fast as it answers: one fetches and hashes the file, one reads the
dataset, one the table; none asks again for what failed.  Every answer is put down with the moments it was asked for and
arrived.  Then: is every file one that we published, and if not, what is it; how far apart were file and metadata; was
the table ever empty; how long did they differ.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.site import Site, arguments, opened  # noqa: E402
from pipelines.gateways.ckan import CkanPortal, Patience  # noqa: E402
from pipelines.model import Package  # noqa: E402
from tests.publishing import HEADER, Bench, rows  # noqa: E402

ORGANIZATION = "benchmark"
#: readers do not ask again
ONCE = Patience(timeout=60.0, attempts=1)


@dataclass(frozen=True, slots=True)
class Look:
    """One answer: what it showed, when it was asked for and when it had arrived (seconds)."""

    shown: Any
    asked: float
    came: float


@dataclass
class Reader:
    """Somebody who asks the same again and again."""

    ask: Callable[[], Any]
    stop: threading.Event
    looks: list[Look] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Until told to stop."""
        while not self.stop.is_set():
            asked = time.perf_counter()
            try:
                shown = self.ask()
            except Exception as error:
                self.errors.append(repr(error))
                continue
            self.looks.append(Look(shown, asked, time.perf_counter()))


class Readers:
    """The three of them; use as a context manager."""

    def __init__(self, url: str, name: str, resource: str, address: str) -> None:
        stop = threading.Event()
        data, table = (CkanPortal(url, patience=ONCE) for _ in range(2))
        query = {"resource_id": resource, "limit": 1, "sort": "_id"}
        self.stop = stop
        self.bodies: dict[str, bytes] = {}
        self.file = Reader(lambda: self._fetched(address), stop)
        self.metadata = Reader(lambda: _hash(data, name), stop)
        self.table = Reader(lambda: _row(table.call("datastore_search", query)), stop)

    def __enter__(self) -> Readers:
        self.threads = [threading.Thread(target=r.run, daemon=True) for r in self.all]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(60)

    def _fetched(self, address: str) -> str:
        """The file's SHA-256; fails when fewer bytes come than were promised."""
        with urllib.request.urlopen(address, timeout=60) as answer:
            body: bytes = answer.read()
        digest = hashlib.sha256(body).hexdigest()
        self.bodies.setdefault(digest, body)
        return digest

    @property
    def all(self) -> tuple[Reader, ...]:
        """File, metadata, table."""
        return self.file, self.metadata, self.table

    def count(self) -> int:
        """Answers so far."""
        return sum(len(reader.looks) for reader in self.all)


def _hash(portal: CkanPortal, name: str) -> str:
    found = portal.dataset(name)
    return str(found["resources"][0]["hash"]).removeprefix("sha256:") if found else ""


def _row(answer: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    first = answer["records"][0] if answer["records"] else {}
    return int(answer["total"]), first


# ── one hundred versions ───────────────────────────────────────────────────────────────────────


def version(bench: Bench, number: int) -> Package:
    """Version ``number``: its first row says so, and it has 200 to 249 rows, so that its size is another one too."""
    content = rows(200 + number * 7 % 50)
    content[0][2] = str(-number)
    return bench.package(content, key=("ID",), org=ORGANIZATION)


def updates(site: Site, root: Path, count: int, reads: int) -> None:
    """Update beside readers, and say what they saw."""
    bench = Bench(site.url, site.token, root / "updates")
    first = version(bench, 0)
    bench.publish(first)
    contents = [first.files[0].path.read_bytes()]
    sizes = [first.files[0].rows or 0]
    resource = bench.show()["resources"][0]
    with Readers(site.url, bench.dataset, resource["id"], resource["url"]) as readers:
        for number in range(1, count + 1):
            made = version(bench, number)
            contents.append(made.files[0].path.read_bytes())
            sizes.append(made.files[0].rows or 0)
            (done,) = bench.publish(made)
            assert done.action == "updated", done
            while readers.count() < reads * number // count:
                time.sleep(0.01)
    _told(readers, contents, sizes)


def _told(readers: Readers, contents: list[bytes], sizes: list[int]) -> None:
    errors = [error for reader in readers.all for error in reader.errors]
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    strange = [look.shown for look in (*readers.file.looks, *readers.metadata.looks) if look.shown not in digests]
    numbers = {digest: number for number, digest in enumerate(digests)}
    known = ([look for look in r.looks if look.shown in numbers] for r in (readers.file, readers.metadata))
    file, data = (_numbered(looks, numbers.__getitem__) for looks in known)
    table = _numbered(readers.table.looks, lambda shown: -int(shown[1]["数"]) if shown[1]["数"] < 0 else 0)
    counts = [look.shown[0] for look in readers.table.looks]
    reads = [len(reader.looks) for reader in readers.all]
    print(f"\n{len(digests) - 1} updates of one dataset (200 to 249 rows); {sum(reads)} reads ({reads[0]} file, "
          f"{reads[1]} metadata, {reads[2]} table); load at the end {os.getloadavg()[0]:.1f}\n")  # fmt: skip
    print("| | |\n|---|---|")
    print(f"| failed reads | {len(errors)} |")
    print(f"| files or hashes that we never published | {len(strange)} |")
    print(f"| fewest rows in the table | {min(counts)} (versions have {min(sizes)} to {max(sizes)}) |")
    print(f"| file and metadata: most versions apart | {_apart(file, data)} |")
    print(f"| file and metadata: longest seen to differ | {_differed(file, data) * 1000:.0f} ms |")
    print(f"| table behind the file: longest seen | {_differed(file, table) * 1000:.0f} ms |")
    for digest in strange:
        print(f"<!-- {_described(readers.bodies.get(digest), contents)} -->")
    for error in errors[:5]:
        print(f"<!-- {error} -->")


def _described(body: bytes | None, contents: Sequence[bytes]) -> str:
    """What an answer was that is none of the versions."""
    if body is None:
        return "a hash in the metadata"
    begun = [number for number, content in enumerate(contents) if content.startswith(body)]
    lengths = [number for number, content in enumerate(contents) if len(content) == len(body)]
    return f"{len(body)} bytes: the beginning of version {begun or '-'}, as long as version {lengths or '-'}"


def _numbered(looks: Sequence[Look], number: Callable[[Any], int]) -> list[Look]:
    return [replace(look, shown=number(look.shown)) for look in looks]


def _apart(one: Sequence[Look], other: Sequence[Look]) -> int:
    """How many versions an answer was surely away from what the other showed before it was asked and after it came."""
    worst, place = 0, 0
    for look in one:
        while place + 1 < len(other) and other[place + 1].came <= look.asked:
            place += 1
        before = other[place].shown if other[place].came <= look.asked else look.shown
        after = next((o.shown for o in other[place:] if o.asked >= look.came), look.shown)
        worst = max(worst, before - look.shown, look.shown - after)
    return worst


def _differed(one: Sequence[Look], other: Sequence[Look]) -> float:
    """Longest time in which one surely showed a version and the other surely still an older one, either way round."""
    return max(
        (_lag(a, b, n) for a, b in ((one, other), (other, one)) for n in {look.shown for look in a}), default=0.0
    )


def _lag(ahead: Sequence[Look], behind: Sequence[Look], number: int) -> float:
    since = min((look.came for look in ahead if look.shown >= number), default=float("inf"))
    until = max((look.asked for look in behind if look.shown < number), default=0.0)
    return max(0.0, until - since)


# ── other columns ──────────────────────────────────────────────────────────────────────────────


def columns(site: Site, root: Path, count: int) -> None:
    """Columns come and go beside a reader of the table; the last change has not one column in common."""
    print(f"\nOther columns, a table of {count:,} rows: what a reader of the table found\n")
    print("| change | seconds for the update | reads | fewest rows | longest without a table | new column empty for |")
    print("|---|---|---|---|---|---|")
    content = rows(count)
    wider = [[row[0], f"備考{row[0]}", *row[1:]] for row in content]
    header = [HEADER[0], "備考", *HEADER[1:]]
    steps: list[tuple[str, list[list[str]], list[str]]] = [
        ("a column more, in the middle", wider, header),
        ("a column less", content, HEADER),
        ("nothing in common", content, [f"列{n}" for n in range(len(HEADER))]),
    ]
    bench = Bench(site.url, site.token, root / "columns")
    bench.publish(bench.package(content, key=("ID",), org=ORGANIZATION))
    resource = bench.show()["resources"][0]
    for title, lines, names in steps:
        made = _with_header(bench, lines, names)
        with Readers(site.url, bench.dataset, resource["id"], resource["url"]) as readers:
            time.sleep(0.5)
            start = time.perf_counter()
            (done,) = bench.publish(made)
            seconds = time.perf_counter() - start
            time.sleep(0.5)
        assert done.action == "updated", done
        looks = readers.table.looks
        full = [look for look in looks if look.shown[0]]
        away = max((b.came - a.asked for a, b in itertools.pairwise(full)), default=0.0)
        gap = away if readers.table.errors or len(full) < len(looks) else 0.0
        empty = [look for look in full if "備考" in look.shown[1] and look.shown[1]["備考"] is None]
        blank = empty[-1].came - empty[0].asked if empty else 0.0
        least = min(look.shown[0] for look in looks)
        print(f"| {title} | {seconds:.1f} | {len(looks)} | {least} | {gap * 1000:.0f} ms | {blank * 1000:.0f} ms |")


def _with_header(bench: Bench, lines: list[list[str]], names: list[str]) -> Package:
    return bench.package(lines, header=names, key=("ID",) if "ID" in names else (), org=ORGANIZATION)


def main() -> None:
    """Run and print."""
    parser = arguments(__doc__)
    parser.add_argument("--updates", type=int, default=100)
    parser.add_argument("--reads", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=5000, help="rows of the table whose columns change")
    asked = parser.parse_args()
    with opened(asked.home, ORGANIZATION) as (site, folder):
        if asked.updates:
            updates(site, folder, asked.updates, asked.reads)
        if asked.rows:
            columns(site, folder, asked.rows)


if __name__ == "__main__":
    main()
