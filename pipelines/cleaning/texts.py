"""Free text and names: the few changes that never change a word.

Allowed: BOM and zero-width space, outer blanks, line ends to LF, half-width kana to full width, full-width letters and
digits to half width, kana with a combining (han)dakuten, Kangxi radicals (with a warning).  Everything else stays:
no NFKC and no NFC (both change names of people and places), no ① ㈱ ℡ expansion, no dash unification, no IVS removal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, ok, warn
from pipelines.cleaning.folding import fold_alnum

_INVISIBLE = re.compile("[\u200b\ufeff\u2060\u00ad]|_x000[Dd]_")
_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_HALF_KANA = re.compile("[\uff61-\uff9f]+")
_VOICED = re.compile("[ぁ-ゖァ-ヺゝヽ][\u3099\u309a]")
_RADICAL = re.compile("[\u2f00-\u2fd5\u2e9f\u2ef3]")
_OUTER = " \t\n\u3000\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"


def clean_text(text: str, context: Mapping[str, Any]) -> Cleaned:
    """Text as it may be published, verbatim but for the changes named in this module."""
    changed = text
    rules: list[str] = []
    for rule, step in _STEPS:
        after = step(changed)
        if after != changed:
            rules.append(rule)
            changed = after
    value = changed or None
    names = "+".join(rules) or None
    if "kangxi-radical" in rules:
        return warn(value, "kangxi_radical", rule=names)
    return ok(value, names)


def verbatim_text(text: str) -> str:
    """The cleaned text alone, ``""`` when nothing is left."""
    return clean_text(text, {}).value or ""


def widen_kana(text: str) -> str:
    """ｶﾞ → ガ, ｡｢｣､ → 。「」、 ; nothing else changes."""
    if not _HALF_KANA.search(text):
        return text
    import jaconv

    return _HALF_KANA.sub(lambda run: str(jaconv.h2z(run[0], kana=True, ascii=False, digit=False)), text)


def _without_invisible(text: str) -> str:
    """Repeated, since taking one mark out may join another (``_x0\u200b00D_``)."""
    while (shorter := _INVISIBLE.sub("", text)) != text:
        text = shorter
    return text


def _compose(text: str) -> str:
    return _VOICED.sub(lambda pair: unicodedata.normalize("NFC", pair[0]), text)


def _radicals(text: str) -> str:
    return _RADICAL.sub(lambda sign: unicodedata.normalize("NFKC", sign[0]), text)


_STEPS = (
    ("full-width-alphanumeric", fold_alnum),
    ("invisible-mark", _without_invisible),
    ("line-end", lambda text: _LINE_END.sub("\n", text)),
    ("half-width-kana", widen_kana),
    ("combining-voiced-mark", _compose),
    ("kangxi-radical", _radicals),
    ("outer-blank", lambda text: text.strip(_OUTER)),
)
