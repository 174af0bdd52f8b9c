"""基礎年金番号 and 被保険者証の記号・番号 (告知要求制限の対象).

A pension number is 4 + 6 digits; ten bare digits are also the public number of a care office, so bare digits need the
heading.  保険者番号 (of the insurer) is public; 被保険者 (the insured) is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.screen.finding import HOLD, Detector, Finding, ScreenRules, finding
from pipelines.screen.looking import Table

_PENSION_HEAD = re.compile(r"年金(?:手帳|証書)?(?:の)?(?:記号|番号|no|コード)|基礎年金|pension")
_PENSION = re.compile(r"(?<![0-9\-])[0-9]{4}[ \-][0-9]{6}(?![0-9\-])")
_PENSION_BARE = re.compile(r"(?<![0-9])[0-9]{4}[ \-・/.]?[0-9]{6}(?![0-9])")
_PENSION_TEXT = re.compile(r"年金[^0-9\n]{0,12}[0-9]{4}[ \-・/.]?[0-9]{6}(?![0-9])")
_PENSION_WHOLE = re.compile(r"^ ?(?!0[1-9])[0-9]{4}-[0-9]{6} ?$", re.M)

_INSURED_HEAD = re.compile(
    r"被保険者(?:証)?(?:等)?(?:の)?(?:記号|番号|no\.?|id|証|$|\||_|・|/)|(?:健康)?保険証|被扶養者(?:番号|"
    r"記号)|受給者(?:証)?(?:番号|no)|(?<!number_of_)(?<!numberof)(?<!numberofprimary)insured"
)
_COUNT = re.compile(r"(?:数|率|割合|件|額|人|枚|平均|計)(?:\||$|\()")
_HAS_NUMBER = re.compile(r"[0-9]{2,}")
_INSURED_TEXT = re.compile(
    r"記号[^0-9\n]{0,4}[0-9\-]{1,12}[^0-9\n]{0,6}番号[^0-9\n]{0,4}[0-9]{1,12}"
    r"|(?:被保険者|保険証|被扶養者)(?:証)?(?:等)?(?:の)?[^0-9\n]{0,10}[0-9][0-9\-]{2,14}(?![0-9]*[人名件円%年])"
)


def find_pension(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD by heading or word; without one only where half the column is written 1234-567890."""
    for column in table.filled:
        hits = set(column.with_match(_PENSION_TEXT, "年金"))
        if _PENSION_HEAD.search(column.head):
            hits.update(column.with_match(_PENSION_BARE))
        else:
            whole = column.with_match(_PENSION_WHOLE, digits=10, rough="[0-9]{4}-[0-9]{6}")
            hits.update(whole if whole and len(whole) >= 0.5 * len(column.values) else [])
        yield from finding("pension_number", HOLD, column, hits, "基礎年金番号の形（4桁-6桁）です")


def find_insured(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD for numbers under a heading of the insured (not of the insurer, not counts), and for 記号…番号… in text."""
    for column in table.filled:
        hits = set(column.with_match(_INSURED_TEXT, "記号|保険|被扶養"))
        if _INSURED_HEAD.search(column.head) and not _COUNT.search(column.head):
            hits.update(column.with_match(_HAS_NUMBER))
        yield from finding("insured_number", HOLD, column, hits, "被保険者証等の記号・番号です")


_ADVICE = "記号・番号の列を消してください。告知を求めることが法律で制限されている番号です。"
PENSION = Detector(
    id="pension-number",
    version="2",
    title="基礎年金番号",
    source="国民年金法第108条の4",
    find=find_pension,
    advice=_ADVICE,
)
INSURED = Detector(
    id="insured-number",
    version="1",
    title="被保険者等の記号・番号",
    source="健康保険法第194条の2・国民健康保険法第111条の2（告知要求制限）",
    find=find_insured,
    advice=_ADVICE,
)
