"""What is told to a person: level, place in the drop, sentence; and the step that gathers them."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class Level(enum.StrEnum):
    """How a problem weighs: ERROR and HOLD withhold the dataset, WARNING and NOTICE are reported."""

    ERROR = "error"
    HOLD = "hold"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the drop: rows and columns are 1-based, as the spreadsheet (or the text file's records) shows them."""

    path: str
    sheet: str | None = None
    row: int | None = None
    column: int | None = None
    field: str | None = None

    @property
    def cell(self) -> str | None:
        """The cell's address as a spreadsheet shows it (``C17``), when both row and column are known."""
        if self.row is None or self.column is None:
            return None
        return f"{column_letters(self.column)}{self.row}"


def column_letters(number: int) -> str:
    """1 → A, 26 → Z, 27 → AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to tell a person: ``code`` is stable kebab-case; ``message`` and ``hint`` are plain Japanese.

    ``value`` is the offending text and is omitted (None) wherever it may be personal.  ``also`` are further cells that
    the same sentence is about, to be marked like the first; a problem that stands for many has them.
    """

    code: str
    level: Level
    place: Place
    message: str
    hint: str = ""
    value: str | None = None
    message_en: str = ""
    also: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """What a stage gives back: a value or None, and the problems so far, which only accumulate."""

    value: T | None
    problems: tuple[Problem, ...] = ()

    def then(self, stage: Callable[[T], Step[U]]) -> Step[U]:
        """Run the next stage on the value; without a value the problems just pass through."""
        if self.value is None:
            return Step(None, self.problems)
        following = stage(self.value)
        return Step(following.value, self.problems + following.problems)

    @property
    def withheld(self) -> bool:
        """True when a problem keeps the dataset back."""
        return self.value is None or any(p.level in (Level.ERROR, Level.HOLD) for p in self.problems)
