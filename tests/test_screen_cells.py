"""Cheap facts about a column's bytes: they may say "perhaps" too often, never "no" wrongly."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.model import Origin, SourceBlock
from pipelines.screen.cells import Cells
from pipelines.screen.column import Column
from pipelines.screen.folding import fold

TEXTS = st.lists(
    st.text(st.sampled_from("09 -.:a@,=〇一０９・\u3000\n山ー"), max_size=9) | st.text(max_size=4) | st.none(),
    max_size=12,
)


def cells(texts: list[str | None], dtype: str = "string[pyarrow]") -> Cells:
    """A column of these cells."""
    return Cells(pd.Series(texts, dtype=dtype))


def column(texts: list[str | None]) -> Column:
    """The same as a detector sees it."""
    origin = Origin(blocks=(SourceBlock(path="a.csv", sheet=None, columns=(1,)),), rows=range(2, len(texts) + 2))
    places = [origin.place(n, 0, "甲") for n in range(len(texts))]
    return Column(index=0, label="甲", heads=("甲",), published=True, cells=cells(texts), places=places)


@given(TEXTS)
def test_facts_are_those_of_the_cells(texts: list[str | None]) -> None:
    """Each fact equals what a plain loop over the cells finds; blank and missing cells do not count as values."""
    told = [text for text in texts if text]
    kept = [text for text in told if not text.isspace()]
    one = cells(texts)
    assert one.values == tuple(dict.fromkeys(kept))
    assert one.counts == tuple(kept.count(value) for value in one.values)
    assert one.rows == tuple(texts.index(value) for value in one.values)
    assert one.filled == bool("".join(told).strip())
    assert one.ascii == all(text.isascii() for text in told)
    assert one.longest == max((len(text.encode()) for text in told), default=0)
    assert one.shortest == min((len(text.encode()) for text in told), default=0)
    assert one.most_digits == max((sum(c in "0123456789" for c in text) for text in told), default=0)
    assert one.bare == all(set(text) <= set("0123456789.-+:/, ") for text in told)
    assert one.starts(b"=-") == any(text[0] in "=-" for text in told)


@given(TEXTS)
def test_a_need_never_hides_a_match(texts: list[str | None]) -> None:
    """A pattern with needs finds in a column what it finds in the keys of the cells, one by one."""
    needs = {"digits": (r"[0-9]{3}", {"digits": 3}), "words": ("@a|山", {"needs": "@a|山"})}
    needs["letters"] = (r"[a山][0-9]", {"letters": True, "digits": 1, "rough": "[a-z][0-9]"})
    looked = column(texts)
    for pattern, need in needs.values():
        naive = [n for n, value in enumerate(looked.values) if re.search(pattern, fold(value))]
        assert looked.with_match(re.compile(pattern), **need) == naive  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", ["string[pyarrow]", "string[python]", "object", "str"])
def test_any_kind_of_text_column_is_read(dtype: str) -> None:
    """Whatever holds the texts, also a part of a column without its beginning."""
    whole = pd.Series(["x", "千葉", "", "12", "千葉"], dtype=dtype)
    part = Cells(whole.iloc[1:])
    assert (part.values, part.counts, part.rows, part.longest) == (("千葉", "12"), (2, 1), (0, 2), 6)
    assert part.head(1) == ("千葉",)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("0 9 0 1 2 3 4 5 6 7 8", "09012345678"),
        ("12 3 4 5 6 7 8 9", "12 3 4 5 6 7 8 9"),
        ("１・２・３・４・５・６・７", "1234567"),
        ("東京\u3000\u2009一丁目―２ー３", "東京 一丁目-2-3"),
        ("〇九〇・一二三四・五六七八", "090・1234・5678"),
        ("﨑\u200b山", "崎山"),
    ],
)
def test_folding(value: str, key: str) -> None:
    """Digits one by one come together, all hyphens are one, spaces are one, what is invisible is gone."""
    assert fold(value) == key
