"""Each of the ministry's 15 rules as one function over what is known of a table; which rule is which: ``RULES``.

What a machine cannot decide is said to be so (``UNKNOWN``), never counted as kept: whether two facts stand in one cell,
whether a column has a unit, is often a question of meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.cleaning import clean

KEPT, BROKEN, UNKNOWN, NOTHING = "守られています", "守られていません", "機械では確認できません", "該当なし"
_MOST = 0.8
_OPEN = frozenset({"csv", "tsv", "xlsx", "xlsm", "xls", "ods"})
_TEXTS = frozenset({"csv", "tsv", "html"})
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_NUMBERLIKE = re.compile(r"[-−▲△]?[¥￥]?[0-9０-９][0-9０-９,，.．]*\s*[^\s0-9０-９]{0,4}")
_SYMBOLS = frozenset({"***", "X", "x", "-", "0"})
_PADDING = re.compile(r"^[ \u3000]|[ \u3000]$|[\r\n]|[ \u3000]{2,}|^(?:[^\W\d_a-zA-Z][ \u3000]){1,4}[^\W\d_a-zA-Z]$")
_SEVERAL = re.compile(r"\n|【[^】]*】.*【|[0-9]\s*[;；]\s*[0-9]|https?://\S+[\s,、;]+https?://")
_DITTO = re.compile(r"^(?:〃|々|同上|\"|”|″)$")
_UNIT = re.compile(
    r"[(（\[［][^)）\]］]{1,12}[)）\]］]|率$|人口|人数|件数|個数|台数|戸数|世帯数|回数|日数|年齢|面積_|数$|額$|緯度|経度|%|％"
)
_DEPENDENT = re.compile(
    "[\u2460-\u2473\u2160-\u217b\u3220-\u33ff\u2116\u2121\u3303-\u3357\ue000-\uf8ff㌔㍉㎜㎝㎞㎎㎏㏄㎡㈱㈲㈹㍾㍽㍼㍻㋿]"
)
_ERA = re.compile(r"(?:明治|大正|昭和|平成|令和|^[MTSHR]\.?)\s*(?:元|[0-9０-９]{1,2})\s*[年.\-/]")
_WESTERN = re.compile(r"(?:18|19|20)[0-9]{2}")
_TIME_HEAD = re.compile(r"年月日|年度|年$|日$|日付|年月|月$|時点|期日|date|year", re.IGNORECASE)
#: figures that count nothing: no unit is asked of them
_LABELS_HEAD = re.compile(
    r"コード|番号|code|^no\.?$|^№$|(?:^|[_\s])id$|緯度|経度|latitude|longitude|^lat$|^lon|^lng", re.I
)
_AREA_HEAD = re.compile(
    r"公共団体|都道府県|市区?町?村|地名|丁目|自治体|地域|地区|町名|町丁|住所|所在地|区名|校区|学区|緯度|area|region|address|city|pref",
    re.IGNORECASE,
)
_MERGES = ("merged-",)
_PARTED = ("column-gap", "blocks-stacked")
_TABLES = ("several-tables", "side-panel", "below-table", "blocks-stacked")
_OBJECTS = frozenset({"drawing", "drawing-text", "image", "embedded-object", "control", "text-box"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its label and its distinct texts that are not empty."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the rules are asked about.  ``codes`` are those of reading's problems, ``hidden`` kinds with their count."""

    format: str
    columns: tuple[Column, ...]
    codes: frozenset[str] = frozenset()
    hidden: dict[str, int] | None = None
    gaps: bool = False


Answer = tuple[str, str]


# ── the rules ──────────────────────────────────────────────────────────────────────────────────


def _format(look: Look) -> Answer:
    return (KEPT, look.format.upper()) if look.format in _OPEN else (BROKEN, look.format.upper())


def _one_datum(look: Look) -> Answer:
    found = _cells(look, _SEVERAL.search)
    return (
        (BROKEN, found) if found else (UNKNOWN, "改行や区切りで並んだ値はありません。意味の上で1つかは人が見てください")
    )


def _plain_numbers(look: Look) -> Answer:
    return _figures(look, lambda text: bool(_NUMBERLIKE.fullmatch(text)), "数値の列 {count}")


def _merged(look: Look) -> Answer:
    if look.format in _TEXTS:
        return KEPT, ""
    found = any(code.startswith(_MERGES) for code in look.codes)
    return (BROKEN, "表の中に結合されたセルがあります") if found else (KEPT, "表の中に結合はありません")


def _layout(look: Look) -> Answer:
    heads = [(column.label, column.label) for column in look.columns if _PADDING.search(column.label)]
    found = _named(heads) if heads else _cells(look, _PADDING.search)
    return (BROKEN, found) if found else (KEPT, "")


def _complete(look: Look) -> Answer:
    blank = sum(1 for column in look.columns if not column.label.strip() and column.values)
    if blank or "header-blank" in look.codes:
        return BROKEN, "項目名のない列があります"
    if look.codes & {"ditto-blank", "ditto-mark"}:
        return BROKEN, "「同上」や空欄で値が省かれています"
    found = _cells(look, _DITTO.match)
    return (BROKEN, found) if found else (KEPT, "")


