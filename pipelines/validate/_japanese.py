"""Frictionless findings in the words of a department clerk: what is wrong, and what to write instead.

Messages and hints never repeat the cell's value: it stands in ``Problem.value`` alone, so that it can be left out
wherever it may be personal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pipelines.model import Field, Level, Problem, StandardTable
from pipelines.validate._exact import Finding
from pipelines.validate._pattern import in_words

_SHOWN_WORDS = 12
_VALUE_LENGTH = 200

#: (what the cell should be, how to write it, an example) per Frictionless type and format
_KINDS: dict[tuple[str, str], tuple[str, str, str]] = {
    ("integer", "default"): ("整数", "半角の数字だけで書いてください（単位やカンマは付けません）", "12"),
    ("number", "default"): ("数値", "半角の数字と小数点だけで書いてください（単位やカンマは付けません）", "35.5714"),
    ("date", "default"): ("日付", "西暦の年-月-日で書いてください", "2024-04-01"),
    ("time", "default"): ("時刻", "24時間表記の時:分:秒で書いてください", "09:30:00"),
    ("time", "%H:%M"): ("時刻", "24時間表記の時:分で書いてください", "09:30"),
    ("datetime", "default"): ("日時", "西暦の年-月-日T時:分:秒で書いてください", "2024-04-01T09:30:00"),
    ("year", "default"): ("年", "西暦4桁で書いてください", "2024"),
    ("yearmonth", "default"): ("年月", "西暦の年-月で書いてください", "2024-04"),
    ("string", "email"): ("メールアドレス", "半角で、@を含む1件だけを書いてください", "info@city.example.jp"),
    ("string", "uri"): (
        "URL",
        "http:// または https:// から始まる1件だけを書いてください",
        "https://www.city.example.jp/",
    ),
    ("boolean", "default"): ("はい・いいえの値", "決められた値のどれかを書いてください", "1"),
    ("geopoint", "default"): ("地点", "経度,緯度の順に書いてください", "139.3732,35.5714"),
}


def problems(found: Sequence[Finding], table: StandardTable) -> Iterator[Problem]:
    """The problem each finding is, at the cell of the department's own file."""
    said: dict[tuple[str, int | None, str], tuple[str, str]] = {}
    for finding in found:
        name = _field_name(finding, table)
        key = (finding.type, finding.column, finding.rule)
        if finding.previous is not None or finding.label or key not in said:
            said[key] = _SENTENCES.get(finding.type, _other)(finding, table, name)
        yield _problem(finding, table, name, *said[key])


def _problem(finding: Finding, table: StandardTable, name: str, message: str, hint: str) -> Problem:
    return Problem(
        code=finding.type,
        level=Level.ERROR,
        place=table.origin.place(finding.row, finding.column, name or None),
        message=message,
        hint=hint,
        value=_value(finding, table),
        message_en=_english(finding, name),
    )


def _field_name(finding: Finding, table: StandardTable) -> str:
    if finding.type == "primary-key":
        return "・".join(table.schema.primary_key) or "・".join(table.schema.descriptor.get("primaryKey") or [])
    fields = table.schema.descriptor["fields"]
    if finding.column is None or finding.column >= len(fields):
        return finding.label
    return str(fields[finding.column]["name"])


def _value(finding: Finding, table: StandardTable) -> str | None:
    if finding.row is None:
        return finding.label or None
    if finding.text is not None:
        return finding.text[:_VALUE_LENGTH]
    if finding.column is None or finding.column >= table.frame.shape[1]:
        return None
    text = table.frame.iat[finding.row, finding.column]
    return text[:_VALUE_LENGTH] if isinstance(text, str) else ""


def _english(finding: Finding, name: str) -> str:
    where = f" in row {finding.position}" if finding.row is not None else ""
    return f"{finding.type}{where}{f' ({name})' if name else ''}{f': {finding.note}' if finding.note else ''}"


# ── cells ──────────────────────────────────────────────────────────────────────────────────────


