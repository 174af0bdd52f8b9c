"""The words around a table: titles, notes, facts, headings and the sheet's name, looked at like a remark.

They do not leave with the values, but titles and facts may come back in a description, and a heading always leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipelines.model import Place, SourceTable
from pipelines.screen.cells import Texts
from pipelines.screen.column import Column
from pipelines.screen.looking import Table

if TYPE_CHECKING:
    import pandas as pd

LABEL = "表題・見出し・注記"
#: rows that repeat what the columns say; anything else left out is text somebody wrote
_STRUCTURAL = frozenset({"sheet", "total", "blank", "repeated-header", "type", "row-number", "code", "unit"})


def around(source: SourceTable) -> Table | None:
    """What stands around the cells as a table of one column of remarks that never leaves; None for nothing."""
    told: dict[str, Place] = {}
    for text, place in _texts(source):
        if text and not text.isspace():
            told.setdefault(text, place)
    if not told:
        return None
    column = Column(
        index=0,
        label=LABEL,
        heads=("備考",),
        published=False,
        cells=Texts(tuple(told)),
        places=tuple(told.values()),
    )
    return Table(columns=(column,), rows=lambda: _frame(told), title="")


def _frame(told: Iterable[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({0: list(told)})


def _texts(source: SourceTable) -> Iterator[tuple[str, Place]]:
    for left in source.left_out:
        if left.what not in _STRUCTURAL:
            sheet = left.sheet or source.sheet
            yield left.text, Place(path=source.path, sheet=sheet, row=left.row, column=left.column)
    top = source.header_rows[-1] if source.header_rows else None
    for j, label in enumerate(source.header):
        column = source.origin.place(None, j, label).column
        yield label, Place(path=source.path, sheet=source.sheet, row=top, column=column)
    for fact in source.facts.values():
        yield str(fact), Place(path=source.path, sheet=source.sheet)
    yield source.sheet or "", Place(path=source.path, sheet=source.sheet)
