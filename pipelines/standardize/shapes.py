"""Columns cut otherwise than the standard cuts them: two of its columns in one, or one of its columns in several.

Nothing is split or joined on its own: what belongs where is the department's to say.  The hint names the way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.cleaning.keys import match_key
from pipelines.model import Schema

_BETWEEN = re.compile(r"[,、，/／・･～〜~＆&\n]|および|及び|または|と")
_POSITION = frozenset(map(match_key, ("緯度,経度", "緯度、経度", "緯度経度", "座標", "位置情報")))
_PLACE_PARTS = tuple(
    match_key(part) for part in ("都道府県", "市区町村", "町字", "町名", "丁目", "番地", "番地以下", "地番")
)
_PLACES = ("所在地_連結表記", "所在地", "住所")


def shape_hint(label: str, header: Sequence[str], schema: Schema) -> str:
    """How a column that the schema does not know can be brought into its columns; empty when it is no such case."""
    if match_key(label) in _POSITION and {f.role for f in schema.fields} >= {"latitude", "longitude"}:
        return (
            "緯度と経度を別の列に分けてください。元のファイルを変えられないときは、dataset.yaml に "
            "transform: split_position と書くと2つの列に分けて読みます（列名は「緯度,経度」）。"
        )
    together = _fields_in(label, schema)
    if len(together) > 1:
        listed = "」「".join(together)
        return (
            f"1つの列に2つ以上の項目が入っているようです。「{listed}」の列に分けて、1つのセルに1つずつ書いてください。"
        )
    place = next((name for name in _PLACES if schema.field(name)), "")
    parts = [name for name in header if _is_place_part(name) and schema.field(name) is None]
    if place and label in parts and len(parts) > 1 and place not in header:
        listed = "」「".join(parts)
        return (
            f"住所が「{listed}」に分かれています。つなげて書いた「{place}」の列を加えてください"
            "（分けた列は残してかまいません）。"
        )
    return ""


def _fields_in(label: str, schema: Schema) -> list[str]:
    """The schema's columns that a label names one after the other (「開始時間～終了時間」, 「電話番号/FAX番号」)."""
    names = {match_key(name): field.name for field in schema.fields for name in (field.name, *field.aliases)}
    found = [names.get(match_key(part), "") for part in _BETWEEN.split(label)]
    return list(dict.fromkeys(name for name in found if name)) if len(found) > 1 else []


def _is_place_part(label: str) -> bool:
    key = match_key(label)
    return any(key in (part, f"{part}名") for part in _PLACE_PARTS)
