"""``combine: stack``: which sheets of a file belong in, what tells its rows from the others', how the files differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pipelines.model import DatasetSpec, DroppedFile, Level, Place, Problem, SourceTable, Step
from pipelines.run.combine import bare, matched, period_in
from pipelines.run.outcomes import Trace

#: a sheet of which the schema knows less than this share of the columns is another table
FIT = 0.5
#: two sheets that share this much of their first column count the same things twice
REPEATED = 0.8
Tables = tuple[SourceTable, ...]

# ── sheets ─────────────────────────────────────────────────────────────────────────────────────


def sheets_of(spec: DatasetSpec, file: DroppedFile, step: Step[Tables]) -> Step[Tables]:
    """The sheets of one file that go into the table; the others are named.

    Sheets with the same rows (日本人 beside 日本人＋外国人) are a question to the department, unless ``stack:`` writes
    the sheet's name beside each row.
    """
    if step.value is None or len(step.value) == 1 or spec.schema is None:
        return step
    from pipelines.standardize import fit

    shares = [fit(table, spec) for table in step.value]
    fitting = tuple(t for t, share in zip(step.value, shares, strict=True) if share >= FIT)
    chosen = fitting or (step.value[shares.index(max(shares))],)
    told = [_left_out(file, table) for table in step.value if all(table is not one for one in chosen)]
    if (spec.settings.get("stack") or {}).get("from") != "sheet":
        told += _repeats(file, chosen)
    return Step(chosen, step.problems + tuple(told))


def _left_out(file: DroppedFile, table: SourceTable) -> Problem:
    return Problem(
        code="sheet-left-out",
        level=Level.WARNING,
        place=Place(path=file.shown, sheet=table.sheet),
        message=f"シート「{table.sheet}」は列がデータセットの決まりと合わないので、つなぎませんでした。",
        hint="つなぐはずのシートなら、列名をほかのシートとそろえてください。",
    )


def _repeats(file: DroppedFile, tables: Tables) -> Iterator[Problem]:
    seen: list[tuple[SourceTable, set[str]]] = []
    for table in tables:
        keys = {str(text) for text in table.frame.iloc[:, 0].tolist()}
        other = next((t for t, known in seen if len(keys & known) >= REPEATED * max(len(keys), len(known), 1)), None)
        seen.append((table, keys))
        if other is not None:
            yield Problem(
                code="sheets-repeat",
                level=Level.HOLD,
                place=Place(path=file.shown, sheet=table.sheet),
                message=f"シート「{table.sheet}」と「{other.sheet}」には同じ行が並んでいます。つなぐと二重になります。",
                hint="使うシートを dataset.yaml の「sheet:」に書くか、別々の集計なら stack: に"
                "「{column: 区分, from: sheet}」と書いてください。",
            )


# ── the column that says which file ────────────────────────────────────────────────────────────


def stamped(spec: DatasetSpec, trace: Trace) -> Step[DatasetSpec]:
    """The spec for one file: the column of ``stack:`` is filled with what the file's name (or sheet) says."""
    stack = spec.settings.get("stack")
    if not stack:
        return Step(spec)
    sheet = trace.source.sheet if trace.source else None
    value = _value(spec, stack["from"], trace.file, sheet)
    if value is None:
        return Step(spec, (_nothing_to_say(stack["column"], trace.file, sheet),))
    return Step(replace(spec, constants={**spec.constants, stack["column"]: value}))


def _value(spec: DatasetSpec, source: Any, file: DroppedFile, sheet: str | None) -> str | None:
    if isinstance(source, dict):
        return matched(source, file, sheet)
    if source == "sheet":
        return sheet
    if source == "filename":
        return bare(file.path.stem, spec.department.code)
    period = period_in(spec, file)
    if period is None or (source == "filename-month" and not period.month):
        return None
    return f"{period.year}-{period.month:02d}" if source == "filename-month" else str(period.year)


def _nothing_to_say(column: str, file: DroppedFile, sheet: str | None) -> Problem:
    return Problem(
        code="stack-value-missing",
        level=Level.ERROR,
        place=Place(path=file.shown, sheet=sheet, field=column),
        message=f"列「{column}」に書く値が、このファイルの名前から分かりません。",
        hint="ファイル名に年を入れる（例: 交通事故_2022.csv）か、dataset.yaml の stack: の from: に"
        "「ファイル名: 値」の対応を書いてください。",
    )


# ── differences ────────────────────────────────────────────────────────────────────────────────


def differing_columns(traces: Sequence[Trace]) -> Iterator[Problem]:
    """For each file the columns that others have and it lacks: a column may have been renamed from one year on."""
    columns = [[str(name) for name in t.standard.frame.columns] for t in traces if t.standard is not None]
    everything = list(dict.fromkeys(name for names in columns for name in names))
    for trace, names in zip((t for t in traces if t.standard is not None), columns, strict=True):
        lacking = [name for name in everything if name not in names]
        if lacking:
            listed = "、".join(f"「{name}」" for name in lacking)
            sheet = trace.source.sheet if trace.source else None
            yield Problem(
                code="columns-differ",
                level=Level.WARNING,
                place=Place(path=trace.file.shown, sheet=sheet),
                message=f"ほかのファイルにある列 {listed} がありません。このファイルの行では空欄になります。",
                hint="列名が変わっただけなら、dataset.yaml の renames: に「元の列名: いまの列名」を書いてください。",
            )
