"""Yes or no: canonical ``true`` and ``false``.  Marks that mean a degree (△ ◎) are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.folding import fold
from pipelines.cleaning.marks import instead_of_value

_TRUE = set("○〇◯⭕✓✔☑有可要済") | {
    "1", "true", "yes", "y", "on", "t", "あり", "有り", "有る", "ある", "はい", "該当", "該当する", "該当あり", "可能", "可能です", "対応",
    "設置", "設置あり", "丸", "まる", "利用可", "利用可能", "レ", "有。", "対応可", "実施",
}  # fmt: skip
_FALSE = set("×✕✖✗✘❌╳☐無不否未") | {
    "0", "false", "no", "n", "off", "f", "なし", "無し", "無い", "ない", "いいえ", "非該当", "該当なし", "該当しない", "不可", "不可能",
    "未対応", "未設置", "設置なし", "ばつ", "バツ", "不要", "利用不可", "無。", "対応不可", "未実施", "非対応",
}  # fmt: skip


def clean_bool(text: str, context: Mapping[str, Any]) -> Cleaned:
    """○ 有 あり 可 1 → true, × 無 なし 否 0 → false; ``x``, ``O`` and ● with a warning; ``-`` is no answer."""
    folded = fold(text).strip("\ufe0e\ufe0f").lower()
    if folded in _TRUE:
        return ok("true", None if text == "true" else "truth-mark")
    if folded in _FALSE:
        return ok("false", None if text == "false" else "truth-mark")
    if folded == "●":
        return warn("true", "filled_circle", rule="truth-mark")
    if folded in ("x", "o"):
        return warn("true" if folded == "o" else "false", "latin_letter", rule="truth-mark")
    return instead_of_value(text) or error("not_boolean")
