"""Telephone numbers: the area code is split as the numbering plan has it (libphonenumber), extensions apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.folding import WAVES, fold, hyphens
from pipelines.cleaning.marks import instead_of_value

_CANONICAL = re.compile(r"0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}")
_NUMBER = re.compile(
    r"(?<![0-9+])(?:\+81[- ]?(?:\(0\)[- ]?)?\(?0?(?=[1-9])|\(?(?=0))"
    r"[0-9]{1,5}\)?[- .]{0,3}\(?[0-9]{1,4}\)?(?:[- .]{0,3}[0-9]{1,4})?(?![0-9])"
)
_LABEL = re.compile("^(?:TEL|電話番号|電話|☎|℡|📞)[ .:：]*", re.I)
_FAX = re.compile(r"[ ,、/(]*(?:FAX|ファクス|ファックス|ファクシミリ)(?:番号)?[ .:)]*(?=[(+0-9])", re.I)
_EXTENSION = re.compile(
    r"[,、(\[ ]*(?:内線番号|内線|内\)?|ext\.?|extension)[ .:：]*([0-9]{1,6}(?:[-・,、~〜～][0-9]{1,6})*)[)\] ]*", re.I
)
_REPRESENTATIVE = re.compile(r"[ (\[]*(?:大代表|代表電話|代表|㈹|(?<=\()代(?=\)))[)\]]*")
_LAST_DIGITS = re.compile(rf"^ ?[{WAVES}] ?([0-9]{{1,4}})$")
_ALSO = re.compile(r"^ ?[・,、/] ?([0-9]{1,4})$")
_SERVICES = {"110", "117", "118", "119", "171", "177", "188", "189", "#7119", "#8000", "#9110", "#8891"}
_TYPES = {0: "fixed", 1: "mobile", 2: "fixed", 3: "toll_free", 4: "premium", 6: "voip", 8: "pager", 9: "uan"}


def clean_phone(text: str, context: Mapping[str, Any]) -> Cleaned:
    """``0467(23)3000`` → ``0467-23-3000``; ``parts``: type, extension, last (of a range), label (words), hold.

    Several numbers are joined by `` / `` (GIF DS-445).  Context ``area_code`` completes local numbers, with a warning.
    """
    if mark := instead_of_value(text):
        return mark
    folded = hyphens(fold(text).replace("ー", "-"))
    if folded in _SERVICES:
        return ok(folded, type="service")
    if " / " in text and all(_CANONICAL.fullmatch(part) for part in text.split(" / ")):
        return _several(tuple(text.split(" / ")))
    bare = _LABEL.sub("", folded)
    bare, extension = _cut(_EXTENSION, bare)
    bare, representative = _cut(_REPRESENTATIVE, bare)
    bare, _, fax = _FAX.sub("\0", bare, count=1).partition("\0")
    if fax and not re.search("[0-9]", bare):
        return error("fax_number")
    found = {"extension": extension, "label": f"FAX {fax.strip(' :)')}" if fax else ""}
    parts = {key: value for key, value in found.items() if value}
    return _read(bare.strip(" ,、"), parts, bool(representative), context)


def _cut(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    found = pattern.search(text)
    if found is None:
        return text, ""
    return text[: found.start()] + " " + text[found.end() :], (found[1] if pattern.groups else found[0]).strip()


def _read(bare: str, parts: dict[str, str], representative: bool, context: Mapping[str, Any]) -> Cleaned:
    bare = re.sub(r"^\(([0-9-]+)\)$", r"\1", bare)
    found = [match for match in _NUMBER.finditer(bare) if 9 <= _count(match[0]) <= 13]
    numbers = [_national(match[0]) for match in found]
    if not numbers or None in numbers:
        return _no_number(bare, [m[0] for m in found], parts, context)
    first = numbers[0]
    assert first is not None
    rest = "".join(bare[a.end() : b.start()] for a, b in pairwise(found))
    tail, label = bare[found[-1].end() :], bare[: found[0].start()] + rest
    if found_last := _LAST_DIGITS.match(tail):
        return warn(
            first, "range_split", rule="phone-range", **_kind(first), last=_ending(first, found_last[1]), **parts
        )
    if found_also := _ALSO.match(tail):
        return _several((first, _ending(first, found_also[1])), "several_numbers")
    label = re.sub(r"[ ()\[\]/,、・;:\n-]+", " ", f"{label} {tail}").strip()
    if re.search("[0-9]", label):
        return error("format")
    return _told(tuple(n for n in numbers if n), label, representative, parts)


def _told(numbers: tuple[str, ...], label: str, representative: bool, parts: dict[str, str]) -> Cleaned:
    if label:
        parts = {**parts, "label": " ".join(filter(None, (label, parts.get("label"))))}
    if len(numbers) > 1:
        return _several(numbers, "several_numbers", **parts)
    parts = {**_kind(numbers[0]), **parts}
    if "extension" in parts:
        return warn(numbers[0], "extension_split", rule="phone-extension", **parts)
    if "label" in parts or representative:
        return warn(numbers[0], "label_split", rule="phone-label", **parts)
    return Cleaned(status="ok", value=numbers[0], parts=parts)


def _several(numbers: tuple[str, ...], flag: str | None = None, **parts: str) -> Cleaned:
    checked = [_national(number) for number in numbers]
    if None in checked:
        return error("invalid_number")
    holds = {key: value for number in numbers for key, value in _kind(number).items() if key == "hold"}
    value = " / ".join(numbers)
    return warn(value, flag, rule="phone-several", **holds, **parts) if flag else ok(value, **holds)


def _ending(number: str, digits: str) -> str:
    return number[: -len(digits)] + digits


def _count(text: str) -> int:
    return sum(c.isdigit() for c in text)


def _national(written: str) -> str | None:
    """The number in national notation with hyphens, or None if the numbering plan has no such number."""
    digits = re.sub("[^0-9]", "", re.sub(r"^\+81|\(0\)", "", written) if written.startswith("+") else written)
    digits = digits if digits.startswith("0") else f"0{digits}"
    return _looked_up(digits)[0] if len(digits) in (10, 11) else None


def _kind(national: str) -> Mapping[str, str]:
    """``type`` of a number (fixed, mobile, voip, toll_free, navi …), and ``hold`` for a possibly personal one."""
    kind = "navi" if national.startswith("0570") else _TYPES.get(_looked_up(national.replace("-", ""))[1], "other")
    return {"type": kind, "hold": "pii.mobile"} if kind == "mobile" else {"type": kind}


@lru_cache(maxsize=65536)
def _looked_up(digits: str) -> tuple[str | None, int]:
    """National notation and libphonenumber's type of 10 or 11 digits; (None, …) for a number that cannot exist."""
    import phonenumbers

    number = phonenumbers.PhoneNumber(country_code=81, national_number=int(digits.lstrip("0") or "0"))
    kind = phonenumbers.number_type(number)
    if kind == phonenumbers.PhoneNumberType.UNKNOWN or f"0{number.national_number}" != digits:
        return None, kind
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL), kind


def _no_number(bare: str, found: list[str], parts: dict[str, str], context: Mapping[str, Any]) -> Cleaned:
    """Say what is missing: the area code, the leading zero, or a digit."""
    if found:
        return error("wrong_length" if any(_count(f) not in (10, 11) for f in found) else "invalid_number")
    digits = re.sub("[^0-9]", "", bare)
    if not re.fullmatch(r"[-+0-9() .]+", bare):
        return error("not_a_phone" if len(digits) < 6 else "format")
    if bare.startswith("+"):
        return error("foreign_number")
    if bare.startswith(("0", "(0")):
        return error("wrong_length")
    if len(digits) in (9, 10) and (restored := _national(f"0{digits}")):
        return error("leading_zero_lost", suggest=restored)
    if 5 <= len(digits) <= 8:
        return _local(digits, parts, context)
    return error("wrong_length" if digits else "not_a_phone")


def _local(digits: str, parts: dict[str, str], context: Mapping[str, Any]) -> Cleaned:
    completed = _national(f"{context['area_code']}{digits}") if context.get("area_code") else None
    if completed:
        return warn(completed, "area_code_added", rule="area-code", **_kind(completed), **parts)
    return error("area_code_missing")
