"""How a typed number of a workbook becomes text: as the sheet shows it where the look carries meaning.

Number formats (ECMA-376 part 1, 18.8.30 and 18.8.31): dates and times become ISO 8601, masks of zeros give back leading
zeros (``00000``, the Japanese postal code), percentages keep the stored number and are marked.  Dates count from
1899-12-30 or, in the 1904 system, 1904-01-01; serial 60 (29 February 1900) never existed.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

#: built-in formats that are dates or times, including those of Japanese Excel (27–36, 50–58)
_BUILTIN = {
    9: "0%",
    10: "0.00%",
    14: "yyyy/m/d",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy/m/d h:mm",
    27: "[$-411]ge.m.d",
    28: '[$-411]ggge"年"m"月"d"日"',
    29: '[$-411]ggge"年"m"月"d"日"',
    30: "m/d/yy",
    31: 'yyyy"年"m"月"d"日"',
    32: 'h"時"mm"分"',
    33: 'h"時"mm"分"ss"秒"',
    34: 'yyyy"年"m"月"',
    35: 'm"月"d"日"',
    36: "[$-411]ge.m.d",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    50: "[$-411]ge.m.d",
    51: '[$-411]ggge"年"m"月"d"日"',
    52: 'yyyy"年"m"月"',
    53: 'm"月"d"日"',
    54: '[$-411]ggge"年"m"月"d"日"',
    55: 'yyyy"年"m"月"',
    56: 'm"月"d"日"',
    57: "[$-411]ge.m.d",
    58: '[$-411]ggge"年"m"月"d"日"',
}
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKET = re.compile(r"\[(?!h+\]|m+\]|s+\])[^\]]*\]", re.IGNORECASE)
_MASK = re.compile(r"^[0#\-() ]*0[0#\-() ]*$")
_CONDITION = re.compile(r"^\[(<=|<|>=|>|=)(\d+)\]")
IMPRECISE = 1e15


@dataclass(frozen=True, slots=True)
class Format:
    """What a number format means: ``kind`` is "", percent, date, time, datetime, duration, month, month-day."""

    kind: str = ""
    mask: str = ""
    invisible: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as text; ``kind`` as in Format, or imprecise, padded, impossible-date."""

    text: str
    kind: str = ""


@lru_cache(maxsize=4096)
def number_format(code: str | None, builtin: int = 0) -> Format:
    """The meaning of a format code (None: the built-in of that number)."""
    code = _BUILTIN.get(builtin, "") if code is None else code
    if not code or code.lower() == "general":
        return Format()
    if code.replace(" ", "") in (";;;", ";;"):
        return Format(invisible=code.count(";") >= 3)
    plain = _BRACKET.sub("", _QUOTED.sub("", code.split(";")[0])).lower()
    kind = _date_kind(plain)
    if kind:
        return Format(kind=kind)
    if "%" in plain:
        return Format(kind="percent")
    return Format(mask=code if _masked(code) else "")


def _date_kind(plain: str) -> str:
    plain = plain.replace("general", "").replace("標準", "")
    if "e+" in plain or ("e-" in plain and "0e-" in plain):
        return ""
    if re.search(r"\[(h+|m+|s+)\]", plain):
        return "duration"
    clock = "h" in plain or "s" in plain or "am/pm" in plain
    year = "y" in plain or "e" in plain or "g" in plain or "r" in plain
    day = "d" in plain or "aaa" in plain
    month = "m" in re.sub(r"(?<=h)[^a-z]*m+|m+(?=[^a-z]*s)|am/pm", "", plain)
    if clock:
        return "datetime" if year or day else "time"
    if year:
        return "date" if day else "month" if month else "year"
    return "month-day" if day and month else "date" if day or month else ""


def _masked(code: str) -> bool:
    sections = [_CONDITION.sub("", section) for section in code.split(";")]
    literal = [re.sub(r"\\(.)", r"\1", section).replace('"', "") for section in sections]
    return any(_MASK.match(section) and (section.startswith("0") or "-" in section) for section in literal) and any(
        re.match(r"^\(?0[0\-() ]", section) for section in literal
    )


