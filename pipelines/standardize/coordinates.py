"""Latitude and longitude as a pair; each of them alone is cleaned like any other value (kinds latitude, longitude)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipelines.model import Field, Level, Schema
from pipelines.standardize.columns import Columns
from pipelines.standardize.ledger import Ledger

_DECIMAL = re.compile(r"-?\d{1,3}(\.\d+)?")


def check_coordinates(
    schema: Schema, columns: Columns, bbox: tuple[float, float, float, float] | None, ledger: Ledger
) -> None:
    """A half coordinate is an ERROR; points outside the department's ``bbox`` (W, S, E, N in degrees) a WARNING.

    Where both values of a pair were sent back for the same reason (exchanged, or 0 and 0), that is said once.
    """
    for latitude, longitude in _pairs(schema, columns):
        _exchanged(latitude, longitude, columns, ledger)
        _null_island(latitude, longitude, columns, ledger)
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


def _both(flag: str, pair: Sequence[Field], columns: Columns) -> list[int]:
    """The rows whose latitude and longitude were both sent back with this flag."""
    rows = [
        {
            row
            for code, answer in columns.answers.get(field.name, {}).items()
            if answer.status == "error" and answer.flag == flag
            for row in columns.texts[field.name].rows(code)
        }
        for field in pair
    ]
    return sorted(rows[0] & rows[1])


def _unsay(rows: list[int], pair: Sequence[Field], columns: Columns, ledger: Ledger) -> None:
    """Take back what was said of the two cells of each row."""
    said = {ledger.cell(row, columns.source(field.name), field.name) for row in rows for field in pair}
    ledger.take_back({f"value-{field.clean}" for field in pair}, said)


def _exchanged(latitude: Field, longitude: Field, columns: Columns, ledger: Ledger) -> None:
    """Latitude and longitude in each other's column: one ERROR for the two columns, or one per exchanged row."""
    rows = _both("swapped", (latitude, longitude), columns)
    if not rows:
        return
    _unsay(rows, (latitude, longitude), columns, ledger)
    north, east = columns.texts[latitude.name].texts(), columns.texts[longitude.name].texts()
    source = columns.source(latitude.name)
    if len(rows) == sum(1 for text in north if text.strip()):
        message = f"「{latitude.name}」の列に経度が、「{longitude.name}」の列に緯度が入っています（{len(rows)}行）。"
        hint = "2つの列の見出しを入れ替えてください（値は動かさなくてかまいません）。"
        ledger.report("coordinate-swapped", Level.ERROR, ledger.head(source, latitude.name), message, hint)
        return
    message = f"「{latitude.name}」と「{longitude.name}」の値が入れかわっています。"
    for row in rows:
        place, value = ledger.cell(row, source, latitude.name), f"{north[row]}, {east[row]}"
        ledger.report("coordinate-swapped", Level.ERROR, place, message, "2つの値を入れ替えてください。", value)


def _null_island(latitude: Field, longitude: Field, columns: Columns, ledger: Ledger) -> None:
    """0 and 0 is a place in the Gulf of Guinea: one ERROR per row."""
    rows = _both("zero", (latitude, longitude), columns)
    if rows:
        _unsay(rows, (latitude, longitude), columns, ledger)
    message = f"「{latitude.name}」と「{longitude.name}」がどちらも0です。0 は位置ではありません。"
    hint = "分からないときは両方とも空欄にしてください。"
    for row in rows:
        place = ledger.cell(row, columns.source(latitude.name), latitude.name)
        ledger.report("coordinate-zero", Level.ERROR, place, message, hint, "0, 0")


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
