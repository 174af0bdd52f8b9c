"""Yes or no: canonical ``true`` and ``false``.  Marks that mean a degree (△ ◎) are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.folding import fold
from pipelines.cleaning.marks import instead_of_value
from pipelines.cleaning.texts import widen_kana

_TRUE = frozenset(
    [
        *"○〇◯⭕✓✔☑有可要済丸レ1yt",
        "true",
        "yes",
        "on",
        "1.0",
        "あり",
        "アリ",
        "有り",
        "有る",
        "ある",
        "はい",
        "まる",
        "該当",
        "該当する",
        "該当あり",
        "可能",
        "対応",
        "対応可",
        "設置",
        "設置あり",
        "利用可",
        "利用可能",
        "実施",
        "有。",
    ]
)
_FALSE = frozenset(
    [
        *"×✕✖✗✘❌╳☐無不否未0nf",
        "false",
        "no",
        "off",
        "0.0",
        "なし",
        "ナシ",
        "無し",
        "無い",
        "ない",
        "いいえ",
        "ばつ",
        "バツ",
        "非該当",
        "該当しない",
        "該当なし",
        "不可",
        "不可能",
        "非対応",
        "未対応",
        "対応不可",
        "未設置",
        "設置なし",
        "利用不可",
        "不要",
        "未実施",
        "無。",
    ]
)


def clean_bool(text: str, context: Mapping[str, Any]) -> Cleaned:
    """○ 有 あり 可 1 → true, × 無 なし 否 0 → false; ``x``, ``O`` and ● with a warning; ``-`` is no answer."""
    folded = fold(widen_kana(text)).strip("\ufe0e\ufe0f").lower()
    if folded in _TRUE:
        return ok("true", None if text == "true" else "truth-mark")
    if folded in _FALSE:
        return ok("false", None if text == "false" else "truth-mark")
    if folded == "●":
        return warn("true", "filled_circle", rule="truth-mark")
    if folded in ("x", "o"):
        return warn("true" if folded == "o" else "false", "latin_letter", rule="truth-mark")
    return instead_of_value(text) or error("not_boolean")
