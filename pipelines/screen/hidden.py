"""What a workbook carries beside its visible cells: the leak table, kind by kind.

A kind this table does not know is held: new kinds come from the reading stage, and silence must not publish them.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.model import Hidden, Level, Place, Problem, SourceTable

#: kind → (level, what it is in Japanese, what to do)
_SHOW = "再表示して中身を確かめ、公開しないものは削除してから保存し直してください。"
_DELETE = "削除してから保存し直してください（「ファイル」→「情報」→「ドキュメント検査」でも消せます）。"
KINDS: dict[str, tuple[Level, str, str]] = {
    "hidden-sheet": (Level.HOLD, "非表示のシート", _SHOW),
    "very-hidden-sheet": (Level.HOLD, "非表示のシート（VBA でのみ再表示できるもの）", _SHOW),
    "hidden-row": (Level.HOLD, "非表示の行", _SHOW),
    "hidden-column": (Level.HOLD, "非表示の列", _SHOW),
    "filtered-row": (Level.HOLD, "フィルターで隠れた行", "フィルターを解除して中身を確かめてください。"),
    "zero-width": (Level.HOLD, "幅が 0 の列", _SHOW),
    "zero-height": (Level.HOLD, "高さが 0 の行", _SHOW),
    "white-text": (Level.HOLD, "背景と同じ色の文字", "文字の色を戻し、公開しない文字は消してください。"),
    "invisible-text": (Level.HOLD, "見えない文字", "文字の色と表示形式を戻し、公開しない文字は消してください。"),
    "hidden-format": (
        Level.HOLD,
        "表示形式「;;;」で見えない値",
        "表示形式を「標準」に戻し、公開しない値は消してください。",
    ),
    "comment": (Level.HOLD, "コメント・メモ", _DELETE),
    "threaded-comment": (Level.HOLD, "コメント", _DELETE),
    "note": (Level.HOLD, "コメント・メモ", _DELETE),
    "external-link": (
        Level.HOLD,
        "他のブックへのリンクと、その控えの値",
        "リンクを解除（値に変換）して保存し直してください。",
    ),
    "pivot-cache": (
        Level.HOLD,
        "ピボットテーブルの元データの控え",
        "ピボットテーブルを値に変えて新しいブックに保存してください。",
    ),
    "data-model": (Level.HOLD, "データモデル", "値だけを新しいブックに貼り付けて保存してください。"),
    "pivot-table": (Level.HOLD, "ピボットテーブル", "ピボットテーブルを値に変えて新しいブックに保存してください。"),
    "slicer": (Level.HOLD, "スライサーの控え", "値だけを新しいブックに貼り付けて保存してください。"),
    "control": (Level.HOLD, "ボタンなどの部品", _DELETE),
    "custom-xml": (
        Level.NOTICE,
        "付属の管理情報（customXml）",
        "公開するファイルには残りません（値だけから作り直します）。",
    ),
    "macro": (Level.HOLD, "マクロ", "マクロなしのブック（.xlsx）として保存し直してください。"),
    "embedded-object": (Level.HOLD, "埋め込まれたファイル", _DELETE),
    "image": (Level.HOLD, "画像", _DELETE),
    "drawing-text": (Level.HOLD, "図形の中の文字", _DELETE),
    "connection": (Level.HOLD, "外部データへの接続", "接続を削除し、値だけにして保存し直してください。"),
    "query-table": (Level.HOLD, "外部データの取り込み", "接続を削除し、値だけにして保存し直してください。"),
    "revision": (Level.HOLD, "変更履歴", "ブックの共有を解除して保存し直してください。"),
    "defined-name": (Level.HOLD, "隠された名前の定義", "「数式」→「名前の管理」で確かめて削除してください。"),
    "hidden-name": (Level.HOLD, "隠された名前の定義", "「数式」→「名前の管理」で確かめて削除してください。"),
    "validation-list": (Level.HOLD, "入力規則の候補", "候補に公開しない値がないか確かめて削除してください。"),
    "file-link": (Level.HOLD, "庁内のファイルへのリンク", "ハイパーリンクを削除してください。"),
    "unknown-part": (Level.HOLD, "想定していない部品", "値だけを新しいブックに貼り付けて保存してください。"),
    "property": (Level.NOTICE, "作成者などの文書情報", "公開するファイルには残りません（値だけから作り直します）。"),
    "printer-settings": (Level.NOTICE, "プリンターの設定", "公開するファイルには残りません。"),
    "formula": (Level.NOTICE, "計算式", "公開するファイルには、いま表示されている値だけが残ります。"),
    "drawing": (Level.NOTICE, "図形", "公開するファイルには残りません。"),
    "merged-remainder": (Level.HOLD, "結合セルに隠れた値", "結合を解除して中身を確かめてください。"),
}
_BUILTIN = ("_xlnm.", "_FilterDatabase", "Print_Area", "Print_Titles")


def hidden_level(hidden: Hidden) -> Level:
    """HOLD or WARNING for one thing; unknown kinds hold."""
    if hidden.kind == "validation-list" and hidden.detail == "plain":  # the reader saw choices like ○ and × only
        return Level.NOTICE
    if hidden.kind == "defined-name" and hidden.detail.startswith(_BUILTIN):
        return Level.NOTICE
    return KINDS.get(hidden.kind, (Level.HOLD, "", ""))[0]


def hidden_problems(sources: Iterable[SourceTable]) -> list[tuple[Hidden, Problem]]:
    """One problem per thing the reading stage recorded, at its sheet, row and column; never with its text."""
    return [(hidden, _problem(source, hidden)) for source in sources for hidden in source.hidden]


def _problem(source: SourceTable, hidden: Hidden) -> Problem:
    _, title, hint = KINDS.get(hidden.kind, (Level.HOLD, f"見えない内容（{hidden.kind}）", _SHOW))
    level = hidden_level(hidden)
    many = f"（{hidden.count}か所）" if hidden.count > 1 else ""
    other = "（公開する表とは別のシート）" if hidden.sheet and source.sheet and hidden.sheet != source.sheet else ""
    sheet = f"シート「{hidden.sheet}」{other}に" if hidden.sheet else "ブックに"
    place = Place(path=source.path, sheet=hidden.sheet, row=hidden.row, column=hidden.column)
    return Problem(
        code=f"{'held' if level is Level.HOLD else 'noticed'}-{hidden.kind}",
        level=level,
        place=place,
        message=f"{sheet}{title}があります{many}。見えないまま公開されるおそれがあるため確認します。"
        if level is Level.HOLD
        else f"{sheet}{title}があります{many}。",
        hint=hint,
        message_en=f"The workbook carries {hidden.kind}.",
    )
