"""The one door: ``clean(kind, text)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pipelines.cleaning.addresses import clean_address
from pipelines.cleaning.booleans import clean_bool
from pipelines.cleaning.cleaned import Cleaned, ok
from pipelines.cleaning.codes import clean_code, clean_corporate_number, clean_lgcode, clean_lgcode5to6
from pipelines.cleaning.coordinates import clean_coord, clean_latitude, clean_longitude, clean_tokyo_datum
from pipelines.cleaning.dates import clean_date, clean_date_precision, clean_fiscal_year
from pipelines.cleaning.decoding import clean_decode
from pipelines.cleaning.injection import clean_csv_injection
from pipelines.cleaning.kana import clean_kana
from pipelines.cleaning.marks import excel_error, hostile
from pipelines.cleaning.moments import clean_datetime
from pipelines.cleaning.notes import NOTES
from pipelines.cleaning.numbers import clean_integer, clean_number
from pipelines.cleaning.phones import clean_phone
from pipelines.cleaning.postal import clean_postal
from pipelines.cleaning.texts import clean_text
from pipelines.cleaning.times import clean_time, clean_time_range
from pipelines.cleaning.web import clean_email, clean_url
from pipelines.cleaning.weekdays import clean_weekdays

Cleaner = Callable[[str, Mapping[str, Any]], Cleaned]

#: kind of value → (its cleaner, the rule's name when the cleaner names none)
KINDS: Mapping[str, tuple[Cleaner, str]] = {
    "address": (clean_address, "address-notation"),
    "bool": (clean_bool, "truth-mark"),
    "code": (clean_code, "code-notation"),
    "coord": (clean_coord, "coordinate-notation"),
    "corporate_number": (clean_corporate_number, "code-notation"),
    "csv_injection": (clean_csv_injection, "text"),
    "date": (clean_date, "date-notation"),
    "date_precision": (clean_date_precision, "date-notation"),
    "datetime": (clean_datetime, "datetime-notation"),
    "decode": (clean_decode, "decoded"),
    "email": (clean_email, "email-notation"),
    "fiscal_year": (clean_fiscal_year, "fiscal-year-notation"),
    "integer": (clean_integer, "number-notation"),
    "kana": (clean_kana, "katakana"),
    "latitude": (clean_latitude, "coordinate-notation"),
    "lgcode": (clean_lgcode, "code-notation"),
    "lgcode5to6": (clean_lgcode5to6, "check-digit-added"),
    "longitude": (clean_longitude, "coordinate-notation"),
    "number": (clean_number, "number-notation"),
    "phone": (clean_phone, "phone-notation"),
    "postal": (clean_postal, "postal-notation"),
    "text": (clean_text, "text"),
    "time": (clean_time, "time-notation"),
    "time_range": (clean_time_range, "time-notation"),
    "tokyo_datum": (clean_tokyo_datum, "tokyo-datum"),
    "url": (clean_url, "url-notation"),
    "weekdays": (clean_weekdays, "weekdays"),
}

_BLANK = " \t\r\n\v\f\u00a0\u3000\u200b\ufeff\u2060"


def clean(kind: str, text: object, **context: Any) -> Cleaned:
    """The canonical form of ``text`` as a value of that kind (one of :data:`KINDS`; another one is a ``KeyError``).

    ``text`` is what stands in the cell; a pair (latitude, longitude) may be given as a sequence.  A blank cell is ok
    with no value.  No text makes this raise.  A changed value always names the rule that changed it.
    """
    cleaner, usual_rule = KINDS[kind]
    written = _written(text)
    if not written.strip(_BLANK):
        return ok(None, "blank" if written else None)
    if kind != "decode":
        refused = hostile(written) or (excel_error(written) if kind != "csv_injection" else None)
        if refused:
            return _told(refused)
    result = cleaner(written, context)
    if result.rule is None and result.status != "error" and (result.value or "") != written:
        result = replace(result, rule=usual_rule)
    return _told(result)


def _told(result: Cleaned) -> Cleaned:
    """With the sentence for the clerk."""
    return replace(result, note=NOTES.get(result.flag)) if result.flag and result.note is None else result


def _written(text: object) -> str:
    if text is None:
        return ""
    if isinstance(text, (list, tuple)):
        return ",".join(map(str, text))
    return str(text)
