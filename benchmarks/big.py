"""Read the largest files that a department may drop: seconds, and memory of all processes together.

    python benchmarks/big.py [--megabytes 200] [--rows 300000] [--check]

Makes a CSV and an XLSX of made-up facilities in a temporary folder, reads (or, with ``--check``, checks) each in a new
process, and samples the proportional memory (PSS, Linux) of that process and its children twice a second.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADER = ["番号", "名称", "所在地", "緯度", "経度", "電話番号", "定員", "備考"]
READ = (
    "import sys; from pathlib import Path; from pipelines.model import DroppedFile; from pipelines.read import read; "
    "p = Path(sys.argv[1]); s = read(DroppedFile(path=p, shown=p.name, size=p.stat().st_size, digest='')); "
    "print('rows', len(s.value.frame) if s.value else None, sorted({q.code for q in s.problems}))"
)


def main() -> None:
    """Make, read and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--check", action="store_true", help="publish.py check instead of reading alone")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="big-") as folder:
        for path in (csv_file(Path(folder), arguments.megabytes), xlsx_file(Path(folder), arguments.rows)):
            print(f"{path.name}: {path.stat().st_size / 1e6:.0f} MB", flush=True)
            command = ["publish.py", "check", str(path)] if arguments.check else ["-c", READ, str(path)]
            print("  " + measured([sys.executable, *command]), flush=True)


def record(number: int) -> list[str | int | float]:
    """One made-up facility."""
    return [
        number,
        f"第{number}公園",
        f"中央区本町{number % 9 + 1}丁目{number % 31 + 1}番{number % 17 + 1}号",
        round(35 + number % 9973 / 1e5, 5),
        round(139 + number % 9967 / 1e5, 5),
        f"042-7{number % 90 + 10}-{number % 9000 + 1000}",
        number % 400,
        "夜間は閉鎖します。" if number % 7 == 0 else "",
    ]


def csv_file(folder: Path, megabytes: int) -> Path:
    """A CSV just below that many million bytes."""
    path, size, number = folder / "big.csv", 0, 0
    with path.open("w", encoding="utf-8", newline="") as out:
        line = ",".join(HEADER) + "\r\n"
        while size + len(line.encode()) <= megabytes * 1_000_000:
            size += out.write(line) and len(line.encode())
            number += 1
            line = ",".join(map(str, record(number))) + "\r\n"
    return path


def xlsx_file(folder: Path, rows: int) -> Path:
    """A workbook of one sheet with that many records."""
    import xlsxwriter

    path = folder / "big.xlsx"
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("一覧")
    sheet.write_row(0, 0, HEADER)
    for number in range(1, rows + 1):
        sheet.write_row(number, 0, record(number))
    book.close()
    return path


def measured(command: list[str]) -> str:
    """Seconds, peak memory of the process tree, and the last line it printed."""
    start, before, peak = time.perf_counter(), _cpu(), 0
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
        while process.poll() is None:
            peak = max(peak, sum(memory(pid) for pid in family(process.pid)))
            time.sleep(0.2)
        out.seek(0)
        lines = [line.strip() for line in out.read().splitlines() if line.strip()]
    taken = f"{time.perf_counter() - start:.0f} 秒(CPU {_cpu() - before:.0f} 秒)"
    return f"{taken}、全プロセスの最大 {peak / 1024:.0f} MB: {' / '.join(lines[:3])}"


def _cpu() -> float:
    """CPU seconds of ended children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def family(pid: int) -> Iterator[int]:
    """The process and all its descendants."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


def memory(pid: int) -> int:
    """Proportional set size in KiB; 0 when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


if __name__ == "__main__":
    main()
