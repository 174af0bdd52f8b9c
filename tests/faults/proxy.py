"""A proxy before CKAN that breaks things on request: at the n-th call of an action, before or after CKAN did it."""

from __future__ import annotations

import http.client
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one request.

    ``kind``: ``answer`` (CKAN is not asked; ``status``, ``body``, ``headers`` are the answer) · ``reset`` (not asked,
    connection reset) · ``lost`` (CKAN does it, the answer is dropped) · ``slow`` (answered after ``seconds``) ·
    ``cut`` (CKAN gets the first ``part`` of the body, then both connections break) · ``before``, ``after``,
    ``answered`` (``act`` is called at that moment, and all goes its way).  With the other kinds ``act`` is called
    while the fault lasts: before the bad answer, and with CKAN holding a part of the body.
    """

    kind: str
    status: int = 500
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    part: float = 0.5
    act: Callable[[], None] = lambda: None


@dataclass
class Seen:
    """One request as it passed: action, its number among those of that action, bytes each way."""

    action: str
    number: int
    up: int
    down: int = 0
    headers: dict[str, str] = field(default_factory=dict)


class Proxy:
    """Use as a context manager; ``script`` maps (action, number from 1) to a fault, number 0 means every time.

    ``certificate``: a file with key and certificate, for https.
    """

    def __init__(self, upstream: str | None = None, certificate: Path | None = None) -> None:
        self.upstream = urlsplit(upstream) if upstream else None
        self.script: dict[tuple[str, int], Fault] = {}
        self.seen: list[Seen] = []
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                proxy.handle(self)

            def do_POST(self) -> None:
                proxy.handle(self)

            def log_message(self, *words: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that was killed or gave up is no error here."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{port}"
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self.url = f"https://localhost:{port}"

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def clear(self) -> None:
        """Forget what was scripted and seen."""
        self.script.clear()
        self.seen.clear()
        self.counts.clear()

    def bytes(self, *actions: str) -> int:
        """Bytes that travelled both ways for these actions (all, without any)."""
        return sum(s.up + s.down for s in self.seen if not actions or s.action in actions)

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """One request: find its fault, do it."""
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length)
        if len(body) < length:  # killed while sending: CKAN, too, sees the connection end, and waits for nothing
            self._cut(request, body, Fault(kind="cut", part=1.0))
            return
        action = action_of(request.path)
        with self._lock:
            self.counts[action] += 1
            number = self.counts[action]
            seen = Seen(action, number, len(body) + len(request.path), headers=dict(request.headers))
            self.seen.append(seen)
        fault = self.script.get((action, number)) or self.script.get((action, 0))
        kind = fault.kind if fault else ""
        if fault is None or kind in ("before", "after", "answered", "lost", "slow"):
            self._pass(request, body, seen, fault)
        elif kind == "answer":
            fault.act()
            time.sleep(fault.seconds)
            _answer(request, fault.status, fault.body, fault.headers)
        elif kind == "cut":
            self._cut(request, body, fault)
        else:
            fault.act()
            _break(request)

    def _pass(self, request: BaseHTTPRequestHandler, body: bytes, seen: Seen, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        if fault and kind == "before":
            fault.act()
        if fault and kind == "slow":
            fault.act()
            time.sleep(fault.seconds)
        status, headers, content = self._forward(request, body)
        seen.down = len(content)
        if fault and kind == "after":
            fault.act()
        if fault and kind == "lost":
            fault.act()
            _break(request)
            return
        try:
            _answer(request, status, content, headers)
        except OSError:
            return
        if fault and kind == "answered":
            fault.act()

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        assert self.upstream is not None, "a proxy without CKAN only answers what is scripted"
        connection = http.client.HTTPConnection(self.upstream.hostname or "", self.upstream.port, timeout=120)
        try:
            connection.request(request.command, request.path, body or None, _passed(request))
            answer = connection.getresponse()
            content = answer.read()
            kept = tuple((k, v) for k, v in answer.getheaders() if k.lower() in ("content-type", "location"))
            return answer.status, kept, content
        finally:
            connection.close()

    def _cut(self, request: BaseHTTPRequestHandler, body: bytes, fault: Fault) -> None:
        """CKAN is promised the whole body and gets only its beginning."""
        assert self.upstream is not None, "nothing to cut without CKAN"
        with socket.create_connection((self.upstream.hostname or "", self.upstream.port or 80), timeout=30) as sock:
            lines = [f"{request.command} {request.path} HTTP/1.1", *(f"{k}: {v}" for k, v in _passed(request).items())]
            sock.sendall("\r\n".join([*lines, "", ""]).encode() + body[: int(len(body) * fault.part)])
            time.sleep(0.05)
            fault.act()
        _break(request)


def action_of(path: str) -> str:
    """``package_revise`` of its address; a file is ``download``."""
    return urlsplit(path).path.rsplit("/", 1)[-1] if "/api/" in path else "download"


def _passed(request: BaseHTTPRequestHandler) -> dict[str, str]:
    return {k: v for k, v in request.headers.items() if k.lower() not in ("connection", "accept-encoding")}


def _answer(request: BaseHTTPRequestHandler, status: int, body: bytes, headers: tuple[tuple[str, str], ...]) -> None:
    request.send_response(status)
    for key, value in headers:
        request.send_header(key, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def _break(request: BaseHTTPRequestHandler) -> None:
    """Reset the connection: the other side gets no answer at all."""
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.close_connection = True
    request.connection.close()
