"""Plain Japanese for a clerk: what stands in the cell, why it cannot be used, what to write instead."""

from __future__ import annotations

from pipelines.cleaning import Cleaned
from pipelines.model import Field

#: kind of value → (what it is called, how to write it)
KINDS = {
    "bool": ("「有・無」や「○・×」", "「有」か「無」で書いてください"),
    "code": ("番号", "セルの書式を「文字列」にして、半角の英数字で書いてください"),
    "corporate_number": ("法人番号", "13桁の半角数字で書いてください"),
    "date": ("日付", "2024-04-01 のように西暦の年-月-日で書いてください"),
    "date_precision": ("日付", "2024、2024-04、2024-04-01 のどれかの形で書いてください"),
    "email": ("メールアドレス", "info@city.example.lg.jp のように半角で1つだけ書いてください"),
    "fiscal_year": ("年度", "2024 のように西暦の年で書いてください"),
    "datetime": ("日時", "2024-04-01T09:00:00+09:00 のように書いてください"),
    "integer": ("整数", "単位や説明を付けず、半角の数字だけで書いてください"),
    "kana": ("読み（全角カタカナ）", "全角カタカナで書いてください"),
    "latitude": ("緯度", "35.571389 のように度の10進数（半角）で書いてください"),
    "lgcode": ("市区町村コード", "先頭の0を含む6桁の半角数字で、セルの書式を「文字列」にして書いてください"),
    "longitude": ("経度", "139.373333 のように度の10進数（半角）で書いてください"),
    "number": ("数", "単位や説明を付けず、半角の数字だけで書いてください"),
    "phone": ("電話番号", "市外局番から (042)754-1111 のように1つだけ書いてください"),
    "postal": ("郵便番号", "2520239 のように7桁の半角数字で書いてください"),
    "text": ("文字", "表示されている文字を入力し直してください"),
    "time": ("時刻", "09:00 のように24時間制の時:分で書いてください"),
    "time_range": ("時間帯", "09:00-17:15 のように書いてください"),
    "weekdays": ("曜日", "月火水木金 のように曜日だけを続けて書き、例外は特記事項の列に書いてください"),
    "url": ("URL", "https:// から始まるアドレスを半角で1つだけ書いてください"),
}

#: why a value cannot be used, where the cleaner has no sentence of its own
FLAGS = {
    "after_era_end": "その元号の期間を過ぎた年です",
    "ambiguous": "2通りに読めます",
    "approximate": "「約」などの付いたおおよその数です",
    "before_era_start": "その元号が始まる前の日付です",
    "check_digit": "検査数字が合いません（どこかの桁が間違っています）",
    "control_char": "目に見えない制御文字が入っています",
    "date_artifact": "表計算ソフトが日付に変えてしまったようです",
    "day_missing": "日まで書かれていません",
    "excel_error": "表計算ソフトのエラー表示です",
    "format": "書き方が違います",
    "formula_dangerous": "開くと動くおそれのある式です",
    "formula_like": "先頭が = などで、開くと計算式として扱われるおそれがあります",
    "exception_stated": "例外が書かれています",
    "extension_split": "内線番号が一緒に書かれています",
    "fullwidth": "全角で書かれています",
    "inequality": "「以上」「未満」などの付いた数です",
    "invalid_number": "実際には使われていない番号です",
    "label_split": "番号のほかの言葉が書かれています",
    "leading_zero_lost": "先頭の0が消えています",
    "low_precision": "小数点より下の桁が少なく、位置が大きくずれるおそれがあります",
    "mixed_kana": "カタカナのほかの文字が入っています",
    "no_such_code": "存在しない番号です",
    "no_such_day": "暦にない日です",
    "not_a_date": "日付ではありません",
    "not_a_number": "数ではありません",
    "not_boolean": "有無のどちらか決められません",
    "not_obtained": "データが得られていないことを示す記号です",
    "not_a_coordinate": "位置を表す数ではありません",
    "not_an_integer": "小数です",
    "not_kana": "カタカナではない文字が入っています",
    "not_weekdays": "曜日だけではありません",
    "outside_japan": "日本の範囲の外です",
    "out_of_range": "範囲の外です",
    "precision_lost": "表計算ソフトで桁が失われています（…E+12 など）。元の番号はここからは分かりません",
    "private_use": "外字が入っています。ほかの端末では表示できません",
    "range": "範囲（〜）で書かれています",
    "replacement_char": "文字化けしています",
    "scheme": "公開できない種類のアドレスです",
    "space_in_url": "空白が入っています",
    "several_numbers": "番号が2つ以上書かれています",
    "suppressed": "秘匿を示す記号です",
    "swapped": "緯度と経度が入れかわっているようです",
    "wrong_length": "桁数が違います",
    "wrong_width": "桁数が違います",
    "zero": "0 は位置ではありません。分からないときは空欄にします",
}


def kind_name(kind: str) -> str:
    """What the kind of value is called in Japanese."""
    return KINDS.get(kind, KINDS["text"])[0]


def error_message(field: Field, answer: Cleaned) -> str:
    """「開始日」が日付として使えません（暦にない日です）。  The value stands beside it, so that equal faults group."""
    return f"「{field.name}」が{kind_name(field.clean)}として使えません{_reason(answer)}。"


def warning_message(field: Field, value: str, count: int, answer: Cleaned) -> str:
    """One sentence for all cells of a field with the same remark."""
    others = f"ほか、あわせて{count}個のセル" if count > 1 else "のセル"
    outcome = f"「{shown(answer.value)}」として公開します" if answer.value else "空欄として公開します"
    return f"「{field.name}」の「{shown(value)}」{others}を確かめてください{_reason(answer)}。{outcome}。"


def error_hint(field: Field, answer: Cleaned) -> str:
    """What to write instead: the cleaner's suggestion when it has one, then the rule."""
    rule = f"{KINDS.get(field.clean, KINDS['text'])[1]}。"
    return f"{suggestion(answer)}{rule}"


def suggestion(answer: Cleaned) -> str:
    """What the cleaner thinks was meant, as a sentence, or nothing."""
    return f"「{answer.suggest}」のことなら、そう書き直してください。" if answer.suggest else ""


def shown(value: str) -> str:
    """A value short enough for a sentence."""
    one_line = " ".join(value.split()) or value
    return one_line if len(one_line) <= 40 else f"{one_line[:39]}…"


def _reason(answer: Cleaned) -> str:
    sentence = answer.note or FLAGS.get(answer.flag or "", "")
    return f"（{sentence.rstrip('。')}）" if sentence else ""
