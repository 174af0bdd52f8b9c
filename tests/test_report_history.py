"""Histories the report's tests are written against; the last test keeps them honest.

Every figure here is made up for a test; the plan's own (48, 73,098, 67,988) are the only real ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipelines import fiscal
from pipelines.gateways.measurements import (
    ActionItem,
    Annotation,
    DatasetEvent,
    DayCoverage,
    DayStatus,
    Evaluation,
    ExcludedDay,
    Instruction,
    Measurements,
    PeriodFact,
    QualityDay,
    Series,
    Source,
    SourcePriority,
)
from pipelines.gateways.store import Store
from pipelines.model import AccessClass, AccessDay, Catalog, DatasetDay, Licence, Portal, Target

DATASETS = Target(kpi="datasets", title="データセット数", unit="件", base_fy=2022, base=48, target_fy=2027, target=100)
ACCESSES = Target(
    kpi="accesses", title="年間アクセス件数", unit="件", base_fy=2022, base=73098, target_fy=2027, target=101000
)
DEPARTMENTS = {"bousai": "危機管理課", "kosodate": "こども課", "doro": "道路課", "sample-takamatsu": "高松市（見本）"}
OCTOBER = dt.date(2026, 10, 31)


def catalog(tmp_path: Path, **report: str) -> Catalog:
    """The city's catalogue with both targets."""
    licence = Licence(
        id="cc-by",
        title="クリエイティブ・コモンズ 表示 4.0 国際",
        version="4.0",
        url="https://creativecommons.org/licenses/by/4.0/deed.ja",
    )
    return Catalog(
        root=tmp_path,
        title="相模原市オープンデータカタログ",
        publisher="相模原市",
        code="141500",
        homepage="",
        licence=licence,
        credit="",
        portal=Portal(),
        targets=(DATASETS, ACCESSES),
        settings={"report": report},
    )


def measurements(tmp_path: Path, name: str = "state.sqlite") -> Measurements:
    """An empty state file with the two plan figures and the reported series."""
    m = Measurements(Store(tmp_path / name))
    m.define_series(
        Series(series="A0", version="1", name="アクセス件数（従来方式）", definition="従来の道具が報告した値")
    )
    m.define_series(Series(series="A1", version="1", name="アクセス件数（本方式）", definition="人によるページビュー"))
    add_plan(m)
    return m


def add_plan(m: Measurements) -> None:
    """The plan's own figures: eleven months and the whole of FY2022."""
    for end, value in ((dt.date(2023, 2, 28), 67988), (dt.date(2023, 3, 31), 73098)):
        m.add_period_fact(
            PeriodFact(
                series="A0", start=dt.date(2022, 4, 1), end=end, origin="計画書", value=value, confidence="公表値"
            )
        )


def add_months(m: Measurements, first: fiscal.Month, values: Sequence[float], series: str = "A0") -> None:
    """Reported monthly figures."""
    for step, value in enumerate(values):
        month = fiscal.shift(first, step)
        m.add_period_fact(
            PeriodFact(
                series=series, start=fiscal.month_first(month), end=fiscal.month_last(month), origin="月報", value=value
            )
        )


def add_days(
    m: Measurements, days: Iterable[tuple[dt.date, int]], source: str = "log", *, sample: bool = False
) -> None:
    """Whole days of page views by people, from one log source of series A1."""
    m.add_source(Source(source=source, kind="sample" if sample else "nginx", sample=sample))
    m.set_priority(SourcePriority(series="A1", source=source, valid_from=dt.date(2020, 4, 1)))
    for day, views in days:
        add_day(m, source, day, views)


