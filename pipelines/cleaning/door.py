"""The one door: ``clean(kind, text)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any, cast

from pipelines.cleaning.cleaned import Cleaned, error, ok
from pipelines.cleaning.marks import excel_error, hostile

Cleaner = Callable[[str, Mapping[str, Any]], Cleaned]

#: kind of value → (its cleaner, the rule's name when the cleaner names none); a cleaner's module is imported at its
#: first value, so that importing this package stays cheap
KINDS: Mapping[str, tuple[str, str]] = {
    "address": ("addresses.clean_address", "address-notation"),
    "bool": ("booleans.clean_bool", "truth-mark"),
    "code": ("codes.clean_code", "code-notation"),
    "coord": ("coordinates.clean_coord", "coordinate-notation"),
    "corporate_number": ("codes.clean_corporate_number", "code-notation"),
    "csv_injection": ("injection.clean_csv_injection", "text"),
    "date": ("dates.clean_date", "date-notation"),
    "date_precision": ("dates.clean_date_precision", "date-notation"),
    "datetime": ("moments.clean_datetime", "datetime-notation"),
    "decode": ("decoding.clean_decode", "decoded"),
    "email": ("web.clean_email", "email-notation"),
    "fiscal_year": ("dates.clean_fiscal_year", "fiscal-year-notation"),
    "integer": ("numbers.clean_integer", "number-notation"),
    "kana": ("kana.clean_kana", "katakana"),
    "latitude": ("coordinates.clean_latitude", "coordinate-notation"),
    "lgcode": ("codes.clean_lgcode", "code-notation"),
    "lgcode5to6": ("codes.clean_lgcode5to6", "check-digit-added"),
    "longitude": ("coordinates.clean_longitude", "coordinate-notation"),
    "number": ("numbers.clean_number", "number-notation"),
    "phone": ("phones.clean_phone", "phone-notation"),
    "postal": ("postal.clean_postal", "postal-notation"),
    "text": ("texts.clean_text", "text"),
    "time": ("times.clean_time", "time-notation"),
    "time_range": ("times.clean_time_range", "time-notation"),
    "tokyo_datum": ("coordinates.clean_tokyo_datum", "tokyo-datum"),
    "url": ("web.clean_url", "url-notation"),
    "weekdays": ("weekdays.clean_weekdays", "weekdays"),
}


@cache
def _cleaner(kind: str) -> Cleaner:
    module, _, name = KINDS[kind][0].partition(".")
    return cast(Cleaner, getattr(import_module(f"pipelines.cleaning.{module}"), name))


_FREE = ("text", "csv_injection", "decode")
#: kinds whose values may be long; any other value beyond the limit is a misplaced text and is not even looked at
_LONG = (*_FREE, "address", "kana", "url")
_LONGEST = 300
_BLANK = " \t\r\n\v\f\u00a0\u3000\u200b\ufeff\u2060"


def clean(kind: str, text: object, **context: Any) -> Cleaned:
    """The canonical form of ``text`` as a value of that kind (one of :data:`KINDS`; another one is a ``KeyError``).

    ``text`` is what stands in the cell; a pair (latitude, longitude) may be given as a sequence.  A blank cell is ok
    with no value.  No text makes this raise.  A changed value always names the rule that changed it.
    """
    cleaner, usual_rule = _cleaner(kind), KINDS[kind][1]
    written = _written(text)
    if not written.strip(_BLANK):
        return ok(None, "blank" if written else None)
    if kind not in _LONG and len(written.strip(_BLANK)) > _LONGEST:
        return _told(error("too_long"))
    if kind != "decode":
        refused = hostile(written) or (excel_error(written) if kind != "csv_injection" else None)
        if refused:
            return _told(refused)
    result = ok(written) if _harmless_by_type(kind, written, context) else cleaner(written, context)
    changed = result.status != "error" and (result.value or "") != written
    if changed != (result.rule is not None):
        result = replace(result, rule=usual_rule if changed else None)
    return _told(result)


def _told(result: Cleaned) -> Cleaned:
    """With the sentence for the clerk."""
    if result.flag is None or result.note is not None:
        return result

    from pipelines.cleaning.notes import NOTES

    return replace(result, note=NOTES.get(result.flag))


def _written(text: object) -> str:
    if text is None:
        return ""
    if isinstance(text, (list, tuple)):
        return ",".join(map(str, text))
    return str(text)


def _harmless_by_type(kind: str, written: str, context: Mapping[str, Any]) -> bool:
    """In a column of numbers, ``-5`` is no formula: what its type's cleaner accepts is let through."""
    column_type = str(context.get("column_type"))
    if kind != "csv_injection" or column_type not in KINDS or column_type in _FREE:
        return False
    return _cleaner(column_type)(written, {}).status != "error"
