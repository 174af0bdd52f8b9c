"""Codes that look unlike all others of their column: ``0p37`` and ``,0018`` among four-digit numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from pipelines.model import Level, Schema
from pipelines.standardize._coded import Coded
from pipelines.standardize.columns import Columns
from pipelines.standardize.ledger import Ledger

#: fewer values say nothing of how the column is written
_ENOUGH = 20
#: this share has one shape, or there is no usual one
_USUAL = 0.95


def tell_odd_codes(columns: Columns, schema: Schema, ledger: Ledger) -> None:
    """A WARNING at every code whose shape (digits, letters, signs) is not that of nearly all others."""
    for field in schema.fields:
        if field.clean == "code" and field.name in columns.texts and columns.source(field.name) is not None:
            for code in odd(columns.texts[field.name]):
                _tell(field.name, columns, code, ledger)


def odd(column: Coded) -> list[int]:
    """The positions of distinct values with another shape; none where there is no usual shape."""
    shapes = (exact, loose) if any(value.startswith("0") for value in column.values) else (loose,)
    return next((found for shape in shapes if (found := _others(column, shape)) is not None), [])


def _others(column: Coded, shape: Callable[[str], str]) -> list[int] | None:
    """The values unlike nearly all others; None where the column has no usual shape of that kind."""
    shapes = [shape(value) if count else "" for value, count in zip(column.values, column.counts, strict=True)]
    known = Counter(form for form in shapes if form)
    usual, often = known.most_common(1)[0] if known else ("", 0)
    if often < _ENOUGH or often < _USUAL * known.total():
        return None
    return [i for i, form in enumerate(shapes) if form not in ("", usual)]


def exact(code: str) -> str:
    """``A-012`` → ``A-999``: every digit and letter by its kind, so that 301 is odd among four-digit numbers.

    Only asked where some begin with a zero: numbers without one have no fixed width, 10 beside 9 is nothing odd.
    """
    return re.sub("[0-9]", "9", re.sub("[A-Z]", "A", re.sub("[a-z]", "a", code)))


def loose(code: str) -> str:
    """``A-012`` → ``A-9``: digits as one sign whatever their number, letters by their case, other signs themselves."""
    letters = re.sub("[A-Z]+", "A", re.sub("[a-z]+", "a", code))
    return re.sub("[0-9]+", "9", letters)


def _tell(name: str, columns: Columns, code: int, ledger: Ledger) -> None:
    column, source = columns.texts[name], columns.source(name)
    for row in column.rows(code):
        ledger.report(
            "code-unlike-others",
            Level.WARNING,
            ledger.cell(row, source, name),
            f"「{name}」の書き方が、ほかの番号と違います。",
            f"書き誤りでないか確かめてください（ほかは「{_example(column)}」のような番号です）。",
            column.values[code],
        )


def _example(column: Coded) -> str:
    """A value of the commonest shape."""
    forms = Counter(map(exact, column.values))
    usual = max((form for form in forms if form), key=lambda form: forms[form])
    return next(value for value in column.values if exact(value) == usual)
