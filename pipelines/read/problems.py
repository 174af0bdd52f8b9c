"""Problems of reading: made in one place from the words of :mod:`pipelines.read._wording`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipelines.model import Level, Place, Problem
from pipelines.read._wording import WORDS

SHOWN_PER_CODE = 100
_MORE = "同じことが、ほかに"


def problem(
    code: str,
    level: Level,
    path: str,
    *,
    sheet: str | None = None,
    row: int | None = None,
    column: int | None = None,
    field: str | None = None,
    value: str | None = None,
    **words: Any,
) -> Problem:
    """A problem of reading; row and column are 1-based.  ``words`` fill the message of :data:`WORDS`."""
    message, hint = WORDS[code]
    filled = {"value": value, "sheet": sheet, **words}
    return Problem(
        code=code,
        level=level,
        place=Place(path=path, sheet=sheet, row=row, column=column, field=field),
        message=message.format(**filled),
        hint=hint.format(**filled) if "{" in hint else hint,
        value=value,
    )


def limited(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """At most :data:`SHOWN_PER_CODE` problems of a code one by one, and then one that names the true number left."""
    counts: dict[str, int] = {}
    kept: list[Problem] = []
    last: dict[str, Problem] = {}
    for item in problems:
        if item.place.row is None and item.message.startswith(_MORE):  # an earlier pass has counted these
            kept.append(item)
            continue
        counts[item.code] = counts.get(item.code, 0) + 1
        if counts[item.code] <= SHOWN_PER_CODE:
            kept.append(item)
        last[item.code] = item
    for code, count in counts.items():
        if count > SHOWN_PER_CODE:
            kept.append(_rest(last[code], count - SHOWN_PER_CODE))
    return tuple(kept)


def _rest(example: Problem, count: int) -> Problem:
    place = Place(path=example.place.path, sheet=example.place.sheet)
    message = f"{_MORE}{count:,}か所あります：{example.message}"
    return Problem(code=example.code, level=example.level, place=place, message=message, hint=example.hint)
