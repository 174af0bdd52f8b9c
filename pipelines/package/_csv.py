"""CSV as RFC 4180 writes it, from the frame's text untouched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_SPECIAL = re.compile('[",\r\n]').search
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def csv_bytes(frame: pd.DataFrame, *, bom: bool, newline: str) -> bytes:
    """UTF-8 with labels first and a line end after every record.

    Only cells with a comma, a quote or a line break are quoted, whatever the line end is (Python's ``csv`` leaves a
    lone CR bare where lines end in LF, and changed its mind about blanks between versions).
    """
    columns = [_quoted([str(name), *frame.iloc[:, j].tolist()]) for j, name in enumerate(frame.columns)]
    records: Iterable[str] = map(",".join, zip(*columns, strict=True))
    if len(columns) == 1:  # an empty cell alone would be an empty line, which readers drop
        records = (record or '""' for record in records)
    text = newline.join(records) + newline
    return (_BOM + text if bom else text).encode()


def _quoted(cells: list[str]) -> list[str]:
    if not _SPECIAL("".join(cells)):  # one search for the column: most columns have nothing to quote
        return cells
    return ['"' + cell.replace('"', '""') + '"' if _SPECIAL(cell) else cell for cell in cells]
