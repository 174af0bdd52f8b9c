"""A second planted set, from another angle than screen_eval's: real files, odd places, odd spellings.

Every item is written into the bytes of a CSV or XLSX file of facilities and read by the product's own reader before it
is screened.  It stands in one of thirteen places (a wide table, the heading itself, the title above, a footnote, the
second line of a facility's name, a hidden column, the sheet's name, a roster …) in one of its class's spellings (digits
with ・ or spaces between them, kanji digits, half-width kana, romaji, (at), +81 …).

    python benchmarks/screen_planted.py [--seed 9191] [--blocked 200] [--held 1000] [--show 40]
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import hashlib
import io
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.screen_eval import number, types, verdicts  # noqa: E402  # the checkout is not installed
from benchmarks.screen_spellings import KINDS_PLANTED, TOWNS, Dice, Kind  # noqa: E402
from pipelines.model import DroppedFile, Level  # noqa: E402

KINDS = ("市民センター", "児童館", "学童保育所", "体育館", "図書館", "公園", "集会所", "斎場", "駐輪場", "保育園")


@dataclass(frozen=True, kw_only=True)
class Planted:
    """One file with one item (or one column of items) in it."""

    kind: str
    way: str
    level: Level
    name: str
    data: bytes
    value: str


#: classes that a bare value shows by itself, whatever the heading says
PLAIN = frozenset({"mobile", "personal_email", "residence_card", "bank_account"})
WAYS = (
    "own column", "own column of a wide table", "remark", "second line of a name", "the heading itself", "title above",
    "footnote", "hidden column", "name of the sheet", "roster of people", "remark among many", "neutral heading",
    "among the facilities' own numbers",
)  # fmt: skip
NOTES = ("", "", "", "駐車場あり", "年末年始休館", "予約制", "令和7年度改修予定", "バリアフリー対応", "定員40名")


def planted(seed: int, blocked: int, held: int) -> Iterator[Planted]:
    """Every class in turn, every place in turn; the same for the same seed."""
    dice = Dice(seed)
    for level, count in ((Level.ERROR, blocked), (Level.HOLD, held)):
        kinds = [name for name, kind in KINDS_PLANTED.items() if kind.level is level]
        for n in range(count):
            yield _planted(dice, kinds[n % len(kinds)], WAYS[(n // len(kinds)) % len(WAYS)], n)


@dataclass(kw_only=True)
class _Sheet:
    """The file being made: what stands above, in and below its table."""

    header: list[str]
    rows: list[list[str]]
    title: str = ""
    foot: str = ""
    hidden: int | None = None
    name: str = "一覧"


def _planted(dice: Dice, name: str, way: str, n: int) -> Planted:
    kind = KINDS_PLANTED[name]
    way = _possible(way, name)
    value = kind.make(dice)
    told = dice.choice(kind.words) + value
    if way == "name of the sheet" and not _is_sheet_name(told):
        told = dice.choice(kind.words).rstrip(":：") + value
        way = way if _is_sheet_name(told) else "footnote"
    header, rows = _facilities(dice, wide=way == "own column of a wide table", many=way == "remark among many")
    sheet = _Sheet(header=header, rows=rows)
    if way in ("own column", "own column of a wide table", "neutral heading"):
        _own_column(dice, sheet, kind, value, neutral=way == "neutral heading")
    elif way in ("hidden column", "roster of people"):
        _column_of_people(dice, sheet, kind, hidden=way == "hidden column")
    elif way in _AROUND:
        _AROUND[way](sheet, told)
    else:
        _in_a_row(dice, sheet, way, value, told)
    in_book = sheet.hidden is not None or way == "name of the sheet" or dice.randrange(8) == 0
    data = _book(sheet) if in_book else _delimited(_cells(sheet), dice)
    suffix = "xlsx" if in_book else "csv"
    return Planted(kind=name, way=way, level=kind.level, name=f"list{n}.{suffix}", data=data, value=value)


def _possible(way: str, name: str) -> str:
    """Without a word beside it nobody could tell most values; only a telephone number stands among such."""
    if way == "neutral heading" and name not in PLAIN:
        return "remark"
    return "remark" if way == "among the facilities' own numbers" and name != "mobile" else way


def _is_sheet_name(text: str) -> bool:
    return len(text) <= 31 and not set(text) & set("[]:：*?/\\'")


def _own_column(dice: Dice, sheet: _Sheet, kind: Kind, value: str, *, neutral: bool) -> None:
    head = dice.choice(("備考2", "その他", "メモ")) if neutral else dice.choice(kind.heads)
    at = dice.randrange(2, len(sheet.header) + 1)
    sheet.header.insert(at, head)
    for row in sheet.rows:
        row.insert(at, kind.make(dice) if dice.random() < 0.8 else "")
    sheet.rows[0][at] = value


def _column_of_people(dice: Dice, sheet: _Sheet, kind: Kind, *, hidden: bool) -> None:
    """A hidden column at the end, or in the place of everything a list of people who signed up for something."""
    if hidden:
        sheet.header.append(dice.choice(kind.heads))
        for row in sheet.rows:
            row.append(kind.make(dice))
        sheet.hidden = len(sheet.header) - 1
        return
    sheet.header = ["受付番号", dice.choice(kind.heads), "申込講座", "受付日"]
    courses = ("陶芸教室", "体操教室", "書道")
    sheet.rows = [
        [f"A{n:03}", kind.make(dice), dice.choice(courses), f"2026/4/{dice.randrange(1, 29)}"]
        for n in range(dice.randrange(5, 25))
    ]


def _in_heading(sheet: _Sheet, told: str) -> None:
    sheet.header[-1] = f"備考（{told}）"


def _above(sheet: _Sheet, told: str) -> None:
    sheet.title = f"市内施設一覧　作成メモ　{told}"


def _below(sheet: _Sheet, told: str) -> None:
    sheet.foot = f"※ {told}"


def _as_name(sheet: _Sheet, told: str) -> None:
    sheet.name = told


_AROUND: dict[str, Callable[[_Sheet, str], None]] = {
    "the heading itself": _in_heading,
    "title above": _above,
    "footnote": _below,
    "name of the sheet": _as_name,
}


def _in_a_row(dice: Dice, sheet: _Sheet, way: str, value: str, told: str) -> None:
    row = dice.choice(sheet.rows)
    if way == "second line of a name":
        row[1] += dice.choice(("\n", "\r\n", "\n（")) + told
    elif way == "among the facilities' own numbers":
        row[3] = value
    else:
        before, after = ("", "【注意】", "R6.5.1 ", "※"), ("", "。", "（要確認）", "／窓口で確認済")
        row[-1] = dice.choice(before) + told + dice.choice(after)


def _cells(sheet: _Sheet) -> list[list[str]]:
    above = [[sheet.title]] if sheet.title else []
    return [*above, sheet.header, *sheet.rows, *([[], [sheet.foot]] if sheet.foot else [])]


def _facilities(dice: Dice, *, wide: bool, many: bool) -> tuple[list[str], list[list[str]]]:
    header = ["No.", "施設名称", "施設所在地", "施設電話番号", "開館時間", "定員", "特記・備考"]
    rows = []
    for n in range(dice.randrange(200, 400) if many else dice.randrange(6, 30)):
        town = dice.choice(TOWNS)
        where = f"八王子市{town}{dice.randrange(1, 900)}番地"
        phone = f"042-{number(dice, 3)}-{number(dice, 4)}"
        hours, seats = f"{dice.randrange(8, 11)}:00-{dice.randrange(17, 22)}:00", str(dice.randrange(10, 300))
        rows.append([str(n + 1), town + dice.choice(KINDS), where, phone, hours, seats, dice.choice(NOTES)])
    if wide:
        extra = [f"設備{k:02}" for k in range(55)]
        header[6:6] = extra
        for row in rows:
            row[6:6] = [dice.choice(("○", "×", "")) for _ in extra]
    return header, rows


def _delimited(table: list[list[str]], dice: Dice) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(table)
    text = out.getvalue()
    try:
        return text.encode("cp932" if dice.randrange(3) == 0 else "utf-8-sig")
    except UnicodeEncodeError:
        return text.encode("utf-8-sig")


def _book(sheet: _Sheet) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False}) as book:
        book.set_properties({"created": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)})
        page = book.add_worksheet(sheet.name)
        for i, row in enumerate(_cells(sheet)):
            for j, value in enumerate(row):
                page.write_string(i, j, value)
        if sheet.hidden is not None:
            page.set_column(sheet.hidden, sheet.hidden, None, None, {"hidden": 1})
    return out.getvalue()


def evaluate(
    seed: int, blocked: int, held: int
) -> tuple[Counter[tuple[str, str]], list[tuple[Planted, list[str]]], int]:
    """Totals by (class, place); the missed with what was said instead; how many of those would have been published.

    A hidden column of the hold class counts as found when it is held as hidden: nothing in it is read aloud.
    """
    from pipelines.read import read

    totals: Counter[tuple[str, str]] = Counter()
    missed: list[tuple[Planted, list[str]]] = []
    open_ = 0
    with tempfile.TemporaryDirectory() as folder:
        for item in planted(seed, blocked, held):
            path = Path(folder) / item.name
            path.write_bytes(item.data)
            digest = hashlib.sha256(item.data).hexdigest()
            dropped = DroppedFile(path=path, shown=item.name, size=len(item.data), digest=digest)
            totals[item.kind, item.way] += 1
            table = read(dropped).value
            found = verdicts(table) if table is not None else ()
            strong = types(found, Level.ERROR) if item.level is Level.ERROR else types(found, Level.ERROR, Level.HOLD)
            wanted = {item.kind, "my_number"} | ({"hidden_column"} if item.way == "hidden column" else set())
            if not wanted & set(strong):
                said = types(found, Level.ERROR, Level.HOLD) if table is not None else ["unread"]
                missed.append((item, said))
                open_ += not said
    return totals, missed, open_


def _table(title: str, at: int, totals: Counter[tuple[str, str]], missed: list[tuple[Planted, list[str]]]) -> str:
    """Items and misses by class (``at`` 0) or by place (1), as Markdown."""
    count: Counter[str] = Counter()
    for key, n in totals.items():
        count[key[at]] += n
    gone = Counter((item.kind, item.way)[at] for item, _ in missed)
    lines = [f"| {name} | {n} | {gone[name]} |" for name, n in count.items()]
    return "\n".join([f"| {title} | items | missed |", "|---|---:|---:|", *lines])


def main() -> int:
    """Run, print the misses by class and by place, and say by the exit code whether the targets are met."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=9191)
    options.add_argument("--blocked", type=int, default=200)
    options.add_argument("--held", type=int, default=1000)
    options.add_argument("--show", type=int, default=0, help="print so many of the missed")
    asked = options.parse_args()
    totals, missed, open_ = evaluate(asked.seed, asked.blocked, asked.held)
    block = sum(item.level is Level.ERROR for item, _ in missed)
    hold = len(missed) - block
    print("\n\n".join(_table(title, at, totals, missed) for title, at in (("class", 0), ("place", 1))))
    print(f"\nBlock class missed: {block} of {asked.blocked}.  Hold class missed: {hold} of {asked.held}.")
    print(f"Missed and not held for anything else either: {open_}.")
    for item, said in missed[: asked.show]:
        print("missed", item.kind, "|", item.way, "|", item.name, "|", repr(item.value), "|", said, file=sys.stderr)
    return int(block > 0 or hold > 0.01 * asked.held)


if __name__ == "__main__":
    sys.exit(main())
