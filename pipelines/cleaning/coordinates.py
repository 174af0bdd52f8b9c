"""Coordinates in decimal degrees, JGD2011 (EPSG:6668); trailing zeros survive: they say how precise a place is."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.folding import fold
from pipelines.cleaning.marks import instead_of_value

GRID = Path(__file__).parent / "grids" / "TKY2JGD.tif"
#: Japan with its outer islands: a plausibility range (ours; no standard gives one)
LATITUDES, LONGITUDES = (20.0, 46.0), (122.0, 154.0)

_MARK = r"(?P<mark>[NSEWnsew]|北緯|東経|南緯|西経|緯度|経度)?[ :]*"
_TAIL = r" ?(?P<tail>[NSEWnsew])?"
_DECIMAL = re.compile(_MARK + r"(?P<d>[+-]?[0-9]{1,3}(?:\.[0-9]+)?) ?(?:[°º度])?" + _TAIL)
_DMS = re.compile(
    _MARK
    + r"(?P<d>[0-9]{1,3})(?: ?[°º˚度:] ?| )(?P<m>[0-9]{1,2}(?:\.[0-9]+)?)"
    + r"(?: ?['′’`分: ] ?(?:(?P<s>[0-9]{1,2}(?:\.[0-9]+)?) ?(?:[\"″”秒]|''|′′)?)?)?"
    + _TAIL
)
_DOTTED = re.compile(_MARK + r"(?P<d>[0-9]{1,3})\.(?P<m>[0-9]{1,2})\.(?P<s>[0-9]{1,2}(?:\.[0-9]+)?)" + _TAIL)
_HEMISPHERE = {
    "N": "lat",
    "S": "lat",
    "E": "lon",
    "W": "lon",
    "北": "lat",
    "南": "lat",
    "東": "lon",
    "西": "lon",
    "緯": "lat",
    "経": "lon",
}


class _Angle(NamedTuple):
    """One coordinate: canonical text, which axis its mark claims, the warning, the rule."""

    text: str
    axis: str | None
    flag: str | None
    rule: str | None

    @property
    def degrees(self) -> float:
        """Decimal degrees."""
        return float(self.text)


def _angle(written: str) -> _Angle | str:
    """Read one coordinate; a flag (str) when it is none."""
    folded = fold(written).strip("[]() ")
    folded = folded.replace("．", ".")
    if found := _DECIMAL.fullmatch(folded):
        return _signed(found, found["d"].lstrip("+"), None, "coordinate-mark" if folded != found["d"] else None)
    if found := _DMS.fullmatch(folded) or _DOTTED.fullmatch(folded):
        minutes, seconds = float(found["m"]), float(found["s"] or 0)
        if minutes >= 60 or seconds >= 60:
            return "out_of_range"
        degrees = int(found["d"]) + minutes / 60 + seconds / 3600
        return _signed(
            found, f"{degrees:.6f}", "dms_dotted" if found.re is _DOTTED else None, "degrees-minutes-seconds"
        )
    return "not_a_coordinate"


def _signed(found: re.Match[str], text: str, flag: str | None, rule: str | None) -> _Angle | str:
    mark, tail = (found["mark"] or ""), (found["tail"] or "")
    if mark and tail:
        return "not_a_coordinate"
    sign = (mark or tail).upper()[:1]
    negative = sign in ("S", "W", "南", "西") and not text.startswith("-")
    return _Angle(f"-{text}" if negative else _tidy(text), _HEMISPHERE.get(sign), flag, rule)


def _tidy(text: str) -> str:
    """No leading zeros: 035.3 → 35.3."""
    sign = "-" if text.startswith("-") else ""
    whole, dot, fraction = text.removeprefix("-").partition(".")
    return f"{sign}{int(whole)}{dot}{fraction}"


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def clean_latitude(text: str, context: Mapping[str, Any]) -> Cleaned:
    """One latitude as decimal text between 20 and 46."""
    return instead_of_value(text) or _single(text, "lat", LATITUDES, LONGITUDES)


def clean_longitude(text: str, context: Mapping[str, Any]) -> Cleaned:
    """One longitude as decimal text between 122 and 154."""
    return instead_of_value(text) or _single(text, "lon", LONGITUDES, LATITUDES)


def _single(text: str, axis: str, own: tuple[float, float], other: tuple[float, float]) -> Cleaned:
    angle = _angle(text)
    if isinstance(angle, str):
        return error(angle)
    if (angle.axis and angle.axis != axis) or _within(angle.degrees, other):
        return error("swapped")
    if not _within(angle.degrees, own):
        return error("zero" if angle.degrees == 0 else "outside_japan")
    if angle.flag:
        return warn(angle.text, angle.flag, rule=angle.rule)
    if _decimals(angle.text) < 3:
        return warn(angle.text, "low_precision", rule=angle.rule)
    return ok(angle.text, angle.rule)


def clean_coord(text: str, context: Mapping[str, Any]) -> Cleaned:
    """``lat,lon`` → ``lat,lon`` with ``parts`` lat and lon.  Context ``bbox`` = (west, south, east, north) of the city.

    Swapped columns are put right with a warning (a latitude cannot be 139); 0,0 and places outside are errors.
    """
    if mark := instead_of_value(text):
        return mark
    angles = _pair(text)
    if isinstance(angles, str):
        return error(angles)
    lat, lon = angles
    swapped = _swapped(lat, lon)
    if swapped:
        lat, lon = lon, lat
    refused = _refused(lat, lon, context.get("bbox"))
    if refused:
        return error(refused)
    result = ok(f"{lat.text},{lon.text}", lat.rule or lon.rule, lat=lat.text, lon=lon.text)
    flag = "swapped" if swapped else lat.flag or lon.flag
    if not flag and min(_decimals(lat.text), _decimals(lon.text)) < 3:
        flag = "low_precision"
    return replace(result, status="warn", flag=flag) if flag else result


def _pair(text: str) -> tuple[_Angle, _Angle] | str:
    pieces = re.split(r"[,、;/\n]", fold(text).strip("[]() "))
    if len(pieces) == 1:
        pieces = re.split(r"(?<=[0-9\"″秒NE°度]) +(?=[0-9NEne東])", pieces[0])
    if len(pieces) != 2:
        return "not_a_coordinate"
    if not all(piece.strip() for piece in pieces):
        return "half_missing"
    lat, lon = map(_angle, pieces)
    if isinstance(lat, str):
        return lat
    return lon if isinstance(lon, str) else (lat, lon)


def _swapped(lat: _Angle, lon: _Angle) -> bool:
    if lat.axis == "lon" and lon.axis == "lat":
        return True
    return _within(lat.degrees, LONGITUDES) and _within(lon.degrees, LATITUDES)


def _refused(lat: _Angle, lon: _Angle, bbox: Sequence[float] | None) -> str | None:
    if lat.degrees == 0 and lon.degrees == 0:
        return "null_island"
    if not (_within(lat.degrees, LATITUDES) and _within(lon.degrees, LONGITUDES)):
        return "outside_japan"
    return "outside_city" if bbox and not _inside(bbox, lat.degrees, lon.degrees) else None


def clean_tokyo_datum(text: str, context: Mapping[str, Any]) -> Cleaned:
    """``lat,lon`` on the Tokyo datum → JGD2000 by the national grid (≈ 1e-8 degrees), written with 8 decimals.

    Without the grid, or outside of it, there is no answer: a ballpark shift would be wrong by up to 460 m.
    """
    if mark := instead_of_value(text):
        return mark
    angles = _pair(text)
    if isinstance(angles, str):
        return error(angles)
    lat, lon = angles
    if _swapped(lat, lon):
        return error("swapped")
    if refused := _refused(lat, lon, None):
        return error(refused)
    if not _on_grid(lat.degrees, lon.degrees):
        return error("outside_grid")
    x, y = _transformer().transform(lon.degrees, lat.degrees)
    result = ok(f"{y:.8f},{x:.8f}", "tokyo-datum", lat=f"{y:.8f}", lon=f"{x:.8f}")
    bbox = context.get("bbox")
    return error("outside_city") if bbox and not _inside(bbox, y, x) else result


def _on_grid(lat: float, lon: float) -> bool:
    """Do all four nodes around the point (every 30″ by 45″) have a shift?  At sea the grid holds zeros."""
    south, west = math.floor(lat * 120) / 120, math.floor(lon * 80) / 80
    nodes = [(west + i / 80, south + j / 120) for i in (0, 1) for j in (0, 1)]
    shifted = (_transformer().transform(*node)[1] - node[1] for node in nodes)
    return all(0.002 < shift < 0.006 for shift in shifted)


def _inside(bbox: Sequence[float], lat: float, lon: float) -> bool:
    """Within (west, south, east, north)?"""
    return bbox[0] <= lon <= bbox[2] and bbox[1] <= lat <= bbox[3]


@cache
def _transformer() -> Any:
    """Tokyo datum → JGD2000 by an explicit pipeline: PROJ's own choice silently falls back to three parameters."""
    from pyproj import Transformer

    return Transformer.from_pipeline(
        f"+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=hgridshift +grids={GRID} "
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
