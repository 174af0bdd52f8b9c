"""運転免許証番号: 12 digits; 1–2 public safety commission, 11th a check digit, 12th times re-issued.

The 11th digit is (11 − Σ(5,4,3,2,7,6,5,4,3,2) mod 11) mod 10 over the first ten: customary, no ordinance confirmed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.screen.finding import HOLD, Detector, Finding, ScreenRules, finding
from pipelines.screen.looking import Table

_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_HEAD = re.compile(r"免許証|運転免許|免許(?:の)?番号|免許no|licen[cs]enumber|driver")
_NOT = re.compile(r"教員|宅建|宅地建物|医師|酒類")
_NUMBER = re.compile(r"(?<![0-9])[0-9](?:[ \-・/_.]{0,2}[0-9]){11}(?:\.0)?(?![0-9])")
_IN_TEXT = re.compile(r"免許[^0-9\n]{0,12}[0-9](?:[ \-・/_.]{0,2}[0-9]){11}(?![0-9])")
_WHOLE = re.compile(r"^ ?([0-9]{12}) ?$", re.M)


def valid(digits: str) -> bool:
    """True when twelve ASCII digits look like a driver's licence: commission 10–97 or 00, and the 11th digit fits."""
    if not re.fullmatch("[0-9]{12}", digits) or not (digits[:2] == "00" or 10 <= int(digits[:2]) <= 97):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return int(digits[10]) == (11 - total % 11) % 10


def find(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD by heading, by the word beside the number, or where nearly a whole column fits the formula."""
    for column in table.filled:
        hits = set(column.with_match(_IN_TEXT, "免許"))
        if _HEAD.search(column.head) and not _NOT.search(column.head):
            hits.update(column.with_match(_NUMBER))
        else:
            whole = {i: m.group(1) for i, m in column.matches(_WHOLE, digits=12)}
            fitting = {i for i, digits in whole.items() if valid(digits)}
            # numbered in sequence they share their first ten digits: then one fit says nothing about the next
            independent = {whole[i][:10] for i in fitting}
            if len(independent) >= 4 and len(independent) >= 0.8 * len(whole):
                hits.update(fitting)
        yield from finding("driver_licence", HOLD, column, hits, "運転免許証番号の形をした12桁の番号です")


DETECTOR = Detector(
    id="driver-licence",
    version="1",
    title="運転免許証番号",
    source="道路交通法第93条（算式は慣用。法令上の根拠は未確認）",
    find=find,
    advice="番号の列を消すか、公開してよい根拠があれば事務局の承認を受けてください。",
)
