"""intake: departments, datasets, settled files; it never guesses."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path

import pytest

from pipelines.config import load_catalog, load_schemas
from pipelines.intake import Clock, Intake, claimed_schema, intake
from pipelines.model import ConfigError, Level
from tests.conftest import ROOT

SCHEMAS = load_schemas(ROOT / "schemas")
NOW = 1_800_000_000.0


def old(path: Path, content: bytes = b"a,b\n1,2\n") -> Path:
    """Write a file that was last touched long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (NOW - 3600, NOW - 3600))
    return path


def look(root: Path, sleep: object = None) -> Intake:
    """Intake at a fixed moment."""
    return intake(load_catalog(root), SCHEMAS, Clock(now=lambda: NOW, sleep=sleep or (lambda seconds: None)))  # type: ignore[arg-type]


def codes(found: Intake) -> list[str]:
    """All problem codes, of datasets and of none."""
    return [p.code for _, step in found.drops for p in step.problems] + [p.code for p in found.problems]


@pytest.mark.parametrize(
    "name",
    ["公衆トイレ一覧.csv", "141500_public_toilet.csv", "公衆トイレ一覧 (1).csv", "公衆ﾄｲﾚ一覧.CSV", "公衆トイレ.xlsx"],
)
def test_a_standard_file_needs_only_its_name(drop: Path, name: str) -> None:
    """A file named after a standard dataset, by title, slug or alias, is that dataset."""
    old(drop / "kankyo" / name)
    [(spec, step)] = look(drop).drops
    assert spec.name == "141500_public_toilet"
    assert step.value is not None
    assert step.value.files[0].path.name == name


def test_a_standard_folder_needs_no_dataset_yaml(drop: Path) -> None:
    """A folder named after a standard dataset is that dataset, whatever its file is called."""
    old(drop / "kankyo" / "AED設置箇所一覧" / "data.xlsx")
    [(spec, step)] = look(drop).drops
    assert (spec.name, spec.title) == ("141500_aed", "AED設置箇所一覧")
    assert step.value is not None


def test_unfinished_and_lock_files_are_not_candidates(drop: Path) -> None:
    """.DS_Store, Thumbs.db, ~$ locks and partial downloads are passed over in silence."""
    folder = drop / "kankyo" / "AED設置箇所一覧"
    old(folder / "data.csv")
    for name in (".DS_Store", "Thumbs.db", "~$other.xlsx", "data.csv.crdownload", "x.tmp"):
        old(folder / name)
    found = look(drop)
    assert codes(found) == []
    assert len(found.drops) == 1


def test_what_is_put_aside_is_said(drop: Path) -> None:
    """A leading _ keeps a file or folder out, on every level, and is told by a notice; our own replies are not."""
    aside = ["_古い資料/a.csv", "kankyo/_公衆トイレ一覧.csv", "kankyo/AED設置箇所一覧/_data.csv"]
    for name in (*aside, "kankyo/AED設置箇所一覧/data.csv", "kankyo/確認結果/_x.html", "kankyo/_part.tmp"):
        old(drop / name)
    found = look(drop)
    assert [spec.name for spec, _ in found.drops] == ["141500_aed"]
    assert [(p.code, p.level) for p in found.problems] == [("put-aside", Level.NOTICE)] * 3
    assert [p.place.path for p in found.problems] == ["_古い資料", *aside[1:]]


def test_a_file_open_in_excel_waits(drop: Path) -> None:
    """A lock file beside the very file means somebody is still working on it."""
    old(drop / "kankyo" / "AED設置箇所一覧" / "data.xlsx")
    old(drop / "kankyo" / "AED設置箇所一覧" / "~$data.xlsx")
    [(_, step)] = look(drop).drops
    assert step.value is None
    assert [p.code for p in step.problems] == ["open-elsewhere"]


def test_two_candidates_are_sent_back(drop: Path) -> None:
    """data.xlsx and data (1).xlsx of different content: nobody guesses which one is meant."""
    folder = drop / "kankyo" / "AED設置箇所一覧"
    old(folder / "data.csv", b"a\n1\n")
    old(folder / "data (1).csv", b"a\n2\n")
    [(_, step)] = look(drop).drops
    assert step.value is None
    [problem] = step.problems
    assert problem.code == "two-candidates"
    assert "data (1).csv" in problem.message
    assert "dataset.yaml" in problem.hint


def test_identical_browser_copies_are_one(drop: Path) -> None:
    """A copy with the same bytes is no second candidate; the plainer name is used and the other is mentioned."""
    folder = drop / "kankyo" / "AED設置箇所一覧"
    old(folder / "data.csv")
    old(folder / "data (1).csv")
    [(_, step)] = look(drop).drops
    assert step.value is not None
    assert step.value.files[0].path.name == "data.csv"
    assert [(p.code, p.level) for p in step.problems] == [("same-content", Level.NOTICE)]


def test_dataset_yaml_chooses_between_candidates(drop: Path) -> None:
    """``file:`` settles what intake would not guess."""
    folder = drop / "kankyo" / "AED設置箇所一覧"
    old(folder / "a.csv", b"a\n1\n")
    old(folder / "b.csv", b"a\n2\n")
    (folder / "dataset.yaml").write_text("file: b.csv\n", encoding="utf-8")
    [(_, step)] = look(drop).drops
    assert step.value is not None
    assert [f.path.name for f in step.value.files] == ["b.csv"]


