"""The time a detector has, known to whatever works for it: a long search asks between pieces whether to go on.

Python's ``re`` lets no other thread run while it searches, so a time limit is only as good as the pieces are short.
"""

from __future__ import annotations

import threading
import time

_mine = threading.local()


class TimeIsUp(Exception):
    """The detector that runs in this thread has had its time."""


def allow(seconds: float) -> None:
    """From now on this thread has so many seconds."""
    _mine.until = time.monotonic() + seconds


def go_on() -> None:
    """Raise :class:`TimeIsUp` when this thread's time is over; a thread that was never given a limit goes on."""
    if time.monotonic() > getattr(_mine, "until", float("inf")):
        raise TimeIsUp
