"""The one place where a number of the report is rounded and written.  All five renderings take it from here.

Half is rounded away from zero, as Excel and Japanese administrative practice do (Python's own ``round`` goes to even).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

MISSING = "未計測"
NONE = "―"


def rounded(value: float | None, digits: int = 0) -> float | int | None:
    """The value with that many decimal places, half away from zero; an int where ``digits`` is 0; None stays None."""
    if value is None:
        return None
    # repr() first: the decimal a person sees (2.675) is what is rounded, not the binary neighbour below it
    exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    if digits == 0:
        return int(exact)
    return float(exact) + 0.0


def written(value: float | None, digits: int = 0, unit: str = "", *, signed: bool = False, none: str = NONE) -> str:
    """A number for people: ``73,098件``, ``+1.6％``; ``none`` where there is no value (never 0 for it)."""
    exact = rounded(value, digits)
    if exact is None:
        return none
    sign = "+" if signed else ""
    body = format(exact, f"{sign},.{digits}f") if exact else format(0, f",.{digits}f")
    return f"{body}{unit}"


def per(value: float | None, whole: float | None) -> float | None:
    """value / whole, None where either is missing or whole is 0."""
    if value is None or not whole:
        return None
    return value / whole
