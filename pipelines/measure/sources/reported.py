"""Counts that another tool reports per day and address, brought into our page types; and CSV exports of such tools."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.gateways.measurements import DayCoverage, DayStatus, Measurements
from pipelines.measure.urls import locate, path_of, query_of
from pipelines.model import AccessClass, AccessDay, ConfigError

_DAY = re.compile(r"(\d{4})[-/年]?(\d{1,2})[-/月]?(\d{1,2})日?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """So many accesses of one address on one JST day; ``download`` True: data taken, not a page seen."""

    day: dt.date
    address: str
    count: int
    download: bool = False


def access_days(rows: Iterable[Reported], source: str, ids: Mapping[str, str] | None = None) -> list[AccessDay]:
    """The daily counts by page type and dataset; such tools only see people's browsers, so the class is regular."""
    sums: dict[tuple[dt.date, str, str], list[int]] = {}
    for row in rows:
        target = locate(path_of(row.address), query_of(row.address), ids)
        kind = "download" if row.download else target.page_type
        cell = sums.setdefault((row.day, kind, target.dataset), [0, 0, 0])
        cell[0] += row.count * (not row.download)
        cell[1] += row.count * bool(target.dataset)
        cell[2] += row.count * row.download
    return [
        AccessDay(
            source=source, day=day, access_class=AccessClass.REGULAR, page_type=kind, dataset=dataset,
            page_views=views, investigations=inspected, requests=requests,
        )
        for (day, kind, dataset), (views, inspected, requests) in sorted(sums.items())
    ]  # fmt: skip


def replace_days(
    measurements: Measurements,
    source: str,
    wanted: Sequence[dt.date],
    accesses: Iterable[AccessDay],
    version: str,
    final_before: dt.date,
) -> list[dt.date]:
    """Replace days of a reporting tool; a wanted day the tool says nothing about is missing, not 0.

    Days before ``final_before`` will not change any more at the tool.  Returns the days that have a count.
    """
    by_day: dict[dt.date, list[AccessDay]] = {}
    for access in accesses:
        by_day.setdefault(access.day, []).append(access)
    with measurements.transaction():
        for day in wanted:
            status = DayStatus.FINAL if day < final_before else DayStatus.PROVISIONAL
            if day not in by_day:
                status = DayStatus.MISSING
            coverage = DayCoverage(source=source, day=day, status=status)
            measurements.replace_day(source, day, version, by_day.get(day, []), coverage=coverage)
    return [day for day in wanted if day in by_day]


def read_export(path: Path) -> tuple[list[str], list[list[str]]]:
    """(comment lines, rows with the header first) of an exported CSV or TSV in UTF-8, UTF-16 or CP932."""
    try:
        text = _decoded(path.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} を読めません（{error}）。") from error
    lines = [line for line in text.splitlines() if line.strip()]
    comments = [line.lstrip("# ") for line in lines if line.startswith("#")]
    body = [line for line in lines if not line.startswith("#")]
    if not body:
        raise ConfigError(f"{path} に表がありません。")
    delimiter = "\t" if body[0].count("\t") > body[0].count(",") else ","
    return comments, [row for row in csv.reader(io.StringIO("\n".join(body)), delimiter=delimiter) if any(row)]


def _decoded(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp932")


def column(header: Sequence[str], names: Sequence[str]) -> int | None:
    """The column with one of these headings (first name first), whatever the case."""
    folded = [cell.strip().lower() for cell in header]
    return next((folded.index(name) for name in names if name in folded), None)


def number(text: str) -> int | None:
    """``1,234`` and ``1234.0`` → 1234; None for no number."""
    plain = text.replace(",", "").strip().removesuffix(".0")
    return int(plain) if plain.isdigit() else None


def day(text: str) -> dt.date | None:
    """``20261005``, ``2026-10-05``, ``2026/10/5``, ``2026年10月5日`` → that day; None for no day."""
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
