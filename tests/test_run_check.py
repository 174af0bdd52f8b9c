"""check: files wherever they are, without a portal and without configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.config import load_schemas
from pipelines.model import ConfigError, Outcome, Verdict
from pipelines.run.check import check_drop, check_files
from pipelines.run.recognise import standard_of
from tests.conftest import ROOT, publish
from tests.test_run_build import codes, dataset, the, workspace

SCHEMAS = load_schemas(ROOT / "schemas")
OTHER = "行政区,世帯数,男,女\n本町,50,42,46\n栄町,40,32,36\n"


def checked(drop: Path, path: Path) -> Outcome:
    """One file, checked."""
    (outcome,) = check_files(workspace(drop), [path], lambda progress: None)
    return outcome


def put(path: Path, content: str | bytes) -> Path:
    """A file with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_file_of_no_known_name_is_inferred(drop: Path, tmp_path: Path) -> None:
    """Types come from the file, and it is said how to publish it; the drop stays as it was."""
    before = sorted(drop.rglob("*"))
    outcome = checked(drop, put(tmp_path / "x" / "世帯.csv", OTHER))
    assert (outcome.verdict, codes(outcome)) == (Verdict.PUBLISHED, ["schema-inferred"])
    assert outcome.files[0]["data_rows"] == 2
    assert sorted(drop.rglob("*")) == before


def test_the_name_of_the_file_decides(drop: Path, tmp_path: Path) -> None:
    """公衆トイレ一覧.csv is checked as that standard, whatever it holds."""
    outcome = checked(drop, put(tmp_path / "x" / "公衆トイレ一覧.csv", OTHER))
    assert outcome.files[0]["schema"] == "public_toilet"
    assert outcome.verdict is not Verdict.PUBLISHED


def test_the_name_of_the_folder_only_where_the_columns_agree(drop: Path, tmp_path: Path) -> None:
    """Any table may lie in a folder population/: with other columns it is a table of its own."""
    outcome = checked(drop, put(tmp_path / "population" / "町別世帯.csv", OTHER))
    assert (outcome.files[0]["schema"], outcome.verdict) == ("inferred", Verdict.PUBLISHED)
    header = ",".join(f.name for f in SCHEMAS["population"].fields)
    outcome = checked(drop, put(tmp_path / "population" / "町別.csv", header + "\n" + "," * header.count(",") + "\n"))
    assert outcome.files[0]["schema"] == "population"


def test_a_standard_is_recognised_by_its_columns(drop: Path, tmp_path: Path) -> None:
    """Said as a notice, with the name the file should have."""
    header = [f.name for f in SCHEMAS["public_toilet"].fields]
    text = ",".join(header) + "\n" + ",".join("駅前" if name == "名称" else "" for name in header) + "\n"
    outcome = checked(drop, put(tmp_path / "x" / "data.csv", text))
    problem = the(outcome, "standard-recognised")
    assert ("公衆トイレ一覧.csv" in problem.hint, problem.level.value) == (True, "notice")


@pytest.mark.parametrize("name", sorted(n for n, s in SCHEMAS.items() if s.generation == 2 and len(s.fields) >= 6))
def test_every_standard_recognises_itself(name: str) -> None:
    """Its own header wins alone over all the others; half of it does not count as long as little is required."""
    found = standard_of([f.name for f in SCHEMAS[name].fields], SCHEMAS)
    assert found is not None
    assert found.name == name


STRANGE = ["行政区", "世帯数", "男", "女", "計", "備考"]


@pytest.mark.parametrize("header", [[], ["名称", "住所", "緯度", "経度"], STRANGE])
def test_few_or_strange_columns_are_no_standard(header: list[str]) -> None:
    """名称 and 住所 stand in many tables."""
    assert standard_of(header, SCHEMAS) is None


@pytest.mark.parametrize(
    ("content", "form", "encoding"),
    [
        ("<!doctype html><html><body>お知らせ</body></html>".encode("cp932"), "html", "cp932"),
        (b"%PDF-1.7 ...", "pdf", None),
        (b"", "empty", None),
        (b'var x = [{"a": 1}];', "javascript", "utf-8"),
    ],
)
def test_a_rejected_file_carries_format_and_encoding(
    drop: Path, tmp_path: Path, content: bytes, form: str, encoding: str | None
) -> None:
    """What it is stands in the contract, also where it is no table."""
    outcome = checked(drop, put(tmp_path / "x" / "a.csv", content))
    entry = outcome.files[0]
    assert (entry["format"], entry["encoding"], entry["decision"]) == (form, encoding, "reject")
    assert entry["data_rows"] == 0
    assert outcome.problems


def test_a_folder_is_all_its_files_and_a_missing_path_an_error(drop: Path, tmp_path: Path) -> None:
    """Hidden files and Excel's lock files are not looked at."""
    for name in ("b.csv", "a.csv", ".c.csv", "~$d.xlsx"):
        put(tmp_path / "x" / name, OTHER)
    outcomes = check_files(workspace(drop), [tmp_path / "x"], lambda progress: None)
    assert [Path(o.files[0]["path"]).name for o in outcomes] == ["a.csv", "b.csv"]
    with pytest.raises(ConfigError, match="ありません"):
        check_files(workspace(drop), [tmp_path / "no.csv"], lambda progress: None)


def test_the_whole_drop_leaves_no_trace(drop: Path) -> None:
    """Packages of a check go into a folder that vanishes; files of no dataset are named."""
    dataset(drop, "", a__csv="番号,名称,人数\n001,駅,1\n")
    put(drop / "kankyo" / "名前が違う.csv", OTHER)
    outcomes, strays = check_drop(workspace(drop), lambda progress: None)
    assert [o.verdict for o in outcomes] == [Verdict.PUBLISHED]
    assert [p.place.path for p in strays] == ["kankyo/名前が違う.csv"]
    assert not (drop.parent / "var" / "packages").exists()


def test_no_configuration_is_needed(tmp_path: Path) -> None:
    """Where there is no catalog.yaml yet, files are checked all the same."""
    outcome = checked(tmp_path / "nowhere", put(tmp_path / "x" / "世帯.csv", OTHER))
    assert outcome.verdict is Verdict.PUBLISHED
    assert not (tmp_path / "nowhere").exists()


def test_the_command_prints_the_contract(drop: Path, tmp_path: Path) -> None:
    """``check --json``: the fields of the contract and exit code 1 when something is kept back."""
    path = put(tmp_path / "x" / "a.csv", "<!doctype html><html><body>x</body></html>")
    done = publish("--datasets", str(drop), "--var", str(tmp_path / "var"), "check", str(path), "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["summary"]["reject"]) == (1, 1)
    assert document["files"][0]["format"] == "html"
