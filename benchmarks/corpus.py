"""Check a folder of real files as the product does, and compare with what is known about them.

    make corpus CORPUS=/path/to/folder
    python benchmarks/corpus.py [/path/to/folder] [--only TEXT] [--no-write]

The folder holds ``index.csv`` (repo, path, local_path, format, detected_encoding, header_row_index, …; made by a
heuristic) and, if there is one, ``gold.json`` (files read by hand).  Rows there are 0-based, ours are 1-based.
``hard_files.csv`` beside this script lists what was decided after looking at the raw cells, ``reading_checked.csv``
what was noted of others before our reader saw them.  Without a folder the script says so and ends well.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.blind import equal_cells, notes, reading, section
from pipelines.model import DroppedFile, Level, SourceTable, Step
from pipelines.read import read
from pipelines.run.check import check_files
from pipelines.run.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
#: the index and we name some encodings differently; equal here means equal text
_ENCODINGS = {"shift_jis": "cp932", "ascii": "utf-8", "n/a": "", "binary": ""}
KEPT = "<!-- mutate -->"
#: what the figures do not show; printed with them
CAVEATS = (
    "この表の読み方:",
    "",
    "- 見比べたのは開発中の自動の助手で、職員ではありません。こちらの読みと並べて見ており、独立の採点ではありません。",
    "- 見たのは各ファイルの先頭と末尾、除いた行です。全行ではありません。行数は別の読み手でも数えました。",
    "- 読み方の規則は、このファイルを見ながら直しました。初めて見るファイルでも同じとは言えません。",
    "- 「見出しより下の行」の一致は、こちらが除いた行を引いて数えます。除き過ぎは見つけられません。",
    "- 見出しの一致は、見出しが 2 段以上のとき、そのどれかの段が索引と同じなら一致としています。",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One file: what the product's check says, what reading alone gave, what the index says, how long it took."""

    known: Mapping[str, str]
    file: Path
    entry: Mapping[str, Any]
    step: Step[SourceTable] | None
    seconds: float
    crash: str = ""

    @property
    def name(self) -> str:
        return f"{self.known['repo']}/{self.known['path']}"

    @property
    def table(self) -> SourceTable | None:
        return self.step.value if self.step else None

    @property
    def decision(self) -> str:
        return "crash" if self.crash else str(self.entry["decision"])

    @property
    def reading(self) -> str:
        """What reading alone decides: read, ask (held) or refuse."""
        levels = {problem.level for problem in self.step.problems} if self.step else {Level.ERROR}
        refused = self.table is None or Level.ERROR in levels
        return "refuse" if refused else "ask" if Level.HOLD in levels else "read"

    @property
    def reasons(self) -> str:
        listed = [p for p in self.entry.get("problems", ()) if p["level"] in ("error", "hold")]
        counts = Counter(p["code"] for p in listed)
        return self.crash or "、".join(f"{code}×{n}" if n > 1 else code for code, n in counts.items())

    def header_agrees(self) -> bool | None:
        if self.table is None or not self.known["header_row_index"]:
            return None
        return int(self.known["header_row_index"]) + 1 in self.table.header_rows

    def encoding_agrees(self) -> bool | None:
        if self.table is None or self.known["format"] != "csv":
            return None
        stated = self.known["detected_encoding"]
        return _ENCODINGS.get(stated, stated) == (self.table.encoding or "")

    def rows_agree(self) -> bool | None:
        """Every filled row under the header, counted by another reader, is a record or was left out by name."""
        table = self.table
        if table is None or any(block.row_offsets for block in table.origin.blocks):
            return None
        below = physical(self.file, table)[table.header_rows[-1] :]
        filled = [
            number
            for block in table.origin.blocks
            for number, row in enumerate(below, table.header_rows[-1] + 1)
            if any(column <= len(row) and str(row[column - 1]).strip() for column in block.columns)
        ]
        left = [i for i in table.left_out if i.row in filled and i.what != "side-panel"]
        return len(table.frame) == len(filled) - len(left)


