"""Reading a *typed* value (date, number, phone …) regardless of width: never used to write free text or names."""

from __future__ import annotations

import re

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if code != 0xFF5E}
_WIDE_ALNUM = {code: small for code, small in _WIDE.items() if chr(small).isalnum()}
_SPACES = dict.fromkeys(map(ord, "\u3000\u00a0\u2002\u2003\u2005\u2009\u200a\u202f\t\r\n\v\f"), " ")
_INVISIBLE = dict.fromkeys((0x200B, 0xFEFF, 0x2060))
_FOLD = {**_WIDE, **_SPACES, **_INVISIBLE, ord("￥"): "¥"}

#: every sign people type for a hyphen or a minus, the long vowel mark (U+30FC, U+FF70) included
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff70\u2500\u2501\ufe63"
#: "from … to": wave dash, full-width tilde, tilde
WAVES = "〜～~"
_TO_HYPHEN = dict.fromkeys(map(ord, DASHES), "-")


def fold(text: str) -> str:
    """ASCII for full-width ASCII (～ stays), one blank for any space or line break, no invisible marks, trimmed."""
    return re.sub(" +", " ", text.translate(_FOLD)).strip()


def fold_alnum(text: str) -> str:
    """Half-width letters and digits; signs keep their width."""
    return text.translate(_WIDE_ALNUM)


def hyphens(text: str) -> str:
    """Every dash-like sign becomes ``-``."""
    return text.translate(_TO_HYPHEN)
