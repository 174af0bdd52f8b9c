"""Damage files in every way and decide on each as a run does: is anything published that the damage has altered?

    python benchmarks/mutate_build.py [--count 10000] [--seed 2026] [--write docs/mutations.md]

Every mutant takes the place of a file that is published already (same table in eight formats, the schema that
``new --from`` proposes), and goes through the whole decision but the portal: read, standardize, validate, screen,
package, the guard against shrinking.  What would go out is compared cell by cell with what is published:

``kept back``   withheld, held or rejected; the published version stays
``same``        published, not a byte of the data differs (the damage hit what is no data)
``text``        header, rows and order are the same; the text inside of cells differs: one proper text became another,
                which no machine can know from the file; the reply lists it as changed against the published version
``shape``       the header, the number of rows or a value's column differs, and a problem says so; or nothing does

Prints the table (``--write``: into a page); exits 1 on an exception, a parent above 500 MB, a file slower than its
limit, or more than one change of shape in a thousand that nothing tells.
"""

from __future__ import annotations

import argparse
import csv
import difflib
import io
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.mutate import PARENT_MB, bits, blocks, members, structure
from pipelines.config import load_catalog, load_department
from pipelines.config.schema import schema_of
from pipelines.model import DatasetSpec, Drop, DroppedFile, Outcome, ReadOptions, Step, Verdict
from pipelines.read import read
from pipelines.run.build import Built, Tools, build_one
from pipelines.run.conduct import tools_of
from pipelines.run.shrink import guarded
from pipelines.run.workspace import Workspace
from pipelines.standardize import infer_schema

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 25.0
#: two texts that change places in one record are two proper texts still: this share may go unnoticed
SILENT = 0.001
HEADER = ("番号", "名称", "所在地", "緯度", "経度", "定員", "開設日", "電話番号")
Table = list[list[str]]
Damage = Callable[[bytes, random.Random], bytes]


# ── originals: one table in every format ───────────────────────────────────────────────────────


def rows() -> Table:
    """Forty-five records as departments have them: codes with zeros, places, dates, a blank here and there."""
    made = [list(HEADER)]
    for n in range(1, 46):
        phone = f"042-754-{1000 + n}" if n % 7 else ""
        day = f"{1980 + n % 40}-{n % 12 + 1:02}-{n % 28 + 1:02}"
        place = [f"{35.5 + n / 1000:.6f}", f"{139.3 + n / 1000:.6f}"]
        made.append(
            [f"{n:04}", f"第{n}公園", f"相模原市中央区中央{n % 5 + 1}丁目{n}番", *place, str(n * 7), day, phone]
        )
    return made


def originals() -> list[tuple[str, bytes]]:
    """(file name, content) of the same table in eight formats."""
    from tests.cases.read.build import ods, sheet, xls, xlsx

    table = rows()
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table)
    marks = "".join(
        "<table:table-row>"
        + "".join(f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in row)
        + "</table:table-row>"
        for row in table
    )
    html = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in table)
    return [
        ("utf8.csv", text.getvalue().encode("utf-8-sig")),
        ("cp932.csv", text.getvalue().encode("cp932")),
        ("utf16.csv", text.getvalue().encode("utf-16")),
        ("tab.tsv", "".join("\t".join(row) + "\r\n" for row in table).encode()),
        ("book.xlsx", xlsx({"表": sheet([list(row) for row in table])})),
        ("book.ods", ods(f'<table:table table:name="表">{marks}</table:table>')),
        ("book.xls", xls(latin(table))),
        ("page.xls", f"<html><body><table>{html}</table></body></html>".encode()),
    ]


def latin(table: Table) -> Table:
    """The table in letters that the oldest workbook format can hold."""
    names = ["No", "name", "address", "latitude", "longitude", "capacity", "opened", "tel"]
    return [names, *([row[0], f"Park {row[0]}", f"Chuo {row[0]}", *row[3:]] for row in table[1:])]


# ── ways of damage ─────────────────────────────────────────────────────────────────────────────


def columns(data: bytes, dice: random.Random) -> bytes:
    """What people and programs do to a text table: a cell lost or doubled, two swapped, a line lost, doubled, cut."""
    lines = data.split(b"\n")
    spot = dice.randrange(len(lines))
    cells = lines[spot].split(b",")
    kind, at = dice.randrange(7), dice.randrange(len(cells))
    if kind == 0:
        del cells[at]
    elif kind == 1:
        cells.insert(at, cells[at])
    elif kind == 2:
        other = dice.randrange(len(cells))
        cells[at], cells[other] = cells[other], cells[at]
    elif kind == 3:
        cells[at:] = []
    elif kind == 4:
        return b"\n".join(lines[:spot] + lines[spot + 1 :]) or b"x"
    elif kind == 5:
        return b"\n".join(lines[: spot + 1] + lines[spot:])
    else:
        return b"\n".join(lines[: max(1, spot)])
    lines[spot] = b",".join(cells)
    return b"\n".join(lines) or b"x"


WAYS: dict[str, Damage] = {
    "ビット": bits, "バイト": blocks, "ZIPの部品": members, "CSVの記号": structure, "行と列": columns
}  # fmt: skip


