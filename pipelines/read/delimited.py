"""Text → records, after RFC 4180 and strictly: a quote that does not close is told with its row, never swallowed."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_QUOTED = re.compile(r'"[^"]*"')
_NEWLINE = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_SEPARATOR = re.compile(r"\s*sep=(.)\r?\n?$", re.IGNORECASE)
DELIMITERS = {",": "csv", "\t": "tsv", ";": "csv"}
CELL_CHARACTERS = 131_072
#: as many as a spreadsheet has
COLUMNS = 16_384
#: what may be held as Python texts at once; a longer plain table is streamed (:mod:`bulk`)
CELLS = 5_000_000
LONG = 4_000_000
NAMES = {"\t": "タブ", ";": "セミコロン", "|": "縦線(|)"}


@dataclass(frozen=True, slots=True)
class Records:
    """``rows[i]`` is record ``i + 1 + skipped`` of the file.  ``failure`` names the record where reading stopped."""

    rows: list[list[str]]
    delimiter: str
    skipped: int = 0
    failure: tuple[str, int, str] | None = None
    mixed_newline: bool = False


def records(text: str, delimiter: str | None = None) -> Records:
    """All records of a delimited text; the delimiter is found from the text unless given or stated by ``sep=``."""
    skipped = 0
    first, rest = _first_line(text)
    stated = _SEPARATOR.match(first)
    if stated:
        delimiter, text, skipped = stated.group(1), rest, 1
    chosen = delimiter or find_delimiter(text)
    rows: list[list[str]] = []
    failure = None
    try:
        rows.extend(strict_reader(text, chosen))
    except csv.Error as error:  # list.extend keeps what came before the exception
        failure = _failure(len(rows) + 1, str(error))
    return Records(rows, chosen, skipped, failure, mixed_newlines(text))


def strict_reader(text: str, delimiter: str) -> Iterator[list[str]]:
    """Records one by one; raises ``csv.Error`` where a quote does not close or a cell is too long."""
    # the csv module keeps this limit for the whole interpreter: set it each time, others may have changed it
    csv.field_size_limit(CELL_CHARACTERS)
    return csv.reader(_lines(text), delimiter=delimiter, strict=True)


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends.  A StringIO of a long text would take four bytes a character on top of it."""
    if len(text) < LONG:
        return iter(io.StringIO(text, newline=""))
    return (found.group() for found in _LINE.finditer(text))


def _until_failure(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = strict_reader(text, delimiter)
    while True:
        try:
            yield next(reader)
        except (csv.Error, StopIteration):
            return


def _failure(record: int, reason: str) -> tuple[str, int, str]:
    if "field larger" in reason:
        return "cell-too-long", record, reason
    if "unexpected end" in reason:
        return "csv-quote", record, "閉じる引用符がないままファイルが終わっています"
    return "csv-quote", record, "閉じた引用符の後に文字があります"


def _first_line(text: str) -> tuple[str, str]:
    found = _NEWLINE.search(text[:200])
    end = found.end() if found else len(text)
    return text[:end], text[end:]


def mixed_newlines(text: str) -> bool:
    """True when record ends are of more than one kind; line breaks inside quoted cells do not count."""
    if "\r" not in text:
        return False
    crlf = text.count("\r\n")
    if text.count("\n") == crlf and text.count("\r") == crlf:
        return False
    ends = (found.group() for found in _NEWLINE.finditer(_QUOTED.sub("", text)))
    first = next(ends, None)
    return any(end != first for end in ends)


def too_wide(data: bytes) -> int | None:
    """The number of the first line with more columns than a spreadsheet has; None where no line has so many.

    Asked of the bytes, before they are decoded to something larger: in UTF-8, CP932 and EUC-JP a separator is part of
    nothing else.  Goes from line end to line end in steps as long as that many separators are.
    """
    end = b"\n" if b"\n" in data else b"\r"
    start = 0
    while start + COLUMNS < len(data):
        found = data.rfind(end, start, start + COLUMNS)
        if found < 0:
            found = data.find(end, start + COLUMNS)
            found = len(data) if found < 0 else found
            if any(data.count(one.encode(), start, found) >= COLUMNS for one in DELIMITERS):
                return data.count(end, 0, start) + 1
        start = found + 1
    return None


def too_many_lines(data: bytes) -> bool:
    """More lines than are read even one after the other."""
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n") > CELLS


def too_many_cells(text: str, delimiter: str) -> bool:
    """More cells than are held at once."""
    return text.count("\n") + text.count(delimiter) > CELLS


def find_delimiter(text: str) -> str:
    """Comma, tab or semicolon: the one whose first 200 records agree best on a width of two or more."""
    sample = text[:200_000]
    best = max(DELIMITERS, key=lambda candidate: _agreement(sample, candidate))
    if _agreement(sample, best) > (0.0, 0):
        return best
    # a vertical bar may stand inside values: it parts columns only where nothing else does, and everywhere
    return "|" if _agreement(sample, "|")[0] == 1.0 else ","


def _agreement(sample: str, delimiter: str) -> tuple[float, int]:
    if delimiter not in sample:
        return 0.0, 0
    widths: Counter[int] = Counter()
    for index, row in enumerate(_until_failure(sample, delimiter)):
        if index >= 200:
            break
        if row:
            widths[len(row)] += 1
    widest = [(count, width) for width, count in widths.items() if width > 1]
    if not widest:
        return 0.0, 0
    count, width = max(widest)
    return round(count / sum(widths.values()), 2), width
