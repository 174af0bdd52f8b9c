"""Formula injection: what a spreadsheet would execute when it opens our CSV.

OWASP ASVS 1.2.10 says to put ``'`` in front.  Open data is read by programs, and that would spoil -5 and phone numbers.
So nothing is ever altered: typed columns are safe by their type, text that acts like a formula goes back to the
department, and text that only begins with a sign (``- なし``, ``+α``, ``@home``) stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.folding import fold

_STARTS = "=+-@＝＋－＠−"
_DANGEROUS = re.compile(
    r"\||!\$?[A-Za-z]|hyperlink|webservice|importxml|importdata|importrange|dde|\bcmd\b|rundll|powershell", re.I
)
_CALL = re.compile(r"[A-Za-z][A-Za-z0-9._]*\s*\(")
_FORMULA = re.compile(r"=\s*[-+@A-Za-z0-9(\"'$.{\[]")


def clean_csv_injection(text: str, context: Mapping[str, Any]) -> Cleaned:
    """Verbatim, a warning, or an error.  Typed columns (``column_type``) are let through by the door."""
    start = text.lstrip(" \t\r\n\u3000")
    if not start or start[0] not in _STARTS:
        return ok(text)
    return _judged(text, start)


def _judged(text: str, start: str) -> Cleaned:
    wide, narrow = start[0] not in "=+-@", fold(start)
    if _DANGEROUS.search(narrow):
        return error("formula_dangerous")
    if wide:
        suspicious = _CALL.search(narrow) or _FORMULA.match(narrow)
        return warn(text, "fullwidth_formula") if suspicious else ok(text)
    if _CALL.search(narrow):
        return error("formula_dangerous")
    return error("formula_like") if _FORMULA.match(narrow) else ok(text)
