"""Validation against Frictionless: same cells, same findings, whole processes, alternating in one run.

    .venv/bin/python benchmarks/validate.py [--rows 100000] [--pairs 2] [--bad 0.01]

Prints sizes, versions, the median of both and their ratio in wall and processor seconds.  Each side is one process
from start to exit: read the CSV, validate, count the errors.
"""

from __future__ import annotations

import argparse
import csv
import importlib.metadata
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMES = ("公民館", "図書館", "体育館", "児童館", "公園", "消防署", "市民センター")
Run = tuple[float, float, int]
FIELDS: list[dict[str, object]] = [
    {"name": "全国地方公共団体コード", "type": "string", "constraints": {"required": True, "pattern": r"\d{6}"}},
    {"name": "ID", "type": "string", "constraints": {"required": True, "unique": True, "pattern": r"\d{8}"}},
    {"name": "地方公共団体名", "type": "string", "constraints": {"required": True, "maxLength": 50}},
    {"name": "名称", "type": "string", "constraints": {"required": True, "maxLength": 100}},
    {"name": "名称_カナ", "type": "string", "constraints": {"pattern": "[ァ-ヶー・０-９]+"}},
    {"name": "名称_英字", "type": "string", "constraints": {"pattern": "[ -~]+"}},
    {"name": "町字ID", "type": "string", "constraints": {"pattern": r"\d{7}"}},
    {"name": "所在地", "type": "string", "constraints": {"required": True, "maxLength": 200}},
    {"name": "緯度", "type": "number", "constraints": {"minimum": 20, "maximum": 46}},
    {"name": "経度", "type": "number", "constraints": {"minimum": 122, "maximum": 154}},
    {"name": "電話番号", "type": "string", "constraints": {"pattern": r"0\d{1,4}-\d{1,4}-\d{3,4}"}},
    {"name": "内線番号", "type": "string", "constraints": {"pattern": r"\d{1,6}"}},
    {"name": "メールアドレス", "type": "string", "format": "email"},
    {"name": "URL", "type": "string", "format": "uri"},
    {"name": "利用可能曜日", "type": "string", "constraints": {"pattern": "[月火水木金土日祝]+"}},
    {"name": "開始時間", "type": "time", "format": "%H:%M"},
    {"name": "終了時間", "type": "time", "format": "%H:%M"},
    {"name": "車椅子可", "type": "string", "constraints": {"required": True, "enum": ["有", "無"]}},
    {"name": "駐車場", "type": "boolean", "trueValues": ["有"], "falseValues": ["無"]},
    {"name": "定員", "type": "integer", "constraints": {"minimum": 0, "maximum": 100000}},
    {"name": "延床面積", "type": "number", "constraints": {"minimum": 0}},
    {"name": "開設年月日", "type": "date", "constraints": {"minimum": "1868-01-01", "maximum": "2030-12-31"}},
    {"name": "更新日", "type": "date"},
    {"name": "人口", "type": "integer"},
    {"name": "備考", "type": "string", "constraints": {"maxLength": 200}},
]
SCHEMA = {"fields": FIELDS, "primaryKey": ["ID"], "missingValues": [""]}
BAD = ("", "１２", "約100", "令和3年4月1日", "2021/04/01", "有り", "○", "9時", "25:00", "www.city.lg.jp", "所" * 220)

OURS = """
import json, sys
import pandas as pd, pyarrow.csv as pc, pyarrow as pa
from pipelines.model import Origin, Schema, Field, SourceBlock, StandardTable
from pipelines.validate import validate
descriptor = json.load(open(sys.argv[2], encoding="utf-8"))
names = [f["name"] for f in descriptor["fields"]]
types = pc.ConvertOptions(column_types={n: pa.string() for n in names}, strings_can_be_null=False)
text = {pa.string(): pd.StringDtype("pyarrow")}.get
frame = pc.read_csv(sys.argv[1], convert_options=types).to_pandas(types_mapper=text)
origin = Origin(blocks=(SourceBlock(path="a.csv", sheet=None, columns=tuple(range(1, len(names) + 1))),),
                rows=range(2, len(frame) + 2))
schema = Schema(name="a", title="a", fields=tuple(Field(name=n) for n in names), descriptor=descriptor)
step = validate(StandardTable(schema=schema, frame=frame, origin=origin, fixes=()))
print(len(step.problems))
"""
THEIRS = """
import json, sys
from pathlib import Path
import frictionless
path = Path(sys.argv[1])
schema = frictionless.Schema.from_descriptor(json.load(open(sys.argv[2], encoding="utf-8")))
resource = frictionless.Resource(path=path.name, basepath=str(path.parent), schema=schema, encoding="utf-8")
print(sum(len(task.errors) for task in resource.validate(limit_errors=10**9).tasks))
"""


