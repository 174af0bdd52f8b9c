"""Match keys: the folded shadow of a value that detectors read.  Values themselves are never changed (decision 5).

Folding may be rough, because nothing folded is ever published: full width becomes half width, all hyphens one hyphen,
line breaks and runs of space one space, invisible characters vanish, variants of name characters come together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\u2501\ufe58\ufe63\uff0d\u00ad\u2043\u30a0"
#: zero width, joiners, direction marks, variation selectors, the byte order mark
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe00-\ufe0f\U000e0100-\U000e01ef\u00ad]")
#: the same as ranges of UTF-16 code units (0xdb40 begins what is past the first plane)
_INVISIBLE_RANGES = (
    (0xAD, 0xAD), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2069), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xDB40, 0xDB40),
)  # fmt: skip
#: every character may be there
_ANY = b"\x01" * 0x10000
#: what folding itself may put into a text
_MADE = "0123456789- \n崎"
#: 﨑 is outside the range of kanji that patterns name, so it is folded before they look
_TABLE = {c: "-" for c in _HYPHENS if c != "\u00ad"} | {"\ufa11": "崎"}
#: what is space beside the space itself once NFKC has been applied
_OTHER_SPACES = "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u1680\u2028\u2029"
_OTHER_SPACE = re.compile(f"[{_OTHER_SPACES}]")
_SHORT = 200
_FEW = 4_000
_SPACES = re.compile(r"[^\S\x00]+")
_LONG_MARK = re.compile(r"[ー一~](?<=[0-9].)(?=[0-9])")  # the marks first: a search that begins with a set is quick
_KANJI_RUN = re.compile(r"[〇零一二三四五六七八九][〇零一二三四五六七八九 \-ー・./]{5,}[〇零一二三四五六七八九]")
#: seven digits or more, each by itself: ``1 2 3 4 5 6 7``, ``1・2・3・4・5・6・7``
_ONE_BY_ONE = re.compile(r"[0-9](?:[ ・][0-9](?![0-9])){6,}")
_KANJI_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_VARIANTS = str.maketrans(
    "髙﨑邊邉濱濵嶋嶌澤齋齊斉廣櫻國眞惠瀨德羽隆神福祥靖館都", "高崎辺辺浜浜島島沢斎斎斎広桜国真恵瀬徳羽隆神福祥靖館都"
)


def fold_values(values: Iterable[str]) -> str:
    """Fold many values in one go: one line per value, in order (so the n-th line is the n-th value's key)."""
    return fold_lines(values)[0]


def fold_lines(values: Iterable[str]) -> tuple[str, bytes]:
    """The same, and which characters may occur in it: per UTF-16 code unit 1 or 0; nothing for a short text."""
    values = tuple(values)
    joined = "\x00".join(values)
    if joined.count("\x00") != max(0, len(values) - 1):
        joined = "\x00".join([value.replace("\x00", " ") for value in values])
    if joined.isascii() or len(joined) < _FEW:
        return _folded(joined).replace("\x00", "\n"), b""
    joined = unicodedata.normalize("NFKC", joined)
    there = _units_of(joined)
    text = _spaced(_folded_characters(joined, bytes(there)))
    for mark in _MADE:
        there[ord(mark)] = 1
    return text.replace("\x00", "\n"), bytes(there)


def _units_of(text: str) -> bytearray:
    import numpy as np

    there = np.zeros(0x10000, dtype=np.uint8)
    there[np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype=np.uint16)] = 1
    return bytearray(there)


def fold(value: str) -> str:
    """The match key of one value; one line, no leading or trailing space."""
    return _folded(value.replace("\x00", " ")).strip()


def fold_heading(label: str) -> str:
    """The match key of a heading: folded, lower case, no space at all (``個 人\\n番号`` → ``個人番号``)."""
    return fold(label).replace(" ", "").lower()


def fold_name(value: str) -> str:
    """The key under which variants of one name character meet (髙→高, 渡邊→渡辺); spaces gone."""
    return fold(value).replace(" ", "").translate(_VARIANTS)


def _folded(text: str) -> str:
    return _spaced(text if text.isascii() else _folded_characters(unicodedata.normalize("NFKC", text), _ANY))


def _folded_characters(text: str, there: bytes) -> str:
    """``there`` says which characters the text may hold: what is not there need not be looked for."""
    if any(1 in there[first : last + 1] for first, last in _INVISIBLE_RANGES):
        text = _INVISIBLE.sub("", text)
    for mark, plain in _TABLE.items():
        if there[ord(mark)] and mark in text:
            text = text.replace(mark, plain)
    if any(there[code] for code in _KANJI_DIGITS):
        text = _KANJI_RUN.sub(lambda m: m.group().translate(_KANJI_DIGITS), text)
    return _LONG_MARK.sub("-", text) if any(there[ord(mark)] for mark in "ー一~") else text


def _spaced(text: str) -> str:
    if "  " in text or _odd_space(text):
        text = _SPACES.sub(" ", text)
    return _joined_digits(text)


def _odd_space(text: str) -> bool:
    """Whether a space stands there that is no plain one; looking for each in turn is quicker once a text is long."""
    if len(text) < _SHORT:
        return _OTHER_SPACE.search(text) is not None
    return any(mark in text for mark in _OTHER_SPACES)


def _joined_digits(text: str) -> str:
    if " " not in text and "・" not in text:
        return text
    return _ONE_BY_ONE.sub(_without_gaps, text)


def _without_gaps(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 2) : match.start()]
    whole = not before[-1:].isdecimal() and not (before[:1].isdecimal() and before[1:] in (" ", "・"))
    return match.group().replace(" ", "").replace("・", "") if whole else match.group()
