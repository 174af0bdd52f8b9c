"""生年月日, a person's own address (against a facility's), and 要配慮個人情報."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.screen.column import Column
from pipelines.screen.finding import HOLD, Detector, Finding, ScreenRules, finding
from pipelines.screen.looking import Table

_BIRTH_HEAD = re.compile(r"生年月日?|誕生日|出生(?:年月)?日|birth_?-?(?:day|date)|dateofbirth|(?:^|\|)dob(?:$|\|)")
_KANJI = "一二三四五六七八九十"
_ERA = r"(?:明治|大正|昭和|平成|令和|[明大昭平令MTSHR])"
_DATE = re.compile(
    rf"(?:{_ERA} ?(?:[0-9]{{1,2}}|元) ?[年./\-]|(?:18|19|"
    rf"20)[0-9]{{2}} ?[年./\-]) ?[0-9]{{1,2}} ?[月./\-] ?[0-9]{{1,2}}|(?<![0-9])(?:18|19|"
    rf"20)[0-9]{{6}}(?![0-9])|^ ?[1-5][0-9]{{4}} ?$",
    re.M,
)
_BORN = re.compile(
    rf"(?:{_ERA} ?(?:[0-9]{{1,2}}|元) ?[年./\-]|19[0-9]{{2}} ?[年./\-]|"
    rf"20[0-9]{{2}} ?[年./\-]) ?[0-9]{{1,2}} ?[月./\-] ?[0-9]{{1,2}} ?日? ?\)?(?:生|うまれ|誕生|出生)(?!活|産)"
    rf"|(?:明治|大正|昭和|平成|令和)[元{_KANJI}]{{1,4}}年[{_KANJI}]{{1,3}}月[{_KANJI}]{{1,3}}日 ?(?:生|うまれ)(?!活|産)"
    r"|(?<![A-Za-z])(?:DOB|dob)[^0-9A-Za-z\n]{0,4}(?:19|20)[0-9]{2}[./\-年][0-9]{1,2}[./\-月][0-9]{1,2}"
    rf"|(?:生年月日|誕生日|生まれ)[^0-9\n]{{0,6}}(?:{_ERA}|19|20)[^\n]{{0,4}}[0-9]{{1,2}} ?[月./\-] ?[0-9]{{1,2}}"
    rf"|(?:生年月日|誕生日)(?: ?\([^)\n]*\))?(?:は|:| )*(?:(?:18|19|20)[0-9]{{6}}(?![0-9])|"
    rf"[明大昭平令MTSHRmtshr]\.? ?(?:[0-9]{{1,2}}|元)[./\-年][0-9]{{1,2}}[./\-月][0-9]{{1,2}})"
)

_PERSON_HEAD = re.compile(
    r"氏名|姓名|お名前|生年月日|保護者|児童名|生徒名|申請者|申込者|世帯主|続柄|本人|患者名|受給者|相談者|"
    r"被保険者|個人番号|届出人|対象者"
)
_ADDRESS_HEAD = re.compile(r"住所|居住地|address|所在地|番地|自宅")
_OWN_HEAD = re.compile(
    r"(?:自宅|現|本人|申請者|申込者|保護者|世帯主|個人|代表者|開設者|営業者|所有者|管理者|委員|会長|役員|"
    r"届出人|患者|職員).{0,3}(?:住所|居所|所在地)|居住地|本籍|自宅|転居先|住民登録"
)
#: one digit is enough: with more of them a search takes the square of a run's length
_ADDRESS = re.compile(r"[都道府県市区町村郡大字丁目番地号町][^\n]{0,20}[0-9]|[0-9] ?(?:丁目|番|号|-[0-9])")
_ADDRESS_WORDS = "自宅|住所|居所|住まい|転居先|居住"
_ADDRESS_TEXT = re.compile(
    r"(?:自宅|住所|現住所|居所|住まい|お住まい|転居先|居住)(?:は|が|:|：|・|→| |、|"
    r"\()*[^\n、。0-9]{2,20}?(?:[0-9]+(?: ?丁目| ?番| ?-|の)[^\n]{0,4}[0-9]|"
    rf"[{_KANJI}]{{1,3}}丁目[^\n]{{0,3}}[番0-9{_KANJI}])"
    r"|(?<![0-9\-])[0-9]{1,3} ?(?:-|丁目) ?[0-9]{1,4}[^\n0-9]{0,2}[0-9]{0,4}[^\n]{0,4}\( ?(?:自宅|現住所)\)"
)
#: words that no facility's text puts before an address
_OWN_TEXT = re.compile(
    _ADDRESS_TEXT.pattern.replace(
        "自宅|住所|現住所|居所|住まい|お住まい|転居先|居住", "自宅(?:住所)?|現住所|本人住所|転居先"
    )
)
_FACILITY_HEAD = re.compile(
    r"施設|名称|緯度|経度|latitude|店名|屋号|事業所|学校|団体|法人|ホール|会場|場所|(?:^|\|)name"
)
_FREE = re.compile(r"備考|メモ|摘要|特記|memo|note|comment|remark|相談|経過|対応|自由|事由|理由|内容")

#: texts written for the public: events and facilities speak of illness without speaking of anybody
_NARRATIVE = re.compile(
    r"説明|紹介|概要|overview|description|名称|店名|施設名|eventname|タイトル|title|診療|サービス|案内"
)
_CARE_HEAD = re.compile(
    r"病名|傷病|疾病名|疾患名|病歴|既往|診断名|診断書|服薬|障害(?:名|の?等級|の?程度|支援区分|者?手帳)|"
    r"(?:療育|身障|精神|障害者).{0,4}手帳|要介護(?:度|状態区分)|介護度|"
    r"(?:生活)?保護(?:受給|開始|の有無)|被保護者|健康状態|配慮事項|持病|受給(?:区分|状況|の有無)|前科|犯罪歴|犯歴|逮捕|人種|民族|"
    r"信条|支持政党|社会的身分|本籍|国籍|続柄|虐待|支援措置|(?:^|\|)dv|hiv|妊娠|在留資格"
)
_COUNTS = re.compile(r"(?:数|件|率|割合|額|人|計|対応|施設|トイレ|駐車|指定|機関|対象|日額|サービス|可否)(?:\||$|\()")
_CARE_TEXT = re.compile(
    r"(?:生活保護|生保)(?:を?受給(?:中|して|者の)|世帯(?:の|で))|(?:DV|ドメスティック・?バイオレンス|"
    r"配偶者(?:から)?の?暴力|虐待)(?:の|を|により|で)? ?(?:被害(?:者|を受|に)|受けて|避難|加害|支援措置|疑い)|"
    r"支援措置(?:対象|中|者)|(?:前科|逮捕歴|犯罪歴|服役)(?:あり|有|が|中)|"
    r"(?:がん|癌|うつ病|鬱病|統合失調症|認知症|双極性障害|てんかん|糖尿病|HIV|エイズ|白血病|発達障害|自閉症|"
    r"ADHD|知的障害|精神障害|身体障害|肝炎|結核|アルコール依存症?|依存症|脳梗塞|心筋梗塞|透析)"
    r"(?:の(?:ため|診断|疑い|既往)|で|にて|により|と診断|を?患|治療|あり(?:$|[、。 ])|有り?(?:$|[、。 ])|"
    r"が(?:ある|判明|進行))(?:[^\n]{0,8}(?:通院|入院|治療|療養|服薬|休職|診断|要|介助|配慮|注意|$))?|"
    r"(?:障害者|療育|精神障害者保健福祉|身体障害者)手帳 ?[1-6１-６ABA-Z]?[0-9]? ?級?(?:所持|保持|あり|を持|"
    r"取得)|要(?:介護|支援)[1-5](?:の(?:母|父|妻|夫|祖母|祖父|本人|方と)|認定を受け|で(?:自宅|独居|一人))"
)
_ILL = (
    r"(?:がん|癌|てんかん|うつ病?|難病|糖尿病|心臓病|腎臓病|精神疾患|精神障害|知的障害|発達障害|身体障害|パーキンソン病|"
    r"認知症|スペクトラム症|依存症)"
)
#: what is only said of one person: treatment, the grade of a certificate, protection, probation
_CARE_STATED = re.compile(
    r"(?:HIV|エイズ|[BC]型肝炎)(?:ウイルス)?陽性(?!者|率|数)|"
    rf"{_ILL}(?:\([^)\n]{{1,12}}\))?(?:の|で|を|が)?(?:持病|既往|手術(?:後|を受)|術後|治療中|闘病|療養中|在宅療養|診断|疑い|"
    r"通院|あり?(?:意思|配慮|要))|人工透析(?:を受け|中|のため)|(?:持病|既往歴?)(?:あり|有)|"
    r"(?:療育|愛の|身体障害者|精神障害者保健福祉|精神|身障)手帳 ?[A-C]?[1-6](?: ?級| ?度)?"
    r"(?![0-9・、,\-]|.{0,14}(?:方|提示|無料|割引|減免|以上|から|まで|または|又は))|"
    r"生活保護(?:を|の)?受給(?:中|者世帯|して|$|[、。/ ()])|生保受給|"
    r"(?:DV|配偶者(?:から)?の?暴力|ストーカー)(?:被害)?(?:により|で|のため)|住所(?:を|は)?(?:非開示|秘匿)|"
    r"虐待(?:の|に係る)?(?:通告|疑い|被害)(?:歴|あり|有)|保護観察(?:中|対象|処分)|"
    r"(?:^|[はがの※、:( ])要(?:支援[12]|介護[1-5])(?: ?$|[。/()])",
    re.M,
)
#: in texts for the public only what is said of somebody
_CARE_OF = re.compile(
    rf"(?:本人|利用者|世帯主|当該児童|対象者)(?:は|が|、| )*[^\n]{{0,4}}(?:{_CARE_STATED.pattern})", re.M
)
_CARE_WORDS = (
    "障害|病|がん|癌|てんかん|症|透析|持病|既往|手帳|生活保護|生保|dv|暴力|ストーカー|開示|秘匿|虐待|観察|要支援|要介護|"
    "ドメスティック|支援措置|前科|逮捕|犯罪歴|服役|hiv|エイズ|adhd|肝炎|結核|梗塞"
)
_TEXT_ONLY = re.compile(r"障がい?者?用|対応トイレ|専門医|診療科|外来")
_MARK = re.compile(r"[-ー―*○◯〇×x△有無可否あなしり/ .0-9]*|該当なし|不明|なし|あり")


def find_birth(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD: dates under a heading of birth, and ``…日生`` in running text."""
    for column in table.filled:
        hits = set(column.with_match(_BORN, "生|うまれ|誕生|dob"))
        if _BIRTH_HEAD.search(column.head):
            hits.update(column.with_match(_DATE))
        yield from finding("birth_date", HOLD, column, hits, "生年月日です")


