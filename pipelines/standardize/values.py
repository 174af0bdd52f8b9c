"""The values of one column: repaired, cleaned, written in the standard's notation; every change counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines.cleaning import Cleaned, clean, write
from pipelines.model import Field, Level, Repair
from pipelines.standardize._coded import Coded
from pipelines.standardize.columns import Columns
from pipelines.standardize.ledger import EXAMPLES, Ledger
from pipelines.standardize.plain import not_plain
from pipelines.standardize.wording import error_hint, error_message, suggestion, warning_message

#: these marks stand where there is no value; blanking them is a counted change that needs no remark
_ORDINARY_BLANKS = frozenset({"none_or_na", "not_available"})

#: kinds whose rule is only a style of writing: what does not follow it is published as text, with a warning
_STYLE = frozenset({"kana", "weekdays"})


#: units that are multiples of another unit: a column has one of them throughout or none
_SCALED = frozenset({"千円", "百万円", "十億円"})


@dataclass(slots=True)
class _Changes:
    """Rule → how many cells, with examples."""

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    examples: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, rule: str, count: int, before: str, after: str) -> None:
        if before != after and count:
            self.counts[rule] += count
            if len(self.examples[rule]) < EXAMPLES:
                self.examples[rule].append((before, after))


def clean_field(
    wanted: Field, column: Coded, repairs: Sequence[Repair], source: int | None, ledger: Ledger, home: str = ""
) -> tuple[Coded, dict[int, Cleaned]]:
    """Clean one column.  A cell that cannot be cleaned keeps its text and is an ERROR at its own address.

    ``home`` is the department's municipality with its prefecture.

    Returns the column (same codes) and, by code, every answer that was not plainly ok.
    """
    changes, texts, answers = _Changes(), list(column.values), dict[int, Cleaned]()
    replaced = {r.match: r.value for r in repairs}
    for code in _in_question(wanted, column, replaced):
        before = column.values[code]
        text = replaced.get(before, before)
        changes.add("repair", column.counts[code], before, text)
        answer = clean_value(wanted, text, home)
        if answer.status != "ok":
            answers[code] = answer
        texts[code] = text if answer.status == "error" else written(wanted, answer.value or "")
        changes.add(answer.rule or wanted.write or wanted.clean, column.counts[code], text, texts[code])
    for rule, count in changes.counts.items():
        ledger.fixed(rule, wanted.name, count, changes.examples[rule])
    _report(wanted, column, answers, source, ledger)
    _scales(wanted, column, answers, source, ledger)
    return column.mapped(texts), answers


def _in_question(wanted: Field, column: Coded, replaced: Mapping[str, str]) -> Iterable[int]:
    """The codes whose text may change or be wrong."""
    if replaced or wanted.write:
        return range(len(column.values))
    return not_plain(wanted.clean, column.values)


def clean_value(wanted: Field, text: str, home: str = "") -> Cleaned:
    """One text by the field's kind of value; an empty cell is no value."""
    if not text:
        return Cleaned(status="ok", value=None)
    answer = clean(wanted.clean, text, **context(wanted, home))
    if answer.status == "error" and wanted.clean in _STYLE:
        return replace(clean("text", text), status="warn", flag=answer.flag, note=answer.note)
    return answer


def written(wanted: Field, canonical: str) -> str:
    """The canonical text in the notation that the standard wants in this column."""
    return write(wanted.write, canonical) if wanted.write else canonical


def context(wanted: Field, home: str = "") -> dict[str, Any]:
    """What a cleaner may know besides the text: the column's unit, and whose addresses these are."""
    known = {"unit": wanted.unit, "municipality": home if wanted.clean == "address" else ""}
    return {name: value for name, value in known.items() if value}


def _report(wanted: Field, column: Coded, answers: Mapping[int, Cleaned], source: int | None, ledger: Ledger) -> None:
    warned: dict[str, list[int]] = defaultdict(list)
    wrong: list[tuple[int, int]] = []
    for code, answer in answers.items():
        if answer.status == "error":
            wrong += [(row, code) for row in column.rows(code)]
        elif answer.flag not in _ORDINARY_BLANKS:
            warned[answer.flag or wanted.clean].append(code)
    for row, code in sorted(wrong):
        _error(wanted, column.values[code], answers[code], row, source, ledger)
    for flag, codes in warned.items():
        _warning(wanted, column, flag, codes, answers[codes[0]], source, ledger)


def _error(wanted: Field, value: str, answer: Cleaned, row: int, source: int | None, ledger: Ledger) -> None:
    ledger.report(
        f"value-{wanted.clean.replace('_', '-')}",
        Level.ERROR,
        ledger.cell(row, source, wanted.name),
        error_message(wanted, answer),
        error_hint(wanted, answer),
        value,
    )


def _warning(
    wanted: Field,
    column: Coded,
    flag: str,
    codes: list[int],
    answer: Cleaned,
    source: int | None,
    ledger: Ledger,
) -> None:
    """One warning for all cells of a field with the same remark, at the first of them."""
    row, code = min((column.rows(code)[0], code) for code in codes)
    count = sum(column.counts[code] for code in codes)
    ledger.report(
        f"value-{flag.replace('_', '-')}",
        Level.WARNING,
        ledger.cell(row, source, wanted.name),
        warning_message(wanted, column.values[code], count, answer),
        suggestion(answer),
        column.values[code],
    )


def _scales(wanted: Field, column: Coded, answers: Mapping[int, Cleaned], source: int | None, ledger: Ledger) -> None:
    """「1,200千円」 beside 「1,200,000円」 in one column: without their units both would stand for something else."""
    units = {code: answer.parts.get("unit", "") for code, answer in answers.items()}
    scaled = {code: unit for code, unit in units.items() if unit in _SCALED}
    given = [c for c, value in enumerate(column.values) if value.strip() and (c not in answers or answers[c].value)]
    if not scaled or {units.get(code, "") for code in given} == set(scaled.values()) == {next(iter(scaled.values()))}:
        return
    for row, code in sorted((row, one) for one in scaled for row in column.rows(one)):
        ledger.report(
            "units-mixed",
            Level.ERROR,
            ledger.cell(row, source, wanted.name),
            f"「{wanted.name}」に、単位の桁が違う値が混じっています。",
            "同じ単位にそろえて数字だけを書き、単位は項目名に書いてください（例：予算額（千円））。",
            column.values[code],
        )


def unused_repairs(repairs: Iterable[Repair], columns: Columns, ledger: Ledger) -> None:
    """A repair that matched nothing is stale: the department may have corrected its file.  Called before cleaning."""
    for repair in repairs:
        if repair.field in columns.texts and repair.match in columns.texts[repair.field].values:
            continue
        which = f"dataset.yaml の repairs（{repair.field}の「{repair.match}」）"
        message = f"{which}は、どのセルにも当てはまりませんでした。"
        place = ledger.head(columns.source(repair.field), repair.field)
        ledger.report("repair-unused", Level.NOTICE, place, message, "直し済みなら repairs: から消してください。")
