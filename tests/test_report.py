"""What the report says, given little data and much: honest gaps, samples apart, approvals, the nine sections."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import fiscal
from pipelines.gateways.measurements import Instruction, PeriodFact, Revision, Series
from pipelines.model import ConfigError
from pipelines.report import progress, render, report
from pipelines.report.advice import candidates, open_candidates, standards
from pipelines.report.paper import Chart, Form, Report, Table
from tests.test_report_history import (
    DEPARTMENTS,
    OCTOBER,
    add_days,
    add_months,
    catalog,
    dataset,
    day_one,
    full_history,
    measurements,
    snapshot,
)

SECTIONS = [
    "結論",
    "推移",
    "見通し",
    "要因",
    "データセットの充実",
    "改善策の候補",
    "自己評価・前回指示への対応・評価欄",
    "計測方法と限界",
    "付表・データ",
]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of a city with four years of data."""
    folder = tmp_path_factory.mktemp("full")
    m, today = full_history(folder)
    return report(m, catalog(folder), today, departments=DEPARTMENTS)


@pytest.fixture
def first(tmp_path: Path) -> Report:
    """The report of a newcomer's first run."""
    m, today = day_one(tmp_path)
    return report(m, catalog(tmp_path), today, departments=DEPARTMENTS)


def words(made: Report) -> str:
    """Everything the report says."""
    return json.dumps(made.as_json(), ensure_ascii=False)


def test_the_nine_sections_stand_in_order_and_two_cards_come_first(full: Report) -> None:
    """Each section has a question and an answer."""
    assert [s.title for s in full.sections] == SECTIONS
    assert [c.kpi for c in full.cards] == ["datasets", "accesses"]
    assert all(s.question and s.answer for s in full.sections)


def test_the_model_is_frozen_and_json_able(full: Report) -> None:
    """One value for all renderings."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        full.title = "x"  # type: ignore[misc]
    assert json.loads(words(full))["fiscal_year"] == 2026


def test_every_chart_is_drawn_from_a_table_of_its_section(full: Report) -> None:
    """Chart and table have the same numbers because they are the same numbers."""
    charts = 0
    for section in full.sections:
        tables = {b.id: b for b in section.blocks if isinstance(b, Table)}
        for chart in (b for b in section.blocks if isinstance(b, Chart)):
            charts += 1
            assert {s.column for s in chart.strokes} <= {c.key for c in tables[chart.table].columns}
    assert charts >= 6


# ── the first day ──────────────────────────────────────────────────────────────────────────────


def test_day_one_says_unmeasured_and_never_zero(first: Report) -> None:
    """One snapshot of samples and the two published figures: no progress is claimed."""
    datasets, accesses = first.cards
    assert (datasets.headline.value, datasets.headline.text) == (None, "見本のみ（27件）")
    assert (accesses.headline.value, accesses.headline.text) == (None, "未計測")
    assert {c.grade for c in first.cards} == {"―"}
    assert first.section("outlook").answer.count("予測なし（データ不足）") == 2
    years = first.table("years-accesses")
    assert years.column("value") == (73098, None, None, None, None, None)
    assert years.column("state")[:2] == ("公表値", "未計測")


def test_day_one_marks_every_sample_and_does_not_count_it(first: Report) -> None:
    """Samples stand in their own column, are marked in every list, and the notice at the top says why."""
    assert "見本のデータセット27件" in first.notices[0]
    assert first.table("departments").rows[-1] == ("計", 0, 27, 0)
    titles = [*first.table("added").column("title"), *first.table("annex-datasets").column("title")]
    assert all(str(title).startswith("【見本】") for title in titles)
    assert all(t.sample for t in first.tables() if t.id in ("measures", "freshness", "stars", "padding"))
    assert set(first.table("annex-datasets").column("counted")) == {"数えない（見本）"}


def test_samples_count_only_where_the_configuration_says_so(tmp_path: Path) -> None:
    """report: count_samples: yes (read as text)."""
    m, today = day_one(tmp_path)
    made = report(m, catalog(tmp_path, count_samples="yes"), today)
    assert made.cards[0].headline.value == 27
    assert made.notices == ()


def test_an_empty_installation_reports_unmeasured(tmp_path: Path) -> None:
    """No snapshot, no series: still nine sections, no zero, no exception."""
    from pipelines.gateways.measurements import Measurements
    from pipelines.gateways.store import Store

    made = report(Measurements(Store(tmp_path / "s.sqlite")), catalog(tmp_path), OCTOBER)
    assert [c.headline.text for c in made.cards] == ["未計測", "未計測"]
    assert all(c.headline.value is None and c.grade == "―" and "未計測" in c.sentence for c in made.cards)


def test_a_city_with_few_of_its_own_beside_samples(tmp_path: Path) -> None:
    """Its own are the KPI; the samples are named beside them."""
    m = measurements(tmp_path)
    snapshot(m, OCTOBER, 5, 27)
    made = report(m, catalog(tmp_path), OCTOBER)
    assert made.cards[0].headline.text == "5件"
    assert "見本のデータセット27件" in made.notices[0]
    assert not made.table("measures").sample


# ── numbers ────────────────────────────────────────────────────────────────────────────────────


def test_check_12_in_the_report(tmp_path: Path) -> None:
    """7,000 × 12 and 7,700 × 7 reported months: 92,400, 9.0 months behind, 56.6 %."""
    m = measurements(tmp_path)
    add_months(m, (2025, 4), [7000] * 12 + [7700] * 7)
    made = report(m, catalog(tmp_path), OCTOBER)
    card = made.cards[1]
    assert [card.figure(k).value for k in ("value", "level", "progress", "delay", "change")] == [
        53900,
        88900,
        56.6,
        9.0,
        10.0,
    ]
    rows = {row[1]: row for row in made.table("projection").rows if row[0] == "年間アクセス件数"}
    assert rows["R8年度"][3] == 92400
    assert rows["R8年度"][6] == 3019.6
    assert "前年同月" in str(rows["R8年度"][8])


def test_check_14_in_the_report(full: Report) -> None:
    """79 datasets at the end of October: 7.2 months behind, 1.24 a month needed."""
    card = full.cards[0]
    assert card.figure("delay").text == "7.2か月の遅れ"
    assert card.figure("pace-needed").text == "1.24件/月"
    assert card.grade == "B"


def test_check_15_in_the_report(first: Report) -> None:
    """The plan's own back-test stands in the very first report."""
    row = first.table("back-test").rows[0]
    assert row[2:] == (74298, 73098, 1.6)


