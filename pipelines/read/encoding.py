"""Bytes → text: BOM, then strict UTF-8, then strict CP932, then EUC-JP by score; never a guess, never a repair.

Names: ``utf-8``, ``utf-8-bom``, ``utf-16``, ``cp932``, ``euc_jp``, ``iso2022_jp``.  Python's cp932 silently decodes
0x80, 0xA0 and 0xFD–0xFF, which are no CP932 characters; they are refused here.  Private-use characters (gaiji) decode
and are reported later with their cell.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from pipelines.read._mojibake import utf8_inside

_NOT_CP932 = re.compile("[\x80\xa0\uf8f0-\uf8f3]")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
MIXED = "Shift_JIS と UTF-8 の文字が混ざっています"
_ESCAPES = re.compile(rb"\x1b(?:\$[@B]|\([BJI])")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text without its BOM, and the encoding's name."""

    text: str
    encoding: str


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Why no encoding fits: ``offset`` is the first byte (0-based) that the most likely encoding cannot read."""

    offset: int
    detail: str


def decode(data: bytes, encoding: str | None = None) -> Decoded | Undecodable:
    """The text of a whole file.  ``encoding`` (from dataset.yaml) replaces the search but is as strict."""
    if encoding is not None:
        return _stated(data, encoding)
    if data.startswith(codecs.BOM_UTF8):
        return _strict(data[3:], "utf-8", "utf-8-bom", 3)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strict(data, "utf-16", "utf-16", 0)
    if b"\x1b" in data and _ESCAPES.search(data) and data.isascii():
        return _strict(data, "iso2022_jp", "iso2022_jp", 0)
    try:
        if b"\x00" not in data:
            return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as failure:
        return _japanese(data, failure)
    return _with_nul(data)


def _stated(data: bytes, encoding: str) -> Decoded | Undecodable:
    name = encoding.lower().replace("_", "-")
    if name in ("utf-8", "utf-8-sig", "utf-8-bom", "utf8"):
        bom = data.startswith(codecs.BOM_UTF8)
        return _strict(data[3:] if bom else data, "utf-8", "utf-8-bom" if bom else "utf-8", 3 if bom else 0)
    if name in ("cp932", "shift-jis", "sjis", "ms932", "windows-31j"):
        return _cp932(data)
    try:
        known = codecs.lookup(encoding).name
    except LookupError:
        return Undecodable(0, f"文字コード名「{encoding}」を知りません")
    return _strict(data, known, known, 0)


def _strict(data: bytes, codec: str, name: str, skipped: int) -> Decoded | Undecodable:
    try:
        return Decoded(data.decode(codec), name)
    except UnicodeError as failure:
        start = skipped + (failure.start if isinstance(failure, UnicodeDecodeError) else 0)
        return Undecodable(start, f"{name} として {start + 1} バイト目が読めません")


def _japanese(data: bytes, utf8: UnicodeDecodeError) -> Decoded | Undecodable:
    """CP932 or EUC-JP.  When both read every byte, the text with more everyday kana and kanji wins."""
    cp932 = _cp932(data)
    if _damaged_utf8(data, utf8.start):
        return _undecodable(data, utf8, Undecodable(0, "cp932"))
    euc = _strict(data, "euc_jp", "euc_jp", 0)
    if isinstance(cp932, Decoded):
        if isinstance(euc, Decoded) and _score(euc.text) > _score(cp932.text):
            return euc
        return cp932
    if isinstance(euc, Decoded) and _score(euc.text) > 0:
        return euc
    return _undecodable(data, utf8, cp932)


def _damaged_utf8(data: bytes, end: int) -> bool:
    """Kana and kanji stand in UTF-8 before the first bad byte: the file is UTF-8, cut or mixed, and must not be read
    as CP932, which would decode almost any bytes to rare kanji."""
    read = data[:end].decode("utf-8", "ignore")
    return sum(1 for character in read if "\u3041" <= character <= "\u9fff") >= 2


def _undecodable(data: bytes, utf8: UnicodeDecodeError, cp932: Undecodable) -> Undecodable:
    """Name the encoding that got furthest: a UTF-8 file cut in its last character must not be called CP932."""
    if utf8.start >= cp932.offset or _mostly_utf8(data, utf8.start):
        line = data.count(b"\n", 0, utf8.start) + 1
        if len(data) - utf8.start < 4 and utf8.reason == "unexpected end of data":
            return Undecodable(utf8.start, f"UTF-8 ですが、最後の文字の途中({utf8.start + 1} バイト目)で切れています")
        return Undecodable(utf8.start, f"UTF-8 として {line} 行目({utf8.start + 1} バイト目)が読めません")
    line = data.count(b"\n", 0, cp932.offset) + 1
    if cp932.detail == MIXED:
        return Undecodable(cp932.offset, f"Shift_JIS のファイルの {line} 行目に UTF-8 の文字が混ざっています")
    byte = data[cp932.offset]
    detail = f"Shift_JIS として {line} 行目({cp932.offset + 1} バイト目、0x{byte:02X})が読めません"
    return Undecodable(cp932.offset, detail)


def _mostly_utf8(data: bytes, end: int) -> bool:
    return end > 0 and not data[:end].isascii()


def _cp932(data: bytes) -> Decoded | Undecodable:
    try:
        text = data.decode("cp932")
    except UnicodeDecodeError as failure:
        return Undecodable(failure.start, "cp932")
    stray = _NOT_CP932.search(text)
    if stray is not None:
        return Undecodable(len(text[: stray.start()].encode("cp932")), "cp932")
    other = utf8_inside(data)
    return Decoded(text, "cp932") if other is None else Undecodable(other, MIXED)


def _score(text: str) -> float:
    """How Japanese a text looks, per character: kana and level-1 kanji for, half-width kana and rare kanji against."""
    total = score = 0
    for character in text[:200_000]:
        code = ord(character)
        if code < 0x80:
            continue
        total += 1
        if 0x3041 <= code <= 0x30FF:
            score += 2
        elif 0xFF61 <= code <= 0xFF9F or 0xE000 <= code <= 0xF8FF:
            score -= 2
        elif 0x4E00 <= code <= 0x9FFF:
            score += 1 if _common_kanji(character) else -1
    return score / total if total else 0.0


def _common_kanji(character: str) -> bool:
    try:
        return character.encode("euc_jp")[0] < 0xD0
    except UnicodeEncodeError:
        return False


def _with_nul(data: bytes) -> Decoded | Undecodable:
    """UTF-16 without BOM only if every NUL stands on one side and the text is clean; else UTF-8 with its NULs."""
    for codec, side in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(data) % 2 == 0 and data[1 - side :: 2].count(0) == 0 and data[side::2].count(0) >= 2:
            try:
                text = data.decode(codec)
            except UnicodeDecodeError:
                continue
            if ("\n" in text or "\r" in text) and not _PRIVATE.search(text) and "\x00" not in text:
                return Decoded(text, "utf-16")
    decoded = _strict(data, "utf-8", "utf-8", 0)
    return decoded if isinstance(decoded, Decoded) else _cp932_or(decoded, data)


def _cp932_or(failure: Undecodable, data: bytes) -> Decoded | Undecodable:
    decoded = _cp932(data)
    return decoded if isinstance(decoded, Decoded) else failure
