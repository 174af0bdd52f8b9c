"""What CKAN's answers mean: which are worth another try, what its refusals say; patience and a count of traffic."""

from __future__ import annotations

import ast
import email.utils
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pipelines.model import ConfigError

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
WRITES = {"create", "update", "patch", "revise", "delete", "upsert", "purge"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to try: seconds per call, attempts, and the ceiling of one pause in seconds."""

    timeout: float = 60.0
    attempts: int = 5
    pause: float = 30.0
    connect: float = 10.0


def is_write(action: str) -> bool:
    """Whether an action changes the portal (those travel by POST, all others by GET)."""
    return action.rsplit("_", 1)[-1] in WRITES


@dataclass(slots=True)
class Traffic:
    """What went over the wire, for the run's account: calls by kind, and bytes of files sent."""

    reads: int = 0
    writes: int = 0
    sent: int = 0
    calls: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def note(self, action: str, sent: int) -> None:
        """Count one request (from any thread)."""
        with self._lock:
            self.calls[action] = self.calls.get(action, 0) + 1
            self.sent += sent
            self.writes += is_write(action)
            self.reads += not is_write(action)


def seconds_of(asked: str) -> float:
    """Retry-After as seconds from now: a number or an HTTP date (RFC 9110, 10.2.3); 0 when it says neither."""
    if asked.isdigit():
        return float(asked)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(asked).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0


class Transient(Exception):
    """An answer (or none) that another try may mend; ``wait`` is the server's Retry-After in seconds.

    ``undone`` says that the request surely was not carried out, so that repeating it can double nothing.
    """

    def __init__(self, reason: str, wait: float = 0.0, undone: bool = False) -> None:
        super().__init__(reason)
        self.wait = wait
        self.undone = undone


def checked_url(url: str) -> str:
    """The portal's address without a trailing slash.  Raises :class:`ConfigError` for http off this machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"ポータルの URL が正しくありません: {url}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ConfigError(f"ポータルの URL は https:// で始めてください（トークンを守るため）: {url}")
    if parts.username or parts.password:
        raise ConfigError("ポータルの URL に利用者名やパスワードを書かないでください。")
    return url.rstrip("/")


def form_value(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)


def reason_of(error: Exception) -> str:
    detail = error.args[0] if error.args else ""
    return str(detail.get("message", detail)) if isinstance(detail, dict) else str(detail)


def told(errors: Mapping[str, Any]) -> str:
    """CKAN's error dictionary as one line."""
    parts = [f"{key}: {_flat(value)}" for key, value in errors.items() if key != "__type"]
    return "CKAN が受け付けませんでした（" + "／".join(parts) + "）"


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return "、".join(f"{k} {_flat(v)}" for k, v in value.items())
    return "、".join(_flat(v) for v in value) if isinstance(value, list) else str(value)


def status_of(error: Exception) -> tuple[int, str]:
    """ckanapi reports an unknown answer as the repr of [url, status, text]."""
    try:
        _, status, body = ast.literal_eval(str(error))
    except (ValueError, SyntaxError):
        return 500, str(error)
    return int(status), str(body)
