"""Damage files in every way and read them: the parent must live, answer in time and stay small.

    python benchmarks/mutate.py [--count 10000] [--seed 1] [FILE …]

Without files it damages small ones it makes itself.  Prints a table of what came back and exits 1 on a crash, on a file
that took longer than its limit, or when the parent grew past 500 MB.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import sys
import tempfile
import time
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipelines.model import DroppedFile
from pipelines.read import Limits, read

#: what zipfile raises for damaged containers: its own; zlib's for a broken stream; an offset before or behind the file
#: (OSError, ValueError, EOFError); a flag that says "encrypted", or an unknown method (RuntimeError)
UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, RuntimeError)
PARENT_MB = 500
KEPT = "<!-- mutate -->"
LIMITS = Limits(seconds=20.0)


def bits(data: bytes, dice: random.Random) -> bytes:
    """Flip up to 20 bits."""
    out = bytearray(data)
    for _ in range(dice.randint(1, 20)):
        out[dice.randrange(len(out))] ^= 1 << dice.randrange(8)
    return bytes(out)


def blocks(data: bytes, dice: random.Random) -> bytes:
    """Cut, repeat, overwrite or move a stretch of bytes."""
    start = dice.randrange(len(data))
    end = min(len(data), start + dice.randint(1, max(2, len(data) // 4)))
    piece, kind = data[start:end], dice.randrange(5)
    if kind == 0:
        return data[:start] or b"x"
    if kind == 1:
        return data[:start] + data[end:] or b"x"
    if kind == 2:
        return data[:end] + piece + data[end:]
    if kind == 3:
        return data[:start] + dice.randbytes(len(piece)) + data[end:]
    rest = data[:start] + data[end:]
    place = dice.randrange(len(rest) + 1)
    return rest[:place] + piece + rest[place:]


def members(data: bytes, dice: random.Random) -> bytes:
    """Drop, double, rename or damage a part of a zip file; bits for anything else."""
    try:
        source = zipfile.ZipFile(io.BytesIO(data))
        if not source.infolist():
            return bits(data, dice)
        parts = [(entry.filename, source.read(entry)) for entry in source.infolist()]
    except UNREADABLE:
        return bits(data, dice)
    index = dice.randrange(len(parts))
    name, content = parts[index]
    kind = dice.randrange(5)
    if kind == 0:
        del parts[index]
    elif kind == 1:
        parts.append((name, content))
    elif kind == 2:
        parts[index] = (parts[dice.randrange(len(parts))][0], content)
    elif kind == 3:
        parts[index] = (name, blocks(content or b"x", dice))
    else:
        parts[index] = (name, markup(content, dice))
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        warnings.simplefilter("ignore")  # two parts of one name are the point
        for part, body in parts:
            target.writestr(part, body)
    return out.getvalue()


def markup(content: bytes, dice: random.Random) -> bytes:
    """Replace numbers and names in XML by extreme ones."""
    import re

    extremes = [
        b"-1",
        b"0",
        b"99999999999",
        b"1048577",
        b"XFE1",
        b"",
        b"NaN",
        b"1e999",
        b"\xe3\x81",
        b"&#0;",
        b"<!DOCTYPE a>",
    ]
    found = list(re.finditer(rb"[0-9]+|\"[^\"]*\"", content))
    if not found:
        return content + b"<"
    spot = dice.choice(found)
    return content[: spot.start()] + dice.choice(extremes) + content[spot.end() :]


def structure(data: bytes, dice: random.Random) -> bytes:
    """Put quotes, delimiters, line ends, NULs, BOMs and odd encodings where they hurt."""
    bad = [
        b'"',
        b'""',
        b",",
        b"\n",
        b"\r",
        b"\x00",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x80",
        b"\xa0",
        b"\t",
        b";",
        b"\x1b$B",
        b"=cmd|",
    ]
    out = data
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(out) + 1)
        out = out[:place] + dice.choice(bad) * dice.choice([1, 1, 1, 50, 5_000]) + out[place:]
    return out


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (bits, blocks, members, structure)


def mutants(originals: Sequence[tuple[str, bytes]], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """``count`` damaged files (name, content); the same for the same seed."""
    dice = random.Random(seed)
    for _ in range(count):
        name, data = originals[dice.randrange(len(originals))]
        for _ in range(dice.choice([1, 1, 2])):
            data = dice.choice(WAYS)(data, dice) or b"x"
        yield name, data


def outcome(folder: Path, name: str, data: bytes) -> tuple[str, float]:
    """How reading one damaged file ended, and the seconds it took."""
    path = folder / name
    path.write_bytes(data)
    start = time.perf_counter()
    try:
        step = read(DroppedFile(path=path, shown=name, size=len(data), digest=""), limits=LIMITS)
    except Exception as error:
        return f"CRASH {type(error).__name__}: {error}", time.perf_counter() - start
    ended = "read" if not step.withheld else "withheld" if step.value is not None else step.problems[-1].code
    return ended, time.perf_counter() - start


def originals() -> list[tuple[str, bytes]]:
    """Small files of every format."""
    from tests.cases.read.build import ods, sheet, styled, xls, xlsx

    rows: list[list[object]] = [["名称", "住所", "数", "日付"]]
    rows += [[f"施設{i}", f"中央{i}-1", i * 1.5, styled(45000 + i, "date")] for i in range(40)]
    text = "\r\n".join(f'施設{i},"中央{i}丁目, 1",{i}' for i in range(60))
    table = "名称,住所,数\r\n" + text + "\r\n"
    cell = '<table:table-cell office:value-type="string"><text:p>値</text:p></table:table-cell>'
    book = xlsx({"表": sheet(rows), "注": sheet([["a"], ["b"]])})
    return [
        ("a.csv", table.encode()),
        ("b.csv", table.encode("cp932")),
        ("c.csv", table.encode("utf-16")),
        ("d.xlsx", book),
        (
            "e.ods",
            ods(
                f'<table:table table:name="S">{"<table:table-row>" + cell * 4 + "</table:table-row>"}</table:table>' * 3
            ),
        ),
        ("f.xls", xls([["id", "name", "n"], *[[i, f"x{i}", i / 3] for i in range(40)]])),
        ("g.xls", ("<table>" + "<tr><td>a</td><td>b</td><td>1</td></tr>" * 20 + "</table>").encode()),
    ]


def section(ends: Counter[str], slowest: float, megabytes: int, seed: int) -> str:
    """The result as a section of a page, under a marker by which it is found again."""
    lines = [KEPT, "## 壊したファイル", ""]
    lines += [f"`benchmarks/mutate.py --seed {seed}` で、ビット・バイト・ZIP の部品・CSV の構造を壊した"]
    lines += [f"{sum(ends.values()):,} 個を読みました。親プロセスが落ちたもの 0、最も遅いもの {slowest:.2f} 秒、"]
    lines += [f"親プロセスの最大メモリ {megabytes} MB(上限 {PARENT_MB} MB)。", "", "| 結果 | 件数 |", "|---|---:|"]
    if any(ended.startswith("CRASH") for ended in ends):
        lines[4] = lines[4].replace("親プロセスが落ちたもの 0", "親プロセスが落ちたものがあります")
    return "\n".join([*lines, *(f"| {ended} | {count} |" for ended, count in ends.most_common())]) + "\n"


def write(path: Path, text: str) -> None:
    """Replace the section at the page's end."""
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    path.write_text(old.split(KEPT)[0].rstrip("\n") + "\n\n" + text, encoding="utf-8")


def main() -> None:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, help="page at whose end the result is written (docs/corpus.md)")
    arguments = parser.parse_args()
    found = [(path.name, path.read_bytes()) for path in arguments.files] or originals()
    ends: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, data in mutants(found, arguments.count, arguments.seed):
            ended, seconds = outcome(Path(folder), name, data)
            ends[ended] += 1
            slowest = max(slowest, seconds)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for ended, count in ends.most_common():
        print(f"{count:7} {ended}")
    print(f"slowest {slowest:.2f} s, parent {megabytes} MB")
    if arguments.write:
        write(arguments.write, section(ends, slowest, megabytes, arguments.seed))
    crashed = any(ended.startswith("CRASH") for ended in ends)
    sys.exit(1 if crashed or slowest > LIMITS.seconds + 5 or megabytes > PARENT_MB else 0)


if __name__ == "__main__":
    main()
