"""Dates, fiscal years, times, opening hours, moments, weekdays: the neighbours of the agreed cases."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning import clean
from pipelines.cleaning.eras import ERAS, era_year

OK, WARN, ERROR = "ok", "warn", "error"


def _check(kind: str, text: str, status: str, value: str | None, flag: str | None = None) -> None:
    cleaned = clean(kind, text)
    assert (cleaned.status, cleaned.value, cleaned.flag) == (status, value, flag), text


@pytest.mark.parametrize(
    "text, status, value, flag",
    [
        # the last day of an era has both names, the day after only the new one
        ("平成31年4月30日", OK, "2019-04-30", None),
        ("平成31年5月1日", WARN, "2019-05-01", "after_era_end"),
        ("昭和64年1月7日", OK, "1989-01-07", None),
        ("平成元年1月7日", ERROR, None, "before_era_start"),
        ("昭和元年12月25日", OK, "1926-12-25", None),
        ("昭和元年12月24日", ERROR, None, "before_era_start"),
        ("大正15年12月26日", WARN, "1926-12-26", "after_era_end"),
        ("明治45年7月30日", OK, "1912-07-30", None),
        ("明治45年7月31日", WARN, "1912-07-31", "after_era_end"),
        ("明治5年12月2日", ERROR, None, "before_gregorian"),
        ("昭和100年1月1日", WARN, "2025-01-01", "after_era_end"),
        ("令和0年5月1日", ERROR, None, "no_such_year"),
        # days that do not exist
        ("令和6年2月29日", OK, "2024-02-29", None),
        ("令和5年4月31日", ERROR, None, "no_such_day"),
        ("2023/04/00", ERROR, None, "no_such_day"),
        ("2023-00-10", ERROR, None, "no_such_day"),
        ("20230230", ERROR, None, "no_such_day"),
        ("0000-01-01", ERROR, None, "no_such_day"),
        # ways to write
        ("令和元年五月一日", OK, "2019-05-01", None),
        ("二〇二三年四月一日", OK, "2023-04-01", None),
        ("令和五年十二月三十一日", OK, "2023-12-31", None),
        ("R5/4/1", OK, "2023-04-01", None),
        ("R050401", OK, "2023-04-01", None),
        ("㋿5年4月1日", OK, "2023-04-01", None),
        ("平元.4.1", OK, "1989-04-01", None),
        ("昭51.４.１", OK, "1976-04-01", None),
        ("平\n23.4.1", OK, "2011-04-01", None),
        ("平15,6,27", OK, "2003-06-27", None),
        ("T13.5.2", OK, "1924-05-02", None),
        ("R５-４-１", OK, "2023-04-01", None),
        ("2023.4.1", OK, "2023-04-01", None),
        ("2023-4-1", OK, "2023-04-01", None),
        ("２０２３／４／１", OK, "2023-04-01", None),
        ("20230401", OK, "2023-04-01", None),
        ("2023/4-1", ERROR, None, "not_a_date"),
        # a second statement must agree with the first
        ("令和5年4月1日（日）", WARN, "2023-04-01", "weekday_mismatch"),
        ("令和5年4月1日(土・祝)", OK, "2023-04-01", None),
        ("2019年（平成31年）4月1日", OK, "2019-04-01", None),
        ("平成31（2018）年4月1日", ERROR, None, "year_conflict"),
        # more than a date
        ("2023-04-01T00:00:00+09:00", OK, "2023-04-01", None),
        ("2023/4/1 9:30", WARN, "2023-04-01", "time_dropped"),
        ("令和5年4月1日午後3時", WARN, "2023-04-01", "time_dropped"),
        ("令和5年4月1日現在", WARN, "2023-04-01", "suffix_stripped"),
        ("令和5年4月1日～令和5年4月30日", ERROR, None, "range"),
        ("2023/4/1-2023/4/30", ERROR, None, "range"),
        # less than a date
        ("令和5年4月", ERROR, None, "day_missing"),
        ("令和5年", ERROR, None, "day_missing"),
        ("4/1", ERROR, None, "year_missing"),
        ("5年4月1日", ERROR, None, "ambiguous"),
        ("23/4/1", ERROR, None, "ambiguous"),
        ("04/01/2023", ERROR, None, "ambiguous"),
        ("230401", ERROR, None, "ambiguous"),
        ("令和5年4月上旬", ERROR, None, "approximate"),
        ("令和5年度", ERROR, None, "fiscal_year"),
        ("2101-01-01", ERROR, None, "implausible"),
        ("45383.5", WARN, "2024-04-01", "excel_serial"),
        ("60", ERROR, None, "not_a_date"),
        ("-", WARN, None, "none_or_na"),
        ("不明", WARN, None, "not_available"),
    ],
)
def test_date(text: str, status: str, value: str | None, flag: str | None) -> None:
    """A day is read in any unambiguous notation; what is no day, or more than one, goes back."""
    _check("date", text, status, value, flag)


@settings(deadline=None)
@given(st.dates(dt.date(1873, 1, 1), dt.date(2100, 12, 31)))
def test_every_day_reads_the_same_in_both_calendars(day: dt.date) -> None:
    """Era notation and western notation of a day give that day, without a warning."""
    japanese = f"{era_year(day)}{day.month}月{day.day}日"
    for text in (day.isoformat(), f"{day.year}/{day.month}/{day.day}", japanese):
        assert (clean("date", text).status, clean("date", text).value) == (OK, day.isoformat())


@pytest.mark.parametrize("era", ERAS[1:], ids=lambda era: era.name)
def test_the_day_before_an_era_is_no_day_of_it(era) -> None:  # type: ignore[no-untyped-def]
    """An era's first year begins on its first day."""
    before = era.first - dt.timedelta(days=1)
    assert clean("date", f"{era.name}元年{before.month}月{before.day}日").flag == "before_era_start"


