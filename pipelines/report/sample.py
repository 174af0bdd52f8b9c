"""A made-up history, so that a mature report can be seen on the first day: an invented city, invented numbers.

Labelled 見本（架空のデータ） everywhere, because its access source is marked as a sample.  It lives in a temporary
state file that is thrown away: real measurements never meet it.  Same bytes every time (fixed days, fixed seed).
"""

from __future__ import annotations

import datetime as dt
import math
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipelines import fiscal
from pipelines.gateways.measurement_records import (
    ActionItem,
    Annotation,
    DayCoverage,
    DayStatus,
    Evaluation,
    ExcludedDay,
    Instruction,
    PeriodFact,
    Revision,
    Series,
    Source,
    SourcePriority,
)
from pipelines.gateways.measurements import Measurements
from pipelines.gateways.store import Store
from pipelines.model import AccessClass, AccessDay, Catalog, Licence, Portal, Target
from pipelines.report.sample_datasets import AS_OF, BEGIN, Entry, made_up, snapshots

_APPROVED = "見本市ICT推進会議（架空）"
_SEASON = (0.92, 0.98, 1.07, 1.10, 0.98, 1.03, 1.12, 1.15, 0.94, 1.00, 1.06, 0.82)
_LOST = frozenset(dt.date(2026, 8, n) for n in (9, 10))
_SHOWN = 30


def sample_catalog() -> Catalog:
    """An invented city with a plan of the same shape."""
    licence = Licence(id="cc-by", title="CC BY 4.0", version="4.0", url="https://creativecommons.org/licenses/by/4.0/")
    targets = (
        Target(kpi="datasets", title="データセット数", unit="件", base_fy=2022, base=50, target_fy=2027, target=100),
        Target(
            kpi="accesses", title="年間アクセス件数", unit="件", base_fy=2022, base=70000, target_fy=2027, target=100000
        ),
    )
    return Catalog(
        root=Path(), title="見本市オープンデータカタログ（架空）", publisher="見本市（架空の市）", code="", homepage="",
        licence=licence, credit="", portal=Portal(), targets=targets,
    )  # fmt: skip


def fill(m: Measurements) -> None:
    """Write the whole invented history."""
    entries = made_up()
    with m.transaction():
        _series(m)
        _facts(m)
        _days(m, entries)
        snapshots(m, entries)
        _committee(m)


def history(folder: Path) -> Measurements:
    """The invented history in a state file inside a folder that the caller throws away."""
    m = Measurements(Store(folder / "sample.sqlite3"))
    fill(m)
    return m


def temporary() -> tempfile.TemporaryDirectory[str]:
    """Where it lives while the report is made."""
    return tempfile.TemporaryDirectory(prefix="report-sample-")


def _series(m: Measurements) -> None:
    m.define_series(
        Series(
            series="A0", version="1", name="アクセス件数（従来方式）", definition="以前の解析ツールが報告した値（架空）"
        )
    )
    m.define_series(
        Series(
            series="A1", version="1", name="アクセス件数（本方式）",
            definition="人によるカタログサイトのページ閲覧。ロボット、庁内、30秒以内の二度押しを除く",
        )
    )  # fmt: skip
    m.define_series(
        Series(
            series="A2", version="1", name="データ取得件数", measure="requests", classes=("regular", "machine"),
            definition="ファイルのダウンロードとデータAPI。人と機械を分けて示す",
        )
    )  # fmt: skip
    m.define_series(Series(series="ga4", version="1", name="GA4 の表示回数（参考）", definition="screenPageViews"))
    for name, kind, fed in (("log", "nginx", ("A1", "A2")), ("ga4", "ga4", ("ga4",))):
        m.add_source(Source(source=name, kind=kind, sample=True, note="架空"))
        for series in fed:
            m.set_priority(SourcePriority(series=series, source=name, valid_from=BEGIN))
    m.approve_series("A1", "1", approved_by=_APPROVED, approved_on=dt.date(2024, 3, 20), valid_from=BEGIN)


def _facts(m: Measurements) -> None:
    base = PeriodFact(
        series="A0", start=dt.date(2022, 4, 1), end=dt.date(2023, 3, 31), origin="見本の計画書（架空）", value=70000,
        confidence="公表値",
    )  # fmt: skip
    m.add_period_fact(base)
    for step, share in enumerate(_SEASON):
        month = (2023, 4 + step) if step < 9 else (2024, step - 8)
        m.add_period_fact(
            PeriodFact(
                series="A0", start=fiscal.month_first(month), end=fiscal.month_last(month), origin="月報（架空）",
                value=round(73000 / 12 * share),
            )
        )  # fmt: skip


def _days(m: Measurements, entries: list[Entry]) -> None:
    rng = random.Random(7)
    for day in fiscal.days(BEGIN, AS_OF):
        if day in _LOST:
            m.set_coverage([DayCoverage(source="log", day=day, status=DayStatus.MISSING)])
            continue
        views = _views(day, rng)
        rows = list(_accesses(day, views, entries, rng))
        excluded = _excluded(day, views, rng)
        lines = views + sum(e.lines for e in excluded) + 60
        coverage = DayCoverage(
            source="log", day=day, status=DayStatus.FINAL, lines=lines, counted=views + 60, excluded=lines - views - 60
        )
        m.replace_day("log", day, "見本", rows, excluded=excluded, coverage=coverage)
        _other_tool(m, day, views, rng)


