"""Processes of ours: starting them, knowing them again, stopping them (Linux, ``/proc``)."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manager.state import Part

PROC = Path("/proc")


def instance_tag(instance: str) -> str:
    """The environment entry of all processes of one copy."""
    return f"LOCALCATALOG_INSTANCE={instance}"


def home_tag(home: Path) -> str:
    """The environment entry of all processes of one home; finds those whose state file was deleted."""
    return f"LOCALCATALOG_HOME={home}"


def tags(instance: str, home: Path) -> dict[str, str]:
    """Both entries."""
    return dict(tag.split("=", 1) for tag in (instance_tag(instance), home_tag(home)))


@dataclass(frozen=True)
class Account:
    """The account a server runs under when it may not be ours (PostgreSQL refuses root)."""

    name: str
    uid: int
    gid: int

    def popen(self) -> dict[str, Any]:
        """Keyword arguments for subprocess."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def boot_id() -> str:
    """Changes with every boot, so that process numbers of an earlier boot are never trusted."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """A small environment for children: nothing of the caller's Python, proxies or CKAN settings leaks in.

    TZ is Japan's as a POSIX rule (needs no tzdata): CKAN's tracking stores and sums local days.
    """
    keep = {key: os.environ[key] for key in ("HOME", "TMPDIR") if key in os.environ}
    path = os.environ.get("PATH") or "/usr/local/bin:/usr/bin:/bin"
    return {**keep, "PATH": path, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "JST-9", **(extra or {})}


def start(
    command: Sequence[str | Path],
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C or the end of the terminal leaves it alone."""
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as out:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            env=dict(env),
            cwd=cwd,
            **(account.popen() if account else {}),
        )


def remember(pid: int) -> Part:
    """Note a process so that it can be known again."""
    return Part(pid, started(pid) or 0, boot_id())


def started(pid: int) -> int | None:
    """Start time of a living process in clock ticks since boot; None for a dead one or a zombie."""
    try:
        words = (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return None if words[0] in "ZX" else int(words[19])


def cmdline(pid: int) -> str:
    """The command line of a process, blanks between the words."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def alive(part: Part | None, mark: str) -> bool:
    """Whether a noted process still runs and its command line still carries our mark."""
    if part is None or part.boot != boot_id() or started(part.pid) != part.start:
        return False
    return mark in cmdline(part.pid)


def strays(tag: str | None, folders: Iterable[Path | str | None]) -> Iterator[int]:
    """Every process of a catalogue, noted or not: by its tag, its working folder or its socket folder.

    PostgreSQL overwrites its environment, so its processes are known by the data folder they stand in;
    redis rewrites its title to the socket's path.
    """
    entry_tag = tag.encode() if tag else None
    places = [str(f) for f in folders if f]
    for entry in PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        pid = int(entry.name)
        if started(pid) is not None and (_tagged(entry, entry_tag) or _stands_in(entry, places) or _names(pid, places)):
            yield pid


def _tagged(entry: Path, tag: bytes | None) -> bool:
    try:
        return tag is not None and tag in (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _stands_in(entry: Path, places: list[str]) -> bool:
    try:
        cwd = str((entry / "cwd").readlink()).removesuffix(" (deleted)")
    except OSError:
        return False
    return _executable(entry) in ("postgres", "redis-server") and any(
        cwd == place or cwd.startswith(place + "/") for place in places
    )


def _executable(entry: Path) -> str:
    try:
        return (entry / "exe").readlink().name.removesuffix(" (deleted)")
    except OSError:
        return ""


def _names(pid: int, places: list[str]) -> bool:
    words = cmdline(pid)
    return words.startswith("redis-server ") and any(f":{place}/" in words for place in places)


def stop(pid: int, first: signal.Signals, patience: float) -> None:
    """Ask a process to end, and end it if it does not."""
    if not _send(pid, first) or wait_gone([pid], patience):
        return
    _send(pid, signal.SIGKILL)
    wait_gone([pid], 5)


def sweep(pids: Callable[[], Iterable[int]], first: signal.Signals = signal.SIGTERM, patience: float = 2.0) -> None:
    """End whatever is left: first politely, then with SIGKILL, until nothing is found."""
    for sign in (first, signal.SIGKILL, signal.SIGKILL):
        found = list(pids())
        if not found:
            return
        for pid in found:
            _send(pid, sign)
        wait_gone(found, patience)


def wait_gone(pids: Iterable[int], patience: float) -> bool:
    """Wait until none of the processes lives; False when the patience runs out."""
    end = time.monotonic() + patience
    left = list(pids)
    while left:
        left = [pid for pid in left if started(pid) is not None]
        if left and time.monotonic() > end:
            return False
        if left:
            time.sleep(0.02)
    return True


def _send(pid: int, sign: signal.Signals) -> bool:
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return False
    return True


def proportional_memory(pids: Iterable[int]) -> int:
    """Bytes of memory the processes take together, shared pages counted once (PSS)."""
    total = 0
    for pid in pids:
        try:
            lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total
