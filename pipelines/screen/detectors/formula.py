"""CSV and spreadsheet injection: what a spreadsheet would run.  Values that only look odd stay as they are.

OWASP ASVS 1.2.10 asks for a leading apostrophe; that would corrupt ``-5``, ``+α`` and ``@home``, so such values pass
untouched and only what could be executed is withheld.  The deviation is explained in docs/safety.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.screen.finding import HOLD, WARN, Detector, Finding, ScreenRules, finding
from pipelines.screen.looking import Table

_DANGEROUS = re.compile(r"[(|!]|HYPERLINK|WEBSERVICE|IMPORT|DDE|cmd", re.I)
_CALL = re.compile(
    # the last letter before the bracket: from the first on, a search takes the square of a run's length
    r"[A-Za-z][0-9.]*\(|\||![A-Za-z$]|HYPERLINK|WEBSERVICE|IMPORT(?:XML|DATA|HTML|FEED|RANGE)|DDE\b|cmd\b",
    re.I,
)
_FORMULA = re.compile(r"=[ ]*[A-Za-z0-9$(+\-\"'{@]")
_TYPED = frozenset({"integer", "number", "date", "datetime", "time", "year", "yearmonth", "boolean"})


def find(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD: text that a spreadsheet would run; WARN: a full-width ``＝`` that only looks like a formula."""
    for column in table.filled:
        if column.type in _TYPED or not column.cells.starts(_FIRST_BYTES):
            continue
        kinds = {
            i: judge(value)
            for i, value in enumerate(column.values)
            if value[:1] in _STARTS or value.lstrip()[:1] in _STARTS
        }
        hold = [i for i, kind in kinds.items() if kind in ("formula_dangerous", "formula_like")]
        yield from finding("formula", HOLD, column, hold, "表計算ソフトが数式として実行する文字列です")
        wide = [i for i, kind in kinds.items() if kind == "fullwidth_formula"]
        yield from finding("fullwidth_formula", WARN, column, wide, "全角の「＝」で始まる、数式に似た文字列です")


_STARTS = frozenset("=+-@\t\r＝＋－＠")
#: the first bytes of these and of every space that may stand before them, in UTF-8
_FIRST_BYTES = bytes(
    {mark.encode()[0] for mark in (*_STARTS, *"\n\x0b\x0c\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u3000")}
)


def judge(value: str) -> str:
    """``formula_dangerous``, ``formula_like``, ``fullwidth_formula`` or ``""`` for one value as written."""
    text = value.lstrip(" \u3000\n")
    if not text or text[0] not in _STARTS:
        return ""
    if text[0] in "＝":
        return "fullwidth_formula" if _FORMULA.match("=" + text[1:]) else ""
    body = text.translate(_HALF)
    if text[0] in "\t\r":
        body = body.lstrip("\t\r ")
        if not body or body[0] not in "=+-@":
            return ""
    if body[0] == "=":
        if _CALL.search(body) or _DANGEROUS.search(body):
            return "formula_dangerous"
        return "formula_like" if _FORMULA.match(body) else ""
    return "formula_dangerous" if _CALL.search(body[1:]) and not _harmless(body) else ""


def _harmless(body: str) -> bool:
    """``- なし（A(B)）`` and ``@home(株)``: a sign followed by words, with no call right behind it."""
    return re.match(r"[+\-@] ?[^\x00-\x7f]", body) is not None and not re.search(
        r"\||![A-Za-z$]|cmd|DDE|HYPERLINK|WEBSERVICE", body, re.I
    )


_HALF = str.maketrans("＝＋－＠（）｜！", "=+-@()|!")
DETECTOR = Detector(
    id="formula",
    version="1",
    title="数式として実行される文字列",
    source="OWASP ASVS 5.0 1.2.10（値を変えずに留め置く。理由は docs/safety.md）",
    find=find,
    advice="数式をやめて値（文字または数値）で保存し直してください。",
)
