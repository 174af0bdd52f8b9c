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
#: whole patterns that cannot be said piece by piece
_KNOWN = {
    r"-?\d+(\.\d+)?": "半角の数値（単位やカンマなし）",
    r"\d{4}-?\d{3}": "半角数字7桁",
    r"(([01]\d|2[0-3]):[0-5]\d|24:00)": "24時間表記の時:分（半角、00:00～24:00）",
    r"(2\d|3\d|4[0-6])(\.\d+)?": "世界測地系の緯度を度の小数（半角、20～46）",
    r"(12[2-9]|13\d|14\d|15[0-4])(\.\d+)?": "世界測地系の経度を度の小数（半角、122～154）",
}
_PIECE = re.compile(
    r"(?P<set>\\d|\[[^\]\\^]+\])(?:\{(?P<low>\d+)(?P<to>,(?P<high>\d*))?\}|(?P<many>[+*]))?|(?P<text>\\[^\w]|[^\\\[\](){}?*+|^$.])"
)


def in_words(pattern: str) -> str:
    """``\\d{6}`` → 半角数字6桁, ``[0-9]{2}:[0-9]{2}`` → 半角数字2桁「:」半角数字2桁; ``""`` when it cannot be said."""
    body = re.sub(r"^\^|\$$|^\(\?:(.*)\)$", r"\1", pattern)
    if body in _KNOWN:
        return _KNOWN[body]
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
