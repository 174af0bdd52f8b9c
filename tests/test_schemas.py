"""The national standard datasets as data: every file under schemas/ and its loader."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import frictionless
import pytest

from pipelines.cleaning import KINDS, NOTATIONS, clean, match_key, write
from pipelines.config.schema import Kind, Notation, load_schema, load_schemas
from pipelines.config.yamlfile import load_yaml
from pipelines.model import ConfigError, Field, Schema

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = load_schemas(ROOT / "schemas")
ALL = list(SCHEMAS.values())
each = pytest.mark.parametrize("schema", ALL, ids=lambda s: s.name)


def test_both_generations_are_complete() -> None:
    """25 sets of the second generation have known columns, 14 of the first have a successor among them."""
    second = [s for s in ALL if s.generation == 2]
    first = [s for s in ALL if s.generation == 1]
    assert (len(second), len(first)) == (25, 14)
    assert len({s.number for s in second}) == 25
    assert all(SCHEMAS[s.successor or ""].number == s.number for s in first)


@each
def test_source_and_completeness_are_stated(schema: Schema) -> None:
    """A schema says where its columns come from, under which licence, and how complete they are."""
    assert all((schema.source, schema.version, schema.licence, schema.completeness))


@each
def test_order_is_claimed_only_where_it_is_known(schema: Schema) -> None:
    """Only sets whose header was seen in an official sheet or in real files have an official order."""
    known = schema.completeness.startswith(("exact", "header_exact"))
    assert schema.ordered == known


@each
def test_requirement_levels_are_official(schema: Schema) -> None:
    """Of the second generation only 03 and 13 have known levels; a cell is required only where the level is ◎."""
    if schema.generation == 2:
        assert any(f.level for f in schema.fields) == (schema.number in (3, 13))
    for field in schema.fields:
        assert not field.constraints.get("required") or field.level == "◎", field.name


@each
def test_a_flag_that_may_be_empty_is_not_required(schema: Schema) -> None:
    """災害種別 is ◎ as a column, and an empty cell in it means no."""
    for field in schema.fields:
        assert field.write != "flag-1" or "required" not in field.constraints


@each
def test_no_name_stands_for_two_columns(schema: Schema) -> None:
    """Names, aliases and first-generation names of one schema are distinct after folding."""
    targets: dict[str, set[str]] = {}
    for name, target in [
        *((name, f.name) for f in schema.fields for name in (f.name, *f.aliases)),
        *schema.renames.items(),
        *((part, part) for parts in schema.merges.values() for part in parts),
    ]:
        targets.setdefault(match_key(name), set()).add(target)
    assert {key: t for key, t in targets.items() if len(t) > 1} == {}


def test_no_dataset_name_stands_for_two_sets() -> None:
    """Titles and aliases by which a dropped file is recognised are distinct after folding."""
    seen: dict[str, str] = {}
    for schema in ALL:
        for name in {match_key(n) for n in (schema.title if schema.generation == 2 else "", *schema.aliases) if n}:
            assert seen.setdefault(name, schema.name) == schema.name, name


@each
def test_descriptor_is_a_pure_table_schema(schema: Schema) -> None:
    """Frictionless accepts the descriptor, and none of our own keys are in it."""
    found = frictionless.Schema.from_descriptor(dict(schema.descriptor))
    assert found.field_names == [f.name for f in schema.fields]
    allowed = {"name", "type", "title", "description", "example", "constraints"}
    assert all(set(f) <= allowed for f in schema.descriptor["fields"])
    assert set(schema.descriptor) <= {"fields", "missingValues", "primaryKey"}


@each
def test_tags_are_legal_in_ckan(schema: Schema) -> None:
    """Letters and digits of any script, blank, hyphen, underscore and full stop; 2 to 100 characters; a pair."""
    assert len(schema.tags) == 2
    assert all(re.fullmatch(r"[\w \-.]{2,100}", tag) for tag in schema.tags)


@each
def test_codes_and_coordinates_stay_text(schema: Schema) -> None:
    """Leading zeros of codes and trailing zeros of coordinates survive because these columns are strings."""
    for field in schema.fields:
        if re.search("コード$|番号$|ID$|^NO$|緯度$|経度$", field.name):
            assert field.type == "string", field.name
        if field.role in ("latitude", "longitude"):
            assert field.datastore == "numeric", field.name


@each
def test_examples_and_vocabularies_agree_with_the_cleaners(schema: Schema) -> None:
    """A word of an enum comes back unchanged from cleaner and notation; a real example satisfies its pattern."""
    for field in schema.fields:
        _agrees(field)


def _agrees(field: Field) -> None:
    for word in field.constraints.get("enum", ()):
        answer = clean(field.clean, word)
        assert write(field.write or "text", answer.value or "") == word
    pattern = field.constraints.get("pattern")
    if field.example and pattern:
        assert re.fullmatch(pattern, field.example)
    if field.example and not re.search("○|0000|ooo|1234567", field.example):  # the sheet's own placeholders
        assert clean(field.clean, field.example).status != "error"


def test_kinds_and_notations_are_those_of_the_cleaners() -> None:
    """What a schema may write under clean: and write: exists in pipelines.cleaning."""
    pairs = {"coord", "csv_injection", "decode", "tokyo_datum"}
    assert set(get_args(Kind)) == set(KINDS) - pairs
    assert set(get_args(Notation)) == set(NOTATIONS)


def test_toilet_header_is_the_official_one() -> None:
    """Set 13 is known exactly: 39 columns, three of them ◎, codes with their leading zero."""
    toilet = SCHEMAS["public_toilet"]
    assert len(toilet.fields) == 39
    assert [f.name for f in toilet.fields if f.level == "◎"] == ["名称", "所在地_連結表記", "設置位置"]
    assert toilet.fields[0].example == "011002"
    assert toilet.field("高度の種別") is not None


# ── the loader ─────────────────────────────────────────────────────────────────────────────────


SMALL = """\
name: small
title: 小さな表
fields:
  - name: 番号
    clean: code
  - name: 人数
    type: integer
    clean: integer
    constraints: {minimum: 0, required: true}
