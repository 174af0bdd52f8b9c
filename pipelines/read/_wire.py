"""What the child process sends back: one JSON line for the workbook, then one JSON line for each row.

Plain JSON, so that nothing a hostile file does in the child can become code in the parent.  Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO


class Refused(Exception):
    """The child will not read on: ``code`` is a code of :mod:`pipelines.read.problems`, ``words`` fill its message."""

    def __init__(self, code: str, **words: Any) -> None:
        super().__init__(code)
        self.code = code
        self.words = words


@dataclass(slots=True)
class Sheet:
    """One sheet as found: 0-based cells; ``faults`` are (code, row, column, value), ``hidden`` model.Hidden fields."""

    name: str
    visible: bool = True
    rows: list[list[str]] = field(default_factory=list)
    kinds: dict[tuple[int, int], str] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    faults: list[tuple[str, int, int, str]] = field(default_factory=list)
    hidden: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Book:
    """A workbook as found: format and sheets, and what hides outside the cells."""

    format: str
    sheets: list[Sheet]
    hidden: list[dict[str, Any]] = field(default_factory=list)
    encoding: str | None = None
    facts: dict[str, str] = field(default_factory=dict)
    epoch1904: bool = False


def write(book: Book, out: TextIO) -> None:
    """Write a book as JSON lines."""
    head = {
        "format": book.format,
        "encoding": book.encoding,
        "hidden": book.hidden,
        "facts": book.facts,
        "epoch1904": book.epoch1904,
        "sheets": [_sheet_head(sheet) for sheet in book.sheets],
    }
    _line(out, head)
    for sheet in book.sheets:
        for row in sheet.rows:
            _line(out, row)


def _sheet_head(sheet: Sheet) -> dict[str, Any]:
    return {
        "name": sheet.name,
        "visible": sheet.visible,
        "rows": len(sheet.rows),
        "kinds": [[row, column, kind] for (row, column), kind in sheet.kinds.items()],
        "merged": sheet.merged,
        "faults": sheet.faults,
        "hidden": sheet.hidden,
    }


def _line(out: TextIO, value: Any) -> None:
    # ASCII escapes: lone surrogates from a damaged file survive the way and are reported as broken characters
    out.write(json.dumps(value, ensure_ascii=True, separators=(",", ":")))
    out.write("\n")


def load(path: Path) -> Book:
    """Read what :func:`write` wrote; equal texts become one object, so that a column of codes costs little."""
    with path.open(encoding="ascii") as lines:
        head = json.loads(next(lines))
        shared: dict[str, str] = {}
        sheets = [_sheet(entry, lines, shared) for entry in head["sheets"]]
    return Book(
        format=str(head["format"]),
        sheets=sheets,
        hidden=list(head["hidden"]),
        encoding=head["encoding"],
        facts=dict(head["facts"]),
        epoch1904=bool(head["epoch1904"]),
    )


def _sheet(entry: dict[str, Any], lines: Iterator[str], shared: dict[str, str]) -> Sheet:
    rows = [[shared.setdefault(text, text) for text in json.loads(next(lines))] for _ in range(int(entry["rows"]))]
    return Sheet(
        name=str(entry["name"]),
        visible=bool(entry["visible"]),
        rows=rows,
        kinds={(int(row), int(column)): str(kind) for row, column, kind in entry["kinds"]},
        merged=[(int(a), int(b), int(c), int(d)) for a, b, c, d in entry["merged"]],
        faults=[(str(code), int(row), int(column), str(value)) for code, row, column, value in entry["faults"]],
        hidden=list(entry["hidden"]),
    )
