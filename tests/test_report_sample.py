"""The made-up history: a full report for a newcomer, labelled wherever it shows, never mixed with real figures."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import openpyxl
import pytest

from pipelines.gateways.measurement_records import REASONS
from pipelines.measure.quality import freshness
from pipelines.report import FORMATS, changes, edition, json_text, render, sample_report
from pipelines.report.paper import Report, Table
from pipelines.report.sample_datasets import AS_OF, _dataset, _quality, made_up
from tests.conftest import publish
from tests.measuring import CASE

LABEL = "見本（架空のデータ）"


@pytest.fixture(scope="module")
def made() -> Report:
    """The sample report."""
    return sample_report()


def test_the_sample_is_always_the_same(made: Report) -> None:
    """Fixed days and seed: the same bytes in every installation."""
    assert json_text(sample_report()) == json_text(made)


def test_the_sample_shows_everything_a_mature_report_has(made: Report) -> None:
    """Nine answered sections; both KPIs judged and projected with likelihood; gaps, corrections and the committee."""
    assert [s.number for s in made.sections] == list(range(1, 10))
    for card in made.cards:
        assert card.grade in "ABCD"
        assert card.figure("projection").value
        assert "見込みは" in card.sentence
    tables = {t.id for t in made.tables()}
    wanted = {"movements", "excluded", "others", "revisions", "instructions", "actions", "evaluations", "candidates"}
    assert wanted <= tables
    assert "欠測2日" in made.section("method").answer


def test_the_conclusion_says_where_it_stands_and_whether_the_target_is_reached(made: Report) -> None:
    """A good place on the path and a target out of reach are two statements, both in the answer."""
    for card in made.cards:
        missed = round(card.figure("target").value or 0) - round(card.figure("projection").value or 0)
        words = f"{card.title}は、いまの位置は判定案{card.grade}（{card.grade_text}）、このままではR9年度の目標に"
        assert f"{words}{missed:,}件届かない見込みです。" in made.section("summary").answer


def test_the_lines_of_the_log_balance_in_the_paper(made: Report) -> None:
    """Left out by reason + counted = lines, in words a committee reads; no reason stays an English word."""
    rows = made.table("excluded").rows
    reasons, (total, counted, lines) = rows[:-3], [row[1] for row in rows[-3:]]
    assert sum(row[1] for row in reasons) == total  # type: ignore[misc]
    assert total + counted == lines  # type: ignore[operator]
    assert not [row[0] for row in reasons if str(row[0]).isascii()]
    known = json.loads((CASE / "expected.json").read_text(encoding="utf-8"))["allow_list"]["excluded"]
    assert {*known, "unparsable", "host"} <= set(REASONS)


def test_the_samples_freshness_follows_the_rule(made: Report) -> None:
    """The invented datasets are as fresh as their declared frequency says, and never older than they are there."""
    for number, entry in enumerate(made_up()):
        day, found = _dataset(entry, AS_OF, number), _quality(entry, AS_OF, number)
        assert found.freshness == freshness(day.frequency, found.age_days)
        assert (found.age_days or 0) <= (AS_OF - entry.since).days


def test_the_sample_is_of_an_invented_city(made: Report) -> None:
    """No real city's paper, and no figure of the real plan anywhere: 73,098, 67,988, 101,000."""
    text = json_text(made)
    assert made.publisher == "見本市（架空の市）"
    for real in ("73098", "73,098", "67,988", "101,000", "101000"):
        assert real not in text


def test_every_rendering_of_the_sample_carries_the_label(made: Report, tmp_path: Path) -> None:
    """Every table of the page, every line of the CSV, every sheet, the paper and its footer."""
    found = {name: render(made, name, tmp_path) for name in FORMATS}
    page = found["html"].read_text(encoding="utf-8")
    tables = list(made.tables())
    assert page.count(f"（{LABEL}）</caption>") == len(tables)
    lines = found["csv"].read_text(encoding="utf-8-sig").splitlines()[1:]
    assert all(text.startswith(LABEL) for text in lines if not text.startswith('"'))
    assert json.loads(found["json"].read_text(encoding="utf-8"))["label"] == LABEL
    book = openpyxl.load_workbook(found["xlsx"], read_only=True)
    for sheet in book:
        cells = [str(c) for row in sheet.iter_rows(max_row=6, values_only=True) for c in row if c]
        assert any(LABEL in text for text in cells), sheet.title
    paper = docx.Document(str(found["docx"]))
    assert any(LABEL in p.text for p in paper.paragraphs)
    assert LABEL in paper.sections[0].footer.paragraphs[0].text
    assert all(isinstance(t, Table) for t in tables)


def test_the_sample_command_leaves_the_real_state_alone(drop: Path, tmp_path: Path) -> None:
    """report --sample writes beside the real reports and records nothing: the real report stays 未計測."""
    where = ("--datasets", str(drop), "--var", str(tmp_path / "var"))
    done = publish(*where, "report", "--sample", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "var" / "reports" / "sample" / "report-R8.json").is_file()
    assert not (tmp_path / "var" / "state").exists()
    assert publish(*where, "report", "--as-of", "2026-11-22", "--format", "json").returncode == 0
    real = json.loads((tmp_path / "var" / "reports" / "report-R8.json").read_text(encoding="utf-8"))
    assert real["label"] == ""
    assert {c["headline"]["text"] for c in real["cards"]} == {"未計測"}


def test_the_edition_is_a_digest_of_what_draws() -> None:
    """Stable while nothing changes; 64 hexadecimal digits."""
    assert edition() == edition()
    assert len(edition()) == 64


def test_changes_between_two_reports(made: Report) -> None:
    """None against itself; a changed figure, grade and a new card are named."""
    same = json.loads(json_text(made))
    assert changes(same, made) == []
    same["cards"][0]["headline"].update(value=70, text="70件")
    same["cards"][0]["grade"] = "C"
    del same["cards"][1]
    found = changes(same, made)
    assert found[0] == "データセット数　公開数: 70件 → 79件（+9）"
    assert found[1].startswith("データセット数　判定（案）: C ")
    assert found[2] == "年間アクセス件数: 前の報告書にはありません"
    same["cards"][0]["figures"] = []
    assert any("（なし）→" in text for text in changes(same, made))
