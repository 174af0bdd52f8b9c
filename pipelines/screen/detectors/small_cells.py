"""Small counts of people, and suppressed counts that can be worked out again from the totals beside them.

A count of 1…k−1 in a table of health, welfare or violence points at single people (k = 5, health 10; the city may
set its own).  Counts of the whole city per day point at nobody; counts by town, school, age or sex do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipelines.screen.column import Column
from pipelines.screen.finding import HOLD, Detector, Finding, ScreenRules, finding
from pipelines.screen.folding import fold
from pipelines.screen.looking import Table

_HEALTH = re.compile(
    r"患者|感染者?|罹患|発症|陽性者|自殺|死因|病死|疾病|疾患|がん|入院(?:者|患者)|hiv|結核|中絶|死産|流産|"
    r"健診.{0,4}(?:異常|該当)|patients?$"
)
_CARE = re.compile(
    r"障が?[害い]?者数|障害児数|手帳.{0,4}(?:所持|交付)|被保護|生活保護|保護世帯|受給者|要介護.{0,6}(?:者|数)|"
    r"要支援.{0,4}者|認定者数|虐待|(?:dv|ひきこもり|いじめ|不登校|自殺|虐待|暴力).{0,4}(?:数|件)|いじめ|"
    r"不登校|引きこもり|ひとり親|支援措置|犯罪被害"
)
_NOT = re.compile(
    r"病床|ベッド|定員|率|割合|％|%|コード|番号|電話|費|金額|単価|対応|施設|機関|指定|医師|職員|科目|診療|住所|年月日"
)
_DAY = re.compile(
    r"年月日|日付|公表日|発表日|確定日|(?:^|\|)(?:date|年月|年度|年|月日|日|月|day|month|year)(?:$|\|)|_?date|時点"
)
_FINE = re.compile(
    r"町丁|町名|町字|大字|地区|学区|区名|自治会|学校|施設|年齢|年代|性別|国籍|職業|居住地|市町村|市区町村|"
    r"地域名|病名|疾|店|事業所|sex|age|保健所"
)
_DATES = re.compile(r"^ ?(?:19|20)[0-9]{2}[-/年.][0-9]{1,2}[-/月.][0-9]{1,2}|^ ?[0-9]{1,2}月[0-9]{1,2}日", re.M)
_NUMBER = re.compile(r"^ ?[0-9][0-9,]*(?:\.0+)? ?$", re.M)
_MASK = re.compile(r"^ ?(?:[xXχΧ✕]|\*{1,3}|秘匿?) ?$", re.M)
#: the longest mask in UTF-8: 秘匿 between two full-width spaces
_MASK_BYTES = 12
_TOTAL = re.compile(r"合計|総計|総数|小計|(?:^|\|)(?:計|総|全体|市計|全市|total|sum)(?:$|\|)")
_PEELS = 50


def find_small(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD the values 1…k−1 of a sensitive count, unless the table only counts the whole city per day."""
    sensitive = [(column, k) for column in table.filled if (k := _threshold(column, table, rules))]
    if not sensitive or _is_daily(table):
        return
    for column, k in sensitive:
        if _counts(column):
            small = [i for i, key in enumerate(column.keys) if _NUMBER.match(key) and 0 < _number(key) < k]
            yield from finding("small_cell", HOLD, column, small, f"{k}未満の小さな人数・件数です")


def _is_daily(table: Table) -> bool:
    return any(_DAY.search(c.head) or _is_dates(c) for c in table.columns) and not table.headed(_FINE)


def _is_dates(column: Column) -> bool:
    return bool(column.values) and len(column.with_match(_DATES)) >= 0.8 * len(column.values)


def _threshold(column: Column, table: Table, rules: ScreenRules) -> int | None:
    if _NOT.search(column.head):
        return None
    if _HEALTH.search(column.head):
        return rules.health_k if not _marked_by_mask(column) else max(rules.k, rules.health_k)
    if _CARE.search(column.head):
        return rules.k
    if re.search(r"人数|件数|(?:^|\|)(?:数|計|男|女)(?:$|\|)|(?:者|人)数", column.head):
        title = table.title
        return rules.health_k if _HEALTH.search(title) else rules.k if _CARE.search(title) else None
    return None


def _marked_by_mask(column: Column) -> bool:
    return not column.cells.bare and column.cells.shortest <= _MASK_BYTES and bool(_MASK.search(column.text))