def _values(look: Look) -> Answer:
    if look.hidden and look.hidden.get("formula"):
        return BROKEN, f"計算式のセル {look.hidden['formula']:,}"
    if look.format in ("xls", "ods"):
        return UNKNOWN, "この形式では計算式を数えていません"
    return KEPT, ""


def _objects(look: Look) -> Answer:
    count = sum(number for kind, number in (look.hidden or {}).items() if kind in _OBJECTS)
    if count:
        return BROKEN, f"図形や画像など {count:,}"
    return (UNKNOWN, "この形式では図形を数えていません") if look.format == "xls" else (KEPT, "")


def _units(look: Look) -> Answer:
    columns = [column.label for column in _numeric(look)]
    bare = [label for label in columns if not _UNIT.search(label)]
    if not columns:
        return NOTHING, "数値の列がありません"
    if not bare:
        return KEPT, "項目名から分かります"
    return UNKNOWN, f"項目名に単位の見えない列: {'、'.join(bare[:5])}{' など' if len(bare) > 5 else ''}"


def _characters(look: Look) -> Answer:
    heads = [(column.label, column.label) for column in look.columns if _DEPENDENT.search(column.label)]
    found = _named(heads) if heads else _cells(look, _DEPENDENT.search)
    return (BROKEN, found) if found else (KEPT, "")


def _time(look: Look) -> Answer:
    timed = [column for column in look.columns if column.values and _TIME_HEAD.search(column.label)]
    eras = [
        (column.label, text)
        for column in look.columns
        for text in column.values[:2000]
        if _ERA.match(text) and not _WESTERN.search(text)
    ]
    heads = [(c.label, c.label) for c in look.columns if _ERA.search(c.label) and not _WESTERN.search(c.label)]
    if heads or eras:
        return BROKEN, _named(heads or eras)
    return (KEPT, f"時間の列 {len(timed)}") if timed else (NOTHING, "時間の列がありません")


def _area(look: Look) -> Answer:
    named = [column.label for column in look.columns if column.values and _AREA_HEAD.search(column.label)]
    if named:
        return KEPT, named[0]
    return UNKNOWN, "地域と分かる項目名がありません"


def _marks(look: Look) -> Answer:
    return _figures(look, lambda text: not _NUMBERLIKE.fullmatch(text) and text not in _SYMBOLS)


def _undivided(look: Look) -> Answer:
    if look.gaps or look.codes & frozenset(_PARTED):
        return BROKEN, "表の途中に空の行か列があります"
    return KEPT, ""


def _one_table(look: Look) -> Answer:
    found = look.codes & frozenset(_TABLES)
    return (BROKEN, "1枚のシートに表がほかにもあります") if found else (KEPT, "")


RULES: dict[str, Callable[[Look], Answer]] = {
    "1-1": _format,
    "1-2": _one_datum,
    "1-3": _plain_numbers,
    "1-4": _merged,
    "1-5": _layout,
    "1-6": _complete,
    "1-7": _values,
    "1-8": _objects,
    "1-9": _units,
    "1-10": _characters,
    "1-11": _time,
    "1-12": _area,
    "1-13": _marks,
    "2-1": _undivided,
    "2-2": _one_table,
}


# ── cells ──────────────────────────────────────────────────────────────────────────────────────


def _numeric(look: Look) -> Iterator[Column]:
    """Columns most of whose values are figures, with or without a unit; codes, times and coordinates are none."""
    for column in look.columns:
        texts = [text.strip() for text in column.values[:2000]]
        figures = sum(1 for text in texts if _NUMBERLIKE.fullmatch(text) and clean("number", text).status != "error")
        codes = any(len(text) > 1 and text.startswith("0") and text.isdigit() for text in texts)
        other = codes or _TIME_HEAD.search(column.label) or _LABELS_HEAD.search(column.label)
        if texts and figures >= _MOST * len(texts) and not other:
            yield column


def _figures(look: Look, wrong: Callable[[str], bool], kept: str = "") -> Answer:
    """Broken by values of the columns of figures that are no plain number and ``wrong``; asked without outer spaces."""
    columns = list(_numeric(look))
    if not columns:
        return NOTHING, "数値の列がありません"
    values = ((column.label, text) for column in columns for text in column.values if not _NUMBER.fullmatch(text))
    found = [(label, text) for label, text in values if wrong(text.strip())]
    return (BROKEN, _named(found)) if found else (KEPT, kept.format(count=len(columns)))


def _cells(look: Look, test: Callable[[str], Any]) -> str:
    """Which columns hold values that the test finds, with the first of them; empty without one."""
    found = [(column.label, text) for column in look.columns for text in column.values if test(text)]
    return _named(found) if found else ""


def _named(found: Sequence[tuple[str, str]]) -> str:
    """「所在地」など3列。  Values are not repeated: they may be personal."""
    labels = list(dict.fromkeys(" ".join(label.split()) or "（列名なし）" for label, _ in found))
    listed = "、".join(f"「{label}」" for label in labels[:5])
    return f"{listed}{'など' if len(labels) > 5 else ''}（{len(found):,}とおりの値）"
