"""What an XLS carries besides cells: one pass over the BIFF8 records of its workbook stream ([MS-XLS] 2.4)."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator

from pipelines.read._choices import plain

_NAME, _BOUNDSHEET, _SUPBOOK, _OBJ, _TXO = 0x0018, 0x0085, 0x01AE, 0x005D, 0x01B6
_HLINK, _DV, _QSI, _DBQUERY, _SXVIEW = 0x01B8, 0x01BE, 0x01AD, 0x00DC, 0x00B0
_NOTE, _PICTURE = 0x19, 0x08
_CONTROLS = frozenset({0x07, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x12, 0x13})
_FILE_MONIKER = bytes.fromhex("0303000000000000c000000000000046")
_SIMPLE = {_QSI: "query-table", _DBQUERY: "connection", _SXVIEW: "pivot-table"}


def records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """(type, body) of every record; stops where the stream is cut."""
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def beside_cells(stream: bytes) -> Counter[tuple[str, str]]:
    """(kind, detail) → count; never a value."""
    found: Counter[tuple[str, str]] = Counter()
    shape = 0
    for kind, body in records(stream):
        if kind == _OBJ and len(body) >= 6:
            shape = struct.unpack_from("<H", body, 4)[0]
        if told := _told(kind, body, shape):
            found[told] += 1
    return found


def _told(kind: int, body: bytes, shape: int) -> tuple[str, str] | None:
    if kind in _SIMPLE:
        return _SIMPLE[kind], ""
    if kind == _DV:
        return _choices(body)
    return (name, "") if (name := _named(kind, body, shape)) else None


def _named(kind: int, body: bytes, shape: int) -> str:
    if kind == _OBJ:
        return "image" if shape == _PICTURE else "control" if shape in _CONTROLS else ""
    if kind == _TXO and len(body) >= 12:
        return "drawing-text" if shape != _NOTE and struct.unpack_from("<H", body, 10)[0] else ""
    if kind == _SUPBOOK and len(body) >= 4:
        own = struct.unpack_from("<H", body, 2)[0] in (0x0401, 0x3A01)  # this book, add-in functions
        return "" if own else "external-link"
    if kind == _NAME and len(body) >= 2:
        return "defined-name" if _telling(body) else ""
    if kind == _BOUNDSHEET and len(body) >= 6:
        return "macro" if body[5] in (1, 6) else ""
    if kind == _HLINK:
        file = _FILE_MONIKER in body or "file:".encode("utf-16-le") in body
        return "file-link" if file else ""
    return ""


def _telling(body: bytes) -> bool:
    """A name that is hidden, or that holds a text instead of an address; names of Excel's own are neither."""
    flags, length = struct.unpack_from("<HxB", body) if len(body) > 14 else (0x20, 0)
    if flags & 0x20:
        return False
    formula = 15 + length * (1 + (body[14] & 1))
    return bool(flags & 1) or body[formula : formula + 1] == b"\x17"


def _choices(body: bytes) -> tuple[str, str] | None:
    """A list of literal choices (``fStrLookup``); ``plain`` when they are words of a form."""
    if len(body) < 4 or struct.unpack_from("<I", body)[0] & 0x8F != 0x83:
        return None
    return "validation-list", "plain" if plain(_literal(body), ()) else ""


def _literal(body: bytes) -> str:
    """The choices of a DV record, comma-separated; a text that is not plain when the record cannot be read."""
    try:
        at = 4
        for _ in range(4):  # titles and texts of prompt and error
            _, at = _text(body, at, "<H")
        size, token = struct.unpack_from("<HxxB", body, at)
        text, _ = _text(body, at + 5, "<B")
        return text.replace("\0", ",") if size and token == 0x17 else "?" * 99
    except (struct.error, UnicodeDecodeError):
        return "?" * 99


def _text(body: bytes, at: int, width: str) -> tuple[str, int]:
    count = struct.unpack_from(width, body, at)[0]
    at += struct.calcsize(width)
    wide = body[at] & 1 if at < len(body) else 0
    end = at + 1 + count * (2 if wide else 1)
    return body[at + 1 : end].decode("utf-16-le" if wide else "latin-1"), end
