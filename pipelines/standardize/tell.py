"""What the clerk is told about the header: taken for something else, unclear, not published, missing."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.cleaning.keys import match_key
from pipelines.model import DatasetSpec, Field, Level, Schema, SourceTable, column_letters
from pipelines.standardize._coded import Coded
from pipelines.standardize.headers import NAMELESS, Evidence, Match, Matching
from pipelines.standardize.ledger import Ledger
from pipelines.standardize.shapes import shape_hint

RULES = {
    Evidence.RENAME: "header-rename",
    Evidence.FOLDED: "header-notation",
    Evidence.ALIAS: "header-alias",
    Evidence.GENERATION: "gen1-rename",
    Evidence.TYPO: "header-typo",
}


def tell_headers(
    matching: Matching, table: SourceTable, spec: DatasetSpec, source: Mapping[int, Coded], ledger: Ledger
) -> None:
    """Report every header decision of ``matching`` that is not the exact name."""
    assert spec.schema is not None
    merged = {part for parts in spec.schema.merges.values() for part in parts}
    for match in matching.matches:
        if match.target not in merged:
            _changed(match, table, ledger)
    for target, columns in matching.ambiguous.items():
        _ambiguous(target, columns, table, ledger)
    _unmatched(matching, table, spec, source, ledger)
    _missing(matching, spec.schema, spec, ledger)
    _bad_renames(table, spec, merged, ledger)
    _unlike(matching, spec.schema, source, table, ledger)


def _unlike(
    matching: Matching, schema: Schema, source: Mapping[int, Coded], table: SourceTable, ledger: Ledger
) -> None:
    """A file that lacks what its rows are called, or most of whose columns are strange, is probably another table."""
    filled = {j for j, coded in source.items() if coded.filled() and table.header[j].strip()}
    strange = filled & set(matching.unmatched)
    given = {m.target for m in matching.matches} | set(matching.ambiguous)
    named = [f.name for f in schema.fields if f.role == "name"]
    if strange and (len(strange) * 2 > len(filled) or (named and not given & set(named))):
        listed = "、".join(f"「{_shown(table.header[j])}」" for j in sorted(strange)[:8])
        ledger.report(
            "header-unlike-schema",
            Level.HOLD,
            ledger.head(None),
            f"このファイルの列は「{schema.title}」の列とあまり合いません（合わない列 {len(strange)}：{listed}）。",
            "違うデータではないか確かめ、同じデータなら列名を標準の名前に直してください。ファイルを変えられないときは、"
            "事務局が dataset.yaml の renames: に対応を書けます。"
            f"標準の列：{'、'.join(f.name for f in schema.fields[:8])} など。",
        )


def _changed(match: Match, table: SourceTable, ledger: Ledger) -> None:
    label = table.header[match.column]
    if match.evidence in RULES and label != match.target:
        ledger.fixed(RULES[match.evidence], match.target, 1, [(label, match.target)])
    if match.evidence is Evidence.TYPO:
        ledger.report(
            "header-typo",
            Level.WARNING,
            ledger.head(match.column, match.target),
            f"列名「{_shown(label)}」は「{match.target}」の書き誤りとみなしました。",
            f"合っていれば、列名を「{match.target}」に直してください。"
            "違うときは正しい列名に直してください。"
            "ファイルを変えられないときは、事務局が dataset.yaml の renames: か drop_columns: に書けます。",
            label,
        )


def _ambiguous(target: str, columns: tuple[int, ...], table: SourceTable, ledger: Ledger) -> None:
    listed = "、".join(f"{_letters(ledger, j)}「{_shown(table.header[j])}」" for j in columns)
    ledger.report(
        "header-ambiguous",
        Level.ERROR,
        ledger.head(columns[0], target),
        f"「{target}」にあたる列が{len(columns)}つあり、どれを使うか決められません（{listed}）。",
        "使わない列を消すか、別の項目なら違う列名にしてください。ファイルを変えられないときは、事務局が dataset.yaml の"
        " drop_columns: に書けます。",
        table.header[columns[0]],
    )


def _letters(ledger: Ledger, column: int) -> str:
    number = ledger.head(column).column
    return f"{column_letters(number)}列" if number else f"{column + 1}番目の列"


def _unmatched(
    matching: Matching, table: SourceTable, spec: DatasetSpec, source: Mapping[int, Coded], ledger: Ledger
) -> None:
    assert spec.schema is not None
    dropped = {match_key(name) for name in spec.drop_columns}
    for j in matching.unmatched:
        label, coded = table.header[j], source[j]
        filled = sum(n for value, n in zip(coded.values, coded.counts, strict=True) if value.strip())
        if match_key(label) in dropped or (not filled and not label.strip()):
            continue
        ledger.report(
            "column-not-published",
            Level.WARNING,
            ledger.head(j),
            f"列「{_shown(label)}」は「{spec.title}」の決まりにない列なので公開しません（値のあるセル {filled:,}個）。",
            shape_hint(label, table.header, spec.schema)
            or "決まりのどれかの列のことなら列名を直し、公開しない列なら消してください。ファイルを変えられないときは、"
            "事務局が dataset.yaml の renames: か drop_columns: に書けます。",
            label,
        )


def _missing(matching: Matching, schema: Schema, spec: DatasetSpec, ledger: Ledger) -> None:
    """Required columns that neither the file nor a first-generation column gives."""
    present = {m.target for m in matching.matches} | set(matching.ambiguous)
    given = present | {name for name, parts in schema.merges.items() if set(parts) <= present}
    for field in schema.fields:
        if required(field, schema) and field.name not in given and not spec.constants.get(field.name):
            ledger.report(
                "column-missing",
                Level.ERROR,
                ledger.head(None, field.name),
                f"必須の列「{field.name}」がありません。",
                f"「{field.name}」という名前の列を作り、値を入れてください。{_meaning(field)}{_by_constant(field)}",
            )


def required(field: Field, schema: Schema) -> bool:
    """Whether the standard demands the column: official level ◎, a required constraint, or part of the key."""
    return field.level == "◎" or bool(field.constraints.get("required")) or field.name in schema.primary_key


def _meaning(field: Field) -> str:
    example = f"、例：{field.example}" if field.example else ""
    return f"（{field.description}{example}）" if field.description else ""


def _by_constant(field: Field) -> str:
    same_everywhere = field.clean == "lgcode" or field.name == "地方公共団体名"
    return "全部の行で同じ値なら、事務局が dataset.yaml の constants: に書くこともできます。" if same_everywhere else ""


def _bad_renames(table: SourceTable, spec: DatasetSpec, merged: set[str], ledger: Ledger) -> None:
    assert spec.schema is not None
    labels = {match_key(label or NAMELESS) for label in table.header}
    for old, new in spec.renames.items():
        if spec.schema.field(new) is None and new not in merged:
            message = f"dataset.yaml の renames の「{new}」という列は「{spec.schema.title}」にありません。"
            ledger.report("rename-unknown", Level.ERROR, ledger.head(None), message, "列名を確かめてください。", new)
        elif match_key(old) not in labels:
            message = f"dataset.yaml の renames にある列「{old}」は、このファイルにはありません。"
            ledger.report("rename-unused", Level.NOTICE, ledger.head(None), message, "不要なら消してください。", old)


def _shown(label: str) -> str:
    return label.replace("\n", "⏎") or NAMELESS
