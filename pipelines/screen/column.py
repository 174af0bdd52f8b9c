"""One column as a detector sees it: its headings, its distinct values folded once, and the way back to the cell."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import accumulate
from re import Match, Pattern

from pipelines.model import Origin, Place
from pipelines.screen.cells import Cells
from pipelines.screen.folding import fold, fold_heading, fold_lines
from pipelines.screen.patience import go_on

#: a search goes through so many characters, and then to the end of the line, before anything else gets its turn
_PIECE = 200_000
#: every byte but the ASCII digits and the line feed; in UTF-8 these stand for nothing else
_NO_DIGIT = bytes(code for code in range(256) if code not in b"0123456789\n")


@cache
def _words(needs: str) -> tuple[tuple[str, bool, tuple[tuple[int, int], ...]], ...]:
    """The words of ``a|b``, each with whether its capitals are the same, and its UTF-16 units, small and capital."""
    words = needs.split("|")
    return tuple((w, w == w.upper(), tuple(zip(_units(w), _units(w.upper()), strict=True))) for w in words)


def _units(word: str) -> tuple[int, ...]:
    return tuple(memoryview(word.encode("utf-16-le")).cast("H"))


@cache
def _ascii_words(needs: str) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in needs.split("|") if word.isascii())


@lru_cache(maxsize=4096)
def _joined_heads(heads: tuple[str, ...]) -> str:
    return "|".join(dict.fromkeys(fold_heading(h) for h in heads if h))


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column under all its headings.  ``values`` are distinct and not empty; ``counts[i]`` cells hold value i.

    ``published`` is False for a column that the schema does not declare: it is looked at and never leaves.
    ``label`` is the heading the department knows.  What a detector asks of ``cells`` first costs almost nothing;
    ``values``, ``text`` and ``keys`` are made when one of them is asked for.
    """

    index: int
    label: str
    heads: tuple[str, ...]
    published: bool
    cells: Cells
    places: Sequence[Place]
    type: str = "string"
    standardized: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        """The distinct values that are not blank."""
        return self.cells.values

    @property
    def counts(self) -> tuple[int, ...]:
        """How many cells hold each value."""
        return self.cells.counts

    def every_place(self, hits: Sequence[int], most: int) -> tuple[Place, ...]:
        """The places of all cells that hold the values with these indexes, from the top, ``most`` of them."""
        if isinstance(self.places, LazyPlaces):
            return self.places.every(frozenset(self.values[i] for i in hits), most)
        return tuple(self.places[i] for i in hits[:most])

    @cached_property
    def head(self) -> str:
        """All headings folded, separated by ``|``."""
        return _joined_heads(self.heads)

    @cached_property
    def text(self) -> str:
        """The values' keys, one line each."""
        return self._lines[0]

    @cached_property
    def _lines(self) -> tuple[str, bytes]:
        return fold_lines(self.values)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The key of each value, trimmed."""
        return tuple(line.strip() for line in self.text.split("\n")) if self.values else ()

    @cached_property
    def first_keys(self) -> tuple[str, ...]:
        """The keys of the first twenty rows' values: a heading may have slipped in among them."""
        return tuple(map(fold, self.cells.head(20)))

    @cached_property
    def _lower(self) -> str:
        return self.text.lower()

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate(map((1).__add__, map(len, self.text.split("\n"))), initial=0))

    @cached_property
    def most_digits(self) -> int:
        """The digits of the value that has most of them: what holds fewer is no number of anybody."""
        if self.cells.ascii:
            return self.cells.most_digits
        digits = self.text.encode("utf-8", "surrogatepass").translate(None, _NO_DIGIT)
        return max(map(len, digits.split(b"\n")))

    def may_match(self, needs: str = "", digits: int = 0, letters: bool = False, rough: str = "") -> bool:
        """False when the cells' bytes show that a pattern with these needs occurs nowhere; see :meth:`matches`."""
        if letters and self.cells.bare:
            return False
        if digits and (self.cells.longest < digits or self.most_digits < digits):
            return False
        if rough and self.cells.ascii and not self.cells.occurs(rough):
            return False
        return not needs or self._mentions(needs)

    def _mentions(self, needs: str) -> bool:
        if self.cells.bare:
            return False
        if self.cells.ascii:
            return any(word in self.cells.lower for word in _ascii_words(needs))
        there = self._lines[1]
        if not there:
            return any(word in (self.text if same else self._lower) for word, same, _ in _words(needs))
        return any(
            word in (self.text if same else self._lower)
            for word, same, units in _words(needs)
            if all(there[one] or there[other] for one, other in units)
        )

    def matches(
        self, pattern: Pattern[str], needs: str = "", digits: int = 0, letters: bool = False, rough: str = ""
    ) -> Iterator[tuple[int, Match[str]]]:
        """Every match of a one-line pattern in the column, with the index of its value.

        ``needs`` lists words (``口座|支店``) one of which every match contains, ``digits`` how many digits every match
        has at least, ``letters`` that it has some, ``rough`` a pattern (RE2) that occurs in every ASCII cell with a
        match: looking for these first is far cheaper.
        """
        if self.may_match(needs, digits, letters, rough):
            for match in self._found(pattern):
                yield self._line(match), match

    def with_match(
        self, pattern: Pattern[str], needs: str = "", digits: int = 0, letters: bool = False, rough: str = ""
    ) -> list[int]:
        """Indexes of the values in which the pattern occurs; the needs as for :meth:`matches`."""
        if not self.may_match(needs, digits, letters, rough):
            return []
        return sorted({self._line(match) for match in self._found(pattern)})

    def _found(self, pattern: Pattern[str]) -> Iterator[Match[str]]:
        text, start, end = self.text, 0, -1
        while end < len(text):
            if start:
                go_on()
            end = text.find("\n", start + _PIECE)
            end = len(text) if end < 0 else end
            yield from pattern.finditer(text, start, end)
            start = end + 1

    def _line(self, match: Match[str]) -> int:
        return bisect_right(self._starts, match.start()) - 1


class LazyPlaces(Sequence[Place]):
    """The place of each distinct value's first cell, made only for the few values somebody asks about."""

    def __init__(self, origin: Origin, cells: Cells, column: int, label: str) -> None:
        self._origin, self._cells, self._column, self._label = origin, cells, column, label

    def __len__(self) -> int:
        return len(self._cells.rows)

    def __getitem__(self, index: int) -> Place:  # type: ignore[override]
        return self._origin.place(self._cells.rows[index], self._column, self._label)

    def every(self, values: frozenset[str], most: int) -> tuple[Place, ...]:
        """The places of all cells that hold one of these values, from the top, ``most`` of them."""
        rows = self._cells.rows_of(values)[:most]
        return tuple(self._origin.place(row, self._column, self._label) for row in rows)
