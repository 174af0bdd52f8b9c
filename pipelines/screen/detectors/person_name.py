"""Names of people: by the heading, by the share of names in the column, and in running text.

A column decides as a whole: one new name makes the approval of that column lapse.  Names of people who act in public
(市長, 代表取締役 …) are not counted.  Owners in business registers (営業者, 開設者) hold only while the column leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from pipelines.screen.column import Column
from pipelines.screen.detectors import names, readings
from pipelines.screen.finding import HOLD, WARN, Detector, Finding, ScreenRules, finding
from pipelines.screen.folding import fold_name
from pipelines.screen.looking import Table

_CERTAIN = re.compile(r"氏名|姓名|お名前|(?:^|\|)(?:名前|本名|姓|苗字|氏)(?:$|\||\()|personname|fullname(?!in)")
_PRIVATE = re.compile(
    r"担当(?:者|者名|職員|医|$|\||\()|保護者(?:名|$|\|)|(?:児童|生徒|園児|学生)(?:氏?名|$|\|)|申請者|申込者|"
    r"世帯主|本人|相談者|患者(?:名|$|\|)|受給者(?:名|$|\|)|"
    r"届出(?:者|人)|民生委員|児童委員|委員名|委員$|参加者(?:名|$)|入居者(?:名|$)|利用者(?:名|$)|対象者(?:名|"
    r"$)|被災者|被害者|死亡者(?:名|$)|職員(?:名|$)|教員(?:名|$)|"
    r"責任者|連絡者|記入者|作成者|家族|続柄|person|緊急連絡先|納税者|滞納者|会長|区長|代表者"
)
_BUSINESS = re.compile(
    r"開設者|設置者|営業者|経営者|事業者|事業主|管理者|所有者|owner|establisher|representative|法人代表|"
    r"corporat|許可業者"
)
_PUBLIC = re.compile(
    r"作者|作家|著者|author|artist|発言者|議員|選手|監督|出演|講演|建築家|設計者|人物|偉人|施設|団体|商品|"
    r"作品|タイトル|品名|献立|menu|food"
)
_NOT_NAMES = re.compile(
    r"(?:数|件|率|割合|額|住所|所在地|番号|コード|電話|tel|url|役職|職名|都道府県|日|課|部署|有無|区分|種別|"
    r"ownership|ship|建物|方書)[名称]*[0-9]*(?:\||$|\()"
)
_FREE = re.compile(r"備考|メモ|摘要|特記|注記|memo|note|comment|remark|相談|経過|対応|自由|その他|事由|理由")
_EMPTY = re.compile(r"[-ー―–—*＊○◯〇×xX△/ .・…]*|非公開|非公表|不明|なし|無し|該当なし|匿名|未定|同上|[0-9,.]+")
_SHAPE = re.compile(r"^ ?[一-龯々ぁ-んァ-ヺー]{1,5} ?[一-龯々ぁ-んァ-ヺー]{1,5} ?$", re.M)
_CALLED = re.compile(
    r"(?:申請者|申込者|保護者|世帯主|患者|対象者|相談者|届出人|被害者|入居者|利用者|記入者|作成者|氏名|本人|担当者?|母親?|父親?|妻|"
    r"夫|長男|長女|次男|次女|息子|娘|連絡先|代表者?)"
    r"(?:名|氏名)?(?:は|が|の|を|に|で|:|・|、|\(| )*([一-龯々]{1,4}[ ・]?[一-龯々ぁ-んァ-ヶー]{1,5})"
)
_ADDRESSED = re.compile(
    r"([一-龯々]{1,4} ?[一-龯々ぁ-んァ-ヶー]{0,5}?) ?(?:さん|様|氏(?!神|名|子)|殿(?!堂)|くん|君(?!が)|ちゃん)"
)
#: whoever is called さん or 様: by 姓 alone, or as the name is read
_ADDRESSED_KANA = re.compile(r"([ァ-ヺー]{2,7} ?[ァ-ヺー]{0,7}) ?(?:さん|様|氏|殿|くん|君|ちゃん)")
_ADDRESSED_SURNAME = re.compile(r"(?<![一-龯々])([一-龯々]{2,3})(?:さん|様)(?!式|子|相|々|方)")
_RUN = re.compile("[一-龯々]{3,10}")
_SPACED = re.compile("(?<![一-龯々])([一-龯々]{2,3}) ([一-龯々ぁ-ん]{2,3})(?![一-龯々])")
_NARRATIVE = re.compile(
    r"説明|紹介|概要|overview|description|名称|店名|施設名|name|title|タイトル|イベント|案内|アクセス|交通|料金|price"
)
_JOINED = re.compile("[、,・/;| ]")
_FULL = frozenset({names.FULL})
_ANY = frozenset({names.FULL, names.SURNAME})
#: the same words with a name that is read, not written: kana or romaji
_READ = re.compile(
    r"(?:申請者|申込者|保護者|世帯主|患者|対象者|相談者|届出人|被害者|入居者|利用者|記入者|作成者|氏名|本人|担当者?|代表者|"
    r"連絡先|連絡担当)(?:名|氏名)?(?:は|:|・|、|\(| )*"
    r"([ァ-ヺー]{2,7}[ ・][ァ-ヺー]{2,7}|[ァ-ヺー]{4,12}|[ぁ-んー]{2,7} [ぁ-んー]{2,7}|[A-Za-z]{2,12},? [A-Za-z]{2,12})"
)
#: in texts for the public only what a form says of a person: 記入者, 利用者 … and the name right behind
_FILED = re.compile(
    r"(?:申請者|申込者|保護者|世帯主|届出人|記入者|利用者|担当者?|氏名|本人)(?:名|氏名)?[ :(]+"
    r"([一-龯々]{1,4}[ ・]?[一-龯々ぁ-んァ-ヶー]{1,5}|[ァ-ヺー]{2,7}[ ・][ァ-ヺー]{2,7}|"
    r"[A-Za-z]{2,12},? [A-Za-z]{2,12})"
)
_MOST = 400
_RUNS = 20_000


def find(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD (or WARN for business registers that do not leave); see the module's text."""
    names.ready()
    for column in table.filled:
        if not column.cells.bare and column.type in ("string", "any"):
            yield from _column(column, rules)


