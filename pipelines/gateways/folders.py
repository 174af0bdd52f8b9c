"""The file system where a folder has to change as a whole: the new one takes the old one's place in one step."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def swap(new: Path, folder: Path, old: Path) -> None:
    """Put ``new`` in the place of ``folder``; afterwards the old one is at ``new`` or ``old``, if there was one.

    Where folders cannot be exchanged the old one steps aside for a moment.  Raises :class:`OSError` with the old
    folder in its place.
    """
    if not folder.exists():
        new.rename(folder)
    elif not _exchange(new, folder):
        folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            old.rename(folder)
            raise


def _exchange(one: Path, other: Path) -> bool:
    """Linux's renameat2(RENAME_EXCHANGE); False where the kernel, libc or file system has no such thing."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)
