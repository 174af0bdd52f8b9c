"""The measuring scripts: they end well without files, and judge by the rules they state."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.compare import judge
from benchmarks.mutate import KEPT, section, write

ROOT = Path(__file__).parents[1]
WANTED = ["名称", "住所", "電話", "定員", "備考"]


def test_without_a_folder_nothing_happens() -> None:
    """`make corpus` without CORPUS says so and ends with 0."""
    command = [sys.executable, str(ROOT / "benchmarks" / "corpus.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": ""})
    assert done.returncode == 0
    assert "何もしませんでした" in done.stdout


def test_sixty_files_were_checked_by_hand_and_thirty_are_hard() -> None:
    """Every file of the list has an expectation; those to be read have their rows."""
    with (ROOT / "benchmarks" / "hard_files.csv").open(encoding="utf-8", newline="") as stream:
        entries = list(csv.DictReader(stream))
    assert len(entries) >= 60
    assert sum(1 for entry in entries if entry["hard"] == "1") == 30
    assert {entry["expect"] for entry in entries} == {"read", "ask", "refuse"}
    assert all(entry["data_rows"] and entry["header_rows"] for entry in entries if entry["expect"] == "read")


@pytest.mark.parametrize(
    ("rows", "found", "verdict"),
    [
        ("3", {"labels": WANTED, "rows": 3}, "right"),
        ("3", {"labels": ["施設_" + text for text in WANTED], "rows": 3}, "right"),
        ("3", {"labels": [*WANTED[:4], "Unnamed: 4"], "rows": 3}, "right"),
        ("3", {"labels": [*WANTED[:3], "x", "y"], "rows": 3}, "wrong silently"),
        ("3", {"labels": WANTED, "rows": 4}, "wrong silently"),
        ("", {"labels": WANTED, "rows": 3}, "wrong silently"),
        ("3", {"error": "C17 エラーの値があります。"}, "error understandable"),
        ("3", {"error": 'Row at position "7" is blank'}, "error understandable"),
        ("3", {"error": "ValueError: not a zip file"}, "error not understandable"),
    ],
)
def test_readers_are_judged_alike(rows: str, found: dict[str, object], verdict: str) -> None:
    """Right is the right number of records under the right labels; an error must name a place."""
    assert judge({"data_rows": rows}, found, WANTED) == verdict


def test_the_result_replaces_the_one_before(tmp_path: Path) -> None:
    """The section of damaged files stands once, at the page's end."""
    page = tmp_path / "page.md"
    page.write_text("# 表題\n", encoding="utf-8")
    for _ in range(2):
        write(page, section(Counter({"read": 3, "broken-file": 7}), 0.5, 90, 1))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# 表題\n")
    assert text.count(KEPT) == 1
    assert "| broken-file | 7 |" in text
