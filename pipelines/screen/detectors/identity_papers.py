"""旅券番号 and 在留カード番号: two letters and seven digits; two letters, eight digits, two letters."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.screen.column import Column
from pipelines.screen.finding import HOLD, Detector, Finding, ScreenRules, finding
from pipelines.screen.looking import Table

_PASSPORT = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[ -]?[0-9]{7}(?![A-Za-z0-9])")
_PASSPORT_WHOLE = re.compile(r"^ ?[A-Z]{2}[0-9]{7} ?$", re.M)
_PASSPORT_HEAD = re.compile(r"旅券|パスポート|passport")
_PASSPORT_TEXT = re.compile(r"(?:旅券|パスポート|passport)[^0-9\n]{0,12}?[A-Za-z]{2}[ -]?[0-9]{7}(?![A-Za-z0-9])", re.I)
_CARD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[A-Za-z]{2}(?![A-Za-z0-9])")
_CARD_ROUGH = r"[A-Za-z]{2}[\s-]*(?:[0-9][\s-]*){8}[A-Za-z]{2}"
_CODES = re.compile(r"id|コード|code|管理番号|品番|型番|型式|製造|no\b|url|リンク|商品")
_FREE = re.compile(r"備考|メモ|摘要|その他|特記|注記|memo|note|comment|remark|相談")


def find_passport(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD by heading or word; without one in free-text columns, or where half of an unnamed column has the form."""
    for column in table.filled:
        hits = set(column.with_match(_PASSPORT_TEXT, "旅券|パスポート|passport"))
        if _PASSPORT_HEAD.search(column.head) or _FREE.search(column.head):
            hits.update(column.with_match(_PASSPORT, digits=7, letters=True))
        elif not _CODES.search(column.head):
            hits.update(_mostly(column))
        yield from finding("passport", HOLD, column, hits, "旅券番号の形（英字2桁と数字7桁）です")


def _mostly(column: Column) -> list[int]:
    whole = column.with_match(_PASSPORT_WHOLE, digits=7, letters=True, rough="[A-Z]{2}[0-9]{7}")
    return whole if whole and len(whole) >= 0.5 * len(column.values) else []


def find_residence_card(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD wherever the form occurs: it collides with nothing that is published."""
    for column in table.filled:
        hits = column.with_match(_CARD, digits=8, letters=True, rough=_CARD_ROUGH)
        yield from finding("residence_card", HOLD, column, hits, "在留カード番号の形（英字2・数字8・英字2）です")


_ADVICE = "番号の列を消すか、公開してよい根拠があれば事務局の承認を受けてください。"
PASSPORT = Detector(
    id="passport",
    version="1",
    title="旅券番号",
    source="旅券法施行規則（英字2桁・数字7桁）",
    find=find_passport,
    advice=_ADVICE,
)
RESIDENCE_CARD = Detector(
    id="residence-card",
    version="1",
    title="在留カード等の番号",
    source="出入国管理及び難民認定法施行規則第19条の6（英字2・数字8・英字2）",
    find=find_residence_card,
    advice=_ADVICE,
)
