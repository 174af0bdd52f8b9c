"""Values that certainly follow from others: the prefecture of an address, an extension written beside a number."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from pipelines.cleaning.codes import municipalities
from pipelines.model import Department, Field, Level, Schema
from pipelines.standardize._coded import Coded
from pipelines.standardize.columns import Columns
from pipelines.standardize.ledger import Ledger

_MUNICIPALITY = re.compile("(東京都|北海道|京都府|大阪府|.{2,3}県)(.+)")
#: why a code could not be read, where the digits are lost and nothing else speaks against the row's own name
_DAMAGED = frozenset({"precision_lost", "leading_zero_lost"})
ADDRESS, PUBLISHER = "所在地_連結表記", "地方公共団体名"


def home_of(department: Department) -> str:
    """静岡県焼津市: the department's municipality with its prefecture; ``""`` where its code and its name disagree."""
    prefecture, name = municipalities().get(department.code, ("", ""))
    return prefecture + name if department.municipality in (name, prefecture + name) else ""


def complete_addresses(columns: Columns, ledger: Ledger) -> None:
    """所在地_連結表記 begins with the prefecture; it is added where the address begins with the publisher's own city.

    焼津市本町 of 静岡県焼津市 is certainly in 静岡県; any other address stays as it is.
    """
    if ADDRESS not in columns.texts or PUBLISHER not in columns.texts:
        return
    pairs = list(zip(columns.texts[ADDRESS].texts(), columns.texts[PUBLISHER].texts(), strict=True))
    complete = {pair: with_prefecture(*pair) for pair in set(pairs)}
    changed = [pair for pair in pairs if complete[pair] != pair[0]]
    if changed:
        columns.texts[ADDRESS] = Coded.from_texts([complete[pair] for pair in pairs])
        examples = [(pair[0], complete[pair]) for pair in dict.fromkeys(changed)]
        ledger.fixed("address-prefecture", ADDRESS, len(changed), examples)


def with_prefecture(address: str, publisher: str) -> str:
    """The address, with the prefecture of ``publisher`` before it when it begins with the publisher's city."""
    found = _MUNICIPALITY.fullmatch(publisher)
    return found[1] + address if found and address.startswith(found[2]) else address


def mend_codes(columns: Columns, schema: Schema, ledger: Ledger) -> None:
    """市区町村コード that a spreadsheet damaged (3.00002E+12, a lost zero), where the row names its city."""
    for field in (f for f in schema.fields if f.clean == "lgcode" and f.name in columns.texts):
        answers = columns.answers.get(field.name, {})
        damaged = [code for code, a in answers.items() if a.status == "error" and a.flag in _DAMAGED]
        names = _publishers(columns) if damaged else []
        rows = {row: code_of(names[row]) for code in damaged for row in columns.texts[field.name].rows(code) if names}
        known = {row: code for row, code in rows.items() if code}
        if known:
            _mend(field, columns, known, ledger)


def _mend(field: Field, columns: Columns, known: Mapping[int, str], ledger: Ledger) -> None:
    texts, source = columns.texts[field.name].texts(), columns.source(field.name)
    pairs = list(dict.fromkeys((texts[row], code) for row, code in known.items()))
    ledger.take_back({"value-lgcode"}, {ledger.cell(row, source, field.name) for row in known})
    columns.texts[field.name] = Coded.from_texts([known.get(row, text) for row, text in enumerate(texts)])
    ledger.fixed("code-from-name", field.name, len(known), pairs)
    ledger.report(
        "code-mended",
        Level.WARNING,
        ledger.cell(min(known), source, field.name),
        f"「{field.name}」の{len(known)}個のセルは表計算ソフトで桁が失われています。同じ行の市区町村名から"
        f"「{pairs[0][1]}」などに直して公開します。",
        "元のファイルでも、セルの書式を「文字列」にして6桁の番号を入れ直してください。",
        pairs[0][0],
    )


def _publishers(columns: Columns) -> list[str]:
    """Per row the municipality that the row names, with its prefecture where that stands beside it."""
    if PUBLISHER in columns.texts:
        return columns.texts[PUBLISHER].texts()
    parts = [columns.texts[name].texts() for name in ("都道府県名", "市区町村名") if name in columns.texts]
    return ["".join(row) for row in zip(*parts, strict=True)] if parts else []


@cache
def _codes() -> Mapping[str, str]:
    """Name with and without its prefecture → code; names that two municipalities share are left out."""
    found: dict[str, set[str]] = defaultdict(set)
    for code, (prefecture, name) in municipalities().items():
        for written in (prefecture + name, name):
            found[written].add(code)
    return {name: codes.pop() for name, codes in found.items() if name and len(codes) == 1}


def code_of(name: str) -> str:
    """The six-digit code of 山口県宇部市 (or 宇部市, which there is only once); ``""`` for any other text."""
    return _codes().get(name.strip(), "")


def move_extensions(columns: Columns, schema: Schema, ledger: Ledger) -> None:
    """042-754-1111（内線2211） gives 電話番号 and, where it is still empty, 内線番号."""
    for name in [n for n in columns.texts if n.endswith("電話番号")]:
        target = name.replace("電話番号", "内線番号")
        found = {code: a.parts["extension"] for code, a in columns.answers[name].items() if "extension" in a.parts}
        if found and schema.field(target) is not None:
            _move(columns, name, target, found, ledger)


def _move(columns: Columns, name: str, target: str, found: dict[int, str], ledger: Ledger) -> None:
    rows = len(columns.texts[name])
    texts = columns.texts.get(target, Coded.constant("", rows)).texts()
    moved = {row: ext for code, ext in found.items() for row in columns.texts[name].rows(code) if not texts[row]}
    for row, extension in moved.items():
        texts[row] = extension
    if moved:
        columns.texts[target] = Coded.from_texts(texts)
        ledger.fixed("phone-extension", target, len(moved), [("", ext) for ext in dict.fromkeys(moved.values())])
