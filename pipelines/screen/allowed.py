"""Only declared columns leave the house; a column that was never there before is looked at by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipelines.model import Level, Place, Problem, SourceTable, ValidTable
from pipelines.screen.finding import ScreenRules
from pipelines.screen.folding import fold_heading
from pipelines.screen.looking import Table


def only_declared(table: ValidTable) -> ValidTable:
    """The same table with the schema's fields only: the last door for a column nobody declared."""
    standard = table.table
    declared = {field.name for field in standard.schema.fields}
    kept = [j for j, name in enumerate(standard.frame.columns) if str(name) in declared]
    if len(kept) == standard.frame.shape[1]:
        return table
    narrowed = replace(standard, frame=standard.frame.iloc[:, kept], origin=standard.origin.reordered(kept))
    return replace(table, table=narrowed)


def column_problems(
    sources: Sequence[SourceTable], looked: Sequence[Table], rules: ScreenRules, known: frozenset[str] | None
) -> list[Problem]:
    """One warning naming the columns that stay here; HOLD for each that the recorded list does not know."""
    problems: list[Problem] = []
    for source, table in zip(sources, looked, strict=False):
        undeclared = [c for c in table.columns if not c.published and c.cells.filled]
        if undeclared:
            problems.append(_undeclared(source, [c.label for c in undeclared]))
        if known is not None and rules.new_column == "hold":
            folded = {fold_heading(name) for name in known}
            problems += [_new(source, c.label, c.index) for c in undeclared if fold_heading(c.label) not in folded]
    return problems


def _undeclared(source: SourceTable, labels: list[str]) -> Problem:
    more = " ほか" if len(labels) > 8 else ""
    return Problem(
        code="undeclared-column",
        level=Level.WARNING,
        place=Place(path=source.path, sheet=source.sheet, row=source.header_rows[-1] if source.header_rows else None),
        message=f"定義にない列は公開しません（{len(labels)}列: {'、'.join(labels[:8])}{more}）。",
        hint="公開したい列なら、データセットの定義に加えるよう事務局へ相談してください。",
        message_en="Columns that the schema does not declare are not published.",
    )


def _new(source: SourceTable, label: str, index: int) -> Problem:
    place = source.origin.place(None, index, label)
    row = source.header_rows[-1] if source.header_rows else None
    return Problem(
        code="held-new-column",
        level=Level.HOLD,
        place=replace(place, row=row),
        message=f"前回までなかった列「{label}」があります。作業用のファイルではないか確認します。",
        hint="公開用のファイルを置き直すか、列が正しいことを事務局へ知らせてください。",
        message_en="A column that earlier files did not have.",
    )


def columns_of(sources: Sequence[SourceTable]) -> frozenset[str]:
    """What the caller records as the dataset's known columns after publishing it."""
    return frozenset(label for source in sources for label in source.header if label)
