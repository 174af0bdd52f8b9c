"""Rows that say that there is nothing (「該当なし」) are no data; rows that say the same twice are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.cleaning.keys import match_key
from pipelines.model import Level, Origin
from pipelines.standardize._coded import Coded
from pipelines.standardize.headers import Matching
from pipelines.standardize.ledger import Ledger

if TYPE_CHECKING:
    import pandas as pd

#: with more repeats than this share, repeating is how the table is (one row per vote, per sale), not a slip
_SLIP = 0.1
_LEAST_COLUMNS = 3
_STATEMENTS = frozenset(map(match_key, ("該当なし", "該当無し", "該当ナシ", "該当データなし", "該当施設なし")))
#: columns that name the publisher and therefore stand filled beside a 該当なし
_PUBLISHER = frozenset({"全国地方公共団体コード", "市区町村コード", "地方公共団体名", "都道府県名", "市区町村名", "ID"})


def without_empty_statements(
    source: Mapping[int, Coded], matching: Matching, ledger: Ledger
) -> tuple[dict[int, Coded], Origin]:
    """Drop every row whose only content is 「該当なし」, with a NOTICE each."""
    publisher = {m.column for m in matching.matches if m.target in _PUBLISHER}
    origin = ledger.origin
    rows = _statement_rows({j: c for j, c in source.items() if j not in publisher})
    for row in rows:
        message = "「該当なし」とだけ書かれた行は、データではないので取り除きました。"
        ledger.report("row-no-data", Level.NOTICE, ledger.cell(row, None, None), message)
    if not rows:
        return dict(source), origin
    dropped = set(rows)
    kept = [i for i in range(len(origin.rows)) if i not in dropped]
    return {j: c.taken(kept) for j, c in source.items()}, _kept(origin, kept)


def _statement_rows(source: Mapping[int, Coded]) -> list[int]:
    said: set[int] = set()
    for coded in source.values():
        for code, value in enumerate(coded.values):
            if "該当" in value and match_key(value) in _STATEMENTS:
                said |= set(coded.rows(code))
    return sorted(row for row in said if all(_says_nothing(c.values[c.codes[row]]) for c in source.values()))


def _says_nothing(text: str) -> bool:
    return not text.strip() or match_key(text) in _STATEMENTS


def _kept(origin: Origin, rows: list[int]) -> Origin:
    block = None if origin.block is None else [origin.block[i] for i in rows]
    return replace(origin, rows=[origin.rows[i] for i in rows], block=block)


def tell_repeated(frame: pd.DataFrame, ledger: Ledger) -> None:
    """Rows that equal an earlier row in every column: copied twice, or pasted over another record."""
    again: list[int] = frame.duplicated().to_numpy().nonzero()[0].tolist() if frame.shape[1] >= _LEAST_COLUMNS else []
    if not again:
        return
    slip = len(again) <= max(1, _SLIP * len(frame))
    place = ledger.cell(again[0], None, None)
    message = f"ほかの行とすべての列が同じ行が{len(again)}行あります（最初は{place.row}行目）。"
    hint = "写し間違いなら一方を消し、別のものなら違いが分かる列を加えてください。"
    level = Level.WARNING if slip else Level.NOTICE
    ledger.report("rows-repeated", level, place, message, hint)
