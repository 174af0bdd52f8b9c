"""Beside growth: does the number have content?  Computed from what the portal says and from link checks, nothing else.

Points and ratings after data.europa.eu's Metadata Quality Assessment (405 points), applied to CKAN's fields; the 30
points for DCAT-AP conformance are never awarded, because no validator has run.  Freshness after HDX.  What was not
examined is None or missing, never good and never bad.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from pipelines.gateways.measurements import QualityDay
from pipelines.gateways.web import Link
from pipelines.measure.catalogue import data_modified, extras_of, is_open

Package = Mapping[str, Any]
STARS = {
    **dict.fromkeys(("CSV", "TSV", "JSON", "GEOJSON", "TOPOJSON", "XML", "KML", "GML", "GPX", "ODS", "ICS"), 3),
    **dict.fromkeys(("XLS", "XLSX", "XLSM", "SHP", "MDB", "ACCDB"), 2),
    **dict.fromkeys(("PDF", "DOC", "DOCX", "TXT", "ZIP", "PPT", "PPTX", "JPEG", "JPG", "PNG", "TIFF", "RTF"), 1),
    **dict.fromkeys(("RDF", "TTL", "JSON-LD", "JSONLD", "N3", "NT", "RDF/XML"), 4),
}  # fmt: skip
MACHINE_READABLE = frozenset(name for name, stars in STARS.items() if stars >= 3) | {"XLS", "XLSX"}
PROPRIETARY = frozenset(("XLS", "XLSX", "XLSM", "DOC", "DOCX", "PPT", "PPTX", "MDB", "ACCDB", "SHP", "DWG"))
#: HDX: days until due, overdue, delinquent
_DUE = {
    "daily": (1, 2, 3), "weekly": (7, 14, 21), "monthly": (30, 44, 60), "quarterly": (90, 120, 150),
    "half-yearly": (180, 210, 240), "yearly": (365, 425, 455),
}  # fmt: skip
FRESHNESS = ("最新", "更新時期", "遅れ", "長期未更新")
UNDECLARED = "頻度未設定"
_FREQUENCY = {
    "daily": ("毎日", "日次", "日ごと", "daily", "p1d", "r/p1d"),
    "weekly": ("毎週", "週次", "週1回", "weekly", "p1w", "r/p1w"),
    "monthly": ("毎月", "月次", "月1回", "monthly", "p1m", "r/p1m"),
    "quarterly": ("四半期", "四半期ごと", "四半期に1回", "年4回", "3か月ごと", "quarterly", "p3m", "r/p3m"),
    "half-yearly": ("半年", "半年ごと", "年2回", "biannual", "semiannual", "p6m", "r/p6m"),
    "yearly": ("毎年", "年次", "年1回", "毎年度", "1年", "annual", "yearly", "p1y", "r/p1y"),
    "never": ("随時", "不定期", "更新なし", "更新しない", "リアルタイム", "必要に応じて", "as needed", "never", "live",
              "irregular", "continuous", "unknown"),
}  # fmt: skip
_BY_TEXT = {text: name for name, texts in _FREQUENCY.items() for text in texts}
#: indicator: points, and what to do about it
INDICATORS: Mapping[str, tuple[int, str]] = {
    "keyword": (30, "タグを付ける"),
    "theme": (30, "グループ（分野）に入れる"),
    "spatial": (20, "対象地域を書く"),
    "temporal": (20, "対象期間を書く"),
    "access_url": (50, "リンク切れを直す"),
    "download_url": (20, "ファイルのアドレスを入れる"),
    "download_reachable": (30, "ダウンロードできるようにする"),
    "format": (20, "ファイル形式を書く"),
    "media_type": (10, "メディアタイプを書く"),
    "format_vocabulary": (10, "ファイル形式とメディアタイプを決まった書き方にする"),
    "non_proprietary": (20, "特定のソフトによらない形式（CSVなど）で出す"),
    "machine_readable": (20, "機械が読める形式で出す"),
    "dcat_ap": (30, "DCAT-AP の検査をする"),
    "licence": (20, "ライセンスを付ける"),
    "licence_vocabulary": (10, "ライセンスを決まった名前にする"),
    "access_rights": (10, "公開区分（access_rights）を書く"),
    "access_rights_vocabulary": (5, "公開区分を決まった書き方（PUBLIC）にする"),
    "contact_point": (20, "問い合わせ先を書く"),
    "publisher": (10, "公開者（組織）を付ける"),
    "rights": (5, "権利の表示（クレジット）を書く"),
    "byte_size": (5, "ファイルの大きさを登録する"),
    "issued": (5, "公開日を登録する"),
    "modified": (5, "更新日を登録する"),
}
FULL = sum(points for points, _ in INDICATORS.values())
_YEAR = re.compile(
    r"[（(\[【_\-・\s]*(?:(?:令和|平成|昭和|[RHS])\s*(?:元|\d{1,2})(?:年度?)?|(?:19|20)\d{2}(?:年度?)?)(?:\d{1,2}月(?:\d{1,2}日)?)?"
    r"(?:版|分|現在|時点)?[）)\]】_\-・\s]*"
)
_DIGITS = str.maketrans("０１２３４５６７８９ＲＨＳ", "0123456789RHS")


def examine(package: Package, day: dt.date, links: Mapping[str, Link]) -> QualityDay:
    """One dataset's quality on a day; ``links`` are the answers of the addresses that were asked."""
    resources = package.get("resources") or ()
    answers = [links[r["url"]].ok for r in resources if r.get("url") in links]
    asked = [ok for ok in answers if ok is not None]
    points = mqa(package, links)
    age = age_days(package, day)
    return QualityDay(
        day=day,
        dataset=str(package["name"]),
        stars=stars(package, links),
        freshness=freshness(extras_of(package).get("frequency", ""), age),
        age_days=age,
        links_ok=sum(asked) if asked else None,
        links_bad=len(asked) - sum(asked) if asked else None,
        mqa_points=sum(points.values()),
        mqa=points,
        substantial=substantial(package, links),
        fixes=fixes(points),
        family=family(str(package.get("title") or "")),
        empty=is_empty(package),
    )


