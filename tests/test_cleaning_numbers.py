"""Numbers, yes/no, codes: the neighbours of the agreed cases."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning import clean
from pipelines.cleaning.codes import corporate_check_digit, municipalities, with_check_digit
from pipelines.cleaning.numerals import kanji_number

OK, WARN, ERROR = "ok", "warn", "error"


@pytest.mark.parametrize(
    "text, status, value, flag",
    [
        ("１，２３４", OK, "1234", None),
        ("△5", OK, "-5", None),
        ("▲ 5", OK, "-5", None),
        ("−5", OK, "-5", None),
        ("+5", OK, "5", None),
        (".5", OK, "0.5", None),
        ("5.0", OK, "5.0", None),
        ("-0.0", OK, "0.0", None),
        ("007", WARN, "7", "leading_zero"),
        ("5千", OK, "5000", None),
        ("1.5億", OK, "150000000", None),
        ("百二十", OK, "120", None),
        ("壱万", OK, "10000", None),
        ("二〇二三", OK, "2023", None),
        ("1億2,345万6,789", OK, "123456789", None),
        ("1.5万3", ERROR, None, "not_a_number"),
        ("12万34567", ERROR, None, "not_a_number"),
        ("1万2万", ERROR, None, "not_a_number"),
        ("十百", ERROR, None, "not_a_number"),
        ("万", ERROR, None, "not_a_number"),
        # units: multipliers before a unit count, the unit 千円 of an account table does not
        ("12.5％", WARN, "12.5", "unit_stripped"),
        ("100㎡", WARN, "100", "unit_stripped"),
        ("￥1,000", WARN, "1000", "unit_stripped"),
        ("▲5%", WARN, "-5", "unit_stripped"),
        ("100万人", WARN, "1000000", "unit_stripped"),
        ("3万5千円", WARN, "35000", "unit_stripped"),
        ("1,234千円", WARN, "1234", "unit_stripped"),
        ("12百万円", WARN, "12", "unit_stripped"),
        # symbols of statistical tables
        ("***", WARN, None, "not_obtained"),
        ("Ｘ", WARN, None, "suppressed"),
        ("－", WARN, None, "none_or_na"),
        ("皆無", WARN, None, "none_or_na"),
        ("・・・", WARN, None, "not_available"),
        ("p1,234", WARN, "1234", "provisional"),
        # not exact, or not one
        ("約1,000人", ERROR, None, "approximate"),
        ("100余り", ERROR, None, "approximate"),
        ("10人以上", ERROR, None, "inequality"),
        ("≧10", ERROR, None, "inequality"),
        ("10～20", ERROR, None, "range"),
        ("10-20", ERROR, None, "range"),
        ("5〜", ERROR, None, "range"),
        ("1,234（1,000）", ERROR, None, "ambiguous_parentheses"),
        # wrong grouping
        ("12,345,67", ERROR, None, "bad_grouping"),
        ("1.234.567", ERROR, None, "bad_grouping"),
        ("1234,567", ERROR, None, "bad_grouping"),
        ("0,123", ERROR, None, "bad_grouping"),
        # what Python would take
        ("Infinity", ERROR, None, "not_a_number"),
        ("٣", ERROR, None, "not_a_number"),
        ("①", ERROR, None, "not_a_number"),
        ("1 234", ERROR, None, "not_a_number"),
        ("=SUM(A1)", ERROR, None, "formula_like"),
        # spreadsheets' notation
        ("1E5", WARN, "100000", "scientific"),
        ("1.234567890123457e+18", ERROR, None, "precision_lost"),
        ("9.99E+307", ERROR, None, "out_of_range"),
    ],
)
def test_number(text: str, status: str, value: str | None, flag: str | None) -> None:
    """Exactly one exact number, its digits as written; everything else is named for what it is."""
    cleaned = clean("number", text)
    assert (cleaned.status, cleaned.value, cleaned.flag) == (status, value, flag)


def test_number_by_column_settings() -> None:
    """A column may say that parentheses are negative, which unit it has, and what its own symbols mean."""
    assert clean("number", "(1,234)", paren="negative").value == "-1234"
    assert clean("number", "(-5)", paren="negative").status == ERROR
    assert (clean("number", "5人", unit="人").status, clean("number", "5台", unit="人").status) == (OK, WARN)
    assert clean("number", "5千人", unit="千人").value == "5"
    assert clean("number", "*", legend={"*": "suppressed"}).flag == "suppressed"


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_number_survives_its_notations(number: Decimal) -> None:
    """Plain, grouped and ▲ notation give the same number."""
    plain = format(number, "f")
    for text in (plain, format(number, ",f"), format(number, ",f").replace("-", "▲")):
        value = clean("number", text).value
        assert value is not None
        assert Decimal(value) == number


@settings(deadline=None)
@given(st.integers(1, 10**16 - 1))
def test_kanji_numerals_against_an_independent_library(number: int) -> None:
    """Our strict grammar reads what kanjize writes."""
    import kanjize

    assert kanji_number(kanjize.number2kanji(number)) == number


@pytest.mark.parametrize(
    "text, status, value, flag",
    [
        ("5.0", OK, "5", None),
        ("-0.0", OK, "0", None),
        ("5.5", ERROR, None, "not_an_integer"),
        ("1.5億", OK, "150000000", None),
    ],
)
def test_integer(text: str, status: str, value: str | None, flag: str | None) -> None:
    """A float's point and zero go, a fraction is an error."""
    cleaned = clean("integer", text)
    assert (cleaned.status, cleaned.value, cleaned.flag) == (status, value, flag)