def test_check_16_a_missing_day_is_shown_and_not_estimated(tmp_path: Path) -> None:
    """One day without data: 欠測1日, the total is the other days' sum; a day of 0 is a day."""
    m = measurements(tmp_path)
    m.approve_series("A1", "1", approved_by="会議", approved_on=dt.date(2026, 3, 1), valid_from=dt.date(2026, 4, 1))
    days = [d for d in fiscal.days(dt.date(2026, 4, 1), OCTOBER) if d != dt.date(2026, 6, 15)]
    add_days(m, [(d, 0 if d.day == 1 else 200) for d in days])
    card = report(m, catalog(tmp_path), OCTOBER).cards[1]
    assert card.state == "速報・欠測1日（0とは数えません）"
    assert card.headline.value == 200 * (len(days) - 7)
    assert card.figure("covered").value == len(days)


def test_check_26_little_data_gets_no_likelihood(tmp_path: Path) -> None:
    """n=5: 季節補正なし, no percentage; n=2: 予測なし."""
    for count, said in ((5, "季節補正なし"), (2, "予測なし")):
        folder = tmp_path / str(count)
        m = measurements(folder)
        add_months(m, fiscal.shift((2026, 11), -count), [7000, 7500, 6900, 7200, 7100][:count])
        made = report(m, catalog(folder), OCTOBER)
        rows = [r for r in made.table("projection").rows if r[0] == "年間アクセス件数"]
        assert all(said in str(r[8]) and r[7] == "示しません" for r in rows)


def test_check_27_an_unapproved_official_series_is_refused(tmp_path: Path) -> None:
    """A series that calls itself official without approved_on: exit code 2, and the message names it."""
    m = measurements(tmp_path)
    m.store.write("UPDATE series SET official = 1 WHERE series = 'A1'")
    with pytest.raises(ConfigError, match=r"A1.*承認") as caught:
        report(m, catalog(tmp_path), OCTOBER)
    assert caught.value.exit_code == 2


def test_check_18_other_series_stand_apart_and_are_not_added(tmp_path: Path) -> None:
    """The reported series is official, the log series is 参考 with a ratio."""
    m = measurements(tmp_path)
    add_months(m, (2026, 4), [6000] * 7)
    add_days(m, [(d, 100) for d in fiscal.days(dt.date(2026, 4, 1), OCTOBER)])
    made = report(m, catalog(tmp_path), OCTOBER)
    assert made.cards[1].headline.value == 42000
    row = made.table("others").rows[0]
    assert str(row[0]).startswith("A1")
    assert row[1] == 21400
    assert row[4] in ("安定", "要確認")


def test_a_change_of_series_is_drawn_as_a_break_and_said(full: Report) -> None:
    """R4 and R5 in the old way, from R6 in the new; the baseline is not rescaled."""
    chart = next(b for b in full.section("trend").blocks if isinstance(b, Chart) and b.id == "chart-years-accesses")
    assert chart.breaks == ("R6",)
    assert full.table("years-accesses").column("series")[:4] == ("A0", "A0", "A1", "A1")
    assert "基準値は換算していません" in words(full)


