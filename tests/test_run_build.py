"""From a small drop to packages on disk, as the scheduled job builds them."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelines.gateways.store import Store
from pipelines.model import Level, Outcome, Problem, Verdict
from pipelines.run.cache import BuildCache
from pipelines.run.conduct import build
from pipelines.run.workspace import Workspace
from tests.conftest import ROOT

TOILET = "ID,地方公共団体名,名称,所在地_連結表記,緯度,経度\n"
OWN = """\
name: own
title: 一覧
fields:
- {name: 番号, clean: code}
- {name: 名称}
- {name: 人数, type: integer, clean: integer}
"""


def workspace(drop: Path) -> Workspace:
    """The drop with the real schemas and its own var/."""
    return Workspace(root=ROOT, datasets=drop, var=drop.parent / "var")


def built(drop: Path, store: Store | None = None) -> dict[str, Any]:
    """Every dataset of the drop, by name."""
    return {b.name: b for b in build(workspace(drop), store=store).built}


def dataset(drop: Path, text: str, schema: str = OWN, **files: str) -> Path:
    """A dataset folder; keys are file names with __ for the dot."""
    folder = drop / "kankyo" / "data"
    folder.mkdir()
    (folder / "dataset.yaml").write_text(f"name: data\ntitle: 一覧\n{text}", encoding="utf-8")
    (folder / "schema.yaml").write_text(schema, encoding="utf-8")
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
    return folder


def codes(outcome: Outcome) -> list[str]:
    """The codes of an outcome's problems."""
    return [problem.code for problem in outcome.problems]


def the(outcome: Outcome, code: str) -> Problem:
    """The one problem with that code."""
    found = [p for p in outcome.problems if p.code == code]
    assert len(found) == 1, outcome.problems
    return found[0]


def records(path: Path) -> list[dict[str, str]]:
    """The rows of a published CSV."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


# ── one file ───────────────────────────────────────────────────────────────────────────────────


def test_a_file_becomes_a_package(drop: Path) -> None:
    """A small drop ends as CSV and datapackage.json under var/packages, with the contract's entry beside it."""
    dataset(drop, "", a__csv='番号,名称,人数\n001,駅,"1,200"\n002,店,3\n')
    one = built(drop)["data"]
    assert one.outcome.verdict is Verdict.PUBLISHED
    assert records(one.package.folder / "data.csv")[0] == {"番号": "001", "名称": "駅", "人数": "1200"}
    assert json.loads((one.package.folder / "datapackage.json").read_text())["resources"][0]["rows"] == 2
    entry = one.outcome.files[0]
    assert (entry["format"], entry["encoding"], entry["header_rows"], entry["data_rows"]) == ("csv", "utf-8", [1], 2)
    assert entry["decision"] == "publish"


def test_one_bad_dataset_does_not_stop_the_others(drop: Path) -> None:
    """Errors withhold that dataset alone, and every cell to fix is named."""
    dataset(drop, "", a__csv="番号,名称,人数\n001,駅,多数\n")
    (drop / "kankyo" / "公衆トイレ一覧.csv").write_text(TOILET + "1,相模原市,駅前,相模原市中央区1,35.571,139.373\n")
    result = built(drop)
    assert result["data"].outcome.verdict is Verdict.WITHHELD
    assert the(result["data"].outcome, "value-integer").place.cell == "C2"
    assert result["data"].package is None
    assert "141500_public_toilet" in result


def test_a_rejected_file_says_what_it_is(drop: Path) -> None:
    """Format and encoding stand in the entry even of a file that is no table."""
    folder = dataset(drop, "")
    (folder / "a.csv").write_bytes("<!doctype html><html><body>休館のお知らせ</body></html>".encode("cp932"))
    one = built(drop)["data"]
    assert one.outcome.verdict is Verdict.REJECTED
    assert one.outcome.files[0]["format"] == "html"