def test_a_named_file_that_is_missing_is_an_error(drop: Path) -> None:
    """A file that dataset.yaml names and that is not there is told by name."""
    folder = drop / "kankyo" / "AED設置箇所一覧"
    old(folder / "a.csv")
    (folder / "dataset.yaml").write_text("file: b.csv\n", encoding="utf-8")
    [(_, step)] = look(drop).drops
    assert [p.code for p in step.problems] == ["file-missing"]
    assert "b.csv" in step.problems[0].message


def test_a_growing_file_waits_for_the_next_run(drop: Path) -> None:
    """A file that changes while we watch is left alone."""
    path = old(drop / "kankyo" / "公衆トイレ一覧.csv")
    os.utime(path, (NOW, NOW))

    def grow(seconds: float) -> None:
        with path.open("ab") as stream:
            stream.write(b"more")

    [(_, step)] = look(drop, grow).drops
    assert [p.code for p in step.problems] == ["still-growing"]


def test_a_young_but_quiet_file_is_taken(drop: Path) -> None:
    """A file that was just dropped and does not change while we watch is read in this run."""
    path = old(drop / "kankyo" / "公衆トイレ一覧.csv")
    os.utime(path, (NOW, NOW))
    watched: list[float] = []
    [(_, step)] = look(drop, watched.append).drops
    assert step.value is not None
    assert len(watched) == 1


def test_a_workbook_without_its_end_waits(drop: Path) -> None:
    """An XLSX cut off in the middle of copying has no end record yet."""
    whole = drop / "whole.xlsx"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("xl/workbook.xml", "x" * 5000)
    half = whole.read_bytes()[:60]
    whole.unlink()
    old(drop / "kankyo" / "公衆トイレ一覧.xlsx", half)
    [(_, step)] = look(drop).drops
    assert [p.code for p in step.problems] == ["still-growing"]


def test_links_are_refused(drop: Path, tmp_path: Path) -> None:
    """A symbolic link could point anywhere on the machine: it is not a file to publish."""
    secret = old(tmp_path / "secret.csv")
    (drop / "kankyo" / "公衆トイレ一覧.csv").symlink_to(secret)
    [(_, step)] = look(drop).drops
    assert [p.code for p in step.problems] == ["not-a-file"]


def test_strays_are_told_and_stop_nothing(drop: Path) -> None:
    """Files at the wrong level are reported; everything else goes on."""
    old(drop / "0097.xlsx")
    old(drop / "kankyo" / "なにかの表.csv")
    old(drop / "kankyo" / "知らないデータ" / "data.csv")
    old(drop / "nobody" / "x.csv")
    old(drop / "kankyo" / "公衆トイレ一覧.csv")
    found = look(drop)
    assert len(found.drops) == 1
    assert sorted(codes(found)) == ["dataset-unknown", "stray-file", "stray-file", "stray-file"]


def test_an_empty_drop_is_no_order_to_delete(drop: Path) -> None:
    """Without any department the run stops instead of concluding that everything vanished."""
    (drop / "kankyo" / "department.yaml").unlink()
    with pytest.raises(ConfigError, match="何もせずに"):
        look(drop)


def test_one_name_in_two_places_stops_the_run(drop: Path) -> None:
    """Two datasets of one portal name cannot both be right."""
    old(drop / "kankyo" / "公衆トイレ一覧.csv")
    (drop / "toshi").mkdir()
    (drop / "toshi" / "department.yaml").write_text("id: toshi\ntitle: 都市\n", encoding="utf-8")
    old(drop / "toshi" / "公衆トイレ一覧.csv")
    with pytest.raises(ConfigError, match="141500_public_toilet"):
        look(drop)


def test_the_digest_follows_file_and_settings(drop: Path) -> None:
    """The drop's digest changes with a byte of the file and with a line of its settings, and only then."""
    folder = drop / "kankyo" / "AED設置箇所一覧"
    old(folder / "data.csv")

    def digest() -> str:
        [(_, step)] = look(drop).drops
        assert step.value is not None
        return step.value.digest

    first = digest()
    assert digest() == first
    (folder / "dataset.yaml").write_text("notes: 新しい説明\n", encoding="utf-8")
    second = digest()
    old(folder / "data.csv", b"a,b\n1,3\n")
    assert len({first, second, digest()}) == 3


def test_ambiguous_names_claim_nothing() -> None:
    """A name that is no standard dataset's claims no schema."""
    assert claimed_schema("data", SCHEMAS) is None
    assert claimed_schema("141500_", SCHEMAS) is None


def test_the_real_clock_is_the_default(drop: Path) -> None:
    """Without a clock given, time is real: an old file is taken at once."""
    path = old(drop / "kankyo" / "公衆トイレ一覧.csv")
    os.utime(path, (time.time() - 999, time.time() - 999))
    assert intake(load_catalog(drop), SCHEMAS).drops[0][1].value is not None
