"""The vectorised screen: which cells does Frictionless surely accept?

Only ever accepts.  Each rule is a sufficient condition read from Frictionless 5 (``fields/*.py``, ``schema/field.py``),
so that a cell left over is merely undecided.  What no rule covers (a constraint, format or pattern not known here)
makes the whole column undecided.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Mask = Any  # a pyarrow boolean array; pyarrow publishes no types
Column = Any  # a pyarrow string array without nulls

_NUMBER_OPTIONS = {"bareNumber", "groupChar", "decimalChar", "floatNumber"}
_BOUNDS = {
    "minimum": "greater_equal",
    "maximum": "less_equal",
    "exclusiveMinimum": "greater",
    "exclusiveMaximum": "less",
}
_STRICT_BOUNDS = {name: rule.removesuffix("_equal") for name, rule in _BOUNDS.items()}
_LENGTHS = {"minLength": "greater_equal", "maxLength": "less_equal"}
_TRUE_VALUES = ["true", "True", "TRUE", "1"]
_FALSE_VALUES = ["false", "False", "FALSE", "0"]

_DATE = (
    r"(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-"
    r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_MINUTES = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
#: texts that Frictionless surely reads as (type, format); Feb 29 and other rarities stay undecided
_SHAPES: dict[tuple[str, str], str] = {
    ("string", "email"): r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,6}",
    ("string", "uri"): r"https?://[a-z0-9]+(?:[.-][a-z0-9]+)*(?:/[A-Za-z0-9._~/-]*)?(?:\?[A-Za-z0-9._~/=&-]*)?",
    ("integer", "default"): r"-?[0-9]{1,15}",
    ("number", "default"): r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?",
    ("date", "default"): _DATE,
    ("date", "%Y-%m-%d"): _DATE,
    ("time", "default"): _MINUTES + ":[0-5][0-9]",
    ("time", "%H:%M"): _MINUTES,
    ("datetime", "default"): _DATE + "T" + _MINUTES + ":[0-5][0-9]",
    ("year", "default"): r"[0-9]{4}",
    ("yearmonth", "default"): r"[0-9]{4}-(?:0[1-9]|1[0-2])",
}
_EMAIL_LENGTH = 60  # Frictionless limits the local part to 64 and the whole to 254

#: the part of pattern syntax that Python's re and RE2 read alike; in negated classes no escape but of punctuation,
#: because RE2's \d is ASCII and its complement therefore larger than Python's
_ESCAPE = r"\\[.\-()\[\]{}?*+|^$/\\:,]"
_RANGE = r"[^\\\[\]^\-](?:-[^\\\[\]^\-])?"
_ATOM = rf"""
    [^\\\[\](){{}}?*+|^$] | {_ESCAPE} | \\d
  | \[ -? (?: {_RANGE} | {_ESCAPE} | \\d )+ -? \]
  | \[\^ -? (?: {_RANGE} | {_ESCAPE} )+ -? \]
  | \( (?!\?) | \(\?: | \) | \| | \^ | \$
"""
_PLAIN_PATTERN = re.compile(rf"(?:(?:{_ATOM})(?:\{{\d{{1,3}}(?:,\d{{0,3}})?\}}|[*+?])?)*", re.VERBOSE)


def accepted(column: Column, field: Mapping[str, Any], missing: Sequence[str]) -> Mask | None:
    """A mask of cells that are surely without error, or None when nothing can be said about the column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    constraints = {k: v for k, v in field.get("constraints", {}).items() if v is not None and k != "unique"}
    required = bool(constraints.pop("required", False))
    rules = _rules(field, constraints)
    if rules is None:
        return None
    empty = missing_mask(column, missing)
    mask = pc.invert(empty) if required else pa.array([True] * len(column)) if not rules else None
    for rule in rules:
        try:
            verdict = rule(column)
        except pa.ArrowInvalid:  # a pattern that RE2 does not know
            return None
        mask = verdict if mask is None else pc.and_(mask, verdict)
    return mask if required or not rules else pc.or_(mask, empty)


def missing_mask(column: Column, missing: Sequence[str]) -> Mask:
    """Cells that Frictionless reads as None."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if list(missing) == [""]:
        return pc.equal(column, "")
    return pc.is_in(column, value_set=pa.array(list(missing), pa.string()))


Rule = Callable[[Column], Mask]


def _rules(field: Mapping[str, Any], constraints: Mapping[str, Any]) -> list[Rule] | None:
    """Sufficient conditions for a non-missing cell; None: this kind of field is not known here."""
    kind, form = field.get("type"), field.get("format", "default")
    if kind == "boolean":
        words = [*field.get("trueValues", _TRUE_VALUES), *field.get("falseValues", _FALSE_VALUES)]
        return None if constraints else [_one_of(words)]
    if kind in ("integer", "number") and _NUMBER_OPTIONS & set(field):
        return None
    rules: list[Rule] = []
    if (kind, form) in _SHAPES:
        rules.append(_full_match(_SHAPES[str(kind), form]))
    elif kind == "string" and form == "default":
        pass
    elif kind != "any" or form != "default":
        return None
    if (kind, form) == ("string", "email"):
        rules.append(_length("maxLength", _EMAIL_LENGTH))
    made = [_constraint(str(kind), name, value) for name, value in constraints.items()]
    if any(rule is None for rule in made):
        return None
    return rules + [rule for rule in made if rule is not None]


def _constraint(kind: str, name: str, value: Any) -> Rule | None:
    if kind == "string":
        return _string_constraint(name, value)
    if name in _BOUNDS and kind in ("integer", "number"):
        return _number_bound(kind, name, value)
    if name in _BOUNDS and kind == "date":
        return _date_bound(name, value)
    return None


def _string_constraint(name: str, value: Any) -> Rule | None:
    if name == "enum":
        return _one_of([word for word in value if isinstance(word, str)])
    if name in _LENGTHS and isinstance(value, int):
        return _length(name, value)
    if name == "pattern" and isinstance(value, str) and _PLAIN_PATTERN.fullmatch(value):
        return _full_match(value)
    return None


def _one_of(words: Sequence[str]) -> Rule:
    def rule(column: Column) -> Mask:
        import pyarrow as pa
        import pyarrow.compute as pc

        return pc.is_in(column, value_set=pa.array(list(words), pa.string()))

    return rule


def _full_match(pattern: str) -> Rule:
    def rule(column: Column) -> Mask:
        import pyarrow.compute as pc

        return pc.match_substring_regex(column, rf"\A(?:{pattern})\z")

    return rule


def _length(name: str, limit: int) -> Rule:
    def rule(column: Column) -> Mask:
        import pyarrow.compute as pc

        return pc.call_function(_LENGTHS[name], [pc.utf8_length(column), limit])

    return rule


def _number_bound(kind: str, name: str, value: Any) -> Rule | None:
    """Numbers compare strictly as doubles (rounding is monotone); the very edge is left to Frictionless."""
    known = isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
    if not known or abs(value) > 2**53:
        return None
    compare = (_BOUNDS if kind == "integer" else _STRICT_BOUNDS)[name]

    def rule(column: Column) -> Mask:
        import pyarrow as pa
        import pyarrow.compute as pc

        readable = _full_match(_SHAPES[kind, "default"])(column)
        digits = pc.if_else(readable, column, "0")
        as_type = pa.int64() if kind == "integer" else pa.float64()
        return pc.and_(readable, pc.call_function(compare, [pc.cast(digits, as_type), pa.scalar(value, as_type)]))

    return rule


def _date_bound(name: str, value: Any) -> Rule | None:
    """ISO dates of four-digit years compare as texts; the shape is checked by its own rule."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return None
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return None

    def rule(column: Column) -> Mask:
        import pyarrow.compute as pc

        return pc.call_function(_BOUNDS[name], [column, value])

    return rule
