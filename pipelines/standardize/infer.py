"""A schema proposed from one real file, for a person to confirm by committing it.

Codes stay text: a leading zero, one fixed width of five digits or more (of four where there are many), more digits than
a number can hold, or a name that says code or number keeps a column from becoming a number.  A type is proposed only
when every value of the column agrees; a mark for "nothing" (-) speaks against no type.  Every distinct value is looked
at, none is sampled: one zero in front, in the last row, decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pipelines.cleaning import clean
from pipelines.cleaning.keys import match_key
from pipelines.model import SourceTable
from pipelines.standardize.headers import NAMELESS

_CODE_NAME = re.compile(r"コード|番号|code|^no\.?$|^№$|^id$|[_\s]id$|電話|tel|fax|郵便", re.IGNORECASE)
_MENDABLE = (None, "precision_lost", "leading_zero_lost", "unlisted_code")
_WHOLE = r"-?(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)"
_INTEGER = re.compile(_WHOLE)
_NUMBER = re.compile(_WHOLE + r"(?:\.[0-9]+)?")
MANY = 30
#: a DataStore integer has 19 digits at most, a float (every other program) is exact up to 15
_LONGEST_NUMBER = 15
#: 該当なし。 is the longest text that stands for nothing
_LONGEST_MARK = 6
_LGCODE = re.compile(r"(全国地方公共団体|市区?町?村|都道府県)コード|^都道府県コード又は市区町村コード$")
_ROW_LABEL = "項目"
_NAMELESS = {"aliases": [NAMELESS], "description": "見出しのない列です。"}
_LATITUDE = re.compile(r"(?:^|.*[_/])緯度$|^latitude$|^lat$")
_LONGITUDE = re.compile(r"(?:^|.*[_/])経度$|^longitude$|^lng$|^lon$")
#: kinds that a column's name announces; proposed only where every value is one
_NAMED = (
    (re.compile(r"電話|tel|fax|ファックス|ファクス", re.IGNORECASE), {"clean": "phone"}),
    (re.compile(r"郵便番号|^〒$|^zip|postal", re.IGNORECASE), {"clean": "postal"}),
    (re.compile(r"url|ホームページ|ウェブサイト|^hp$", re.IGNORECASE), {"clean": "url"}),
    (re.compile(r"法人番号"), {"clean": "corporate_number"}),
    (re.compile(r"時刻$|時間$|time$", re.IGNORECASE), {"clean": "time", "write": "time"}),
)
_DAY_NAME = re.compile(r"日|date|^day|期限", re.IGNORECASE)
_TIME_NAME = re.compile(r"[日年月]|date|時[期点]|期限", re.IGNORECASE)
_YEAR_NAME = re.compile(r"年$|年度$|^year$|^西暦", re.IGNORECASE)
_FISCAL_NAME = re.compile(r"年度$|^年度")
#: written so that nobody takes it for a code: 2020/2/9, 令和5年4月1日
_PLAIN_DATE = re.compile(r"\d{4}([-/.年])\d{1,2}[-/.月]\d{1,2}日?.*|(?:明治|大正|昭和|平成|令和).*")
_BARE = re.compile(r"[0-9]+")
_YEAR = re.compile(r"(?:18|19|20)[0-9]{2}")
_DAY_MARKS = (None, "after_era_end")
#: 45016 is a spreadsheet's day only where the name says nothing but a day (not 1日平均乗降客数)
_SERIAL_NAME = re.compile(r"年月日$|日付$|期日$|期限$|[催開表新録置立行施定了始付在]日$|date$", re.IGNORECASE)
_SERIAL = re.compile(r"[2-5][0-9]{4}")


def infer_schema(table: SourceTable, name: str, title: str) -> dict[str, Any]:
    """The content of a schema file for the table as read: one field per column, in the file's order.

    A repeated label and an empty column without a label are left out; the first column that has values and no label
    becomes 「項目」 (「日付」 where it holds days), for the person to give it its name.
    """
    fields: dict[str, dict[str, Any]] = {}
    nameless = _ROW_LABEL in table.header
    for position, label in enumerate(table.header):
        values = _distinct(table, position)
        if label.strip():
            fields.setdefault(label, _field(label, values))
        elif values and not nameless:
            nameless = True
            made = _nameless(values, table.header)
            fields.setdefault(made["name"], made)
    return {"name": name, "title": title, "fields": _one_place(list(fields.values()))}


def _distinct(table: SourceTable, position: int) -> list[str]:
    """The different texts of a column that are not blank, in the order of the file."""
    return [value for value in dict.fromkeys(table.frame.iloc[:, position].astype(str).tolist()) if value.strip()]


def _nameless(values: Sequence[str], header: Sequence[str]) -> dict[str, Any]:
    day = "日付" not in header and bool(_date("日付", values))
    name = "日付" if day else _ROW_LABEL
    return {"name": name, **_NAMELESS, **_kind(name, values)}


def _field(label: str, values: Sequence[str]) -> dict[str, Any]:
    field: dict[str, Any] = {"name": label}
    key = match_key(label)
    for kind, names in (("latitude", _LATITUDE), ("longitude", _LONGITUDE)):
        if names.match(key):
            if values and _all(values, kind, ("ok", "warn")):
                return {**field, "clean": kind, "write": "number", "role": kind, "datastore": "numeric"}
            return field
    return {**field, **_kind(label, values)}


def _one_place(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A map has one place per row: of several pairs of coordinates only the first gives it."""
    seen: set[str] = set()
    for field in fields:
        role = field.get("role")
        if role in seen:
            del field["role"]
        elif role:
            seen.add(role)
    return fields


