"""Is the marked copy in a reply the department's own file, with the right cells marked and nothing lost?

    python benchmarks/replies.py --out FOLDER [--pictures] FILE …

Checks every file as ``publish.py check`` does, makes its marked copy and compares it with the original by readers that
are not ours (zipfile, lxml, openpyxl, csv, calamine): every part of a workbook must be there byte for byte, or differ
only in what a mark needs; every cell with a problem must be coloured and commented, and no other; every link of the
list must lead to its cell.  ``--pictures`` has LibreOffice draw the copies (PDF, then PNG by pdftoppm), to be looked
at.  Exits 1 on a difference.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipelines.intake import dropped
from pipelines.model import Outcome, Problem
from pipelines.read import cells
from pipelines.reply import marked_copy, page
from pipelines.reply._listing import COMMENTS, FILLS, TITLE
from pipelines.run.check import check_files
from pipelines.run.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ONE_PAGE = '{"SinglePageSheets":{"type":"boolean","value":"true"}}'
_LINK = re.compile(r"#?'((?:[^']|'')+)'!([A-Z]+[0-9]+)")


@dataclass(frozen=True, slots=True)
class Reply:
    """One file, what was found in it, and its marked copy."""

    original: Path
    outcome: Outcome
    copy: Path | None

    @property
    def problems(self) -> list[Problem]:
        return [p for p in self.outcome.problems if p.place.path == str(self.original)]

    @property
    def encoding(self) -> str:
        name = self.outcome.files[0]["encoding"] or "utf-8"
        return {"utf-8-bom": "utf-8-sig"}.get(name, name)


def reply_to(workspace: Workspace, path: Path, out: Path, name: str) -> Reply:
    """Check one file and make what the department gets back."""
    outcome = check_files(workspace, [path], lambda _: None)[0]
    file = dropped(path.resolve(), workspace.datasets)
    problems = [p for p in outcome.problems if p.place.path == str(path)]
    copy = marked_copy(
        path, problems, out / f"{name}.xlsx", encoding=outcome.files[0]["encoding"], cells=partial(cells, file)
    )
    text = page(outcome, marked={copy.name: path.name} if copy else {})
    (out / f"{name}.html").write_text(text, encoding="utf-8")
    return Reply(path, outcome, copy)


def faults(reply: Reply) -> list[str]:
    """Everything that is not as it should be; an empty list: nothing lost, the right cells marked."""
    if reply.copy is None:
        return ["no copy"] if any(p.place.cell for p in reply.problems) else []
    sheets = _sheet_names(reply.copy)
    if len(sheets) == 1:
        return ["only a list"]
    own = zipfile.is_zipfile(reply.original) and "xl/worksheets/reply.xml" in zipfile.ZipFile(reply.copy).namelist()
    kept = list(parts_changed(reply.original, reply.copy)) if own else list(cells_changed(reply))
    return [*kept, *marks_wrong(reply), *links_wrong(reply)]


def _sheet_names(path: Path) -> list[str]:
    import openpyxl

    names: list[str] = openpyxl.load_workbook(path, read_only=True).sheetnames
    return names


# ── a workbook marked in its own parts ─────────────────────────────────────────────────────────


def parts_changed(original: Path, copy: Path) -> Iterator[str]:
    """Parts that are missing, or differ in more than a mark needs."""
    with zipfile.ZipFile(original) as before, zipfile.ZipFile(copy) as after:
        there = set(after.namelist())
        for name in before.namelist():
            if name.endswith("/"):
                continue
            if name not in there:
                yield f"lost: {name}"
            elif before.read(name) != after.read(name) and not _only_marked(name, before.read(name), after.read(name)):
                yield f"changed: {name}"


def _only_marked(name: str, old: bytes, new: bytes) -> bool:
    if name.endswith(".vml"):
        return old.strip().removesuffix(b"</xml>").strip() in new.replace(b"\r\n", b"\n") or _shapes(old) <= _shapes(
            new
        )
    before, after = _tree(old), _tree(new)
    if name.endswith((".rels", "[Content_Types].xml")):
        return _members(before) <= _members(after)
    if re.search(r"xl/comments[^/]*\.xml|/comments/", name):
        return _members(before.find(MAIN + "commentList")) <= _members(after.find(MAIN + "commentList"))
    if before.tag == MAIN + "styleSheet":
        return all(_begins(group, after.find(group.tag)) for group in before)
    if before.tag == MAIN + "workbook":
        return _book(before) == _book(after, added=1)
    return before.tag == MAIN + "worksheet" and _sheet(before) == _sheet(after)


def _tree(content: bytes) -> Any:
    from lxml import etree  # type: ignore[import-untyped,unused-ignore]

    return etree.fromstring(content)


def _text(node: Any) -> str:
    from lxml import etree  # type: ignore[import-untyped,unused-ignore]

    return str(etree.tostring(node, method="c14n", exclusive=True, with_tail=False).decode())


def _shapes(content: bytes) -> set[bytes]:
    return set(re.findall(rb"<v:shape .*?</v:shape>", content, re.S))


def _members(node: Any) -> set[str]:
    return {_text(child) for child in node}


def _begins(old: Any, new: Any) -> bool:
    """The formats of old keep their numbers: new only has more of them behind."""
    return (
        new is not None and all(_text(a) == _text(b) for a, b in zip(old, new, strict=False)) and len(old) <= len(new)
    )


def _book(root: Any, added: int = 0) -> list[Any]:
    """What a workbook part says, but for the added sheet and which sheet is in front."""
    told: list[Any] = []
    for child in root:
        if child.tag == MAIN + "sheets":
            told.append([dict(sheet.attrib) for sheet in list(child)[added:]])
        elif child.tag == MAIN + "definedNames":
            told.append(
                [(n.text, n.get("name"), n.get("hidden"), _shifted(n.get("localSheetId"), added)) for n in child]
            )
        elif child.tag != MAIN + "bookViews":
            told.append(_text(child))
    return told


def _shifted(number: str | None, by: int) -> int | None:
    return None if number is None else int(number) - by


def _sheet(root: Any) -> list[Any]:
    """What a sheet part says, but for the colours of cells, empty cells and the comments' drawing."""
    told: list[Any] = []
    for child in root:
        if child.tag == MAIN + "sheetData":
            told += [_row(row) for row in child if len(_row(row)[1]) or set(row.attrib) - {"r"}]
        elif child.tag == MAIN + "sheetViews":
            told.append([(_without(view, "tabSelected"), _members(view)) for view in child])
        elif child.tag != MAIN + "legacyDrawing":
            told.append(_text(child))
    return told


