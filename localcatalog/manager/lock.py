"""One command at a time for one home (and for one environment)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from manager.console import say


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock file while the block runs; the kernel frees it even after ``kill -9``."""
    fd = _take(path)
    try:
        yield
    finally:
        os.close(fd)


def _take(path: Path) -> int:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("ほかのコマンドがこのカタログを操作しています。終わるのを待ちます…")
            fcntl.flock(fd, fcntl.LOCK_EX)
        if _same_file(fd, path):
            return fd
        # the holder before us removed the file (reset): our lock is on a file nobody else will find
        os.close(fd)


def _same_file(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False
