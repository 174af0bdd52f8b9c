"""Zip containers in the child: bounds first, then which kind of package it is.  Standard library only.

Declared sizes may lie, so they are checked before anything is unpacked and the true bytes are counted while reading.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO

from pipelines.read._wire import Book, Refused
from pipelines.read.limits import Limits

_IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")


class Parts:
    """The parts of one zip file, read under the limits.  Names are matched without case and with ``/``."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.archive = zipfile.ZipFile(path)
        self.limits = limits
        self.left = limits.unzipped_bytes
        entries = [entry for entry in self.archive.infolist() if not entry.is_dir()]
        self._check(entries)
        self.entries = {_key(entry.filename): entry for entry in entries}

    def _check(self, entries: list[zipfile.ZipInfo]) -> None:
        if len(entries) > self.limits.parts:
            raise Refused("too-many-parts", detail=f"{len(entries)} 個、上限 {self.limits.parts} 個")
        if any(entry.flag_bits & 1 for entry in entries):
            raise Refused("password")
        total = sum(entry.file_size for entry in entries)
        if total > self.limits.unzipped_bytes:
            raise Refused("zip-bomb", detail=f"{total:,} バイト、上限 {self.limits.unzipped_bytes:,} バイト")
        for entry in entries:
            big = entry.file_size > self.limits.ratio_from
            if big and entry.file_size > self.limits.ratio * max(entry.compress_size, 1):
                raise Refused("zip-bomb", detail=f"圧縮率が {entry.file_size // max(entry.compress_size, 1)} 倍")

    def __contains__(self, name: str) -> bool:
        return _key(name) in self.entries

    def names(self) -> list[str]:
        """All part names, lower case."""
        return list(self.entries)

    def open(self, name: str) -> Metered:
        """A counted stream of one part."""
        return Metered(self.archive.open(self.entries[_key(name)]), self)

    def read(self, name: str) -> bytes:
        """The whole of one part."""
        with self.open(name) as stream:
            return stream.read()


class Metered:
    """A stream that counts what really comes out of the zip."""

    def __init__(self, stream: IO[bytes], parts: Parts) -> None:
        self.stream = stream
        self.parts = parts

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; raises :class:`Refused` past the limit of the whole container."""
        data = self.stream.read(size if size >= 0 else self.parts.left + 1)
        self.parts.left -= len(data)
        if self.parts.left < 0:
            raise Refused("zip-bomb", detail=f"上限 {self.parts.limits.unzipped_bytes:,} バイトを超えました")
        return data

    def __enter__(self) -> Metered:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def open_package(path: Path, limits: Limits) -> Book:
    """The workbook in a zip container; a plain zip answers only with the name of its one table (``facts``)."""
    parts = Parts(path, limits)
    kind = _kind(parts)
    if kind in ("xlsx", "xlsm"):
        from pipelines.read._xlsx import read_xlsx

        return read_xlsx(parts, kind)
    if kind == "ods":
        from pipelines.read._ods import read_ods

        return read_ods(parts)
    if kind == "zip":
        return Book("zip", [], facts={"member": _shown(_member(parts))})
    raise Refused("unsupported-format" if kind == "xlsb" else "not-a-table", what=kind)


def _kind(parts: Parts) -> str:
    if "[content_types].xml" in parts:
        for begin, kind in (("word/", "docx"), ("ppt/", "pptx")):
            if any(name.startswith(begin) for name in parts.names()):
                return kind
        if "xl/workbook.bin" in parts:
            return "xlsb"
        types = parts.read("[content_types].xml")
        # a writer may declare macro types it does not use: only the workbook's own part decides
        return "xlsm" if b"sheet.macroEnabled.main+xml" in types else "xlsx"
    if "mimetype" in parts:
        declared = parts.read("mimetype").strip()
        if b"spreadsheet" in declared:
            return "ods"
        return "epub" if b"epub" in declared else "odt"
    if "content.xml" in parts and "meta-inf/manifest.xml" in parts:
        return "ods"
    return "jar" if "meta-inf/manifest.mf" in parts else "zip"


def _member(parts: Parts) -> zipfile.ZipInfo:
    files = [e for e in parts.entries.values() if not any(mark in e.filename for mark in _IGNORED)]
    tables = [entry for entry in files if entry.filename.lower().endswith(_TABLES)]
    if not tables:
        raise Refused("zip-empty")
    if len(tables) > 1:
        names = "、".join(_shown(entry) for entry in tables[:5])
        raise Refused("zip-several", count=len(tables), names=names)
    return tables[0]


def _shown(entry: zipfile.ZipInfo) -> str:
    """The member's name; Windows writes Shift_JIS names without saying so."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("cp932")
    except UnicodeError:
        return entry.filename


def unpack(path: Path, limits: Limits, out: Path) -> None:
    """Write the one table of a plain zip to ``out``."""
    parts = Parts(path, limits)
    entry = _member(parts)
    with parts.open(entry.filename) as stream, out.open("wb") as target:
        while data := stream.read(1 << 20):
            target.write(data)
