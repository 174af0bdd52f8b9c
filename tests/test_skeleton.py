"""new: skeletons that load, say what they mean in Japanese, and never overwrite."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.config import load_catalog, load_department
from pipelines.model import ConfigError, Verdict
from pipelines.run.skeleton import skeleton
from tests.cases.read.build import dropped, sheet, xlsx
from tests.conftest import publish
from tests.test_run_build import built, records, workspace

TREES = """\
整理番号,樹種,本数,面積,緯度,経度,備考
007,けやき,"1,200",－,35.571389,139.373333,駅前
012,さくら,3,1.5,,,
"""


def made(drop: Path, kind: str, folder: Path, title: str = "", source: Path | None = None, name: str = "") -> list[str]:
    """What ``new`` says."""
    return skeleton(workspace(drop), kind, folder, title, source, name)


@pytest.fixture
def trees(tmp_path: Path) -> Path:
    """A file of the city's own."""
    path = tmp_path / "保存樹木.csv"
    path.write_text(TREES, encoding="utf-8")
    return path


def test_a_catalogue_that_loads(drop: Path, tmp_path: Path) -> None:
    """Every key is explained, and the file is read without a complaint."""
    made(drop, "catalog", tmp_path / "new", "試験: カタログ")
    assert load_catalog(tmp_path / "new").title == "試験: カタログ"
    assert (tmp_path / "new" / "catalog.yaml").read_text().count("# ") > 8


def test_a_department_that_loads(drop: Path) -> None:
    """Its id comes from the folder, or from --name where that is Japanese."""
    made(drop, "department", drop / "hoiku", "保育課")
    made(drop, "department", drop / "保健所", name="hokenjo")
    catalog = load_catalog(drop)
    assert load_department(drop / "hoiku", catalog).title == "保育課"
    found = load_department(drop / "保健所", catalog)
    assert (found.id, found.title) == ("hokenjo", "保健所")


@pytest.mark.parametrize("name", ["", "Ａ", "a b", "x", "保育"])
def test_a_japanese_folder_needs_a_name(drop: Path, name: str) -> None:
    """The name on the portal is an address; nothing is made up."""
    with pytest.raises(ConfigError, match="--name"):
        made(drop, "department", drop / "保育課", name=name)
    assert not (drop / "保育課").exists()


def test_a_dataset_from_a_file(drop: Path, trees: Path) -> None:
    """What was inferred is shown with examples; codes stay text; the folder with the file in it is published."""
    folder = drop / "kankyo" / "保存樹木"
    told = made(drop, "dataset", folder, source=trees, name="hozon-jumoku")
    lines = {line.split()[0]: line for line in told if line.startswith("  ")}
    assert "番号（文字のまま）" in lines["整理番号"]
    assert "007、012" in lines["整理番号"]
    assert ("整数" in lines["本数"], "数" in lines["面積"], "緯度" in lines["緯度"]) == (True, True, True)
    assert "文字" in lines["備考"]
    (folder / trees.name).write_bytes(trees.read_bytes())
    one = built(drop)["hozon-jumoku"]
    assert one.outcome.verdict is Verdict.PUBLISHED, one.outcome.problems
    first = records(one.package.files[0].path)[0]
    assert (first["整理番号"], first["本数"], first["面積"], one.spec.title) == ("007", "1200", "", "保存樹木")
    assert [f.format for f in one.package.files] == ["CSV", "GeoJSON"]


def test_of_several_sheets_the_one_that_was_shown_is_used(drop: Path, tmp_path: Path) -> None:
    """Which sheet the fields came from stands in dataset.yaml, so that the same file then publishes."""
    book = xlsx(
        {"市 内": sheet([["名称", "数"], ["a", 1], ["b", 2]]), "市外": sheet([["名称", "数"], ["c", 3], ["d", 4]])}
    )
    folder = drop / "kankyo" / "own"
    source = dropped(tmp_path, "a.xlsx", book).path
    told = made(drop, "dataset", folder, source=source)
    assert any("「市 内」を使うことにしました" in line for line in told)
    (folder / "a.xlsx").write_bytes(book)
    one = built(drop)["own"]
    assert one.outcome.verdict is Verdict.PUBLISHED, one.outcome.problems
    assert [r["名称"] for r in records(one.package.files[0].path)] == ["a", "b"]


def test_nothing_is_overwritten(drop: Path, trees: Path) -> None:
    """One of the two files is there: neither is written."""
    folder = drop / "kankyo" / "jumoku"
    folder.mkdir()
    (folder / "schema.yaml").write_text("mine")
    with pytest.raises(ConfigError, match="上書きしません"):
        made(drop, "dataset", folder, source=trees)
    assert [p.name for p in folder.iterdir()] == ["schema.yaml"]
    assert (folder / "schema.yaml").read_text() == "mine"


def test_a_file_that_is_no_table_gives_no_skeleton(drop: Path, tmp_path: Path) -> None:
    """The reason is said, and nothing is left behind."""
    page = tmp_path / "x.csv"
    page.write_text("<!doctype html><html><body>x</body></html>")
    with pytest.raises(ConfigError, match="HTML"):
        made(drop, "dataset", drop / "kankyo" / "x1", source=page)
    assert not (drop / "kankyo" / "x1").exists()


def test_a_standard_dataset_needs_no_settings(drop: Path, trees: Path) -> None:
    """The folder's (or the file's) name says it all."""
    told = made(drop, "dataset", drop / "kankyo" / "公衆トイレ一覧", source=trees)
    assert "要りません" in told[0]
    assert not (drop / "kankyo" / "公衆トイレ一覧").exists()


def test_a_folder_outside_the_drop_is_said(drop: Path, tmp_path: Path, trees: Path) -> None:
    """It is written all the same, with the advice to move it."""
    told = made(drop, "dataset", tmp_path / "jumoku", source=trees)
    assert any("部署のフォルダーの中にありません" in line for line in told)


def test_the_command_line(drop: Path, tmp_path: Path, trees: Path) -> None:
    """As a clerk would type it; a second time it refuses with exit code 2."""
    command = ["--datasets", str(drop), "--var", str(tmp_path / "var"), "new", "dataset"]
    command += [str(drop / "kankyo" / "樹木"), "--name", "jumoku", "--from", str(trees)]
    done, again = publish(*command), publish(*command)
    assert (done.returncode, again.returncode) == (0, 2)
    assert "2行・7項目を読みました" in done.stdout
    assert "上書きしません" in again.stderr
