"""Under root: the account PostgreSQL runs under, and a place for its data that this account can reach."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
from pathlib import Path

from manager.console import CatalogError, say
from manager.layout import Layout, digest, read_json, write_json
from manager.processes import Account, home_tag, strays, sweep
from manager.state import State, read_json_quietly


def account() -> Account | None:
    """Under root the account PostgreSQL runs under; None for an ordinary user."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise CatalogError("PostgreSQLはrootでは動きません。nobody などの一般アカウントが必要です。")


def choose_place(state: State, layout: Layout, runner: Account | None) -> None:
    """Decide once where the data lies; a cluster that exists stays where it is."""
    if state.outside or (layout.postgres / "PG_VERSION").exists() or runner is None:
        return
    if not can_enter(layout.home, runner):
        state.outside = str(_make_outside(state, layout))
        state.save(layout)


def can_enter(folder: Path, runner: Account) -> bool:
    """Whether the account may pass through a folder and every one above it (mode bits only)."""
    for place in (folder, *folder.parents):
        mode = place.stat()
        if mode.st_uid == runner.uid:
            bit = stat.S_IXUSR
        elif mode.st_gid == runner.gid:
            bit = stat.S_IXGRP
        else:
            bit = stat.S_IXOTH
        if not mode.st_mode & bit:
            return False
    return True


def _make_outside(state: State, layout: Layout) -> Path:
    """A folder in /var/lib for this home; one left by a deleted catalogue at the same path is replaced."""
    folder = Path("/var/lib") / f"localcatalog-{digest(str(layout.home))[:12]}"
    if folder.exists():
        note = read_json_quietly(folder / "owner.json")
        if note.get("home") != str(layout.home):
            raise CatalogError(f"{folder} は別のもののため使えません。")
        sweep(lambda: strays(home_tag(layout.home), [folder]), signal.SIGINT)
        shutil.rmtree(folder)
    folder.mkdir(mode=0o711)
    folder.chmod(0o711)
    write_json(folder / "owner.json", {"home": str(layout.home), "instance": state.instance})
    say(f"このフォルダーにはrootしか入れないため、データベースは {folder} に置きます。")
    return folder


def remove_outside(state: State) -> None:
    """Delete the folder outside the home, if it is ours."""
    if state.outside and read_json(Path(state.outside) / "owner.json").get("instance") == state.instance:
        shutil.rmtree(state.outside)
    state.outside = None
