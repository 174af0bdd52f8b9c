"""Hostile files beside good ones: the good ones are published, the parent stays small, each reason is named.

The whole set, ninety-nine good files on a real CKAN, is ``benchmarks/hostile.py``; the makers are the same.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from benchmarks import hostile
from benchmarks.hostile import KINDS, LIMIT, PUBLISHED, SLOW, changed, fill, put, run, workbook, wrong
from pipelines.gateways.ckan import CkanPortal
from pipelines.model import Level
from pipelines.screen import ScreenRules
from tests.conftest import Catalogue
from tests.test_screen import codes, source, spec

GOOD = 20
#: all but those that take longest to make or to read; a few hundred megabytes of commas among them
QUICK = [name for name in KINDS if name not in ("many-strings", "line-ends", "open-quote", "slow-patterns")]


@pytest.fixture
def quiet(drop: Path) -> Path:
    """A drop in which nobody is still copying."""
    with (drop / "catalog.yaml").open("a", encoding="utf-8") as settings:
        settings.write("intake: {quiet_seconds: 0}\n")
    return drop


def test_hostile_files_stop_nobody_else(quiet: Path) -> None:
    """The good files are built, each hostile one is named for what it is, and the parent never gets large."""
    fill(quiet, GOOD, QUICK)
    put(quiet, "lying-dimension", ".xlsx", changed(workbook(50), hostile.SHEET, b"A1:D51", b"A1:B2"))
    ran = run(quiet, quiet.parent / "var", "build")
    good = [name for name in ran.decisions if name.startswith("good-")]
    assert len(good) == GOOD
    assert {ran.decisions[name] for name in good} == {"publish"}
    assert [fault for name in QUICK if (fault := wrong(ran, name))] == []
    packages = quiet.parent / "var" / "packages"
    rows = (packages / "lying-dimension" / "lying-dimension.csv").read_text(encoding="utf-8-sig")
    assert len(list(csv.reader(rows.splitlines()))) == 51
    assert ran.memory < LIMIT


@pytest.mark.catalogue
def test_good_files_reach_the_portal(quiet: Path, catalogue: Catalogue, admin: CkanPortal) -> None:
    """One run on a real CKAN: what is good is public for everyone, what is hostile is not there at all."""
    with (quiet / "catalog.yaml").open("a", encoding="utf-8") as settings:
        settings.write(f"portal: {{url: '{catalogue.url}'}}\n")
    kinds = ["bomb", "dtd", "deep-nesting"]
    fill(quiet, 2, kinds)
    ran = run(quiet, quiet.parent / "var", "run", token=catalogue.publisher_token)
    assert [fault for name in kinds if (fault := wrong(ran, name))] == []
    public = set(CkanPortal(catalogue.url, None).call("package_list"))
    assert {"good-00", "good-01"} <= public
    assert public & set(kinds) == {name for name in kinds if KINDS[name][2] == PUBLISHED}


def test_no_pattern_takes_the_square_of_a_text() -> None:
    """A cell as long as a cell may be keeps no detector longer than it has, whatever its heading."""
    texts = (*SLOW, "1" * 60_000, "=" + "a1." * 20_000, "a." * 30_000 + " @")
    heads = ["備考", "申請者住所", "個人番号", "電話番号"]
    table = source(heads, [[text] * len(heads) for text in texts])
    assert "detector-failed" not in codes(table, rules=ScreenRules(seconds=30))


def test_a_search_through_a_long_column_stops_when_its_time_is_up() -> None:
    """Between two pieces of a long text the detector is told that its time is over."""
    from pipelines.screen import Approvals, look
    from pipelines.screen.detectors import DETECTORS

    table = source(["備考"], [[f"担当の病院 {n} " + "手帳 " * 50_000] for n in range(4)])
    found = look(table, spec(), Approvals(key=b"test"), ScreenRules(seconds=1e-9), detectors=DETECTORS)
    assert {v.problem.code for v in found} == {"detector-failed"}
    assert len(found) == len(DETECTORS)
    assert {v.problem.level for v in found} == {Level.HOLD}
