"""What each physical row below the header is: a record, a repeated header, a total, a note, a section line, nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.read._cells import fold
from pipelines.read._labels import column_numbers, foreign_label
from pipelines.read._marks import (
    explaining_row,
    kind_of,
    note,
    numeric,
    sample_row,
    section,
    subtotal_label,
    total_label,
    unit,
    weak_total_label,
)
from pipelines.read.grid import blank

LABEL_COLUMNS = 3
#: rows under the header that may number the columns or tell what to write there
TOP_ROWS = 8
_END = re.compile(
    r"^[\s\u3000]*(?:以\s*上|以下余白|[(（]?.{0,20}(?:現在|時点|作成|更新)[)）]?|.{0,10}(?:調べ?|提供)|(?:作成|更新|担当|提供|問い?合わ?せ先?)(?:日|者|課)?[:：].*)[\s\u3000]*$"
)

_PAGE = re.compile(
    r"^[\s\u3000]*(?:[-―ー‐(（]?\s*)(?:P\.?\s*)?\d{1,4}(?:\s*[/／]\s*\d{1,4})?\s*(?:ページ|頁)?\s*(?:[-―ー‐)）]?)[\s\u3000]*$",
    re.I,
)
#: a row below the table holds at most so many cells
FEW = 2


def role(cells: Sequence[str], folded_header: Sequence[str], spread: bool) -> str:
    """The role of one row of table cells: data, blank, repeated-header, total, unit, note, section, single.

    ``spread`` says that its first cell is merged across columns.  ``single`` is a row with one value, which only its
    neighbours can explain (see :func:`settle`).
    """
    present = [index for index, text in enumerate(cells) if text and not blank(text)]
    if not present:
        return "blank"
    first = present[0]
    text = cells[first]
    if _repeats(cells, present, folded_header):
        return "repeated-header"
    if total_row(cells, present):
        return "total"
    if len(present) <= max(2, len(cells) // 4) and note(text):
        return "note"
    if len(cells) >= 3 and len(present) >= 2 and all(unit(cells[index]) for index in present):
        return "unit"
    if len(cells) >= 3 and len(present) == 1:
        if spread or section(text):
            return "section"
        if _page_number(text):
            return "note"
        return "numbered-blank" if first == 0 and numeric(text) else "single"
    return "data"


def _page_number(text: str) -> bool:
    """1/2ページ, - 3 -, P.4: not a plain figure."""
    return not text.strip().isdigit() and bool(_PAGE.match(text)) and not re.fullmatch(r"[-+]?\d+", text.strip())


def foreign_labels(cells: Sequence[str], header: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """The labels again in Latin letters (No., Name, Tel) under Japanese ones; the records below are not like that."""
    pairs = [(text, label) for text, label in zip(cells, header, strict=True) if label]
    if len(pairs) < 3 or sum(1 for _, label in pairs if not label.isascii()) < 0.8 * len(pairs):
        return False
    known = sum(1 for text, _ in pairs if foreign_label(text))
    if known < max(2, 0.6 * len(pairs)) or not all(text.isascii() and kind_of(text) == "t" for text, _ in pairs):
        return False
    texts = [text for row in below for text in row if not blank(text)]
    return not any(foreign_label(text) for text in texts)


def beneath(roles: Sequence[str], values: Sequence[Sequence[str]]) -> list[str]:
    """Roles in which short lines behind the last empty row are ``below``: a legend, a contact, a list of changes.

    Only where the records above have four cells or more as a rule, and no line of the piece has more than two.
    """
    filled = [sum(1 for text in cells if not blank(text)) for cells in values]
    cut = _unlike_end(roles, values, filled)
    while (start := max((i for i in range(cut) if roles[i] == "blank"), default=-1)) > 0:
        piece = [i for i in range(start + 1, cut) if roles[i] != "blank"]
        if any(filled[i] > FEW or roles[i] in ("total", "repeated-header") for i in piece):
            break
        cut = start
    body = sorted(filled[i] for i in range(cut) if roles[i] == "data")
    if len(body) < 2 or body[len(body) // 2] < FEW + 2 or sum(1 for n in body if n <= FEW) > 0.1 * len(body):
        return list(roles)
    return [*roles[:cut], *("below" if name == "data" else name for name in roles[cut:])]


def _unlike_end(roles: Sequence[str], values: Sequence[Sequence[str]], filled: Sequence[int]) -> int:
    """Where short lines begin at the end whose first cell is a word, while the records above are numbered."""
    records = [cells for cells, name in zip(values, roles, strict=True) if name == "data"]
    numbered = sum(1 for cells in records if kind_of(cells[0]) == "n")
    cut = len(roles)
    while cut and roles[cut - 1] == "data" and filled[cut - 1] == FEW and kind_of(values[cut - 1][0]) == "t":
        cut -= 1
    return cut if numbered >= 0.5 * len(records) and numbered > len(roles) - cut else len(roles)


def top_role(cells: Sequence[str], name: str, below: Sequence[Sequence[str]]) -> str:
    """The role of one of the first rows: column numbers, instructions and samples stand only there.

    1, 2, 3 above columns of figures may be figures; above words they number the columns.
    """
    if name != "data":
        return name
    if sample_row(cells):
        return "sample"
    words = sum(1 for texts in below for text in texts if kind_of(text) == "t")
    if words and words >= len(below) and column_numbers(cells):
        return "code"
    return "explanation" if explaining_row(cells) else name


def _repeats(cells: Sequence[str], present: list[int], folded_header: Sequence[str]) -> bool:
    if (len(present) < 2 and len(cells) > 1) or fold(cells[present[0]]) != folded_header[present[0]]:
        return False
    equal = sum(1 for index in present if folded_header[index] and fold(cells[index]) == folded_header[index])
    return equal >= max(1, 0.8 * len(present)) and equal >= 0.5 * sum(1 for label in folded_header if label)


def total_row(cells: Sequence[str], present: list[int]) -> bool:
    """The row's first text is a total's label and figures follow it.

    A row whose first column holds something else (a date, a ward) and 合計 only in its second is a record of a long
    table with 合計 as a category; it stays.  小計 is never a category: it may stand right of the group it adds up.
    """
    first = next((index for index in present[:LABEL_COLUMNS] if subtotal_label(cells[index])), present[0])
    if first >= LABEL_COLUMNS or not total_label(cells[first]):
        return False
    rest = [cells[index] for index in present if index > first]
    if weak_total_label(cells[first]):
        return False
    figures = sum(1 for text in rest if kind_of(text) in ("n", "-"))
    return not rest or figures >= 0.5 * len(rest)


def settle(roles: Sequence[str], values: Sequence[Sequence[str]]) -> list[str]:
    """Explain single-value rows by their neighbours: at the end they are notes, between records sections or records.

    A section stands in the first column, after an empty row or above a repeated header, or there are several of them,
    each with records below.  One alone may be a record of which only the name is known; it stays.
    """
    settled = list(roles)
    last_record = max((i for i, name in enumerate(roles) if name in ("data", "total", "repeated-header")), default=-1)
    singles = [i for i, name in enumerate(roles) if name == "single"]
    dividing = [i for i in singles if i < last_record and _divides(roles, values, i)]
    for index in singles:
        text = next(text for text in values[index] if not blank(text))
        if index > last_record:
            alone = "blank" in roles[last_record + 1 : index] or blank(values[index][0])
            settled[index] = "note" if len(text) > 20 or alone or _END.match(text) else "data"
        elif index in dividing and roles[index + 1] == "repeated-header":
            settled[index] = "section"
        elif index in dividing and (len(dividing) > 1 or roles[index - 1] == "blank"):
            settled[index] = "division"
        else:
            settled[index] = "data"
    return ["blank" if name == "numbered-blank" else name for name in settled]


def _divides(roles: Sequence[str], values: Sequence[Sequence[str]], index: int) -> bool:
    """The row's only value is in the first column, and a record or a repeated header follows."""
    if blank(values[index][0]):
        return False
    return roles[index + 1] == "repeated-header" or (len(values[index]) >= 4 and roles[index + 1] == "data")
