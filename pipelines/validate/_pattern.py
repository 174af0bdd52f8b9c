"""A pattern of a Table Schema in Japanese words, for the few forms that schemas really use; others stay unworded."""

from __future__ import annotations

import re

_CLASSES = {
    r"\d": "半角数字",
    "[0-9]": "半角数字",
    "[A-Z]": "半角の大文字",
    "[a-z]": "半角の小文字",
    "[A-Za-z]": "半角英字",
    "[a-zA-Z]": "半角英字",
    "[0-9A-Za-z]": "半角英数字",
    "[A-Za-z0-9]": "半角英数字",
    "[ァ-ヶー]": "全角カタカナ",
}
_PIECE = re.compile(
    r"(?P<set>\\d|\[[^\]\\^]+\])(?:\{(?P<low>\d+)(?P<to>,(?P<high>\d*))?\}|(?P<many>[+*]))?|(?P<text>\\[^\w]|[^\\\[\](){}?*+|^$.])"
)


def in_words(pattern: str) -> str:
    """``\\d{6}`` → 半角数字6桁, ``[0-9]{2}:[0-9]{2}`` → 半角数字2桁「:」半角数字2桁; ``""`` when it cannot be said."""
    body = re.sub(r"^\^|\$$|^\(\?:(.*)\)$", r"\1", pattern)
    words, at = "", 0
    while at < len(body):
        piece = _PIECE.match(body, at)
        if piece is None:
            return ""
        word = _word(piece)
        if not word:
            return ""
        words, at = words + word, piece.end()
    return words.replace("」「", "")


def _word(piece: re.Match[str]) -> str:
    if piece["text"]:
        return f"「{piece['text'].removeprefix(chr(92))}」"
    name = _CLASSES.get(piece["set"], "")
    if not name or piece["many"] == "*":
        return ""
    unit = "桁" if name == "半角数字" else "文字"
    if piece["many"]:
        return name
    low = piece["low"] or "1"
    if not piece["to"]:
        return f"{name}{low}{unit}"
    return f"{name}{low}～{piece['high']}{unit}" if piece["high"] else f"{name}{low}{unit}以上"
