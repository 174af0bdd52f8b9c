"""Latitude and longitude as a pair; each of them alone is cleaned like any other value (kinds latitude, longitude)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.model import Field, Level, Schema
from pipelines.standardize.columns import Columns
from pipelines.standardize.ledger import Ledger

_DECIMAL = re.compile(r"-?\d{1,3}(\.\d+)?")


def check_coordinates(
    schema: Schema, columns: Columns, bbox: tuple[float, float, float, float] | None, ledger: Ledger
) -> None:
    """A half coordinate is an ERROR; points outside the department's ``bbox`` (W, S, E, N in degrees) a WARNING."""
    for latitude, longitude in _pairs(schema, columns):
        north, east = columns.texts[latitude.name].texts(), columns.texts[longitude.name].texts()
        outside = []
        for row, (lat, lon) in enumerate(zip(north, east, strict=True)):
            if bool(lat) != bool(lon):
                _half(row, longitude if lat else latitude, latitude if lat else longitude, columns, ledger)
            elif bbox and lat and _outside(lat, lon, bbox):
                outside.append(row)
        if outside:
            _far(outside, latitude, columns, (north[outside[0]], east[outside[0]]), ledger)


def _pairs(schema: Schema, columns: Columns) -> Iterator[tuple[Field, Field]]:
    fields = [f for f in schema.fields if f.name in columns.texts]
    found = [[f for f in fields if f.role == role] for role in ("latitude", "longitude")]
    yield from zip(*found, strict=False)


def _outside(lat: str, lon: str, bbox: tuple[float, float, float, float]) -> bool:
    if not (_DECIMAL.fullmatch(lat) and _DECIMAL.fullmatch(lon)):
        return False
    west, south, east, north = bbox
    return not (south <= float(lat) <= north and west <= float(lon) <= east)


def _half(row: int, missing: Field, given: Field, columns: Columns, ledger: Ledger) -> None:
    ledger.report(
        "coordinate-half",
        Level.ERROR,
        ledger.cell(row, columns.source(missing.name), missing.name),
        f"「{given.name}」だけがあり、「{missing.name}」がありません。",
        "緯度と経度は両方書くか、両方とも空欄にしてください。",
    )


def _far(rows: list[int], latitude: Field, columns: Columns, first: tuple[str, str], ledger: Ledger) -> None:
    ledger.report(
        "coordinate-outside-area",
        Level.WARNING,
        ledger.cell(rows[0], columns.source(latitude.name), latitude.name),
        f"市区町村の範囲の外にある位置が{len(rows)}件あります（最初は {first[0]}, {first[1]}）。",
        "市外の施設でなければ、緯度と経度を確かめてください。",
        f"{first[0]}, {first[1]}",
    )
