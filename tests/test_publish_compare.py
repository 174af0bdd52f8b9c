"""The three-way comparison: properties over generated datasets, edits and lost memories; no portal is needed."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.model import Action, Package
from pipelines.publish.compare import Difference, compare
from pipelines.publish.marks import Memory, files_of, left_behind, short, untouched_but
from pipelines.publish.wanted import DIGEST, HISTORY, STATE, Wanted, wanted
from tests.publishing import catalog_of, package, rows

WORDS = st.text("あいう漢字AB 12\n", max_size=6)
TAGS = st.lists(st.sampled_from(["施設", "防災", "子育て", "統計"]), unique=True, max_size=3).map(tuple)
KEYS = ("title", "notes", "version")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """A package of one file."""
    return package(tmp_path_factory.mktemp("compare"), "shisetsu", rows(3))


def want_of(made: Package, tags: tuple[str, ...] = ("施設",), **scalars: str) -> Wanted:
    """What is wanted of the package with these texts."""
    base = wanted(made, catalog_of(Path()))
    digest = short(repr((tags, sorted(scalars.items()))))
    return replace(base, tags=tags, digest=digest, scalars={**base.scalars, **scalars})


def applied(portal: dict[str, Any] | None, difference: Difference) -> dict[str, Any]:
    """The portal after an update, as CKAN would keep it."""
    have = copy.deepcopy(portal) or {"id": "1", "name": difference.wanted.name, "state": "active", "private": True}
    have |= copy.deepcopy(difference.update)
    have["organization"] = {"name": have.get("owner_org") or have["organization"]["name"]}
    sizes = {r.id: r.file.size for r in difference.wanted.resources}
    sent = {r.id for r in difference.uploads}
    for resource in have.get("resources") or ():
        if resource["id"] in sent:
            resource |= {"size": sizes[resource["id"]], "last_modified": f"t{difference.wanted.digest}"}
    return have


def start(want: Wanted) -> dict[str, Any]:
    """The empty start that publishing makes first."""
    return {
        "id": "1",
        "name": want.name,
        "state": "active",
        "private": True,
        "extras": [{"key": DIGEST, "value": "draft"}],
        "organization": {"name": want.scalars["owner_org"]},
    }


def published(
    want: Wanted, portal: dict[str, Any] | None = None, memory: Memory | None = None
) -> tuple[dict[str, Any], Memory]:
    """The portal and our memory after one publication."""
    difference = compare(want, portal or start(want), memory, "2026-11-22 公開")
    have = applied(portal or start(want), difference)
    return have, replace(compare(want, have, memory).memory, files=files_of(have))


@settings(max_examples=100, deadline=None)
@given(title=WORDS, notes=WORDS, tags=TAGS, second=WORDS, tags2=TAGS, kept=st.booleans())
def test_applying_settles_everything(
    made: Package, title: str, notes: str, tags: tuple[str, ...], second: str, tags2: tuple[str, ...], kept: bool
) -> None:
    """After a publication, and after the next one, with or without memory, nothing is left to write."""
    first = want_of(made, tags, title=title, notes=notes)
    portal, memory = published(first)
    assert not compare(first, portal, memory).writes
    assert not compare(first, portal, None).writes
    then = want_of(made, tags2, title=title, notes=second)
    known = memory if kept else None
    portal, memory = published(then, portal, known)
    assert not compare(then, portal, memory).writes
    assert compare(then, portal, memory).drift == ()
    assert not compare(then, portal, None).writes


@settings(max_examples=100, deadline=None)
@given(key=st.sampled_from(KEYS), edit=st.text("人手直", min_size=1, max_size=4), notes=WORDS, kept=st.booleans())
def test_a_persons_text_survives_any_number_of_publications(
    made: Package, key: str, edit: str, notes: str, kept: bool
) -> None:
    """What a person wrote stays, is told each time, and does not keep our other changes from going out."""
    want = want_of(made)
    portal, memory = published(want)
    portal[key] = edit
    for number in range(3):
        # a lost memory is lost in every run, the portal's own mark has to do
        known = memory if kept else None
        then = want_of(made, ("施設", f"版{number}"), author=f"課{number}")
        told = compare(then, portal, known)
        assert key in [c.field for c in told.drift]
        portal, memory = published(then, portal, known)
        assert portal[key] == edit
        assert not compare(then, portal, memory if kept else None).writes
    if kept:
        assert (portal["author"], {t["name"] for t in portal["tags"]}) == ("課2", {"施設", "版2"})


def test_an_edit_taken_back_is_ours_again(made: Package) -> None:
    """A person restores our text: from then on it is ours to change."""
    portal, memory = published(want_of(made))
    ours = portal["notes"]
    portal["notes"] = "人が直した"
    portal, memory = published(want_of(made, ("施設", "新")), portal, memory)
    portal["notes"] = ours
    then = compare(want_of(made, ("施設", "新"), notes="次の説明"), portal, memory)
    assert (then.drift, then.update["notes"]) == ((), "次の説明")


def test_overwrite_takes_the_portal_back(made: Package) -> None:
    """``portal_edits: overwrite`` writes our values over a person's."""
    want = replace(want_of(made), portal_edits="overwrite")
    portal, memory = published(want)
    portal["notes"] = "人が直した"
    portal["tags"].append({"name": "人の札"})
    difference = compare(want, portal, memory)
    assert difference.drift == ()
    assert difference.update["notes"] == want.scalars["notes"]
    assert difference.update["tags"] == [{"name": "施設"}]


