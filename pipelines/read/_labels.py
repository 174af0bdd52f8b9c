"""Whether a text is a column's label or one of its values.  Pure functions; used only to doubt, never to rename."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

from pipelines.read._marks import kind_of, numeric, squeezed

#: what the labels of municipal tables end with or are
_LABEL = re.compile(
    r"(?:名|名称|名前|氏名|カナ|ｶﾅ|フリガナ|ふりがな|読み|番号|コード|ID|No|NO|№|番地|住所|所在地?|場所|位置|地区|町名|校区|学区|地域|区域|区分|種別|種類|分類|"
    r"類型|業種|品目|品名|項目|内容|概要|説明|特徴|備考|注記|摘要|電話|TEL|FAX|メール|URL|HP|ホームページ|アドレス|リンク|緯度|経度|標高|座標|日|日付|年月日|年度?|月|"
    r"曜日|時間|時刻|期間|開始|終了|期限|時点|数|人数|件数|戸数|世帯数?|面積|延長|距離|高さ|幅|量|額|金額|料金|価格|単価|予算|決算|定員|人員|人口|総数|男性?|女性?|計|合計|"
    r"小計|率|割合|比|増減|構成比|平均|対象者?|要件|条件|方法|手段|窓口|担当課?|所管課?|部署|課名?|管理者|設置者|所有者|代表者|責任者|団体|法人|事業者|運営主体|主体|施設|"
    r"設備|有無|可否|対応|状況|状態|結果|理由|目的|効果|単位|順位|記号|キーワード|画像|写真|ライセンス|出典|更新|作成|登録|利用|設?問|Q|収集日?|ごみ|センター|災害|地震|津波|洪水|高潮|"
    r"年齢|年代|性別|居住地|職業|学校|学年|学級|住居|方書|丁目|階|棟|室|車両?|台数|席数|部数|路線|停留所|経路|交通|駐車場|アクセス|資格|資料|形式|文書|根拠|法令|受付|申込)"
    r"(?:[(（\[【].{0,20}[)）\]】])?(?:[0-9０-９①-⑳])?$",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"^(?:.{0,4}名称?|.{0,4}名称?[(_]?(?:カナ|フリガナ)\)?|所在地|住所|.{0,4}電話(?:番号)?|TEL|FAX(?:番号)?|郵便番号|定員|備考|緯度|経度|面積|URL|"
    r"ホームページ|メール(?:アドレス)?|種別|区分|設置者|管理者|代表者|担当課?|開館時間|営業時間|利用時間|開始時間|終了時間|休館日|定休日|"
    r"開設年月日|設置年月日|概要|説明|特徴|アクセス|駐車場|料金)$",
    re.IGNORECASE,
)
_ASCII_LABEL = re.compile(r"^[A-Za-z][A-Za-z0-9_ .:#/\-()%]*$")
_FOREIGN = re.compile(
    r"^(?:no\.?|id|code|(?:[a-z]+[ _])?name(?:[ _](?:kana|en))?|kana|address|location|place|area|district|city|town|"
    r"ward|pref(?:ecture)?|tel\.?|(?:tele)?phone(?:[ _]?(?:no\.?|number))?|fax|e-?mail|url|web(?:site)?|type|category|"
    r"class|kind|date|day|time|hours?|open(?:ing)?|clos(?:e|ing|ed)|holidays?|lat(?:itude)?|lo?ng?(?:itude)?|notes?|remarks?|"
    r"description|capacity|number|count|year|month|age|male|female|total|sum|population|households?|fee|price|amount|unit|"
    r"status|postal[ _]?code|zip(?:[ _]?code)?|department|section|facility|owner|manager)$",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"一覧|名簿|調べ|集計表|統計表?$|報告|現在|時点|作成|更新|[:：※]|(?:令和|平成|昭和)[0-9０-９元]|年度|について|[課係室局]$|[市町村県]$"
)
_SHAPES = (
    re.compile(r"^\(?0\d{1,4}\)?[-‐−ー－)]\d{1,4}[-‐−ー－]\d{3,4}$"),
    re.compile(r"^〒?\d{3}-\d{4}$"),
    re.compile(r"^https?://\S+$"),
    re.compile(r"^[\w.+-]+@[\w-]+\.[\w.]+$"),
    re.compile(r"^.{2,}(?:丁目|番地|番|号|町|字)\s*[\d‐−ー－-]+(?:番地?|号)?[\d‐−ー－-]*$"),
    re.compile(r"^[月火水木金土日](?:[\s・、,;；／/]+[月火水木金土日])+$"),
    re.compile(r"^第?\d(?:[・、,]\d)*[月火水木金土日](?:曜日?)?$"),
)
_PERIOD = re.compile(
    r"^[(（]?(?P<era>令和|平成|昭和|大正|明治|[RHSTM])?\s?(?P<number>\d{1,4}|元)(?P<unit>年度?|月|日|歳|才|時|期|学年|年生|級|組|回|位|点|階|丁目|区|号|～|~|以上|未満)?"
    r"(?:[末中現在]*|\(.*\))[)）]?$"
)
_CLOCK = re.compile(r"\d[/:]\d")


def label_word(text: str) -> bool:
    """The text is a usual label of a column (名称, 電話番号, 定員(人), name)."""
    folded = squeezed(unicodedata.normalize("NFKC", text))
    if not folded or len(folded) > 40 or numeric(text):
        return False
    return bool(_LABEL.search(folded)) or bool(_ASCII_LABEL.match(folded))


def label_words(texts: Iterable[str]) -> int:
    """How many of the texts are usual labels in Japanese (ASCII words say nothing among records)."""
    return sum(1 for text in texts if label_word(text) and not _ASCII_LABEL.match(squeezed(text)))


def form_label(text: str) -> bool:
    """A label that stands in nearly every form (名称, 所在地, 電話番号), whole and not as the end of another word."""
    return bool(_FORM.match(squeezed(unicodedata.normalize("NFKC", text))))


def title_like(text: str) -> bool:
    """The text is rather a title, a date or a sender than the name of a group of columns."""
    return len(squeezed(text)) > 15 or bool(_TITLE.search(squeezed(text)))


def shape(text: str) -> int | None:
    """Which unmistakable shape of a value the text has (telephone, postal code, address, weekdays …); None: no such."""
    folded = unicodedata.normalize("NFKC", text).strip()
    return next((index for index, pattern in enumerate(_SHAPES) if pattern.match(folded)), None)


def period(text: str) -> tuple[str, int] | None:
    """(unit, number) of 4月, 令和元年, 3歳, 第1回 …; an era counts with its year: 令和2年 → ("年", 2020)."""
    found = _PERIOD.match(squeezed(unicodedata.normalize("NFKC", text)).removeprefix("第"))
    if found is None or not (found.group("unit") or found.group("era")):
        return None
    number = 1 if found.group("number") == "元" else int(found.group("number"))
    starts = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
    return found.group("unit") or "年", number + starts.get(found.group("era") or "", 0)


def rising(texts: Sequence[str]) -> bool:
    """Periods of one unit in equal steps (4月 … 3月, 平成30年, 令和元年, 0歳, 5歳): a header of times or ages."""
    found = [period(text) for text in texts]
    known = [item for item in found if item is not None]
    if len(known) < 2 or len(known) < len(texts):
        return False
    units = {unit for unit, _ in known}
    steps = {
        (later - earlier) % 12 if units == {"月"} else later - earlier for (_, earlier), (_, later) in pairwise(known)
    }
    return len(units) == 1 and len(steps) == 1 and steps.pop() in (1, 2, 5, 10, -1)


def column_numbers(cells: Sequence[str]) -> bool:
    """1, 2, 3 … or (1), (2) … or ①, ② … in every cell: a row that numbers the columns."""
    texts = [unicodedata.normalize("NFKC", text).strip(" 　()（）[]") for text in cells if text.strip()]
    if len(texts) < 3 or len(texts) < len(cells) - 1:
        return False
    return texts == [str(number) for number in range(1, len(texts) + 1)]


def lettered_columns(texts: Sequence[str]) -> bool:
    """A, B, C … in every cell: a row that letters the columns."""
    letters = [unicodedata.normalize("NFKC", text).strip().upper() for text in texts]
    return len(letters) >= 3 and letters == [chr(ord("A") + index) for index in range(len(letters))]


def foreign_label(text: str) -> bool:
    """A usual label in Latin letters (No., Name, Tel)."""
    return bool(_FOREIGN.match(text.strip()))


def plain_numbers(texts: Iterable[str]) -> bool:
    """Figures without a unit make up most of the texts."""
    kinds = [("t" if _CLOCK.search(text) else kind_of(text), period(text)) for text in texts if text.strip()]
    figures = sum(1 for kind, unit in kinds if kind in ("n", "-") and unit is None)
    return bool(kinds) and figures >= 0.8 * len(kinds)
