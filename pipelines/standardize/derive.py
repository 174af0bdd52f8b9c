"""Values that certainly follow from others: the prefecture of an address, an extension written beside a number."""

from __future__ import annotations

import re

from pipelines.cleaning.codes import municipalities
from pipelines.model import Department, Schema
from pipelines.standardize._coded import Coded
from pipelines.standardize.columns import Columns
from pipelines.standardize.ledger import Ledger

_MUNICIPALITY = re.compile("(東京都|北海道|京都府|大阪府|.{2,3}県)(.+)")
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
