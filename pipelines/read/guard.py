"""The parent's side of the guarded child process: hostile files are opened only over there.

One child is kept and reused, so that thirty small workbooks do not start Python thirty times; it is ended when it dies,
stalls or runs out of memory, after a number of files, and with the parent.  The child limits its own memory, CPU time
and file size (``setrlimit``); the parent limits the wall time.  Answers are JSON lines in a private folder; nothing is
unpickled.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.read._wire import Refused
from pipelines.read.limits import Limits

FILES_PER_CHILD = 200
#: after these the child is not trusted with another file
SUSPECT = ("reader-died", "too-slow", "zip-bomb", "too-many-cells")


class Child:
    """One child process and its private folder.  Not thread-safe; :func:`ask` serialises."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.folder = Path(tempfile.mkdtemp(prefix="read-"))
        self.files = 0
        environment = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LC_ALL", "TZ")}
        root = Path(__file__).resolve().parents[2]
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "pipelines.read.child", str(self.folder), json.dumps(asdict(limits))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=root,
            env=environment,
            start_new_session=True,
        )

    def ask(self, operation: str, path: Path) -> Path:
        """The child's answer file for one operation.  Raises :class:`Refused`, also when the child dies or stalls."""
        self.files += 1
        out = self.folder / f"{self.files}.out"
        request = json.dumps({"do": operation, "path": str(path), "out": str(out)}) + "\n"
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(request.encode("ascii"))
            self.process.stdin.flush()
        except OSError:
            raise Refused("reader-died") from None
        answer = self._answer()
        if not answer.get("ok"):
            raise Refused(str(answer.get("code")), **answer.get("words", {}))
        return out

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        deadline = time.monotonic() + self.limits.seconds
        received = b""
        while not received.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise Refused("too-slow", seconds=int(self.limits.seconds))
            chunk = os.read(self.process.stdout.fileno(), 65_536)
            if not chunk or len(received) > 1_000_000:
                raise Refused("reader-died")
            received += chunk
        try:
            answer = json.loads(received)
        except ValueError:
            raise Refused("reader-died") from None
        return answer if isinstance(answer, dict) else {"code": "reader-died"}

    def close(self) -> None:
        """End the child and remove its folder."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


_lock = threading.Lock()
_idle: list[Child] = []
_owner = os.getpid()


def ask(operation: str, path: Path, limits: Limits, into: Path) -> Path:
    """Let a child do one operation on a file; the answer is moved into the folder ``into``.

    Raises :class:`Refused` with the reason.  A child that refused a file in its own words goes on; one that died,
    stalled or ran out of memory is ended.
    """
    child = _take(limits)
    try:
        answer = child.ask(operation, path)
        kept = into / "answer"
        shutil.move(answer, kept)
    except Refused as refused:
        if refused.code in SUSPECT:
            child.close()
        else:
            _give_back(child)
        raise
    except BaseException:
        child.close()
        raise
    _give_back(child)
    return kept


def _take(limits: Limits) -> Child:
    global _owner
    with _lock:
        if _owner != os.getpid():  # a forked worker must not share its parent's pipes
            _idle.clear()
            _owner = os.getpid()
        while _idle:
            child = _idle.pop()
            if child.limits == limits and child.process.poll() is None:
                return child
            child.close()
    return Child(limits)


def _give_back(child: Child) -> None:
    if child.files >= FILES_PER_CHILD:
        child.close()
        return
    with _lock:
        _idle.append(child)


def close() -> None:
    """End all idle children (also done at exit)."""
    with _lock:
        children, _idle[:] = list(_idle), []
    if _owner == os.getpid():
        for child in children:
            child.close()


atexit.register(close)
