"""Solr's date expressions: ISO 8601 in UTC, ``NOW`` and date mathematics (``NOW/DAY-7DAYS``)."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from .lucene import QuerySyntaxError

_EXPRESSION = re.compile(r"^(NOW|\d{4}-\d\d-\d\d(?:T[\d:.]+)?Z?)((?:[+-]\d+[A-Z]+|/[A-Z]+)*)$")
_STEP = re.compile(r"([+-]\d+|/)(YEAR|MONTH|DAY|DATE|HOUR|MINUTE|SECOND|MILLI|MILLISECOND)S?(?![A-Z])")
_KEPT = {"YEAR": 1, "MONTH": 2, "DAY": 3, "DATE": 3, "HOUR": 4, "MINUTE": 5, "SECOND": 6}
_FLOOR = (1, 1, 1, 0, 0, 0)


def resolve(text: str, now: dt.datetime | None = None) -> str:
    """An expression as an ISO time with offset; raises QuerySyntaxError for anything else."""
    found = _EXPRESSION.match(text)
    steps = _STEP.findall(found[2]) if found else []
    if not found or "".join(op + unit for op, unit in steps) != re.sub(r"S(?=[+\-/]|$)", "", found[2]):
        raise QuerySyntaxError(f"bad date {text!r}")
    try:
        moment = (now or dt.datetime.now(dt.UTC)) if found[1] == "NOW" else _parse(found[1])
        for op, unit in steps:
            moment = _floor(moment, unit) if op == "/" else _add(moment, int(op), unit)
    except (ValueError, OverflowError) as error:
        raise QuerySyntaxError(f"bad date {text!r}") from error
    return moment.isoformat()


def _parse(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.rstrip("Z")).replace(tzinfo=dt.UTC)


def _floor(moment: dt.datetime, unit: str) -> dt.datetime:
    kept = _KEPT.get(unit, 6)
    year, month, day, hour, minute, second = (*moment.timetuple()[:kept], *_FLOOR[kept:])
    return dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.UTC)


def _add(moment: dt.datetime, count: int, unit: str) -> dt.datetime:
    if unit in ("YEAR", "MONTH"):
        months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "YEAR" else 1)
        year, month = months // 12, months % 12 + 1
        return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
    if unit in ("DAY", "DATE"):
        return moment + dt.timedelta(days=count)
    seconds = {"HOUR": 3600, "MINUTE": 60, "SECOND": 1}.get(unit, 0.001)
    return moment + dt.timedelta(seconds=count * seconds)
