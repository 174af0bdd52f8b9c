"""What a detector is and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.model import Catalog, ConfigError, Level
from pipelines.screen.column import Column
from pipelines.screen.looking import Table

BLOCK = Level.ERROR
HOLD = Level.HOLD
WARN = Level.WARNING


@dataclass(frozen=True, kw_only=True)
class ScreenRules:
    """The city's own policy.  Everything has the default of the reference; a looser value is the city's decision.

    ``k``: smallest count or group that may leave; ``health_k`` the same for health and care.  ``name_rate`` is the
    share of distinct values that makes a column one of names.  ``mail_domains`` are domains of public bodies that are
    allowed beside lg.jp, go.jp and ed.jp.  ``surnames`` extends the dictionary.
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

    @classmethod
    def of(cls, catalog: Catalog) -> ScreenRules:
        """The rules of catalog.yaml's section ``screen:``; raises :class:`ConfigError` for a key or value unknown."""
        return rules_of(catalog.settings.get("screen") or {})


def rules_of(section: Mapping[str, Any]) -> ScreenRules:
    """Rules from a mapping of texts; raises :class:`ConfigError` in Japanese for what it does not know."""
    unknown = sorted(set(section) - set(_READ))
    if unknown:
        raise ConfigError(
            f"catalog.yaml の screen: に知らない項目があります: {'、'.join(unknown)}（使えるのは {'、'.join(_READ)}）。"
        )
    try:
        return ScreenRules(**{name: _READ[name](value) for name, value in section.items()})
    except (TypeError, ValueError) as error:
        raise ConfigError(f"catalog.yaml の screen: の値を読めません（{error}）。") from error


def _whole(value: Any) -> int:
    number = int(str(value))
    if number < 2:
        raise ValueError("k は 2 以上にしてください")
    return number


def _share(value: Any) -> float:
    share = float(str(value))
    if not 0 < share <= 1:
        raise ValueError("name_rate は 0 より大きく 1 以下にしてください")
    return share


def _seconds(value: Any) -> float:
    seconds = float(str(value))
    if not 0 < seconds <= 3600:
        raise ValueError("seconds は 0 より大きく 3600 以下にしてください")
    return seconds


def _names(value: Any) -> frozenset[str]:
    return frozenset([value] if isinstance(value, str) else map(str, value))


def _either(value: Any) -> str:
    if value not in ("warn", "hold"):
        raise ValueError("new_column は warn か hold にしてください")
    return str(value)


_READ: dict[str, Callable[[Any], Any]] = {
    "k": _whole,
    "health_k": _whole,
    "name_rate": _share,
    "mail_domains": _names,
    "surnames": _names,
    "new_column": _either,
    "seconds": _seconds,
}


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
    """One named unit.  ``version`` rises whenever it can decide differently: then everything is screened again.

    ``advice`` is what to do about a finding that withholds, ``noticed`` about one that is only told.
    """

    id: str
    version: str
    title: str
    source: str
    find: Find
    advice: str = ""
    noticed: str = ""


def finding(type_: str, level: Level, column: Column, hits: Iterable[int], because: str) -> Iterable[Finding]:
    """One finding when there is at least one hit, else nothing: detectors ``yield from`` this."""
    if found := tuple(sorted(set(hits))):
        yield Finding(type=type_, level=level, column=column, hits=found, because=because)
