"""Configuration: everything is text until a key asks for more, and a wrong key is told with a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.config import load_catalog, load_dataset, load_department, load_schemas, standard_dataset
from pipelines.model import ConfigError
from tests.conftest import ROOT

SCHEMAS = load_schemas(ROOT / "schemas")


def dataset(drop: Path, text: str, schema: str | None = None) -> object:
    """Load a dataset.yaml of that content."""
    folder = drop / "kankyo" / "hoankirin"
    folder.mkdir(exist_ok=True)
    (folder / "dataset.yaml").write_text(text, encoding="utf-8")
    catalog = load_catalog(drop)
    department = load_department(drop / "kankyo", catalog)
    return load_dataset(folder, department, catalog, SCHEMAS, SCHEMAS[schema] if schema else None)


def test_defaults_flow_down(drop: Path) -> None:
    """What the department does not say is the catalogue's; what the dataset does not say is the department's."""
    catalog = load_catalog(drop)
    department = load_department(drop / "kankyo", catalog)
    assert (department.municipality, department.code, department.licence.id) == ("相模原市", "141500", "cc-by")
    spec = standard_dataset(SCHEMAS["public_toilet"], department, catalog, None)
    assert spec.credit == "公衆トイレ一覧、相模原市、CC BY 4.0"
    assert spec.licence == catalog.licence


def test_targets_are_numbers(drop: Path) -> None:
    """The plan's targets come out as numbers with their fiscal years."""
    datasets, accesses = load_catalog(drop).targets
    assert (datasets.base_fy, datasets.base, datasets.target_fy, datasets.target) == (2022, 48, 2027, 100)
    assert (accesses.base, accesses.target) == (73098, 101000)


def test_scalars_stay_text(drop: Path) -> None:
    """012025, 9:30 and no are what was typed."""
    spec = dataset(drop, "title: 表\nversion: 012025\nconstants: {開始: 9:30, 可否: no}\n")
    assert spec.version == "012025"  # type: ignore[attr-defined]
    assert spec.constants == {"開始": "9:30", "可否": "no"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text, told",
    [
        ("title: 表\nnots: 説明\n", "「notes」のことですか"),
        ("title: 表\nname: 日本語\n", "「name」の値"),
        ("title: 表\nexpect: {row: [1, 2]}\n", "「rows」のことですか"),
        ("title: 表\ncombine: pile\n", "決められた語から"),
        ("- a\n", "「キー: 値」の形"),
        ("title: [表\n", "YAML"),
        ("title: 表\ntitle: 表2\n", "title"),
        ("notes: 題名がない\n", "「title」"),
        ("title: 表\nschema: no_such_schema\n", "schemas/ にありません"),
    ],
)
def test_a_wrong_file_is_told_with_what_to_write(drop: Path, text: str, told: str) -> None:
    """Each mistake names the file, the key and what to write instead."""
    with pytest.raises(ConfigError, match=r"dataset\.yaml") as caught:
        dataset(drop, text)
    assert told in str(caught.value)


def test_open_ends_of_expected_rows(drop: Path) -> None:
    """``rows: [20, ]`` means at least 20."""
    assert dataset(drop, "title: 表\nexpect: {rows: [20, '']}\n").expect_rows == (20, None)  # type: ignore[attr-defined]


def test_a_sample_is_marked_wherever_it_shows(drop: Path) -> None:
    """A sample department's datasets say so in title, notes and tags, with the other city's name."""
    text = "id: sample\ntitle: 防災\nmunicipality: 焼津市\ncode: '222127'\nsample: true\n"
    (drop / "kankyo" / "department.yaml").write_text(text, encoding="utf-8")
    catalog = load_catalog(drop)
    department = load_department(drop / "kankyo", catalog)
    spec = standard_dataset(SCHEMAS["public_toilet"], department, catalog, None)
    assert spec.name == "222127_public_toilet"
    assert spec.title == "公衆トイレ一覧（見本：焼津市）"
    assert spec.notes.startswith("これは動作確認用の見本です。")
    assert {"見本", "焼津市"} <= set(spec.tags)


def test_missing_catalog_yaml_is_told(tmp_path: Path) -> None:
    """Without catalog.yaml the message says how to get one."""
    with pytest.raises(ConfigError, match=r"publish\.py new catalog"):
        load_catalog(tmp_path)


def test_the_shipped_catalog_is_valid() -> None:
    """The catalogue of this checkout is Sagamihara's, with the plan's targets."""
    catalog = load_catalog(ROOT / "datasets")
    assert (catalog.publisher, catalog.code, catalog.licence.id) == ("相模原市", "141500", "cc-by")
    assert {(t.kpi, t.base, t.target) for t in catalog.targets} == {
        ("datasets", 48, 100),
        ("accesses", 73098, 101000),
    }
