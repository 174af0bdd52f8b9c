"""Made sheets as departments write them: each JSON in tests/cases/read/made is built, read and compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.model import DroppedFile
from pipelines.read import read
from tests.cases.read.build import made

CASES = sorted((Path(__file__).parent / "cases" / "read" / "made").glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_made(tmp_path: Path, path: Path) -> None:
    """Header rows, labels, first and last record, what was left out and every problem are as the case says."""
    case = json.loads(path.read_text(encoding="utf-8"))
    expected = case["expected"]
    name, data = made(case)
    (tmp_path / name).write_bytes(data)
    step = read(DroppedFile(path=tmp_path / name, shown=name, size=len(data), digest=""))
    assert sorted({f"{problem.level}:{problem.code}" for problem in step.problems}) == expected["problems"]
    if "header" not in expected:
        assert step.value is None
        return
    table = step.value
    assert table is not None
    rows = [list(row) for row in table.frame.itertuples(index=False)]
    found = {
        "problems": expected["problems"],
        "header_rows": list(table.header_rows),
        "header": list(table.header),
        "rows": len(rows),
        "first": rows[0] if rows else None,
        "last": rows[-1] if rows else None,
        "left_out": sorted({item.what for item in table.left_out}),
    }
    assert found == {key: expected[key] for key in found}
    assert table.sheet in (None, "Sheet1", expected.get("sheet"))
    assert dict(table.facts) == expected.get("facts", {})
    assert table.encoding in (None, expected.get("encoding", "utf-8"))
    assert sorted({item.kind for item in table.hidden}) == expected.get("hidden", [])