def test_a_closed_year_is_reported_as_of_its_last_day(tmp_path: Path) -> None:
    """--fy R7 in R8: 31 March, the whole year's figure, no projection of the closed year."""
    m, today = full_history(tmp_path)
    made = report(m, catalog(tmp_path), today, 2025)
    assert made.as_of == dt.date(2026, 3, 31)
    assert made.cards[1].state == "確定"
    assert {row[1] for row in made.table("projection").rows} == {"R9年度"}
    with pytest.raises(ConfigError, match="始まっていません"):
        report(m, catalog(tmp_path), today, 2027)


def test_a_series_that_stopped_projects_nothing(tmp_path: Path) -> None:
    """Old months say nothing about this year."""
    m = measurements(tmp_path)
    add_months(m, (2023, 4), [6000] * 24)
    made = report(m, catalog(tmp_path), OCTOBER)
    assert made.cards[1].figure("projection").text == "予測なし"
    assert made.cards[1].figure("level").note == "令和6年度の合計"


def test_a_partly_counted_month_is_scaled_for_the_projection_only(tmp_path: Path) -> None:
    """27 of 30 days: used with a note, and the KPI stays the counted sum."""
    m = measurements(tmp_path)
    m.approve_series("A1", "1", approved_by="会議", approved_on=dt.date(2026, 3, 1), valid_from=dt.date(2026, 4, 1))
    gaps = {dt.date(2026, 6, day) for day in (10, 11, 12)}
    add_days(m, [(d, 200) for d in fiscal.days(dt.date(2026, 4, 1), OCTOBER) if d not in gaps])
    made = report(m, catalog(tmp_path), OCTOBER)
    assert made.cards[1].headline.value == 200 * 211
    assert "R8年6月" in words(made)
    assert made.table("projection").rows[2][3] == 73000


# ── the committee ──────────────────────────────────────────────────────────────────────────────


def test_instructions_are_carried_into_the_next_paper(full: Report) -> None:
    """Last year's open instruction stands with owner, due date and that it is late."""
    row = full.table("instructions").rows[0]
    assert row == (
        "R7",
        "公開候補の一覧を各課に照会する",
        "事務局",
        "2026-09-30",
        "対応中（期日超過）",
        "12課から回答あり",
    )
    assert full.table("evaluations").rows[0][4] == "C 機械向け公開を進めること"


def test_an_old_open_instruction_stays_and_an_old_done_one_goes(tmp_path: Path) -> None:
    """Open ones are carried for ever."""
    m = measurements(tmp_path)
    for status in ("open", "done"):
        m.record_instruction(Instruction(instruction=status, fiscal_year=2023, text=status, status=status))
    rows = report(m, catalog(tmp_path), OCTOBER).table("instructions").rows
    assert [r[1] for r in rows] == ["open"]


def test_action_goals_are_text_with_done_or_not_done(full: Report) -> None:
    """行動目標 never become a number; planned releases stand beside the projection."""
    assert full.table("actions").column("done") == ("未実施", "実施済み（2026-08-05）")
    assert "82件" in full.table("pipeline").note


def test_forms_are_filled_in_with_the_numbers(full: Report) -> None:
    """The self-evaluation form knows value and proposal; judgement is left empty."""
    form = next(b for b in full.section("review").blocks if isinstance(b, Form) and b.id == "form-accesses")
    filled = dict(form.fields)
    assert filled["実績"].startswith(full.cards[1].headline.text)
    assert (filled["自己評価"], filled["会議の評価"]) == ("", "")


def test_annotations_and_revisions_are_shown(tmp_path: Path) -> None:
    """What was noted by hand stands by its month; a corrected final figure has its note."""
    m, today = full_history(tmp_path)
    m.add_revision(
        Revision(subject="access_daily log", at="2026-10-20", old="200", new="210", reason="遅れたログ", day=OCTOBER)
    )
    made = report(m, catalog(tmp_path), today)
    chart = next(b for b in made.section("trend").blocks if isinstance(b, Chart) and b.id == "chart-months")
    assert chart.marks == (("5月", "(1)"),)
    assert made.table("revisions").rows[0][4] == "遅れたログ"


# ── advice ─────────────────────────────────────────────────────────────────────────────────────


def test_candidates_are_ranked_by_effort_then_by_peers() -> None:
    """All 31 national sets and what peers publish, each once."""
    found = candidates()
    assert len(standards()) == 31
    assert [c.number for c in sorted(standards(), key=lambda c: c.number or 0)] == list(range(1, 32))
    assert len({c.title for c in found}) == len(found) > 100
    keys = [(c.effort, -len(c.peers)) for c in found]
    assert keys == sorted(keys)
    assert all(c.match and c.effort in (1, 2, 3) and c.effort_reason for c in found)


