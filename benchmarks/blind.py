"""The blind check: files of the collection noted by hand with other tools before our reader saw them.

``reading_checked.csv`` beside this script: what the note says of each file, ``first_reading`` where our reader said
something else the first time, and ``settled`` where a second look at the raw cells found the note to be wrong.  The
files were drawn with ``random.Random(20261122)`` in strata of format and publisher from all that ``hard_files.csv``
does not list.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.model import SourceTable

FIELDS = ("encoding", "header_rows", "first_data_row", "data_rows", "columns", "expect")
TITLES = {
    "encoding": "文字コード(CSV のみ)",
    "header_rows": "見出し行",
    "first_data_row": "最初のデータ行",
    "data_rows": "データの行数",
    "columns": "列数",
    "expect": "読む・確認を求める・返すの別",
}
WORDS = (
    "`benchmarks/reading_checked.csv` の控えは、読み取りに掛ける前に、csv モジュールと openpyxl だけで見て書きました。",
    "引いたのは、手で見比べた下の表に無い 475 ファイルから、形式と公開元で層に分けて無作為に"
    "(`random.Random(20261122)`: CSV 52、XLSX 36)。XLS と ODS は残りに 1 つもありません。",
    "控えたのは開発中の自動の助手です。書く前に、前回の一覧の末尾(判定と行数)が一度目に入っています。",
    "引いたファイルの多くは 1 行目が見出しの素直な表です。難しい体裁は、下の表や試験の作例に多くあります。",
    "「直した後」は、規則を直して測った値です。控えの誤りと分かった 3 件は直しました。",
)


def notes() -> list[dict[str, str]]:
    """The lines of ``reading_checked.csv``."""
    with (Path(__file__).parent / "reading_checked.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def reading(table: SourceTable | None, decision: str) -> dict[str, str]:
    """What our reader says of a file, in the fields of a note."""
    if table is None:
        return dict.fromkeys(FIELDS, "") | {"expect": decision}
    return {
        "encoding": table.encoding or "",
        "header_rows": ",".join(map(str, table.header_rows)),
        "first_data_row": str(table.first_data_row or ""),
        "data_rows": str(len(table.frame)),
        "columns": str(len(table.header)),
        "expect": decision,
    }


def pairs(text: str) -> dict[str, str]:
    """``columns=50;expect=refuse`` → fields."""
    return dict(part.split("=", 1) for part in text.split(";") if part)


def section(readings: Mapping[str, Mapping[str, str]], cells: tuple[int, int]) -> list[str]:
    """The section of docs/corpus.md; ``readings`` by file name, ``cells`` equal and compared."""
    known = [note for note in notes() if note["file"] in readings]
    if not known:
        return []
    lines = [f"## 見る前に控えておいたファイル({len(known)})", "", *(f"- {text}" for text in WORDS), ""]
    lines += ["| 項目 | 最初に読んだとき | 直した後 |", "|---|---:|---:|"]
    for field in FIELDS:
        judged = [note for note in known if note["encoding"] or field != "encoding"]
        first = sum(1 for note in judged if not _wrong_first(note, field))
        now = sum(1 for note in judged if _settled(note)[field] == readings[note["file"]][field])
        lines.append(f"| {TITLES[field]} | {_share(first, len(judged))} | {_share(now, len(judged))} |")
    silent = [note for note in known if any(_wrong_first(note, f) for f in FIELDS) and note["expect"] == "read"]
    still = [note for note in known if _silent(_settled(note), readings[note["file"]])]
    lines += [f"| 黙って読み誤ったファイル | {len(silent)} | {len(still)} |", ""]
    lines += [f"値は、別の読み手(csv、calamine)の文字列と {cells[0]:,}/{cells[1]:,} セルで同じです。", ""]
    lines += ["| ファイル | 違い(最初) | 分かったこと |", "|---|---|---|"]
    lines += [
        f"| {note['file']} | {note['first_reading']} | {note['why']} |" for note in known if note["first_reading"]
    ]
    return [*lines, ""]


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({100 * part / whole:.1f} %)"


def _settled(note: Mapping[str, str]) -> dict[str, str]:
    return {**note, **pairs(note["settled"])}


def _wrong_first(note: Mapping[str, str], field: str) -> bool:
    """The reader was wrong the first time; where the note was, the reader was not."""
    return field in pairs(note["first_reading"]) and field not in pairs(note["settled"])


def _silent(note: Mapping[str, str], found: Mapping[str, str]) -> bool:
    return found["expect"] == "read" and any(note[field] != found[field] for field in FIELDS)


def equal_cells(table: SourceTable, rows: Sequence[Sequence[object]]) -> tuple[int, int]:
    """(equal, compared) texts of the table and of another reader's rows at the places our table names."""
    equal = compared = 0
    for index, record in enumerate(table.frame.itertuples(index=False)):
        for position, value in enumerate(record):
            place = table.origin.place(index, position)
            row, column = place.row or 0, place.column or 0
            other = rows[row - 1][column - 1] if row <= len(rows) and column <= len(rows[row - 1]) else ""
            if isinstance(other, str):
                compared += 1
                equal += other.replace("\r\n", "\n") == value.replace("\r\n", "\n")
    return equal, compared
