"""What screening costs beside validating the same table: both in one process, alternating.

    .venv/bin/python benchmarks/screen.py [--rows 100 1000 100000] [--pairs 7] [--frictionless 10000]

The tables are that of benchmarks/validate.py (25 typed columns, no bad cell: they are screened at all) at ten sizes.
Validating is the stage ``validate`` as a run calls it, screening the stage ``screen`` with every detector; both warm,
each pair over other rows, so that nothing remembered of a value helps.  Prints the median of both in processor seconds
and their ratio, and beside them plain Frictionless validating the same rows as a CSV file, once, in the same process
(up to ``--frictionless`` rows).
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.screen_eval import spec  # noqa: E402  # the checkout is not installed when this runs
from benchmarks.validate import FIELDS, SCHEMA, rows  # noqa: E402
from pipelines.model import (  # noqa: E402
    Field,
    Level,
    Origin,
    Schema,
    SourceBlock,
    SourceTable,
    StandardTable,
)

Cost = tuple[float, float]


def table(count: int, seed: int = 0) -> tuple[SourceTable, StandardTable]:
    """The rows as read and as standardized (nothing had to change)."""
    import pandas as pd

    names = [str(field["name"]) for field in FIELDS]
    text = pd.StringDtype("pyarrow")
    frame = pd.DataFrame(rows(count, 0.0, seed), columns=range(len(names)), dtype=text)
    block = SourceBlock(path="a.csv", sheet=None, columns=tuple(range(1, len(names) + 1)))
    origin = Origin(blocks=(block,), rows=range(2, len(frame) + 2))
    source = SourceTable(
        path="a.csv", format="csv", encoding="utf-8", sheet=None, header=tuple(names), header_rows=(1,),
        first_data_row=2, frame=frame, origin=origin,
    )  # fmt: skip
    fields = tuple(Field(name=str(f["name"]), type=str(f["type"])) for f in FIELDS)
    schema = Schema(name="a", title="a", fields=fields, descriptor=SCHEMA)
    return source, StandardTable(schema=schema, frame=frame.set_axis(names, axis=1), origin=origin, fixes=())


def timed(work: Callable[[], Any]) -> tuple[Cost, Any]:
    """Wall and processor seconds of one call, and what it gave."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return (time.perf_counter() - wall, time.process_time() - cpu), result


def measured(count: int, pairs: int) -> tuple[list[Cost], list[Cost]]:
    """Costs of validating and of screening; one pair over few rows before, so that modules and lists are loaded."""
    from pipelines.screen import Approvals, ScreenRules, screen
    from pipelines.validate import validate

    validating, screening = [], []
    for seed, size in enumerate((200, *[count] * pairs)):
        source, standard = table(size, seed)
        cost, step = timed(lambda standard=standard: validate(standard))
        valid = step.value
        if valid is None:
            raise SystemExit(f"the table has errors: {step.problems[:3]}")
        other, step = timed(
            lambda valid=valid, source=source: screen(
                valid, source, spec("施設一覧"), Approvals(key=b"benchmark"), ScreenRules(), digest="d"
            )
        )
        held = [p.code for p in step.problems if p.level in (Level.ERROR, Level.HOLD)]
        if held:
            raise SystemExit(f"the table is held: {held}")
        if seed:
            validating.append(cost)
            screening.append(other)
    return validating, screening


def frictionless(count: int) -> float:
    """Processor seconds of Frictionless's own ``validate`` over the same rows in a CSV file; modules loaded before."""
    import frictionless

    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / "table.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow([field["name"] for field in FIELDS])
            csv.writer(file).writerows(rows(count, 0.0))
        schema = frictionless.Schema.from_descriptor(SCHEMA)
        resource = frictionless.Resource(path="table.csv", basepath=folder, schema=schema, encoding="utf-8")
        (_, cpu), report = timed(resource.validate)
        if not report.valid:
            raise SystemExit(f"the table has errors: {report.flatten(['note'])[:3]}")
        return cpu


SIZES = (100, 300, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 50_000, 100_000)


def main() -> int:
    """Measure, print, and say by the exit code whether screening costs at most what validating costs, all together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=SIZES, help="sizes of the files")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--frictionless", type=int, default=5_000, help="largest file for plain Frictionless")
    asked = parser.parse_args()
    print(f"{len(FIELDS)} columns, processor seconds, median of {asked.pairs}")
    print("| rows | validate | screen | screen / validate | plain Frictionless | screen / plain Frictionless |")
    print("|---:|---:|---:|---:|---:|---:|")
    all_of = [0.0, 0.0]
    for count in asked.rows:
        one, other = (statistics.median(cost[1] for cost in costs) for costs in measured(count, asked.pairs))
        all_of = [all_of[0] + one, all_of[1] + other]
        plain = frictionless(count) if count <= asked.frictionless else None
        beside = f"{plain:.2f} | {other / plain:.3f}" if plain else "– | –"
        print(f"| {count:,} | {one:.4f} | {other:.4f} | {other / one:.2f} | {beside} |", flush=True)
    print(f"| all | {all_of[0]:.3f} | {all_of[1]:.3f} | {all_of[1] / all_of[0]:.2f} | | |")
    return int(all_of[1] > all_of[0])


if __name__ == "__main__":
    sys.exit(main())
