"""A date with a time: ``YYYY-MM-DDTHH:MM:SS+09:00`` (GIF DS-441)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok
from pipelines.cleaning.dates import clean_date
from pipelines.cleaning.folding import fold
from pipelines.cleaning.marks import instead_of_value
from pipelines.cleaning.times import clean_time

_CANONICAL = re.compile(r"(.+?)T([0-9]{2}:[0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?")
_PARTS = re.compile(
    r"(.+?(?:日(?:\(.\))?|[0-9]))(?:[T ] ?|(?<=[日)]))"
    r"((?:午前|午後|正午|[0-9]{1,2}[:時]).*?)(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def clean_datetime(text: str, context: Mapping[str, Any]) -> Cleaned:
    """A moment; without an offset it is Japan's time (+09:00).  A date alone is an error: a time is never invented."""
    if mark := instead_of_value(text):
        return mark
    folded = fold(text)
    found = _CANONICAL.fullmatch(folded)
    seconds = found[3] if found else "00"
    groups = (found[1], found[2], found[4]) if found else None
    if groups is None and (parts := _PARTS.fullmatch(folded)):
        seconds, groups = (
            _seconds(parts[2]),
            (parts[1], re.sub(r"^([0-9]+:[0-9]{2}):[0-9]{2}$", r"\1", parts[2]), parts[3]),
        )
    if groups is None:
        day = clean_date(text, context)
        return error("time_missing" if day.value else day.flag or "not_a_datetime")
    return _joined(clean_date(groups[0], context), clean_time(groups[1], context), seconds, groups[2])


def _seconds(clock: str) -> str:
    found = re.fullmatch(r"[0-9]+:[0-9]{2}:([0-9]{2})", clock)
    return found[1] if found else "00"


def _joined(day: Cleaned, clock: Cleaned, seconds: str, offset: str | None) -> Cleaned:
    for part in (day, clock):
        if part.value is None:
            return error(part.flag or "not_a_datetime")
    if clock.value == "24:00":
        return error("end_of_day")
    if int(seconds) > 59:
        return error("out_of_range")
    zone = "+00:00" if offset == "Z" else offset or "+09:00"
    zone = zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    remarkable = day if day.status == "warn" else clock
    value = f"{day.value}T{clock.value}:{seconds}{zone}"
    return replace(remarkable if remarkable.status == "warn" else ok(value), value=value, suggest=None, rule=None)