def _column(column: Column, rules: ScreenRules) -> Iterable[Finding]:
    if _NOT_NAMES.search(column.head):
        return
    if _CERTAIN.search(column.head) and "施設" not in column.head and _some_text(column):
        yield from finding("person_name", HOLD, column, _all(column), "見出しが人の氏名です")
    elif _PRIVATE.search(column.head) and _any_name(column, rules, _ANY):
        yield from finding("person_name", HOLD, column, _all(column), "見出しが人を指し、人名が入っています")
    elif _BUSINESS.search(column.head):
        if _any_name(column, rules, _FULL):
            level = HOLD if column.published else WARN
            yield from finding("person_name", level, column, _all(column), "事業者・所有者の欄に個人名が入っています")
    elif not _PUBLIC.search(column.head) and _share(column, rules) >= rules.name_rate:
        yield from finding("person_name", HOLD, column, _all(column), "値の多くが姓と名でできています")
    else:
        yield from finding("person_name", HOLD, column, _in_text(column), "文の中に人の姓名があります")


def _all(column: Column) -> range:
    return range(len(column.values))


def _some_text(column: Column) -> bool:
    return any(not _EMPTY.fullmatch(key) and not names.has_role(key) for key in column.keys)


def _any_name(column: Column, rules: ScreenRules, accepted: frozenset[str]) -> bool:
    """One name is enough where the heading speaks of people; an even sample first, then the rest."""
    return any(_is_name(key, accepted, rules) for keys in (_sample(column.keys), column.keys[:_RUNS]) for key in keys)


def _share(column: Column, rules: ScreenRules) -> float:
    """Share of distinct values that are full names, over an even sample."""
    if column.cells.ascii and not column.cells.holds(b" ") and not column.cells.holds(b","):
        return 0.0  # a name in romaji is two words
    sample = _sample(column.keys)
    shaped = sum(1 for key in sample if _SHAPE.match(key) or _JOINED.search(key))
    if shaped < rules.name_rate * len(sample) or not sample:
        return 0.0
    return sum(1 for key in sample if _is_name(key, _FULL, rules)) / len(sample)


def _is_name(key: str, accepted: frozenset[str], rules: ScreenRules) -> bool:
    if len(key) > 40 or names.has_role(key) or (names.is_organisation(key) and not names.is_surname(fold_name(key))):
        return False
    return names.kind_of(key) in accepted or (
        len(key) <= 8 and any(fold_name(key).startswith(s) for s in rules.surnames)
    )


def _sample(values: tuple[str, ...]) -> tuple[str, ...]:
    step = max(1, len(values) // _MOST)
    return values[::step][:_MOST]


def _in_text(column: Column) -> set[int]:
    """Names in sentences: after a word that calls a person, before さん or 様, and in remarks wherever they stand."""
    if column.cells.ascii:
        return set()
    narrative = _NARRATIVE.search(column.head) and not _FREE.search(column.head)
    hits = {
        i for i, m in column.matches(_CALLED) if not narrative and (_full(m.group(1)) or names.is_called(m.group(1)))
    }
    if narrative:
        return {i for i, m in column.matches(_FILED) if _full(m.group(1)) or names.is_called(m.group(1)) or _read(m)}
    hits |= {i for i, m in column.matches(_READ) if _read(m)}
    if not _FREE.search(column.head):
        return hits
    hits |= {i for i, m in column.matches(_ADDRESSED) if _full(m.group(1))}
    hits |= {i for i, m in column.matches(_ADDRESSED_KANA) if _kana(m.group(1).strip())}
    hits |= {i for i, m in column.matches(_ADDRESSED_SURNAME) if names.is_surname(fold_name(m.group(1)))}
    hits |= {i for i, m in column.matches(_SPACED) if names.is_pair(m.group(1), m.group(2))}
    runs: dict[str, set[int]] = {}
    for index, match in column.matches(_RUN):
        runs.setdefault(match.group(), set()).add(index)
    for run in list(runs)[:_RUNS]:
        if not names.has_role(run) and names.starts_with_name(run):
            hits |= runs[run]
    return hits


def _kana(text: str) -> bool:
    return readings.may_be_kana_name(text) or readings.is_joined_kana_name(text)


def _read(match: re.Match[str]) -> bool:
    return _kana(match.group(1)) or readings.may_be_romaji_name(match.group(1))


@lru_cache(maxsize=4096)
def _full(text: str) -> bool:
    """A full name at the start of the text: the words after a name may belong to the sentence."""
    text = text.strip()
    return any(names.kind(text[:cut]) == names.FULL for cut in range(len(text), 2, -1))


DETECTOR = Detector(
    id="person-name",
    version="3",
    title="人の氏名",
    source="個人情報の保護に関する法律第2条第1項（Janome の人名辞書と見出し。列の3割または見出し一致）",
    find=find,
    advice="氏名の列や文中の氏名を消してください。公職者や法令で公開される営業者名なら、列ごとに事務局の承認を受けてください。",
    noticed="この列は公開されません。ファイルはそのままでかまいません。",
)
