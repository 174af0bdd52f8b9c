"""Is this text the name of a person?  Janome (its IPADIC) decides; match keys only.

Measured properties that shape this file: 姓 alone is also a town or a shop, 姓 + 名 hardly ever is; and loading Janome
takes seconds.  So its 28,000 names, and the words that look like given names, stand in ``names.tsv`` (text, bits: 1 姓,
2 名, 4 another word) and sort out what cannot be a name; Janome itself is loaded only for what could be.  Without
either nothing is decided: the detector fails and the dataset is held.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipelines.screen.detectors import readings
from pipelines.screen.detectors.romaji import SURNAMES
from pipelines.screen.folding import fold, fold_name

FULL = "full"
SURNAME = "surname"
NONE = ""

_PART = re.compile(r"[、,・/;|()\[\]「」:=>→\n ]+|(?:です|さん|様|氏|殿|先生|くん|ちゃん|君)(?=$|[ 、,・/;(])")
_JAPANESE = re.compile(r"[一-龯々〆ヶヵぁ-んァ-ヺーゝゞ]{1,9}")
_KANA_NAME = re.compile(r"[ァ-ヺー]{2,7} [ァ-ヺー]{2,7}|[ぁ-んー]{2,7} [ぁ-んー]{2,7}")
_GIVEN = re.compile(r"[一-龯々]{1,3}|[ぁ-んゝゞ]{2,4}|[ァ-ヺー]{2,5}|[一-龯々ぁ-んァ-ヺ]{2,4}")
_GIVEN_END = frozenset(
    "郎朗子美香奈菜斗翔太介輔樹真人也哉之彦雄夫男代恵江衣花音乃希絵愛莉里華咲月結陽葵蓮湊悠翼司志仁実穂帆織緒生吾吏空心晴凛凜春弥雅"
)
_NOT_GIVEN = frozenset("家像作氏宅邸様殿城院堂亭庵館店園町村市区県社寺前東西南北内外他等休日")
_ORGANISATION = re.compile(
    r"会社|法人|大学|短大|高校|小学|中学|組合|協会|連盟|委員会|協議会|財団|社団|学園|学校|幼稚園|保育|病院|"
    r"医院|診療|クリニック|薬局|歯科|センター|公園|寺|神社|教会|"
    r"市役所|役場|自治会|町内会|商店|工業|建設|株|有限|合同|支店|営業所|事務所|会館|図書|課$|部$|係$|局$|室$|"
    r"班$|店$|館$|園$|屋$|荘$|会$|社$|"
    # written one by one: while every branch begins with a plain character, re looks for these first
    r"都$|道$|府$|県$|市$|区$|町$|村$|郡$|丁目|番地|号$|線$|駅|橋$|川$|山$|池$|通り?$|団地|住宅|広場|号室|ビル"
)
_ROLE = re.compile(
    r"市長|町長|村長|区長|知事|議長|議員|大臣|長官|教育長|校長|園長|館長|所長|院長|会長|理事長?|代表|社長|"
    r"取締役|支配人|店長|頭取|学長|総長|"
    r"組合長|局長|部長|課長|係長|支店長|住職|宮司|役員|社員|執行役|管長|監督|選手|作$|像$|賞$|杯$"
)


def has_role(key: str) -> bool:
    """True when the text names an office (市長, 代表取締役 …): a person acting in public."""
    return bool(_ROLE.search(key))


def is_organisation(key: str) -> bool:
    """True when the text names an organisation, a facility or a place."""
    return bool(_ORGANISATION.search(key))


def kind(value: str) -> str:
    """``full`` (姓 and 名), ``surname`` (姓 alone) or ``""``; joined cells count when one of their parts does."""
    return kind_of(fold(value))


@cache
def kind_of(key: str) -> str:
    """The same of a text already folded."""
    if not key or len(key) > 60:
        return NONE
    if _romaji(key) or (_KANA_NAME.fullmatch(key)):
        return FULL
    parts = [part for part in _PART.split(key) if part and _JAPANESE.fullmatch(part)]
    kinds = [_one(fold_name(part)) for part in parts]
    pairs = [_pair(fold_name(a), fold_name(b)) for a, b in pairwise(parts)]
    if FULL in kinds or FULL in pairs:
        return FULL
    return SURNAME if parts and kinds[0] == SURNAME and len(parts) == 1 else NONE


@cache
def _one(key: str) -> str:
    if len(key) < 2 or len(key) > 8:
        return NONE
    if is_surname(key):
        return SURNAME
    if is_organisation(key):
        return NONE
    longest = next((cut for cut in range(min(4, len(key) - 1), 0, -1) if is_surname(key[:cut])), 0)
    return FULL if longest and _splits(key[:longest], key[longest:]) else NONE


def _splits(surname: str, given: str) -> bool:
    if len(surname) == 1:
        return len(given) >= 2 and _is_given(given)
    if len(given) == 1:
        return len(surname) == 2 and _is_given(given) and given not in _NOT_GIVEN
    return _could_be_given(given)


@cache
def _pair(surname: str, given: str) -> str:
    """``山田 太郎``: the space says where the name is cut, so a given name need not be in the dictionary."""
    if not _GIVEN.fullmatch(given) or not len(surname) + len(given) >= 3 or len(surname) > 5 or given in _NOT_GIVEN:
        return NONE
    if (is_organisation(surname) and not is_surname(surname)) or is_organisation(given):
        return NONE
    if is_surname(surname):
        return FULL if _could_be_given(given) or len(given) == 1 or re.fullmatch("[ぁ-ん]{2,4}", given) else NONE
    only_given = len(given) >= 2 and _is_given(given) and not _is_word(given)
    return FULL if only_given and re.fullmatch("[一-龯々]{2,3}", surname) and not _is_word(surname) else NONE


def is_surname(key: str) -> bool:
    """True when the dictionary knows the whole text as a surname."""
    return bool(_known().get(key, 0) & 1)


def _is_given(key: str) -> bool:
    return bool(_known().get(key, 0) & 2)


@cache
def _known() -> dict[str, int]:
    lines = (Path(__file__).parent / "names.tsv").read_text(encoding="utf-8").split("\n")
    known = {name: int(bits) for name, _, bits in (line.partition("\t") for line in lines)}
    if len(known) < 20_000:
        raise FileNotFoundError("names.tsv is not whole")
    return known


def ready() -> None:
    """Raise when the dictionary or Janome is not there: a missing dictionary must not pass for "no names"."""
    _known()
    readings.ready()
    import janome  # noqa: F401  # an empty package

    _janome()


@cache
def _janome() -> None:
    if any(find_spec(part) is None for part in ("janome.tokenizer", "janome.sysdic")):
        raise ModuleNotFoundError("janome")


@cache
def _could_be_given(key: str) -> bool:
    """In the dictionary as a given name, or new to it and built like one (悠斗, 結愛)."""
    if _is_given(key):
        return True
    return 2 <= len(key) <= 3 and key[-1] in _GIVEN_END and not _is_word(key) and not is_organisation(key)


@cache
def _is_word(key: str) -> bool:
    """True when the text is (also) an ordinary word or a place for the dictionary."""
    bits = _known().get(key)
    if bits is not None or (len(key) in (2, 3) and key[-1] in _GIVEN_END):  # the list has all of these
        return bool((bits or 0) & 4)
    tokenizer = _tokenizer()
    entries = tokenizer.sys_dic.lookup(key.encode("utf-8"), tokenizer.matcher)
    return any(entry[1] == key for entry in entries)


def _mark(token: Any) -> str:
    speech = str(token.part_of_speech)
    if "人名,姓" in speech:
        return "姓"
    return "名" if "人名,名" in speech else "x"


@cache
def starts_with_name(run: str) -> bool:
    """True when a run of kanji begins with a full name (``山田太郎来庁``): the list and Janome's cut agree."""
    cuts = [(cut, end) for cut in (2, 3, 1) for end in (cut + 2, cut + 3) if end <= len(run)]
    if is_organisation(run) or not any(is_surname(run[:cut]) and _is_given(run[cut:end]) for cut, end in cuts):
        return _one(run) == FULL
    tokens = list(_tokenizer().tokenize(run))[:2]
    return [_mark(token) for token in tokens] == ["姓", "名"] and len(str(tokens[1].surface)) >= 2


