"""What a single cell's text looks like: a number, a total's label, a note, a unit, a sample.  Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.read.grid import blank

_NUMBER = re.compile(
    r"^[\s\u3000]*[(（]?[-+−－▲△▼±]?[\s\u3000]*[¥￥]?[0-9０-９][0-9０-９,，.．]*(?:[eE][-+]?\d+)?[\s\u3000]*"
    r"[%％人円件世帯戸台回歳年月日kKmM㎡㎞ha箇所か]{0,3}[)）]?[\s\u3000]*$"
)
_MOMENT = re.compile(
    r"^(?:\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?)?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?|\d{1,2}:\d{2}(?::\d{2})?|"
    r"\d{1,2}[-/]\d{1,2}(?:[-/]\d{2,4})?|(?:明治|大正|昭和|平成|令和|[MTSHR])[0-9０-９元]{1,2}[.年][0-9０-９.年月日]*)$"
)
_NEUTRAL = re.compile(r"^[\s\u3000]*(?:[-‐‑–—―−－ー…‥・*＊xX×〃]+|\.{2,}|該当なし|なし|NA|N/A|不明)[\s\u3000]*$")
_SPACES = re.compile(r"[\s\u3000\u200b]+")
_TOTAL = re.compile(
    r"^[(（【［\[]?(?:総?合計|総計|小計|中計|累計|計|総数|[都道府県市区町村郡部]{1,2}計|全[市体域国区]?計?(?:合計)?|合計\(.*\)|総合計|全体|"
    r"(?:total|sum|subtotal|grandtotal))[)）】］\]]?$",
    re.IGNORECASE,
)
#: labels that are only a total when the row also adds up; a category column may hold them
_WEAK_TOTAL = re.compile(r"^(?:総数|全体|全市|全国|全域|全区|全)$")
_NOTE = re.compile(
    r"^[\s\u3000]*(?:※|＊|\*(?!\*\*)|[(（〔\[【]?(?:注|注記|注意|注釈|備考|出典|資料|参考|単位|凡例)[0-9０-９]*[)）〕\]】:：\s\u3000.．、]|"
    r"[(（]?注[)）0-9０-９]|(?:出典|資料|出所|資料出所|備考|注)$|→|←|↑|↓|＜|<注|・.{15,}。$)"
)
_SECTION = re.compile(r"^[\s\u3000]*[【■◆●◇□▼▽▲△○◎＜<《〔［\[★☆]")
_SAMPLE_ROW = re.compile(
    r"^[\s\u3000]*(?:(?:記入例|記載例|入力例|作成例|例)[0-9０-９]?$|"
    r"[(（【［\[〔<＜](?:記入例|記載例|入力例|作成例|サンプル|例)[0-9０-９]?[)）】］\]〕>＞]|(?:記入例|記載例|入力例|例)[:：])"
)
_SAMPLE_SAYS = re.compile(r"(?:記入|記載|入力|作成)例(?:です|なので|のため|につき)|(?:記入|記載|入力)例.{0,8}削除")
_DUMMY = re.compile(
    r"^0{2,5}-?0{3,4}-?0{4}$|^(?:https?://)?(?:www\.)?example\.|^sample@|^0{3}-0{4}$|[○〇◯]{2,}|[△▲]{2,}|[×✕]{2,}"
)
_EXPLAINS = re.compile(
    r"(?:を?(?:記入|入力|記載|選択)(?:$|して|する|し、|のこと|。)|ください|半角|全角|桁で|文字以内|形式で|の場合は|YYYY|yyyy|"
    r"hh:mm|HH:MM|市外局番から|番地まで)"
)
_DEMAND = re.compile(
    r"^(?:必須|任意|推奨|必須項目|任意項目|推奨項目|自動|選択|入力不要|条件付き?必須|基本|[(（](?:必須|任意|推奨)[)）])$"
)
_TYPE = re.compile(
    r"^[(（]?(?:半角|全角)?(?:文字列?|数値|数字|整数|小数|実数|英数字?|日付|時刻|日時|年月日|真偽値?|論理値|テキスト|コード値?|string|text|integer|int|"
    r"number|numeric|decimal|float|double|date|datetime|time|boolean|bool)型?(?:[(（][0-9,]+[)）])?[)）]?$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"^[(（\[【]?(?:単位[:：]?)?(?:人|千人|万人|円|千円|百万円|億円|％|%|‰|件|世帯|戸|棟|台|回|歳|才|年|月|日|時間|分|箇所|か所|カ所|ヶ所|施設|校|学級|"
    r"㎡|m2|m²|㎥|m3|m|ｍ|km|ｋｍ|㎞|km2|k㎡|㎢|ha|ｈａ|a|t|ｔ|トン|kg|㎏|g|ℓ|L|l|kL|kl|kWh|℃|mm|㎜|cm|㎝|冊|点|枚|本|名|組|団体|事業所|頭|羽|匹|"
    r"点数|ポイント|度|[^\s/／]{1,4}[/／](?:km2|k㎡|㎢|㎡|m2|ha|人|戸|世帯|件|台|日|月|年|時間?|分|秒)|-|－|―)[)）\]】]?$"
)
_SAMPLE_NAME = re.compile(
    r"記入例|記載例|入力例|作成例|作成見本|見本|サンプル|ひな形|ひな型|雛形|テンプレート|^例$|[(（]例[)）]|の例$|sample|example|template|記入方法|入力方法",
    re.IGNORECASE,
)
_BLANK_FORM_NAME = re.compile(r"様式|フォーマット|書式")
_REFERENCE_NAME = re.compile(
    r"項目定義|データ項目|項目説明|項目一覧|定義書|仕様|説明|凡例|はじめに|表紙|目次|注意事項|記入要領|入力要領|要領|手引|マニュアル|データ定義|補足|解説|使い方|利用規約|更新履歴|変更履歴|改版|コード表|コード一覧|"
    r"選択肢|"
    r"プルダウン|リスト$|^list|"
    r"マスタ|master|readme|read me|^メモ$|計算用|作業用|ワーク|^work|^グラフ|メタデータ|metadata",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"[○〇◯×✕△]{2,}(?:市|町|村|区|県|公民館|センター|小学校|公園|課|課|町|丁目|番|\d|-|$)|[○〇◯]{2,}"
)


def squeezed(text: str) -> str:
    """The text without any spaces or line breaks."""
    return _SPACES.sub("", text)


def numeric(text: str) -> bool:
    """A number, a date or a time as people write them."""
    return bool(_NUMBER.match(text)) or bool(_MOMENT.match(text.strip()))


def neutral(text: str) -> bool:
    """A dash or a mark that stands for "none" and says nothing about its column."""
    return bool(_NEUTRAL.match(text))


def kind_of(text: str) -> str:
    """``""`` blank, ``-`` neutral, ``n`` number or moment, ``t`` text."""
    if blank(text):
        return ""
    if numeric(text):
        return "n"
    return "-" if neutral(text) else "t"


def total_label(text: str) -> bool:
    """合計, 小計, 計, 県計 …"""
    return bool(_TOTAL.match(squeezed(text)))


def subtotal_label(text: str) -> bool:
    """小計, 中計: never the name of a category."""
    return squeezed(text) in ("小計", "中計")


def weak_total_label(text: str) -> bool:
    """総数, 全体 …: a total only if the figures say so."""
    return bool(_WEAK_TOTAL.match(squeezed(text)))


def note(text: str) -> bool:
    """A footnote, a source, a unit line."""
    return bool(_NOTE.match(text))


def section(text: str) -> bool:
    """A line such as 【北部地区】 or ■公園."""
    return bool(_SECTION.match(text))


def unit(text: str) -> bool:
    """人, （千円）, ％ …"""
    return bool(_UNIT.match(squeezed(text)))


def sample_row(cells: Sequence[str]) -> bool:
    """A row of made-up values: it says 記入例 first, or two cells speak of ○○市 and 000-000-0000."""
    texts = [text for text in cells if not blank(text)]
    if len(texts) < 2:
        return False
    if any(_SAMPLE_SAYS.search(text) for text in texts):
        return True
    return bool(_SAMPLE_ROW.match(texts[0])) or sum(1 for text in texts if _DUMMY.search(text.strip())) >= 2


def type_row(texts: Sequence[str]) -> bool:
    """文字列, 数値, 日付 … or 必須, 任意 … in every cell: what to write, above or below the labels."""
    return len(texts) >= 2 and all(_TYPE.match(squeezed(text)) or _DEMAND.match(squeezed(text)) for text in texts)


def explaining_row(cells: Sequence[str]) -> bool:
    """A row that tells what to write (必須 任意 …, 半角で入力) instead of writing it."""
    texts = [squeezed(text) for text in cells if not blank(text)]
    if type_row(texts):
        return True
    demands = sum(1 for text in texts if _DEMAND.match(text))
    if len(texts) >= 2 and demands >= 0.6 * len(texts):
        return True
    told = sum(1 for text in texts if _EXPLAINS.search(text))
    return told >= 2 and told + demands >= 0.5 * len(texts)


def sample_sheet(name: str) -> bool:
    """A sheet name that says its rows are made up."""
    return bool(_SAMPLE_NAME.search(name))


def form_sheet(name: str) -> bool:
    """A sheet name of an empty form (may hold the real data all the same)."""
    return bool(_BLANK_FORM_NAME.search(name))


def reference_sheet(name: str) -> bool:
    """A sheet name of an explanation, a code list or scratch work."""
    return bool(_REFERENCE_NAME.search(name))


def placeholder(text: str) -> bool:
    """○○市 and the like."""
    return bool(_PLACEHOLDER.search(text))
