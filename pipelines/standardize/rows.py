"""Rows that say that there is nothing (「該当なし」) are no data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipelines.cleaning.keys import match_key
from pipelines.model import Level, Origin
from pipelines.standardize._coded import Coded
from pipelines.standardize.headers import Matching
from pipelines.standardize.ledger import Ledger

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