@cache
def is_called(text: str) -> bool:
    """True for what follows ``申請者は`` when its first word is 姓 and one kanji or some kana (髙橋博)."""
    word = fold_name(text.strip().split(" ")[0])
    if len(word) < 3 or is_organisation(word):
        return False
    return any(is_surname(word[:cut]) and _short_given(word[cut:]) for cut in (3, 2))


def _short_given(given: str) -> bool:
    return (len(given) == 1 and given not in _NOT_GIVEN) or re.fullmatch("[ぁ-ん]{2,4}", given) is not None


@cache
def is_pair(surname: str, given: str) -> bool:
    """True for two words that the dictionary knows as 姓 and 名: ``山田 太郎`` inside running text."""
    return len(surname) >= 2 and len(given) >= 2 and is_surname(surname) and _is_given(given) and not _is_word(given)


def _romaji(key: str) -> bool:
    if readings.is_romaji_name(key):
        return True
    words = re.fullmatch(r"([A-Za-z]{2,12})[ ,]+([A-Za-z]{2,12})", key)
    return words is not None and any(word.lower() in SURNAMES for word in words.groups())


@cache
def _tokenizer() -> Any:
    """Janome's tokenizer, once per process (about half a second); raises when the dictionary is missing."""
    from janome.tokenizer import Tokenizer

    return Tokenizer()