def test_what_is_published_is_no_candidate() -> None:
    """By declared schema, or by its title (width and case folded)."""
    have = [
        dataset(OCTOBER, "a", "トイレの場所", "x", standard="public_toilet"),
        dataset(OCTOBER, "b", "ＡＥＤ設置場所", "x"),
    ]
    left = {c.title for c in open_candidates(have)}
    assert not left & {"公衆トイレ一覧", "AED設置箇所一覧"}
    assert len(left) == len(candidates()) - 2


def test_quality_fixes_late_and_unused_datasets_are_named(full: Report) -> None:
    """The cheapest fix first: the one that helps most datasets."""
    assert full.table("fixes").rows[0] == ("タグを1つ付ける", 79, 30)
    assert "77件" in full.table("unused").caption
    assert full.table("overdue").rows[0][2] == "遅れ"
    assert full.table("padding").rows[0] == ("年度などで分けて公開しているもの", 6, "統合すると76件")
    assert "DCAT-AP 未検査" in words(full)


# ── made-up data ───────────────────────────────────────────────────────────────────────────────


def test_a_made_up_history_is_labelled_everywhere(tmp_path: Path) -> None:
    """Every rendering of sample accesses carries the label; the real one carries none."""
    m, today = full_history(tmp_path, sample=True)
    made = report(m, catalog(tmp_path), today)
    assert made.label == "見本（架空のデータ）"
    page = render(made, "html", tmp_path).read_text(encoding="utf-8")
    assert page.count("見本（架空のデータ）") > sum(1 for _ in made.tables())
    lines = render(made, "csv", tmp_path).read_text(encoding="utf-8-sig").splitlines()
    assert all(line.startswith("見本（架空のデータ）,") for line in lines[1:])


def test_the_real_one_carries_no_label(full: Report) -> None:
    """Nothing of it is a sample."""
    assert full.label == ""
    assert not any(t.sample for t in full.tables())


def test_progress_gives_the_few_numbers_others_need(tmp_path: Path) -> None:
    """One Progress per KPI with its gaps."""
    m, today = full_history(tmp_path)
    datasets, accesses = progress(m, catalog(tmp_path), today)
    assert (datasets.value, datasets.source) == (79, "catalogue")
    assert (accesses.covered_days, accesses.missing_days, accesses.source) == (214, 0, "A1")
    assert accesses.reference == pytest.approx(95419.6)


def test_a_plan_without_targets_still_reports(tmp_path: Path) -> None:
    """No target, no card, but the catalogue's own facts."""
    m, today = day_one(tmp_path)
    bare = dataclasses.replace(catalog(tmp_path), targets=())
    made = report(m, bare, today)
    assert made.cards == ()
    assert made.section("summary").answer == "目標値が設定されていません。"


def test_formula_like_titles_are_inert_in_the_csv(tmp_path: Path) -> None:
    """A title that a spreadsheet would run as a formula gets an apostrophe."""
    m = measurements(tmp_path)
    m.snapshot(OCTOBER, [dataset(OCTOBER, "a", "=HYPERLINK(1)", "x")])
    made = report(m, catalog(tmp_path), OCTOBER)
    text = render(made, "csv", tmp_path).read_text(encoding="utf-8-sig")
    assert ",=HYPERLINK" not in text
    assert "'=HYPERLINK(1)" in text


def test_markup_in_titles_is_escaped_in_the_page(tmp_path: Path) -> None:
    """A title is text, never HTML."""
    m = measurements(tmp_path)
    m.snapshot(OCTOBER, [dataset(OCTOBER, "a", "<script>alert(1)</script>", "x")])
    page = render(report(m, catalog(tmp_path), OCTOBER), "html", tmp_path).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def other_states() -> Iterator[tuple[str, Series | PeriodFact]]:
    """Odd records that must not break a report."""
    yield (
        "future fact",
        PeriodFact(series="A0", start=dt.date(2027, 1, 1), end=dt.date(2027, 3, 31), origin="x", value=1),
    )
    yield "unknown measure", Series(series="A2", version="1", name="データ取得件数", definition="", measure="requests")


@pytest.mark.parametrize(("name", "record"), list(other_states()))
def test_odd_records_do_not_break_the_report(tmp_path: Path, name: str, record: Series | PeriodFact) -> None:
    """What lies after the day or has no data is left out."""
    m = measurements(tmp_path)
    m.define_series(record) if isinstance(record, Series) else m.add_period_fact(record)
    assert report(m, catalog(tmp_path), OCTOBER).cards[1].headline.text == "未計測", name