def find_address(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD: an address of somebody's own, by its heading, in a table of people, or named so in running text."""
    people = bool(table.headed(_PERSON_HEAD)) and not table.headed(_FACILITY_HEAD)
    for column in table.filled:
        told = _ADDRESS_TEXT if _FREE.search(column.head) else _OWN_TEXT
        hits = set(column.with_match(told, _ADDRESS_WORDS))
        own = _OWN_HEAD.search(column.head) and column.published
        if own or _always_own(column) or (people and _ADDRESS_HEAD.search(column.head)):
            hits.update(column.with_match(_ADDRESS))
        yield from finding("person_address", HOLD, column, hits, "個人の住所と思われます")


def _always_own(column: Column) -> bool:
    return bool(re.search("自宅|本籍|申込者|保護者|世帯主|本人|現住所|転居先|民生委員", column.head))


def find_special_care(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD: a column of health, welfare or origin of single people, and such statements in running text."""
    for column in table.filled:
        told = _told_of_care(column)
        hits = {i for i in told if not _TEXT_ONLY.search(column.keys[i])}
        if _CARE_HEAD.search(column.head) and not _COUNTS.search(column.head):
            hits.update(i for i, key in enumerate(column.keys) if not re.fullmatch(r"[-ー―* .0-9,]*|不明|-", key))
        yield from finding("special_care", HOLD, column, hits, "病歴・障害・生活保護など配慮を要する事柄です")


def _told_of_care(column: Column) -> list[int]:
    if column.cells.ascii:
        return []
    if _NARRATIVE.search(column.head):
        return column.with_match(_CARE_OF, "本人|利用者|世帯主|当該児童|対象者")
    if not column.may_match(_CARE_WORDS):
        return []
    return [*column.with_match(_CARE_TEXT), *column.with_match(_CARE_STATED)]


_ADVICE = "列または文を消してください。公開してよい根拠があれば事務局の承認を受けてください。"
BIRTH = Detector(
    id="birth-date",
    version="3",
    title="生年月日",
    source="個人情報の保護に関する法律第2条第1項",
    find=find_birth,
    advice=_ADVICE,
)
ADDRESS = Detector(
    id="person-address",
    version="3",
    title="個人の住所",
    source="個人情報の保護に関する法律第2条第1項（施設の所在地と区別）",
    find=find_address,
    advice=_ADVICE,
)
SPECIAL_CARE = Detector(
    id="special-care",
    version="3",
    title="要配慮個人情報",
    source="個人情報の保護に関する法律第2条第3項・同法施行令第2条",
    find=find_special_care,
    advice=_ADVICE,
)
