"""The invented city's datasets: what they are, how they grew month by month, and how good they are."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from pipelines import fiscal
from pipelines.gateways.measurement_records import DatasetEvent, QualityDay
from pipelines.gateways.measurements import Measurements
from pipelines.model import DatasetDay
from pipelines.report.advice import candidates

AS_OF = dt.date(2026, 10, 31)
BEGIN = dt.date(2024, 4, 1)
_DEPARTMENTS = (
    "危機管理課",
    "こども政策課",
    "道路管理課",
    "健康増進課",
    "観光課",
    "統計担当",
    "環境政策課",
    "公共施設課",
)
#: days after which a declared frequency is due, overdue and long overdue (the same as those measured with)
_DUE = {"毎月": (30, 44, 60), "毎年": (365, 425, 455)}
_FRESHNESS = ("最新", "更新時期", "遅れ", "長期未更新")
_AGES = (12, 380, 25, 40, 200, 440, 20, 300, 90, 52, 480)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One invented dataset: since when, and its share of the use."""

    name: str
    title: str
    department: str
    standard: str
    since: dt.date
    weight: float


def made_up() -> list[Entry]:
    """79 datasets: 60 were there at the start, the others came month by month."""
    rng = random.Random(31)
    chosen = [c for number, c in enumerate(candidates()) if number % 3 != 2][:79]
    found = []
    for number, candidate in enumerate(chosen):
        since = BEGIN if number < 60 else fiscal.month_first(fiscal.shift((2024, 5), (number - 60) * 30 // 19))
        found.append(
            Entry(
                name=f"sample-{number:03d}", title=candidate.title, since=since,
                weight=min(rng.paretovariate(1.3), 5.0),
                department=_DEPARTMENTS[number % len(_DEPARTMENTS)],
                standard=candidate.standard if candidate.standard and number % 2 == 0 else "",
            )
        )  # fmt: skip
    return found


def snapshots(m: Measurements, entries: list[Entry]) -> None:
    """One snapshot at each month's end (the quality only of the last one), and what came in between."""
    for step in range(32):
        day = fiscal.month_last(fiscal.shift((2024, 3), step))
        there = [e for e in entries if e.since <= max(day, BEGIN)]
        rows = [_dataset(e, day, number) for number, e in enumerate(there)]
        m.snapshot(day, rows, [_quality(e, day, n) for n, e in enumerate(there)] if day == AS_OF else [])
    m.add_events(
        DatasetEvent(day=e.since, dataset=e.name, event="added", title=e.title, organization=e.department)
        for e in entries
        if e.since > BEGIN
    )
    m.add_events(
        [
            DatasetEvent(
                day=dt.date(2026, 7, 3), dataset="sample-old", event="removed", title="旧・施設案内（架空）",
                organization="公共施設課", note="新しい一覧に統合",
            )
        ]
    )  # fmt: skip


def _dataset(entry: Entry, day: dt.date, number: int) -> DatasetDay:
    return DatasetDay(
        day=day, dataset=entry.name, title=entry.title, organization=entry.department, counted=True,
        standard=entry.standard, licence="cc-by", open=True, resources=1 + number % 3,
        formats=(("CSV",), ("CSV", "GEOJSON"), ("XLSX",), ("PDF",))[number % 7 % 4],
        frequency=_frequency(number), data_modified=(day - dt.timedelta(days=_age(entry, day, number))).isoformat(),
    )  # fmt: skip


def _quality(entry: Entry, day: dt.date, number: int) -> QualityDay:
    kind = number % 7 % 4
    return QualityDay(
        day=day, dataset=entry.name, stars=(3, 3, 2, 1)[kind], age_days=_age(entry, day, number),
        freshness=_freshness(_frequency(number), _age(entry, day, number)),
        links_ok=1, links_bad=int(number in (11, 37)), mqa_points=(290, 310, 240, 170)[kind] - number % 5 * 10,
        substantial=kind != 3, family=entry.title if number % 9 else "人口統計",
        fixes=(("対象期間を書く（+20点）",), ("タグを付ける（+30点）", "対象期間を書く（+20点）"),
               ("特定のソフトによらない形式（CSVなど）で出す（+20点）",), ("機械が読める形式で出す（+20点）",))[kind],
        mqa={"keyword": 30 * (kind != 1), "temporal": 0, "format": 20, "licence": 20},
    )  # fmt: skip


def _frequency(number: int) -> str:
    return ("毎年", "毎月", "毎年", "", "毎年", "随時")[number % 6]


def _age(entry: Entry, day: dt.date, number: int) -> int:
    """Days since the data changed: never longer than the dataset is there."""
    return _AGES[number % len(_AGES)] if entry.since <= BEGIN else min(_AGES[number % 11], (day - entry.since).days)


def _freshness(frequency: str, age: int) -> str:
    """The word for an age under a declared frequency."""
    if frequency not in _DUE:
        return "最新" if frequency else "頻度未設定"
    return _FRESHNESS[sum(age >= limit for limit in _DUE[frequency])]
