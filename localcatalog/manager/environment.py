"""The CKAN environment: a virtual environment of its own, made from hash-pinned locks.

uv is used where it is at hand (the product's own environment has it), pip otherwise. Two of the pinned
packages come as source only: the setuptools that builds them is pinned too and installed first, so that
nothing unpinned is fetched for a build.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from manager.console import CatalogError, say, working
from manager.layout import Layout, digest, write_private
from manager.lines import BUILD_LOCK
from manager.lock import alone

SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
MARKER = ".installed"


def wanted(layout: Layout) -> str:
    """What the marker must say: the digest of both locks."""
    return digest(BUILD_LOCK.read_bytes(), layout.line.lock.read_bytes())


def is_installed(layout: Layout) -> bool:
    """Whether the environment is complete and made from the locks as they are now."""
    marker = layout.environment / MARKER
    return layout.python.exists() and marker.exists() and marker.read_text("utf-8").strip() == wanted(layout)


def install(layout: Layout) -> float:
    """Make the environment if it is missing or its lock changed; seconds taken (0.0 when there was nothing to do)."""
    if is_installed(layout):
        return 0.0
    with alone(layout.environment.with_name(layout.environment.name + ".lock")):
        if is_installed(layout):
            return 0.0
        began = time.monotonic()
        _make(layout)
        (layout.environment / MARKER).write_text(wanted(layout) + "\n", "utf-8")
        taken = time.monotonic() - began
        say(f"CKANの環境ができました（{taken:.0f}秒）。")
        return taken


def remove(layout: Layout) -> None:
    """Delete the environment, if it is one that we made."""
    if (layout.environment / "pyvenv.cfg").exists():
        shutil.rmtree(layout.environment)
    layout.environment.with_name(layout.environment.name + ".lock").unlink(missing_ok=True)


def _make(layout: Layout) -> None:
    if layout.environment.exists():
        if not (layout.environment / "pyvenv.cfg").exists() and any(layout.environment.iterdir()):
            raise CatalogError(f"{layout.environment} はCKANの環境ではないため、上書きしません。")
        shutil.rmtree(layout.environment)
    layout.environment.parent.mkdir(parents=True, exist_ok=True)
    layout.logs.mkdir(parents=True, exist_ok=True)
    log = layout.log("install")
    write_private(log, "")
    with working("CKANの環境をつくっています（初回だけ、1分ほど）…"):
        for command in _commands(layout):
            _run(command, log)


def _commands(layout: Layout) -> list[list[str]]:
    environment, python, lock = layout.environment, layout.python, layout.line.lock
    base = str(getattr(sys, "_base_executable", "") or sys.executable)
    uv = find_uv()
    if uv:
        add = [uv, "pip", "install", "--python", str(python), "--no-deps", "--require-hashes", "--compile-bytecode"]
        return [
            [uv, "venv", "--no-project", "--no-python-downloads", "--python", base, str(environment)],
            [*add, "-r", str(BUILD_LOCK)],
            [*add, "--no-build-isolation", "-r", str(lock)],
        ]
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install"]
    pip += ["--no-deps", "--require-hashes", "--progress-bar=off"]
    return [
        # --without-pip: Debian's Python has no ensurepip
        [base, "-m", "venv", "--without-pip", str(environment)],
        [*pip, "-r", str(BUILD_LOCK)],
        [*pip, "--no-build-isolation", "-r", str(lock)],
    ]


def find_uv() -> str | None:
    """uv beside the Python that runs us, or on the PATH."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("uv")


def _run(command: list[str], log: Path) -> None:
    """Run one installing command; its whole output goes to the log (the tail is shown if it fails)."""
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    if SYSTEM_CERTIFICATES.exists():
        # a town's network often has a certificate authority of its own, known to the system only
        env.setdefault("UV_SYSTEM_CERTS", "true")
    try:
        with log.open("ab") as out:
            code = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env, check=False
            ).returncode
    except OSError as error:
        raise CatalogError(f"{command[0]} を実行できません: {error}", log) from error
    if code:
        raise CatalogError(
            "CKANの環境をつくれませんでした。ネットワーク（パッケージの取得元）と空き容量を確かめてください。", log
        )
