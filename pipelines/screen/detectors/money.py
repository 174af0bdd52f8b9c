"""口座番号 (7 digits, only with its words) and クレジットカード番号 (14–16 digits).

A card number has the prefix and length of a known issuer and passes the Luhn check (ISO/IEC 7812-1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.screen.finding import HOLD, Detector, Finding, ScreenRules, finding
from pipelines.screen.looking import Table

_ACCOUNT_HEAD = re.compile(r"口座(?:番号|no|$|\||_|\()|振込(?:先)?(?:口座|番号)|振替口座|預金|accountn")
_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{6,8}(?![0-9])")
_YUCHO = re.compile(r"(?<![0-9])[01][0-9]{4}[ \-](?:[0-9][ \-])?[0-9]{6,8}(?![0-9])")
_ACCOUNT_TEXT = re.compile(
    r"(?:普通(?:預金)?|当座(?:預金)?|口座(?:番号)?|(?<!高松)支店|\(普\)|\(当\))[^0-9\n]{0,10}[0-9]{7}(?![0-9\-])"
    r"|ゆうちょ[^0-9\n]{0,10}[01][0-9]{4}[ \-](?:[0-9][ \-])?[0-9]{6,8}(?![0-9])"
    r"|記号[^0-9\n]{0,4}[01][0-9]{4}[^0-9\n]{0,6}番号[^0-9\n]{0,4}[0-9]{6,8}"
)
_BEFORE = r"(?<![0-9=_%#])(?<![0-9]\.)(?<![0-9A-Za-z]-)"
_AFTER = r"(?![0-9_%])(?!\.[0-9])(?!-[0-9A-Za-z])"
_CARD = re.compile(
    rf"{_BEFORE}[0-9]{{4}}[ \-]?[0-9]{{4}}[ \-]?[0-9]{{4}}[ \-]?[0-9]{{2,4}}{_AFTER}"
    rf"|{_BEFORE}[0-9]{{4}}([・/.])[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{2,4}}{_AFTER}"
    rf"|{_BEFORE}3[47][0-9]{{2}}[ \-]?[0-9]{{6}}[ \-]?[0-9]{{5}}{_AFTER}"
)
_URL = re.compile(r"[a-z]+://[^ \n]*", re.I)
_CARD_WORD = re.compile(r"カード番号|クレジット|creditcard|cardn")
_ISSUER = re.compile(
    r"4[0-9]{15}|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}|35(?:2[89]|"
    r"[3-8][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}"
)
_OTHER = re.compile(r"法人番号|jan|gtin|id|コード|code|url|リンク|http|バーコード|商品")


def luhn(digits: str) -> bool:
    """True when ASCII digits pass the Luhn check (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def is_card(digits: str) -> bool:
    """True for the length and prefix of a known issuer with a right check digit."""
    return bool(_ISSUER.fullmatch(digits)) and luhn(digits)


def find_account(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD: account digits under a heading of accounts, or right after 普通・当座・口座・支店."""
    for column in table.filled:
        hits = set(column.with_match(_ACCOUNT_TEXT, "普通|当座|口座|支店|(普)|(当)|記号|ゆうちょ"))
        if _ACCOUNT_HEAD.search(column.head):
            hits.update(column.with_match(_ACCOUNT), column.with_match(_YUCHO))
        yield from finding("bank_account", HOLD, column, hits, "口座番号です")


def find_card(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD: a card number that fits issuer and check digit, unless the column is one of codes or addresses."""
    for column in table.filled:
        found = [(i, m.group()) for i, m in column.matches(_CARD, digits=14)]
        addresses = {i for i, _ in column.matches(_URL, "://")} if found else set()
        tokens = [(i, re.sub("[^0-9]", "", raw), raw) for i, raw in found if i not in addresses]
        worded = bool(_CARD_WORD.search(column.head))
        fitting = [(i, raw) for i, digits, raw in tokens if is_card(digits)]
        if not worded and (_OTHER.search(column.head) or len(fitting) < 0.5 * len(tokens)):
            fitting = [(i, raw) for i, raw in fitting if not raw.isdigit()]
        yield from finding(
            "card_number", HOLD, column, [i for i, _ in fitting], "クレジットカード番号の検査数字が合います"
        )


_ADVICE = "番号の列を消すか、公開してよい根拠（市の口座など）があれば事務局の承認を受けてください。"
ACCOUNT = Detector(
    id="bank-account",
    version="3",
    title="口座番号",
    source="全銀協 口座番号7桁（見出し・語が必須）",
    find=find_account,
    advice=_ADVICE,
)
CARD = Detector(
    id="card-number", version="2", title="クレジットカード番号", source="ISO/IEC 7812-1", find=find_card, advice=_ADVICE
)
