"""A copy of the department's own file with the cells marked, made in a guarded child process.

Decided for "nothing lost or changed": an XLSX or XLSM is not loaded and saved by a spreadsheet library (openpyxl loses
drawings, pivots, furigana and rich text); its parts are copied byte for byte, and only what carries a mark is edited
(``_workbook``).  Text files become an XLSX of text cells, and so do the cells that were read of any other file (XLS,
ODS, a web page's table, a workbook whose parts cannot be edited), which its first sheet says (``_sheets``).  What is
none of these (a broken or huge file) is answered with a small workbook that lists the cells.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.model import Problem, SheetCells
from pipelines.reply._grouped import ORDER, distinct, place_words
from pipelines.reply._listing import CELLS

_ROOT = Path(__file__).parents[2]
_WAIT_SECONDS = 120
#: how XLS begins: its container, or a bare BIFF stream of Excel 2–4
_XLS = (b"\xd0\xcf\x11\xe0", b"\t\x00", b"\t\x02", b"\t\x04", b"\t\x08")
log = logging.getLogger(__name__)


def marked_copy(
    original: Path,
    problems: Sequence[Problem],
    out: Path,
    *,
    encoding: str | None = None,
    cells: Callable[[], Sequence[SheetCells]] = tuple,
) -> Path | None:
    """Write the marked-up copy beside ``out`` and give its path; None when there is nothing to mark.

    The suffix is the copy's own (``.xlsx``, or ``.xlsm`` for a workbook with macros).  ``problems`` are those of this
    file; ``encoding`` is what a text file was read in; ``cells`` reads the file's sheets where its own parts cannot be
    marked.  Never raises for what is in the file.
    """
    if not problems:
        return None
    several = len({problem.place.sheet for problem in problems if problem.place.sheet}) > 1
    marks = [_mark(problem, several) for problem in sorted(distinct(problems), key=lambda p: ORDER[p.level])]
    kind = _kind(original)
    target = out.with_suffix(".xlsm" if kind == "workbook" and original.suffix.lower() == ".xlsm" else ".xlsx")
    target.parent.mkdir(parents=True, exist_ok=True)
    if kind != "cells" and _made(kind, original, target, marks, encoding=encoding):
        return target
    target = out.with_suffix(".xlsx")
    sheets = [] if kind == "text" else _few(cells())
    if sheets and _made("cells", original, target, marks, sheets=sheets):
        return target
    return target if _made("list", original, target, marks) else None


def _mark(problem: Problem, several: bool) -> dict[str, Any]:
    place = problem.place
    return {
        "sheet": place.sheet,
        "row": place.row,
        "column": place.column,
        "where": place_words(place, sheet=False) + (f"（シート「{place.sheet}」）" if place.sheet and several else ""),
        "field": place.field or "",
        "level": problem.level.value,
        "value": problem.value,
        "message": problem.message,
        "hint": problem.hint,
        "also": [
            [other.row, other.column]
            for other in problem.also
            if (other.path, other.sheet) == (place.path, place.sheet) and other.cell and other != place
        ],
    }


def _kind(original: Path) -> str:
    """What the content is, not what the name says: workbook, text, or cells (what a reader makes of it)."""
    with original.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK"):
        return "workbook"
    if head.startswith(_XLS) or head.lstrip().startswith((b"<", b"%PDF")):
        return "cells"
    return "text"


def _few(sheets: Sequence[SheetCells]) -> list[dict[str, Any]]:
    """For the child; none where a list is of more use than a workbook nobody can open."""
    return [asdict(sheet) for sheet in sheets] if sum(len(r) for s in sheets for r in s.rows) <= CELLS else []


def _made(kind: str, original: Path, target: Path, marks: Sequence[dict[str, Any]], **more: Any) -> bool:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".marked-") as folder:
        made = Path(folder) / "copy.xlsx"
        job = {
            "kind": kind,
            "original": str(original.absolute()),
            "out": str(made.absolute()),
            "name": original.name,
            "marks": list(marks),
            **more,
        }
        if not _run(job) or not made.is_file():
            return False
        made.replace(target)
    return True


def _run(job: dict[str, Any]) -> bool:
    command = [sys.executable, "-m", "pipelines.reply.child"]
    try:
        done = subprocess.run(  # own module, own arguments
            command, input=json.dumps(job).encode(), capture_output=True, timeout=_WAIT_SECONDS, cwd=_ROOT, check=False
        )
    except subprocess.TimeoutExpired:
        log.warning("marking %s took too long", job["name"])
        return False
    if done.returncode:
        log.info("marking %s failed: %s", job["name"], done.stderr.decode(errors="replace")[-400:])
    return done.returncode == 0
