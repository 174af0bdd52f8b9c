"""A dropped file opened: its format by content, its sheets as grids, and what was noticed on the way."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines.model import DroppedFile, Hidden, Level, Problem, ReadOptions
from pipelines.read import bulk, guard, sniff
from pipelines.read._wire import Book, Refused, Sheet, load
from pipelines.read.characters import check_characters
from pipelines.read.delimited import (
    CELLS,
    COLUMNS,
    NAMES,
    Records,
    find_delimiter,
    mixed_newlines,
    records,
    too_many_cells,
    too_many_lines,
    too_wide,
)
from pipelines.read.encoding import Undecodable, decode
from pipelines.read.grid import Grid
from pipelines.read.limits import Limits
from pipelines.read.problems import problem

_EXTENSIONS = {
    "csv": (".csv", ".txt"),
    "tsv": (".tsv", ".txt", ".tab"),
    "xlsx": (".xlsx",),
    "xlsm": (".xlsm",),
    "xls": (".xls",),
    "ods": (".ods",),
    "html": (".html", ".htm"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was found in a file: grids in the book's order, problems that concern the file or single cells."""

    format: str
    encoding: str | None = None
    grids: tuple[Grid, ...] = ()
    faults: dict[str | None, tuple[Problem, ...]] = field(default_factory=dict)
    hidden: tuple[Hidden, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    bulk: bulk.Bulk | None = None
    epoch1904: bool = False


def open_source(file: DroppedFile, options: ReadOptions, limits: Limits) -> Source:
    """Open a file.  Without grids, ``problems`` says why."""
    try:
        size = file.path.stat().st_size
        with file.path.open("rb") as stream:
            head = stream.read(4096)
    except OSError:
        return _refused("unknown", file, "file-missing")
    if size == 0:
        return _refused("empty", file, "empty-file")
    kind = sniff.signature(head)
    limit = limits.text_bytes if kind is None else limits.binary_bytes
    if size > limit:
        return _refused(kind or "text", file, "file-too-large", size=f"{size:,}", limit=f"{limit:,}")
    if kind is None:
        return _text(file, options, limits)
    if kind in ("package", "ole"):
        return _guarded(file, kind, options, limits)
    return _refused(kind, file, "not-a-table", what=sniff.NAMES[kind])


def _refused(kind: str, file: DroppedFile, code: str, **words: Any) -> Source:
    return Source(format=kind, problems=(problem(code, Level.ERROR, file.shown, **words),))


# ── binary ─────────────────────────────────────────────────────────────────────────────────────


def _guarded(file: DroppedFile, operation: str, options: ReadOptions, limits: Limits) -> Source:
    with tempfile.TemporaryDirectory(prefix="read-") as folder:
        try:
            book = load(guard.ask(operation, file.path, limits, Path(folder)))
            if book.format == "zip":
                return _member(file, book.facts["member"], options, limits, Path(folder))
        except Refused as refused:
            return _refusal(file, operation, refused)
    return _from_book(file, book)


def _refusal(file: DroppedFile, operation: str, refused: Refused) -> Source:
    words: dict[str, Any] = dict(refused.words)
    encoding = words.pop("encoding", None)
    kind = str(words.get("what", {"ole": "xls", "package": "xlsx", "html": "html"}[operation]))
    if refused.code.startswith("zip-") and refused.code != "zip-bomb":
        kind = "zip"
    if "what" in words:
        words["what"] = sniff.NAMES.get(kind, kind)
    told = problem(refused.code, Level.ERROR, file.shown, **words)
    return Source(format=kind, encoding=encoding, problems=(told,))


def _member(file: DroppedFile, name: str, options: ReadOptions, limits: Limits, folder: Path) -> Source:
    """The one table of a zip file, read like a file of its own but told under the zip's name."""
    unpacked = folder / "member"
    guard.ask("unpack", file.path, limits, folder).rename(unpacked)
    with unpacked.open("rb") as stream:
        kind = sniff.signature(stream.read(4096))
    inner = replace(file, path=unpacked, size=unpacked.stat().st_size)
    if kind == "package":
        book = load(guard.ask("package", unpacked, limits, folder))
        if book.format == "zip":
            raise Refused("not-a-table", what="zip")
        source = _from_book(replace(inner, path=Path(name)), book)
    else:
        source = open_source(inner, options, limits)
    told = problem("zip-member", Level.NOTICE, file.shown, name=name)
    kept = tuple(p for p in source.problems if p.code != "format-differs")
    return replace(source, problems=(told, *kept))


def _from_book(file: DroppedFile, book: Book) -> Source:
    grids = tuple(_grid(sheet) for sheet in book.sheets)
    faults: dict[str | None, tuple[Problem, ...]] = {
        sheet.name: (*_faults(file, sheet), *check_characters(grid, file.shown))
        for sheet, grid in zip(book.sheets, grids, strict=True)
    }
    hidden = tuple(Hidden(**entry) for entry in book.hidden)
    hidden += tuple(Hidden(**entry) for sheet in book.sheets for entry in sheet.hidden)
    return Source(
        format=book.format,
        encoding=book.encoding,
        grids=grids,
        faults=faults,
        hidden=hidden,
        facts=book.facts,
        epoch1904=book.epoch1904,
        problems=_named_differently(file, book.format),
    )


def _grid(sheet: Sheet) -> Grid:
    return Grid(rows=sheet.rows, sheet=sheet.name, kinds=sheet.kinds, merged=tuple(sheet.merged), visible=sheet.visible)


def _faults(file: DroppedFile, sheet: Sheet) -> list[Problem]:
    return [
        problem(code, Level.ERROR, file.shown, sheet=sheet.name, row=row + 1, column=column + 1, value=value or None)
        for code, row, column, value in sheet.faults
    ]


def _named_differently(file: DroppedFile, kind: str) -> tuple[Problem, ...]:
    extension = file.path.suffix.lower()
    if not extension or extension in _EXTENSIONS.get(kind, (extension,)):
        return ()
    what = sniff.NAMES.get(kind, kind)
    return (problem("format-differs", Level.NOTICE, file.shown, extension=extension, what=what),)


# ── text ───────────────────────────────────────────────────────────────────────────────────────


def _text(file: DroppedFile, options: ReadOptions, limits: Limits) -> Source:
    try:
        data = file.path.read_bytes()
    except OSError:
        return _refused("text", file, "file-missing")
    if row := too_wide(data):
        return _refused("csv", file, "too-many-columns", row=row, limit=f"{COLUMNS:,}")
    if too_many_lines(data):
        return _too_many(file)
    decoded = decode(data, options.encoding)
    if isinstance(decoded, Undecodable):
        if _binary(data):
            return _refused("binary", file, "not-a-table", what=sniff.NAMES["binary"])
        return _refused("text", file, "encoding", detail=decoded.detail)
    del data
    kind = sniff.text_format(decoded.text)
    if kind == "html":
        return _guarded(file, "html", options, limits)
    if kind != "table":
        what = sniff.NAMES[kind]
        return replace(_refused(kind, file, "not-a-table", what=what), encoding=decoded.encoding)
    return _delimited(file, decoded.text, decoded.encoding, options)


def _binary(data: bytes) -> bool:
    """Many control bytes: no text in any encoding."""
    sample = data[:65_536]
    controls = sum(sample.count(bytes([code])) for code in (*range(9), *range(14, 27), *range(28, 32)))
    return controls > len(sample) // 50


def _delimited(file: DroppedFile, text: str, encoding: str, options: ReadOptions) -> Source:
    if not text or text.isspace():
        return replace(_refused("csv", file, "empty-file"), encoding=encoding)
    delimiter = str(options.settings.get("delimiter") or "") or None
    if len(text) > bulk.CHARACTERS:
        source = _bulk(file, text, encoding, options, delimiter)
        if source is not None:
            return source
    return thorough(file, text, encoding, delimiter)


def _bulk(file: DroppedFile, text: str, encoding: str, options: ReadOptions, delimiter: str | None) -> Source | None:
    """A long text by its head, to be streamed later; None where the head is no plain table."""
    chosen = delimiter or find_delimiter(text)
    try:
        rows = bulk.head(text, chosen)
    except csv.Error:
        return None
    told = _told(file, Records([], chosen, mixed_newline=mixed_newlines(text)), "tsv" if chosen == "\t" else "csv")
    return Source(
        format="tsv" if chosen == "\t" else "csv",
        encoding=encoding,
        grids=(Grid(rows=rows),),
        problems=tuple(told),
        bulk=bulk.Bulk(text, chosen),
    )


def _too_many(file: DroppedFile) -> Source:
    return _refused("csv", file, "too-many-cells", limit=f"{CELLS:,}")


def thorough(file: DroppedFile, text: str, encoding: str, delimiter: str | None) -> Source:
    """All records of a delimited text as a grid."""
    if too_many_cells(text, delimiter or find_delimiter(text)):
        return replace(_too_many(file), encoding=encoding)
    found = records(text, delimiter)
    kind = "tsv" if found.delimiter == "\t" else "csv"
    if _prose(found.rows):
        return replace(_refused("text", file, "not-a-table", what=sniff.NAMES["text"]), encoding=encoding)
    grid = Grid(rows=[*([""] for _ in range(found.skipped)), *found.rows])
    faults: dict[str | None, tuple[Problem, ...]] = {None: check_characters(grid, file.shown)}
    return Source(
        format=kind, encoding=encoding, grids=(grid,), faults=faults, problems=tuple(_told(file, found, kind))
    )


def _prose(rows: Sequence[Sequence[str]]) -> bool:
    """Sentences and no columns: a letter, a licence, a log."""
    lines = [row for row in rows[:200] if row and any(cell.strip() for cell in row)]
    if not lines:
        return False
    single = [row[0] for row in lines if len(row) == 1]
    long = [text for text in single if len(text) > 60 or text.rstrip().endswith(("。", "、", ".", "：", ":"))]
    return len(single) >= 0.6 * len(lines) and len(long) >= 0.3 * len(lines)


def _told(file: DroppedFile, found: Records, kind: str) -> list[Problem]:
    told = []
    if found.failure is not None:
        code, record, detail = found.failure
        row = record + found.skipped
        told.append(problem(code, Level.ERROR, file.shown, row=row, detail=detail, limit="131,072"))
    if found.skipped:
        told.append(problem("separator-line", Level.NOTICE, file.shown, row=1))
    if found.mixed_newline:
        told.append(problem("mixed-newline", Level.NOTICE, file.shown))
    if found.delimiter in NAMES and file.path.suffix.lower() not in (".tsv", ".txt", ".tab") and not found.skipped:
        told.append(problem("delimiter", Level.WARNING, file.shown, what=NAMES[found.delimiter]))
    extension = file.path.suffix.lower()
    if extension in (".xlsx", ".xlsm", ".xls", ".ods"):
        told.extend(_named_differently(file, kind))
    return told
