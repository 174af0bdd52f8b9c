"""The web server: gunicorn with two workers of four threads, on a port of its own on 127.0.0.1."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import random
import secrets
import signal
import socket
import time

from manager import settings
from manager.console import CatalogError, say
from manager.layout import INSIDE, SOURCES, Layout, digest, digest_of_code
from manager.processes import alive, clean_environment, instance_tag, remember, start, stop, strays, sweep, tags
from manager.state import State

PROBE = "/.well-known/local-catalog"
# below Linux's range for outgoing connections, so that none of those takes the port while we are down
PORTS = range(20000, 32000)


def mark(state: State) -> str:
    """What the server's command line carries."""
    return f"localcatalog-{state.instance}"


def is_alive(state: State, layout: Layout) -> bool:
    """Whether the master runs, the settings are current, and what answers on our port is ours."""
    if not alive(state.parts.get("web"), mark(state)):
        return False
    return state.served == current(state, layout) and proves(state)


def current(state: State, layout: Layout) -> str:
    """Digest of settings and code; a server started with another one must be restarted."""
    return digest(settings.fingerprint(state, layout), digest_of_code(), str(layout.environment))


def proves(state: State, timeout: float = 10.0) -> bool:
    """Whether the server on our port knows our secret: a stranger cannot answer a fresh question."""
    if not state.port:
        return False
    question = secrets.token_hex(16)
    expected = hmac.new(state.secret.encode(), question.encode(), hashlib.sha256).hexdigest()
    status, body = get(state.port, f"{PROBE}?{question}", timeout)
    return status == 200 and hmac.compare_digest(body.strip(), expected.encode())


def get(port: int, path: str, timeout: float) -> tuple[int, bytes]:
    """One GET on 127.0.0.1, past any proxy; (0, b"") when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"User-Agent": "localcatalog-manager"})
        response = connection.getresponse()
        return response.status, response.read(1 << 20)
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
            s.listen(1)
        except OSError:
            return False
        return True


def choose_port(state: State) -> None:
    """Keep the remembered port if it is still free, else take another one (resource addresses change with it)."""
    if state.port and is_free(state.port):
        return
    if state.port:
        say(f"ポート {state.port} はほかのプログラムが使っています。別のポートに変えます。")
    for _ in range(200):
        state.port = random.choice(PORTS)
        if is_free(state.port):
            return
    raise CatalogError("空いているポートがありません。")


def bring_up(state: State, layout: Layout) -> None:
    """Start the server and wait for CKAN's first answer; another port is tried if somebody was faster."""
    log = layout.log("web")
    child = start(_command(state, layout), log, environment(state, layout), INSIDE)
    state.parts["web"] = remember(child.pid)
    state.served = current(state, layout)
    state.save(layout)
    end = time.monotonic() + 120
    while not proves(state):
        if child.poll() is not None or time.monotonic() > end:
            raise CatalogError("CKANが起動しません。", log)
        time.sleep(0.05)
    status, _ = get(state.port or 0, "/api/3/action/status_show", 60)
    if status != 200:
        raise CatalogError(f"CKANは起動しましたが、正しく応答しません（HTTP {status}）。", log)


def environment(state: State, layout: Layout) -> dict[str, str]:
    """Environment variables of everything that runs inside CKAN; the secret stays in the file it names."""
    return clean_environment(
        {
            **tags(state.instance, layout.home),
            "CKAN_INI": str(layout.ini),
            "PYTHONPATH": str(SOURCES),
            "PYTHONNOUSERSITE": "1",
            "LOCALCATALOG_PROBE": PROBE,
            "LOCALCATALOG_STATE": str(layout.state),
        }
    )


def _command(state: State, layout: Layout) -> list[str]:
    return [
        *(str(layout.python), "-m", "gunicorn", "--name", mark(state)),
        *("--config", str(INSIDE / "gunicorn_settings.py"), "--chdir", str(INSIDE)),
        *("--bind", f"127.0.0.1:{state.port}"),
        *("--access-logfile", str(layout.log("access")), "wsgi:application"),
    ]


def take_down(state: State, layout: Layout) -> None:
    """Stop master and workers; requests that are running get ten seconds."""
    part = state.parts.get("web")
    if part and alive(part, mark(state)):
        stop(part.pid, signal.SIGTERM, 15)
    # workers of a killed master hold the port until they notice
    sweep(lambda: (pid for pid in strays(instance_tag(state.instance), []) if not _is_server(state, pid)))


def _is_server(state: State, pid: int) -> bool:
    return any(pid == part.pid for name, part in state.parts.items() if name != "web")
