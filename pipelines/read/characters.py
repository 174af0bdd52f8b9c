"""Characters that must not be published unseen: gaiji, replacement characters, controls, bidi marks, a BOM inside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pipelines.model import Level, Problem
from pipelines.read._mojibake import SIGNS, meant
from pipelines.read.grid import Grid
from pipelines.read.problems import limited, problem

BAD = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffd\ufffe\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
#: cells worth a second look: those, and what wrongly decoded Japanese looks like
SUSPECT = re.compile(f"{BAD.pattern}|{SIGNS.pattern}")
_CODES = (
    (0x00, 0x9F, "control-character"),
    (0x200E, 0x200F, "bidi-character"),
    (0x202A, 0x2069, "bidi-character"),
    (0xE000, 0xF8FF, "gaiji"),
    (0xFEFF, 0xFEFF, "bom-inside"),
    (0xD800, 0xDFFF, "broken-character"),
    (0xFFFD, 0xFFFF, "broken-character"),
    (0xF0000, 0x10FFFF, "gaiji"),
)


def check_characters(grid: Grid, path: str) -> tuple[Problem, ...]:
    """One ERROR for each cell with such a character, with its code point."""
    found: list[Problem] = []
    for row, cells in enumerate(grid.rows):
        # one search over the joined row is ten times cheaper than one a cell
        if SUSPECT.search("\t".join(cells)):
            found.extend(character_problem(path, grid.sheet, row + 1, cells))
    return limited(found)


def character_problem(path: str, sheet: str | None, row: int, cells: Sequence[str]) -> list[Problem]:
    """The problems of one row (1-based)."""
    found = []
    for column, text in enumerate(cells):
        bad = BAD.search(text)
        if bad is not None:
            code = ord(bad.group())
            words: dict[str, Any] = {"sheet": sheet, "row": row, "column": column + 1}
            found.append(problem(_code(code), Level.ERROR, path, codepoint=f"U+{code:04X}", **words))
        elif (sound := meant(text)) is not None:
            words = {"sheet": sheet, "row": row, "column": column + 1, "value": text[:40], "meant": sound[:40]}
            found.append(problem("mojibake", Level.ERROR, path, **words))
    return found


def _code(code: int) -> str:
    return next(name for first, last, name in _CODES if first <= code <= last)
