"""The audit log: JSON lines, each carrying the hash of the one before; the newest hash is also kept elsewhere.

Changing a byte or taking out a line breaks the chain.  Cutting the end off, or adding a line with a right chain, is
found by the mark of the log's end, which lies beside it under a MAC and in the state journal.  A lost mark is reported
too, never healed silently: a line written to a log that was not whole says so for ever, inside the chain.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.model import Level, Place, Problem, StoreError

if TYPE_CHECKING:
    from pipelines.gateways.store import Store

LOG = "audit.jsonl"
KEY = "values.key"
BROKEN = "audit-broken"
_START = "0" * 64
_JST = dt.timezone(dt.timedelta(hours=9), "JST")
_TABLE = """CREATE TABLE IF NOT EXISTS audit_anchor
    (id INTEGER PRIMARY KEY CHECK (id = 1), line INTEGER NOT NULL, hash TEXT NOT NULL, next TEXT NOT NULL)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line: number, act (request, approve, reject, withdraw …), both clocks, body, hashes."""

    line: int
    act: str
    utc: str
    jst: str
    body: Mapping[str, Any]
    before: str
    hash: str


class Audit:
    """The log in one folder (var/audit); its end is marked in ``anchor.json`` and, with ``store``, in the journal."""

    def __init__(self, folder: Path, store: Store | None = None) -> None:
        self.folder = folder
        self.path = folder / LOG
        self._anchors: list[_FileAnchor | _StoredAnchor] = [_FileAnchor(folder, self.key)]
        if store is not None:
            self._anchors.append(_StoredAnchor(store))

    def append(self, act: str, body: Mapping[str, Any], *, now: dt.datetime | None = None) -> Entry:
        """Add one line durably (fsync), announced before and confirmed after; one writer at a time by ``flock``."""
        moment = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
        with self._locked():
            self._repair_tail()
            last = _last(self.path)
            entry = _entry(last, act, moment, {**body, **self._scars()})
            self._mark(_Mark(line=entry.line - 1, hash=entry.before if last else "", next=entry.hash))
            with self.path.open("ab") as stream:
                stream.write(_line(entry))
                stream.flush()
                os.fsync(stream.fileno())
            self._mark(_Mark(line=entry.line, hash=entry.hash))
        return entry

    def _scars(self) -> dict[str, str]:
        """What the next line has to say about the log before it: nothing while all is well."""
        codes = {problem.code for problem in self.verify()}
        return {"before_this": "、".join(sorted(codes))} if codes else {}

    def _mark(self, mark: _Mark) -> None:
        for anchor in self._anchors:
            anchor.move(mark)

    def entries(self) -> tuple[Entry, ...]:
        """All lines in order; raises :class:`StoreError` when one cannot be read at all."""
        return tuple(self._read())

    def intact(self) -> bool:
        """True when chain and end are as written; a state file made anew since is only a warning."""
        return not any(problem.level is Level.ERROR for problem in self.verify())

    def verify(self) -> list[Problem]:
        """Everything wrong with the log: changed, missing or swapped lines, a cut end, a lost anchor."""
        found: list[Problem] = []
        hashes: list[str] = []
        try:
            for number, entry in enumerate(self._read(), start=1):
                if entry.line != number or entry.before != (hashes or [_START])[-1] or entry.hash != _hash(entry):
                    why = "この行、またはその前の行が書き換えられたか、抜き取られています。"
                    found.append(_broken(self.path, number, why))
                if BROKEN in str(entry.body.get("before_this", "")):
                    found.append(_broken(self.path, number, "この行を書いたとき、記録はすでに壊れていました。"))
                hashes.append(entry.hash)
        except StoreError as error:
            return [_broken(self.path, len(hashes) + 1, str(error))]
        return found + [p for anchor in self._anchors for p in self._ended(hashes, anchor)]

    def _ended(self, hashes: list[str], anchor: _FileAnchor | _StoredAnchor) -> list[Problem]:
        mark = anchor.read()
        if mark is None and isinstance(anchor, _StoredAnchor):
            return [_unanchored(self.path, len(hashes))] if hashes else []
        if mark is None:
            lost = "末尾の控えがありません。記録の終わりが正しいか確かめられません。"
            return [_broken(self.path, len(hashes), lost)] if hashes else []
        if mark.fits(hashes):
            return []
        kept = "状態ファイル" if isinstance(anchor, _StoredAnchor) else "anchor.json"
        why = f"末尾が控え（{kept}）と合いません（控えは{mark.line}行目まで、記録は{len(hashes)}行目まで）。"
        return [_broken(self.path, len(hashes), why)]

    def key(self) -> bytes:
        """The 32-byte key of the value sets: made at first use, readable by the owner alone."""
        path = self.folder / KEY
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _read_key(path)
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(32))
            stream.flush()
            os.fsync(stream.fileno())
        return _read_key(path)

    def _read(self) -> Iterator[Entry]:
        if not self.path.exists():
            return
        with self.path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                yield _parsed(line, number)

    def _repair_tail(self) -> None:
        """A line cut by a power failure (no newline, never confirmed) is taken off before the next one is written."""
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        mark = self._anchors[0].read()
        whole = content.rfind(b"\n") + 1
        if whole != len(content) and mark is not None and content[:whole].count(b"\n") == mark.line:
            os.truncate(self.path, whole)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "audit.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """Where the log ends: ``next`` is the hash of the line about to be written, empty when none is."""

    line: int
    hash: str
    next: str = ""

    def fits(self, hashes: list[str]) -> bool:
        """True for the log as marked, or with exactly the one announced line more (a power failure between)."""
        at_mark = len(hashes) == self.line and (self.line == 0 or hashes[-1] == self.hash)
        return at_mark or (len(hashes) == self.line + 1 and bool(self.next) and hashes[-1] == self.next)


class _FileAnchor:
    """anchor.json beside the log, under a MAC: whoever cannot read the key cannot make one."""

    def __init__(self, folder: Path, key: Callable[[], bytes]) -> None:
        self._path, self._key = folder / "anchor.json", key

    def read(self) -> _Mark | None:
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            mark = _Mark(line=int(told["line"]), hash=str(told["hash"]), next=str(told["next"]))
            return mark if hmac.compare_digest(str(told["mac"]), self._mac(mark)) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def move(self, mark: _Mark) -> None:
        fresh = self._path.with_suffix(".new")
        told = {"line": mark.line, "hash": mark.hash, "next": mark.next, "mac": self._mac(mark)}
        with fresh.open("w", encoding="utf-8") as stream:
            json.dump(told, stream)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(self._path)

    def _mac(self, mark: _Mark) -> str:
        return hmac.new(self._key(), f"{mark.line}:{mark.hash}:{mark.next}".encode(), hashlib.sha256).hexdigest()


class _StoredAnchor:
    """The same mark in the state journal: another file, so that cutting one is found by the other."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.define(_TABLE)

    def read(self) -> _Mark | None:
        row = self._store.one("SELECT line, hash, next FROM audit_anchor WHERE id = 1")
        return _Mark(line=int(row["line"]), hash=str(row["hash"]), next=str(row["next"])) if row else None

    def move(self, mark: _Mark) -> None:
        self._store.write(
            "INSERT OR REPLACE INTO audit_anchor (id, line, hash, next) VALUES (1, ?, ?, ?)",
            (mark.line, mark.hash, mark.next),
        )


