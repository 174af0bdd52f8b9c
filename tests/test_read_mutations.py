"""Damaged files: the parent lives, answers and goes on; the child is confined."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from benchmarks.mutate import mutants, originals, outcome
from pipelines.read import Limits, guard, read
from pipelines.read._wire import Refused
from tests.cases.read.build import dropped, sheet, xlsx

BOOK = xlsx({"S": sheet([["名称", "数"], ["a", 1], ["b", 2]])})


def test_two_hundred_damaged_files(tmp_path: Path) -> None:
    """Whatever is done to a file, reading it ends with a value or with problems, never with an exception."""
    for name, data in mutants(originals(), 200, seed=7):
        ended, _ = outcome(tmp_path, name, data)
        assert not ended.startswith("CRASH"), ended


def test_one_child_serves_many_files(tmp_path: Path) -> None:
    """The child is reused: the second workbook meets the same process."""
    guard.close()
    file = dropped(tmp_path, "a.xlsx", BOOK)
    assert read(file).value is not None
    first = guard._idle[0].process.pid
    assert read(file).value is not None
    assert guard._idle[0].process.pid == first


def test_a_child_that_ran_into_a_bound_is_ended(tmp_path: Path) -> None:
    """A broken file is refused and the child goes on; after a bomb another child reads the next file."""
    guard.close()
    assert read(dropped(tmp_path, "a.xlsx", BOOK)).value is not None
    first = guard._idle[0].process.pid
    assert read(dropped(tmp_path, "b.xlsx", BOOK[:-40])).value is None
    assert guard._idle[0].process.pid == first
    bomb = xlsx({"S": sheet([["a"]])}, parts={"xl/x.xml": b"\0" * 11_000_000})
    assert read(dropped(tmp_path, "b.xlsx", bomb)).value is None
    assert guard._idle == []
    assert read(dropped(tmp_path, "c.xlsx", BOOK)).value is not None


def test_a_killed_child_is_a_problem_and_the_next_file_is_read(tmp_path: Path) -> None:
    """A child that dies (out of memory, CPU limit) costs one file its table and nothing else."""
    guard.close()
    file = dropped(tmp_path, "a.xlsx", BOOK)
    assert read(file).value is not None
    child = guard._idle[0]
    os.kill(child.process.pid, signal.SIGSTOP)
    child.limits = limits = Limits(seconds=0.3)
    step = read(file, limits=limits)
    assert [problem.code for problem in step.problems] == ["too-slow"]
    assert child.process.poll() is not None
    assert read(file).value is not None


def test_memory_of_the_child_is_limited(tmp_path: Path) -> None:
    """A workbook that needs more memory than the child may have is refused; the parent does not notice."""
    import random

    text = random.Random(1).randbytes(15_000_000).hex()
    step = read(
        dropped(tmp_path, "a.xlsx", xlsx({"S": sheet([["a", "b"], [text, 1]])})), limits=Limits(memory=80_000_000)
    )
    assert step.value is None
    assert step.problems[-1].code in ("zip-bomb", "reader-died")


def test_an_answer_outside_the_private_folder_is_refused(tmp_path: Path) -> None:
    """The child writes only into the folder it was given."""
    child = guard.Child(Limits())
    try:
        child.folder = tmp_path
        with pytest.raises(Refused):
            child.ask("package", dropped(tmp_path, "a.xlsx", BOOK).path)
    finally:
        child.close()
