"""The report as one value: cards, nine sections of blocks, and what it was made from.  Frozen and JSON-able.

A number appears in the model already rounded (:mod:`pipelines.report.numbers`); renderings only write it down.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.report import numbers

Cell = str | float | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One named number: ``value`` rounded to ``digits``, ``text`` what every rendering prints for it."""

    key: str
    label: str
    value: float | int | None
    unit: str = ""
    digits: int = 0
    text: str = ""
    note: str = ""


def figure(
    key: str,
    label: str,
    value: float | None,
    unit: str = "",
    digits: int = 0,
    *,
    signed: bool = False,
    none: str = numbers.NONE,
    note: str = "",
) -> Figure:
    """A figure whose value and text come from the one rounding function."""
    text = numbers.written(value, digits, unit, signed=signed, none=none)
    exact = numbers.rounded(value, digits)
    return Figure(key=key, label=label, value=exact, unit=unit, digits=digits, text=text, note=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A table column.  ``digits`` None: text; else numbers with that many places, written with ``empty`` for None."""

    key: str
    label: str
    unit: str = ""
    digits: int | None = None
    empty: str = numbers.NONE
    signed: bool = False

    def write(self, cell: Cell) -> str:
        """The cell as people read it (without the unit, which stands in the header)."""
        if self.digits is None or isinstance(cell, str):
            return "" if cell is None else str(cell)
        return numbers.written(cell, self.digits, signed=self.signed, none=self.empty)

    @property
    def head(self) -> str:
        """Label with its unit."""
        return f"{self.label}（{self.unit}）" if self.unit else self.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a caption; the first column names the row.  Cells are text, or numbers already rounded.

    ``annex``: long, for the annex only.  ``sample``: all its numbers are of sample datasets, so it is marked.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    annex: bool = False
    sample: bool = False

    def written(self) -> tuple[tuple[str, ...], ...]:
        """All cells as people read them."""
        return tuple(tuple(c.write(cell) for c, cell in zip(self.columns, row, strict=True)) for row in self.rows)

    def column(self, key: str) -> tuple[Cell, ...]:
        """All cells of one column."""
        at = next(i for i, c in enumerate(self.columns) if c.key == key)
        return tuple(row[at] for row in self.rows)


def table(
    id: str,
    caption: str,
    columns: tuple[Column, ...],
    rows: list[tuple[Cell, ...]],
    note: str = "",
    *,
    annex: bool = False,
) -> Table:
    """A table whose numbers are rounded as their columns say."""
    exact = tuple(tuple(_exact(c, cell) for c, cell in zip(columns, row, strict=True)) for row in rows)
    return Table(id=id, caption=caption, columns=columns, rows=exact, note=note, annex=annex)


def _exact(column: Column, cell: Cell) -> Cell:
    if column.digits is None or cell is None or isinstance(cell, str):
        return cell
    return numbers.rounded(cell, column.digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """How one table column is drawn: ``kind`` line or bar, ``style`` solid, dashed, dotted; ``marker`` a shape."""

    column: str
    label: str
    kind: str = "line"
    style: str = "solid"
    marker: str = "circle"
    tone: str = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture of the table ``table`` (x: its first column); ``summary`` says in words what it shows.

    ``open`` rows are not over yet (drawn hollow); ``marks`` puts a word over a row; before each of ``breaks`` the way
    of counting changed (a dividing line).
    """

    id: str
    kind: str
    title: str
    summary: str
    table: str
    strokes: tuple[Stroke, ...]
    y_title: str = ""
    height: int = 260
    open: tuple[str, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    breaks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph; ``kind`` is text, lead, note or warning."""

    text: str
    kind: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list."""

    items: tuple[str, ...]
    title: str = ""
    ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form for people, pre-filled with what the system knows; empty values are boxes to write in."""

    id: str
    title: str
    fields: tuple[tuple[str, str], ...]


Block = Text | Items | Table | Chart | Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One KPI at a glance: the first thing in the report."""

    kpi: str
    title: str
    headline: Figure
    grade: str
    grade_text: str
    state: str
    sentence: str
    figures: tuple[Figure, ...]
    shown: tuple[str, ...] = ()

    @property
    def main(self) -> tuple[Figure, ...]:
        """The figures that stand on the card itself; the rest is in the table below."""
        return tuple(f for f in self.figures if f.key in self.shown)

    def figure(self, key: str) -> Figure:
        """The figure of that key."""
        return next(f for f in (self.headline, *self.figures) if f.key == key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One of the nine: its question, the answer in a sentence, and the blocks that support it."""

    id: str
    number: int
    title: str
    question: str
    answer: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole paper.

    ``label`` is printed on every page, table and picture when the accesses are made up; ``notices`` stand at the top.
    """

    title: str
    publisher: str
    as_of: dt.date
    as_of_text: str
    fiscal_year: int
    fiscal_label: str
    label: str
    notices: tuple[str, ...]
    definition: str
    cards: tuple[Card, ...]
    sections: tuple[Section, ...]
    source_note: str = ""
    licence: str = ""
    licence_url: str = ""

    def tables(self) -> Iterator[Table]:
        """All tables, in order."""
        for section in self.sections:
            yield from (b for b in section.blocks if isinstance(b, Table))

    def table(self, id: str) -> Table:
        """The table of that id; KeyError where the report has none."""
        for found in self.tables():
            if found.id == id:
                return found
        raise KeyError(id)

    def section(self, id: str) -> Section:
        """The section of that id."""
        return next(s for s in self.sections if s.id == id)

    def mark(self, table: Table) -> str:
        """What must stand beside this table's caption: 見本（架空のデータ）, 見本, or nothing."""
        return self.label or ("見本" if table.sample else "")

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``: days as ISO text, each block with its ``block`` kind."""
        found = _plain(self)
        assert isinstance(found, dict)
        return found


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"block": type(value).__name__.lower(), **named} if isinstance(value, Block) else named
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    return value
