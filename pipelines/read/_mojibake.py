"""Text that was decoded the wrong way once already, and UTF-8 pieces inside a CP932 file.

Both show as rare kanji or accented letters that turn into everyday Japanese when they are read the other way; what
turns into nothing sensible is left alone.
"""

from __future__ import annotations

import re

#: kanji and half-width kana that UTF-8 bytes become in CP932, letters that they become in Windows-1252
SIGNS = re.compile(
    "[縺繝蜷蜈荳逡譛蛟螟蟶莠螳蠎譁隧驛髮閾逕讖遉遞邱驕鬧][^ -~]|"
    "[ãäåæçèé][\x80-\xbf\u0152-\u0178\u02c6\u02dc\u2013-\u2122]"
)
#: two or more kana or kanji as UTF-8
_UTF8 = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf][\x80-\xbf]){2}")
_CELL = re.compile(rb'[,\t\r\n"]')


def meant(text: str) -> str | None:
    """What the text said before it was decoded the wrong way; None when it seems to be sound."""
    sign = SIGNS.search(text)
    if sign is None:
        return None
    for codec in ("cp932",) if ord(sign.group()[0]) > 0x2FFF else ("cp1252", "latin-1"):
        try:
            data = text.encode(codec)
        except UnicodeEncodeError:
            data = b"".join(_byte(character, codec) for character in text)
        found = data.decode("utf-8", "replace")
        japanese = sum(1 for character in found if "\u3041" <= character <= "\u9fff")
        if japanese >= 2 and found.count("\ufffd") <= 0.34 * len(found) and len(found) < len(text):
            return found
    return None


def _byte(character: str, codec: str) -> bytes:
    """The character's bytes; a control that Windows-1252 leaves undefined stands for itself."""
    try:
        return character.encode(codec)
    except UnicodeEncodeError:
        return bytes([ord(character)]) if ord(character) < 0x100 else b"?"


def utf8_inside(data: bytes) -> int | None:
    """The first byte of a cell that is UTF-8 in a file that reads as CP932; None when there is no such cell."""
    position = 0
    while (found := _UTF8.search(data, position)) is not None:
        start = max((end.end() for end in _CELL.finditer(data, max(0, found.start() - 400), found.start())), default=0)
        end = _CELL.search(data, found.end())
        cell = data[start : end.start() if end else len(data)]
        try:
            text = cell.decode("utf-8")
        except UnicodeDecodeError:
            position = found.end()
            continue
        if sum(1 for character in text if "\u3041" <= character <= "\u9fff") >= 2:
            return start
        position = found.end()
    return None
