"""Uploaded files are handed out whole, also while a new version takes their place.

CKAN leaves this to werkzeug, which asks for a file's size and only then opens it.  A version that is put there between
the two is cut to the old one's length, or ends before the length that was promised.  Such an answer is made anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

Answer = Callable[..., Any]


def whole(send_file: Answer) -> Answer:
    """``send_file``, asked again as long as another file came into the place while it answered."""

    def asked_again(path_or_file: Any, *words: Any, **more: Any) -> Any:
        while True:
            before = _standing(path_or_file)
            answer = send_file(path_or_file, *words, **more)
            if before == _standing(path_or_file):
                return answer
            answer.close()

    return asked_again


def _standing(path: Any) -> tuple[int, int] | None:
    """Which file stands at a path; None for what is no path, or not there."""
    try:
        found = Path(path).stat() if isinstance(path, str | os.PathLike) else None
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns) if found else None


def hand_out_whole() -> None:
    """From now on, in this process and those forked from it."""
    import werkzeug.utils

    werkzeug.utils.send_file = whole(werkzeug.utils.send_file)
