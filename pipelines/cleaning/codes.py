"""Codes are text: digits are never computed with, zeros never lost.  Check digits: JIS X 0402 and 法人番号."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.folding import fold
from pipelines.cleaning.marks import instead_of_value

_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+[eE]\+?|[eE]\+)[0-9]{1,3}")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "|".join(_MONTHS)
_DATES = (
    re.compile(r"(?P<a>[0-9]{1,2})月(?P<b>[0-9]{1,2})日"),
    re.compile(r"[0-9]{4}[-/](?P<a>[0-9]{1,2})[-/](?P<b>[0-9]{1,2})(?: 0?0:00(?::00)?)?"),
    re.compile(rf"(?P<b>[0-9]{{1,2}})-(?P<a>{_MONTH})", re.I),
    re.compile(rf"(?P<a>{_MONTH})-(?P<b>[0-9]{{1,2}})", re.I),
)
_BETWEEN_ALNUM = re.compile("(?<=[0-9A-Za-z])[‐‑‒–—―−ー](?=[0-9A-Za-z])")
LIST = Path(__file__).parent / "municipalities.tsv"


def clean_code(text: str, context: Mapping[str, Any]) -> Cleaned:
    """An identifier in half-width characters.  Context ``width``: its fixed number of characters.

    A code that a spreadsheet turned into a float or a date is an error; what it was is only suggested.
    """
    if mark := instead_of_value(text):
        return mark
    code, changed = _BETWEEN_ALNUM.subn("-", fold(text))
    if _SCIENTIFIC.fullmatch(code):
        return error("precision_lost")
    if found := next((match for form in _DATES if (match := form.fullmatch(code))), None):
        return error("date_artifact", suggest=_before_date(found))
    width = int(context.get("width") or 0)
    if width and re.fullmatch(r"[0-9]+\.0", code):
        return error("float_artifact", suggest=code[:-2].zfill(width))
    if width and len(code) != width:
        return _wrong_width(code, width)
    return warn(code, "dash_unified", rule="dash-to-hyphen") if changed else ok(code)


def _wrong_width(code: str, width: int) -> Cleaned:
    if len(code) < width and re.fullmatch("[0-9]+", code):
        return error("leading_zero_lost", suggest=code.zfill(width))
    return error("wrong_width")


def _before_date(found: re.Match[str]) -> str:
    month = found["a"]
    if month.lower() in _MONTHS:
        month = str(_MONTHS.index(month.lower()) + 1)
    return f"{int(month)}-{int(found['b'])}"


def with_check_digit(code: str) -> str:
    """Five digits of a 全国地方公共団体コード → six: weights 6 5 4 3 2, (11 − Σ mod 11) mod 10 (JIS X 0402)."""
    total = sum(int(digit) * weight for digit, weight in zip(code, (6, 5, 4, 3, 2), strict=True))
    return code + str((11 - total % 11) % 10)


@cache
def municipalities() -> Mapping[str, tuple[str, str]]:
    """Six-digit code → (prefecture, municipality or ward; ``""`` for the prefecture itself)."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return {code: (prefecture, name) for code, prefecture, name in (line.split("\t") for line in lines)}


def _prefecture(code: str) -> bool:
    return "01" <= code[:2] <= "47"


def clean_lgcode(text: str, context: Mapping[str, Any]) -> Cleaned:
    """全国地方公共団体コード: six digits with check digit.  Five digits gain theirs; a lost zero is an error.

    ``parts["name"]`` is the municipality where the list knows the code; an unlisted one (abolished) warns.
    """
    code, refused = _digits(text)
    if refused:
        return refused
    if len(code) == 6:
        return _six(code)
    if len(code) == 5:
        return _five(code)
    return error("leading_zero_lost", suggest=_padded(code)) if len(code) == 4 else error("wrong_width")


def _six(code: str) -> Cleaned:
    if not _prefecture(code):
        return error("no_such_code")
    if with_check_digit(code[:5]) != code:
        return error("check_digit")
    return _listed(code, None)


def _listed(code: str, rule: str | None) -> Cleaned:
    known = municipalities().get(code)
    return ok(code, rule, name="".join(known)) if known else warn(code, "unlisted_code", rule=rule)


def _five(code: str) -> Cleaned:
    """Five digits: without check digit, or six that lost their zero; only one reading may be a known municipality."""
    six, padded = with_check_digit(code), "0" + code
    lost = padded in municipalities() and with_check_digit(padded[:5]) == padded
    if _prefecture(code) and six in municipalities():
        return error("ambiguous", suggest=f"{six} / {padded}") if lost else _listed(six, "check-digit-added")
    if lost:
        return error("leading_zero_lost", suggest=padded)
    return _listed(six, "check-digit-added") if _prefecture(code) else error("no_such_code")


def _padded(code: str) -> str | None:
    return with_check_digit("0" + code) if "1" <= code[0] <= "9" else None


def clean_lgcode5to6(text: str, context: Mapping[str, Any]) -> Cleaned:
    """Exactly five digits (JIS X 0402 without check digit) → six."""
    code, refused = _digits(text)
    if refused:
        return refused
    if len(code) == 4:
        return error("leading_zero_lost", suggest=_padded(code))
    if len(code) != 5:
        return error("wrong_width")
    return ok(with_check_digit(code), "check-digit-added") if _prefecture(code) else error("no_such_code")


def clean_corporate_number(text: str, context: Mapping[str, Any]) -> Cleaned:
    """法人番号: 13 digits, the first is the check digit 9 − (Σ P·Q mod 9).  It is public: ``parts["pii"]`` is false."""
    if mark := instead_of_value(text):
        return mark
    code, refused = _digits(re.sub("^(?:T|法人番号:?) ?", "", fold(text)).replace("-", ""))
    if refused:
        return refused
    if len(code) != 13:
        return error("wrong_width")  # a check digit is never 0, so no zero can have been lost
    return ok(code, pii="false") if corporate_check_digit(code[1:]) == code[0] else error("check_digit")


def corporate_check_digit(base: str) -> str:
    """The check digit of the 12 base digits (法人番号の指定等に関する省令): Q is 1, 2, 1, 2 … from the right."""
    total = sum(int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(base)))
    return str(9 - total % 9)


def _digits(text: str) -> tuple[str, Cleaned | None]:
    """The digits, or why there are none."""
    folded = fold(text)
    if mark := instead_of_value(text):
        return "", mark
    if _SCIENTIFIC.fullmatch(folded):
        return "", error("precision_lost")
    if re.fullmatch(r"[0-9]+\.0", folded):
        folded = folded[:-2]
    folded = folded.replace(" ", "")
    return folded, None if re.fullmatch("[0-9]+", folded) else error("not_digits")