def _type_error(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    field = _descriptor(finding, table)
    kind, how, example = _kind(field)
    if field.get("type") == "boolean" and ("trueValues" in field or "falseValues" in field):
        words = [*field.get("trueValues", []), *field.get("falseValues", [])]
        return f"「{name}」は決められた値ではありません。", f"次のどれかを書いてください: {_listed(words)}"
    example = _example(table, finding) or example
    return f"「{name}」が{kind}として読めません。", f"{how}。例: {example}" if example else f"{how}。"


def _kind(field: Mapping[str, Any]) -> tuple[str, str, str]:
    kind, form = str(field.get("type")), str(field.get("format", "default"))
    found = _KINDS.get((kind, form))
    if found:
        return found
    what, how, _ = _KINDS.get((kind, "default"), ("決められた形", "決められた書き方で書いてください", ""))
    return what, f"{how}（書式 {form}）" if form != "default" else how, ""


def _constraint_error(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    field = _descriptor(finding, table)
    limit = field.get("constraints", {}).get(finding.rule)
    sentence = _CONSTRAINTS.get(finding.rule)
    if sentence is None:
        return f"「{name}」が決まりに合いません。", "列の説明を確かめて書き直してください。"
    return sentence(name, limit, finding, table)


def _required(name: str, limit: Any, finding: Finding, table: StandardTable) -> tuple[str, str]:
    return f"必須の「{name}」が空です。", "値を書いてください。" + _for_example(table, finding)


def _pattern(name: str, limit: Any, finding: Finding, table: StandardTable) -> tuple[str, str]:
    words = in_words(str(limit))
    rule = f"{words}で書いてください。" if words else "決められた書き方で書いてください。"
    example = _for_example(table, finding) or ("" if words else f"（規則: {limit}）")
    return f"「{name}」の書き方が決まりに合いません。", rule + example


def _enum(name: str, limit: Any, finding: Finding, table: StandardTable) -> tuple[str, str]:
    words = [str(word) for word in limit]
    return f"「{name}」が、決められた値ではありません。", f"次のどれかを書いてください: {_listed(words)}"


def _limit(message: str, hint: str) -> Callable[[str, Any, Finding, StandardTable], tuple[str, str]]:
    def sentence(name: str, limit: Any, finding: Finding, table: StandardTable) -> tuple[str, str]:
        return message.format(name=name, limit=limit), hint.format(limit=limit)

    return sentence


_CONSTRAINTS: dict[str, Callable[[str, Any, Finding, StandardTable], tuple[str, str]]] = {
    "required": _required,
    "pattern": _pattern,
    "enum": _enum,
    "minimum": _limit("「{name}」が小さすぎます（下限は {limit}）。", "{limit} 以上の値を書いてください。"),
    "maximum": _limit("「{name}」が大きすぎます（上限は {limit}）。", "{limit} 以下の値を書いてください。"),
    "exclusiveMinimum": _limit("「{name}」が小さすぎます。", "{limit} より大きい値を書いてください。"),
    "exclusiveMaximum": _limit("「{name}」が大きすぎます。", "{limit} より小さい値を書いてください。"),
    "minLength": _limit("「{name}」が短すぎます。", "{limit} 文字以上で書いてください。"),
    "maxLength": _limit("「{name}」が長すぎます。", "{limit} 文字以内で書いてください。"),
}


# ── keys and rows ──────────────────────────────────────────────────────────────────────────────


def _unique_error(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    where = _row_in_words(finding.previous, table)
    hint = "1件ごとに異なる値を書くか、同じ行が2度あれば一方を消してください。"
    return f"「{name}」が{where}と重複しています。", hint


def _primary_key_error(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    if finding.rule == "missing":
        return f"1件を見分けるための「{name}」が空です。", "1件ごとに異なる値を書いてください。"
    return _unique_error(finding, table, name)


def _row_in_words(row: int | None, table: StandardTable) -> str:
    if row is None:
        return "前の行"
    place = table.origin.place(row, None)
    several = len({block.path for block in table.origin.blocks}) > 1
    sheets = len({block.sheet for block in table.origin.blocks}) > 1
    file = f"「{place.path}」" if several else ""
    sheet = f"シート「{place.sheet}」" if sheets and place.sheet else ""
    return f"{file}{sheet}{place.row}行目"


def _blank_row(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    return "何も書かれていない行があります。", "行を消すか、値を書いてください。"


def _foreign_key(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    return "参照先の表にない値です。", "参照先の表にある値を書いてください。"


def _extra_cell(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    return "列の数より多い値があります。", '余分な値を消すか、カンマを含む値を " で囲んでください。'


def _missing_cell(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    return f"「{name}」のセルがありません。", "行の途中で値が欠けていないか、区切りの数を確かめてください。"


# ── labels ─────────────────────────────────────────────────────────────────────────────────────


def _missing_label(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    return f"「{name}」の列がありません。", f"見出しが「{name}」の列を加えてください。"


def _extra_label(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    return f"決められた列にない「{finding.label}」の列があります。", "公開しない列なら消してください。"


def _incorrect_label(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    return f"列の見出し「{finding.label}」が「{name}」ではありません。", f"見出しを「{name}」に直してください。"


def _duplicate_label(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    return f"見出し「{finding.label}」の列が2つ以上あります。", "見出しは1列ごとに異なる名前にしてください。"


def _blank_label(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    return "見出しが空の列があります。", f"見出し「{name}」を書くか、不要な列なら消してください。"


def _source_error(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    return "表に見出しもデータもありません。", "1行目に見出し、2行目からデータを書いてください。"


def _other(finding: Finding, table: StandardTable, name: str) -> tuple[str, str]:
    return f"表が決まりに合いません（{finding.type}）。", finding.note


_SENTENCES: dict[str, Callable[[Finding, StandardTable, str], tuple[str, str]]] = {
    "type-error": _type_error,
    "constraint-error": _constraint_error,
    "unique-error": _unique_error,
    "primary-key": _primary_key_error,
    "blank-row": _blank_row,
    "foreign-key": _foreign_key,
    "extra-cell": _extra_cell,
    "missing-cell": _missing_cell,
    "missing-label": _missing_label,
    "extra-label": _extra_label,
    "incorrect-label": _incorrect_label,
    "duplicate-label": _duplicate_label,
    "blank-label": _blank_label,
    "source-error": _source_error,
}


# ── words ──────────────────────────────────────────────────────────────────────────────────────


def _descriptor(finding: Finding, table: StandardTable) -> Mapping[str, Any]:
    fields = table.schema.descriptor["fields"]
    return fields[finding.column] if finding.column is not None and finding.column < len(fields) else {}


def _model_field(finding: Finding, table: StandardTable) -> Field | None:
    return table.schema.field(str(_descriptor(finding, table).get("name", "")))


def _example(table: StandardTable, finding: Finding) -> str:
    field = _model_field(finding, table)
    return str((field.example if field else None) or _descriptor(finding, table).get("example") or "")


def _for_example(table: StandardTable, finding: Finding) -> str:
    example = _example(table, finding)
    return f"例: {example}" if example else ""


def _listed(words: Sequence[str]) -> str:
    shown = "、".join(words[:_SHOWN_WORDS])
    return shown if len(words) <= _SHOWN_WORDS else f"{shown} ほか{len(words) - _SHOWN_WORDS}個"
