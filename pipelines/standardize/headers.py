"""Which column of the file is which column of the standard: evidence, never a guess.

From the strongest evidence to the weakest: ``renames:`` of dataset.yaml, the exact name, the name after folding width,
case, spaces and brackets, a first-generation name, an alias of the schema, and a typo whose nearest name is unique.
Two columns of equal evidence for one target are ambiguous; a weaker one loses to a stronger one.
"""

from __future__ import annotations

import enum
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipelines.cleaning.keys import match_key
from pipelines.model import Schema

#: how dataset.yaml (``renames:``) and schema.yaml (``aliases:``) write the blank label of a column that has values
NAMELESS = "（列名なし）"


class Evidence(enum.IntEnum):
    """Why a column was taken for a target; smaller is stronger."""

    RENAME = 0
    EXACT = 1
    FOLDED = 2
    GENERATION = 3
    ALIAS = 4
    TYPO = 5


@dataclass(frozen=True, slots=True)
class Match:
    """Column ``column`` (0-based) of the file is ``target``: a field of the schema or one part of a merged field."""

    column: int
    target: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Matching:
    """``ambiguous`` maps a target to its equal candidates; ``unmatched`` are columns that nothing claimed."""

    matches: tuple[Match, ...]
    ambiguous: Mapping[str, tuple[int, ...]]
    unmatched: tuple[int, ...]


def match_headers(
    header: Iterable[str], schema: Schema, renames: Mapping[str, str], filled: Iterable[bool]
) -> Matching:
    """Match the labels of a file with the schema.  ``filled[j]`` says whether column j holds anything at all."""
    has_values = tuple(filled)
    labels = tuple(_named(label, full) for label, full in zip(header, has_values, strict=True))
    names = _Names(schema, renames)
    found = [m for j, label in enumerate(labels) if (m := names.match(j, label))]
    settled, ambiguous = _settle(found, has_values)
    taken = {m.target for m in settled} | set(ambiguous)
    left = [j for j in range(len(labels)) if j not in {m.column for m in found}]
    typos, unclear = _settle([m for j in left if (m := names.typo(j, labels[j], taken))], has_values)
    matches = tuple(sorted(settled + typos, key=lambda m: m.column))
    ambiguous |= unclear
    spoken_for = {m.column for m in matches} | {j for columns in ambiguous.values() for j in columns}
    return Matching(matches, ambiguous, tuple(j for j in range(len(labels)) if j not in spoken_for))


def _named(label: str, filled: bool) -> str:
    """A column with values and no label can be spoken of: a statistic's first column is often left blank."""
    return NAMELESS if filled and not label.strip() else label


class _Names:
    """Every name a column of this schema may have, with what it stands for and how strong that evidence is."""

    def __init__(self, schema: Schema, renames: Mapping[str, str]) -> None:
        self.exact = {f.name: f.name for f in schema.fields}
        self.folded: dict[str, tuple[str, Evidence]] = {}
        for source, target in renames.items():
            self._know(source, target, Evidence.RENAME)
        for name in self.exact:
            self._know(name, name, Evidence.FOLDED)
        for source, target in schema.renames.items():
            self._know(source, target, Evidence.GENERATION)
        for part in (part for parts in schema.merges.values() for part in parts):
            self._know(part, part, Evidence.GENERATION)
        for field in schema.fields:
            for alias in field.aliases:
                self._know(alias, field.name, Evidence.ALIAS)

    def _know(self, name: str, target: str, evidence: Evidence) -> None:
        self.folded.setdefault(match_key(name), (target, evidence))

    def match(self, column: int, label: str) -> Match | None:
        key = match_key(label)
        target, evidence = self.folded.get(key, ("", Evidence.TYPO))
        if not key or not target:
            return None
        if evidence is Evidence.FOLDED and self.exact.get(label) == target:
            evidence = Evidence.EXACT
        return Match(column, target, evidence)

    def typo(self, column: int, label: str, taken: set[str]) -> Match | None:
        """The unique nearest target within one edit (two from ten letters on) that has no column yet.

        Names that differ from another column's name by no more than that themselves are left out.
        """
        key = match_key(label)
        limit = 0 if len(key) < 4 else 1 if len(key) < 10 else 2
        near: dict[int, set[str]] = defaultdict(set)
        for name, (target, _) in self.folded.items():
            if limit and abs(len(name) - len(key)) <= limit and _same_digits(name, key):
                near[edits(name, key, limit)].add(target)
        nearest = near[min(near)] if near and min(near) <= limit else set()
        if len(nearest) != 1 or nearest <= taken or self._has_sibling(target := nearest.pop()):
            return None
        return Match(column, target, Evidence.TYPO)

    def _has_sibling(self, target: str) -> bool:
        """男性トイレ総数 is two characters or fewer from 女性トイレ総数: there a letter carries the meaning."""
        own = match_key(target)
        return any(other != target and edits(name, own, 2) <= 2 for name, (other, _) in self.folded.items())


def _same_digits(one: str, other: str) -> bool:
    """画像1 is no misspelt 画像2."""
    return re.findall(r"\d+", one) == re.findall(r"\d+", other)


def _settle(found: list[Match], filled: tuple[bool, ...]) -> tuple[list[Match], dict[str, tuple[int, ...]]]:
    """One column per target: the strongest evidence wins; among equals a lone column with values wins."""
    by_target: dict[str, list[Match]] = defaultdict(list)
    for match in found:
        by_target[match.target].append(match)
    settled: list[Match] = []
    ambiguous: dict[str, tuple[int, ...]] = {}
    for target, matches in by_target.items():
        best = [m for m in matches if m.evidence == min(m.evidence for m in matches)]
        rivals = [m for m in best if filled[m.column]] or best[:1]
        if len(rivals) == 1:
            settled.append(rivals[0])
        else:
            ambiguous[target] = tuple(m.column for m in rivals)
    return settled, ambiguous


def edits(one: str, other: str, limit: int) -> int:
    """Damerau–Levenshtein distance (optimal string alignment); anything above ``limit`` comes back as limit + 1."""
    before_last: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before_last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before_last, last = last, row
    return min(last[-1], limit + 1)
