"""個人番号（マイナンバー）: 12 digits, check digit by 総務省令第85号（平成26年）第5条.

r = Σ Pn·Qn mod 11 over the first eleven digits with the weights 6,5,4,3,2,7,6,5,4,3,2; the check digit is 0 for r ≤ 1,
else 11 − r.  One random number in ten passes, so the check digit alone decides nothing: heading or words beside it
block whatever the check digit says; without them it takes the rate of the whole column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from math import comb

from pipelines.screen.column import Column
from pipelines.screen.finding import BLOCK, HOLD, Detector, Finding, ScreenRules, finding
from pipelines.screen.looking import Table

_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_NOT_CARD = r"(?!カード(?:の|交付|普及|保有|申請))"
_WORD = rf"個人番号{_NOT_CARD}|マイナンバー{_NOT_CARD}|my-?number|(?:kojin|kozin)[-_]?bango"
_HEAD = re.compile(_WORD)
_IN_TEXT = re.compile(
    r"(?:個人 ?番号|マイ ?ナンバー|my ?number|"
    r"(?<![A-Za-z])MN)[^0-9\n]{0,15}(?:12 ?桁[^0-9\n]{0,5})?([0-9](?:[^0-9\n]{0,2}[0-9]){10,11})(?![0-9])",
    re.I,
)
_SEPARATED = re.compile(r"(?<![0-9])[0-9](?:[ \-・/_.:,|]{0,2}[0-9]){10,11}(?:\.0)?(?![0-9])")
_WHOLE = re.compile(r"^ ?([0-9]{12})(?:\.0)? ?$", re.M)
_PLAIN = r"(?<![0-9=_%#])(?<![0-9]\.)(?<![0-9A-Za-z]-)([0-9]{12})(?![0-9_%])(?!\.[0-9])(?!-[0-9A-Za-z])"
_GROUPED = r"(?<![0-9])(?<![0-9]{4}[ \-])([0-9]{4}[ \-][0-9]{4}[ \-][0-9]{4})(?![0-9])(?![ \-][0-9]{4}(?![0-9]))"
_SPACED = r"(?<![0-9])(?<![0-9] )([0-9](?: [0-9]){11})(?! ?[0-9])"
_EMBEDDED = re.compile(f"{_PLAIN}|{_GROUPED}|{_SPACED}|(?m:^ ?[0-9]{{4}}[・/_.:,][0-9]{{4}}[・/_.:,][0-9]{{4}} ?$)")
_URL = re.compile(r"[a-z]+://[^\s\n]*", re.I)
_TIME = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9]")
_YEARLY = re.compile(r"(?:19|20)[0-9]{2}[ \-・/_.](?:0[0-9]|1[0-2])[0-3][0-9]")
_FREE = re.compile(r"備考|メモ|摘要|その他|特記|注記|コメント|memo|note|comment|remark|自由記述|内容|相談|概要|説明")
_OTHER = re.compile(r"法人番号|免許|jan|gtin|バーコード|事業所番号|学校コード")
#: chance of so many passes among random numbers below which a column is one of My Numbers
_UNLIKELY = 1e-4


def valid(digits: str) -> bool:
    """True when twelve ASCII digits carry the check digit of an individual number."""
    if len(digits) != 12 or not digits.isascii() or not digits.isdigit():
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False)) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def find(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """BLOCK by heading, by words beside the number, or by column rate; HOLD where only a few numbers pass."""
    for column in table.filled:
        if not column.may_match(digits=11):
            continue
        hits = set(_by_word(column))
        if _headed(column):
            hits.update(i for i, match in column.matches(_SEPARATED, digits=11) if _counts_under_heading(match.group()))
            yield from finding("my_number", BLOCK, column, hits, "見出しが個人番号で、12桁の番号が入っています")
            continue
        yield from finding("my_number", BLOCK, column, hits, "番号のそばに「個人番号」「マイナンバー」と書かれています")
        yield from _by_rate(column, hits)
    for column in table.in_parts(_HEAD, 12):
        because = "見出しが個人番号で、隣の列とつなぐと12桁になります"
        yield from finding("my_number", BLOCK, column, range(len(column.values)), because)


def _headed(column: Column) -> bool:
    if _HEAD.search(column.head):
        return True
    return any(len(key) <= 16 and _HEAD.fullmatch(key.replace(" ", "").lower()) for key in column.first_keys)


def _by_word(column: Column) -> Iterator[int]:
    for index, _ in column.matches(_IN_TEXT, "個人|ナンバー|number|mn", 11):
        yield index


def _counts_under_heading(token: str) -> bool:
    digits = _digits(token.removesuffix(".0"))
    return len(digits) == 12 or (len(digits) == 11 and valid("0" + digits))


def _by_rate(column: Column, known: set[int]) -> Iterable[Finding]:
    whole = {i: m.group(1) for i, m in column.matches(_WHOLE, digits=12)}
    passing = {i for i, digits in whole.items() if valid(digits)}
    if _OTHER.search(column.head):
        passing = passing if _rate(passing, whole) >= 0.9 and len(whole) >= 10 else set()
    sparse = len(whole) < 0.5 * len(column.values) or bool(_FREE.search(column.head))
    if passing and _rate(passing, whole) >= 0.5 and (sparse or _chance(len(passing), len(whole)) <= _UNLIKELY):
        yield from finding("my_number", BLOCK, column, passing - known, "検査数字の合う12桁の番号が並んでいます")
    elif passing and _rate(passing, whole) >= 0.5 and len(whole) >= 1:
        yield from finding("my_number", HOLD, column, passing - known, "検査数字の合う12桁の番号があります")
    elif _rate(passing, whole) >= 0.25 and _chance(len(passing), len(whole)) <= 1e-6:
        yield from finding("my_number", HOLD, column, passing - known, "検査数字の合う12桁の番号が偶然より多くあります")
    yield from _embedded(column, known | set(whole))


def _embedded(column: Column, known: set[int]) -> Iterable[Finding]:
    tokens = [
        (i, _digits(m.group()))
        for i, m in column.matches(_EMBEDDED, digits=12)
        if i not in known and not _harmless(column, m)
    ]
    passing = {i for i, digits in tokens if valid(digits)}
    numbers = [digits for _, digits in tokens]
    if passing and sum(map(valid, numbers)) >= 0.5 * len(numbers) and not _OTHER.search(column.head):
        yield from finding("my_number", BLOCK, column, passing, "文の中に検査数字の合う12桁の番号があります")


def _harmless(column: Column, match: re.Match[str]) -> bool:
    line = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.end()]
    inside_address = any(m.end() >= len(line) for m in _URL.finditer(line))
    token = match.group()
    return inside_address or bool(_TIME.fullmatch(_digits(token))) or bool(_YEARLY.match(token))


def _rate(part: set[int], whole: dict[int, str]) -> float:
    return len(part) / len(whole) if whole else 0.0


def _chance(passes: int, n: int) -> float:
    """P(at least ``passes`` of ``n`` random numbers carry a right check digit), bounded for large n."""
    if passes == 0:
        return 1.0
    n, passes = (n, passes) if n <= 400 else (400, int(400 * passes / n))
    return sum(comb(n, k) * 0.1**k * 0.9 ** (n - k) for k in range(passes, n + 1))


def _digits(token: str) -> str:
    return "".join(c for c in token if "0" <= c <= "9")


DETECTOR = Detector(
    id="my-number",
    version="3",
    title="個人番号（マイナンバー）",
    source="行政手続における特定の個人を識別するための番号の利用等に関する法律第19条・総務省令第85号第5条",
    find=find,
    advice="個人番号を含むファイルは公開できません（承認による解除もできません）。番号の列を消し、別のファイルとして置き直してください。",
)
