"""Days of the week, Monday first, concatenated (利用可能曜日: 月火水木金)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.folding import DASHES, WAVES, fold
from pipelines.cleaning.marks import instead_of_value

DAYS = "月火水木金土日"
_ORDER = DAYS + "祝"
_WORDS = (
    ("年中無休", DAYS),
    ("毎日", DAYS),
    ("全日", DAYS),
    ("全曜日", DAYS),
    ("無休", DAYS),
    ("土日祝日", "土日祝"),
    ("国民の祝日", "祝"),
    ("祝祭日", "祝"),
)
_SPAN = re.compile(rf"([{DAYS}])(?:[{WAVES}{re.escape(DASHES)}]|から|より)([{DAYS}])(?:まで)?")
_BETWEEN = re.compile(r"[・･、,，/／.\s;と及びおよび＆&]+")


def clean_weekdays(text: str, context: Mapping[str, Any]) -> Cleaned:
    """``月曜日～金曜日`` → ``月火水木金``; 祝 comes last.  平日 is Mon–Fri with a warning; exceptions are errors."""
    folded = fold(text)
    if mark := instead_of_value(text):
        return mark
    if re.fullmatch("(?=.)1?2?3?4?5?6?7?", folded):  # GIF DS-441: 1 is Monday
        return ok("".join(DAYS[int(digit) - 1] for digit in folded), "weekdays")
    for word, days in _WORDS:
        folded = folded.replace(word, days)
    weekday = "平日" in folded
    plain = folded.replace("平日", DAYS[:5])
    plain = re.sub(r"^毎週", "", plain)
    plain = re.sub(rf"(?<=[{_ORDER}])(?:曜日|曜)", "", plain).replace("祝日", "祝")
    plain = re.sub(r"\((.*)\)$", r"\1", plain)
    wrapped = any(DAYS.index(a) > DAYS.index(b) for a, b in _SPAN.findall(plain))
    plain = _BETWEEN.sub("", _SPAN.sub(_span, re.sub(r" ", "", plain)))
    if not re.fullmatch(f"[{_ORDER}]+", plain):
        return _reason(plain)
    value = "".join(day for day in _ORDER if day in plain)
    if weekday or wrapped or len(plain) != len(value):
        return warn(value, "weekday_assumed" if weekday else "weekday_order", rule="weekdays")
    return ok(value, None if value == text else "weekdays")


def _span(found: re.Match[str]) -> str:
    first, last = DAYS.index(found[1]), DAYS.index(found[2])
    return DAYS[first : last + 1] if first <= last else DAYS[first:] + DAYS[: last + 1]


def _reason(plain: str) -> Cleaned:
    if re.search("除|休|以外|不可", plain):
        return error("exception_stated")
    return error("recurring" if re.search("第|隔週|最終|毎月", plain) else "not_weekdays")
