"""How large, how long and how deep a dropped file may be before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds for one file: bytes, bytes after unzipping, cells, seconds, memory of the child process.

    ``gap_rows`` and ``gap_columns``: a filled cell further than this behind the previous one is taken for an accident
    (a far-corner cell makes some readers allocate the whole rectangle).  ``ratio`` is unzipped : zipped and is only
    asked of parts above ``ratio_from`` bytes.
    """

    text_bytes: int = 200_000_000
    binary_bytes: int = 200_000_000
    unzipped_bytes: int = 500_000_000
    ratio: int = 200
    ratio_from: int = 10_000_000
    parts: int = 2_000
    cells: int = 5_000_000
    columns: int = 16_384
    cell_characters: int = 131_072
    gap_rows: int = 1_000
    gap_columns: int = 100
    seconds: float = 100.0
    memory: int = 1_000_000_000
