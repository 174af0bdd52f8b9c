"""package: the same input gives the same bytes, and every folder passes the public ``frictionless validate``."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.model import (
    Catalog,
    ClearedTable,
    DatasetSpec,
    Department,
    Field,
    Licence,
    Origin,
    Portal,
    Schema,
    SourceBlock,
    StandardTable,
    ValidTable,
)
from pipelines.package import Part, package, package_parts
from pipelines.package import _folder as folders
from pipelines.package._csv import csv_bytes
from pipelines.package._geojson import geojson

LICENCE = Licence(id="cc-by", title="表示 4.0 国際", version="4.0", url="https://creativecommons.org/licenses/by/4.0/")
DEPARTMENT = Department(
    id="kankyo",
    title="環境経済局",
    folder=Path(),
    municipality="相模原市",
    code="141500",
    credit="相模原市",
    licence=LICENCE,
)
CATALOG = Catalog(
    root=Path(), title="目録", publisher="相模原市", code="141500", homepage="https://www.city.example.jp/",
    licence=LICENCE, credit="相模原市", portal=Portal(), targets=(),
)  # fmt: skip
FIELDS: list[dict[str, Any]] = [
    {"name": "ID", "type": "string", "constraints": {"required": True, "unique": True}},
    {"name": "名称", "type": "string"},
    {"name": "緯度", "type": "number"},
    {"name": "経度", "type": "number"},
    {"name": "数量", "type": "integer"},
]
SCHEMA = Schema(
    name="public_toilet",
    title="公衆トイレ一覧",
    fields=tuple(
        Field(name=f["name"], type=f["type"], title=f["name"], description=f"{f['name']}の説明") for f in FIELDS
    ),
    descriptor={"fields": FIELDS, "primaryKey": ["ID"], "missingValues": [""]},
    generation=2,
    number=13,
    primary_key=("ID",),
    completeness="exact",
)
SPEC = DatasetSpec(
    name="public-toilet", title="公衆トイレ一覧", department=DEPARTMENT, schema=SCHEMA, licence=LICENCE,
    notes="市の公衆トイレ", tags=("トイレ", "施設"), source_url="https://www.city.example.jp/toilet", version="1.2",
)  # fmt: skip
ROWS = [
    ["1", '北口, "南口"', "35.570", "139.3730", "3"],
    ["2", " 改\n行 ", "", "", ""],
    ["3", "渡邉﨑", "+35.5", "139", "１２"],
]


def cleared(rows: Sequence[Sequence[str]] = ROWS, schema: Schema = SCHEMA) -> ClearedTable:
    """A cleared table of these rows."""
    names = [field.name for field in schema.fields]
    frame = pd.DataFrame([list(row) for row in rows], columns=names, dtype=pd.StringDtype("pyarrow"))
    block = SourceBlock(path="a.csv", sheet=None, columns=tuple(range(1, len(names) + 1)))
    table = StandardTable(
        schema=schema, frame=frame, origin=Origin(blocks=(block,), rows=range(2, len(rows) + 2)), fixes=()
    )
    return ClearedTable(table=ValidTable(table=table, report={}), screened_by={})


def public_verdict(folder: Path) -> Any:
    """What the public command line says of the folder."""
    program = Path(sys.executable).with_name("frictionless")
    command = [str(program), "validate", "datapackage.json", "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


@pytest.mark.parametrize("bom, newline", [(True, "\r\n"), (False, "\n"), (True, "\n")])
def test_every_folder_passes_frictionless(bom: bool, newline: str, tmp_path: Path) -> None:
    """With and without byte order mark, CRLF and LF: valid, with bytes, hash and row count checked."""
    made = package(cleared(), SPEC, dataclasses.replace(CATALOG, bom=bom, newline=newline), tmp_path)
    verdict = public_verdict(made.folder)
    assert verdict["valid"], verdict
    assert [task["stats"].get("rows") for task in verdict["tasks"]] == [3, None]
    assert not verdict["tasks"][0]["warnings"]


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """Two folders of the same table are equal to the byte, whatever the clock says; another cell changes the digest."""
    one, two = (package(cleared(), SPEC, CATALOG, tmp_path / name) for name in "ab")
    assert one.digest == two.digest
    for path in one.folder.iterdir():
        assert path.read_bytes() == (two.folder / path.name).read_bytes()
    other = package(cleared([["9", "", "", "", ""]]), SPEC, CATALOG, tmp_path / "c")
    assert other.digest != one.digest
    names = sorted(path.name for path in one.folder.iterdir())
    lines = [f"{name}\0{hashlib.sha256((one.folder / name).read_bytes()).hexdigest()}\n" for name in names]
    assert one.digest == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_files_are_named_as_the_standard_names_them(tmp_path: Path) -> None:
    """Municipality code and slug for a standard dataset, the dataset's own name otherwise; ASCII only."""
    assert [f.path.name for f in package(cleared(), SPEC, CATALOG, tmp_path).files] == [
        "141500_public_toilet.csv",
        "141500_public_toilet.geojson",
    ]
    own = dataclasses.replace(SCHEMA, generation=0)
    made = package(cleared(schema=own), SPEC, CATALOG, tmp_path)
    assert [f.path.name for f in made.files] == ["public-toilet.csv", "public-toilet.geojson"]
    assert sorted(p.name for p in made.folder.iterdir()) == [
        "datapackage.json",
        "public-toilet.csv",
        "public-toilet.geojson",
    ]


