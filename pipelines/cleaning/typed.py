"""A cleaned value as the type that a program expects (JSON), beside its canonical text."""

from __future__ import annotations

from pipelines.cleaning.cleaned import Cleaned


def typed(kind: str, cleaned: Cleaned) -> object:
    """bool, int (fiscal year), [lat, lon], [[from, to], …], {prefecture, city, rest}; the text itself otherwise."""
    value = cleaned.value
    if value is None:
        return None
    if kind == "bool":
        return value == "true"
    if kind in ("fiscal_year", "integer"):
        return int(value)
    if kind in ("coord", "tokyo_datum"):
        return [float(part) for part in value.split(",")]
    if kind == "time_range":
        return [part.split("-") for part in value.split(";")]
    if kind == "address":
        return {key: cleaned.parts.get(key, "") for key in ("prefecture", "city", "rest")}
    return value