def shown(raw: str, style: Format, *, epoch1904: bool = False) -> Shown:
    """The text of a stored number ``raw`` (as in the file) under its format."""
    try:
        value = float(raw)
    except ValueError:
        return Shown(raw)
    if value != value or value in (float("inf"), float("-inf")):
        return Shown(raw, "impossible-date")
    if style.kind in ("date", "time", "datetime", "duration", "month", "month-day", "year"):
        return _moment(value, style.kind, epoch1904)
    text = plain_number(value, raw)
    if style.mask and value >= 0 and value == int(value):
        padded = _padded(int(value), style.mask)
        if padded is not None:
            return Shown(padded, "padded" if padded != text else "")
    if abs(value) >= IMPRECISE:
        return Shown(text, "imprecise")
    return Shown(text, "percent" if style.kind == "percent" else "")


def plain_number(value: float, raw: str = "") -> str:
    """A number without needless decimals or exponent: 3.0 → 3, 33.950612000000001 → 33.950612, 1E-7 → 0.0000001."""
    if raw.isascii() and raw.lstrip("-").isdigit() and len(raw) < 16:
        return raw
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    if "e" in text:
        from decimal import Decimal

        text = format(Decimal(text), "f")
    return text


def _padded(value: int, code: str) -> str | None:
    """Digits through a mask such as ``00000`` or ``[<=999]000;[<=9999]000-00;000-0000``."""
    for section in code.split(";"):
        condition = _CONDITION.match(section)
        if condition and not _holds(value, condition.group(1), int(condition.group(2))):
            continue
        mask = re.sub(r"\\(.)", r"\1", _CONDITION.sub("", section)).replace('"', "")
        return _through(str(value), mask) if _MASK.match(mask) else None
    return None


def _holds(value: int, operator: str, bound: int) -> bool:
    return {
        "<=": value <= bound,
        "<": value < bound,
        ">=": value >= bound,
        ">": value > bound,
        "=": value == bound,
    }[operator]


def _through(digits: str, mask: str) -> str:
    left = list(digits)
    out: list[str] = []
    for sign in reversed(mask):
        if sign == "0":
            out.append(left.pop() if left else "0")
        elif sign == "#":
            out.append(left.pop() if left else "")
        else:
            out.append(sign)
    return "".join(left) + "".join(reversed(out))


def _moment(value: float, kind: str, epoch1904: bool) -> Shown:
    if kind == "duration":
        return (
            Shown(_clock(round(value * 86_400), wrap=False), kind)
            if value >= 0
            else Shown(str(value), "impossible-date")
        )
    if kind == "time" and 0 <= value < 2:
        return Shown(_clock(round(value * 86_400), wrap=True), kind)
    if 0 < value < 1:
        return Shown(_clock(round(value * 86_400), wrap=True), "time")
    day = int(value // 1)
    seconds = round((value - day) * 86_400)
    if seconds == 86_400:
        day, seconds = day + 1, 0
    date = _date(day, epoch1904)
    if date is None:
        return Shown(plain_number(value), "impossible-date")
    if kind == "time":
        return Shown(_clock(seconds, wrap=True), kind)
    if kind == "month":
        return Shown(
            date.strftime("%Y-%m") if date.day == 1 else date.isoformat(), "month" if date.day == 1 else "date"
        )
    if kind == "year":
        return Shown(date.isoformat(), "date")
    if kind == "datetime" or seconds:
        return Shown(f"{date.isoformat()} {_clock(seconds, wrap=True)}", "datetime")
    return Shown(date.isoformat(), kind)


def day_of(text: str, *, epoch1904: bool = False) -> str:
    """The day of a serial number as ISO text; ``""`` where there is none."""
    day = _date(int(float(text)), epoch1904)
    return day.isoformat() if day else ""


def _date(serial: int, epoch1904: bool) -> dt.date | None:
    """The day of a serial number; None where there is none (before 1900, after 9999, 29 February 1900)."""
    if serial < 0 or serial > 2_958_465 or (serial in (0, 60) and not epoch1904):
        return None
    if epoch1904:
        base = dt.date(1904, 1, 1)
    else:
        base = dt.date(1899, 12, 30) if serial > 60 else dt.date(1899, 12, 31)
    try:
        return base + dt.timedelta(days=serial)
    except OverflowError:
        return None


def _clock(seconds: int, *, wrap: bool) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    hours = hours % 24 if wrap else hours
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}" if seconds else f"{hours:02d}:{minutes:02d}"