def test_descriptor_says_who_what_and_under_which_licence(tmp_path: Path) -> None:
    """Data Package v2 names; labels on every field; no timestamp, nothing empty."""
    made = json.loads((package(cleared(), SPEC, CATALOG, tmp_path).folder / "datapackage.json").read_text())
    assert made["licenses"] == [{"name": "CC-BY-4.0", "title": LICENCE.title, "path": LICENCE.url}]
    assert made["contributors"][0] == {"title": "相模原市", "path": CATALOG.homepage, "roles": ["publisher"]}
    assert made["contributors"][1]["organization"] == "相模原市"
    assert made["sources"] == [{"title": "相模原市", "path": SPEC.source_url}]
    assert made["standard"] == {"name": "公衆トイレ一覧", "generation": 2, "number": 13, "completeness": "exact"}
    assert (made["municipalityCode"], made["version"], made["keywords"]) == ("141500", "1.2", ["トイレ", "施設"])
    assert "created" not in made
    assert "sample" not in made
    table = made["resources"][0]
    assert (table["encoding"], table["byteOrderMark"], table["dialect"]["lineTerminator"]) == ("utf-8", True, "\r\n")
    assert table["schema"]["fields"][1] == {
        "title": "名称",
        "description": "名称の説明",
        "name": "名称",
        "type": "string",
    }
    sample = dataclasses.replace(SPEC, department=dataclasses.replace(DEPARTMENT, sample=True))
    made = json.loads((package(cleared(), sample, CATALOG, tmp_path / "s").folder / "datapackage.json").read_text())
    assert made["sample"] is True


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2), min_size=1), st.booleans())
def test_csv_gives_back_every_text(rows: list[list[str]], bom: bool) -> None:
    """RFC 4180: what goes in comes out, line breaks, quotes and blanks included."""
    text = csv_bytes(pd.DataFrame(rows, columns=["a", "b"], dtype="object"), bom=bom, newline="\r\n").decode()
    assert text.startswith("\ufeff") is bom
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff") if bom else text, newline=""))) == [
        ["a", "b"],
        *rows,
    ]


def test_csv_quotes_only_what_must_be() -> None:
    """A comma, a quote or a line break; an empty cell alone, because an empty line is no record."""
    frame = pd.DataFrame([["a b", "c,d"], ["0123", 'e"f'], [" g ", "h\ri"]], columns=["x", "y"])
    assert csv_bytes(frame, bom=False, newline="\n") == b'x,y\na b,"c,d"\n0123,"e""f"\n g ,"h\ri"\n'
    assert csv_bytes(pd.DataFrame({"x": ["", "1"]}), bom=False, newline="\n") == b'x\n""\n1\n'


def test_geojson_keeps_digits_and_every_record(tmp_path: Path) -> None:
    """Longitude first, the text's own digits; a record without coordinates has null geometry and is counted."""
    file = package(cleared(), SPEC, CATALOG, tmp_path).files[1]
    text = file.path.read_text()
    assert '"coordinates":[139.3730,35.570]' in text
    features = json.loads(text)["features"]
    assert [f["geometry"] and f["geometry"]["coordinates"] for f in features] == [[139.373, 35.57], None, [139, 35.5]]
    assert features[0]["properties"] == {"ID": "1", "名称": '北口, "南口"', "緯度": 35.57, "経度": 139.373, "数量": 3}
    assert features[1]["properties"] == {"ID": "2", "名称": " 改\n行 "}
    assert features[2]["properties"]["数量"] == "１２"
    assert "3件のうち" in file.description
    assert "位置のないもの1件" in file.description


