"""A column as its distinct texts and, per row, which of them: 100,000 cells are cleaned as a few hundred values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Coded:
    """``values[codes[i]]`` is the text of row i; ``codes`` is an integer array."""

    values: tuple[str, ...]
    codes: Any

    @classmethod
    def of(cls, series: pd.Series[Any]) -> Coded:
        """Encode a text column; missing becomes the empty text."""
        import pyarrow as pa
        import pyarrow.compute as pc

        column = pa.chunked_array([pa.array(series, type=pa.large_string(), from_pandas=True)])
        encoded = pc.fill_null(column, "").dictionary_encode().combine_chunks()
        return cls(tuple(encoded.dictionary.to_pylist()), encoded.indices.to_numpy(zero_copy_only=False))

    @classmethod
    def from_texts(cls, texts: Sequence[str]) -> Coded:
        """Encode one text per row."""
        import numpy as np

        numbers: dict[str, int] = {}
        codes = np.fromiter((numbers.setdefault(text, len(numbers)) for text in texts), dtype="int32", count=len(texts))
        return cls(tuple(numbers), codes)

    @classmethod
    def constant(cls, value: str, rows: int) -> Coded:
        """The same text in every row."""
        import numpy as np

        return cls((value,), np.zeros(rows, dtype="int32"))

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def counts(self) -> list[int]:
        """How many rows hold each value."""
        import numpy as np

        return [int(n) for n in np.bincount(self.codes, minlength=len(self.values))]

    @cached_property
    def _grouped(self) -> tuple[Any, Any]:
        import numpy as np

        order = np.argsort(self.codes, kind="stable")
        return order, np.searchsorted(self.codes[order], np.arange(len(self.values) + 1))

    def rows(self, code: int) -> list[int]:
        """The rows that hold value number ``code``, ascending."""
        order, starts = self._grouped
        return [int(row) for row in order[starts[code] : starts[code + 1]]]

    def taken(self, rows: Sequence[int]) -> Coded:
        """Only these rows, and only the values they hold."""
        import numpy as np

        codes = self.codes[np.asarray(rows, dtype="int64")]
        kept, again = np.unique(codes, return_inverse=True)
        return Coded(tuple(self.values[code] for code in kept.tolist()), again)

    def mapped(self, values: Sequence[str]) -> Coded:
        """The same rows with other texts."""
        return replace(self, values=tuple(values))

    def texts(self) -> list[str]:
        """One text per row."""
        return [self.values[code] for code in self.codes.tolist()]

    def filled(self) -> bool:
        """Whether any row holds something."""
        return any(value.strip() and count for value, count in zip(self.values, self.counts, strict=True))

    def array(self) -> Any:
        """An Arrow array of one text per row."""
        import pyarrow as pa

        return pa.array(self.values, type=pa.large_string()).take(pa.array(self.codes))
