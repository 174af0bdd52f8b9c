"""GeoJSON (RFC 7946) from a table with latitude and longitude."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pipelines.model import Field, StandardTable

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?").fullmatch
_AT_ONCE = 20_000
_EXACT_DIGITS = 15  # more digits than a JavaScript number keeps stay text
_NAMES = {"latitude": ("緯度",), "longitude": ("経度",)}


@dataclass(frozen=True, slots=True)
class Points:
    """The file's bytes, and a Japanese sentence on what it holds."""

    content: bytes
    description: str


def geojson(table: StandardTable) -> Points | None:
    """One feature per record, coordinates ``[longitude, latitude]`` with the digits of the text.

    A record without coordinates keeps its properties and has ``null`` geometry (RFC 7946 section 3.2), so that no
    record is lost; the description counts them.  None when the table has no coordinates at all.
    """
    latitude, longitude = _column(table, "latitude"), _column(table, "longitude")
    if latitude is None or longitude is None:
        return None
    pairs = zip(_numbers(table, longitude, 180), _numbers(table, latitude, 90), strict=True)
    geometries = [f'{{"type":"Point","coordinates":[{x},{y}]}}' if x and y else "null" for x, y in pairs]
    located = len(geometries) - geometries.count("null")
    if not located:
        return None
    return Points(b"".join(_collection(table, geometries)), _description(len(geometries), located))


def _collection(table: StandardTable, geometries: Sequence[str]) -> Iterator[bytes]:
    yield b'{"type":"FeatureCollection","features":[\n'
    for number, features in enumerate(_features(table, geometries)):
        yield b",\n" if number else b""
        yield features
    yield b"\n]}\n"


def _features(table: StandardTable, geometries: Sequence[str]) -> Iterator[bytes]:
    """The features, some thousands at a time: as text, a large table would take many times its file's memory."""
    for start in range(0, len(geometries), _AT_ONCE):
        stop = start + _AT_ONCE
        pairs = zip(geometries[start:stop], _properties(table, start, stop), strict=True)
        texts = (f'{{"type":"Feature","geometry":{place},"properties":{{{members}}}}}' for place, members in pairs)
        yield ",\n".join(texts).encode()


def _description(records: int, located: int) -> str:
    without = records - located
    if not without:
        return f"{records}件の位置（世界測地系の経度・緯度）。"
    return f"{records}件のうち、位置（世界測地系の経度・緯度）のあるもの{located}件、位置のないもの{without}件。"


def _column(table: StandardTable, role: str) -> int | None:
    """The column whose field has that role, or is named as the standard names it."""
    columns = list(table.frame.columns)
    for field in table.schema.fields:
        if getattr(field, "role", None) == role and field.name in columns:
            return columns.index(field.name)
    return next((columns.index(name) for name in _NAMES[role] if name in columns), None)


def _numbers(table: StandardTable, column: int, limit: int) -> list[str | None]:
    """JSON number literals with the text's own digits; None where there is no coordinate on earth."""
    known: dict[str, str | None] = {}
    texts: list[str] = table.frame.iloc[:, column].tolist()
    return [known[text] if text in known else known.setdefault(text, _number(text, limit)) for text in texts]


def _number(text: str, limit: int) -> str | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) > limit:
        return None
    return text if _JSON_NUMBER(text) else format(value, "f")


def _properties(table: StandardTable, start: int, stop: int) -> Iterator[str]:
    """Per record from ``start`` to before ``stop``, the members of ``properties``: all columns that have a value."""
    columns = [
        _members(str(name), table.schema.field(str(name)), table.frame.iloc[start:stop, j].tolist())
        for j, name in enumerate(table.frame.columns)
    ]
    return (",".join(filter(None, members)) for members in zip(*columns, strict=True))


def _members(name: str, field: Field | None, texts: Sequence[str]) -> list[str]:
    label = json.dumps(name, ensure_ascii=False) + ":"
    numeric = field is not None and field.type in ("integer", "number")
    known: dict[str, str] = {"": ""}
    for text in texts:
        if text not in known:
            known[text] = label + _json_value(text, numeric)
    return [known[text] for text in texts]


def _json_value(text: str, numeric: bool) -> str:
    if numeric and len(text) <= _EXACT_DIGITS and _JSON_NUMBER(text):
        return text
    value: Any = text
    return json.dumps(value, ensure_ascii=False)
