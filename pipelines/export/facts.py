"""What a dataset's settings say, in the words of other vocabularies.  What cannot be said surely is None."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.model import Package, Schema

#: Japanese words → (EU frequency authority code, ISO 8601 repeating interval as data.json wants it, or irregular)
_FREQUENCIES: dict[str, tuple[str, str | None]] = {
    "毎日": ("DAILY", "R/P1D"),
    "日次": ("DAILY", "R/P1D"),
    "毎週": ("WEEKLY", "R/P1W"),
    "週次": ("WEEKLY", "R/P1W"),
    "週1回": ("WEEKLY", "R/P1W"),
    "毎月": ("MONTHLY", "R/P1M"),
    "月次": ("MONTHLY", "R/P1M"),
    "月1回": ("MONTHLY", "R/P1M"),
    "1か月": ("MONTHLY", "R/P1M"),
    "隔月": ("BIMONTHLY", "R/P2M"),
    "2か月": ("BIMONTHLY", "R/P2M"),
    "四半期": ("QUARTERLY", "R/P3M"),
    "四半期ごと": ("QUARTERLY", "R/P3M"),
    "年4回": ("QUARTERLY", "R/P3M"),
    "3か月": ("QUARTERLY", "R/P3M"),
    "半年": ("ANNUAL_2", "R/P6M"),
    "半年ごと": ("ANNUAL_2", "R/P6M"),
    "年2回": ("ANNUAL_2", "R/P6M"),
    "6か月": ("ANNUAL_2", "R/P6M"),
    "年3回": ("ANNUAL_3", "R/P4M"),
    "毎年": ("ANNUAL", "R/P1Y"),
    "年次": ("ANNUAL", "R/P1Y"),
    "年度ごと": ("ANNUAL", "R/P1Y"),
    "毎年度": ("ANNUAL", "R/P1Y"),
    "年1回": ("ANNUAL", "R/P1Y"),
    "1年": ("ANNUAL", "R/P1Y"),
    "隔年": ("BIENNIAL", "R/P2Y"),
    "2年": ("BIENNIAL", "R/P2Y"),
    "3年": ("TRIENNIAL", "R/P3Y"),
    "5年": ("QUINQUENNIAL", "R/P5Y"),
    "10年": ("DECENNIAL", "R/P10Y"),
    "随時": ("IRREG", "irregular"),
    "不定期": ("IRREG", "irregular"),
    "都度": ("IRREG", "irregular"),
    "常時": ("UPDATE_CONT", None),
    "リアルタイム": ("UPDATE_CONT", None),
    "更新なし": ("NEVER", None),
    "更新しない": ("NEVER", None),
}
_DECORATION = re.compile(r"(に)?(1回)?(更新|公開)?$")
_MONTHS = re.compile(r"[ヶケヵカかヵ個箇]+月")
_CC = re.compile(r"https?://creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/([0-9.]+)(/[a-z]{2})?(/.*)?$")
_PERIODS = (
    (re.compile(r"\d{4}-\d{2}-\d{2}").fullmatch, "date"),
    (re.compile(r"\d{4}-\d{2}").fullmatch, "gYearMonth"),
    (re.compile(r"\d{4}").fullmatch, "gYear"),
)
#: definitions whose columns were compared with the official ones; of the others we do not say that data conform
_CHECKED = {"exact", "exact_columns_and_levels", "guidebook_table", "header_exact"}
_STANDARD_NAMES = {1: "推奨データセット", 2: "自治体標準オープンデータセット"}
_STANDARD_PAGE = "https://www.digital.go.jp/resources/open_data/municipal-standard-data-set-test"


@dataclass(frozen=True, slots=True)
class Moments:
    """When a dataset first and last went out, ISO 8601 (day, or moment with its zone); empty: not known."""

    issued: str = ""
    modified: str = ""


Dates = Mapping[str, Moments]


@dataclass(frozen=True, slots=True)
class Standard:
    """The standard a dataset keeps to: its Japanese name, version, and the page that publishes it."""

    name: str
    version: str
    url: str


def frequency(text: str) -> tuple[str, str | None] | None:
    """(EU frequency code, data.json's value or None) of a Japanese frequency; None for words that are not known."""
    folded = _MONTHS.sub("か月", unicodedata.normalize("NFKC", text).strip())
    for candidate in (folded, _DECORATION.sub("", folded), folded.removesuffix("更新")):
        if candidate in _FREQUENCIES:
            return _FREQUENCIES[candidate]
    return None


def licence_address(url: str) -> str:
    """The licence's own address: a Creative Commons deed in some language stands for the licence it explains."""
    found = _CC.fullmatch(url.strip())
    if found is None:
        return url.strip()
    family, name, version, ported, _ = found.groups()
    return f"https://creativecommons.org/{family}/{name}/{version}{ported or ''}/"


def period_type(text: str) -> str | None:
    """XML Schema's name for a day, month or year as written; None for anything else."""
    return next((kind for fits, kind in _PERIODS if fits(text)), None)


def standard(schema: Schema | None) -> Standard | None:
    """The national standard of a dataset, where its definition was compared with the official one."""
    if schema is None or schema.completeness not in _CHECKED or schema.generation not in _STANDARD_NAMES:
        return None
    family = _STANDARD_NAMES[schema.generation]
    page = _STANDARD_PAGE if schema.generation == 2 else ""
    return Standard(name=f"{family}「{schema.title}」", version=schema.version, url=page)


def schema_of(package: Package) -> Schema | None:
    """The schema of the package's first table."""
    return next((file.schema for file in package.files if file.schema), package.spec.schema)


def wkt(box: tuple[float, float, float, float]) -> str:
    """(west, south, east, north) as a WKT polygon, longitude first (CRS84, GeoSPARQL's default)."""
    west, south, east, north = box
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return "POLYGON((" + ", ".join(f"{x} {y}" for x, y in corners) + "))"