@pytest.mark.parametrize("latitude, longitude", [("", ""), ("95", "139"), ("35", "NaN"), ("北緯", "東経"), ("35", "")])
def test_no_coordinates_no_geojson(latitude: str, longitude: str, tmp_path: Path) -> None:
    """Where no record is on earth there is no map file."""
    assert len(package(cleared([["1", "a", latitude, longitude, ""]]), SPEC, CATALOG, tmp_path).files) == 1


def test_roles_find_the_coordinates(tmp_path: Path) -> None:
    """A field's role says which columns they are, whatever they are called."""
    roles = {"緯度": ("y", "latitude"), "経度": ("x", "longitude")}
    fields = tuple(
        dataclasses.replace(f, name=roles[f.name][0], role=roles[f.name][1]) if f.name in roles else f
        for f in SCHEMA.fields
    )
    descriptor = {"fields": [{"name": f.name, "type": f.type} for f in fields]}
    own = dataclasses.replace(SCHEMA, fields=fields, descriptor=descriptor)
    made = package(cleared(schema=own), SPEC, CATALOG, tmp_path)
    assert len(made.files) == 2
    assert public_verdict(made.folder)["valid"]


def test_several_tables_are_several_resources(tmp_path: Path) -> None:
    """One resource per table, in the order given, with keys that stay."""
    parts = [Part(key="r6", title="令和6年", table=cleared()), Part(key="r7", title="令和7年", table=cleared())]
    made = package_parts(parts, SPEC, CATALOG, tmp_path)
    assert [f.key for f in made.files] == ["r6-csv", "r6-geojson", "r7-csv", "r7-geojson"]
    assert made.files[2].path.name == "141500_public_toilet_r7.csv"
    assert made.files[2].title == "令和7年（CSV）"
    assert public_verdict(made.folder)["valid"]
    with pytest.raises(ValueError, match="unique"):
        package_parts([parts[0], parts[0]], SPEC, CATALOG, tmp_path)


def test_old_folder_stays_until_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash while writing leaves the old package complete and nothing else in its place."""
    folder = tmp_path / "d"
    folders.replace_folder(folder, {"a": b"old", "gone": b"x"})

    def full(*_: Path) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as crash:
        crash.setattr(folders, "swap", full)
        with pytest.raises(OSError, match="disk full"):
            folders.replace_folder(folder, {"a": b"new"})
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {"a": b"old", "gone": b"x"}
    folders.replace_folder(folder, {"a": b"new"})
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {"a": b"new"}
    assert [p.name for p in tmp_path.iterdir()] == ["d"]


def test_folder_is_replaced_where_folders_cannot_change_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an exchange the old folder steps aside, and is taken back if the crash came in between."""
    monkeypatch.setattr("pipelines.gateways.folders._exchange", lambda *_: False)
    folder = tmp_path / "d"
    for content in (b"1", b"2"):
        folders.replace_folder(folder, {"a": content})
    folder.rename(tmp_path / ".d.old")
    folders.replace_folder(folder, {"a": b"2"})
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {"a": b"2"}
    assert [p.name for p in tmp_path.iterdir()] == ["d"]


def test_an_equal_folder_is_not_touched(tmp_path: Path) -> None:
    """A run that finds nothing new writes nothing."""
    first = package(cleared(), SPEC, CATALOG, tmp_path)
    before = {p: p.stat().st_mtime_ns for p in first.folder.iterdir()} | {first.folder: first.folder.stat().st_ino}
    package(cleared(), SPEC, CATALOG, tmp_path)
    assert before == {p: p.stat().st_mtime_ns for p in first.folder.iterdir()} | {
        first.folder: first.folder.stat().st_ino
    }


def test_a_long_table_gives_the_same_geojson(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features are written some at a time; how many at a time is not seen in the bytes."""
    table, at_once = cleared([*ROWS] * 3).table.table, "pipelines.package._geojson._AT_ONCE"
    made = []
    for number in (1, 4, 9, 1000):
        monkeypatch.setattr(at_once, number)
        made.append(geojson(table))
    assert made[0] is not None
    assert made == made[:1] * 4
    assert len(json.loads(made[0].content)["features"]) == 9
