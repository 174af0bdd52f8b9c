"""The report for machines: JSON (the whole model) and CSV (every number, one a line)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

from pipelines.report.paper import Cell, Report, Table

HEADER = ("見本の別", "表ID", "表", "行", "項目ID", "項目", "値", "単位")


def json_text(made: Report) -> str:
    """The model as JSON, keys in their order, Japanese as it is, a line end at the end."""
    return json.dumps(made.as_json(), ensure_ascii=False, indent=2) + "\n"


def csv_text(made: Report) -> str:
    """Long form: one line for each cell of each table and each figure of each card; CRLF line ends."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    for line in _cards(made):
        writer.writerow([made.label, *map(_inert, line)])
    for table in made.tables():
        for line in _table(table):
            writer.writerow([made.mark(table), *map(_inert, line)])
    return out.getvalue()


def _cards(made: Report) -> Iterator[tuple[Cell, ...]]:
    for card in made.cards:
        for figure in (card.headline, *card.figures):
            value = figure.text if figure.value is None else figure.value
            yield "card", "結論", card.title, f"{card.kpi}.{figure.key}", figure.label, value, figure.unit
        yield "card", "結論", card.title, f"{card.kpi}.grade", "判定（案）", f"{card.grade} {card.grade_text}", ""
        yield "card", "結論", card.title, f"{card.kpi}.state", "数値の状態", card.state, ""


def _table(table: Table) -> Iterator[tuple[Cell, ...]]:
    """Every cell after the first column, named by its row's first cell."""
    for row in table.rows:
        for column, cell in zip(table.columns[1:], row[1:], strict=True):
            shown = column.empty if cell is None and column.digits is not None else cell
            yield table.id, table.caption, row[0], column.key, column.label, shown, column.unit


def _inert(cell: Cell) -> Cell:
    """Text that a spreadsheet would run as a formula gets an apostrophe; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
