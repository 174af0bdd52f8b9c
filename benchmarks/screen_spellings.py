"""How people write what must not leave: the values of the second planted set (benchmarks/screen_planted.py)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.screen_eval import card_number, licence_number, my_number, number
from pipelines.model import Level

Dice = random.Random
SURNAMES = """五十嵐 服部 宇都宮 大久保 小笠原 榊原 比嘉 金城 平良 東海林 堀江 今井 三浦 上野 千葉 横山 宮本 内田 高木
    谷口 工藤 丸山 増田 小島 杉山 大塚 新井 藤原 河野 武田 竹内 菅原 久保田 松田 菊地 桜井 野口
    松尾 和田 安藤""".split()  # noqa: SIM905
GIVEN = """颯真 莉子 湊 心春 紬 陽向 芽依 律 碧 悠斗 光子 清 進 茂 勝 弘 節子 文子 洋子 敏子 正 功 昇 豊 哲也 淳 香織
    智子 真理子 裕太 亮 学 健 聡 恵 優子 桃子 陸 美月 咲""".split()  # noqa: SIM905
KANA = ("イガラシ ソウマ", "ハットリ リコ", "オオクボ セツコ", "サカキバラ テツヤ", "ヒガ ミツコ", "カネシロ ユウタ")
ROMAJI = ("Soma IGARASHI", "HATTORI Riko", "Setsuko Okubo", "SAKAKIBARA, Tetsuya", "Mitsuko Higa", "KANESHIRO YUTA")
TOWNS = ("元本郷町", "明神町", "南大沢", "みなみ野", "散田町", "楢原町", "めじろ台", "北野台")
WIDE = str.maketrans("0123456789-@.", "０１２３４５６７８９－＠．")
KANJI = str.maketrans("0123456789", "〇一二三四五六七八九")
HALF_KANA = {"イガラシ ソウマ": "ｲｶﾞﾗｼ ｿｳﾏ", "ハットリ リコ": "ﾊｯﾄﾘ ﾘｺ", "オオクボ セツコ": "ｵｵｸﾎﾞ ｾﾂｺ"}
ERAS = (("昭和", "S", 1925, 1927, 1988), ("平成", "H", 1988, 1990, 2018))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One class: how a value is made, the headings it stands under, and what text says before it."""

    make: Callable[[Dice], str]
    heads: tuple[str, ...]
    words: tuple[str, ...]
    level: Level = Level.HOLD


def spelt(dice: Dice, digits: str, *groups: int) -> str:
    """Digits as clerks and machines write them: grouped by some mark, full width, kanji, one by one."""
    cut, parts = 0, []
    for size in groups:
        parts.append(digits[cut : cut + size])
        cut += size
    marks = ("-", "・", " ", "　", "－", "ー", "‐", "−", ".", "/", "", "")
    text = dice.choice(marks).join(parts)
    way = dice.randrange(8)
    if way == 0:
        return text.translate(WIDE)
    if way == 1:
        return text.translate(KANJI)
    return " ".join(digits) if way == 2 else text


def person(dice: Dice) -> str:
    """A name: kanji with some gap, kana, half-width kana, romaji."""
    way = dice.randrange(10)
    if way == 0:
        return dice.choice(KANA)
    if way == 1:
        return HALF_KANA[dice.choice(list(HALF_KANA))]
    if way == 2:
        return dice.choice(ROMAJI)
    return dice.choice(SURNAMES) + dice.choice(("", "", " ", "　", "・", "\u2009")) + dice.choice(GIVEN)


def mobile(dice: Dice) -> str:
    """A mobile number, also with the country code."""
    rest = number(dice, 8)
    if dice.randrange(8) == 0:
        return f"+81-{dice.choice(('70', '80', '90'))}-{rest[:4]}-{rest[4:]}"
    return dice.choice(("", "", "", "℡", "TEL:")) + spelt(dice, dice.choice(("070", "080", "090")) + rest, 3, 4, 4)


def mail(dice: Dice) -> str:
    """A private mail address, also as people hide it from robots."""
    name = "".join(dice.choice("abcdefghkmnrstuy") for _ in range(dice.randrange(4, 9))) + str(dice.randrange(9, 99))
    host = dice.choice(("gmail.com", "yahoo.co.jp", "ezweb.ne.jp", "softbank.ne.jp", "outlook.jp", "hotmail.co.jp"))
    text = name + dice.choice(("@", "@", "@", "＠", "(at)", "[at]", " @ ", "★")).replace("★", "＠") + host
    return text.translate(WIDE) if dice.randrange(6) == 0 else text


def birthday(dice: Dice) -> str:
    """A date of birth in the short forms of forms."""
    era, letter, base, first, last = dice.choice(ERAS)
    year, month, day = dice.randrange(first, last), dice.randrange(1, 13), dice.randrange(1, 29)
    n = year - base
    forms = (
        f"{letter}{n}.{month}.{day}",
        f"{era[0]}{n}.{month}.{day}",
        f"{letter}{n:02}/{month:02}/{day:02}",
        f"{year}．{month}．{day}".translate(WIDE),
        f"{era}{n}年{month}月{day}日".translate(WIDE),
        f"{year}{month:02}{day:02}",
        f"{year}.{month:02}.{day:02}",
        f"{era}{n}年 {month}月 {day}日",
    )
    return dice.choice(forms)


