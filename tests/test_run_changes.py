"""How changes of a plan read: names people know, and the place where two long texts begin to differ."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.model import Action, Change
from pipelines.run.changes import SHOWN, field_of, values_of

LONG = "この表は市内の施設をまとめたものです。" * 10


def change(field: str, old: Any, new: Any, **more: Any) -> Change:
    """One change of one dataset."""
    return Change(dataset="x", action=more.pop("action", Action.UPDATE), field=field, old=old, new=new, **more)


@pytest.mark.parametrize(
    "made, japanese, english",
    [
        (change("notes", "a", "b"), "説明", "notes"),
        (change("extras.frequency", "", "年1回"), "更新頻度", "extras.frequency"),
        (change("extras.own", "", "1"), "extras.own", "extras.own"),
        (change("resources.0b2c.name", "a", "b", about="x.csv"), "x.csv の名前", "x.csv name"),
        (change("x.csv", None, "sha256:00", action=Action.UPLOAD), "x.csv", "x.csv"),
    ],
    ids=["field", "extra", "unknown-extra", "file", "upload"],
)
def test_fields_have_names(made: Change, japanese: str, english: str) -> None:
    """No key of CKAN's and no UUID where a Japanese name is known; English names the key."""
    assert (field_of(made, "ja"), field_of(made, "en")) == (japanese, english)


@pytest.mark.parametrize(
    "made, told",
    [
        (change("private", False, True), ("公開中", "非公開")),
        (change("tags", ["防災"], ["防災", "施設"]), ("防災", "防災、施設")),
        (change("tags", [], ("施設",)), ("（なし）", "施設")),
        (change("notes", "一行\n二行", ""), ("一行 二行", "（なし）")),
        (change("x.csv", None, f"sha256:{'ab' * 32}", action=Action.UPLOAD), ("（なし）", "内容 abababababab")),
    ],
    ids=["private", "tags", "none", "lines", "hash"],
)
def test_values_are_short_lines(made: Change, told: tuple[str, str]) -> None:
    """Lists joined, lines joined, states in words, a fingerprint instead of a hash."""
    assert values_of(made, "ja", "（なし）") == told


def test_long_texts_show_where_they_differ() -> None:
    """An edit at the end of a long description is seen, not cut away."""
    old, new = values_of(change("notes", f"{LONG}旧", f"{LONG}新"), "ja", "（なし）")
    assert old != new
    assert (old[0], old[-1], new[-1]) == ("…", "旧", "新")
    assert max(len(old), len(new)) <= SHOWN + 2
