"""A schema proposed from one real file, for a person to confirm by committing it.

Codes stay text: a leading zero, one fixed width of five digits or more (of four where there are many), or a name that
says code, number or year keeps a column from becoming a number.  A type is proposed only when every value of the column
agrees; a mark for "nothing" (-) speaks against no type.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pipelines.cleaning import clean
from pipelines.cleaning.keys import match_key
from pipelines.model import SourceTable
from pipelines.standardize.headers import NAMELESS

_CODE_NAME = re.compile(r"コード|番号|code|^no\.?$|^id$|電話|tel|fax|郵便|年度|年月|年$", re.IGNORECASE)
_MENDABLE = (None, "precision_lost", "leading_zero_lost", "unlisted_code")
_WHOLE = r"-?(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)"
_INTEGER = re.compile(_WHOLE)
_NUMBER = re.compile(_WHOLE + r"(?:\.[0-9]+)?")
MANY = 30
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LGCODE = re.compile(r"(全国地方公共団体|市区?町?村|都道府県)コード|^都道府県コード又は市区町村コード$")
#: what the rows of a statistic are called where its first column has no heading
_ROW_LABEL = "項目"
_NAMELESS_FIELD = {"name": _ROW_LABEL, "aliases": [NAMELESS], "description": "見出しのない列です。"}
_LATITUDE = {"緯度", "latitude", "lat"}
_LONGITUDE = {"経度", "longitude", "lng", "lon"}


def infer_schema(table: SourceTable, name: str, title: str) -> dict[str, Any]:
    """The content of a schema file for the table as read: one field per column, in the file's order.

    A repeated label and an empty column without a label are left out; the first column that has values and no label
    becomes 「項目」, for the person to give it its name.
    """
    fields: dict[str, dict[str, Any]] = {}
    for position, label in enumerate(table.header):
        values = [v for v in table.frame.iloc[:, position].astype(str).tolist() if v.strip()]
        if label.strip():
            fields.setdefault(label, _field(label, values))
        elif values and _ROW_LABEL not in table.header:
            fields.setdefault(_ROW_LABEL, {**_NAMELESS_FIELD, **_kind(_ROW_LABEL, values)})
    return {"name": name, "title": title, "fields": list(fields.values())}


def _field(label: str, values: Sequence[str]) -> dict[str, Any]:
    field: dict[str, Any] = {"name": label}
    key = match_key(label)
    if key in _LATITUDE or key in _LONGITUDE:
        kind = "latitude" if key in _LATITUDE else "longitude"
        if values and _none_wrong(values, kind):
            return {**field, "clean": kind, "write": "number", "role": kind, "datastore": "numeric"}
        return field
    return {**field, **_kind(label, values)}


def _kind(label: str, values: Sequence[str]) -> dict[str, str]:
    if not values:
        return {}
    if all(_DATE.fullmatch(v) for v in values) and _all_clean(values, "date"):
        return {"type": "date", "clean": "date", "write": "date"}
    if _LGCODE.search(label) and all(clean("lgcode", v).flag in _MENDABLE for v in dict.fromkeys(values)):
        return {"clean": "lgcode"}
    if _code_like(label, values):
        return {"clean": "code"} if all(v.isascii() for v in values) else {}
    values = [v for v in values if clean("number", v).flag != "none_or_na"] or values
    if all(_INTEGER.fullmatch(v) for v in values):
        return {"type": "integer", "clean": "integer", "write": "integer"}
    if all(_NUMBER.fullmatch(v) for v in values):
        return {"type": "number", "clean": "number", "write": "number"}
    return {}


def _code_like(label: str, values: Sequence[str]) -> bool:
    digits = [v for v in values if v.isascii() and v.isdigit()]
    if not digits:
        return bool(_CODE_NAME.search(label)) and all(v.isascii() for v in values)
    zero = any(len(v) > 1 and v.startswith("0") for v in digits)
    widths = {len(v) for v in digits}
    fixed = len(digits) == len(values) > 1 and len(widths) == 1 and max(widths) > (3 if len(values) >= MANY else 4)
    return zero or fixed or bool(_CODE_NAME.search(label))


def _none_wrong(values: Sequence[str], kind: str) -> bool:
    return all(clean(kind, value).status != "error" for value in dict.fromkeys(values))


def _all_clean(values: Sequence[str], kind: str) -> bool:
    return all(clean(kind, value).status == "ok" for value in dict.fromkeys(values))
