"""A column 「緯度,経度」 (33.950612,131.2466) becomes the two columns 緯度 and 経度.

A worked example of a transform.  dataset.yaml: ``transform: split_position``.
"""

from __future__ import annotations

from dataclasses import replace

from pipelines.cleaning import clean
from pipelines.cleaning.keys import match_key
from pipelines.model import Level, Problem, SourceTable, Step

PAIR = {match_key(name) for name in ("緯度,経度", "緯度、経度", "緯度経度", "座標")}


def transform(table: SourceTable) -> Step[SourceTable]:
    """The table with 緯度 and 経度 in place of the pair; both keep the address of the cell they came from.

    A cell that is no pair goes back with its own problem; a table without such a column passes unchanged.
    """
    column = next((j for j, label in enumerate(table.header) if match_key(label) in PAIR), None)
    if column is None:
        return Step(table)
    answers = [clean("coord", text) for text in table.frame.iloc[:, column].tolist()]
    wrong = [row for row, answer in enumerate(answers) if answer.status == "error"]
    parts = [("", "") if a.status == "error" else (a.parts.get("lat", ""), a.parts.get("lon", "")) for a in answers]
    return Step(_with_parts(table, column, parts), tuple(_problem(table, row, column) for row in wrong))


def _with_parts(table: SourceTable, column: int, parts: list[tuple[str, str]]) -> SourceTable:
    import pandas as pd

    order = [*range(column + 1), *range(column, len(table.header))]
    frame = table.frame.iloc[:, order].set_axis(range(len(order)), axis="columns")
    for offset in (0, 1):
        frame[column + offset] = pd.Series([pair[offset] for pair in parts], index=frame.index, dtype="str")
    header = (*table.header[:column], "緯度", "経度", *table.header[column + 1 :])
    types = {(row, j + (j > column)): kind for (row, j), kind in table.cell_types.items()}
    return replace(table, header=header, frame=frame, origin=table.origin.reordered(order), cell_types=types)


def _problem(table: SourceTable, row: int, column: int) -> Problem:
    return Problem(
        code="value-coord",
        level=Level.ERROR,
        place=table.origin.place(row, column, table.header[column]),
        message=f"「{table.header[column]}」が位置（緯度,経度）として読めません。",
        hint="33.950612,131.246600 のように、緯度と経度を半角のカンマで区切って書いてください。",
        value=str(table.frame.iat[row, column]),
    )