def _entry(last: Entry | None, act: str, moment: dt.datetime, body: Mapping[str, Any]) -> Entry:
    line, before = (last.line + 1, last.hash) if last else (1, _START)
    utc = moment.isoformat(timespec="seconds")
    jst = moment.astimezone(_JST).isoformat(timespec="seconds")
    draft = Entry(line=line, act=act, utc=utc, jst=jst, body=dict(body), before=before, hash="")
    return Entry(line=line, act=act, utc=utc, jst=jst, body=dict(body), before=before, hash=_hash(draft))


def _content(entry: Entry) -> dict[str, Any]:
    return {
        "line": entry.line,
        "act": entry.act,
        "utc": entry.utc,
        "jst": entry.jst,
        "body": dict(entry.body),
        "before": entry.before,
    }


def _hash(entry: Entry) -> str:
    text = json.dumps(_content(entry), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _line(entry: Entry) -> bytes:
    told = {**_content(entry), "hash": entry.hash}
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8") + b"\n"


def _parsed(line: bytes, number: int) -> Entry:
    try:
        told = json.loads(line.decode("utf-8"))
        entry = Entry(**{name: told[name] for name in ("line", "act", "utc", "jst", "body", "before", "hash")})
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"監査記録の {number} 行目を読めません。") from error
    if not hmac.compare_digest(_line(entry), line):
        raise StoreError(f"監査記録の {number} 行目の書き方が変えられています。")
    return entry


def _last(path: Path) -> Entry | None:
    if not path.exists():
        return None
    lines = path.read_bytes().splitlines(keepends=True)
    return _parsed(lines[-1], len(lines)) if lines else None


def _read_key(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise StoreError(f"{path} を他の利用者が読めます。chmod 600 で直してください。")
    key = path.read_bytes()
    if len(key) != 32:
        raise StoreError(f"{path} が壊れています。消すと、これまでの承認はすべて失効します。")
    return key


def _broken(path: Path, line: int, why: str) -> Problem:
    return Problem(
        code=BROKEN,
        level=Level.ERROR,
        place=Place(path=path.name, row=max(line, 1)),
        message=f"監査記録が壊れています。{why}",
        hint="写しと見比べ、原因を調べてください。直るまで、すべての承認は無効です。",
        message_en="The audit log is not what was written.",
    )


def _unanchored(path: Path, line: int) -> Problem:
    return Problem(
        code="audit-unanchored",
        level=Level.WARNING,
        place=Place(path=path.name, row=max(line, 1)),
        message="状態ファイルに監査記録の末尾の控えがありません（作り直されたか、この記録より新しいもの）。",
        hint="状態ファイルを消した覚えがなければ、写しと見比べてください。次の申請や承認から、また控えます。",
        message_en="The state file has no mark of the log's end; it was made anew.",
    )


def audit_verify(folder: Path, store: Store | None = None) -> list[Problem]:
    """Everything wrong with the audit log in ``folder``; an empty list means it is intact."""
    return Audit(folder, store).verify()
