"""From the canonical form to the notation a standard asks for (a schema's ``write:``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping


def _same(canonical: str) -> str:
    return canonical


def _phone_parens(canonical: str) -> str:
    """``(03)1234-5678`` (自治体標準オープンデータセット); 0120, 050, 090 … keep hyphens (GIF DS-445)."""
    return " / ".join(_one_phone(number) for number in canonical.split(" / "))


def _one_phone(number: str) -> str:
    found = re.fullmatch(r"(0[0-9]{1,4})-([0-9]{1,4}-[0-9]{3,4})", number)
    if found is None or found[1] in _NO_AREA:
        return number
    return f"({found[1]}){found[2]}"


_NO_AREA = {"0120", "0800", "0570", "0180", "0990", "0170", "050", "060", "070", "080", "090", "020"}


def _map(true: str, false: str) -> Callable[[str], str]:
    return lambda canonical: {"true": true, "false": false}.get(canonical, canonical)


def _without_seconds(canonical: str) -> str:
    return canonical.removesuffix(":00") if canonical.count(":") == 2 else canonical


#: notation → writer.  Each result reads back to the same canonical form (``flag-1`` writes false as an empty cell).
NOTATIONS: Mapping[str, Callable[[str], str]] = {
    "text": _same,
    "number": _same,
    "integer": _same,
    "date": _same,
    "datetime": _same,
    "time": _same,
    "code": _same,
    "url": _same,
    "email": _same,
    "kana": _same,
    "weekdays": _same,
    "phone": _same,
    "phone-parens": _phone_parens,
    "postal": _same,
    "postal-7": lambda canonical: canonical.replace("-", ""),
    "bool": _same,
    "presence": _map("有", "無"),
    "possible": _map("可", "不可"),
    "circle": _map("○", "×"),
    "flag-1": _map("1", ""),
    "flag-10": _map("1", "0"),
    "date-slash": lambda canonical: canonical.replace("-", "/"),
    "weekdays-gif": lambda canonical: "".join(
        str("月火水木金土日".index(day) + 1) for day in canonical if day in "月火水木金土日"
    ),
}


def write(notation: str, canonical: str) -> str:
    """``canonical`` (what :func:`clean` gave) in that notation; an unknown notation is a ``KeyError``."""
    writer = NOTATIONS[notation]
    return writer(canonical) if canonical else ""
