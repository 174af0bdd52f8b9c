"""The choices of a data validation: words of a form, or something that nobody sees and nobody meant to publish."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = frozenset(
    """
    有 無 可 否 要 不要 済 未 あり なし 有り 無し はい いいえ ある ない 可能 不可 必要 不明
    その他 他 該当 非該当 該当なし
    男 女 男性 女性 公立 私立 公設 民設 公営 民営 市立 県立 国立 町立 病院 医院 公園 学校 会館 屋内 屋外
    全日 終日 通年 平日 土日
    月 火 水 木 金 土 日 祝 開館 休館 開設 閉鎖 新規 更新 廃止 継続 変更 完了 予定 実施 中止 芸能 歯科 薬局
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
_MARKS = re.compile(r"[○〇◯◎●×✕✖△▲□■☆★※\-ー―／/*?？!！A-Za-z0-9.,:% ]{1,12}")
#: endings of categories; names of people are shorter or end otherwise
_CATEGORY = re.compile(r".{2,}(?:園|所|院|館|校|室|場|店|局|型|式|類|級|品|物|財|術|用|制|区分|施設|設備|団体|その他)")
_BRACKETS = re.compile(r"[(（][^)）]*[)）]$")


def plain(formula: str, shown: Iterable[str]) -> bool:
    """True for ``"有,無"`` and the like: marks, form words, categories, and values that stand in the sheet anyway.

    ``formula`` is the list as the validation has it, quotes included; ``shown`` are the sheet's own texts.
    """
    standing = frozenset(shown)
    return all(_harmless(choice.strip(), standing) for choice in formula.strip().strip('"').split(","))


def _harmless(choice: str, standing: frozenset[str]) -> bool:
    if not choice or choice in standing or choice in _WORDS:
        return True
    if re.search(r"[0-9０-９]{4}", choice):
        return False
    if _MARKS.fullmatch(choice):
        return True
    bare = _BRACKETS.sub("", choice)
    return (bare != choice or len(choice) >= 4) and len(choice) <= 30 and bool(_CATEGORY.fullmatch(bare))