def stars(package: Package, links: Mapping[str, Link]) -> int:
    """Five stars by the best file: PDF 1, Excel 2, CSV and JSON 3, RDF 4; 0 where the licence is not open.

    Linked data (5) cannot be told from metadata.  A file known to be unreachable does not count.
    """
    if not is_open(package):
        return 0
    found = [r for r in package.get("resources") or () if _reachable(r, links) is not False]
    return max((STARS.get(_format(r), 0) for r in found), default=0)


def substantial(package: Package, links: Mapping[str, Link]) -> bool | None:
    """「実質」: open licence and at least one reachable machine-readable resource; None while no link was asked."""
    readable = [r for r in package.get("resources") or () if _format(r) in MACHINE_READABLE]
    if not is_open(package) or not readable:
        return False
    answers = [_reachable(r, links) for r in readable]
    return True if True in answers else None if None in answers else False


def mqa(package: Package, links: Mapping[str, Link]) -> dict[str, int]:
    """Points per indicator; DCAT-AP is left out (unchecked).  Of several files the best one speaks."""
    resources = list(package.get("resources") or ())
    best: list[str] = max((_file_indicators(r, links) for r in resources), key=_worth, default=[])
    reached = {*_dataset_indicators(package), *best}
    return {name: points if name in reached else 0 for name, (points, _) in INDICATORS.items() if name != "dcat_ap"}


def _worth(names: list[str]) -> int:
    return sum(INDICATORS[name][0] for name in names)


def _dataset_indicators(package: Package) -> list[str]:
    extras = extras_of(package)
    licence = str(package.get("license_id") or "")
    rights = extras.get("access_rights", "")
    stated = {
        "keyword": package.get("tags"),
        "theme": package.get("groups"),
        "spatial": extras.get("spatial") or extras.get("spatial_text"),
        "temporal": extras.get("temporal_start") or extras.get("temporal"),
        "licence": licence and licence != "notspecified",
        "licence_vocabulary": is_open(package),
        "access_rights": rights,
        "access_rights_vocabulary": rights.rsplit("/", 1)[-1].upper() in ("PUBLIC", "RESTRICTED", "NON_PUBLIC"),
        "contact_point": package.get("maintainer_email") or package.get("maintainer") or package.get("author_email"),
        "publisher": package.get("organization") or package.get("owner_org"),
        "rights": extras.get("rights") or extras.get("credit"),
        "issued": package.get("metadata_created"),
        "modified": package.get("metadata_modified"),
    }
    return [name for name, value in stated.items() if value]


def _file_indicators(resource: Mapping[str, Any], links: Mapping[str, Link]) -> list[str]:
    known, mimetype = _format(resource), str(resource.get("mimetype") or "")
    reachable = _reachable(resource, links) is True
    stated = {
        "access_url": reachable,
        "download_url": resource.get("url"),
        "download_reachable": reachable,
        "format": known,
        "media_type": mimetype,
        "format_vocabulary": known in STARS and "/" in mimetype,
        "non_proprietary": known in STARS and known not in PROPRIETARY,
        "machine_readable": known in MACHINE_READABLE,
        "byte_size": resource.get("size"),
    }
    return [name for name, value in stated.items() if value]


def fixes(points: Mapping[str, int], most: int = 3) -> tuple[str, ...]:
    """The improvements that gain most, as 「タグを付ける（+30点）」."""
    missing = sorted((name for name, got in points.items() if not got), key=lambda n: (-INDICATORS[n][0], n))
    return tuple(f"{INDICATORS[name][1]}（+{INDICATORS[name][0]}点）" for name in missing[:most])


def freshness(frequency: str, age: int | None) -> str:
    """最新 | 更新時期 | 遅れ | 長期未更新 by HDX's days; 頻度未設定 where none is declared or understood."""
    kind = _BY_TEXT.get(frequency.strip().lower())
    if kind is None or (age is None and kind != "never"):
        return UNDECLARED
    if kind == "never" or age is None:
        return FRESHNESS[0]
    return FRESHNESS[sum(age >= limit for limit in _DUE[kind])]


def age_days(package: Package, day: dt.date) -> int | None:
    """Days since the data last changed; None when the portal does not know."""
    changed = data_modified(package)
    return (day - dt.date.fromisoformat(changed)).days if changed else None


def family(title: str) -> str:
    """The title without its year, for datasets that differ only by year; empty where there is no year in it."""
    plain = title.translate(_DIGITS)
    without = _YEAR.sub(" ", plain).strip()
    return "" if without == plain.strip() else without or plain


def is_empty(package: Package) -> bool:
    """True for a dataset without a file, or whose every file is known to have no bytes."""
    sizes = [r.get("size") for r in package.get("resources") or ()]
    return all(size == 0 for size in sizes)


def _format(resource: Mapping[str, Any]) -> str:
    return str(resource.get("format") or "").upper().lstrip(".")


def _reachable(resource: Mapping[str, Any], links: Mapping[str, Link]) -> bool | None:
    found = links.get(str(resource.get("url") or ""))
    return found.ok if found is not None else None
