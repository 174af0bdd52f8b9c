"""Two stages that notice the same cell: said once, by the one that knows better."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.model import Level, Place, Problem
from pipelines.run.once import said_by_all, said_once
from tests.test_run_build import built, codes, dataset


def said(code: str, level: Level = Level.ERROR, row: int | None = 3, column: int | None = 2, **more: str) -> Problem:
    """A problem of one cell of field 名称."""
    place = Place(path="a.csv", row=row, column=column, field=more.pop("field", "名称"))
    return Problem(code=code, level=level, place=place, message=more.pop("message", code), **more)


@pytest.mark.parametrize(
    ("read", "later", "kept"),
    [
        (["broken-character"], ["value-text"], ["broken-character"]),
        (["broken-character"], ["value-text", "constraint-error"], ["broken-character"]),
        ([], ["value-date", "type-error"], ["value-date"]),
        ([], ["value-date", "constraint-error"], ["value-date"]),
        ([], ["value-date", "unique-error"], ["value-date", "unique-error"]),
        ([], ["column-not-published", "undeclared-column"], ["column-not-published"]),
        ([], ["column-not-published", "held-new-column"], ["held-new-column"]),
        (["header-blank"], ["column-not-published"], ["header-blank", "column-not-published"]),
    ],
)
def test_the_same_cell_is_said_once(read: list[str], later: list[str], kept: list[str]) -> None:
    """Reading before standardize before Frictionless; a held column is not warned of; keys are another matter."""
    problems = said_once([said(c) for c in read], [said(c) for c in later])
    assert [p.code for p in problems] == kept


def test_other_cells_and_warnings_stay() -> None:
    """Another row is another problem; a warning silences nobody, and a grouped warning is never silenced."""
    read = [said("gaiji", Level.WARNING)]
    later = [said("value-text"), said("value-text", row=4), said("type-error", row=5), said("value-x", Level.WARNING)]
    assert said_once(read, later) == (*read, *later)


def test_a_made_column_is_found_by_its_name() -> None:
    """A column without a cell of its own is the same by its field."""
    later = [said("value-date", column=None), said("type-error", column=None)]
    assert [p.code for p in said_once([], later)] == ["value-date"]


def test_a_pair_of_coordinates_speaks_for_both_cells() -> None:
    """Exchanged in one row, or the two columns as a whole."""
    row = said("coordinate-zero", message="「緯度」と「経度」がどちらも0です。", value="0, 0", field="緯度")
    whole = said("coordinate-swapped", message="「緯度」の列に経度が、「経度」の列に緯度が", row=1, field="緯度")
    verdict = said("constraint-error", column=5, field="経度")
    assert said_once([], [row, verdict]) == (row,)
    assert said_once([], [whole, verdict]) == (whole,)
    assert len(said_once([], [row, said("constraint-error", row=9, column=5, field="経度")])) == 2


def test_what_reading_counted_is_not_counted_again() -> None:
    """After a hundred cells reading only says how many more there are; standardize names them one by one."""
    more = said("broken-character", row=None, column=None, message="同じことが、ほかに2か所あります：x")
    later = [said("value-text", row=8), said("value-text", row=9)]
    assert said_once([more], later) == tuple(later)
    assert said_once([more], later[:1]) == (more, later[0])


def test_stale_settings_are_those_of_every_file() -> None:
    """A rename unused in all files, and nothing else."""
    one = said("rename-unused", Level.NOTICE, message="A")
    two = said("rename-unused", Level.NOTICE, message="B")
    assert said_by_all([(one, two), (one, said("value-date"))]) == {("rename-unused", "A")}
    assert said_by_all([]) == frozenset()


def test_a_broken_character_in_a_drop_is_one_error(drop: Path) -> None:
    """Through all stages: one cell, one error; a column that stays here, one warning."""
    dataset(drop, "", a__csv="番号,名称,人数,メモ\n001,駅\ufffd,多数,内線\n")
    assert sorted(codes(built(drop)["data"].outcome)) == ["broken-character", "column-not-published", "value-integer"]


def test_a_missing_column_is_not_missing_in_every_row() -> None:
    """Frictionless finds the required column empty row by row; one line says that it is not there."""
    missing = said("column-missing", row=1, column=None)
    rows = [said("constraint-error", row=row, column=None) for row in (2, 3)]
    other = said("constraint-error", row=2, column=None, field="緯度")
    assert said_once([], [missing, *rows, other]) == (missing, other)
