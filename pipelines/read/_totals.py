"""Totals are left out of the data but not unread: what is written must be the sum of what stands above or below it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import accumulate

TOLERANCE = Decimal("0.005")
CHECKED = 200


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The total at index ``row`` of the sequence, in ``column``, is no sum; ``computed`` is the nearest one."""

    row: int
    column: int
    written: str
    computed: str


def number(text: str) -> Decimal | None:
    """A plain figure (thousands commas, full width, ▲ for minus); None for anything else."""
    folded = unicodedata.normalize("NFKC", text).replace(",", "").strip()
    if folded[:1] in ("▲", "△", "−", "-") and folded[1:2].isdigit():
        folded = "-" + folded[1:]
    try:
        value = Decimal(folded)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def sums_up(values: Sequence[Sequence[str]], totals: Sequence[bool], position: int, column: int) -> bool | None:
    """Whether the total at ``position`` is a sum of records in its column; None: no figure to judge by."""
    written = number(values[position][column])
    if written is None:
        return None
    return any(abs(value - written) <= TOLERANCE for value in _candidates(values, totals, position, column))


def mismatches(values: Sequence[Sequence[str]], totals: Sequence[bool]) -> list[Mismatch]:
    """Totals that are no sum, in columns of whole numbers where other totals (or other columns) are.

    ``values`` are records and total rows in sheet order, ``totals[i]`` tells which.  A column of averages or rates adds
    up nowhere and says nothing; it is not judged.
    """
    positions = [index for index, total in enumerate(totals) if total][:CHECKED]
    if not positions:
        return []
    verdicts = {
        (row, column): sums_up(values, totals, row, column)
        for row in positions
        for column in range(len(values[0]))
        if _whole(values, column)
    }
    found = []
    for (row, column), verdict in verdicts.items():
        others = [v for (r, c), v in verdicts.items() if (r == row or c == column) and (r, c) != (row, column)]
        if verdict is False and any(others):
            nearest = _nearest(values, totals, row, column)
            found.append(Mismatch(row, column, values[row][column], f"{nearest:f}"))
    return found


def _whole(values: Sequence[Sequence[str]], column: int) -> bool:
    figures = [number(cells[column]) for cells in values if cells[column]]
    whole = sum(1 for figure in figures if figure is not None and figure == figure.to_integral_value())
    return bool(figures) and whole >= 0.8 * len(figures)


def _figures(values: Sequence[Sequence[str]], totals: Sequence[bool], column: int, *, of_totals: bool) -> list[Decimal]:
    return [
        (number(cells[column]) or Decimal(0)) if total is of_totals else Decimal(0)
        for cells, total in zip(values, totals, strict=True)
    ]


def _candidates(values: Sequence[Sequence[str]], totals: Sequence[bool], position: int, column: int) -> list[Decimal]:
    """Sums of neighbouring records that end or begin at the total, that begin or end the table; sums of totals."""
    records = _figures(values, totals, column, of_totals=False)
    others = _figures(values, totals, column, of_totals=True)
    others[position] = Decimal(0)
    above, below = records[:position], records[position + 1 :]
    runs = [reversed(above), below, records, reversed(records), reversed(others[:position]), others[position + 1 :]]
    return [total for run in runs for total in accumulate(run)]


def _nearest(values: Sequence[Sequence[str]], totals: Sequence[bool], position: int, column: int) -> Decimal:
    """The sum a reader would have expected: since the last total, of all records above, or of all records."""
    records = _figures(values, totals, column, of_totals=False)
    written = number(values[position][column]) or Decimal(0)
    before = max((i for i in range(position) if totals[i]), default=-1)
    spans = (records[before + 1 : position], records[:position], records)
    return min((sum(span, Decimal(0)) for span in spans), key=lambda total: abs(total - written))
