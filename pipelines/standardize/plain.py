"""Texts that are plainly in their canonical form already: the cleaner would answer ok and change nothing.

Only a short cut.  Every pattern accepts less than its cleaner does, so leaving this module out changes no result
(a test compares the two).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = r"0-9A-Za-zぁ-んァ-ヶー々〆〇\u4e00-\u9fff（）「」、。・\-"
PATTERNS = {
    "text": rf"[{_WORD}]+(?:[ \u3000]+[{_WORD}]+)*",
    "kana": r"[ァ-ヴ][ァ-ヴー・]*",
    "latitude": r"(?:2[1-9]|3\d|4[0-5])\.\d{3,15}",
    "longitude": r"(?:12[2-9]|13\d|14\d|15[0-3])\.\d{3,15}",
    "integer": r"0|[1-9]\d{0,8}",
    "number": r"(?:0|[1-9]\d{0,8})(?:\.\d{1,6})?",
    "time": r"(?:[01]\d|2[0-3]):[0-5]\d",
    "code": r"[0-9A-DF-Za-df-z]{1,30}",
}
_MATCHES = {kind: re.compile(pattern, re.ASCII).fullmatch for kind, pattern in PATTERNS.items()}


def not_plain(kind: str, values: Iterable[str]) -> list[int]:
    """The positions of the values that have to go through the cleaner."""
    match = _MATCHES.get(kind)
    if match is None:
        return [i for i, value in enumerate(values) if value]
    return [i for i, value in enumerate(values) if value and not match(value)]
