"""The publisher that gets killed: a process of its own, started warm, publishing a known version of two datasets."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from pipelines.model import Package
from tests.publishing import Bench, rows

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.publishing", "ckanapi"])


def bench(url: str, token: str, root: str) -> Bench:
    """A publisher with one dataset at a time, so that the order of its calls is always the same."""
    return Bench(url, token, Path(root), settings={"parallel": 1})


def packages(publisher: Bench, names: Sequence[str], version: int) -> list[Package]:
    """Version 1 of every dataset has rows 1-40; version 2 changes one, takes one away and adds one.

    The first dataset has a primary key, the second none.
    """
    content = rows(41)
    if version == 1:
        content = rows(40)
    else:
        content[9][2] = "-1"
        del content[20]
    keys = [("ID",), ()]
    notes = f"第{version}版です。"
    return [publisher.package(content, name=n, key=keys[i % 2], notes=notes) for i, n in enumerate(names)]


def work(url: str, token: str, root: str, names: Sequence[str], version: int) -> None:
    """What the process does."""
    publisher = bench(url, token, root)
    publisher.publish(*packages(publisher, names, version))


def started(url: str, token: str, root: Path, names: Sequence[str], version: int) -> BaseProcess:
    """A running publisher."""
    process = CONTEXT.Process(target=work, args=(url, token, str(root), list(names), version))
    process.start()
    return process