def _kind(label: str, values: Sequence[str]) -> dict[str, str]:
    """What every value (distinct, not blank) of a column agrees on; empty: text."""
    if not values:
        return {}
    if _LGCODE.search(label) and all(clean("lgcode", v).flag in _MENDABLE for v in values):
        return {"clean": "lgcode"}
    said = [v for v in values if len(v) > _LONGEST_MARK or clean("number", v).flag != "none_or_na"] or values
    found = _announced(label, said) or _date(label, said)
    if found:
        return found
    if _code_like(label, values):
        return {"clean": "code"} if all(v.isascii() for v in values) and _all(said, "code", ("ok",)) else {}
    return _numeric(said)


def _announced(label: str, values: Sequence[str]) -> dict[str, str]:
    """A kind that the column's name says, and every value is."""
    return next((dict(k) for names, k in _NAMED if names.search(label) and _all(values, k["clean"], ("ok",))), {})


def _numeric(values: Sequence[str]) -> dict[str, str]:
    if any(len(re.sub("[-,]", "", v.partition(".")[0])) > _LONGEST_NUMBER for v in values):
        return {}
    if all(_INTEGER.fullmatch(v) for v in values):
        return {"type": "integer", "clean": "integer", "write": "integer"}
    if all(_NUMBER.fullmatch(v) for v in values):
        return {"type": "number", "clean": "number", "write": "number"}
    return {}


def _date(label: str, values: Sequence[str]) -> dict[str, str]:
    """Days, fiscal years, years, or days and months mixed.  A letter (H12-4-1) is an era only under a name of time."""
    if re.search(r"コード|番号|code|no\.?$", label, re.IGNORECASE):
        return {}
    if _YEAR_NAME.search(label) and all(_YEAR.fullmatch(v) for v in values):
        return {"type": "year", "clean": "code"}
    if _FISCAL_NAME.search(label) and _all(values, "fiscal_year", ("ok",)):
        return {"type": "year", "clean": "fiscal_year"}
    if _SERIAL_NAME.search(label) and all(_SERIAL.fullmatch(v) for v in values):
        return {"type": "date", "clean": "date", "write": "date"}
    bare = any(_BARE.fullmatch(v) for v in values)
    if not bare and not _TIME_NAME.search(label) and not all(_PLAIN_DATE.fullmatch(v) for v in values):
        return {}
    if (not bare or _DAY_NAME.search(label)) and all(clean("date", v).flag in _DAY_MARKS for v in values):
        return {"type": "date", "clean": "date", "write": "date"}
    if not bare and all(clean("date_precision", v).flag in _DAY_MARKS for v in values):
        return {"clean": "date_precision"}
    return {}


def _code_like(label: str, values: Sequence[str]) -> bool:
    digits = [v for v in values if v.isascii() and v.isdigit()]
    if not digits:
        return bool(_CODE_NAME.search(label)) and all(v.isascii() for v in values)
    zero = any(len(v) > 1 and v.startswith("0") for v in digits)
    widths = {len(v) for v in digits}
    fixed = len(digits) == len(values) > 1 and len(widths) == 1 and max(widths) > (3 if len(values) >= MANY else 4)
    return zero or fixed or bool(_CODE_NAME.search(label))


def _all(values: Sequence[str], kind: str, statuses: tuple[str, ...]) -> bool:
    return bool(values) and all(clean(kind, value).status in statuses for value in values)
