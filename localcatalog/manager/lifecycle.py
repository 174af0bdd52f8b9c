"""up, down, status, reset: the catalogue as a whole.

``up`` looks at every part and starts only what is missing, so it repairs as well as it starts.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from manager import environment, place, postgres, redis_server, settings, web
from manager.console import CatalogError, say, working
from manager.layout import (
    INSIDE,
    SOURCES,
    Layout,
    digest,
    digest_of_code,
    read_json,
    write_json,
    write_private,
)
from manager.lock import alone
from manager.processes import home_tag, instance_tag, proportional_memory, strays, sweep
from manager.state import State, forget_identity, fresh, is_copy, load

PARTS = ("postgres", "redis", "web")
KEYS = ("admin_token", "publisher_token", "admin_password", "publisher_password")


@dataclass
class Started:
    """What ``up`` did, and how long each part of it took (seconds)."""

    running: bool = True
    url: str | None = None
    already: bool = False
    started: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        """Note how long a block took."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(time.monotonic() - began, 2)


def health(state: State | None, layout: Layout) -> dict[str, bool]:
    """Which parts run and answer."""
    if state is None:
        return dict.fromkeys(PARTS, False)
    return {
        "postgres": postgres.is_alive(state, layout),
        "redis": redis_server.is_alive(state),
        "web": web.is_alive(state, layout),
    }


def up(layout: Layout) -> Started:
    """Bring the catalogue up, whatever state it is in; raises CatalogError where that cannot be done."""
    done = Started()
    with alone(layout.lock), done.timing("total"):
        state = _settle(layout)
        well = health(state, layout)
        if all(well.values()) and environment.is_installed(layout) and not _bootstrap_needed(state, layout):
            done.already = True
        else:
            _bring_up(state, layout, well, done)
        done.url = state.url
    return done


def _settle(layout: Layout) -> State:
    """The state to go on from: as saved, or of a new, copied or moved home."""
    state = load(layout)
    layout.make()
    if state is None:
        sweep(lambda: strays(home_tag(layout.home), [layout.postgres, layout.redis]), signal.SIGINT)
        _clear_run_folders(layout)
        state = fresh(layout)
    elif is_copy(state, layout):
        say("別のカタログの写しなので、新しい番号とポートで始めます。")
        state = forget_identity(layout)
    elif state.home != str(layout.home):
        _follow_move(state, layout)
    state.environment, state.line = str(layout.environment), layout.line.name
    state.save(layout)
    return state


def _follow_move(state: State, layout: Layout) -> None:
    """The home was moved: what still runs points at the old place."""
    _stop_everything(state, layout)
    state.home = str(layout.home)
    if state.outside:
        write_json(Path(state.outside) / "owner.json", {"home": state.home, "instance": state.instance})


def _bring_up(state: State, layout: Layout, well: dict[str, bool], done: Started) -> None:
    if not environment.is_installed(layout):
        _stop_everything(state, layout)
        well.update(dict.fromkeys(PARTS, False))
        with done.timing("install"):
            environment.install(layout)
    with working("カタログを起動しています…"), done.timing("start"):
        _ensure_run_folder(state)
        for name, start in (("postgres", postgres.bring_up), ("redis", redis_server.bring_up)):
            if not well[name]:
                with done.timing(name):
                    start(state, layout)
                done.started.append(name)
        if not well["web"] or _bootstrap_needed(state, layout):
            _serve(state, layout, done)
            done.started.append("web")


def _serve(state: State, layout: Layout, done: Started, attempts: int = 3) -> None:
    """Prepare the database if need be and start the web server, on another port if ours was taken."""
    for left in reversed(range(attempts)):
        web.take_down(state, layout)
        web.choose_port(state)
        state.save(layout)
        settings.write(state, layout)
        if _bootstrap_needed(state, layout):
            with done.timing("bootstrap"):
                _bootstrap(state, layout)
        try:
            with done.timing("web"):
                web.bring_up(state, layout)
            return
        except CatalogError:
            web.take_down(state, layout)
            if not left or web.is_free(state.port or 0):
                raise


def _release(layout: Layout) -> str:
    """What the databases were prepared for."""
    return digest(environment.wanted(layout), digest_of_code())


def _index_key(state: State) -> str:
    """What the search index was built for: it holds whole addresses."""
    code = [path.read_bytes() for path in sorted(SOURCES.rglob("*.py"))]
    return digest(str(state.url), state.site_id, *code)


def _bootstrap_needed(state: State, layout: Layout) -> bool:
    if state.bootstrapped != _release(layout) or state.indexed != _index_key(state):
        return True
    return not all(read_json(layout.secrets).get(key) for key in KEYS)


