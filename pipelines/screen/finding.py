"""What a detector is and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pipelines.model import Level
from pipelines.screen.looking import Column, Table

BLOCK = Level.ERROR
HOLD = Level.HOLD
WARN = Level.WARNING


@dataclass(frozen=True, kw_only=True)
class ScreenRules:
    """The city's own policy.  Everything has the default of the reference; a looser value is the city's decision.

    ``k``: smallest count or group that may leave; ``health_k`` the same for health and care.  ``name_rate`` is the
    share of distinct values that makes a column one of names.  ``mail_domains`` are domains of public bodies that are
    allowed beside lg.jp, go.jp and ed.jp.  ``surnames`` extends the dictionary.  ``formula``: ``hold`` or ``error``.
    ``new_column``: ``warn`` (report) or ``hold``; a new column is one absent from the recorded list of the dataset.
    ``seconds`` is the time limit of one detector on one dataset.
    """

    k: int = 5
    health_k: int = 10
    name_rate: float = 0.3
    mail_domains: frozenset[str] = frozenset()
    surnames: frozenset[str] = frozenset()
    new_column: str = "hold"
    seconds: float = 60.0
    off: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """``hits`` are indexes into ``column.values``; ``type`` is the stable name of what was found (``my_number``).

    ``because`` says in Japanese how it was recognised, never with a value in it.  ``combinations`` stands for the
    values where a finding is about several columns at once.
    """

    type: str
    level: Level
    column: Column
    hits: tuple[int, ...]
    because: str
    combinations: frozenset[str] = frozenset()
    rows: int | None = None

    @property
    def cells(self) -> int:
        """How many cells of the table hold a hit (or how many combinations of cells)."""
        return sum(self.column.counts[i] for i in self.hits) if self.rows is None else self.rows

    @property
    def found(self) -> frozenset[str]:
        """The values in clear: for the approval's HMAC only; they never enter a problem, a log or a page."""
        return self.combinations or frozenset(self.column.values[i] for i in self.hits)


Find = Callable[[Table, ScreenRules], Iterable[Finding]]


@dataclass(frozen=True, kw_only=True)
class Detector:
    """One named unit.  ``version`` rises whenever it can decide differently: then everything is screened again."""

    id: str
    version: str
    title: str
    source: str
    find: Find
    advice: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def finding(type_: str, level: Level, column: Column, hits: Iterable[int], because: str) -> Iterable[Finding]:
    """One finding when there is at least one hit, else nothing: detectors ``yield from`` this."""
    found = tuple(sorted(set(hits)))
    if found:
        yield Finding(type=type_, level=level, column=column, hits=found, because=because)
