"""From the canonical form to a standard's notation and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning import NOTATIONS, clean, write


@pytest.mark.parametrize(
    "notation, canonical, written",
    [
        ("phone-parens", "03-1234-5678", "(03)1234-5678"),
        ("phone-parens", "0467-23-3000", "(0467)23-3000"),
        ("phone-parens", "01547-5-2131", "(01547)5-2131"),
        ("phone-parens", "0120-123-456", "0120-123-456"),
        ("phone-parens", "0570-012-345", "0570-012-345"),
        ("phone-parens", "050-1234-5678", "050-1234-5678"),
        ("phone-parens", "090-1234-5678", "090-1234-5678"),
        ("phone-parens", "119", "119"),
        ("phone-parens", "042-769-9999 / 0120-123-456", "(042)769-9999 / 0120-123-456"),
        ("postal-7", "248-0012", "2480012"),
        ("presence", "true", "有"),
        ("presence", "false", "無"),
        ("flag-1", "true", "1"),
        ("flag-1", "false", ""),
        ("flag-10", "false", "0"),
        ("circle", "false", "×"),
        ("possible", "false", "不可"),
        ("date", "2023-04-01", "2023-04-01"),
        ("date-slash", "2023-04-01", "2023/04/01"),
        ("weekdays-gif", "月水日", "137"),
    ],
)
def test_write(notation: str, canonical: str, written: str) -> None:
    """Each notation as its standard shows it."""
    assert write(notation, canonical) == written


def test_nothing_stays_nothing() -> None:
    """An empty cell is empty in every notation."""
    assert all(write(notation, "") == "" for notation in NOTATIONS)


def test_unknown_notation_is_a_mistake_of_ours() -> None:
    """A schema that names no notation of ours is wrong."""
    with pytest.raises(KeyError):
        write("nonsense", "1")


PHONES = [
    "03-1234-5678",
    "0467-23-3000",
    "01547-5-2131",
    "0120-123-456",
    "0570-012-345",
    "050-1234-5678",
    "090-1234-5678",
    "119",
]
READ_BACK = [
    ("phone", "phone-parens", PHONES),
    ("postal", "postal-7", ["248-0012", "060-0000"]),
    ("bool", "presence", ["true", "false"]),
    ("bool", "possible", ["true", "false"]),
    ("bool", "circle", ["true", "false"]),
    ("bool", "flag-10", ["true", "false"]),
    ("bool", "flag-1", ["true"]),
    ("date", "date-slash", ["2023-04-01"]),
    ("weekdays", "weekdays", ["月火水木金", "土日祝"]),
    ("weekdays", "weekdays-gif", ["月水日", "月火水木金土日"]),
]


@pytest.mark.parametrize("kind, notation, values", READ_BACK)
def test_what_we_write_we_read_back(kind: str, notation: str, values: list[str]) -> None:
    """clean(write(value)) is the value: a published file can be dropped again."""
    for value in values:
        assert clean(kind, write(notation, value)).value == value == clean(kind, value).value


@pytest.mark.parametrize(
    "kind",
    [
        "number",
        "integer",
        "date",
        "time",
        "datetime",
        "code",
        "url",
        "email",
        "kana",
        "text",
        "weekdays",
        "phone",
        "postal",
        "bool",
    ],
)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_notations_of_the_kind_itself_change_nothing(kind: str, data: st.DataObject) -> None:
    """The notation of the kind's own name is the canonical form."""
    value = clean(kind, data.draw(st.text(max_size=12))).value or ""
    assert write(kind, value) == value
