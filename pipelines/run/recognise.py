"""Which national standard dataset a table is, by its header alone: for files whose name does not say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.model import Schema

#: this share of the standard's required columns (or of all its columns) has to be there
SHARE = 0.7
#: fewer columns than this say little: 名称, 緯度 and 経度 stand in many tables
FEW = 6


def standard_of(header: Sequence[str], schemas: Mapping[str, Schema]) -> Schema | None:
    """The one standard of the second generation whose columns these are; None without one, or with two alike.

    A header of a first-generation standard counts for its successor through that schema's ``renames``.
    """
    labels = [label for label in header if label.strip()]
    if len(labels) < FEW:
        return None
    scores = sorted(((_score(labels, s), s.name) for s in schemas.values() if s.generation == 2), reverse=True)
    (best, name), (second, _) = scores[0], scores[1]
    return schemas[name] if best and best > second else None


def _score(labels: Sequence[str], schema: Schema) -> int:
    """How many columns of the standard are there; 0 where too many lack or most of the file's columns are others."""
    from pipelines.standardize import recognised

    found = recognised(labels, schema)
    given = found | {name for name, parts in schema.merges.items() if set(parts) <= found}
    names = {field.name for field in schema.fields}
    required = {f.name for f in schema.fields if f.level == "◎" or f.constraints.get("required")}
    enough = len(given & names) >= SHARE * len(names) or (
        len(required) >= FEW and len(given & required) >= SHARE * len(required)
    )
    return len(given & names) if enough and len(found) >= FEW and 2 * len(found) >= len(labels) else 0
