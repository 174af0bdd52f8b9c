"""Times of day and opening hours to ``HH:MM`` (24 hours)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.folding import DASHES, WAVES, fold
from pipelines.cleaning.marks import instead_of_value
from pipelines.cleaning.numerals import kanji_digits

_HALF = r"(?P<half>午前|午後|AM|PM|A\.M\.|P\.M\.)?"
_TIME = re.compile(
    rf"(?P<next>翌日?朝?)?{_HALF}(?:(?P<noon>正午)|"
    r"(?P<h>[0-9]{1,2})(?=[AP]\.?M\.?$|[:時])(?::(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2}))?|時(?:(?P<mj>[0-9]{1,2})分|(?P<mh>半))?(?P<sharp>ちょうど)?)?)"
    r"(?P<after>AM|PM|A\.M\.|P\.M\.)?",
)
_FOUR = re.compile("[0-9]{4}")
_FRACTION = re.compile(r"0?\.[0-9]{2,}")
_EXCEL_DAY_ZERO = re.compile(r"1899-12-3[01][ T]|1900[-/]0?1[-/]0?0 ")
_END = re.compile(rf"(?:から|より|まで|[{WAVES}])$")
_ALL_DAY = re.compile(
    r"(?:24(?:時間|H|h)|終日|常時|一日中)(?:[・、,]?365日)?(?:利用可能?|利用できます|使用可能?|対応|営業|開放|開館|開設)?。?"
)
_BETWEEN = re.compile(rf"(?:から|より|[{WAVES}{re.escape(DASHES)}])")
_SEVERAL = re.compile(r"[、,;/\n&]|及び|および|と(?=[0-9午])|・(?=[0-9午])| (?=[0-9午])")
_BARE_HOUR = re.compile("[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class _Clock:
    minutes: int
    half: str | None = None
    flag: str | None = None
    next_day: bool = False


def _text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def clean_time(text: str, context: Mapping[str, Any]) -> Cleaned:
    """One time as ``HH:MM``.  24:00 stays.  午前12時 and 午後12時 follow the decree of 1872, with a warning."""
    if mark := instead_of_value(text):
        return mark
    folded = kanji_digits(fold(text).replace(" ", "")).replace("零時", "0時")
    folded = _EXCEL_DAY_ZERO.sub("", fold(text)) if _EXCEL_DAY_ZERO.match(fold(text)) else folded
    if _FRACTION.fullmatch(folded):
        return warn(_text(round(float(folded) * 1440)), "excel_serial", rule="excel-serial")
    bare, cut = _END.subn("", folded)
    clock = _clock(bare)
    if isinstance(clock, str):
        return error(clock)
    flag = "end_of_day" if clock.minutes == 1440 and not clock.flag else clock.flag
    flag = flag or ("next_day" if clock.next_day else "suffix_stripped" if cut else None)
    value = _text(clock.minutes)
    return warn(value, flag, rule="time-notation") if flag else ok(value)


def _clock(text: str) -> _Clock | str:
    """A time, or the flag of why it is none."""
    if _FOUR.fullmatch(text):
        text = f"{text[:2]}:{text[2:]}"
    found = _TIME.fullmatch(text.upper())
    if found is None:
        return _reason(text)
    half = (found["half"] or found["after"] or "").replace(".", "") or None
    if found["noon"]:
        return "not_a_time" if half else _Clock(720)
    hour = int(found["h"])
    minute = 30 if found["mh"] else int(found["m"] or found["mj"] or 0)
    if minute > 59 or int(found["s"] or 0) > 59:
        return "out_of_range"
    clock = _halved(hour, minute, half)
    if isinstance(clock, str):
        return clock
    flag = clock.flag or ("seconds_dropped" if int(found["s"] or 0) else None)
    return _Clock(clock.minutes, half, flag, bool(found["next"]))


def _halved(hour: int, minute: int, half: str | None) -> _Clock | str:
    """Minutes since midnight; 12 o'clock with 午前/午後 is noon/midnight, with minutes nobody knows."""
    minutes = hour * 60 + minute
    if half is None or (half in ("午後", "PM") and 12 < hour < 24):
        if minutes > 1440:
            return "out_of_range"
        return _Clock(minutes, half, "redundant_half" if half else None)
    if hour > 12 or (hour == 12 and minute and half in ("午前", "午後")):
        return "out_of_range" if hour > 12 else "noon_midnight_ambiguous"
    if hour == 12:
        midday = {"午前": 720, "午後": 1440, "AM": minute, "PM": 720 + minute}[half]
        return _Clock(midday, half, "noon_midnight_ambiguous")
    return _Clock(minutes + (720 if half in ("午後", "PM") else 0), half)