def test_a_bug_is_that_datasets_outcome(drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nobody expected ends in the log, not the run."""
    dataset(drop, "", a__csv="番号,名称,人数\n001,駅,1\n")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("pipelines.standardize.standardize", broken)
    outcome = built(drop)["data"].outcome
    assert (outcome.verdict, "internal-error: RuntimeError" in outcome.detail) == (Verdict.FAILED, True)


@pytest.mark.parametrize(
    ("expect", "code", "verdict"),
    [("[3, ~]", "too-few-rows", Verdict.WITHHELD), ("[~, 1]", "too-many-rows", Verdict.PUBLISHED)],
)
def test_expected_rows(drop: Path, expect: str, code: str, verdict: Verdict) -> None:
    """Too few rows is an error, too many a warning."""
    dataset(drop, f"expect: {{rows: {expect}}}\n", a__csv="番号,名称,人数\n001,駅,1\n002,店,2\n")
    outcome = built(drop)["data"].outcome
    assert (outcome.verdict, the(outcome, code).level is Level.ERROR) == (verdict, verdict is Verdict.WITHHELD)


def test_a_transform_stands_before_standardize(drop: Path) -> None:
    """The worked example splits a position; problems and values keep the cell of the department's file."""
    schema = (
        "name: own\ntitle: 一覧\nfields:\n- {name: 名称}\n"
        "- {name: 緯度, clean: latitude, role: latitude}\n- {name: 経度, clean: longitude, role: longitude}\n"
    )
    text = '名称,"緯度,経度"\n駅,"33.950612,131.246600"\n店,"33.950612"\n'
    folder = dataset(drop, "transform: split_position\n", schema, a__csv=text)
    outcome = built(drop)["data"].outcome
    assert (the(outcome, "value-coord").place.cell, outcome.verdict) == ("B3", Verdict.WITHHELD)
    (folder / "a.csv").write_text(text.replace('店,"33.950612"\n', ""), encoding="utf-8")
    package = built(drop)["data"].package
    assert [file.format for file in package.files] == ["CSV", "GeoJSON"]
    assert records(package.files[0].path) == [{"名称": "駅", "緯度": "33.950612", "経度": "131.246600"}]


def test_an_unknown_transform_is_named(drop: Path) -> None:
    """A name without a module is a mistake in dataset.yaml, not a bug."""
    dataset(drop, "transform: no_such_thing\n", a__csv="番号,名称,人数\n001,駅,1\n")
    outcome = built(drop)["data"].outcome
    assert (outcome.verdict, "no_such_thing" in outcome.detail) == (Verdict.FAILED, True)


# ── keys ───────────────────────────────────────────────────────────────────────────────────────


def test_a_repeated_key_names_both_rows(drop: Path) -> None:
    """A key that stands twice, or is empty, goes back with the row and the row it repeats."""
    schema = OWN + "primaryKey: [番号]\n"
    dataset(drop, "", schema, a__csv="番号,名称,人数\n001,駅,1\n002,店,2\n001,市,3\n,家,4\n")
    outcome = built(drop)["data"].outcome
    told = [(p.place.row, p.message) for p in outcome.problems if p.code == "primary-key"]
    assert told[0] == (4, "「番号」が2行目と重複しています。")
    assert told[1] == (5, "1件を見分けるための「番号」が空です。")


def test_a_key_repeated_in_another_file_names_that_file(drop: Path) -> None:
    """Stacked files share their keys: the other row is named with its file."""
    schema = OWN + "primaryKey: [番号]\n"
    head = "番号,名称,人数\n"
    dataset(drop, "combine: stack\n", schema, a__csv=head + "001,駅,1\n", b__csv=head + "002,店,2\n001,市,3\n")
    problem = the(built(drop)["data"].outcome, "primary-key")
    assert problem.place.path == "kankyo/data/b.csv"
    assert (problem.place.row, problem.message) == (3, "「番号」が「kankyo/data/a.csv」2行目と重複しています。")


# ── the last publication ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "settings", "verdict"),
    [
        (4, "", Verdict.PUBLISHED),
        (5, "", Verdict.HELD),
        (5, "expect: {change: [-80, 200]}\n", Verdict.PUBLISHED),
        (5, "expect: {change: [~, 200]}\n", Verdict.PUBLISHED),
        (1, "", Verdict.PUBLISHED),
        (0, "", Verdict.PUBLISHED),
        (3, "", Verdict.PUBLISHED),
    ],
)
def test_half_a_file_is_held(drop: Path, before: int, settings: str, verdict: Verdict) -> None:
    """Two rows where five were published: held with both numbers, unless dataset.yaml allows it."""
    dataset(drop, settings, a__csv="番号,名称,人数\n001,駅,1\n002,店,2\n")
    with workspace(drop).store() as store:
        BuildCache(store).store.write("INSERT INTO row_baseline VALUES ('data', ?)", (json.dumps({"csv": before}),))
        one = built(drop, store)["data"]
    assert one.outcome.verdict is verdict
    assert (one.package is None) == (verdict is Verdict.HELD)
    if verdict is Verdict.HELD:
        assert "5行から2行" in the(one.outcome, "rows-changed-much").message
        assert one.outcome.files[0]["decision"] == "hold"
    assert ("rows-fewer" in codes(one.outcome)) == (before > 2 and verdict is Verdict.PUBLISHED)


