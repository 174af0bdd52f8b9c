"""Readings (名称_カナ): full-width katakana."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.marks import instead_of_value
from pipelines.cleaning.texts import verbatim_text

_HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)} | {0x309D: 0x30FD, 0x309E: 0x30FE}
_DASH = re.compile("(?<=[ァ-ヺー])[‐‑‒–—―−－─-]+(?![0-9A-Za-z‐‑‒–—―−－─-])")
_KANA = re.compile(r"[ァ-ヺーヽヾ・\s\u3000（）()「」、。〜～&＆･'’-]+")
_MIXED = re.compile(r"[ァ-ヺーヽヾ・\s\u3000（）()「」、。〜～&＆･'’0-9A-Za-z.,/%+#!?！？：:＿_－-]+")


def clean_kana(text: str, context: Mapping[str, Any]) -> Cleaned:
    """Half-width kana and hiragana become full-width katakana; Latin letters and digits stay with a warning."""
    if mark := instead_of_value(text):
        return mark
    plain = verbatim_text(text)
    value = plain.translate(_HIRAGANA)
    value = _DASH.sub(lambda run: "ー" * len(run[0]), value)
    rule = "katakana" if value != plain else "text" if plain != text else None
    if not value:
        return ok(None, rule)
    if _KANA.fullmatch(value) and re.search("[ァ-ヺ]", value):
        return ok(value, rule)
    if _MIXED.fullmatch(value) and re.search("[ァ-ヺ0-9A-Za-z]", value):
        return warn(value, "mixed_kana", rule=rule)
    return error("not_kana")
