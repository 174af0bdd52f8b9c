"""Some 450 ways in which Japanese offices write values, each with what an expert expects: ``cases/notation.jsonl``."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path

import pytest

from pipelines.cleaning import KINDS, clean
from pipelines.model import Level
from tests.test_standardize import spec, standardize, table
from tests.test_standardize_infer import schema_of

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "cases" / "notation.jsonl").read_text(encoding="utf-8").splitlines()
]
BY_KIND = [(kind, list(found)) for kind, found in groupby(CASES, key=lambda case: case[0])]


@pytest.mark.parametrize(("kind", "found"), BY_KIND, ids=[kind for kind, _ in BY_KIND])
def test_what_an_expert_expects(kind: str, found: list[list[str]]) -> None:
    """Status, canonical value and the reason of every one."""
    answers = [[kind, text, a.status, a.value, a.flag] for _, text, *_ in found for a in [clean(kind, text)]]
    assert answers == found


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_any_text_as_any_kind(kind: str) -> None:
    """Cleaning twice is cleaning once, a changed value names its rule, an error has no value: for every text here."""
    for text in {case[1] for case in CASES}:
        first = clean(kind, text)
        assert (first.status == "error") <= (first.value is None), (kind, text)
        assert (first.status != "error" and (first.value or "") != text) == (first.rule is not None), (
            kind,
            text,
            first,
        )
        if first.value is not None and kind not in ("decode", "tokyo_datum", "lgcode5to6"):
            assert clean(kind, first.value).value == first.value, (kind, text)


@pytest.mark.parametrize(
    ("values", "cells"), [(("1,200千円", "5千円"), []), (("1,200千円", "5000円", "7"), ["A2"]), (("5円", "7"), [])]
)
def test_thousands_beside_single_yen_are_not_one_column(values: tuple[str, ...], cells: list[str]) -> None:
    """The same unit throughout is taken off; another scale beside it would make 1,200 of 1,200,000."""
    schema = schema_of({"name": "own", "title": "表", "fields": [{"name": "額", "clean": "number", "type": "number"}]})
    step = standardize(table(["額"], *[[v] for v in values]), spec(schema))
    found = [p for p in step.problems if p.code == "units-mixed"]
    assert [p.place.cell for p in found] == cells
    assert all(p.level is Level.ERROR for p in found)
