"""Dates in Japanese and western notation to ISO 8601; a precision is kept, never invented."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.eras import BY_SIGN, GREGORIAN, LATEST, SIGNS, Era, era_year
from pipelines.cleaning.folding import WAVES, fold, hyphens
from pipelines.cleaning.marks import instead_of_value
from pipelines.cleaning.numerals import kanji_digits

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_YEAR = rf"(?:(?P<era>{SIGNS})\.?(?P<n>元|[0-9]{{1,3}})|(?:西暦)?(?P<y>[0-9]{{4}}))"
_FORMS = (
    re.compile(_YEAR + r"年(?P<m>[0-9]{1,2})月(?P<d>[0-9]{1,2})日?"),
    re.compile(_YEAR + r"(?P<sep>[-./,])(?P<m>[0-9]{1,2})(?P=sep)(?P<d>[0-9]{1,2})"),
    re.compile(r"(?P<era>[MTSHRmtshr])(?P<n>[0-9]{1,2})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
    re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
    re.compile(_YEAR + r"年(?P<m>[0-9]{1,2})月"),
    re.compile(_YEAR + r"[-./](?P<m>[0-9]{1,2})"),
    re.compile(_YEAR + r"年?"),
)
_FISCAL = re.compile(rf"(?:FY)?{_YEAR}(?:年度|年?度)?")
_WEEKDAY = re.compile(r"\(?(?<![0-9])([月火水木金土日])(?:曜日?)?(?:[・,]?祝日?)?\)$|([月火水木金土日])曜日?$")
_CLOCK = re.compile(
    r"(?<=[0-9日)])[T ]?([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?$"
)
_CLOCK_JA = re.compile(r"(?<=[日)]) ?(?:(?:午前|午後)?[0-9]{1,2}(?:時(?:[0-9]{1,2}分|半)?|:[0-9]{2})|正午)$")
_SUFFIX = re.compile(r"(?:現在|時点|付け?)$")
_SECOND_YEAR = re.compile(rf"\((?:(?P<y>[0-9]{{4}})|(?P<era>{SIGNS})\.?(?P<n>元|[0-9]{{1,3}}))年?度?\)")
_SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]+)?")
_NO_YEAR = re.compile(r"[0-9]{1,2}月(?:[0-9]{1,2}日)?|[0-9]{1,2}[-/.][0-9]{1,2}")
_SHORT_YEAR = re.compile(r"'?[0-9]{1,2}([-./])[0-9]{1,2}\1[0-9]{1,4}|'?[0-9]{1,2}年[0-9]{1,2}月[0-9]{1,2}日|[0-9]{6}")
_RANGE = re.compile(
    rf"[0-9元日月年].*[{WAVES}]|[0-9日月年]から|[日月年]-|[0-9][-/.][0-9]{{1,2}}-(?:[0-9]{{4}}|{SIGNS})"
)
_VAGUE = re.compile("頃|ごろ|約|[上中下]旬|月[初末]|初め|末$|以降|以前|まで$|から$")


@dataclass(frozen=True, slots=True)
class _Found:
    """A recognised date or part of one: month and day None where not written."""

    year: int
    month: int | None
    day: int | None
    era: Era | None = None


def clean_date(text: str, context: Mapping[str, Any]) -> Cleaned:
    """One calendar day as ``YYYY-MM-DD``.  A year or month alone is an error here (see ``date_precision``).

    Five digits are a spreadsheet's serial day (1900 system) with a warning, unless ``serial=False``.
    """
    if (found := _ISO.fullmatch(text)) and (day := _day(*map(int, found.groups()))):
        return _bounded(day, None)
    result = _parsed(text, context)
    if isinstance(result, Cleaned):
        return result
    if result.day is None:
        return error("day_missing")
    return _judged(result)


def clean_date_precision(text: str, context: Mapping[str, Any]) -> Cleaned:
    """``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD`` with ``parts["precision"]`` year, month or day: as precise as written."""
    result = _parsed(text, context)
    if not isinstance(result, Cleaned):
        result = _judged(result)
    precision = {4: "year", 7: "month", 10: "day"}.get(len(result.value or ""))
    return replace(result, parts={**result.parts, "precision": precision}) if precision else result


def clean_fiscal_year(text: str, context: Mapping[str, Any]) -> Cleaned:
    """年度 as the western year it begins in; ``parts`` start and end (1 April to 31 March)."""
    if mark := instead_of_value(text):
        return mark
    folded = kanji_digits(fold(text).replace(" ", ""))
    folded, conflict = _second_year(folded)
    if conflict:
        return error("year_conflict")
    found = _FISCAL.fullmatch(folded)
    if found is None:
        return error("range" if re.search(rf"[0-9年度元][{WAVES}-]", folded) else "not_a_fiscal_year")
    if folded.endswith("年"):
        return error("not_a_fiscal_year", suggest=f"{folded}度")
    year, era = _year(found)
    if year is None:
        return error("no_such_year")
    return _fiscal(year, era)


def _fiscal(year: int, era: Era | None) -> Cleaned:
    if not GREGORIAN.year <= year <= LATEST:
        return error("implausible")
    first, last = dt.date(year, 4, 1), dt.date(year + 1, 3, 31)
    parts = {"start": first.isoformat(), "end": last.isoformat()}
    if era and last < era.first:
        return error("before_era_start")
    if era and era.last and first > era.last:
        return warn(str(year), "after_era_end", suggest=f"{_fiscal_era_year(last)}度", rule="era-to-western", **parts)
    return ok(str(year), "era-to-western" if era else None, **parts)


def _fiscal_era_year(last: dt.date) -> str:
    """The customary name of a fiscal year is the era year at its end of the calendar year it begins in."""
    return era_year(dt.date(last.year - 1, 12, 31))


def _parsed(text: str, context: Mapping[str, Any]) -> _Found | Cleaned:
    if mark := instead_of_value(text):
        return mark
    folded = fold(text)
    if context.get("serial", True) and (found := _SERIAL.fullmatch(folded)) and 20000 <= int(found[1]) <= 60000:
        day = dt.date(1899, 12, 30) + dt.timedelta(days=int(found[1]))
        return warn(day.isoformat(), "excel_serial", rule="excel-serial")
    return _written(folded)


def _written(folded: str) -> _Found | Cleaned:
    """Take off time, weekday and 現在, read what is left, and put their warnings onto the result."""
    bare, clock = _without_clock(hyphens(folded))
    bare, suffixed = _SUFFIX.subn("", bare.replace(" ", ""))
    bare, weekday = _without_weekday(bare)
    bare, conflict = _second_year(kanji_digits(bare))
    found = next((match for form in _FORMS if (match := form.fullmatch(bare))), None)
    if found is None:
        return error(_reason(bare))
    if conflict:
        return error("year_conflict")
    result = _found(found)
    if isinstance(result, Cleaned) or not (clock or suffixed or weekday):
        return result
    if result.day is None:
        return error("not_a_date") if clock or weekday else _remarked(_judged(result), "suffix_stripped", "date-suffix")
    return _with_remarks(_judged(result), clock, bool(suffixed), weekday)


def _with_remarks(judged: Cleaned, clock: bool, suffixed: bool, weekday: str | None) -> Cleaned:
    if judged.value is None:
        return judged
    if weekday and "月火水木金土日"[dt.date.fromisoformat(judged.value).weekday()] != weekday:
        return _remarked(judged, "weekday_mismatch", "weekday")
    if suffixed:
        return _remarked(judged, "suffix_stripped", "date-suffix")
    return _remarked(judged, "time_dropped", "time-of-day") if clock else judged


def _remarked(judged: Cleaned, flag: str, rule: str) -> Cleaned:
    """A further warning never hides an earlier error or warning."""
    return judged if judged.status != "ok" else replace(judged, status="warn", flag=flag, rule=rule)


def _without_clock(text: str) -> tuple[str, bool]:
    """The text without a time of day, and whether that time said something (00:00 does not)."""
    if found := _CLOCK_JA.search(text):
        return text[: found.start()], True
    found = _CLOCK.search(text)
    if found is None or int(found[1]) > 24 or int(found[2]) > 59:
        return text, False
    return text[: found.start()], any(int(part or 0) for part in found.groups())


def _without_weekday(text: str) -> tuple[str, str | None]:
    found = _WEEKDAY.search(text)
    if found is None or not re.search(r"[0-9一二三四五六七八九十]日?\(?$", text[: found.start()]):
        return text, None
    return text[: found.start()], found[1] or found[2]


def _second_year(text: str) -> tuple[str, bool]:
    """Take the bracketed year of 平成31(2019)年 out; True when both years differ."""
    found = _SECOND_YEAR.search(text)
    if found is None:
        return text, False
    bare = text[: found.start()] + text[found.end() :]
    bare = bare.replace("年年", "年")
    first = re.match(_YEAR, bare)
    if first is None:
        return text, False
    return bare, _year(first)[0] != _year(found)[0]


def _year(found: re.Match[str]) -> tuple[int | None, Era | None]:
    """Western year and era; None for a year 0."""
    groups = found.groupdict()
    if groups.get("y"):
        return int(groups["y"]), None
    era = BY_SIGN[groups["era"]]
    number = 1 if groups["n"] == "元" else int(groups["n"])
    return (era.western(number) if number else None), era


def _found(found: re.Match[str]) -> _Found | Cleaned:
    year, era = _year(found)
    if year is None:
        return error("no_such_year")
    month, day = found.groupdict().get("m"), found.groupdict().get("d")
    return _Found(year, None if month is None else int(month), None if day is None else int(day), era)


def _judged(found: _Found) -> Cleaned:
    """Does that day (month, year) exist, and does the era's name fit it?"""
    first = _day(found.year, 1 if found.month is None else found.month, 1 if found.day is None else found.day)
    if first is None:
        return error("no_such_day")
    last = first if found.day else _end(first, found.month)
    result = _bounded(first, found.era, last)
    if result.value is None:
        return result
    size = 10 if found.day else 7 if found.month else 4
    suggest = (result.suggest or "")[: None if found.day else -len(f"{first.day}日")] or None
    if suggest and not found.month:
        suggest = era_year(last)
    return replace(result, value=result.value[:size], suggest=suggest)


def _end(first: dt.date, month: int | None) -> dt.date:
    if month is None:
        return first.replace(month=12, day=31)
    return (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


def _bounded(first: dt.date, era: Era | None, last: dt.date | None = None) -> Cleaned:
    last = last or first
    if era and last < era.first:
        return error("before_era_start")
    if last < GREGORIAN:
        return error("before_gregorian")
    if first.year > LATEST:
        return error("implausible")
    rule = "era-to-western" if era else None
    if era and era.last and first > era.last:
        suggest = f"{era_year(first)}{first.month}月{first.day}日"
        return warn(first.isoformat(), "after_era_end", suggest=suggest, rule=rule)
    return ok(first.isoformat(), rule)


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _reason(bare: str) -> str:
    """Why this is no date: the nearest explanation for the person who typed it."""
    if _RANGE.search(bare):
        return "range"
    if _SHORT_YEAR.fullmatch(bare) or re.fullmatch(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1[0-9]{4}", bare):
        return "ambiguous"
    if _NO_YEAR.fullmatch(bare):
        return "year_missing"
    if re.search("年度", bare):
        return "fiscal_year"
    return "approximate" if re.search("[0-9]", bare) and _VAGUE.search(bare) else "not_a_date"
