"""How much does screening miss, and how often does it cry wolf?

Plants 200 block-class and 1,000 hold-class items (seeded) into facility lists, each in one of seven ways, and screens
every table; then screens every file of a folder of public files.  Prints missed and false rates and the confusion by
detector, and writes both into docs/safety.md between its markers.

    python benchmarks/screen_eval.py [FOLDER] [--judged screen_reviewed.csv] [--sample 200] [--dry]

``screen_reviewed.csv`` (path, verdict, reason) is one person's judgement of each file held, by a rule fixed before
looking (docs/safety.md); a held file that nobody has judged counts as held wrongly.  A planted item counts as missed
unless a finding of its own class (or of the block class) reaches its level: that the same table is held for something
else does not help it.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipelines.model import (  # noqa: E402  # the checkout is not installed when this runs
    DatasetSpec,
    Department,
    DroppedFile,
    Level,
    Licence,
    Origin,
    SourceBlock,
    SourceTable,
)
from pipelines.screen import Approvals, ScreenRules, Verdict, look  # noqa: E402

SURNAMES = """佐藤 鈴木 高橋 田中 渡辺 伊藤 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水
    山崎 森 池田 橋本 阿部 石川 山下 中島 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 福田 太田 西村
    藤井 岡本 中野 原田 髙橋 渡邊 齋藤 濱田 宮﨑 田邉""".split()  # noqa: SIM905  # a list of these would fill a page
GIVEN = """太郎 花子 一郎 健一 美咲 翔太 陽菜 大輔 さくら 恵子 由美子 直樹 拓也 愛 誠 裕子 和夫 幸子 大翔 蓮 結衣 葵
    悠真 美和 正雄 千代子 隆 久美子 浩二 真由美 康平 彩 涼介 雅子 智也 麻衣 博 典子 秀樹 明美""".split()  # noqa: SIM905
PLACES = ("中央", "上溝", "橋本", "淵野辺", "相模大野", "東林間", "田名", "城山", "津久井", "藤野")
KINDS = ("公民館", "図書館", "公園", "小学校", "保育園", "体育館", "集会所", "児童館", "トイレ", "駐車場")
FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One planted item: its class, how it was planted, and the table that carries it."""

    kind: str
    way: str
    level: Level
    table: SourceTable


def my_number(dice: random.Random) -> str:
    """Twelve digits with a right check digit (総務省令第85号第5条)."""
    digits = [dice.randrange(10) for _ in range(11)]
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(d * w for d, w in zip(digits, weights, strict=True)) % 11
    return "".join(map(str, digits)) + str(0 if rest <= 1 else 11 - rest)


def licence_number(dice: random.Random) -> str:
    """Twelve digits: commission, digits, check digit, times re-issued."""
    digits = [int(c) for c in f"{dice.choice((10, 30, 44, 45, 62))}"] + [dice.randrange(10) for _ in range(8)]
    total = sum(d * w for d, w in zip(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True))
    return "".join(map(str, digits)) + str((11 - total % 11) % 10) + str(dice.randrange(3))


def card_number(dice: random.Random) -> str:
    """A sixteen-digit number of a known issuer with a right Luhn digit."""
    body = dice.choice(("4", "52", "3530")) + "".join(str(dice.randrange(10)) for _ in range(20))
    body = body[:15]
    total = sum((n * 2 - 9 if n * 2 > 9 else n * 2) if i % 2 == 0 else n for i, n in enumerate(map(int, body)))
    return body + str(-total % 10)


def person(dice: random.Random) -> str:
    """A full name, with or without a space."""
    return dice.choice(SURNAMES) + dice.choice(("", " ", "　")) + dice.choice(GIVEN)


def number(dice: random.Random, digits: int) -> str:
    """That many random digits, the first not 0."""
    return str(dice.randrange(1, 10)) + "".join(str(dice.randrange(10)) for _ in range(digits - 1))


