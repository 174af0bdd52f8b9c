"""Numbers: text to a Decimal's text.  Digits as written survive (``1234.50``); what is no exact number is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.folding import WAVES, fold
from pipelines.cleaning.marks import instead_of_value
from pipelines.cleaning.numerals import KANJI, kanji_number

#: after plain digits these are the unit of an account table, not a multiplier
_SCALED = re.compile(r"([0-9.,]+) ?(千円|百万円|十億円)")
_SIGN = re.compile("(?:([+])|([-−–‐‑▲△])|([ー—―\uff70]))? ?([^+−–▲△].*)", re.S)
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE][+-]?[0-9]{1,3}")
_SEPARATED = re.compile(r"[0-9]+(?:[.,][0-9]+){1,}")
_APPROXIMATE = re.compile(
    "(?:約|およそ|おおよそ|おおむね|概ね|ほぼ)(.+)|(.+?)(?:程度|前後|くらい|ぐらい|ほど|余り|あまり|余|強|弱|頃)", re.S
)
_INEQUALITY = re.compile("(.+?)(?:以上|以下|未満|超|以内|超過|より大|より小|より多い|より少ない)|[<>≦≧≤≥](.+)", re.S)
_RANGE = re.compile(
    rf"[0-9][^0-9]{{0,3}}(?:[{WAVES}]|から)[^0-9]{{0,2}}[0-9]|[0-9]+ ?[-−–ー―] ?[0-9]+"
    rf"|[0-9][^0-9]{{0,2}}[{WAVES}]$|^[{WAVES}].*[0-9]"
)
_REMARK = re.compile("([rpe]) ?(?=[-0-9▲△])")
_REMARKS = {"r": "revised", "p": "provisional", "e": "estimated"}


@cache
def _unit() -> re.Pattern[str]:
    """A number followed by one of the units in ``units.txt``, the longest first."""
    units = (Path(__file__).parent / "units.txt").read_text(encoding="utf-8").split()
    names = "|".join(sorted((re.escape(fold(unit)) for unit in units), key=len, reverse=True))
    return re.compile(f"(.*?[0-9{KANJI}]) ?({names})", re.S)


def clean_number(text: str, context: Mapping[str, Any]) -> Cleaned:
    """``▲1,234`` → ``-1234``, ``1億2千万`` → ``120000000``, ``1,234円`` → ``1234`` and a warning, ``parts["unit"]``.

    Context: ``paren="negative"`` reads (5) as −5; ``unit`` is the column's own unit, whose removal needs no warning;
    ``legend`` maps a column's own symbols to flags and comes before the usual legend.
    """
    legend: Mapping[str, str] = context.get("legend") or {}
    folded = fold(text)
    if folded in legend:
        return warn(None, legend[folded], rule="symbol-to-blank", symbol=folded)
    return instead_of_value(text, letters=True) or _number(folded, context)


def _number(folded: str, context: Mapping[str, Any]) -> Cleaned:
    if len(folded) > 60:
        return error("not_a_number")
    if found := _REMARK.match(folded):
        return _remarked(_number(folded[found.end() :], context), _REMARKS[found[1]])
    if folded.startswith("(") and folded.endswith(")") and context.get("paren") == "negative":
        return _accounting(folded[1:-1], context)
    return _inexact(folded, context) or _exact(folded, context)


def _remarked(inner: Cleaned, flag: str) -> Cleaned:
    return inner if inner.status == "error" else replace(inner, status="warn", flag=flag, rule="remark-letter")


def _accounting(inside: str, context: Mapping[str, Any]) -> Cleaned:
    inner = _exact(inside, context)
    if inner.value is None or inner.value.startswith("-"):
        return error("ambiguous_parentheses")
    return replace(inner, value=_text(-Decimal(inner.value)), rule="accounting-parentheses")


def _inexact(folded: str, context: Mapping[str, Any]) -> Cleaned | None:
    """Numbers that say of themselves that they are not exact, or more than one number."""
    if folded.startswith("="):
        return error("formula_like")
    if "(" in folded or ")" in folded:
        return error("ambiguous_parentheses") if re.search("[0-9]", folded) else error("not_a_number")
    if found := _APPROXIMATE.fullmatch(folded):
        return error("approximate", suggest=_suggestion(found, context))
    if found := _INEQUALITY.fullmatch(folded):
        return error("inequality")
    if _RANGE.search(folded):
        return error("range")
    return None


def _suggestion(found: re.Match[str], context: Mapping[str, Any]) -> str | None:
    return _exact(next(part for part in found.groups() if part), context).value


def _exact(folded: str, context: Mapping[str, Any]) -> Cleaned:
    signed = _SIGN.fullmatch(folded)
    if signed is None:
        return error("not_a_number")
    _, minus, chouon, body = signed.groups()
    result = _body(body.lstrip(" "), context)
    if result.value is None or not (minus or chouon):
        return result
    value = _text(-Decimal(result.value))
    if chouon and result.status == "ok":
        return warn(value, "chouon_as_minus", rule="minus-sign", **result.parts)
    return replace(result, value=value)


def _body(body: str, context: Mapping[str, Any]) -> Cleaned:
    """An unsigned number, with or without unit."""
    if _PLAIN.fullmatch(body):
        return _leading_zero(body)
    if _GROUPED.fullmatch(body):
        return ok(body.replace(",", ""), "thousands-separator")
    if _SCIENTIFIC.fullmatch(body):
        return _scientific(body)
    if _SEPARATED.fullmatch(body):
        return error("bad_grouping")
    unit = _with_unit(body, context)
    if unit is not None:
        return unit
    value = kanji_number(body)
    return error("not_a_number") if value is None else ok(_text(value), "kanji-number")


def _leading_zero(body: str) -> Cleaned:
    """``007`` is a number, but more likely a code in the wrong column: say so."""
    digits = body.lstrip("0")
    if not digits or digits.startswith("."):
        digits = "0" + digits
    if len(body) > 1 and body[0] == "0" and body[1] != ".":
        return warn(digits, "leading_zero", rule="leading-zero")
    return ok(digits)


def _scientific(body: str) -> Cleaned:
    value = Decimal(body)
    if len(value.as_tuple().digits) >= 15 and value.adjusted() >= 15:
        return error("precision_lost")
    if abs(int(value.adjusted())) > 30:
        return error("out_of_range")
    return warn(_text(value), "scientific", rule="scientific-notation")


def _with_unit(body: str, context: Mapping[str, Any]) -> Cleaned | None:
    """The number before a known unit (1億円 → 100000000, 円).  千円 after digits is a unit: nothing is multiplied."""
    own = fold(str(context.get("unit") or ""))
    if body[0] in "¥$€":
        number, unit = body[1:].lstrip(), body[0]
    elif own and body.endswith(own) and re.fullmatch("[0-9.,]+ ?", body[: -len(own)]):
        number, unit = body[: -len(own)].rstrip(), own
    elif found := _SCALED.fullmatch(body) or _unit().fullmatch(body):
        number, unit = found.groups()
    else:
        return None
    inner = _bare(number)
    if inner.value is None:
        return inner
    if own == unit:
        return replace(inner, rule="unit", parts={"unit": unit})
    return warn(inner.value, "unit_stripped", rule="unit", unit=unit)


def _bare(number: str) -> Cleaned:
    """A number that must not carry a further unit."""
    if _PLAIN.fullmatch(number):
        return _leading_zero(number)
    if _GROUPED.fullmatch(number):
        return ok(number.replace(",", ""), "thousands-separator")
    if _SEPARATED.fullmatch(number):
        return error("bad_grouping")
    value = kanji_number(number)
    return error("not_a_number") if value is None else ok(_text(value), "kanji-number")


def _text(value: Decimal) -> str:
    """Plain notation, without exponent and without a negative zero."""
    text = format(value, "f")
    return text.removeprefix("-") if not value else text


def clean_integer(text: str, context: Mapping[str, Any]) -> Cleaned:
    """A number without fraction; ``5.0`` (a spreadsheet's float) is 5, ``5.5`` an error."""
    result = clean_number(text, context)
    if result.value is None or "." not in result.value:
        return result
    whole, fraction = result.value.split(".")
    if fraction.strip("0"):
        return error("not_an_integer")
    return replace(result, value="0" if whole == "-0" else whole, rule="integer-point-zero")