def _counts(column: Column) -> bool:
    fitting = len(column.with_match(_NUMBER)) + len(column.with_match(_MASK))
    return bool(column.values) and fitting >= 0.6 * len(column.values)


def find_derivable(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD suppressed cells (x) that total minus the visible rest gives away, by rows, by columns, and in turn."""
    masked = [c for c in table.filled if _marked_by_mask(c) and _counts(c)]
    if not masked:
        return
    counting = [c for c in table.filled if _counts(c)]
    grid = _grid(table, counting)
    total_rows = _total_rows(table)
    total_columns = [n for n, c in enumerate(counting) if _TOTAL.search(c.head)]
    solved = _peel(grid, total_rows, total_columns)
    for n, column in enumerate(counting):
        if any(at == n for _, at in solved):
            yield from finding(
                "derivable_cell", HOLD, column, column.with_match(_MASK), "伏せた値が、合計と他の値の引き算で分かります"
            )


def _grid(table: Table, columns: Sequence[Column]) -> list[list[float | None]]:
    """Numbers row by row; None where suppressed.  Blank and other text count as 0."""
    rows = zip(*(table.frame.iloc[:, c.index].tolist() for c in columns), strict=True)
    return [[_cell(str(value)) for value in row] for row in rows]


def _cell(value: str) -> float | None:
    key = fold(value)
    if _MASK.match(key):
        return None
    return _number(key) if _NUMBER.match(key) else 0.0


def _number(key: str) -> float:
    return float(key.strip().replace(",", ""))


def _total_rows(table: Table) -> list[int]:
    rows: set[int] = set()
    for column in table.filled:
        totals = {
            column.values[i]
            for i, key in enumerate(column.keys)
            if len(key) <= 8 and _TOTAL.search(key.replace(" ", ""))
        }
        if totals:
            series = table.frame.iloc[:, column.index]
            rows.update(i for i, value in enumerate(series.tolist()) if value in totals)
    return sorted(rows)


def _peel(grid: list[list[float | None]], total_rows: list[int], total_columns: list[int]) -> set[tuple[int, int]]:
    """Solve every sum with exactly one unknown, put the result in, and again: what an attentive reader would do."""
    sums = _sums(grid, total_rows, total_columns)
    solved: set[tuple[int, int]] = set()
    for _ in range(_PEELS):
        before = len(solved)
        for parts, (row, at) in sums:
            unknown = [(r, c) for r, c in parts if grid[r][c] is None]
            total = grid[row][at]
            if len(unknown) != 1 or total is None:
                continue
            rest = total - sum(grid[r][c] or 0.0 for r, c in parts)
            if rest >= 0:
                r, c = unknown[0]
                grid[r][c] = rest
                solved.add((r, c))
        if len(solved) == before:
            break
    return solved


_Sum = tuple[list[tuple[int, int]], tuple[int, int]]


def _sums(grid: list[list[float | None]], total_rows: list[int], total_columns: list[int]) -> list[_Sum]:
    width = len(grid[0]) if grid else 0
    sums: list[_Sum] = []
    for at in total_columns:
        parts = [c for c in range(width) if c not in total_columns]
        sums += [([(r, c) for c in parts], (r, at)) for r in range(len(grid)) if len(parts) > 1]
    start = 0
    for row in total_rows:
        body = [r for r in range(start, row) if r not in total_rows]
        if not body and row == total_rows[-1]:
            body = [r for r in range(row) if r not in total_rows]
        sums += [([(r, c) for r in body], (row, c)) for c in range(width) if body]
        start = row + 1
    if total_rows and total_rows[0] == 0 and len(total_rows) == 1:
        sums += [([(r, c) for r in range(1, len(grid))], (0, c)) for c in range(width)]
    return sums


_ADVICE = "区分をまとめるか値を伏せ、伏せた値が合計から逆算できないようにしてください。"
SMALL = Detector(
    id="small-cell",
    version="1",
    title="小さな人数・件数",
    source="統計の秘匿の慣行（既定 k=5、保健医療 10。catalog.yaml で市が定める）",
    find=find_small,
    advice=_ADVICE,
)
DERIVABLE = Detector(
    id="derivable-cell",
    version="1",
    title="逆算できる秘匿値",
    source="二次秘匿の検査",
    find=find_derivable,
    advice=_ADVICE,
)