def _row(row: Any) -> tuple[dict[str, str], list[Any]]:
    filled = [(cell.get("r"), _without(cell, "s", "r"), [_text(part) for part in cell]) for cell in row if len(cell)]
    return _without(row, "spans", "r"), filled


def _without(node: Any, *names: str) -> dict[str, str]:
    return {key: value for key, value in node.attrib.items() if key not in names}


# ── a copy made from the cells ─────────────────────────────────────────────────────────────────


def cells_changed(reply: Reply) -> Iterator[str]:
    """Cells of the copy that do not hold the file's text at the same address."""
    import openpyxl

    assert reply.copy is not None
    book = openpyxl.load_workbook(reply.copy)
    for (name, rows), sheet in zip(_other_reader(reply), book.worksheets[1:], strict=True):
        for number, row in enumerate(rows, 1):
            for column, text in enumerate(row, 1):
                found = sheet.cell(number, column).value
                if not _same(text, found):
                    yield f"{name or ''}!{sheet.cell(number, column).coordinate}: {text!r} ≠ {found!r}"


def _other_reader(reply: Reply) -> list[tuple[str, list[list[Any]]]]:
    data = reply.original.read_bytes()
    if reply.outcome.files[0]["format"] in ("csv", "tsv"):
        text = data.decode(reply.encoding)
        delimiter = max(",\t;", key=text[:20_000].count)
        return [("", list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)))]
    if reply.outcome.files[0]["format"] == "html":
        file = dropped(reply.original.resolve(), reply.original.parent)
        return [(sheet.name or "", [list(row) for row in sheet.rows]) for sheet in cells(file)]
    from python_calamine import load_workbook

    book = load_workbook(io.BytesIO(data))
    return [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names]


def _same(text: Any, found: Any) -> bool:
    """Equal text; a typed value of the other reader is the copy's text written out (12.0: ``12``, a day: its date)."""
    if not isinstance(text, str):
        return isinstance(found, str) and (type(text) is not float or _number(found, text))
    plain = re.sub(r"\r\n?|_x000D_", "\n", text)
    return (found or "") == plain or (not plain and isinstance(found, str) and found.startswith("#"))


def _number(found: str, number: float) -> bool:
    digits = re.sub(r"[^0-9.eE+\-]", "", found)
    try:
        return abs(float(digits) - number) <= abs(number) * 1e-6 or "%" in found or "-" in found[1:]
    except ValueError:
        return False


# ── the marks and the list ─────────────────────────────────────────────────────────────────────