def home(dice: Dice) -> str:
    """A home address, often with a flat."""
    a, b, c = dice.randrange(1, 6), dice.randrange(1, 40), dice.randrange(1, 20)
    where = f"東京都八王子市{dice.choice(TOWNS)}"
    forms = (
        f"{a}丁目{b}番{c}号",
        f"{a}-{b}-{c}",
        f"{a}－{b}－{c}".translate(WIDE),
        f"{'一二三四五'[a - 1]}丁目{b}番地{c}",
    )
    return where + dice.choice(forms) + dice.choice(("", "", " コーポさくら203号室", "　グリーンハイツB-102"))


def letters(dice: Dice, count: int) -> str:
    """Random capital letters."""
    return "".join(dice.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(count))


def papers(dice: Dice, before: int, digits: int, after: int) -> str:
    """A number of an identity paper: letters, digits, letters."""
    gap = dice.choice(("", "", "", " "))
    text = gap.join(x for x in (letters(dice, before), number(dice, digits), letters(dice, after)) if x)
    return "".join(chr(ord(c) + 0xFEE0) if "!" < c < "~" else c for c in text) if dice.randrange(6) == 0 else text


def account(dice: Dice) -> str:
    """A bank account as people write it down."""
    n = number(dice, 7)
    bank = dice.choice(("みずほ銀行八王子支店", "多摩信用金庫 本店", "きらぼし銀行 南大沢支店"))
    return dice.choice((f"{bank} 普通 {n}", f"{bank}（普）{n}", f"{bank} 普通預金 {n.translate(WIDE)}", f"当座{n}"))


CARE = (
    "てんかんの持病あり", "人工透析を受けている", "療育手帳B2", "精神障害者保健福祉手帳3級", "アルコール依存症の治療中",
    "自閉スペクトラム症の診断", "生活保護を受給", "配偶者からの暴力により住所非開示", "児童虐待の通告歴あり", "要支援2",
    "知的障害があり意思疎通に配慮", "乳がんの手術後", "保護観察中", "難病（パーキンソン病）で在宅療養",
)  # fmt: skip
KINDS_PLANTED: dict[str, Kind] = {
    "my_number": Kind(
        make=lambda d: spelt(d, my_number(d), 4, 4, 4),
        heads=("個人番号", "マイナンバー", "ﾏｲﾅﾝﾊﾞｰ", "本人個人番号", "世帯主の個人番号", "個 人 番 号"),
        words=("個人番号", "マイナンバー：", "ﾏｲﾅﾝﾊﾞｰは", "（個人番号）"),
        level=Level.ERROR,
    ),
    "resident_code": Kind(
        make=lambda d: spelt(d, number(d, 11), *d.choice(((5, 6), (11,), (4, 4, 3)))),
        heads=("住民票コード", "住民票ｺｰﾄﾞ", "住基コード", "住民票コード番号"),
        words=("住民票コード", "住民票コード：", "住民票ｺｰﾄﾞ"),
        level=Level.ERROR,
    ),
    "person_name": Kind(
        make=person,
        heads=("お名前", "利用者氏名", "担当者名", "ﾌﾘｶﾞﾅ", "氏 名", "連絡担当者"),
        words=("担当：", "利用者 ", "記入者：", "保護者 ", "氏名 "),
    ),
    "mobile": Kind(
        make=mobile,
        heads=("携帯", "携帯番号", "緊急時連絡先", "本人電話", "備考2", "ケータイ"),
        words=("携帯", "連絡先：", "緊急時は", "TEL ", "折返し"),
    ),
    "personal_email": Kind(
        make=mail,
        heads=("メールアドレス", "Eメール", "Mail", "連絡用メール", "備考2"),
        words=("メール：", "mail ", "返信先は", "E-mail: "),
    ),
    "birth_date": Kind(
        make=birthday, heads=("生年月日", "誕生日", "生年月日（西暦）", "DOB"), words=("生年月日：", "生年月日は")
    ),
    "person_address": Kind(
        make=home,
        heads=("自宅", "現住所", "本人住所", "保護者住所", "居住地"),
        words=("自宅は", "自宅住所：", "現住所 ", "本人住所は"),
    ),
    "driver_licence": Kind(
        make=lambda d: spelt(d, licence_number(d), 12),
        heads=("免許証番号", "運転免許証", "免許証No."),
        words=("運転免許証番号", "免許証No."),
    ),
    "passport": Kind(
        make=lambda d: papers(d, 2, 7, 0),
        heads=("旅券番号", "パスポートNo", "Passport No."),
        words=("旅券番号", "パスポート：", "Passport "),
    ),
    "residence_card": Kind(
        make=lambda d: papers(d, 2, 8, 2),
        heads=("在留カード", "在留カード番号"),
        words=("在留カード", "在留カード番号："),
    ),
    "pension_number": Kind(
        make=lambda d: spelt(d, number(d, 10), 4, 6),
        heads=("基礎年金番号", "年金手帳番号"),
        words=("基礎年金番号", "年金番号："),
    ),
    "insured_number": Kind(
        make=lambda d: d.choice(("記号：{} 番号：{}", "記号{}・番号{}", "（記号）{}（番号）{}")).format(
            number(d, 3), number(d, 5)
        ),
        heads=("被保険者記号番号", "保険証", "健康保険証の記号・番号"),
        words=("保険証 ", "被保険者証の", "健康保険証："),
    ),
    "bank_account": Kind(
        make=account, heads=("振込口座", "口座情報", "返金先口座"), words=("振込先：", "口座は", "返金先 ")
    ),
    "card_number": Kind(
        make=lambda d: spelt(d, card_number(d), 4, 4, 4, 4),
        heads=("クレジットカード番号", "カード番号"),
        words=("カード番号", "クレジット："),
    ),
    "special_care": Kind(
        make=lambda d: d.choice(CARE), heads=("配慮事項", "健康状態", "特記"), words=("本人は", "利用者、", "※")
    ),
}
