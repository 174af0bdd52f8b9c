"""Whose number is it?  A mobile number or mailbox that an organisation itself gives to the public is no secret.

The national standard has columns for exactly that (電話番号, 連絡先電話番号, 参加申込方法 …), and nurseries, clubs and
shops do fill in mobile numbers.  Such a cell is told and not held when everything speaks for the organisation: the
heading is a plain contact heading, the cell holds nothing but numbers, most of the column are other numbers, the row
(or the table) names a private organisation, and nobody's full name stands in the row.  A public building has a
landline: without a word for a private organisation, a mobile number there belongs to somebody and is held.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from pipelines.screen.column import Column
from pipelines.screen.detectors import names
from pipelines.screen.folding import fold
from pipelines.screen.looking import Table

#: headings under which the standard's sets publish how to reach a facility or an organiser
_CONTACT = re.compile(r"電話|連絡先|問い?合わ?せ|tel|phone|contact|メール|mail")
#: headings that speak of a person, of remarks, or of a telephone that is carried about
_PERSONAL = re.compile(
    r"携帯|ケータイ|スマホ|mobile|緊急|自宅|本人|個人|保護者|担当|代表者|申請|申込者|世帯|利用者|職員|委員|会員|"
    r"備考|メモ|その他|特記|memo|note|remark"
)
_ROSTER = re.compile(
    r"氏名|姓名|お名前|生年月日|保護者|児童名|生徒名|申請者|申込者|世帯主|続柄|本人|患者名|受給者|相談者|被保険者|"
    r"個人番号|届出人|対象者|受付番号|(?:^|\|)(?:年齢|性別)(?:$|\|)"
)
_ORGANISED = re.compile(
    r"会社|法人|\(株\)|\(有\)|㈱|㈲|npo|組合|協会|連盟|実行委員会|協議会|推進会|同好会|保存会|クラブ|サークル|スクール|"
    r"保育|幼稚園|こども園|学童|キッズ|託児|子育て|医院|病院|クリニック|歯科|診療|薬局|助産|接骨|整骨|鍼灸|"
    r"デイサービス|ケア|介護|グループホーム|ホテル|旅館|民宿|ゲストハウス|カフェ|珈琲|食堂|レストラン|居酒屋|"
    r"商店|売店|ショップ|サロン|農園|牧場|ガーデン|工房|酒造|漁協|農協|店$",
    re.I,
)
_ORGANISED_TABLE = re.compile(
    r"店舗|店名|屋号|クラブ名|clubname|事業所名|園名|保育|子育て|preschool|nursery|医療機関|診療|薬局|介護|観光|宿泊|"
    r"飲食|tourism|hospital",
    re.I,
)
#: a web address of its own; the city's pages describe its own buildings, too
_SITE = re.compile(r"https?://(?![^/]*(?:city|town|vill|pref|lg|go)\.)[^/ ]+")
_EVENT = re.compile(r"イベント名|催し|行事名|講座名|eventname|主催")
#: columns written to tell the public how to take part
_NOTICE = re.compile(r"申し?込み?(?:方法|先)|問い?合わ?せ|連絡先名称|応募方法|予約方法")
_BARE = re.compile(
    r"(?:[0-9+()\-./・、,~;: ]|tel|電話|代表|代|内線|fax|携帯|℡|番号|[a-z0-9._%+\-]+@[a-z0-9.\-]+|e-?mail|メール)*",
    re.I,
)


def of_organisations(table: Table, column: Column, hits: Collection[int]) -> set[int]:
    """Those of the hits (indexes of the column's values) that are contact points of organisations."""
    if not hits or table.headed(_ROSTER):
        return set()
    if _NOTICE.search(column.head):
        return set(hits) if table.headed(_EVENT) else set()
    if not _CONTACT.search(column.head) or _PERSONAL.search(column.head) or not _minority(column, hits):
        return set()
    bare = {i for i in hits if _BARE.fullmatch(column.keys[i])}
    return {i for i in bare if all(_organised(table, row) for row in _rows(table, column, i))}


def _minority(column: Column, hits: Iterable[int]) -> bool:
    """Less than half of the column: a column of nothing but mobile numbers is a list of people's numbers."""
    return sum(column.counts[i] for i in hits) < 0.5 * sum(column.counts)


def _rows(table: Table, column: Column, hit: int) -> list[list[str]]:
    series = table.frame.iloc[:, column.index]
    found = table.frame[(series == column.values[hit]).fillna(False).to_numpy(dtype=bool)]
    return [["" if cell is None else str(cell) for cell in row] for row in found.itertuples(index=False)]


def _organised(table: Table, row: list[str]) -> bool:
    keys = [fold(cell) for cell in row if cell]
    named = any(_ORGANISED.search(key) or _SITE.match(key) for key in keys) or _ORGANISED_TABLE.search(
        "|".join((table.title, *(c.head for c in table.columns)))
    )
    return bool(named) and not any(_person(key) for key in keys)


def _person(key: str) -> bool:
    """A full name in kanji; two words in kana are as often a shop (ヘアサロン フェリーチェ)."""
    if len(key) > 20 or not re.search("[一-龯]", key) or _ORGANISED.search(key):
        return False
    return not names.is_organisation(key) and not names.has_role(key) and names.kind(key) == names.FULL
