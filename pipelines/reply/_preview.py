"""How a table will look on the catalogue: its first rows, and where its points lie."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipelines.model import PackageFile

ROWS = 5
_CELL = 30
_WIDTH, _HEIGHT, _MARGIN = 640, 400, 28
#: degrees: less is one place, not a region
_LEAST = 0.002
_POINTS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """Points in the picture's units, the picture's size, and what its edges are in degrees."""

    points: tuple[tuple[float, float], ...]
    width: int
    height: int
    north: float
    south: float
    west: float
    east: float
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first rows of one table, how many there are, and its map where it has coordinates."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int
    map: Map | None


def preview(file: PackageFile) -> Preview:
    """Of a CSV file of ours."""
    with file.path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        header = tuple(next(reader, []))
        rows = tuple(tuple(map(_cut, row)) for row in islice(reader, ROWS))
    return Preview(title=file.title, header=header, rows=rows, total=file.rows or 0, map=_map(file, header))


def _cut(text: str) -> str:
    one = " ".join(text.split())
    return one if len(one) <= _CELL else one[: _CELL - 1] + "…"


def _map(file: PackageFile, header: Sequence[str]) -> Map | None:
    fields = file.schema.fields if file.schema else ()
    names = [next((f.name for f in fields if f.role == role), "") for role in ("latitude", "longitude")]
    if not all(name in header for name in names):
        return None
    places = _places(file.path, [header.index(name) for name in names])
    return _drawn(places) if places else None


def _places(path: Path, columns: Sequence[int]) -> list[tuple[float, float]]:
    found = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in islice(csv.reader(stream), 1, None):
            try:
                found.append((float(row[columns[0]]), float(row[columns[1]])))
            except ValueError:
                continue
    return found


def _drawn(places: list[tuple[float, float]]) -> Map:
    """North is up; a degree of longitude is as much shorter as it is at that latitude."""
    south, north = _bounds([lat for lat, _ in places])
    west, east = _bounds([lon for _, lon in places])
    shrink = math.cos(math.radians((south + north) / 2))
    scale = min((_WIDTH - 2 * _MARGIN) / ((east - west) * shrink), (_HEIGHT - 2 * _MARGIN) / (north - south))
    left = (_WIDTH - (east - west) * shrink * scale) / 2
    top = (_HEIGHT - (north - south) * scale) / 2
    points = tuple(
        (round(left + (lon - west) * shrink * scale, 1), round(top + (north - lat) * scale, 1))
        for lat, lon in places[:_POINTS]
    )
    return Map(
        points=points, width=_WIDTH, height=_HEIGHT, north=north, south=south, west=west, east=east, total=len(places)
    )


def _bounds(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    spare = max(0.0, (_LEAST - (high - low)) / 2)
    return low - spare, high + spare