def birthday(dice: random.Random) -> str:
    """A date of birth as clerks write it."""
    year, month, day = dice.randrange(1935, 2020), dice.randrange(1, 13), dice.randrange(1, 29)
    forms = (f"{year}/{month}/{day}", f"{year}年{month}月{day}日", f"{year}-{month:02}-{day:02}")
    era = f"昭和{year - 1925}年{month}月{day}日" if year < 1989 else f"平成{year - 1988}年{month}月{day}日"
    return dice.choice((*forms, era))


def home(dice: random.Random) -> str:
    """A home address."""
    return f"相模原市中央区{dice.choice(PLACES)}{dice.randrange(1, 6)}-{dice.randrange(1, 30)}-{dice.randrange(1, 20)}"


def mobile(dice: random.Random) -> str:
    """A mobile number in one of its spellings."""
    a, b, c = dice.choice(("070", "080", "090")), number(dice, 4), number(dice, 4)
    return dice.choice((f"{a}-{b}-{c}", f"{a}{b}{c}", f"{a}({b}){c}", f"{a} {b} {c}"))


def letters(dice: random.Random, count: int) -> str:
    """Random capital letters."""
    return "".join(dice.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(count))


CARE = (
    "生活保護受給中",
    "うつ病で通院中",
    "DV被害により避難中",
    "統合失調症の診断あり",
    "身体障害者手帳2級所持",
    "認知症のため要介助",
    "発達障害あり、配慮を要す",
    "前科あり",
    "要介護3の母と同居",
)
MAILS = ("gmail.com", "yahoo.co.jp", "docomo.ne.jp", "icloud.com")
#: class → (generator, heading of its own column, words before it in running text)
BLOCKED: dict[str, tuple[Callable[[random.Random], str], tuple[str, ...], str]] = {
    "my_number": (my_number, ("個人番号", "マイナンバー", "個人番号（12桁）", "申請者_個人番号"), "個人番号"),
    "resident_code": (lambda d: number(d, 11), ("住民票コード", "住民コード", "住基コード"), "住民票コード"),
}
HELD: dict[str, tuple[Callable[[random.Random], str], tuple[str, ...], str]] = {
    "person_name": (person, ("氏名", "担当者", "申請者", "保護者", "代表者氏名"), "申請者は"),
    "mobile": (mobile, ("連絡先", "携帯電話", "電話番号", "緊急連絡先"), "連絡は"),
    "personal_email": (
        lambda d: f"{letters(d, 4).lower()}{d.randrange(99)}@{d.choice(MAILS)}",
        ("メール", "E-mail", "連絡先メールアドレス"),
        "メールは",
    ),
    "birth_date": (birthday, ("生年月日", "誕生日"), "生年月日"),
    "person_address": (home, ("自宅住所", "申請者住所", "世帯主住所"), "自宅は"),
    "driver_licence": (licence_number, ("免許証番号", "運転免許証番号"), "免許証番号"),
    "passport": (lambda d: letters(d, 2) + number(d, 7), ("旅券番号", "パスポート番号"), "旅券"),
    "residence_card": (lambda d: letters(d, 2) + number(d, 8) + letters(d, 2), ("在留カード番号",), "在留カード"),
    "pension_number": (lambda d: f"{number(d, 4)}-{number(d, 6)}", ("基礎年金番号", "年金番号"), "基礎年金番号"),
    "insured_number": (
        lambda d: f"記号{number(d, 2)} 番号{number(d, 4)}",
        ("被保険者証", "保険証記号番号"),
        "保険証の",
    ),
    "bank_account": (lambda d: f"普通 {number(d, 7)}", ("口座番号", "振込先口座"), "口座は"),
    "card_number": (card_number, ("カード番号", "クレジットカード"), "カード番号"),
    "special_care": (lambda d: d.choice(CARE), ("特記事項", "状況"), ""),
}
JUDGED = ROOT / "benchmarks" / "screen_reviewed.csv"
WAYS = ("column", "undeclared column", "joined cell", "line break", "full width", "hyphens", "free text")


