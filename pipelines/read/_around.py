"""What stands around a table: titles and facts above it, small panels and notes beside it, or a second table."""

from __future__ import annotations

import re
from typing import Any

from pipelines.model import Level, column_letters
from pipelines.read._blocks import filled_rows
from pipelines.read._cells import one_line
from pipelines.read._labels import lettered_columns
from pipelines.read._laid import Laid, Omitted, Remark
from pipelines.read._marks import note, type_row, unit
from pipelines.read.grid import Grid, blank

_FACT = re.compile(r"^\s*[(（【\[]?([^:：()（）]{1,20}?)\s*[:：]\s*(.{1,100}?)[)）】\]]?\s*$", re.DOTALL)
_AS_OF = re.compile(
    r"((?:(?:令和|平成|昭和)\s*[0-9０-９元]{1,2}|[0-9０-９]{4})\s*年\s*[0-9０-９]{1,2}\s*月(?:\s*[0-9０-９]{1,2}\s*日|末日?)?|"
    r"[0-9０-９]{4}[-/.][0-9０-９]{1,2}[-/.][0-9０-９]{1,2})[\s\u3000]*(?:現在|時点)"
)


def above(grid: Grid, laid: Laid, top: int, columns: list[int]) -> None:
    """Rows above the header are titles, units and facts."""
    for row in range(top):
        texts = [text.strip() for text in grid.rows[row] if not blank(text)]
        if not texts:
            continue
        what = "unit" if all(unit(t) or t.startswith(("単位", "（単位", "(単位")) for t in texts) else "title"
        what = "note" if what == "title" and note(texts[0]) else what
        if what == "title" and (type_row(texts) or lettered_columns(texts)):
            what = "explanation"
        laid.omitted.append(Omitted(what=what, row=row, text=" ".join(texts)[:200]))
        for text in texts:
            _fact(laid, text)
        if what == "title":
            laid.facts.setdefault("表題", one_line(texts[0])[:200])


def _fact(laid: Laid, text: str) -> None:
    found = _FACT.match(text)
    if found and "http" not in found.group(1):
        laid.facts.setdefault(one_line(found.group(1)), one_line(found.group(2)))
        return
    as_of = _AS_OF.search(text)
    if as_of:
        laid.facts.setdefault("基準日", one_line(as_of.group(1)))


def beside(grid: Grid, laid: Laid, runs: list[tuple[int, ...]]) -> Remark | None:
    """Small panels beside the table (facts, notes, a summary) are left out; a second table is refused."""
    main = sum(1 for cells in laid.values for text in cells if not blank(text))
    for run in runs:
        rows = filled_rows(grid, run, 0)
        cells = sum(1 for row in rows for column in run if not blank(grid.text(row, column)))
        if cells > max(12, 0.25 * main) and len(run) > 1:
            left = run[0]
            words: dict[str, Any] = {"detail": f"{column_letters(left + 1)} 列から別の表があります"}
            return Remark(code="several-tables", level=Level.ERROR, row=rows[0], column=left, words=words)
        words = {"detail": grid.text(rows[0], run[0]).strip()[:30] or f"{column_letters(run[0] + 1)} 列"}
        panel = Remark(code="side-panel", level=Level.WARNING, row=rows[0], column=run[0], words=words)
        laid.remarks.append(panel)
        for row in rows:
            texts = [grid.text(row, column).strip() for column in run if not blank(grid.text(row, column))]
            laid.omitted.append(Omitted(what="side-panel", row=row, column=run[0], text=" ".join(texts)[:200]))
            if len(texts) == 2 and len(texts[0]) <= 20:
                laid.facts.setdefault(one_line(texts[0]), one_line(texts[1])[:100])
            for text in texts:
                _fact(laid, text)
    return None