"""


def written(folder: Path, text: str, name: str = "small") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_own_schema_needs_only_name_title_and_fields(tmp_path: Path) -> None:
    """A city's own schema has no standard: section and generation 0; bounds become numbers."""
    schema = load_schema(written(tmp_path, SMALL))
    assert (schema.generation, schema.title) == (0, "小さな表")
    assert schema.descriptor["fields"][1] == {
        "name": "人数",
        "type": "integer",
        "constraints": {"minimum": 0, "required": True},
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("clean: code", "cleen: code", "「clean」のことですか"),
        ("clean: code", "clean: kode", "fields.0.clean"),
        ("minimum: 0", "minimun: 0", "「minimum」のことですか"),
        ("name: 人数", "name: 番号", "「番号」が二度"),
        ("title: 小さな表", "title: 小さな表\nrenames: {古い: 新しい}", "「新しい」という列"),
        ("title: 小さな表", "title: 小さな表\nprimaryKey: [ID]", "「ID」という列"),
        ("title: 小さな表", "title: 小さな表\ntitle: 別の表", "3 行目: 「title」が二度"),
        ("title: 小さな表", "title: [小さな表", "YAML として読めません"),
        ("title: 小さな表", "title: 小さな表\n\taliases: []", "タブ"),
        ("    clean: code\n", "    clean: code\n    aliases: &a [*a]\n", "自分自身"),
        ("fields:", "fields: []\nrenames:", "列を1つ以上"),
    ],
)
def test_mistakes_in_a_schema_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A wrong schema is a ConfigError in Japanese that says what to write instead."""
    text = SMALL.split("  - name")[0] + "  a: b\n" if new.startswith("fields: []") else SMALL
    assert old in text
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_schema(written(tmp_path, text.replace(old, new, 1)))


def test_yaml_scalars_stay_what_was_typed(tmp_path: Path) -> None:
    """No octal numbers, no booleans, no sexagesimal times, no dates, no null."""
    path = written(tmp_path, "a: 012025\nb: [no, 9:30, 2024-04-01, ~]\nc:\n")
    assert load_yaml(path) == {"a": "012025", "b": ["no", "9:30", "2024-04-01", "~"], "c": ""}


def test_yaml_that_is_not_utf8_or_not_there(tmp_path: Path) -> None:
    """A CP932 file and a missing file are ConfigErrors that name the file."""
    path = tmp_path / "x.yaml"
    with pytest.raises(ConfigError, match="開けません"):
        load_yaml(path)
    path.write_bytes("題名: 表".encode("cp932"))
    with pytest.raises(ConfigError, match="UTF-8"):
        load_yaml(path)


def test_schemas_are_read_when_asked_for(tmp_path: Path) -> None:
    """A broken schema disturbs only who asks for it; a file whose name differs from its stem is refused."""
    written(tmp_path, SMALL)
    written(tmp_path, SMALL, "other")
    written(tmp_path, "a: [", "broken")
    schemas = load_schemas(tmp_path)
    assert sorted(schemas) == ["broken", "other", "small"]
    assert schemas["small"] is schemas["small"]
    with pytest.raises(ConfigError, match="ファイル名と同じ"):
        schemas["other"]
