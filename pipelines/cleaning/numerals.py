"""Kanji numerals, also mixed with digits (1億2千万, 十二, 二〇二三, 壱万), by a strict grammar."""

from __future__ import annotations

import re
from decimal import Decimal

_DIGITS = {
    c: i
    for i, group in enumerate(("〇零", "一壱壹", "二弐貳", "三参參", "四", "五", "六", "七", "八", "九"))
    for c in group
}
_SMALL = {"十": 10, "拾": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "萬": 10**4, "億": 10**8, "兆": 10**12}
KANJI = "".join((*_DIGITS, *_SMALL, *_LARGE))
_TOKEN = re.compile(rf"([0-9][0-9,]*(?:\.[0-9]+)?|[{''.join(_DIGITS)}]+)|([{''.join(_SMALL)}])|([{''.join(_LARGE)}])")
_GROUPED = re.compile(r"[0-9]+(?:\.[0-9]+)?|[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")


def kanji_number(text: str) -> Decimal | None:
    """The number that ``text`` writes with at least one kanji numeral or unit; None if it is not well-formed.

    Units must fall (億 before 万, 百 before 十); 万 and 億 need a number in front; decimals only in ``1.5億``.
    """
    if not any(c in KANJI for c in text) or len(text) > 40:
        return None
    sections = _sections(text)
    if sections is None:
        return None
    total, limit = Decimal(0), 10**16
    for tokens, scale in sections:
        value = _section(tokens)
        if value is None or scale >= limit or (value % 1 and len(sections) > 1) or (limit < 10**16 and value >= 10**4):
            return None
        limit = scale
        total += value * scale
    return total.quantize(Decimal(1)) if total == total.to_integral_value() else total


def _sections(text: str) -> list[tuple[list[str], int]] | None:
    """(tokens, scale) for each part that ends in 万, 億 or 兆, and the last part (scale 1)."""
    sections: list[tuple[list[str], int]] = []
    tokens: list[str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        position = match.end()
        number, small, large = match.groups()
        if large:
            sections.append((tokens, _LARGE[large]))
            tokens = []
        else:
            tokens.append(small or number)
    return [*sections, (tokens, 1)] if tokens else sections


def _section(tokens: list[str]) -> Decimal | None:
    """The value below 万: ``2千3百`` or one plain number; None when empty or disordered."""
    if len(tokens) == 1 and tokens[0] not in _SMALL:
        return _plain(tokens[0])
    total, limit, waiting = Decimal(0), 10**4, None
    for token in tokens:
        if token not in _SMALL:
            if waiting is not None:
                return None
            waiting = _plain(token)
            if waiting is None or not 1 <= waiting <= 9 or waiting % 1:
                return None
        elif _SMALL[token] >= limit:
            return None
        else:
            limit = _SMALL[token]
            total += (Decimal(1) if waiting is None else waiting) * limit
            waiting = None
    total += waiting or 0
    return total if tokens else None


def _plain(token: str) -> Decimal | None:
    """Digits (grouped in threes or not), or kanji digits by position (二〇二三)."""
    if token[0] in _DIGITS:
        return Decimal("".join(str(_DIGITS[c]) for c in token))
    return Decimal(token.replace(",", "")) if _GROUPED.fullmatch(token) else None


_RUN = re.compile(f"[{''.join(_DIGITS)}{''.join(_SMALL)}]+")


def kanji_digits(text: str) -> str:
    """Replace every well-formed run of kanji numerals below 万 by digits: 令和五年十二月 → 令和5年12月."""

    def digits(match: re.Match[str]) -> str:
        value = kanji_number(match[0])
        return match[0] if value is None else str(value)

    return _RUN.sub(digits, text)
