"""住民票コード: 11 digits under a heading or beside a word that says so.

The formula of its check digit is not used: no public source for it was confirmed, so the heading decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.screen.finding import BLOCK, Detector, Finding, ScreenRules, finding
from pipelines.screen.looking import Table

_WORD = r"住民票?(?:の)?コード|住基(?:ネット)?コード|住民基本台帳コード|住民票番号|juminhyo-?code"
_HEAD = re.compile(_WORD)
_NUMBER = re.compile(r"(?<![0-9])[0-9](?:[ \-・/_.]{0,2}[0-9]){9,10}(?:\.0)?(?![0-9])")
_LONG = r"[0-9](?:[^0-9\n]{0,2}[0-9]){9,10}(?![0-9])"
_IN_TEXT = re.compile(
    rf"(?:{_WORD.replace('票?', ' ?票? ?')})[^0-9\n]{{0,15}}(?:11 ?桁[^0-9\n]{{0,5}})?{_LONG}"
    rf"|(?<![0-9])[0-9](?:[ \-]?[0-9]){{9,10}}[^0-9\n]{{0,4}}(?:{_WORD})",
    re.I,
)


def find(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """BLOCK: under such a heading every number of 11 digits (or 10: a lost leading zero); in text beside the word."""
    for column in table.filled:
        if not column.may_match(digits=10):
            continue
        hits = set(column.with_match(_IN_TEXT, "住|juminhyo"))
        if _HEAD.search(column.head) or any(_HEAD.fullmatch(key.replace(" ", "")) for key in column.first_keys):
            hits.update(column.with_match(_NUMBER))
        yield from finding(
            "resident_code", BLOCK, column, hits, "見出しまたは本文が住民票コードで、11桁の番号が入っています"
        )
    for column in table.in_parts(_HEAD, 11):
        because = "見出しが住民票コードで、隣の列とつなぐと11桁になります"
        yield from finding("resident_code", BLOCK, column, range(len(column.values)), because)


DETECTOR = Detector(
    id="resident-code",
    version="3",
    title="住民票コード",
    source="住民基本台帳法第30条の37・第30条の38（見出しと11桁で判定。検査数字は使わない）",
    find=find,
    advice="住民票コードを含むファイルは公開できません（承認による解除もできません）。番号の列を消し、別のファイルとして置き直してください。",
)
