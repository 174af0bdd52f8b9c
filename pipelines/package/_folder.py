"""A folder that changes as a whole: written beside its place, synced, and exchanged with the old one in one step."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def replace_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Make ``folder`` hold exactly these files; untouched when it already does.

    A crash at any point leaves the old folder or the new one complete at its place (on file systems that cannot
    exchange two folders: or the old one beside it, from where the next call takes it back).
    """
    beside, old = folder.parent / f".{folder.name}.new", folder.parent / f".{folder.name}.old"
    if old.exists() and not folder.exists():
        old.rename(folder)
    if _holds(folder, contents):
        return
    for leftover in (beside, old):
        shutil.rmtree(leftover, ignore_errors=True)
    beside.mkdir(parents=True)
    for name, content in contents.items():
        _write(beside / name, content)
    _sync(beside)
    _swap(beside, folder, old)
    _sync(folder.parent)
    for leftover in (beside, old):
        shutil.rmtree(leftover, ignore_errors=True)


def _holds(folder: Path, contents: Mapping[str, bytes]) -> bool:
    if not folder.is_dir() or {path.name for path in folder.iterdir()} != set(contents):
        return False
    return all((folder / name).read_bytes() == content for name, content in contents.items())


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(new: Path, folder: Path, old: Path) -> None:
    if not folder.exists():
        new.rename(folder)
    elif not _exchange(new, folder):
        folder.rename(old)
        new.rename(folder)


def _exchange(one: Path, other: Path) -> bool:
    """Linux's renameat2(RENAME_EXCHANGE); False where the kernel, libc or file system has no such thing."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)