def wanted(reply: Reply, sheet: Any, alone: bool) -> set[str]:
    """Addresses that must be marked on an openpyxl sheet: of every problem, at the first cell of a merged range."""
    from openpyxl.utils import get_column_letter

    found = set()
    for problem in reply.problems:
        for place in (problem.place, *problem.also):
            if (place.row or place.column) and (place.sheet == sheet.title or (alone and not place.sheet)):
                found.add(f"{get_column_letter(place.column or 1)}{place.row or 1}")
    corners = {}
    for merged in sheet.merged_cells.ranges:
        first = f"{get_column_letter(merged.min_col)}{merged.min_row}"
        corners.update({address: first for address in found if address in merged})
    return {corners.get(address, address) for address in found}


def marks_wrong(reply: Reply) -> Iterator[str]:
    """Cells that should be coloured and commented and are not, or the other way round."""
    import openpyxl

    book = openpyxl.load_workbook(reply.copy)
    alone = len(book.worksheets) == 2
    before = _colours(reply.original)
    for sheet in book.worksheets[1:]:
        due = wanted(reply, sheet, alone or not before)
        cells_of = [cell for row in sheet.iter_rows() for cell in row]
        marked = {c.coordinate for c in cells_of if c.fill.fgColor.rgb in {f"FF{color}" for color in FILLS.values()}}
        marked -= {a for a in before.get(sheet.title, ()) if a not in due}
        commented = {c.coordinate for c in cells_of if c.comment}
        yield from (f"not marked: {sheet.title}!{a}" for a in sorted(due - marked))
        yield from (f"marked: {sheet.title}!{a}" for a in sorted(marked - due))
        yield from (f"no comment: {sheet.title}!{a}" for a in sorted(due - commented) if len(due) <= COMMENTS)


def _colours(path: Path) -> dict[str, set[str]]:
    """Cells of the original that have our colours already."""
    import openpyxl

    colours = {f"FF{color}" for color in FILLS.values()}
    try:
        book = openpyxl.load_workbook(path)
    except Exception:  # openpyxl raises whatever it meets; the file may be no XLSX at all
        return {}
    return {
        s.title: {c.coordinate for row in s.iter_rows() for c in row if c.fill.fgColor.rgb in colours}
        for s in book.worksheets
    }


def links_wrong(reply: Reply) -> Iterator[str]:
    """Lines of the list with a cell whose link is missing or leads elsewhere."""
    import openpyxl

    book = openpyxl.load_workbook(reply.copy)
    page = book[TITLE]
    cells_named = 0
    for row in page.iter_rows(min_col=2, max_col=2):
        link = row[0].hyperlink
        if link is None:
            continue
        cells_named += 1
        found = _LINK.fullmatch(link.location or "")
        sheet = found[1].replace("''", "'") if found else ""
        if found is None or sheet not in book.sheetnames[1:]:
            yield f"link: {row[0].coordinate} → {link.location}"
        elif found[2] not in (row[0].value or "") and not re.search("行目|列$", row[0].value or ""):
            yield f"link: {row[0].value} → {link.location}"
        elif book[sheet].sheet_state != "visible":
            yield f"link to a hidden sheet: {link.location}"
    if not cells_named and any(p.place.row for p in reply.problems):
        yield "no link"


# ── the run ────────────────────────────────────────────────────────────────────────────────────


def draw(copy: Path, out: Path) -> None:
    """PDF by LibreOffice, a page for each sheet; the first ones as PNG."""
    profile = f"-env:UserInstallation=file://{out.absolute()}/.office"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        f"pdf:calc_pdf_Export:{_ONE_PAGE}",
        "--outdir",
        str(out),
        str(copy),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    pdf = out / f"{copy.stem}.pdf"
    subprocess.run(["pdftoppm", "-scale-to", "1800", "-l", "6", "-png", str(pdf), str(out / copy.stem)], check=True)


def main() -> None:
    """Reply to every file, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pictures", action="store_true")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(root=ROOT, datasets=ROOT / "datasets", var=ROOT / "var")
    wrong = 0
    for number, path in enumerate(arguments.files, start=1):
        reply = reply_to(workspace, path, arguments.out, f"{number:02}_{path.stem}")
        found = faults(reply)
        wrong += bool(found)
        marks = sum(1 for p in reply.problems if p.place.cell)
        print(
            f"{'NG' if found else 'ok'}  {path.name}: {reply.outcome.verdict.value}, {marks} marks",
            *found[:8],
            sep="\n    ",
        )
        if arguments.pictures and reply.copy:
            draw(reply.copy, arguments.out)
    print(f"{len(arguments.files)} files, {wrong} with differences")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
