"""What the person at the terminal sees: short Japanese lines on stderr, and one kind of failure."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CatalogError(Exception):
    """The catalogue cannot be started or reached. ``log`` names the file whose end tells why."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log

    def tail(self, lines: int = 15) -> str:
        """The last lines of the failing part's log, or an empty text."""
        if self.log is None or not self.log.exists():
            return ""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])


def say(message: str) -> None:
    """One line of progress on stderr."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def working(message: str, every: float = 5.0) -> Iterator[None]:
    """Announce a step, then say every few seconds that it is still going on."""
    say(message)
    done = threading.Event()
    began = time.monotonic()

    def tick() -> None:
        while not done.wait(every):
            say(f"  … {time.monotonic() - began:.0f}秒経過")

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()