def mutants(found: Sequence[tuple[str, bytes]], count: int, seed: int) -> Iterator[tuple[str, str, bytes]]:
    """``count`` damaged files (way, name, content); the same for the same seed."""
    dice = random.Random(seed)
    for number in range(count):
        name, data = found[dice.randrange(len(found))]
        way = list(WAYS)[number % len(WAYS)]
        for _ in range(dice.choice([1, 1, 2])):
            data = WAYS[way](data, dice) or b"x"
        yield way, name, data


# ── the decision ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Bench:
    """The published dataset: its spec per file name, the tools, and the table that is online."""

    folder: Path
    specs: dict[str, DatasetSpec]
    tools: Tools
    online: dict[str, Table]


def bench(folder: Path, found: Sequence[tuple[str, bytes]]) -> Bench:
    """Publish every original once; all of them give the same table."""
    from tests.conftest import CATALOG

    drop = folder / "datasets"
    (drop / "kankyo").mkdir(parents=True)
    (drop / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    (drop / "kankyo" / "department.yaml").write_text("id: kankyo\ntitle: 環境政策課\n", encoding="utf-8")
    workspace = Workspace(root=ROOT, datasets=drop, var=folder / "var")
    tools = tools_of(workspace, folder / "packages", None)
    department = load_department(drop / "kankyo", load_catalog(drop))
    specs, online = {}, {}
    for name, data in found:
        (folder / name).write_bytes(data)
        table = read(_dropped(folder / name), ReadOptions()).value
        assert table is not None, name
        schema = schema_of(infer_schema(table, "park", "公園"))
        specs[name] = DatasetSpec(
            name="park",
            title="公園",
            department=department,
            schema=schema,
            licence=department.licence,
            options=ReadOptions(known=frozenset(table.header)),
        )
        first = build_one(specs[name], _drop(specs[name], folder / name), tools)
        assert first.package is not None, (name, first.outcome.problems)
        online[name] = _table(first)
        assert len(online[name]) == len(rows()), name
    return Bench(folder, specs, tools, online)


def _dropped(path: Path) -> DroppedFile:
    return DroppedFile(path=path, shown=path.name, size=path.stat().st_size, digest="")


def _drop(spec: DatasetSpec, path: Path) -> Step[Drop]:
    return Step(Drop(spec=spec, files=(_dropped(path),), digest=""))


def _table(built: Built) -> Table:
    assert built.package is not None
    path = next(file.path for file in built.package.files if file.path.suffix == ".csv")
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def decided(one: Bench, name: str, data: bytes) -> str:
    """The class one damaged file falls into."""
    path = one.folder / name
    path.write_bytes(data)
    built = build_one(one.specs[name], _drop(one.specs[name], path), one.tools)
    if built.package is not None:
        key = next(file.key for file in built.package.files if file.rows is not None)
        built = guarded(built, {key: len(one.online[name]) - 1})
    outcome = built.outcome
    if outcome.verdict is Verdict.FAILED:
        return f"例外 {outcome.detail}"
    if built.package is None:
        return f"見送り ({outcome.verdict.value})"
    return _compared(one.online[name], _table(built), outcome)


def _compared(online: Table, now: Table, outcome: Outcome) -> str:
    if now == online:
        return "同じ"
    if now[0] != online[0]:
        return _told("列", outcome, ("header", "column"))
    if _rows_differ(online, now):
        return _told("行", outcome, ("rows-", "total", "note", "unlike"))
    differing = [(r, c) for r, row in enumerate(now) for c, cell in enumerate(row) if cell != online[r][c]]
    if _moved(online, now, differing):
        return _told("ずれ", outcome, ("ragged", "column", "unlike"))
    named = {(p.place.row, p.place.field) for p in outcome.problems if p.place.row}
    told = all((r + 1, online[0][c]) in named for r, c in differing)
    return "文字 (知らせる)" if told else "文字 (分からない)"


def _rows_differ(online: Table, now: Table) -> bool:
    """Whether a record is lost, new or elsewhere; a record with other text in it is still the same record."""
    pairs = difflib.SequenceMatcher(None, [tuple(row) for row in online], [tuple(row) for row in now], autojunk=False)
    return any(tag != "equal" and to - start != until - first for tag, start, to, first, until in pairs.get_opcodes())


def _moved(online: Table, now: Table, differing: Sequence[tuple[int, int]]) -> bool:
    """Whether a value stands in another column than it did."""
    for r in {r for r, _ in differing}:
        cells = [c for row, c in differing if row == r]
        if len(cells) >= 2 and {now[r][c] for c in cells if now[r][c]} & {online[r][c] for c in cells}:
            return True
    return False


def _told(what: str, outcome: Outcome, words: tuple[str, ...]) -> str:
    codes = [p.code for p in outcome.problems]
    return f"形: {what} (知らせる)" if any(word in code for code in codes for word in words) else f"形: {what} (黙って)"


# ── the run ────────────────────────────────────────────────────────────────────────────────────


def run(count: int, seed: int, keep: Path | None = None) -> tuple[Counter[tuple[str, str]], float]:
    """(way, class) → how many, and the slowest file's seconds."""
    ends: Counter[tuple[str, str]] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        found = originals()
        one = bench(Path(folder), found)
        for number, (way, name, data) in enumerate(mutants(found, count, seed)):
            start = time.perf_counter()
            ended = decided(one, name, data)
            slowest = max(slowest, time.perf_counter() - start)
            ends[way, ended] += 1
            if keep and ("黙って" in ended or "分からない" in ended or "例外" in ended):
                keep.mkdir(exist_ok=True)
                (keep / f"{number}-{ended.replace(' ', '').replace(':', '')}-{name}").write_bytes(data)
    return ends, slowest


def page(ends: Counter[tuple[str, str]], slowest: float, megabytes: int, seed: int) -> str:
    """The result for people: what each class means, and how many of each way of damage fell into it."""
    classes = list(dict.fromkeys(ended for _, ended in sorted(ends, key=lambda k: (_rank(k[1]), k[1]))))
    total = Counter[str]()
    for (_, ended), number in ends.items():
        total[ended] += number
    silent = sum(n for ended, n in total.items() if "黙って" in ended)
    kept = sum(n for ended, n in total.items() if ended.startswith("見送り"))
    lines = [
        "# 壊したファイルは公開されるか",
        "",
        f"`benchmarks/mutate_build.py --count {ends.total()} --seed {seed} --write docs/mutations.md` が書きます。",
        "",
        "公開済みの表(45件)のファイルを、8つの形式で、5つのやり方で壊し、実行と同じ判定(読み取り、標準化、検証、",
        "検査、パッケージ、前回からの増減)を最後まで通しました。ポータルへの送信だけはしていません。",
        "公開することになったものは、公開中の表と1セルずつ比べました。",
        "",
        f"- {ends.total():,} 個のうち、公開を止めたもの {kept:,}、公開中と同じ内容のもの {total['同じ']:,}。",
        f"- 列・行・値の位置が変わったのに何も知らせずに公開するもの **{silent:,}**。",
        f"- 親プロセスが落ちたもの {sum(n for e, n in total.items() if e.startswith('例外'))}、"
        f"最も遅いもの {slowest:.1f} 秒、親プロセスの最大メモリ {megabytes} MB(上限 {PARENT_MB} MB)。",
        "",
        "| 結果 | 意味 | 合計 | " + " | ".join(WAYS) + " |",
        "|---|---|---:|" + "---:|" * len(WAYS),
    ]
    for ended in classes:
        counts = " | ".join(f"{ends[way, ended]:,}" for way in WAYS)
        lines.append(f"| {ended} | {_meaning(ended)} | {total[ended]:,} | {counts} |")
    lines += ["", *CAVEAT]
    return "\n".join(lines) + "\n"


#: what the table does not show; printed with it
CAVEAT = (
    "「文字(分からない)」は、セルの中の文字が別の正しい文字に変わったものです(第1公園が第9公園になるなど)。",
    "ファイルだけを見て気付くことは、どんな機械にもできません。公開すると、返信の「前に公開したものとの違い」に、",
    "変わったセルとして前後の値が出ます。初めて公開するファイルでは、それもありません。",
    "「形: 行(知らせる)」のうち行が減ったものは、前回の公開と比べて分かるものです(減り方が半分を超えると止めます)。",
    "初めて公開するファイルの行が抜けていても、分かりません。",
    "試した表は1つで、列の型のそろった素直なものです。別の表での割合は、これと違います。",
)
_MEANINGS = {
    "見送り (rejected)": "表として読めないと返す",
    "見送り (withheld)": "直すところを挙げて返す",
    "見送り (held)": "確かめるまで止める",
    "同じ": "壊れたのはデータでないところ",
    "文字 (知らせる)": "変わったセルを名指しする",
    "文字 (分からない)": "別の正しい文字になった",
}


def _meaning(ended: str) -> str:
    return _MEANINGS.get(ended, "形が変わり、そう知らせる" if "知らせる" in ended else "形が変わり、知らせない")


def _rank(ended: str) -> int:
    return next((n for n, start in enumerate(("見送り", "同じ", "文字", "形")) if ended.startswith(start)), 9)


def main() -> None:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--write", type=Path, help="page to write (docs/mutations.md)")
    arguments = parser.parse_args()
    ends, slowest = run(arguments.count, arguments.seed, arguments.keep)
    for (way, ended), number in sorted(ends.items()):
        print(f"{number:7} {way} {ended}")
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"slowest {slowest:.2f} s, parent {megabytes} MB")
    if arguments.write:
        arguments.write.write_text(page(ends, slowest, megabytes, arguments.seed), encoding="utf-8")
    silent = sum(number for (_, ended), number in ends.items() if "黙って" in ended)
    bad = silent > SILENT * ends.total() or any("例外" in ended for _, ended in ends)
    sys.exit(1 if bad or slowest > SECONDS or megabytes > PARENT_MB else 0)


if __name__ == "__main__":
    main()
