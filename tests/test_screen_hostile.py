"""Hostile files beside ninety-nine good ones: the good ones are built, the parent stays small, each reason is named."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

GOOD = 99
SCHEMA = "name: {name}\ntitle: 一覧\nfields:\n- {{name: 名称}}\n- {{name: 住所}}\n- {{name: 個人番号}}\n"
LIMIT = 500 * 1024  # KiB, as Linux tells VmHWM
RUN = """
import json, pathlib, re, sys
sys.path.insert(0, {root!r})
import publish
try:
    publish.cli(["--datasets", {datasets!r}, "--var", {var!r}, "build", "--json"])
except SystemExit:
    pass
# VmHWM begins anew with the program; ru_maxrss would remember the size of whoever started it
status = pathlib.Path("/proc/self/status").read_text()
sys.stderr.write(re.search(r"VmHWM:\\s+(\\d+)", status)[1])
"""


def _workbook(rows: int = 2, number: str = "") -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(["名称", "住所", "個人番号"])
    for n in range(rows):
        sheet.append([f"公園{n}", f"中央{n + 1}-1", number])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _changed(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    source, stream = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as container:
        for name in source.namelist():
            content = source.read(name)
            container.writestr(name, content.replace(old, new, 1) if name == part else content)
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def _bomb() -> bytes:
    """300 MB of nothing in a container of 300 KB."""
    stream = io.BytesIO(_workbook())
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as container, container.open("xl/media/a.bin", "w") as part:
        for _ in range(300):
            part.write(b"\0" * (1 << 20))
    return stream.getvalue()


def _lying_bomb() -> bytes:
    """Forty megabytes of sheet that the directory calls a hundred bytes."""
    padded = _changed(_workbook(), SHEET, b"<sheetData>", b"<sheetData>" + b" " * (40 << 20))
    data = bytearray(padded)
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(SHEET.encode()))
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(data)


def _locked() -> bytes:
    from msoffcrypto.format.ooxml import OOXMLFile

    stream = io.BytesIO()
    OOXMLFile(io.BytesIO(_workbook())).encrypt("secret", stream)
    return stream.getvalue()


def _dtd() -> bytes:
    entity = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    data = _workbook()
    head = zipfile.ZipFile(io.BytesIO(data)).read(SHEET)[:10]
    return _changed(data, SHEET, head, entity + head)


def hostile() -> dict[str, tuple[bytes, str]]:
    """name → (workbook, the code under which it is refused)."""
    far = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    return {
        "bomb": (_bomb(), "zip-bomb"),
        "lying-bomb": (_lying_bomb(), "broken-file"),
        "far": (_changed(_workbook(), SHEET, b"</sheetData>", far), "far-cell"),
        "dtd": (_dtd(), "xml-entity"),
        "locked": (_locked(), "password"),
        "number": (_workbook(3, "123456789018"), "blocked-my-number"),
    }


def _dataset(drop: Path, name: str, suffix: str, content: bytes) -> None:
    folder = drop / "kankyo" / name
    folder.mkdir()
    (folder / "dataset.yaml").write_text(f"name: {name}\ntitle: 一覧 {name}\n", encoding="utf-8")
    (folder / "schema.yaml").write_text(SCHEMA.format(name=name.replace("-", "_")), encoding="utf-8")
    (folder / f"a{suffix}").write_bytes(content)


@pytest.fixture
def fallen(drop: Path) -> dict[str, Any]:
    """The build of a drop of good and hostile files; ``memory`` is the parent's peak in KiB."""
    text = "名称,住所,個人番号\r\n中央公園,中央1-1,\r\n北公園,橋本2-2,\r\n".encode()
    book = _workbook()
    for n in range(GOOD):
        _dataset(drop, f"good-{n:02}", ".xlsx" if n % 10 == 0 else ".csv", book if n % 10 == 0 else text)
    for name, (content, _) in hostile().items():
        _dataset(drop, name, ".xlsx", content)
    lying = _changed(_workbook(50), SHEET, b'<dimension ref="A1:C51"', b'<dimension ref="A1:B2"')
    _dataset(drop, "lying-dimension", ".xlsx", lying)
    script = RUN.format(root=str(ROOT), datasets=str(drop), var=str(drop.parent / "var"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return {"files": told["files"], "memory": int(done.stderr.split()[-1]), "packages": drop.parent / "var/packages"}


def test_hostile_files_stop_nobody_else(fallen: dict[str, Any]) -> None:
    """99 good files are built, each hostile one is named for what it is, and the parent never gets large."""
    decisions = {entry["dataset"]: entry["decision"] for entry in fallen["files"]}
    codes = {entry["dataset"]: {p["code"] for p in entry["problems"]} for entry in fallen["files"]}
    good = [name for name in decisions if name.startswith("good-")]
    assert len(good) == GOOD
    assert {decisions[name] for name in good} == {"publish"}
    for name, (_, code) in hostile().items():
        assert decisions[name] != "publish", name
        assert code in codes[name], (name, codes[name])
    rows = (fallen["packages"] / "lying-dimension" / "lying-dimension.csv").read_text(encoding="utf-8-sig")
    assert len(list(csv.reader(rows.splitlines()))) == 51
    assert fallen["memory"] < LIMIT
