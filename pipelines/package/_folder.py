"""A folder that changes as a whole: written beside its place, synced, and exchanged with the old one in one step."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from pipelines.gateways.folders import swap


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
    swap(beside, folder, old)
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
