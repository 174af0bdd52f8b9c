"""A log file as delivered: its fingerprint, its lines, its format; plain or gzip, the same content is the same file."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from pipelines.model import ConfigError

_CHUNK = 1 << 20
_COMBINED = re.compile(rb'^\S+ .*?\[[^\]]+\] "')
#: bytes that would end or split a line, or a field, for the reader: never part of an honest log line
_FOREIGN = (b"\x00", b"\x01", b"\x02", b"\x03", b"\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """One delivered file.  ``sha256``, ``size`` and ``lines`` are of the content after decompression.

    ``beginnings`` names the manifest's files whose whole content is the beginning of this one (a log that has grown
    since).  ``clean`` False: some bytes are not UTF-8 text, so the reader gets a washed copy.
    """

    path: Path
    sha256: str
    size: int
    lines: int
    format: str
    clean: bool
    beginnings: tuple[str, ...] = field(default=())


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The content of a plain or gzip file (told by its first bytes, not by its name)."""
    with path.open("rb") as raw:
        if raw.read(2) == b"\x1f\x8b":
            raw.seek(0)
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield cast(BinaryIO, unpacked)
        else:
            raw.seek(0)
            yield raw


def examine(path: Path, known: Mapping[str, int] | None = None) -> LogFile:
    """Read a file once: fingerprint, lines, format.  ``known`` maps manifest fingerprints to sizes.

    Raises ConfigError when the file cannot be read or is a broken gzip.
    """
    try:
        with opened(path) as stream:
            return _examine(path, stream, known or {})
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(f"ログ {path} を読めません（{error}）。") from error


def _examine(path: Path, stream: BinaryIO, known: Mapping[str, int]) -> LogFile:
    digest, size, lines, clean, last = hashlib.sha256(), 0, 0, True, b"\n"
    marks = sorted(set(known.values()))
    found: dict[int, str] = {}
    first = b""
    while chunk := stream.read(_CHUNK):
        first = first or chunk
        for part in _cut(chunk, size, marks):
            digest.update(part)
            size += len(part)
            if size in marks:
                found[size] = digest.copy().hexdigest()
        lines += chunk.count(b"\n")
        clean = clean and chunk.isascii() and not any(byte in chunk for byte in _FOREIGN)
        last = chunk[-1:]
    sha = digest.hexdigest()
    beginnings = tuple(name for name, length in known.items() if length < size and found.get(length) == name)
    return LogFile(
        path=path, sha256=sha, size=size, lines=lines + (last != b"\n"), format=_format(first), clean=clean,
        beginnings=beginnings,
    )  # fmt: skip


def _cut(chunk: bytes, offset: int, marks: Collection[int]) -> Iterator[bytes]:
    """The chunk in pieces that end at the marks lying inside it."""
    begin = 0
    for mark in marks:
        if offset < mark < offset + len(chunk):
            yield chunk[begin : mark - offset]
            begin = mark - offset
    yield chunk[begin:]


def _format(first: bytes) -> str:
    """``json`` or ``combined`` by the first readable line; ``unknown`` otherwise."""
    for line in first.splitlines()[:50]:
        if line.startswith(b"{"):
            with contextlib.suppress(ValueError):
                json.loads(line)
                return "json"
        elif _COMBINED.match(line):
            return "combined"
    return "unknown"


def wash(file: LogFile, folder: Path) -> Path:
    """A copy in UTF-8 whose every line is one line to any reader, of the bytes that were examined and no more.

    Made for files with foreign bytes, and for a log that the web server is writing to while it is read.  Raises
    ConfigError when the file has become shorter.
    """
    target = folder / f"{file.sha256}.log"
    with opened(file.path) as stream, target.open("w", encoding="utf-8", newline="\n") as out:
        examined = io.BufferedReader(_Beginning(stream, file.size))
        for line in io.TextIOWrapper(examined, encoding="utf-8", errors="replace", newline="\n"):
            out.write(_FOREIGN_TEXT.sub("\ufffd", line.rstrip("\r\n")) + "\n")
    return target


class _Beginning(io.RawIOBase):
    """The first ``size`` bytes of a stream."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._left = stream, size

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As RawIOBase; ends after ``size`` bytes."""
        chunk = self._stream.read(min(len(buffer), self._left))
        if not chunk and self._left:
            raise ConfigError("ログが読んでいる間に短くなりました。もう一度取り込んでください。何も変更していません。")
        buffer[: len(chunk)] = chunk
        self._left -= len(chunk)
        return len(chunk)


def grown(file: LogFile) -> bool:
    """True when a plain log is no longer as long as when it was examined (the web server writes to it)."""
    with file.path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    return not packed and file.path.stat().st_size != file.size


_FOREIGN_TEXT = re.compile("[\x00-\x03\r]")
