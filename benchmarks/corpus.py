"""Read a folder of real files and compare with what is known about them.

    CORPUS=/path/to/folder python benchmarks/corpus.py [--write docs/corpus.md] [--only TEXT] [--slow 2]

The folder holds ``index.csv`` (local_path, format, detected_encoding, rows, header_row_index, …; a heuristic) and, if
there is one, ``gold.json`` (files read by hand).  Rows there are 0-based, ours are 1-based.  Without the folder the
harness says so and ends well.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipelines.model import DroppedFile, Level, SourceTable, Step
from pipelines.read import read

#: the index and we name some encodings and formats differently; equal here means equal text
_ENCODINGS = {"shift_jis": "cp932", "ascii": "utf-8", "n/a": "", "binary": ""}


@dataclass(frozen=True, slots=True)
class Line:
    """One file: what we read, what the index says, and how long it took."""

    known: Mapping[str, str]
    step: Step[SourceTable] | None
    seconds: float
    file: Path
    crash: str = ""

    @property
    def path(self) -> str:
        return self.known["local_path"]

    @property
    def decision(self) -> str:
        if self.step is None:
            return "crash"
        if self.step.value is None:
            return "reject"
        levels = {problem.level for problem in self.step.problems}
        return "withhold" if Level.ERROR in levels else "hold" if Level.HOLD in levels else "read"

    @property
    def reasons(self) -> str:
        if self.step is None:
            return self.crash
        counts = Counter(p.code for p in self.step.problems if p.level in (Level.ERROR, Level.HOLD))
        return "、".join(f"{code}×{count}" if count > 1 else code for code, count in counts.items())

    @property
    def table(self) -> SourceTable | None:
        return self.step.value if self.step else None

    def header_agrees(self) -> bool | None:
        if self.table is None:
            return None
        return self.table.header_rows[-1] - 1 == int(self.known["header_row_index"] or -1)

    def rows_agree(self) -> bool | None:
        """Every filled row under the header, counted by another reader, is a record or was left out by name."""
        table = self.table
        if table is None or any(block.row_offsets for block in table.origin.blocks):
            return None
        rows = _physical(self.file, table)
        below = rows[table.header_rows[-1] :]
        filled = sum(
            1
            for block in table.origin.blocks
            for row in below
            if any(column <= len(row) and str(row[column - 1]).strip() for column in block.columns)
        )
        left = [
            item for item in table.left_out if (item.row or 0) > table.header_rows[-1] and item.what != "side-panel"
        ]
        return len(table.frame) == filled - len(left)

    def encoding_agrees(self) -> bool | None:
        if self.table is None or self.known["format"] != "csv":
            return None
        stated = self.known["detected_encoding"]
        return _ENCODINGS.get(stated, stated) == (self.table.encoding or "")


def main() -> None:
    """Run over the folder given by CORPUS (or --folder)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", default=os.environ.get("CORPUS"))
    parser.add_argument("--write", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--all", action="store_true", help="print every file, not only what differs")
    arguments = parser.parse_args()
    folder = Path(arguments.folder) if arguments.folder else None
    if folder is None or not (folder / "index.csv").is_file():
        print("CORPUS が指すフォルダに index.csv がありません。何もしませんでした。")
        return
    with (folder / "index.csv").open(encoding="utf-8", newline="") as stream:
        entries = [row for row in csv.DictReader(stream) if arguments.only in row["local_path"]]
    lines = [_read(folder, entry) for entry in entries]
    for line in lines:
        if arguments.all or differs(line):
            print(_shown(line))
    gold = _gold(folder, {line.path: line for line in lines})
    summary = _summary(lines, gold)
    print("\n".join(summary))
    if arguments.write:
        arguments.write.write_text(_document(lines, summary, gold), encoding="utf-8")


def _read(folder: Path, entry: Mapping[str, str]) -> Line:
    path = (folder / entry["local_path"]).resolve()
    file = DroppedFile(path=path, shown=path.name, size=path.stat().st_size, digest="")
    start = time.perf_counter()
    try:
        return Line(entry, read(file), time.perf_counter() - start, path)
    except Exception as error:
        return Line(entry, None, time.perf_counter() - start, path, f"{type(error).__name__}: {error}")


def _physical(path: Path, table: SourceTable) -> list[list[Any]]:
    """All rows of the sheet by a reader that is not ours."""
    data = path.read_bytes()
    if table.format in ("csv", "tsv"):
        encoding = {"utf-8-bom": "utf-8-sig"}.get(table.encoding or "", table.encoding)
        text = io.StringIO(data.decode(encoding or "utf-8"), newline="")
        return list(csv.reader(text, delimiter="\t" if table.format == "tsv" else ","))
    from python_calamine import load_workbook

    return load_workbook(io.BytesIO(data)).get_sheet_by_name(table.sheet or "").to_python(skip_empty_area=False)


def differs(line: Line) -> bool:
    """Something a person should look at."""
    return line.decision != "read" or False in (line.header_agrees(), line.rows_agree(), line.encoding_agrees())


def _shown(line: Line) -> str:
    table = line.table
    ours = "-"
    if table is not None:
        left = Counter(item.what for item in table.left_out if item.row is not None)
        header = [row - 1 for row in table.header_rows]
        ours = f"{table.format}/{table.encoding} 見出し{header} {len(table.frame)}行 {dict(left)}"
    entry = line.known
    known = f"{entry['format']}/{entry['detected_encoding']} 見出し{entry['header_row_index']} 全{entry['rows']}行"
    marks = "".join(
        mark
        for mark, verdict in (("H", line.header_agrees()), ("R", line.rows_agree()), ("E", line.encoding_agrees()))
        if verdict is False
    )
    return f"{line.decision:8} {marks:3} {line.seconds:5.2f}s {line.path[-70:]} | {ours} | {known} | {line.reasons}"


def _gold(folder: Path, lines: Mapping[str, Line]) -> list[tuple[str, list[str]]]:
    """(file, differences) for every file read by hand."""
    path = folder / "gold.json"
    if not path.is_file():
        return []
    items = json.loads(path.read_text(encoding="utf-8"))["items"]
    return [
        (item["local_path"], _gold_differences(item, lines[item["local_path"]]))
        for item in items
        if item["local_path"] in lines
    ]


def _gold_differences(item: Mapping[str, Any], line: Line) -> list[str]:
    wanted, table = item["expected_decision"], line.table
    if table is None:
        return [] if wanted == "reject" else [f"decision {line.decision}"]
    found = []
    if (wanted, line.decision) not in (("publish", "read"), ("publish-with-review", "hold")):
        found.append(f"decision {wanted} ≠ {line.decision}")
    if not item["true_format"].startswith(table.format):
        found.append(f"format {table.format}")
    if _ENCODINGS.get(item["encoding"], item["encoding"]) != (table.encoding or ""):
        found.append(f"encoding {table.encoding}")
    if item["sheet"] not in (None, table.sheet):
        found.append(f"sheet {table.sheet}")
    if item["header_rows"] != [row - 1 for row in table.header_rows]:
        found.append(f"header {table.header_rows}")
    if item["data_rows"] != len(table.frame):
        found.append(f"rows {len(table.frame)}")
    return found


def _summary(lines: list[Line], gold: list[tuple[str, list[str]]]) -> list[str]:
    decisions = Counter(line.decision for line in lines)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    times = sorted(line.seconds for line in lines)
    out = [
        f"ファイル {len(lines)} / " + " ".join(f"{name} {count}" for name, count in sorted(decisions.items())),
        _share("見出し行が索引と一致", [line.header_agrees() for line in lines]),
        _share("見出しより下の行が、別の読み手で数えてもすべて説明できる", [line.rows_agree() for line in lines]),
        _share("文字コードが一致", [line.encoding_agrees() for line in lines]),
        f"時間 中央値 {times[len(times) // 2]:.3f} 秒、最大 {times[-1]:.2f} 秒、親プロセスの最大メモリ {memory} MB",
        f"手で確かめたファイル {len(gold)}、全項目一致 {sum(1 for _, differences in gold if not differences)}",
    ]
    return out + [f"  {path}: {', '.join(differences)}" for path, differences in gold if differences]


def _share(title: str, verdicts: list[bool | None]) -> str:
    judged = [verdict for verdict in verdicts if verdict is not None]
    return f"{title}: {judged.count(True)}/{len(judged)}"


def _document(lines: list[Line], summary: list[str], gold: list[tuple[str, list[str]]]) -> str:
    head = ["# 実ファイルの読み取り結果", "", "`make corpus` が書きます。手で直さないでください。", ""]
    body = [f"- {text}" for text in summary]
    table = [
        "",
        "| ファイル | 判定 | 形式 | 文字コード | 見出し行 | データ行 | 理由 |",
        "|---|---|---|---|---|---:|---|",
    ]
    return "\n".join([*head, *body, *table, *(_row(line) for line in lines)]) + "\n"


def _row(line: Line) -> str:
    table = line.table
    name = line.path.removeprefix("files/").replace("|", "\\|")
    if table is None:
        return f"| {name} | {line.decision} |  |  |  |  | {line.reasons} |"
    rows = ",".join(map(str, table.header_rows))
    cells = [name, line.decision, table.format, table.encoding or "", rows, str(len(table.frame)), line.reasons]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