def test_tags_merge_by_name(made: Package) -> None:
    """A person's tag stays, one they took off stays off, ours come and go with the drop."""
    portal, memory = published(want_of(made, ("施設", "防災")))
    portal["tags"] = [{"name": "施設"}, {"name": "人の札"}]
    portal, memory = published(want_of(made, ("施設", "防災", "統計")), portal, memory)
    assert {t["name"] for t in portal["tags"]} == {"施設", "人の札", "統計"}
    portal, memory = published(want_of(made, ("防災",)), portal, memory)
    assert "施設" not in {t["name"] for t in portal["tags"]}
    assert "人の札" in {t["name"] for t in portal["tags"]}


def test_our_extras_go_when_they_are_empty_and_others_stay(made: Package) -> None:
    """An extra we no longer want is removed; a person's is not."""
    want = replace(want_of(made), extras={"frequency": "年1回"})
    portal, memory = published(want)
    portal["extras"].append({"key": "memo", "value": "人のメモ"})
    portal, memory = published(replace(want, extras={}, digest="n"), portal, memory)
    kept = {e["key"] for e in portal["extras"]}
    assert "memo" in kept
    assert "frequency" not in kept


def test_resources_of_others_stay_and_ours_come_first(made: Package) -> None:
    """A resource a person added stays behind ours; one we no longer make is taken away."""
    want = want_of(made)
    portal, memory = published(want)
    portal["resources"].append({"id": "theirs", "name": "人の資料", "url": "https://example.jp"})
    two = replace(want.resources[0], id="second")
    portal, memory = published(replace(want, resources=(two,), digest="n"), portal, memory)
    assert [r["id"] for r in portal["resources"]] == ["second", "theirs"]


def test_a_loader_of_the_portal_may_write_its_own_hash(made: Package) -> None:
    """A hash of another kind, put there after we published exactly this, is no reason to send the file again."""
    want = want_of(made)
    portal, memory = published(want)
    portal["resources"][0]["hash"] = "5d41402abc4b2a76b9719d911017c592"
    assert not compare(want, portal, memory).writes
    assert compare(replace(want, digest="n"), portal, memory).uploads


@pytest.mark.parametrize("field, value", [("size", 1), ("last_modified", "2026-11-23T00:00:00"), ("hash", "sha256:0")])
def test_another_file_is_noticed(made: Package, field: str, value: Any) -> None:
    """Another size, time or hash of ours on the portal sends our file again."""
    want = want_of(made)
    portal, memory = published(want)
    portal["resources"][0][field] = value
    assert [r.id for r in compare(want, portal, memory).uploads] == [want.resources[0].id]


def test_the_beginning_of_a_plan(made: Package) -> None:
    """A new dataset starts with ``create``; an unfinished start becomes public; a hidden one stays hidden."""
    want = want_of(made)
    assert compare(want, None).changes[0].action is Action.CREATE
    assert compare(want, start(want)).update["private"] is False
    portal, memory = published(want)
    portal["private"] = True
    hidden = compare(want, portal, memory)
    assert (hidden.writes, [c.field for c in hidden.drift]) == (False, ["private"])


def test_history_keeps_the_newest_lines(made: Package) -> None:
    """更新履歴 has the newest publication first and does not grow for ever; it never counts as an edit."""
    portal: dict[str, Any] | None = None
    memory = None
    for number in range(30):
        want = want_of(made, notes=f"説明{number}")
        difference = compare(want, portal or start(want), memory, f"{number}")
        portal = applied(portal or start(want), difference)
        memory = difference.memory
    extras = {e["key"]: e["value"] for e in portal["extras"]} if portal else {}
    assert extras[HISTORY].splitlines() == [str(n) for n in range(29, 9, -1)]


@given(st.dictionaries(st.sampled_from(["title", "notes", "url"]), WORDS), st.sets(st.sampled_from(["notes", "tags"])))
def test_the_mark_tells_what_was_left(dataset: dict[str, Any], edited: set[str]) -> None:
    """A dataset marked and not edited gives back the keys edited before; any other edit gives None."""
    left = {**dataset, "extras": [{"key": STATE, "value": left_behind(dataset, edited)}]}
    assert untouched_but(left) == frozenset(edited)
    assert untouched_but({**left, "title": "別の題名です"}) is None