@pytest.mark.parametrize(
    "texts, status, value",
    [
        ("〇 ○ ◯ ✓ ✔ ☑ 有 あり 有り ｱﾘ 可 はい 該当 1 １ TRUE yes レ 有　", OK, "true"),
        ("× ✕ 無 なし 無し ﾅｼ 否 不可 いいえ 非該当 0 ０ false N ☐", OK, "false"),
        ("● O Ｏ o", WARN, "true"),
        ("x X ｘ", WARN, "false"),
        ("- － ー 不明 …", WARN, None),
        ("△ ◎ ■ □ 2 有(2台) 無料 同左 ?", ERROR, None),
    ],
)
def test_bool(texts: str, status: str, value: str | None) -> None:
    """Marks of yes and no; degrees and remarks are no answer."""
    for text in texts.split(" "):
        assert (clean("bool", text).status, clean("bool", text).value) == (status, value), text


@pytest.mark.parametrize(
    "text, width, status, value, flag, suggest",
    [
        ("00123", 5, OK, "00123", None, None),
        ("12", 5, ERROR, None, "leading_zero_lost", "00012"),
        ("123456", 5, ERROR, None, "wrong_width", None),
        ("12.0", 5, ERROR, None, "float_artifact", "00012"),
        ("1E+5", 0, ERROR, None, "precision_lost", None),
        ("1E5", 0, OK, "1E5", None, None),
        ("Ａ－１", 0, OK, "A-1", None, None),
        ("12ー34", 0, WARN, "12-34", "dash_unified", None),
        ("1-2", 0, OK, "1-2", None, None),
        ("2-Jan", 0, ERROR, None, "date_artifact", "1-2"),
        ("Jan-2", 0, ERROR, None, "date_artifact", "1-2"),
        ("2024-01-02 00:00:00", 0, ERROR, None, "date_artifact", "1-2"),
        ("-", 0, WARN, None, "none_or_na", None),
    ],
)
def test_code(text: str, width: int, status: str, value: str | None, flag: str | None, suggest: str | None) -> None:
    """A code is text; what a spreadsheet did to it is not undone silently."""
    cleaned = clean("code", text, width=width)
    assert (cleaned.status, cleaned.value, cleaned.flag, cleaned.suggest) == (status, value, flag, suggest)


@pytest.mark.parametrize(
    "text, status, value, flag",
    [
        ("011002", OK, "011002", None),
        ("01100", OK, "011002", None),
        ("11002", ERROR, None, "leading_zero_lost"),
        ("92011", ERROR, None, "leading_zero_lost"),
        ("142041", ERROR, None, "check_digit"),
        ("１４１５００", OK, "141500", None),
        ("221317", WARN, "221317", "unlisted_code"),
        ("480002", ERROR, None, "no_such_code"),
        ("141", ERROR, None, "wrong_width"),
        ("相模原市", ERROR, None, "not_digits"),
    ],
)
def test_lgcode(text: str, status: str, value: str | None, flag: str | None) -> None:
    """Six digits with check digit; five gain it, unless they are six that lost their zero."""
    cleaned = clean("lgcode", text)
    assert (cleaned.status, cleaned.value, cleaned.flag) == (status, value, flag)


def test_every_listed_municipality_has_its_check_digit() -> None:
    """The list holds 47 prefectures and 20 designated cities besides their wards; Σ = 11 is the border that errs."""
    assert all(with_check_digit(code[:5]) == code for code in municipalities())
    assert sum(name == "" for _, name in municipalities().values()) == 47
    assert municipalities()["141500"] == ("神奈川県", "相模原市")
    assert [with_check_digit(code) for code in ("14150", "14151", "14152", "14153")] == [
        "141500",
        "141518",
        "141526",
        "141534",
    ]


def test_no_municipality_is_misread() -> None:
    """Every listed code cleans to itself; one without its leading zero is never taken for another municipality."""
    for code in municipalities():
        assert clean("lgcode", code).value == code
        if code.startswith("0"):
            assert clean("lgcode", code[1:]).status == ERROR


@settings(deadline=None)
@given(st.from_regex(r"[0-9]{12}", fullmatch=True))
def test_corporate_number(base: str) -> None:
    """Only one of the ten leading digits is right, and never 0."""
    right = [digit for digit in "0123456789" if clean("corporate_number", digit + base).status == OK]
    assert right == [corporate_check_digit(base)] != ["0"]


@pytest.mark.parametrize("text", ["T7000012050002", "７００００１２０５０００２", "7000-01-2050002", "7000012050002.0"])
def test_corporate_number_notations(text: str) -> None:
    """The invoice number's T, hyphens, full width and a float's tail go."""
    assert clean("corporate_number", text).value == "7000012050002"
