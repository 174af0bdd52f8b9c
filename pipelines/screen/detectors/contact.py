"""携帯電話 (070/080/090 and 060 by 電気通信番号規則) and 私的なメールアドレス."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

from pipelines.screen.column import Column
from pipelines.screen.detectors.contact_points import of_organisations
from pipelines.screen.detectors.romaji import SURNAMES
from pipelines.screen.finding import HOLD, WARN, Detector, Finding, ScreenRules, finding
from pipelines.screen.looking import Table

_SEP = r"[\-() ./・:_の〜~]{0,3}"
_MOBILE = re.compile(
    rf"(?<![0-9.])(?<![0-9]-)(?:0|(?:\+|00)?81{_SEP}(?:\(0\))?)[6-9]0{_SEP}(?:[0-9]{{4}}{_SEP}[0-9]{{4}}|"
    rf"[0-9]{{3}}{_SEP}[0-9]{{3}}{_SEP}[0-9]{{2}}|[0-9]{{3}}{_SEP}[0-9]{{5}})(?![0-9])"
)
_LOST_ZERO = re.compile(r"^ ?[6-9]0[ \-]?[0-9]{4}[ \-]?[0-9]{4}(?:\.0)? ?$", re.M)
_PHONE_HEAD = re.compile(r"電話|携帯|連絡先|tel|phone|ケータイ|スマホ|fax|mobile")
_CODES = re.compile(
    r"(?<![a-z])id(?![a-z])|コード|code|緯度|経度|latitude|longitude|(?<!電話)(?<!携帯)番号$|^no\.?$|url|リンク"
)
_SEPARATED = re.compile(r"[^0-9]")

_DOMAIN = r" ?((?:[A-Za-z0-9\-]+(?:\.|[(\[] ?(?:dot|ドット) ?[)\]]))+[A-Za-z]{2,})"
#: from the @ on: beginning with the name, a search takes the square of the length of a text without @
_MAIL = re.compile(f"@{_DOMAIN}")
#: @ written so that machines do not see it
_SPOKEN = "(?:アット|あっと)(?:マーク|まーく)?"
_HIDDEN_MAIL = re.compile(rf"(?:[(\[<] ?(?:at|{_SPOKEN}) ?[)\]>]|{_SPOKEN}|★|(?<=[a-z0-9]) at ){_DOMAIN}", re.I)
_DOT = re.compile(r"[(\[] ?(?:dot|ドット) ?[)\]]", re.I)
#: what a name before the @ is made of, and its greatest length (RFC 5321, 4.5.3.1.1)
_LOCAL, _LONGEST = string.ascii_letters + string.digits + "._%+-", 64
_HIDDEN_NEEDS = "at)|at]|at>|アット|あっと|at )|at ]|★| at "
_PUBLIC = re.compile(r"(?:^|\.)(?:lg|go|ed|ac|or)\.jp$")
_PRIVATE = re.compile(
    r"^(?:gmail|googlemail|yahoo|ymail|hotmail|outlook|live|msn|icloud|me|mac|aol|proton(?:mail)?|gmx|mail|"
    r"excite|infoseek|goo)\."
    r"|(?:^|\.)(?:docomo|ezweb|au|uqmobile|softbank|i\.softbank|disney|ymobile|y-mobile|willcom|pdx|emobile|"
    r"emnet|rakuten|mineo|vodafone)\.(?:ne\.jp|com|jp)$"
    r"|(?:^|\.)(?:nifty|biglobe|ocn|so-net|plala|dti|asahi-net|sannet|wakwak|infoweb|dion|odn|hi-ho|eonet|"
    r"tiki|jcom|zaq|c-able|commufa|auone-net|bbiq|ncv|itscom|t-com|tokai|thn|enjoy|megaegg|pikara|"
    r"ybb)\.(?:ne\.jp|com|jp)$"
)
_PERSONAL = re.compile(r"^([a-z]+)[._\-]([a-z]+)[0-9]*$")


def find_mobile(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD for a mobile number, WARN for an organisation's; 050, 0120, 0570 and fixed lines are nobody's own."""
    for column in table.filled:
        coded = bool(_CODES.search(column.head)) and not _PHONE_HEAD.search(column.head)
        hits = {i for i, m in column.matches(_MOBILE, digits=11) if not coded or _SEPARATED.search(m.group())}
        if _PHONE_HEAD.search(column.head):
            hits.update(column.with_match(_LOST_ZERO, digits=10, rough=r"^\s*[6-9]0"))
        yield from _told("mobile", table, column, hits, "携帯電話の番号です")


def find_mail(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD for free mail, carriers and providers (WARN for an organisation's), and for 姓.名@ even at a public body."""
    for column in table.filled:
        found = [
            (i, local.lower(), _DOT.sub(".", m.group(1)).lower())
            for i, m in (*column.matches(_MAIL, "@"), *column.matches(_HIDDEN_MAIL, _HIDDEN_NEEDS))
            if (local := _local(m))
        ]
        private = {domain: _is_private(domain, rules) for domain in {domain for _, _, domain in found}}
        hits = {i for i, local, domain in found if private[domain] or _names_a_person(local)}
        yield from _told("personal_email", table, column, hits, "個人のものと思われるメールアドレスです")


def _local(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - _LONGEST - 1) : match.start()].removesuffix(" ")
    return before[len(before.rstrip(_LOCAL)) :]


def _told(type_: str, table: Table, column: Column, hits: set[int], because: str) -> Iterable[Finding]:
    theirs = of_organisations(table, column, hits)
    yield from finding(type_, HOLD, column, hits - theirs, because)
    yield from finding(type_, WARN, column, theirs, f"{because}が、団体の連絡先として載っています")


def _is_private(domain: str, rules: ScreenRules) -> bool:
    if _PUBLIC.search(domain) or domain in rules.mail_domains:
        return False
    return bool(_PRIVATE.search(domain))


def _names_a_person(local: str) -> bool:
    parts = _PERSONAL.match(local) if not local.isalnum() else None
    return parts is not None and any(part in SURNAMES for part in parts.groups())


MOBILE = Detector(
    id="mobile",
    version="3",
    title="携帯電話番号",
    source="電気通信番号規則（070・080・090・060）",
    find=find_mobile,
    advice="施設・団体の固定電話に替えるか、事業用の番号で公開の同意があるなら事務局の承認を受けてください。",
    noticed="団体の番号なら、そのまま公開されます。個人の番号がまぎれていないか確かめてください。",
)
MAIL = Detector(
    id="personal-email",
    version="3",
    title="私的なメールアドレス",
    source="フリーメール・携帯電話会社・接続事業者のドメイン、姓と名を並べた形",
    find=find_mail,
    advice="課や施設の代表アドレスに替えるか、公開の同意があるなら事務局の承認を受けてください。",
    noticed="団体のアドレスなら、そのまま公開されます。個人のものがまぎれていないか確かめてください。",
)
