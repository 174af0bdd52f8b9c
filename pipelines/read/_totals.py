"""Totals are left out of the data but not unread: what is written must be the sum of what stands above or below it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

TOLERANCE = Decimal("0.005")


def number(text: str) -> Decimal | None:
    """A plain figure (thousands commas, full width, ▲ for minus); None for anything else."""
    folded = unicodedata.normalize("NFKC", text).replace(",", "").strip()
    if folded[:1] in "▲△−-" and folded[1:2].isdigit():
        folded = "-" + folded[1:]
    try:
        value = Decimal(folded)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def column_figures(values: Sequence[Sequence[str]], column: int) -> list[Decimal | None]:
    """The figures of one column, None where there is none."""
    return [number(cells[column]) for cells in values]


def explain(
    figures: Sequence[Decimal | None], marks: Sequence[bool], totals: Sequence[Decimal | None], position: int
) -> tuple[bool, Decimal]:
    """Whether the total at ``position`` is the sum of something sensible, and the nearest candidate.

    ``figures[i]`` and ``marks[i]`` run over records and totals in sheet order (``marks`` True: a total, its figure is in
    ``totals``).  Candidates: records since the last total, all records above, all records, records down to the next
    total, totals above since the last greater total.
    """
    written = totals[position] or Decimal(0)
    candidates = _candidates(figures, marks, totals, position)
    nearest = min(candidates, key=lambda value: abs(value - written), default=Decimal(0))
    return any(abs(value - written) <= TOLERANCE * max(1, abs(written) * 0) + TOLERANCE for value in candidates), nearest


def _candidates(
    figures: Sequence[Decimal | None], marks: Sequence[bool], totals: Sequence[Decimal | None], position: int
) -> list[Decimal]:
    count = len(figures)
    before = max((i for i in range(position) if marks[i]), default=-1)
    after = next((i for i in range(position + 1, count) if marks[i]), count)
    spans = ((before + 1, position), (0, position), (0, count), (position + 1, after), (position + 1, count))
    sums = [sum((figures[i] or Decimal(0) for i in range(a, b) if not marks[i]), Decimal(0)) for a, b in spans]
    subtotals_above = [totals[i] or Decimal(0) for i in range(position) if marks[i]]
    subtotals_below = [totals[i] or Decimal(0) for i in range(position + 1, count) if marks[i]]
    return [*sums, sum(subtotals_above, Decimal(0)), sum(subtotals_below, Decimal(0)), *_tails(subtotals_above)]


def _tails(values: Sequence[Decimal]) -> list[Decimal]:
    sums: list[Decimal] = []
    running = Decimal(0)
    for value in reversed(values[-20:]):
        running += value
        sums.append(running)
    return sums
