"""What stands in a cell instead of a value: nothing, a statistical symbol, a spreadsheet's error, bad characters."""

from __future__ import annotations

import re

from pipelines.cleaning.cleaned import Cleaned, error, warn
from pipelines.cleaning.folding import DASHES, fold

#: Legends of the prefectures' statistical yearbooks agree on these; a column's own legend comes first (``legend=``).
_NONE = {"なし", "無し", "該当なし", "該当無し", "皆無", "該当なし。", "なし。"}
_UNKNOWN = {"…", "...", "‥", "..", "・・・", "･･･", "……", "不明", "不詳", "未詳", "未調査"}
_SUPPRESSED = {"x", "X", "χ", "Χ", "秘匿", "非公開", "非公表"}
_NOT_OBTAINED = {"***", "**", "*"}

_EXCEL_ERRORS = {
    "#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
    "#CONNECT!", "#GETTING_DATA", "#UNKNOWN!", "#BUSY!", "#EXTERNAL!", "#PYTHON!",
}  # fmt: skip
_ONLY_DASHES = re.compile(f"[{re.escape(DASHES)}]{{1,3}}")


def instead_of_value(text: str, *, letters: bool = False) -> Cleaned | None:
    """``-`` or なし (nothing), … or 不明 (not known), ``***`` (not obtained), with ``letters`` x; or None."""
    folded = fold(text)
    if _ONLY_DASHES.fullmatch(folded) or folded in _NONE:
        return warn(None, "none_or_na", rule="symbol-to-blank", symbol=folded)
    if folded in _UNKNOWN:
        return warn(None, "not_available", rule="symbol-to-blank", symbol=folded)
    if folded in _NOT_OBTAINED:
        return warn(None, "not_obtained", rule="symbol-to-blank", symbol=folded)
    if folded in _SUPPRESSED and (letters or len(folded) > 1):
        return warn(None, "suppressed", rule="symbol-to-blank", symbol=folded)
    return None


_HOSTILE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069"
    "\ue000-\uf8ff\ufffd\ufffe\uffff\ufdd0-\ufdef\ud800-\udfff\U000f0000-\U0010ffff]"
)


def hostile(text: str) -> Cleaned | None:
    """An error naming the first character that must never be published (NUL, control, bidi, 外字, U+FFFD), or None."""
    match = _HOSTILE.search(text)
    if match is None:
        return None
    code = ord(match[0])
    return error(_hostile_flag(code), codepoint=f"U+{code:04X}")


def _hostile_flag(code: int) -> str:
    if code == 0:
        return "nul"
    if code < 0xA0:
        return "control_char"
    if code == 0xFFFD:
        return "replacement_char"
    if code < 0x3000:
        return "bidi_control"
    if 0xD800 <= code <= 0xDFFF:
        return "surrogate"
    if 0xE000 <= code <= 0xF8FF or code >= 0xF0000:
        return "private_use"
    return "noncharacter"


def excel_error(text: str) -> Cleaned | None:
    """An error when the cell shows a spreadsheet's own error value, else None."""
    if "#" not in text and "＃" not in text:
        return None
    folded = fold(text).upper()
    return error("excel_error") if folded in _EXCEL_ERRORS or re.fullmatch("#{3,}", folded) else None