def test_serial_days_can_be_switched_off() -> None:
    """Five digits are a spreadsheet's day only where the column says so."""
    assert clean("date", "45383", serial=False).status == ERROR


@pytest.mark.parametrize(
    "text, status, value, flag",
    [
        ("2023", OK, "2023", None),
        ("2023-04", OK, "2023-04", None),
        ("R5.4", OK, "2023-04", None),
        ("令和5年4月1日", OK, "2023-04-01", None),
        ("平成31年", OK, "2019", None),
        ("令和元年", OK, "2019", None),
        ("平成31年5月", WARN, "2019-05", "after_era_end"),
        ("令和元年4月", ERROR, None, "before_era_start"),
        ("平成35年", WARN, "2023", "after_era_end"),
        ("令和5年13月", ERROR, None, "no_such_day"),
        ("4月", ERROR, None, "year_missing"),
        ("2023年頃", ERROR, None, "approximate"),
        ("令和5年度", ERROR, None, "fiscal_year"),
    ],
)
def test_date_precision(text: str, status: str, value: str | None, flag: str | None) -> None:
    """A year stays a year, a month a month; an era covers the months in which it ruled a day."""
    _check("date_precision", text, status, value, flag)


@pytest.mark.parametrize(
    "text, status, value, flag",
    [
        ("平成31年度", OK, "2019", None),
        ("R5年度", OK, "2023", None),
        ("令5年度", OK, "2023", None),
        ("2023年度", OK, "2023", None),
        ("2023", OK, "2023", None),
        ("平成31年度(令和元年度)", OK, "2019", None),
        ("昭和63年度", OK, "1988", None),
        ("昭和64年度", WARN, "1989", "after_era_end"),
        ("平成32年度", WARN, "2020", "after_era_end"),
        ("平成0年度", ERROR, None, "no_such_year"),
        ("令和5年", ERROR, None, "not_a_fiscal_year"),
        ("令和5～6年度", ERROR, None, "range"),
        ("令和5(2022)年度", ERROR, None, "year_conflict"),
        ("0000", ERROR, None, "implausible"),
    ],
)
def test_fiscal_year(text: str, status: str, value: str | None, flag: str | None) -> None:
    """年度 is April to March; its era must rule on at least one of its days."""
    _check("fiscal_year", text, status, value, flag)


@pytest.mark.parametrize(
    "text, status, value, flag",
    [
        ("午前9時", OK, "09:00", None),
        ("午前0時", OK, "00:00", None),
        ("正午", OK, "12:00", None),
        ("午後三時", OK, "15:00", None),
        ("9時5分", OK, "09:05", None),
        ("９：３０", OK, "09:30", None),
        ("0830", OK, "08:30", None),
        ("3:30 PM", OK, "15:30", None),
        ("17:15:00", OK, "17:15", None),
        ("17:15:30", WARN, "17:15", "seconds_dropped"),
        ("午前12時", WARN, "12:00", "noon_midnight_ambiguous"),
        ("午後12時30分", ERROR, None, "noon_midnight_ambiguous"),
        ("午後15時", WARN, "15:00", "redundant_half"),
        ("午前13時", ERROR, None, "out_of_range"),
        ("24時", WARN, "24:00", "end_of_day"),
        ("24:01", ERROR, None, "out_of_range"),
        ("25:00", ERROR, None, "out_of_range"),
        ("翌1時", WARN, "01:00", "next_day"),
        ("0.354166667", WARN, "08:30", "excel_serial"),
        ("1899-12-30 08:30:00", OK, "08:30", None),
        ("17:00まで", WARN, "17:00", "suffix_stripped"),
        ("8:30～17:15", ERROR, None, "range"),
        ("8時30分頃", ERROR, None, "approximate"),
        ("9", ERROR, None, "ambiguous"),
        ("9.30", ERROR, None, "ambiguous"),
        ("9:5", ERROR, None, "not_a_time"),
        ("終日", ERROR, None, "all_day"),
        ("-", WARN, None, "none_or_na"),
    ],
)
def test_time(text: str, status: str, value: str | None, flag: str | None) -> None:
    """One time of day in 24 hours; 24:00 stays, 12 o'clock with a half of the day is remarked."""
    _check("time", text, status, value, flag)


