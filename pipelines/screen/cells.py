"""The cells of one column: cheap facts about all of them at once, and distinct values only when somebody asks.

Nearly every column of nearly every file holds nothing that any detector wants, and a fact about its bytes (no letter,
no value with ten digits) shows it.  Making 100,000 values distinct, and texts of them, is what costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

#: bytes of columns of numbers, dates and times; what is deleted leaves nothing behind in such a column
_BARE = b"0123456789.-+:/, "
#: so many bytes tell enough of most columns
_FEW = 1000


class Cells:
    """The cells of one column of a frame of texts; blank ones do not count."""

    def __init__(self, series: pd.Series[str]) -> None:
        self._series = series

    @cached_property
    def filled(self) -> bool:
        """Whether any cell is not blank."""
        return bool(self._bytes[:_FEW].strip()) or bool(self._bytes.decode("utf-8", "surrogatepass").strip())

    @cached_property
    def ascii(self) -> bool:
        """Whether every character of every cell is ASCII: then folding changes nothing but space."""
        return self._bytes.isascii()

    @cached_property
    def bare(self) -> bool:
        """Whether the cells hold nothing but digits and the signs of numbers, dates and times."""
        return not self._bytes[:_FEW].translate(None, _BARE) and not self._bytes.translate(None, _BARE)

    @cached_property
    def longest(self) -> int:
        """The bytes of the longest cell."""
        return int(self._lengths.max()) if len(self._lengths) else 0

    @cached_property
    def shortest(self) -> int:
        """The bytes of the shortest cell that holds any."""
        lengths = self._lengths[self._lengths > 0]
        return int(lengths.min()) if len(lengths) else 0

    @cached_property
    def most_digits(self) -> int:
        """The ASCII digits of the cell that has most of them."""
        import numpy as np

        begins = self._offsets[:-1][self._lengths > 0]
        if not len(begins):
            return 0
        digit = np.frombuffer(self._bytes, dtype=np.uint8) - np.uint8(48) < 10
        return int(np.add.reduceat(digit, begins, dtype=np.int32).max())

    def starts(self, marks: bytes) -> bool:
        """Whether any cell begins with one of these bytes."""
        import numpy as np

        data = np.frombuffer(self._bytes, dtype=np.uint8)
        first = np.bincount(data[self._offsets[:-1][self._lengths > 0]], minlength=256)
        return bool(first[list(marks)].any())

    @cached_property
    def lower(self) -> bytes:
        """All bytes with ASCII capitals made small."""
        return self._bytes.lower()

    def holds(self, mark: bytes) -> bool:
        """Whether these bytes occur anywhere."""
        return mark in self._bytes

    def occurs(self, pattern: str) -> bool:
        """Whether a pattern in RE2's syntax matches inside any cell."""
        import pyarrow.compute as pc

        return bool(pc.any(pc.match_substring_regex(self._array, pattern)).as_py())

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The distinct values that are not blank, in order of their first cell."""
        return tuple([text for text in self._texts if text and not text.isspace()])

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """How many cells hold each value."""
        import numpy as np

        counts = np.bincount(self._codes, minlength=len(self._texts) + 1)
        return tuple(counts[self._kept].tolist())

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """The 0-based row of each value's first cell."""
        import numpy as np

        first = np.empty(len(self._texts) + 1, dtype=np.int64)
        first[self._codes[::-1]] = np.arange(len(self._codes) - 1, -1, -1)
        return tuple(first[self._kept].tolist())

    def head(self, rows: int) -> tuple[str, ...]:
        """The distinct values of the first rows."""
        return tuple(text for text in self._array[:rows].unique().to_pylist() if text and not text.isspace())

    def rows_of(self, values: frozenset[str]) -> list[int]:
        """The 0-based rows of all cells that hold one of these values."""
        import pyarrow as pa
        import pyarrow.compute as pc

        held = pc.is_in(self._array, value_set=pa.array(sorted(values), pa.large_string()))
        rows: list[int] = pc.indices_nonzero(held).to_pylist()
        return rows

    def same(self, other: Cells) -> bool:
        """Whether the other column has the same text in every cell, and none where this one has none."""
        return bool(self._array.equals(other._array))

    @cached_property
    def _encoded(self) -> Any:
        return self._array.dictionary_encode()

    @cached_property
    def _texts(self) -> list[str | None]:
        texts: list[str | None] = self._encoded.dictionary.to_pylist()
        return texts

    @cached_property
    def _kept(self) -> list[int]:
        return [n for n, text in enumerate(self._texts) if text and not text.isspace()]

    @cached_property
    def _codes(self) -> Any:
        """The place of each cell's text among :attr:`_texts`; one past the end where there is none."""
        return self._encoded.indices.fill_null(len(self._texts)).to_numpy(zero_copy_only=False)

    @cached_property
    def _array(self) -> Any:
        """The column as one Arrow array of texts without chunks."""
        import pyarrow as pa

        found: Any = pa.array(self._series.array if hasattr(self._series.array, "__arrow_array__") else self._series)
        if isinstance(found, pa.ChunkedArray):
            found = found.chunk(0) if found.num_chunks == 1 else found.combine_chunks()
        return found if found.type == pa.large_string() else found.cast(pa.large_string())

    @cached_property
    def _offsets(self) -> Any:
        """Where each cell begins in :attr:`_bytes`, and where the last one ends."""
        import numpy as np

        array = self._array
        if not len(array):
            return np.zeros(1, dtype=np.int64)
        within = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset : array.offset + len(array) + 1]
        return within - within[0] if within[0] else within

    @cached_property
    def _lengths(self) -> Any:
        return self._offsets[1:] - self._offsets[:-1]

    @cached_property
    def _bytes(self) -> bytes:
        """Every cell's UTF-8, one after the other; bytes before or after them do not belong here."""
        import numpy as np

        array = self._array
        data = array.buffers()[2]
        if data is None or not len(array):
            return b""
        first = int(np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset])
        return bytes(data[first : first + int(self._offsets[-1])])


class Texts(Cells):
    """Cells given as a few texts, each counted once."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._given = texts

    @cached_property
    def _array(self) -> Any:
        import pyarrow as pa

        return pa.array(self._given, pa.large_string())
