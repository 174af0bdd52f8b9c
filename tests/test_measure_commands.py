"""Measuring and the committee's cycle through the command line, as the secretariat types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipelines.gateways.measurements import Measurements
from pipelines.measure import import_logs
from pipelines.run.after import measured, reported
from pipelines.run.workspace import Workspace
from publish import cli
from tests.conftest import ROOT, publish
from tests.measuring import CASE, line, log

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(drop: Path, tmp_path: Path) -> Run:
    """Run a command over an own drop and state; exit code and everything said (in this process: a start costs 1 s)."""

    def command(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["--datasets", str(drop), "--var", str(tmp_path / "var"), *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return command


def configure(drop: Path, text: str) -> None:
    """Add a ``measure:`` section."""
    path = drop / "catalog.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


# ── counting ───────────────────────────────────────────────────────────────────────────────────


def test_worked_log_through_the_command_line(drop: Path, tmp_path: Path) -> None:
    """As processes of their own: 35 lines = 17 counted + 18 excluded, again is no second count, status agrees."""

    def run(*arguments: str) -> tuple[int, str]:
        done = publish("--datasets", str(drop), "--var", str(tmp_path / "var"), *arguments)
        return done.returncode, done.stdout + done.stderr

    configure(drop, "measure:\n  sources:\n    - {source: web, kind: nginx}\n")
    code, said = run("measure", "import", str(CASE / "access.log"), "--source", "web")
    assert (code, "35 行＝数えた 17＋除いた 18" in said) == (0, True), said
    assert "除外 検索ロボット: 4" in said
    assert "新しいログはありません" in run("measure", "import", str(CASE / "access.log"), "--source", "web")[1]
    code, said = run("measure", "status", "--json")
    (source,) = json.loads(said)["sources"]
    assert (source["lines"], source["counted"], source["balanced"]) == (35, 17, True)
    assert source["excluded"] == json.loads((CASE / "expected.json").read_text())["allow_list"]["excluded"]


def test_a_wrong_import_is_refused_with_a_reason(run: Run, tmp_path: Path) -> None:
    """No log, an unknown source, a missing file, half a period: exit 2, one sentence, never a traceback."""
    good = log(tmp_path, [line("2026-10-05 10:00:00")])
    bad = tmp_path / "bad.log"
    bad.write_text("hello\n")
    for arguments, message in (
        (("measure", "import", str(bad), "--source", "nginx"), "アクセスログ（combined か JSON）として読めません"),
        (("measure", "import", str(good), "--source", "apach"), "catalog.yaml の measure.sources に書いてください"),
        (("measure", "import", str(tmp_path / "no.log"), "--source", "nginx"), "does not exist"),
        (("measure", "import", str(good), "--source", "nginx", "--from", "2026-01-01"), "--from と --to の両方"),
        (("measure", "import", "--source", "nginx"), "Missing argument"),
        (("measure", "facts"), "--series --from --to --value --origin"),
        (("measure", "annotate", "2026-5-8", "x"), "2026-10-31 のように"),
        (("measure", "annotate", "2026-05-08", "x", "--kind", "y"), "Invalid value"),
        (("measure", "nothing"), "No such command"),
        (("report", "--fy", "R99"), "まだ始まっていません"),
        (("report", "--as-of", "2026/01/01"), "2026-10-31 のように"),
        (("report", "--compare", "--format", "json"), "報告書の記録がありません"),
    ):
        code, said = run(*arguments)
        assert (code, message in said, "Traceback" in said) == (2, True, False), said


def test_reported_figures_are_typed_in_and_corrected_with_a_reason(run: Run, tmp_path: Path) -> None:
    """A recorded figure never changes silently: a correction needs a reason and shows in the report."""
    typed = ("measure", "facts", "--series", "A0", "--from", "2023-04-01", "--to", "2024-03-31", "--origin", "年報")
    assert run(*typed, "--value", "75210") == (0, "A0 2023-04-01～2024-03-31: 75,210 件を記録しました。\n")
    code, said = run(*typed, "--value", "75310")
    assert (code, "すでに 75,210 で記録されています" in said) == (2, True)
    assert run(*typed, "--value", "75310", "--reason", "転記の誤り")[0] == 0
    table = tmp_path / "facts.csv"
    table.write_text("series,start,end,origin,value\nA0,2024-04-01,2024-04-30,月報,6100\n", encoding="utf-8")
    assert "1 期間を記録しました" in run("measure", "facts", str(table))[1]
    assert run("report", "--as-of", "2024-05-31", "--format", "html")[0] == 0
    page = (tmp_path / "var" / "reports" / "report-R6.html").read_text(encoding="utf-8")
    assert "75,210" in page
    assert "75,310" in page
    assert "転記の誤り" in page


# ── approval and the committee ─────────────────────────────────────────────────────────────────


def test_check_27_a_definition_becomes_official_only_with_who_and_when(run: Run, drop: Path) -> None:
    """By command: --by and --on are needed; by configuration: the report refuses and says which approval is missing."""
    assert run("measure", "approve", "A1", "--on", "2026-10-01", "--from", "2026-10-01")[0] == 2
    code, said = run("measure", "approve", "A9", "--by", "会議", "--on", "2026-10-01", "--from", "2026-10-01")
    assert (code, "A9 版 1 がありません" in said) == (2, True)
    code, said = run("measure", "approve", "A1", "--by", "会議", "--on", "2026-10-01", "--from", "2026-10-01")
    assert (code, "2026-10-01 から公式: A1" in said) == (0, True)
    assert "公式（会議、2026-10-01 承認" in run("measure", "status")[1]
    configure(drop, "measure:\n  official: {series: A2, valid_from: 2026-11-01}\n")
    code, said = run("report", "--format", "json")
    assert code == 2
    assert "A2（データ取得件数）版 1 にする承認の記録がありません" in said


def test_the_committees_cycle(run: Run, tmp_path: Path) -> None:
    """Self-evaluation, decision, instruction with owner and due date, follow-up, action goal: all in the next paper."""
    steps: tuple[tuple[str, ...], ...] = (
        ("evaluate", "datasets", "--fy", "R7", "--self", "B", "--self-text", "研修を2回行った"),
        ("evaluate", "datasets", "--fy", "R7", "--committee", "C", "--decided", "2026-06-10"),
        ("instruct", "候補を各課に照会する", "--fy", "R7", "--owner", "事務局", "--due", "2026-09-30"),
        ("instruct", "--number", "R7-1", "--followup", "12課から回答"),
        ("action", "防災分野を公開する", "--fy", "R8", "--owner", "危機管理課", "--planned", "3"),
        ("action", "--number", "R8-1", "--done", "2026-10-20"),
        ("annotate", "2026-05-08", "広報紙で特集", "--kind", "広報"),
    )
    for step in steps:
        code, said = run("measure", *step)
        assert code == 0, said
    assert "［対応中］候補を各課に照会する（担当 事務局、期日 2026-09-30）" in run("measure", "instruct")[1]
    assert "［実施済み 2026-10-20］防災分野を公開する" in run("measure", "action")[1]
    assert run("report", "--as-of", "2026-10-31", "--format", "html")[0] == 0
    page = (tmp_path / "var" / "reports" / "report-R8.html").read_text(encoding="utf-8")
    for words in ("研修を2回行った", "12課から回答", "対応中（期日超過）", "実施済み（2026-10-20）", "広報紙で特集"):
        assert words in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("evaluate", "visitors", "--self", "B"), "targets にありません（あるもの: datasets、accesses）"),
        (("evaluate", "datasets"), "自己評価（--self）か会議の評価（--committee）"),
        (("evaluate", "datasets", "--committee", "C"), "決めた日（--decided"),
        (("instruct", "--number", "R8-9", "--status", "done"), "「R8-9」の記録はありません"),
        (("instruct", "x", "--status", "finished"), "open・done・dropped"),
        (("action", "x", "--due", "soon"), "2026-10-31 のように"),
        (("action", "x", "--fy", "Q3"), "R8 か 2026 のように"),
    ],
)
def test_a_wrong_record_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    """Exit 2 with what is allowed; nothing is recorded."""
    code, said = run("measure", *arguments)
    assert (code, message in said) == (2, True), said


# ── the report ─────────────────────────────────────────────────────────────────────────────────


def test_the_report_compares_itself_with_an_earlier_one(run: Run, tmp_path: Path) -> None:
    """--compare names each figure that changed, against the last earlier report or the last one up to a day."""
    fact = ("measure", "facts", "--series", "A0", "--origin", "月報")
    run(*fact, "--from", "2026-04-01", "--to", "2026-04-30", "--value", "6000")
    assert run("report", "--as-of", "2026-04-30", "--format", "json")[0] == 0
    run(*fact, "--from", "2026-05-01", "--to", "2026-05-31", "--value", "7000")
    code, said = run("report", "--as-of", "2026-05-31", "--format", "json", "--compare")
    assert code == 0
    assert "2026-04-30 の報告書からの変化:" in said
    assert "6,000件 → 13,000件（+7,000）" in said
    code, said = run("report", "--as-of", "2026-05-31", "--format", "json", "--compare", "2026-05-31")
    assert "変わった数値はありません。" in said
    found = json.loads(publish(
        "--datasets", str(tmp_path / "datasets"), "--var", str(tmp_path / "var"),
        "report", "--as-of", "2026-05-31", "--format", "csv", "--json",
    ).stdout)  # fmt: skip
    assert [Path(p).name for p in found] == ["report-R8.csv"]


def test_every_measuring_command_explains_itself_with_an_example() -> None:
    """--help of each command answers, in Japanese, with an example that begins with publish.py."""
    names = [*json.loads(json.dumps(sorted(_commands()))), ""]
    assert len(names) >= 11
    for name in names:
        done = publish("measure", *filter(None, [name]), "--help")
        assert done.returncode == 0
        assert f"例: publish.py measure{' ' if name else ''}{name}" in done.stdout


def _commands() -> list[str]:
    import publish as cli

    group: Any = cli.measure
    return list(group.commands)


def test_a_newcomer_is_shown_the_sample_until_something_is_counted(drop: Path, tmp_path: Path) -> None:
    """The scheduled run draws it once beside the real report and says where; with a first real access it is silent."""
    workspace = Workspace(root=ROOT, datasets=drop, var=tmp_path / "var")
    with workspace.store() as store:
        (note,) = [text for text in measured(workspace, store, "http://x", []) if "見本（架空のデータ）" in text]
        page = Path(note.rsplit(": ", 1)[1])
        assert page.parent == tmp_path / "var" / "reports" / "sample"
        drawn = page.stat().st_mtime_ns
        measured(workspace, store, "http://x", [])
        assert page.stat().st_mtime_ns == drawn
        import_logs([log(tmp_path, [line("2026-10-05 10:00:00")])], "web", Measurements(store))
        assert not [text for text in measured(workspace, store, "http://x", []) if "見本" in text]


def test_the_scheduled_report_is_drawn_again_when_only_the_drawing_changes(
    drop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same numbers and same code: the page is left alone; another template or code: drawn anew."""
    workspace = Workspace(root=ROOT, datasets=drop, var=tmp_path / "var")
    with workspace.store() as store:
        page = reported(workspace, store, ())
        assert page is not None
        page.write_text("touched", encoding="utf-8")
        assert reported(workspace, store, ()) == page
        assert page.read_text(encoding="utf-8") == "touched"
        monkeypatch.setattr("pipelines.report.edition", lambda: "another template")
        reported(workspace, store, ())
        assert "<!DOCTYPE html>" in page.read_text(encoding="utf-8")
