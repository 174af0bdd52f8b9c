"""The guarded child that opens a department's file to mark it: limited memory, time and output; one job on stdin."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

MEMORY = 1 << 30
CPU_SECONDS = 60
FILE_SIZE = 256 << 20


def limit() -> None:
    """Bind this process: 1 GB of address space, 60 s of processor time, 256 MB a file, no core, few files."""
    for what, amount in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_SIZE),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (amount, amount))


def work(job: dict[str, Any]) -> None:
    """Make the copy the job asks for."""
    original, out = Path(job["original"]), Path(job["out"])
    if job["kind"] == "workbook":
        from pipelines.reply._workbook import mark_workbook

        mark_workbook(original, job["marks"], out)
    elif job["kind"] == "text":
        from pipelines.reply._sheets import mark_text

        mark_text(original, job["marks"], out, job["name"], job["encoding"])
    elif job["kind"] == "cells":
        from pipelines.reply._sheets import mark_cells

        mark_cells(job["sheets"], job["marks"], out, job["name"])
    else:
        from pipelines.reply._sheets import list_only

        list_only(job["marks"], out, job["name"])


if __name__ == "__main__":
    limit()
    work(json.load(sys.stdin))