def planted(seed: int, blocked: int, held: int) -> Iterator[Item]:
    """The planted set: every class in turn, every way in turn, reproducible by its seed."""
    dice = random.Random(seed)
    for level, classes, count in ((Level.ERROR, BLOCKED, blocked), (Level.HOLD, HELD, held)):
        kinds = list(classes)
        for n in range(count):
            kind, way = kinds[n % len(kinds)], WAYS[(n // len(kinds)) % len(WAYS)]
            make, heads, words = classes[kind]
            yield Item(kind=kind, way=way, level=level, table=_carrier(dice, kind, way, make, heads, words))


def _carrier(
    dice: random.Random, kind: str, way: str, make: Callable[[random.Random], str], heads: tuple[str, ...], words: str
) -> SourceTable:
    rows = [_facility(dice, n) for n in range(dice.randrange(8, 40))]
    header = ["ID", "名称", "所在地", "電話番号", "緯度", "経度", "備考"]
    if way in ("column", "undeclared column", "full width", "hyphens"):
        header.append(dice.choice(heads))
        for row in rows:
            row.append(_spelt(make(dice), kind, way))
    else:
        row = dice.choice(rows)
        row[6] = _sentence(dice, make(dice), words, way, kind)
    return _source(header, rows)


def _facility(dice: random.Random, n: int) -> list[str]:
    place, kind = dice.choice(PLACES), dice.choice(KINDS)
    phone = f"042-{number(dice, 3)}-{number(dice, 4)}"
    where = f"{35.5 + dice.random() / 10:.6f}", f"{139.3 + dice.random() / 10:.6f}"
    note = dice.choice(("", "", "駐車場あり", "年末年始休館", "予約は市民課へ", "改修工事中（令和7年3月まで）"))
    return [
        f"{141500}{n:06d}",
        f"{place}{kind}",
        f"相模原市中央区{place}{n + 1}番{dice.randrange(1, 20)}号",
        phone,
        *where,
        note,
    ]


def _spelt(value: str, kind: str, way: str) -> str:
    if way == "full width":
        return value.translate(FULL_WIDTH)
    if way == "hyphens" and value.isdigit():
        return (
            "-".join(value[i : i + 4] for i in range(0, len(value), 4))
            if len(value) != 11
            else f"{value[:5]} {value[5:]}"
        )
    return value


def _sentence(dice: random.Random, value: str, words: str, way: str, kind: str) -> str:
    if way == "joined cell":
        return f"{dice.choice(PLACES)}／{words}{value}／{dice.randrange(20, 80)}歳"
    if way == "line break":
        broken = f"{value[:4]}\n{value[4:8]}\n{value[8:]}" if value.isdigit() and len(value) == 12 else value
        return f"要確認\n{words}\n{broken}\n以上"
    lead = dice.choice(("令和6年度に受付。", "窓口にて、", ""))
    return f"{lead}{words}{value}{dice.choice(('とのこと。', 'まで', '。確認済み'))}"


def _source(header: list[str], rows: list[list[str]]) -> SourceTable:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=range(len(header)), dtype="str")
    block = SourceBlock(path="planted.csv", sheet=None, columns=tuple(range(1, len(header) + 1)))
    origin = Origin(blocks=(block,), rows=range(2, len(rows) + 2))
    return SourceTable(
        path="planted.csv",
        format="csv",
        encoding="utf-8",
        sheet=None,
        header=tuple(header),
        header_rows=(1,),
        first_data_row=2,
        frame=frame,
        origin=origin,
    )


def spec(title: str) -> DatasetSpec:
    """A dataset of nobody: screening needs a name and a title."""
    licence = Licence(id="cc-by", title="CC BY 4.0")
    department = Department(id="eval", title="", folder=Path(), municipality="", code="", credit="", licence=licence)
    return DatasetSpec(name="eval", title=title, department=department, schema=None, licence=licence)


def verdicts(table: SourceTable, title: str = "施設一覧") -> tuple[Verdict, ...]:
    """Everything screening says about one table, every column taken as leaving."""
    return look(table, spec(title), Approvals(key=b"evaluation"), ScreenRules())


def types(found: tuple[Verdict, ...], *levels: Level) -> list[str]:
    """Finding types at these levels."""
    return [v.problem.code.partition("-")[2].replace("-", "_") for v in found if v.problem.level in levels]


def evaluate_planted(seed: int, blocked: int, held: int) -> tuple[Counter[tuple[str, str]], Counter[str], list[Item]]:
    """Confusion (class, what was found), totals per class, and the missed items."""
    confusion: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    missed: list[Item] = []
    for item in planted(seed, blocked, held):
        totals[item.kind] += 1
        found = verdicts(item.table)
        strong = types(found, Level.ERROR) if item.level is Level.ERROR else types(found, Level.ERROR, Level.HOLD)
        for kind in set(types(found, Level.ERROR, Level.HOLD)):
            confusion[item.kind, kind] += 1
        if item.kind not in strong and not (item.level is Level.HOLD and "my_number" in strong):
            missed.append(item)
    return confusion, totals, missed


@dataclass(kw_only=True)
class Clean:
    """What happened to the public files: ``held`` names the finding types, ``judged`` what a person said of it."""

    read: list[str]
    unread: int = 0
    blocked: list[str]
    held: dict[str, str]
    warned: set[str]
    judged: dict[str, str]
    seconds: float = 0.0

    def counts(self, among: Collection[str]) -> tuple[int, int, int]:
        """Files read, held, and held wrongly (what nobody has judged counts as wrong)."""
        held = [path for path in among if path in self.held]
        return len(among), len(held), sum(1 for path in held if self.judged.get(path) != "right")

    def sample(self, size: int, seed: int) -> list[str]:
        """A random choice of the files read, the same for the same seed."""
        return random.Random(seed).sample(self.read, min(size, len(self.read)))


def evaluate_clean(folder: Path, judged: dict[str, str]) -> Clean:
    """Screen every file of a folder, each column taken as leaving."""
    import hashlib

    from pipelines.read import read

    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".csv", ".tsv", ".xlsx", ".xls", ".ods"))
    result = Clean(read=[], blocked=[], held={}, warned=set(), judged=judged)
    started = time.perf_counter()
    for path in paths:
        shown = path.relative_to(folder).as_posix()
        data = path.read_bytes()
        dropped = DroppedFile(path=path, shown=shown, size=len(data), digest=hashlib.sha256(data).hexdigest())
        table = read(dropped).value
        if table is None:
            result.unread += 1
            continue
        result.read.append(shown)
        found = verdicts(table, path.stem)
        if types(found, Level.ERROR):
            result.blocked.append(shown)
        if held := ", ".join(sorted(set(types(found, Level.HOLD)))):
            result.held[shown] = held
        if types(found, Level.WARNING):
            result.warned.add(shown)
    result.seconds = time.perf_counter() - started
    return result