def _reason(text: str) -> str:
    if len(_BETWEEN.split(text)) == 2 and text[0] not in DASHES and re.match(r"[^0-9]*[0-9]+[^0-9].*[0-9]", text):
        return "range"
    if re.fullmatch(r"[0-9]{1,3}|[0-9]{1,2}[.;][0-9]{1,2}", text):
        return "ambiguous"
    if re.search("頃|ごろ|約|前後", text) and re.search("[0-9]", text):
        return "approximate"
    return "all_day" if _ALL_DAY.fullmatch(text) else "not_a_time"


def clean_time_range(text: str, context: Mapping[str, Any]) -> Cleaned:
    """Opening hours as ``HH:MM-HH:MM``, several joined by ``;``.  24時間 is 00:00-24:00 with a warning."""
    if mark := instead_of_value(text):
        return mark
    folded = kanji_digits(fold(text))
    if _ALL_DAY.fullmatch(folded.replace(" ", "")):
        return warn("00:00-24:00", "all_day", rule="all-day")
    tidy = (
        re.sub(rf" ?([{WAVES}{re.escape(DASHES)}]|から) ?", r"\1", folded)
        .replace("午前 ", "午前")
        .replace("午後 ", "午後")
    )
    pairs = [part.strip() for part in _SEVERAL.split(tidy) if part.strip()]
    if not pairs:
        return error("not_a_time_range")
    ranges, flags = [], []
    for pair in pairs:
        result = _range(pair.replace(" ", ""))
        if len(result) == 1:
            return error(result[0])
        ranges.append(result[0])
        flags.append(result[1])
    value, flag = ";".join(ranges), next(filter(None, flags), None)
    return warn(value, flag, rule="time-notation") if flag else ok(value)


def _range(text: str) -> tuple[str] | tuple[str, str]:
    """(``HH:MM-HH:MM``, warning or ``""``), or (error,)."""
    ends = _BETWEEN.split(text.removesuffix("まで"))
    if len(ends) != 2 or not all(ends):
        open_ended = len(ends) == 2 or text.endswith(("まで", "から"))
        return ("open_ended",) if open_ended and re.search("[0-9]", text) else ("not_a_time_range",)
    end = _clock(f"{ends[1]}時" if _BARE_HOUR.fullmatch(ends[1]) and "時" in ends[0] else ends[1])
    bare = _BARE_HOUR.fullmatch(ends[0]) is not None and "時" in ends[1]
    start = _clock(f"{ends[0]}時" if bare else ends[0])
    if isinstance(start, str) or isinstance(end, str):
        return (start if isinstance(start, str) else str(end),)
    return _paired(start, end)


def _paired(start: _Clock, end: _Clock) -> tuple[str] | tuple[str, str]:
    last = end.minutes
    if start.half in ("午後", "PM") and end.half is None and last < start.minutes and last < 720 and not end.next_day:
        last += 720  # 午後1時～5時: the half day is said once
    elif start.half in ("午前", "AM") and end.half is None and last <= start.minutes:
        return ("ambiguous",)  # 午前9時～5時
    if last == start.minutes:
        return ("ambiguous",)
    flag = start.flag or end.flag or ("crosses_midnight" if last < start.minutes else "")
    return (f"{_text(start.minutes)}-{_text(last)}", flag or "")