def _views(day: dt.date, rng: random.Random) -> int:
    """Page views of a day: the month's season, slow growth, fewer at weekends, more after a feature in the news."""
    months = (day.year - 2024) * 12 + day.month - 4
    season = _SEASON[(day.month - 4) % 12]
    week = 0.72 if day.weekday() >= 5 else 1.11
    news = 1.35 if dt.date(2026, 5, 8) <= day <= dt.date(2026, 5, 14) else 1.0
    return round(76000 / 365 * season * 1.0042**months * week * news * rng.uniform(0.9, 1.1))


def _accesses(day: dt.date, views: int, entries: list[Entry], rng: random.Random) -> Iterator[AccessDay]:
    """Half of the views are of dataset pages, shared by weight; machines fetch the few popular ones."""
    there = [e for e in entries if e.since <= day][:_SHOWN]
    total = sum(e.weight for e in there)
    left = views
    for number, entry in enumerate(there):
        swing = 1 + 0.5 * math.sin(number * 1.7 + (day.year - 2024) * 2.1)
        n = int(views * 0.6 * entry.weight / total * swing * rng.uniform(0.7, 1.3))
        left -= n
        if n:
            yield AccessDay(
                source="log", day=day, access_class=AccessClass.REGULAR, page_type="dataset", dataset=entry.name,
                page_views=n, investigations=n + n // 4, requests=n // 4,
            )  # fmt: skip
    yield AccessDay(
        source="log", day=day, access_class=AccessClass.REGULAR, page_type="home", dataset="", page_views=left
    )
    for entry in there[:3]:
        yield AccessDay(
            source="log", day=day, access_class=AccessClass.MACHINE, page_type="api", dataset=entry.name,
            requests=rng.randrange(2, 14), investigations=15, api_calls=15,
        )  # fmt: skip


def _excluded(day: dt.date, views: int, rng: random.Random) -> list[ExcludedDay]:
    shares = {"robot": 1.6, "asset": 4.2, "internal": 0.3, "embedded": 0.2, "beacon": 0.9, "status": 0.25,
              "double_click": 0.05, "method": 0.02}  # fmt: skip
    return [
        ExcludedDay(source="log", day=day, reason=reason, lines=round(views * share * rng.uniform(0.9, 1.1)))
        for reason, share in shares.items()
    ]


def _other_tool(m: Measurements, day: dt.date, views: int, rng: random.Random) -> None:
    access = AccessDay(
        source="ga4", day=day, access_class=AccessClass.REGULAR, page_type="other", dataset="",
        page_views=round(views * 0.81 * rng.uniform(0.97, 1.03)),
    )  # fmt: skip
    m.replace_day("ga4", day, "見本", [access], coverage=DayCoverage(source="ga4", day=day, status=DayStatus.FINAL))


def _committee(m: Measurements) -> None:
    """What a secretariat would have typed in."""
    notes = (
        (dt.date(2025, 2, 10), "検索画面を新しくした", "リニューアル"),
        (dt.date(2026, 5, 8), "広報紙で特集", "広報"),
        (dt.date(2026, 8, 9), "ログの保存先の障害で2日分が失われた", "障害"),
    )
    for number, (day, text, kind) in enumerate(notes):
        m.annotate(Annotation(day=day, annotation=str(number), text=text, kind=kind))
    for fy, grade, words in ((2024, "B", "おおむね計画どおり"), (2025, "C", "公開は進んだが、閲覧が伸びていない")):
        for kpi in ("datasets", "accesses"):
            m.record_evaluation(
                Evaluation(
                    fiscal_year=fy, kpi=kpi, proposed_grade=grade, self_grade="B", self_text="職員研修を実施した",
                    committee_grade=grade, committee_text=words, decided_on=dt.date(fy + 1, 6, 10),
                )
            )  # fmt: skip
    m.record_instruction(
        Instruction(
            instruction="R7-1", fiscal_year=2025, text="公開候補の一覧を各課に照会すること", owner="事務局",
            due=dt.date(2026, 9, 30), followup="12課から回答があり、5件を準備中",
        )
    )  # fmt: skip
    m.record_instruction(
        Instruction(
            instruction="R7-2", fiscal_year=2025, text="リンク切れを四半期ごとに点検すること", owner="公共施設課",
            due=dt.date(2026, 6, 30), status="done", followup="毎週の自動点検を始めた",
        )
    )  # fmt: skip
    m.record_action(
        ActionItem(
            item="R8-1", fiscal_year=2026, text="防災分野のデータセットを公開する", owner="危機管理課",
            due=dt.date(2027, 1, 31), planned=3,
        )
    )  # fmt: skip
    m.record_action(
        ActionItem(
            item="R8-2", fiscal_year=2026, text="職員向け研修を2回行う", owner="事務局", done=True,
            done_on=dt.date(2026, 8, 5),
        )
    )  # fmt: skip
    m.add_revision(
        Revision(
            subject="access_daily log 2026-06-15", at="2026-06-25T09:00:00+09:00", old="閲覧 231（ログ 1,820 行）",
            new="閲覧 244（ログ 1,902 行）", reason="遅れて届いたログを含めて再集計", source="log",
            day=dt.date(2026, 6, 15),
        )
    )  # fmt: skip
