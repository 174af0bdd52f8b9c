"""The notation in which a standard wants a clean value: ``write:`` of a schema's field.

Cleaning gives one canonical form per kind of value; the sheets of the standard differ in how they print it
(telephone numbers with the area code in parentheses, postal codes without a hyphen, 有/無, 1 or empty).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pipelines.model import Field

TRUE, FALSE = "true", "false"


def written(field: Field, value: object) -> str:
    """The canonical ``value`` of a cleaner as the text that ``field`` wants.  An unknown notation changes nothing."""
    text = _text(value)
    if field.type == "integer":
        text = re.sub(r"\.0+$", "", text)
    return NOTATIONS[field.write](text) if field.write in NOTATIONS else text


def _text(value: object) -> str:
    if isinstance(value, bool):
        return TRUE if value else FALSE
    return "" if value is None else str(value)


def _phone_parens(text: str) -> str:
    """03-1234-5678 → (03)1234-5678; numbers without an area code (0120, 0570, 050, 090 …) keep their hyphens."""
    return " / ".join(_area_in_parens(one) for one in text.split(" / "))


_NO_AREA = re.compile(r"^0(120|570|800|990|180|[5-9]0)-")
_WITH_AREA = re.compile(r"^(0\d{1,4})-(\d{1,4}-\d{3,4})(?!\d)")


def _area_in_parens(number: str) -> str:
    return number if _NO_AREA.match(number) else _WITH_AREA.sub(r"(\1)\2", number)


def _chosen(yes: str, no: str) -> Callable[[str], str]:
    return lambda text: {TRUE: yes, FALSE: no}.get(text, text)


NOTATIONS: dict[str | None, Callable[[str], str]] = {
    "phone-parens": _phone_parens,
    "postal-7": lambda text: text.replace("-", ""),
    "presence": _chosen("有", "無"),
    "flag-1": _chosen("1", ""),
    "flag-10": _chosen("1", "0"),
}
