"""The publisher that gets killed: a process of its own, started warm, publishing a known version of two datasets."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from pipelines.model import Package
from pipelines.publish.archive import Archive
from pipelines.publish.journal import Journal
from tests.publishing import Bench, rows

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.publishing", "ckanapi"])

#: moments between our own writes, beside those at every call to CKAN
LOCAL = [
    "intent-before",
    "intent-after",
    "archive-before",
    "archive-half",
    "archive-after",
    "verified-before",
    "verified-after",
]


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


def work(url: str, token: str, root: str, names: Sequence[str], version: int, stop: str) -> None:
    """What the process does, up to the local point ``stop`` if there is one."""
    if stop:
        _die_at(*stop.split("-"))
    publisher = bench(url, token, root)
    publisher.publish(*packages(publisher, names, version))


def started(url: str, token: str, root: Path, names: Sequence[str], version: int, stop: str = "") -> BaseProcess:
    """A running publisher."""
    process = CONTEXT.Process(target=work, args=(url, token, str(root), list(names), version, stop))
    process.start()
    return process


def _die_at(place: str, moment: str) -> None:
    """Arrange to be killed before, in the middle of, or after one of our own writes."""
    owner, name = {"archive": (Archive, "add")}.get(place, (Journal, "note"))
    if moment == "half":
        owner, name = shutil, "copyfile"
    real = getattr(owner, name)

    def wrapped(*words: Any, **more: Any) -> Any:
        ours = owner is not Journal or words[2] == place
        if ours and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = real(*words, **more)
        if ours and moment != "before":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    setattr(owner, name, wrapped)