def test_the_guard_also_judges_what_was_kept(drop: Path) -> None:
    """A package that needs no new building is still compared with what is published now; growth counts as well."""
    dataset(drop, "", a__csv="番号,名称,人数\n" + "".join(f"{i:03},駅,1\n" for i in range(1, 8)))
    with workspace(drop).store() as store:
        first = built(drop, store)["data"]
        BuildCache(store).keep_rows(first.package)
        assert built(drop, store)["data"].outcome.verdict is Verdict.PUBLISHED
        BuildCache(store).store.write("UPDATE row_baseline SET rows = ?", (json.dumps({"csv": 2, "2019-csv": 5}),))
        held = built(drop, store)["data"]
    message = the(held.outcome, "rows-changed-much").message
    assert ("2行から7行" in message, "2019-csv" in message, held.kept) == (True, True, True)


def test_packages_of_several_resources_come_back_from_the_cache(drop: Path) -> None:
    """Order, keys, rows and each table's own columns are what was built; changed bytes build again."""
    head = "番号,名称,人数\n"
    dataset(drop, "combine: resources\n", t_2020__csv=head + "1,駅,1\n", t_2021__csv="番号,名称\n1,駅\n2,店\n")
    with workspace(drop).store() as store:
        first, second = built(drop, store)["data"], built(drop, store)["data"]
        assert (first.kept, second.kept) == (False, True)
        assert second.package == first.package
        assert [[f.name for f in file.schema.fields] for file in second.package.files] == [
            ["番号", "名称"],
            ["番号", "名称", "人数"],
        ]
        second.package.files[1].path.write_text("damaged")
        assert built(drop, store)["data"].kept is False


def test_the_samples_of_several_files(tmp_path: Path) -> None:
    """The sample drop: four years of accidents in one table with their year, births and deaths a year each."""
    names = ("見本_焼津市_都市/交通事故", "見本_高松市_統計/出生死亡")
    root = tmp_path / "datasets"
    for name in names:
        shutil.copytree(ROOT / "datasets" / name, root / name)
        shutil.copy(ROOT / "datasets" / name.split("/")[0] / "department.yaml", root / name.split("/")[0])
    shutil.copy(ROOT / "datasets" / "catalog.yaml", root)
    result = built(root)
    accidents = records(result["yaizu-traffic-accident"].package.files[0].path)
    assert {year: sum(r["集計年"] == year for r in accidents) for year in ("2019", "2020", "2021", "2022")} == {
        "2019": 907, "2020": 773, "2021": 729, "2022": 675,
    }  # fmt: skip
    births = result["takamatsu-births-deaths"]
    assert [f.key for f in births.package.files] == ["2025-csv", "2023-csv", "2020-csv"]
    assert "2021年、2022年、2024年" in the(births.outcome, "period-missing").message