def main() -> None:
    """Run over the folder given as argument or by CORPUS."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=os.environ.get("CORPUS"))
    parser.add_argument("--only", default="", help="only files whose name holds this text")
    parser.add_argument("--no-write", action="store_true", help="do not write docs/corpus.md")
    arguments = parser.parse_args()
    folder = Path(arguments.folder) if arguments.folder else None
    if folder is None or not (folder / "index.csv").is_file():
        print("index.csv のあるフォルダーが指定されていません(CORPUS=フォルダー)。何もしませんでした。")
        return
    with (folder / "index.csv").open(encoding="utf-8", newline="") as stream:
        entries = [row for row in csv.DictReader(stream) if arguments.only in f"{row['repo']}/{row['path']}"]
    workspace = Workspace(root=ROOT, datasets=ROOT / "datasets", var=ROOT / "var")
    lines = [line_of(workspace, folder, entry) for entry in entries]
    gold = gold_lines(folder, {line.known["local_path"]: line for line in lines})
    hand = hand_lines({line.name: line for line in lines})
    summary = summary_of(lines, gold, hand)
    print("\n".join([*summary, *(f"- {text}" for text in differing(lines))]))
    if not arguments.no_write:
        write(ROOT / "docs" / "corpus.md", document(lines, summary, gold, hand))


def line_of(workspace: Workspace, folder: Path, entry: Mapping[str, str]) -> Line:
    """Check and read one file."""
    path = (folder / entry["local_path"]).resolve()
    file = DroppedFile(path=path, shown=path.name, size=path.stat().st_size, digest="")
    start = time.perf_counter()
    try:
        outcome = check_files(workspace, [path], lambda _: None)[0]
        seconds = time.perf_counter() - start
        return Line(entry, path, outcome.files[0], read(file), seconds)
    except Exception as error:
        return Line(entry, path, {}, None, time.perf_counter() - start, f"{type(error).__name__}: {error}")


def physical(path: Path, table: SourceTable) -> list[list[Any]]:
    """All rows of the sheet by a reader that is not ours."""
    data = path.read_bytes()
    if table.format in ("csv", "tsv"):
        encoding = {"utf-8-bom": "utf-8-sig"}.get(table.encoding or "", table.encoding)
        text = io.StringIO(data.decode(encoding or "utf-8"), newline="")
        return list(csv.reader(text, delimiter="\t" if table.format == "tsv" else ","))
    from python_calamine import load_workbook

    return load_workbook(io.BytesIO(data)).get_sheet_by_name(table.sheet or "").to_python(skip_empty_area=False)


# ── files read by hand ─────────────────────────────────────────────────────────────────────────


def gold_lines(folder: Path, lines: Mapping[str, Line]) -> list[tuple[str, list[str], int]]:
    """(file, differences, spot cells that hold) for every item of gold.json."""
    path = folder / "gold.json"
    items = json.loads(path.read_text(encoding="utf-8"))["items"] if path.is_file() else []
    return [_gold(item, lines[item["local_path"]]) for item in items if item["local_path"] in lines]


def _gold(item: Mapping[str, Any], line: Line) -> tuple[str, list[str], int]:
    entry, found = line.entry, []
    wanted = {"publish-with-review": "hold"}.get(item["expected_decision"], item["expected_decision"])
    if line.decision != wanted:
        found.append(f"decision {wanted} ≠ {line.decision}({line.reasons})")
    if not item["true_format"].startswith(str(entry["format"])):
        found.append(f"format {entry['format']}")
    if _ENCODINGS.get(item["encoding"], item["encoding"]) != (entry["encoding"] or ""):
        found.append(f"encoding {entry['encoding']}")
    if item["sheet"] not in (None, entry["sheet"]):
        found.append(f"sheet {entry['sheet']}")
    if item["header_rows"] != [row - 1 for row in entry["header_rows"]]:
        found.append(f"header {entry['header_rows']}")
    if item["data_rows"] != (entry["data_rows"] or 0):
        found.append(f"rows {entry['data_rows']}")
    spots = [spot for spot in item["spot_checks"] if isinstance(spot["row"], int)]
    held = [spot for spot in spots if _spot(spot, line)]
    found += [f"spot {spot['row']} {spot['raw']}" for spot in spots if spot not in held]
    return line.name, found, len(held)


def _spot(spot: Mapping[str, Any], line: Line) -> bool:
    """The raw texts stand in records of that row, or the row was left out as gold says."""
    table = line.table
    if table is None:
        return False
    row = spot["row"] + 1
    texts = {
        value
        for index, record in enumerate(table.frame.itertuples(index=False))
        for position, value in enumerate(record)
        if value is not None and table.origin.place(index, position).row == row
    }
    left = " ".join(item.text for item in table.left_out if item.row == row)
    if str(spot["standardised"]).startswith("EXCLUDED"):
        parts = [_plain(part) for part in str(spot["raw"]).split(",")]
        return all(part in _plain_all(left) for part in parts) and not set(parts) <= {_plain(text) for text in texts}
    raw = re.sub(r"\s*\((?:Excel|block)[^)]*\)$|\s+in .*$", "", str(spot["raw"]))
    plain = {_plain(text) for text in texts}
    whole = _plain(raw) in plain or (not raw and "" in texts)
    return whole or all(_plain(part) in plain for part in re.split(r"[,/ ]| 00:00:00", raw) if part)


def _plain_all(text: str) -> str:
    return re.sub(r"[\s\u3000]", "", text)


def _plain(text: str) -> str:
    """For comparing: no spaces, no .0, times without seconds, text up to an ellipsis."""
    squeezed = re.sub(r"[\s\u3000]|\\n", "", text).split("…")[0]
    return re.sub(r"(?<=\d)\.0$|(?<=^\d\d:\d\d):00$|00:00:00$", "", squeezed)[:20]


def hand_lines(lines: Mapping[str, Line]) -> list[tuple[Mapping[str, str], str]]:
    """(entry of hard_files.csv, right | wrong: …) for every file a person looked at."""
    with (ROOT / "benchmarks" / "hard_files.csv").open(encoding="utf-8", newline="") as stream:
        entries = [row for row in csv.DictReader(stream) if row["file"] in lines]
    return [(entry, _hand(entry, lines[entry["file"]])) for entry in entries]


def _hand(entry: Mapping[str, str], line: Line) -> str:
    found = [] if line.reading == entry["expect"] else [f"{entry['expect']} → {line.reading}"]
    if entry["data_rows"]:
        table = line.table
        rows = len(table.frame) if table else 0
        header = ",".join(map(str, table.header_rows)) if table else ""
        found += [f"行 {rows}"] if rows != int(entry["data_rows"]) else []
        found += [f"見出し {header}"] if header != entry["header_rows"] else []
    return "wrong: " + "、".join(found) if found else "right"


def blind(lines: Sequence[Line]) -> tuple[dict[str, dict[str, str]], tuple[int, int]]:
    """Readings of the files that were noted blind, and (equal, compared) texts against another reader."""
    noted = {note["file"] for note in notes()}
    chosen = [line for line in lines if line.name in noted]
    counts = [equal_cells(line.table, physical(line.file, line.table)) for line in chosen if line.table]
    readings = {line.name: reading(line.table, line.reading) for line in chosen}
    return readings, (sum(equal for equal, _ in counts), sum(compared for _, compared in counts))


# ── the page ───────────────────────────────────────────────────────────────────────────────────


def summary_of(
    lines: Sequence[Line], gold: Sequence[tuple[str, list[str], int]], hand: Sequence[tuple[Mapping[str, str], str]]
) -> list[str]:
    """The figures of the page, one line each."""
    decisions = Counter(line.decision for line in lines)
    reading = Counter(line.reading for line in lines)
    times = sorted(line.seconds for line in lines)
    own, child = (resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    right = sum(1 for _, verdict in hand if verdict == "right")
    kinds = Counter(entry["expect"] for entry, _ in hand)
    return [
        f"ファイル {len(lines)}。点検の判定: " + "、".join(f"{name} {n}" for name, n in sorted(decisions.items())),
        f"読み取りだけの判定: 読めた {reading['read']}、確認を求めた {reading['ask']}、返した {reading['refuse']}",
        _share("文字コードが索引と一致", [line.encoding_agrees() for line in lines]),
        _share("見出し行が索引(推定)と一致", [line.header_agrees() for line in lines]),
        _share(
            "見出しより下の行が、別の読み手で数えても、データか、理由を付けて除いた行",
            [line.rows_agree() for line in lines],
        ),
        f"点検の時間: 中央値 {times[len(times) // 2]:.2f} 秒、最大 {times[-1]:.2f} 秒。"
        f"最大メモリ: 親プロセス {own} MB、読み取りの子プロセス {child} MB"
        f"(計測の終わりの負荷 {os.getloadavg()[0]:.0f}、{os.cpu_count()} コア。時間は負荷で延びます)",
        f"gold.json {len(gold)} 件のうち全項目一致 {sum(1 for _, found, _ in gold if not found)}"
        f"(抜き取ったセル {sum(n for *_, n in gold)} か所が一致)",
        f"元のセルと見比べたファイル {len(hand)}: 正しい {right}、誤り {len(hand) - right}"
        f"(読むべき {kinds['read']}、確認を求めるべき {kinds['ask']}、返すべき {kinds['refuse']})",
    ]


def _share(title: str, verdicts: Iterable[bool | None]) -> str:
    judged = [verdict for verdict in verdicts if verdict is not None]
    return f"{title}: {judged.count(True)}/{len(judged)}"


def differing(lines: Sequence[Line]) -> list[str]:
    """Files where the index or the other reader says something else: to be looked at."""
    told = {"見出し": Line.header_agrees, "行数": Line.rows_agree, "文字コード": Line.encoding_agrees}
    return [
        f"{line.name}: {'、'.join(marks)} (見出し {line.table.header_rows if line.table else ''}、"
        f"索引 {line.known['header_row_index']}+1)"
        for line in lines
        if (marks := [name for name, test in told.items() if test(line) is False])
    ]


def document(
    lines: Sequence[Line],
    summary: Sequence[str],
    gold: Sequence[tuple[str, list[str], int]],
    hand: Sequence[tuple[Mapping[str, str], str]],
) -> str:
    """The whole page."""
    parts = ["# 実ファイルの読み取り結果", "", "`make corpus` が書きます。手で直さないでください。", ""]
    parts += [f"- {text}" for text in summary]
    parts += [
        "",
        "索引は機械の推定です。食い違ったファイルは次のとおりです(元のセルを見て、こちらの読みを採りました)。",
        "",
    ]
    parts += [f"- {text}" for text in differing(lines)] or ["- なし"]
    parts += ["", "## gold.json", "", "| ファイル | 違い |", "|---|---|"]
    parts += [_cells(name, "、".join(found) or "なし") for name, found, _ in gold]
    parts += ["", *section(*blind(lines))]
    parts += ["## 元のセルと見比べたファイル", ""]
    parts += [
        "期待: read 読む / ask 確認を求める / refuse 返す。行数は合計・注記・空行を除いたもの。",
        "",
        *CAVEATS,
        "",
    ]
    parts += ["| ファイル | 見出し行 | データ行 | 期待 | 結果 | 特徴 |", "|---|---|---:|---|---|---|"]
    parts += [
        _cells(e["file"], e["header_rows"], e["data_rows"], e["expect"], verdict, e["why"]) for e, verdict in hand
    ]
    parts += ["", "## すべてのファイル", ""]
    parts += ["| ファイル | 判定 | 形式 | 文字コード | 見出し行 | データ行 | 理由 |", "|---|---|---|---|---|---:|---|"]
    return "\n".join([*parts, *(_row(line) for line in lines)]) + "\n"


def _row(line: Line) -> str:
    entry = line.entry
    header = ",".join(map(str, entry.get("header_rows") or ()))
    kind, encoding, rows = (str(entry.get(name) or "") for name in ("format", "encoding", "data_rows"))
    return _cells(line.name, line.decision, kind, encoding, header, rows, line.reasons)


def _cells(*texts: str) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"


def write(path: Path, text: str) -> None:
    """Write the page; what ``mutate.py`` wrote at its end stays."""
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    kept = old[old.index(KEPT) :] if KEPT in old else ""
    path.write_text(text + ("\n" + kept if kept else ""), encoding="utf-8")


if __name__ == "__main__":
    main()
