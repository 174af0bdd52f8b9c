"""The log under var/log: tracebacks of bugs go there, never to the person at the terminal; secrets go nowhere."""

from __future__ import annotations

import errno
import logging
import os
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from pipelines.model import CatalogError

NAME = "publish.log"
#: what the system says when nothing (more) can be written
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}
#: secrets that were read from files
_READ: set[str] = set()
SECRETS = ("TOKEN", "SECRET", "PASSWORD", "KEY")
log = logging.getLogger("pipelines")


class Redacted(logging.Formatter):
    """Takes every secret of the environment and of token files out of whatever is written, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for value in _secrets():
            text = text.replace(value, "***")
        return text


def keep_out(secret: str) -> str:
    """Let this secret, wherever it was read from, stand in no log; returns it."""
    if len(secret) >= 8:
        _READ.add(secret)
    return secret


def keep_log(var: Path) -> None:
    """Write the product's log to ``var/log/publish.log`` (made when the first line comes; four files of 1 MB)."""
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()
    log.addHandler(_Late(var / "log" / NAME))
    log.propagate = False
    log.setLevel(logging.INFO)


def crashed(var: Path, bug: Exception) -> CatalogError:
    """A bug as one sentence for a person; its traceback goes to the log.  A disk that takes no more is no bug."""
    with suppress(OSError):
        log.error("internal error", exc_info=bug)
    if isinstance(bug, OSError) and bug.errno in NO_ROOM:
        where = f": {bug.filename}" if bug.filename else ""
        return CatalogError(
            f"ファイルに書けません（{bug.strerror}{where}）。空き容量と書き込みの権限を確かめてください。"
        )
    kind = type(bug).__name__
    return CatalogError(f"プログラムの不具合です（internal-error: {kind}）。記録: {var / 'log' / NAME}")


class _Late(RotatingFileHandler):
    """Makes its folder only when there is something to write."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=1_000_000, backupCount=3, delay=True, encoding="utf-8")
        self.setFormatter(Redacted("%(asctime)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        super().emit(record)


def _secrets() -> list[str]:
    return [*_READ, *(v for k, v in os.environ.items() if len(v) >= 8 and k.upper().endswith(SECRETS))]