def add_day(m: Measurements, source: str, day: dt.date, views: int) -> None:
    """One whole day: three datasets share the views, a machine and a robot come along."""
    share = (("shelter", views // 2), ("aed", views // 4), ("", views - views // 2 - views // 4))
    rows = [
        AccessDay(
            source=source,
            day=day,
            access_class=AccessClass.REGULAR,
            page_type="dataset" if d else "home",
            dataset=d,
            page_views=n,
            investigations=n,
            requests=n // 5,
        )
        for d, n in share
    ]
    rows.append(
        AccessDay(
            source=source,
            day=day,
            access_class=AccessClass.MACHINE,
            page_type="api",
            dataset="aed",
            requests=3,
            api_calls=4,
        )
    )
    m.replace_day(
        source,
        day,
        "1",
        rows,
        excluded=[ExcludedDay(source=source, day=day, reason="robot", lines=40)],
        coverage=DayCoverage(source=source, day=day, status=DayStatus.FINAL, lines=views + 47),
    )


def dataset(day: dt.date, name: str, title: str, organization: str, **more: object) -> DatasetDay:
    """A counted dataset of a snapshot."""
    given: dict[str, object] = {
        "counted": True,
        "licence": "cc-by",
        "open": True,
        "resources": 1,
        "formats": ("CSV",),
        "frequency": "年次",
        **more,
    }
    return DatasetDay(day=day, dataset=name, title=title, organization=organization, **given)  # type: ignore[arg-type]


def snapshot(m: Measurements, day: dt.date, city: int, samples: int = 0) -> None:
    """A day's catalogue: ``city`` own datasets and ``samples`` of another city, with their quality."""
    names = [
        ("shelter", "指定緊急避難場所一覧", "bousai", "evacuation_space"),
        ("aed", "AED設置箇所一覧", "kosodate", "aed"),
    ]
    own = [dataset(day, n, t, o, standard=s) for n, t, o, s in names[:city]]
    own += [dataset(day, f"own-{i:03d}", f"市の統計 {i}", "doro") for i in range(len(own), city)]
    sample = [
        dataset(day, f"sample-{i:02d}", f"高松市の施設 {i}", "sample-takamatsu", sample=True) for i in range(samples)
    ]
    quality = [
        QualityDay(
            day=day,
            dataset=d.dataset,
            stars=3,
            freshness=("最新", "遅れ", "頻度未設定")[i % 3],
            age_days=100 + i,
            links_ok=1,
            links_bad=int(i == 1),
            mqa_points=250 + i % 7 * 10,
            substantial=i % 4 != 0,
            fixes=("タグを1つ付ける (+30)", "対象期間を書く (+20)")[: 1 + i % 2],
            family=f"f{i // 2 if i < 6 else i}",
        )
        for i, d in enumerate((*own, *sample))
    ]
    m.snapshot(day, [*own, *sample], quality)


def day_one(tmp_path: Path) -> tuple[Measurements, dt.date]:
    """A newcomer's first run: one snapshot of sample content, no accesses but the plan's two figures."""
    m, today = measurements(tmp_path), dt.date(2026, 11, 22)
    snapshot(m, today, 0, 27)
    m.add_events(
        DatasetEvent(
            day=today,
            dataset=f"sample-{i:02d}",
            event="added",
            title=f"高松市の施設 {i}",
            organization="sample-takamatsu",
        )
        for i in range(27)
    )
    return m, today


def full_history(tmp_path: Path, name: str = "full.sqlite", *, sample: bool = False) -> tuple[Measurements, dt.date]:
    """Four years: 31 months of daily counts in an approved series, month-end snapshots, the committee's records."""
    m, today = measurements(tmp_path, name), OCTOBER
    m.approve_series(
        "A1", "1", approved_by="DX推進調整会議", approved_on=dt.date(2024, 3, 20), valid_from=dt.date(2024, 4, 1)
    )
    season = (6000, 6500, 7000, 7200, 6400, 6800, 7400, 7600, 6200, 6600, 7100, 5200)
    with m.transaction():
        for step in range(31):
            month = fiscal.shift((2024, 4), step)
            daily = int(
                season[step % 12]
                * 1.05 ** (step // 12)
                * (1 + 0.02 * ((step * 7) % 5 - 2))
                / fiscal.days_in_month(month)
            )
            add_days(
                m, [(d, daily) for d in fiscal.days(fiscal.month_first(month), fiscal.month_last(month))], sample=sample
            )
    add_months(m, (2023, 4), [6300] * 12)
    for step in range(32):
        snapshot(m, fiscal.month_last(fiscal.shift((2024, 3), step)), 58 + step * 21 // 31)
    m.add_events(
        [
            DatasetEvent(
                day=dt.date(2026, 6, 30), dataset="own-075", event="added", title="市の統計 75", organization="doro"
            ),
            DatasetEvent(
                day=dt.date(2026, 9, 30), dataset="old", event="removed", title="旧・施設一覧", organization="doro"
            ),
        ]
    )
    committee(m)
    return m, today


def committee(m: Measurements) -> None:
    """What the secretariat typed in."""
    m.annotate(Annotation(day=dt.date(2026, 5, 8), annotation="1", text="広報さがみはらで特集", kind="広報"))
    m.record_evaluation(
        Evaluation(
            fiscal_year=2025,
            kpi="accesses",
            proposed_grade="C",
            self_grade="B",
            self_text="講座の効果があった",
            committee_grade="C",
            committee_text="機械向け公開を進めること",
            decided_on=dt.date(2026, 6, 10),
        )
    )
    m.record_instruction(
        Instruction(
            instruction="R7-1",
            fiscal_year=2025,
            text="公開候補の一覧を各課に照会する",
            owner="事務局",
            due=dt.date(2026, 9, 30),
            followup="12課から回答あり",
        )
    )
    m.record_action(
        ActionItem(
            item="a1",
            fiscal_year=2026,
            text="防災分野のデータセットを公開する",
            owner="危機管理課",
            due=dt.date(2027, 1, 31),
            planned=3,
        )
    )
    m.record_action(
        ActionItem(
            item="a2",
            fiscal_year=2026,
            text="職員向け研修を2回行う",
            owner="事務局",
            done=True,
            done_on=dt.date(2026, 8, 5),
        )
    )


def test_the_plan_figures_leave_5110_for_march_2023_and_are_not_added_twice(tmp_path: Path) -> None:
    """Acceptance 9: period facts 67,988 and 73,098 give 5,110 for March 2023 and 73,098 for R4, not 141,086."""
    m = measurements(tmp_path)
    march = m.totals("A0", dt.date(2023, 3, 1), dt.date(2023, 3, 31))
    year = m.totals("A0", dt.date(2022, 4, 1), dt.date(2023, 3, 31))
    assert (march.value, march.derived, year.value) == (5110, True, 73098)