def _bootstrap(state: State, layout: Layout) -> None:
    """Databases, migrations, users, tokens, index: one run of CKAN's own code."""
    if state.bootstrapped is None:
        say("カタログの初期設定をしています…")
    order = {"secrets": read_json(layout.secrets), "reindex": state.indexed != _index_key(state)}
    answer = run_inside(state, layout, "bootstrap.py", json.dumps(order), "カタログの初期設定に失敗しました。")
    write_json(layout.secrets, json.loads(answer.splitlines()[-1]))
    state.bootstrapped, state.indexed = _release(layout), _index_key(state)
    state.save(layout)


def run_inside(state: State, layout: Layout, script: str, given: str, failure: str, *words: str) -> str:
    """Run one of our scripts under CKAN's Python; its standard output. Raises CatalogError."""
    log = layout.log(Path(script).stem)
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as errors:
        ran = subprocess.run(
            [layout.python, INSIDE / script, *words],
            input=given.encode(),
            stdout=subprocess.PIPE,
            stderr=errors,
            # hundreds of small commits (migrations, index): written together; the next ordinary commit seals them
            env={**web.environment(state, layout), "PGOPTIONS": "-c synchronous_commit=off"},
            cwd=layout.home,
            check=False,
        )
    if ran.returncode:
        raise CatalogError(failure, log)
    return ran.stdout.decode()


def _clear_run_folders(layout: Layout) -> None:
    """Remove socket folders of a catalogue that was deleted here by hand; each holds its home's path."""
    for note in Path("/tmp").glob("lc-*/home"):
        try:
            if _is_our_folder(note.parent) and note.read_text("utf-8") == str(layout.home):
                shutil.rmtree(note.parent)
        except OSError:
            continue


def _ensure_run_folder(state: State) -> None:
    """A private folder in /tmp for the sockets: their paths may have 107 bytes at most."""
    if state.run and _is_our_folder(Path(state.run)):
        return
    state.run = tempfile.mkdtemp(prefix="lc-", dir="/tmp")
    # PostgreSQL's account must pass through under root
    Path(state.run).chmod(0o711 if os.geteuid() == 0 else 0o700)
    write_private(Path(state.run) / "home", state.home)


def _is_our_folder(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def down(layout: Layout) -> bool:
    """Stop everything; False when nothing was running. Leaves no process and no socket folder."""
    state = load(layout)
    if state is None or is_copy(state, layout):
        return False
    with alone(layout.lock):
        state = load(layout) or state
        was = any(_everything(state, layout))
        _stop_everything(state, layout)
        state.save(layout)
        return was


def _everything(state: State, layout: Layout) -> list[int]:
    places = [postgres.data_folder(state, layout), layout.redis, state.run]
    return list(strays(instance_tag(state.instance), places))


def _stop_everything(state: State, layout: Layout) -> None:
    web.take_down(state, layout)
    redis_server.take_down(state, layout)
    postgres.take_down(state, layout)
    sweep(lambda: _everything(state, layout))
    if state.run and _is_our_folder(Path(state.run)):
        shutil.rmtree(state.run)
    state.run, state.parts = None, {}


def reset(layout: Layout) -> None:
    """Stop everything and delete this home's data; the installed environment stays."""
    if not layout.home.exists():
        return
    down(layout)
    with alone(layout.lock):
        state = load(layout)
        if state and not is_copy(state, layout):
            place.remove_outside(state)
        for folder in (layout.postgres, layout.redis, layout.storage, layout.logs, layout.home / "postgres-programs"):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (layout.ini, layout.secrets, layout.state, layout.lock):
            file.unlink(missing_ok=True)
    if not any(layout.home.iterdir()):
        layout.home.rmdir()


def status(layout: Layout) -> dict[str, Any]:
    """The catalogue as it is now; looks only, repairs nothing."""
    state = load(layout)
    if state is not None and is_copy(state, layout):
        state = None
    well = health(state, layout)
    parts = {name: {"running": fine, "pid": _pid(state, name) if fine else None} for name, fine in well.items()}
    running = all(well.values())
    memory = proportional_memory(_everything(state, layout)) if state and any(well.values()) else 0
    return {
        "running": running,
        "url": state.url if state and running else None,
        "parts": parts,
        "line": layout.line.name,
        "installed": environment.is_installed(layout),
        "home": str(layout.home),
        "data": str(postgres.data_folder(state, layout)) if state else None,
        "memory_mb": round(memory / 1e6),
    }


def _pid(state: State | None, name: str) -> int | None:
    part = state.parts.get(name) if state else None
    return part.pid if part else None


def report(done: Started) -> dict[str, Any]:
    """What ``up`` did, for JSON."""
    return asdict(done)
