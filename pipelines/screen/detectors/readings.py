"""Names as they are read: in katakana and in Hepburn romaji (match keys only).

``readings.tsv`` holds the katakana readings of IPADIC's personal names (text, bits: 1 姓, 2 名); romaji is compared
after folding what people spell differently (ou, oo, oh, o and double letters).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

LIST = Path(__file__).parent / "readings.tsv"
_KANA = re.compile(r"([ァ-ヺー]{2,7})[ ・=]([ァ-ヺー]{2,7})")
_ROMAJI = re.compile(r"([A-Za-z]{2,12})[ ,.]{1,2}([A-Za-z]{2,12})")
_HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_ROWS = {
    "": "アイウエオ", "k": "カキクケコ", "s": "サシスセソ", "t": "タチツテト", "n": "ナニヌネノ", "h": "ハヒフヘホ",
    "m": "マミムメモ", "r": "ラリルレロ", "g": "ガギグゲゴ", "z": "ザジズゼゾ", "d": "ダヂヅデド", "b": "バビブベボ",
    "p": "パピプペポ",
}  # fmt: skip
_SOUNDS = {kana: row + vowel for row, kanas in _ROWS.items() for vowel, kana in zip("aiueo", kanas, strict=True)}
_SOUNDS |= {"シ": "shi", "チ": "chi", "ツ": "tsu", "フ": "fu", "ジ": "ji", "ヂ": "ji", "ヅ": "zu"}
_SOUNDS |= {"ヤ": "ya", "ユ": "yu", "ヨ": "yo", "ワ": "wa", "ヲ": "o", "ン": "n", "ヴ": "v", "ー": ""}
_SMALL = {"ャ": "ya", "ュ": "yu", "ョ": "yo"}
_LONG = re.compile(r"([aiueo])(?:h(?![aiueo])|\1)|(?<=o)u|m(?=[bp])")


def is_kana_name(text: str) -> bool:
    """姓 and 名 in kana, both words known as such (``サトウ ハナコ``; hiragana too)."""
    words = _KANA.fullmatch(text.translate(_HIRAGANA))
    return words is not None and _bits().get(words[1], 0) & 1 == 1 and _bits().get(words[2], 0) & 2 == 2


def may_be_kana_name(text: str) -> bool:
    """Two words in kana of which one is known in its place: enough right after a word that calls a person."""
    words = _KANA.fullmatch(text.translate(_HIRAGANA))
    return words is not None and (_bits().get(words[1], 0) & 1 == 1 or _bits().get(words[2], 0) & 2 == 2)


def is_joined_kana_name(text: str) -> bool:
    """姓 and 名 in katakana without a space between them: some cut leaves two words known in their places."""
    known = _bits()
    cuts = range(2, len(text) - 1) if re.fullmatch("[ァ-ヺー]{4,12}", text) else ()
    return any(known.get(text[:cut], 0) & 1 and known.get(text[cut:], 0) & 2 for cut in cuts)


def is_romaji_name(text: str) -> bool:
    """``Hanako SATO`` or ``Satō, Hanako``: one word known as 姓, the other as 名."""
    words = _ROMAJI.fullmatch(text)
    if words is None:
        return False
    one, other = (_spelt().get(_key(word), 0) for word in words.groups())
    return bool((one & 1 and other & 2) or (one & 2 and other & 1))


def may_be_romaji_name(text: str) -> bool:
    """Two words in romaji of which one is known as 姓: enough right after a word that calls a person."""
    words = _ROMAJI.fullmatch(text)
    return words is not None and any(_spelt().get(_key(word), 0) & 1 for word in words.groups())


def romaji(kana: str) -> str:
    """Hepburn for katakana, long vowels folded: ``オオクボ`` → ``okubo``."""
    text = ""
    for n, mark in enumerate(kana):
        if mark in _SMALL:
            stem = text[:-1]
            text = stem + (_SMALL[mark][1:] if stem.endswith(("sh", "ch", "j")) else _SMALL[mark])
        elif mark == "ッ":
            following = _SOUNDS.get(kana[n + 1 : n + 2], "")
            text += following[:1]
        else:
            text += _SOUNDS.get(mark, "")
    return _key(text)


def _key(word: str) -> str:
    return _LONG.sub(lambda m: m[1] or ("n" if m[0] == "m" else ""), word.lower())


def ready() -> None:
    """Raise when the list is not there or not whole; reading it waits until a name could be in it."""
    if LIST.stat().st_size < 200_000:
        raise FileNotFoundError("readings.tsv is not whole")


@cache
def _bits() -> dict[str, int]:
    ready()
    lines = LIST.read_text(encoding="utf-8").split("\n")
    return {kana: int(bits) for kana, _, bits in (line.partition("\t") for line in lines)}


@cache
def _spelt() -> dict[str, int]:
    spelt: dict[str, int] = {}
    for kana, bits in _bits().items():
        key = romaji(kana)
        spelt[key] = spelt.get(key, 0) | bits
    return spelt