def rows(count: int, bad: float, seed: int = 20260101) -> list[list[str]]:
    """Rows of a made-up list of facilities, ``bad`` of their cells spoilt; the same for the same arguments."""
    r = random.Random(seed)
    made = []
    for i in range(1, count + 1):
        town, kind = r.randint(1, 400), r.choice(NAMES)
        row = [
            "141500", f"{i:08d}", "相模原市", f"第{town}{kind}", "ダイ・シセツ", f"No.{town} Hall",
            f"{r.randint(1, 9999999):07d}",
            f"神奈川県相模原市中央区中央{r.randint(1, 9)}丁目{r.randint(1, 40)}番{r.randint(1, 40)}号",
            f"{r.uniform(35.4, 35.7):.6f}", f"{r.uniform(139, 139.5):.6f}",
            f"042-{r.randint(700, 799)}-{r.randint(1000, 9999)}", r.choice(["", str(r.randint(10, 9999))]),
            f"info{town}@city.example.jp", f"https://www.city.example.jp/shisetsu/{i}.html",
            r.choice(["月火水木金", "月火水木金土日"]), r.choice(["08:30", "09:00"]), r.choice(["17:00", "21:00"]),
            r.choice("有無"), r.choice("有無"), str(r.randint(0, 3000)), f"{r.uniform(20, 20000):.2f}",
            f"{r.randint(1950, 2020)}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}", f"2026-{r.randint(1, 12):02d}-01",
            str(r.randint(0, 99999)), r.choice(["", "要予約", "年末年始は休館,祝日は開館"]),
        ]  # fmt: skip
        made.append([r.choice(BAD) if r.random() < bad else cell for cell in row])
    return made


def measured(path: Path, schema: Path, pairs: int, bytecode: Path) -> list[tuple[Run, Run]]:
    """Pairs of runs, Frictionless first; before them both sides once over a few rows, so that modules are compiled."""
    few = path.with_name("few.csv")
    few.write_text("".join(path.open(encoding="utf-8").readlines()[:200]), encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(bytecode)
    for program in (THEIRS, OURS):
        run(program, few, schema, env)
    return [(run(THEIRS, path, schema, env), run(OURS, path, schema, env)) for _ in range(pairs)]


def run(program: str, path: Path, schema: Path, env: dict[str, str]) -> Run:
    """One process: wall seconds, processor seconds, errors found."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-c", program, str(path), str(schema)]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, int(done.stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--bad", type=float, default=0.01)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, schema = Path(folder) / "table.csv", Path(folder) / "schema.json"
        schema.write_text(json.dumps(SCHEMA), encoding="utf-8")
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow([field["name"] for field in FIELDS])
            csv.writer(file).writerows(rows(options.rows, options.bad))
        pairs = measured(path, schema, options.pairs, Path(folder) / "bytecode")
        print(f"{options.rows:,} rows x {len(FIELDS)} columns, {path.stat().st_size:,} bytes, {options.bad:.1%} bad")
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("frictionless", "pyarrow", "pandas")]
    print(", ".join([f"Python {sys.version.split()[0]}", *versions]))
    for name, at in (("wall", 0), ("cpu", 1)):
        theirs, ours = (statistics.median(pair[side][at] for pair in pairs) for side in (0, 1))
        print(f"{name}: frictionless {theirs:.2f} s, validate {ours:.2f} s, ratio {theirs / ours:.1f}")
    found = {side[2] for pair in pairs for side in pair}
    print(f"errors found: {', '.join(f'{n:,}' for n in found)}{' (equal)' if len(found) == 1 else ' (DIFFERENT)'}")


if __name__ == "__main__":
    main()
