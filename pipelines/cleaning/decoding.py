"""Bytes to text by strict rules on the whole: BOM, UTF-8, CP932, EUC-JP by a kana score; no guessing library."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok
from pipelines.cleaning.marks import hostile

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_JAPANESE = re.compile("[ぁ-んァ-ヶー一-龠、。]")
_HALF_KANA = re.compile("[｡-ﾟ]")


def clean_decode(text: str, context: Mapping[str, Any]) -> Cleaned:
    """Bytes given as hexadecimal text → the text they are; ``parts["encoding"]``."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return error("not_hexadecimal")
    encoding, decoded = _decoded(raw)
    if decoded is None:
        return error(encoding)
    if "\ufeff" in decoded:
        return error("bom_in_middle")
    return hostile(decoded) or ok(decoded, "decoded", encoding=encoding)


def _decoded(raw: bytes) -> tuple[str, str | None]:
    """(encoding, text), or (flag, None)."""
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            text = _try(raw, encoding)
            return (encoding, text) if text is not None else (_why(raw, encoding), None)
    for encoding in ("ascii", "utf-8"):
        if (text := _try(raw, encoding)) is not None:
            return "utf-8", text
    if raw.count(0) * 4 > len(raw):
        return "undecodable", None  # UTF-16 without a BOM: not ours to guess
    if _truncated(raw, "utf-8") and any(byte >= 0x80 for byte in raw[:-3]):
        return "truncated_multibyte", None
    return _legacy(raw)


def _legacy(raw: bytes) -> tuple[str, str | None]:
    cp932, euc = _cp932(raw), _try(raw, "euc_jp")
    if cp932 is not None and euc is not None:
        return ("euc_jp", euc) if _score(euc) > _score(cp932) else ("cp932", cp932)
    if _mixed(raw):
        return "mixed_encoding", None
    if cp932 is not None:
        return "cp932", cp932
    if euc is not None and _score(euc) > 0:
        return "euc_jp", euc
    return ("truncated_multibyte" if _truncated(raw, "cp932") else "undecodable"), None


def _try(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _cp932(raw: bytes) -> str | None:
    """Strict CP932: Python maps the undefined single bytes 80, A0, FD–FF to private characters; they are refused."""
    text = _try(raw, "cp932")
    if text is None or re.search("[\x80\uf8f0-\uf8f3]", text):
        return None
    return text


def _score(text: str) -> int:
    """Japanese as it is written, against the half-width kana that wrongly read double bytes turn into."""
    return len(_JAPANESE.findall(text)) - 2 * len(_HALF_KANA.findall(text))


def _truncated(raw: bytes, encoding: str) -> bool:
    """Only the last character is incomplete."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        decoder.decode(raw, final=False)
    except UnicodeDecodeError:
        return False
    return decoder.getstate()[0] != b""


def _why(raw: bytes, encoding: str) -> str:
    return "truncated_multibyte" if _truncated(raw, encoding) else "undecodable"


def _mixed(raw: bytes) -> bool:
    """Some lines are UTF-8 only, others CP932 only: files were pasted together."""
    lines = [line for line in raw.split(b"\n") if any(byte >= 0x80 for byte in line)]
    kinds = {
        "utf-8" if _try(line, "utf-8") is not None else "cp932" if _cp932(line) is not None else "" for line in lines
    }
    return kinds == {"utf-8", "cp932"}
