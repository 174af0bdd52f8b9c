"""The one SQLite file under var/: WAL, full sync, one writer.  The only module that imports sqlite3.

Callers bring their own table definitions (``CREATE TABLE IF NOT EXISTS …``) and statements; what they get back are
plain dictionaries.  Losing the file is survivable: what is published carries its own digests.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.model import StoreError

Row = dict[str, Any]
Values = Sequence[Any] | dict[str, Any]


class Store:
    """An open state file.  Use as a context manager; every :meth:`transaction` is durable when it returns.

    ``patience``: seconds to wait for another process that is writing.  ``shared``: any thread may ask, one at a time.
    """

    def __init__(self, path: Path, patience: float = 30.0, *, shared: bool = False) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, isolation_level=None, timeout=patience, check_same_thread=not shared
            )
            self._connection.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                self._connection.execute(f"PRAGMA {pragma}")
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"状態ファイル {path} を開けません（{error}）。{_hint(error)}") from error
        self._depth = 0

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._connection.close()

    def define(self, script: str) -> None:
        """Run table definitions; they must be written so that running them again changes nothing."""
        with self._translated():
            self._connection.executescript(script)

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """All rows of a query as dictionaries, in the query's order."""
        with self._translated():
            return [dict(row) for row in self._connection.execute(sql, values)]

    def one(self, sql: str, values: Values = ()) -> Row | None:
        """The first row of a query, or None."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def write(self, sql: str, values: Values = ()) -> int:
        """Run one statement; returns the number of rows it touched."""
        with self._translated():
            return self._connection.execute(sql, values).rowcount

    def write_many(self, sql: str, rows: Iterable[Values]) -> int:
        """Run one statement for many rows; returns the number of rows touched."""
        with self._translated():
            return self._connection.executemany(sql, rows).rowcount

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested calls join the outer one."""
        if self._depth:
            yield
            return
        self.write("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
        except BaseException:
            self._depth = 0
            self.write("ROLLBACK")
            raise
        self._depth = 0
        self.write("COMMIT")

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"状態ファイル {self.path} の読み書きに失敗しました（{error}）。{_hint(error)}") from error


def _hint(error: Exception) -> str:
    """What to do about it: a damaged file, or one of another version, is taken aside and made anew from the portal."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return "ほかの処理が終わってから、もう一度実行してください。"
    if any(word in text for word in ("full", "disk I/O", "readonly", "unable to open", "Permission", "space")):
        return "空き容量と書き込みの権限を確かめてください。"
    return (
        "壊れているか、ほかの版のものです。控えがあれば戻し、なければ別の場所へ移してからもう一度実行してください"
        "（公開の記録はポータルから作り直します。計測の記録は控えからしか戻せません）。"
    )
