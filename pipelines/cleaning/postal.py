"""Postal codes, checked against Japan Post's list (see ``grids/README.md`` and ``build_lists.py`` for the sources)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.folding import fold, hyphens
from pipelines.cleaning.marks import instead_of_value

LIST = Path(__file__).parent / "postal_codes.tsv"
_CODE = re.compile(r"([0-9]{3})-?([0-9]{4})")


@cache
def _areas() -> Mapping[str, str]:
    """First five digits → runs of the last two (``00-03,05``)."""
    return dict(line.split("\t") for line in LIST.read_text(encoding="utf-8").splitlines())


def _exists(code: str) -> bool:
    end = code[5:]
    runs = (run.split("-") for run in _areas().get(code[:5], "").split(","))
    return any(run[0] <= end <= run[-1] for run in runs)


def clean_postal(text: str, context: Mapping[str, Any]) -> Cleaned:
    """``〒２４８－００１２`` → ``248-0012``.  No such delivery area: error; only the code not listed: warning."""
    if mark := instead_of_value(text):
        return mark
    folded = re.sub("^(?:〒|〶|郵便番号)[ :：]*", "", hyphens(fold(text))).replace(" ", "").removesuffix(".0")
    found = _CODE.fullmatch(folded)
    if found is None:
        return _no_code(folded)
    code, value = found[1] + found[2], f"{found[1]}-{found[2]}"
    if code[:5] not in _areas():
        return error("no_such_code")
    return ok(value) if _exists(code) else warn(value, "unlisted_code")


def _no_code(folded: str) -> Cleaned:
    digits = folded.replace("-", "")
    if re.fullmatch("[0-9]{5,6}", digits) and "-" not in folded[:1]:
        padded = digits.zfill(7)
        if _exists(padded) and folded.find("-") in (-1, 2):
            return error("leading_zero_lost", suggest=f"{padded[:3]}-{padded[3:]}")
    return error("format")
