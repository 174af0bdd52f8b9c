"""Number formats: what kind of value a format shows."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.read._numbers import number_format, plain_number, shown


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", ""),
        ("0.00E+00", ""),
        ("#,##0;[Red]-#,##0", ""),
        ("0.0%", "percent"),
        ("yyyy/m/d", "date"),
        ('[$-411]ggge"年"m"月"d"日";@', "date"),
        ("[$-F800]dddd, mmmm dd, yyyy", "date"),
        ('yyyy"年"m"月"', "month"),
        ('m"月"d"日"', "month-day"),
        ("d-mmm", "month-day"),
        ("h:mm", "time"),
        ("h:mm AM/PM", "time"),
        ("[h]:mm:ss", "duration"),
        ("yyyy/m/d h:mm", "datetime"),
        ('0"月"', ""),
        ('#,##0"円"', ""),
        ("@", ""),
    ],
)
def test_kind_of_a_format(code: str, kind: str) -> None:
    """Dates, times, durations and percentages are told from numbers with words behind them."""
    assert number_format(code).kind == kind


@pytest.mark.parametrize(
    ("builtin", "kind"),
    [(14, "date"), (20, "time"), (22, "datetime"), (46, "duration"), (56, "month-day"), (31, "date"), (2, "")],
)
def test_builtin_formats(builtin: int, kind: str) -> None:
    """Built-in numbers, the Japanese ones too."""
    assert number_format(None, builtin).kind == kind


@given(st.dates(dt.date(1900, 3, 1), dt.date(9999, 12, 31)))
def test_serial_dates(day: dt.date) -> None:
    """Every day from March 1900 on comes back from its serial number."""
    serial = (day - dt.date(1899, 12, 30)).days
    assert shown(str(serial), number_format("yyyy/m/d")).text == day.isoformat()


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e14, max_value=1e14))
def test_plain_numbers_keep_their_value(value: float) -> None:
    """No exponent, no .0, and the same number."""
    text = plain_number(value)
    assert float(text) == value
    assert "e" not in text
    assert not text.endswith(".0")


@pytest.mark.parametrize(
    ("raw", "code", "text"),
    [
        ("7", "00", "07"),
        ("1234567", "000-0000", "123-4567"),
        ("7", "0", "7"),
        ("1234", "#,##0", "1234"),
        ("1.5", "00000", "1.5"),
    ],
)
def test_masks(raw: str, code: str, text: str) -> None:
    """Only masks that put zeros in front change what a number is written as."""
    assert shown(raw, number_format(code)).text == text