@pytest.mark.parametrize(
    "text, status, value, flag",
    [
        ("8:30-17:15", OK, "08:30-17:15", None),
        ("9:00ー17:00", OK, "09:00-17:00", None),
        ("9時から17時まで", OK, "09:00-17:00", None),
        ("10-15時", OK, "10:00-15:00", None),
        ("午後1時～5時", OK, "13:00-17:00", None),
        ("午前9時～5時", ERROR, None, "ambiguous"),
        ("9時半～正午", OK, "09:30-12:00", None),
        ("0:00～24:00", OK, "00:00-24:00", None),
        ("9:00~12:00、13:00~17:00", OK, "09:00-12:00;13:00-17:00", None),
        ("8:30～12:00 13:00～17:15", OK, "08:30-12:00;13:00-17:15", None),
        ("22:00～5:00", WARN, "22:00-05:00", "crosses_midnight"),
        ("9:00〜翌5:00", WARN, "09:00-05:00", "crosses_midnight"),
        ("24時間利用可能", WARN, "00:00-24:00", "all_day"),
        ("終日", WARN, "00:00-24:00", "all_day"),
        ("9:00～", ERROR, None, "open_ended"),
        ("9:00～9:00", ERROR, None, "ambiguous"),
        ("平日9:00～17:00", ERROR, None, "not_a_time"),
        ("8:30～25:00", ERROR, None, "out_of_range"),
        (",", ERROR, None, "not_a_time_range"),
    ],
)
def test_time_range(text: str, status: str, value: str | None, flag: str | None) -> None:
    """Opening hours, several joined by ;; what needs a guess goes back."""
    _check("time_range", text, status, value, flag)


@pytest.mark.parametrize(
    "text, status, value, flag",
    [
        ("2023-04-01 09:30", OK, "2023-04-01T09:30:00+09:00", None),
        ("令和5年4月1日 午後3時", OK, "2023-04-01T15:00:00+09:00", None),
        ("令和5年4月1日(土) 10:00", OK, "2023-04-01T10:00:00+09:00", None),
        ("2023-04-01T09:30:15Z", OK, "2023-04-01T09:30:15+00:00", None),
        ("2023-04-01T09:30:00+0900", OK, "2023-04-01T09:30:00+09:00", None),
        ("2023-04-01", ERROR, None, "time_missing"),
        ("2023-04-01 24:00", ERROR, None, "end_of_day"),
        ("2023-02-30 10:00", ERROR, None, "no_such_day"),
    ],
)
def test_datetime(text: str, status: str, value: str | None, flag: str | None) -> None:
    """Date and time with Japan's offset; a time is never invented."""
    _check("datetime", text, status, value, flag)


@pytest.mark.parametrize(
    "text, status, value, flag",
    [
        ("月～金", OK, "月火水木金", None),
        ("月曜日から金曜日", OK, "月火水木金", None),
        ("月・水・金", OK, "月水金", None),
        ("土・日・祝日", OK, "土日祝", None),
        ("毎日", OK, "月火水木金土日", None),
        ("毎週水曜", OK, "水", None),
        ("金木水", OK, "水木金", None),
        ("135", OK, "月水金", None),
        ("31", ERROR, None, "not_weekdays"),
        ("平日", WARN, "月火水木金", "weekday_assumed"),
        ("金～月", WARN, "月金土日", "weekday_order"),
        ("日曜日を除く", ERROR, None, "exception_stated"),
        ("月曜休み", ERROR, None, "exception_stated"),
        ("第2・4土曜", ERROR, None, "recurring"),
        ("土曜日13：00まで。", ERROR, None, "not_weekdays"),
    ],
)
def test_weekdays(text: str, status: str, value: str | None, flag: str | None) -> None:
    """Days only, Monday first; an exception or a rhythm is not a set of days."""
    _check("weekdays", text, status, value, flag)