def planted_text(confusion: Counter[tuple[str, str]], totals: Counter[str], missed: list[Item]) -> str:
    """The planted set as Markdown."""
    misses = Counter(item.kind for item in missed)
    lines = ["| planted class | items | missed | found by (tables) |", "|---|---:|---:|---|"]
    for kind, total in totals.items():
        by = ", ".join(f"{t} {n}" for (k, t), n in confusion.most_common() if k == kind)
        lines.append(f"| {kind} | {total} | {misses[kind]} | {by} |")
    block = sum(totals[k] for k in BLOCKED), sum(misses[k] for k in BLOCKED)
    hold = sum(totals[k] for k in HELD), sum(misses[k] for k in HELD)
    lines += ["", f"Block class missed: {block[1]} of {block[0]}.  Hold class missed: {hold[1]} of {hold[0]}."]
    return "\n".join(lines)


def clean_text(clean: Clean, size: int, seed: int) -> str:
    """The public files as Markdown: all of them and a random sample, as held and as judged; then by finding."""
    chosen = clean.sample(size, seed)
    lines = [
        "| public files | read | blocked | held | of these judged wrong | warned |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, among in (("all", clean.read), (f"random {len(chosen)} (seed {seed})", chosen)):
        read, held, wrong = clean.counts(among)
        blocked, warned = sum(p in clean.blocked for p in among), sum(p in clean.warned for p in among)
        cells = [f"{n} ({100 * n / max(read, 1):.1f} %)" for n in (held, wrong, warned)]
        lines.append(f"| {name} | {read} | {blocked} | {cells[0]} | {cells[1]} | {cells[2]} |")
    lines += ["", "| finding | files held | judged wrong |", "|---|---:|---:|"]
    kinds = Counter(kind for held in clean.held.values() for kind in held.split(", "))
    for kind, count in kinds.most_common():
        wrong = sum(kind in h.split(", ") and clean.judged.get(p) != "right" for p, h in clean.held.items())
        lines.append(f"| {kind} | {count} | {wrong} |")
    return "\n".join([*lines, "", f"{clean.unread} further files could not be read as one table."])


def write_into(page: Path, name: str, text: str) -> None:
    """Replace what stands between the markers ``name`` of the page."""
    begin, end = f"<!-- {name} begins -->", f"<!-- {name} ends -->"
    old = page.read_text(encoding="utf-8")
    head, _, rest = old.partition(begin)
    _, _, tail = rest.partition(end)
    page.write_text(f"{head}{begin}\n{text}\n{end}{tail}", encoding="utf-8")


def main() -> int:
    """Run, print, and say by the exit code whether the targets are met."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("clean", nargs="?", type=Path, help="folder of public files")
    options.add_argument("--judged", type=Path, default=JUDGED, help="CSV path,verdict,reason of the files held")
    options.add_argument("--sample", type=int, default=200, help="size of the random sample of public files")
    options.add_argument("--seed", type=int, default=20261122)
    options.add_argument("--blocked", type=int, default=200)
    options.add_argument("--held", type=int, default=1000)
    options.add_argument("--dry", action="store_true", help="leave docs/safety.md alone")
    asked = options.parse_args()
    page = ROOT / "docs" / "safety.md"
    confusion, totals, missed = evaluate_planted(asked.seed, asked.blocked, asked.held)
    text = planted_text(confusion, totals, missed)
    print(text)
    for item in missed[:40]:
        print("missed", item.kind, item.way, [v for v in item.table.frame.iloc[:, 6] if "要確認" in v], file=sys.stderr)
    if not asked.dry:
        write_into(page, "screen-eval", text)
    block_missed = sum(1 for item in missed if item.level is Level.ERROR)
    good = block_missed == 0 and len(missed) - block_missed <= 0.01 * asked.held
    return 0 if _public(asked, page) and good else 1


def _public(asked: argparse.Namespace, page: Path) -> bool:
    """The public files, when a folder of them is given: none blocked, at most 2 % held wrongly."""
    if asked.clean is None:
        return True
    clean = evaluate_clean(asked.clean, _judged(asked.judged))
    text = clean_text(clean, asked.sample, asked.seed)
    print(f"\n{text}")
    for shown, held in clean.held.items():
        if clean.judged.get(shown) != "right":
            print("held wrongly" if shown in clean.judged else "not judged", shown, held, file=sys.stderr)
    if not asked.dry:
        write_into(page, "screen-clean", text)
    read, _, wrong = clean.counts(clean.read)
    return not clean.blocked and wrong <= 0.02 * read


def _judged(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return {row["path"]: row["verdict"] for row in csv.DictReader(stream)}


if __name__ == "__main__":
    sys.exit(main())
