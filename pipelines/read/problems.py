"""Problems of reading: one place for every code's Japanese words, so that all formats speak alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipelines.model import Level, Place, Problem

SHOWN_PER_CODE = 100

#: code → (message, hint); ``{}`` fields are filled by :func:`problem`.
WORDS: dict[str, tuple[str, str]] = {
    "empty-file": ("ファイルの中身が空です(0 バイト)。", "保存し直したファイルを置いてください。"),
    "file-missing": (
        "ファイルを開けません。",
        "置き直してください。コピーの途中なら、終わるのを待ってください。",
    ),
    "file-too-large": (
        "ファイルが大きすぎます({size} バイト、上限 {limit} バイト)。",
        "年度や地区ごとに分けるか、不要なシートや画像を除いて保存し直してください。",
    ),
    "not-a-table": (
        "表ではありません。中身は{what}です。",
        "表のファイル(CSV または Excel ブック)を置いてください。",
    ),
    "unsupported-format": (
        "{what}は読み取れません。",
        "Excel で開き、「名前を付けて保存」で Excel ブック(.xlsx)か CSV にして置いてください。",
    ),
    "password": (
        "パスワードがかかっていて開けません。",
        "パスワードを外して保存し直してください。公開用のデータにパスワードは付けられません。",
    ),
    "broken-file": (
        "ファイルが壊れているか、途中で切れています({detail})。",
        "元のファイルを開いて保存し直すか、もう一度コピーしてください。",
    ),
    "reader-died": (
        "このファイルは安全に開けませんでした(読み取りの途中で止まりました)。",
        "必要な表だけを新しいブックに「値の貼り付け」で写し、保存し直してください。",
    ),
    "too-slow": (
        "読み取りが {seconds} 秒で終わりませんでした。",
        "不要なシートや書式を除き、必要な表だけの新しいブックにして保存し直してください。",
    ),
    "zip-bomb": (
        "展開すると大きくなりすぎます({detail})。",
        "必要な表だけを新しいブックに写し、保存し直してください。",
    ),
    "too-many-parts": ("ファイルの中の部品が多すぎます({detail})。", "必要な表だけの新しいブックにしてください。"),
    "too-many-cells": (
        "セルの数が上限({limit})を超えています。",
        "年度や地区ごとに分けるか、データの無い行と列の書式を消してください。",
    ),
    "far-cell": (
        "表から遠く離れた所に値があります。",
        "その値を消すか、表の続きに移してください。離れた値は入力の誤りのことが多いため、受け取りません。",
    ),
    "xml-entity": (
        "ファイルの中に、読み手を攻撃できる宣言(DTD)があります。",
        "Excel で開いて保存し直してください。心当たりがなければ、情報システム担当に知らせてください。",
    ),
    "zip-member": ("圧縮ファイルの中の「{name}」を読みました。", "圧縮せずに置いてもかまいません。"),
    "zip-several": (
        "圧縮ファイルの中に表が {count} 個あり、どれか決められません({names})。",
        "公開する表のファイルだけを、圧縮せずに置いてください。",
    ),
    "zip-empty": ("圧縮ファイルの中に表がありません。", "CSV か Excel ブックを、圧縮せずに置いてください。"),
    "format-differs": (
        "拡張子は「{extension}」ですが、中身は{what}です。中身のとおりに読みました。",
        "正しい拡張子で保存し直すと、ほかの人も開けます。",
    ),
    "encoding": (
        "文字コードが分かりません({detail})。",
        "メモ帳や Excel で開いて文字化けが無いことを確かめ、「CSV UTF-8」で保存し直してください。",
    ),
    "gaiji": (
        "外字(その組織のパソコンでしか見えない文字 {codepoint})があります。",
        "正式な文字か、カタカナに置き換えてください。",
    ),
    "broken-character": (
        "文字化けした文字({codepoint})があります。",
        "元のファイルで正しい文字に直し、文字コードを UTF-8 にして保存し直してください。",
    ),
    "control-character": ("見えない制御文字({codepoint})があります。", "そのセルを入力し直してください。"),
    "bidi-character": (
        "文字の並びを逆に見せる制御文字({codepoint})があります。",
        "そのセルを入力し直してください。",
    ),
    "bom-inside": (
        "ファイルの途中に、ファイルの先頭を表す印(U+FEFF)があります。",
        "複数のファイルをつないだときに入ることがあります。つなぎ目を確かめ、保存し直してください。",
    ),
    "csv-quote": (
        '引用符(")の対応が取れていません({detail})。',
        'この行の引用符を確かめてください。値の中の " は "" と書きます。Excel で開いて CSV で保存し直すと直ります。',
    ),
    "cell-too-long": (
        "1 つのセルが {limit} 文字を超えています。",
        '引用符(")の閉じ忘れのことがあります。この行から確かめてください。',
    ),
    "row-short": (
        "列が足りません(見出しは {expected} 列、この行は {found} 列)。",
        "抜けた区切り(カンマ)を補ってください。空の項目も区切りは必要です。",
    ),
    "row-long": (
        "列が多すぎます(見出しは {expected} 列、この行は {found} 列)。",
        '値の中にカンマがあるときは、その値を " で囲んでください。',
    ),
    "mixed-newline": ("改行の種類が混ざっています。そろえて読みました。", ""),
    "separator-line": ("先頭の「sep=」の行は区切り文字の指定として読み、データにしませんでした。", ""),
    "delimiter": (
        "区切り文字がカンマではなく{what}です。{what}区切りとして読みました。",
        "CSV はカンマ区切りで保存してください。",
    ),
    "no-header": (
        "見出しの行が見つかりません。",
        "1 行目に項目名(列の名前)を書いてください。複数行のときは dataset.yaml の header_rows に行番号を書けます。",
    ),
    "no-rows": ("見出しだけで、データの行がありません。", "データを入力してから置いてください。"),
    "no-table": ("表が見つかりません。", "見出しの行とデータの行がある表を置いてください。"),
    "template-only": (
        "記入例・様式のシートしかありません(「{sheet}」)。記入例は公開できません。",
        "実際のデータを入力したシートを入れてください。",
    ),
    "sheet-missing": (
        "dataset.yaml に書かれたシート「{sheet}」がありません(あるのは {names})。",
        "シート名を合わせてください。",
    ),
    "sheet-ambiguous": (
        "データのシートが {count} 枚あり、どれを公開するか決められません({names})。",
        "dataset.yaml に sheet: シート名 を書くか、公開するシートだけのブックにしてください。",
    ),
    "sheet-left-out": (
        "シート「{sheet}」は読みませんでした({why})。",
        "このシートも公開するときは、別のデータセットにしてください。",
    ),
    "header-blank": (
        "項目名の無い列に値があります。",
        "見出しに項目名を書くか、不要な列なら消してください。",
    ),
    "header-duplicate": (
        "項目名「{name}」が {count} 列にあります。",
        "列ごとに違う項目名にしてください。",
    ),
    "header-joined": ("{count} 行の見出しを「_」でつないで 1 行にしました。", ""),
    "merged-filled": (
        "縦に結合されたセルの値を、結合されていた全部の行に入れました({count} か所)。",
        "結合を解いて、各行に値を書いてください(機械判読ルール 1-4)。",
    ),
    "merged-across": (
        "横に結合されたセルがあります。左端の列の値として読みました。",
        "結合を解いて、それぞれの列に値を書いてください(機械判読ルール 1-4)。",
    ),
    "records-joined": (
        "1 件が {count} 行にわたる表として読みました。行ごとに違う項目は「項目名_1」「項目名_2」…に分けました。",
        "1 件を 1 行にしてください(機械判読ルール 1-4)。",
    ),
    "blocks-stacked": (
        "横に並んだ同じ見出しの表 {count} 個を、縦につないで読みました。",
        "1 つの表に続けて書いてください(機械判読ルール 2-1)。",
    ),
    "column-gap": (
        "表の途中に、見出しも値も無い列があります。左右を 1 つの表として読みました。",
        "1 つの表なら空の列を消し、別の表なら別のシートに分けてください(機械判読ルール 2-1、2-2)。",
    ),
    "side-panel": (
        "表の横に書かれたもの({detail})は、データに入れませんでした。",
        "データの一部なら表の中に移してください。説明なら別のシートに書いてください(機械判読ルール 2-2)。",
    ),
    "several-tables": (
        "1 枚のシートに別々の表があります({detail})。",
        "1 枚のシートに表は 1 つにしてください(機械判読ルール 2-2)。",
    ),
    "total-left-out": ("合計の行 {count} 行をデータに入れませんでした。", ""),
    "total-mismatch": (
        "合計が合いません(書かれている値 {written}、内訳の合計 {computed})。",
        "合計の行は公開しませんが、内訳の抜けや誤りのことがあります。確かめてください。",
    ),
    "section-row": (
        "値が 1 つだけの行があります。区切りの見出しとして、データに入れませんでした。",
        "データの行なら、ほかの列も入力してください。区切りなら、列を作って各行に書いてください。",
    ),
    "sample-row": (
        "記入例の行を、データに入れませんでした。",
        "実際のデータなら、ほかの行と同じように入力し直してください。",
    ),
    "explanation-row": (
        "入力のしかたを書いた行を、データに入れませんでした。",
        "実際のデータなら、ほかの行と同じように入力し直してください。",
    ),
    "total-kept": (
        "合計らしい行が {count} 行ありますが、区分の 1 つとしてデータに残しました。",
        "合計の行なら消してください(機械判読ルール 1-9)。",
    ),
    "ditto-blank": (
        "「{name}」が、まとまりの先頭の行にだけ書かれているようです。下の行は空のまま読みました。",
        "すべての行に値を書いてください。",
    ),
    "record-split": (
        "前の行の途中で切れています。値の中の改行で、1 件が 2 行に分かれたようです。",
        '1 件を 1 行に直してください。値の中で改行するときは、CSV では値全体を " で囲みます。',
    ),
    "header-doubtful": (
        "1 行目が見出し(項目名)かデータか決められません(「{text}」)。",
        "項目名の行を入れてください。この行が見出しなら dataset.yaml の header_rows に行番号を書けます。",
    ),
    "form-layout": (
        "項目名が左の列に縦に並んでいます。1 行が 1 件の表ではありません。",
        "項目名を 1 行目に横に並べ、その下に 1 件 1 行で書いてください。",
    ),
    "error-cell": (
        "エラーの値({value})があります。",
        "計算式を直すか、正しい値を入力してください。",
    ),
    "formula-without-value": (
        "計算式の結果が保存されていません。",
        "Excel で開いて上書き保存し直してください。",
    ),
    "impossible-date": (
        "日付として表せない値です({value})。",
        "正しい日付を入力し直してください。",
    ),
    "number-damaged": (
        "桁の多い番号が Excel によって丸められています。元の番号は失われています。",
        "セルの書式を「文字列」にしてから、正しい番号を入力し直してください。",
    ),
    "date-in-text": (
        "番号や番地の列に日付の値があります。Excel が「{typed}」を日付に変えたと思われます。",
        "セルの書式を「文字列」にしてから、元の値を入力し直してください。",
    ),
}


def problem(
    code: str,
    level: Level,
    path: str,
    *,
    sheet: str | None = None,
    row: int | None = None,
    column: int | None = None,
    field: str | None = None,
    value: str | None = None,
    **words: Any,
) -> Problem:
    """A problem of reading; row and column are 1-based.  ``words`` fill the message of :data:`WORDS`."""
    message, hint = WORDS[code]
    filled = {"value": value, "sheet": sheet, **words}
    return Problem(
        code=code,
        level=level,
        place=Place(path=path, sheet=sheet, row=row, column=column, field=field),
        message=message.format(**filled),
        hint=hint.format(**filled) if "{" in hint else hint,
        value=value,
    )


def limited(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """At most :data:`SHOWN_PER_CODE` problems of a code one by one, and then one that names the true number left."""
    counts: dict[str, int] = {}
    kept: list[Problem] = []
    last: dict[str, Problem] = {}
    for item in problems:
        counts[item.code] = counts.get(item.code, 0) + 1
        if counts[item.code] <= SHOWN_PER_CODE:
            kept.append(item)
        last[item.code] = item
    for code, count in counts.items():
        if count > SHOWN_PER_CODE:
            kept.append(_rest(last[code], count - SHOWN_PER_CODE))
    return tuple(kept)


def _rest(example: Problem, count: int) -> Problem:
    place = Place(path=example.place.path, sheet=example.place.sheet)
    message = f"同じことが、ほかに {count} か所あります:{example.message}"
    return Problem(code=example.code, level=example.level, place=place, message=message, hint=example.hint)
