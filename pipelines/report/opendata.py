"""The KPI as an open dataset of the city's own: 「オープンデータの公開数・アクセス数」, a row per KPI and year."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines import fiscal
from pipelines.gateways.measurements import Measurements
from pipelines.model import Catalog, Target
from pipelines.report import kpi, numbers
from pipelines.report.evidence import Evidence, gather
from pipelines.report.standing import Standing, accesses, datasets
from pipelines.report.trend import year_rows

NAME = "opendata_kpi"
TITLE = "オープンデータの公開数・アクセス数"
NOTES = (
    "オープンデータカタログの公開データセット数と年間アクセス件数を、計画の基準値・目標値とともに年度ごとに示します。"
    "参考経路は基準値と目標値を直線で結んだ目安で、計画の目標値ではありません。"
    "空欄は未計測（0ではありません）。速報の値は後から変わることがあります。"
    "このデータセットを公開数に数えるかどうかは、会議の決定によります。"
)
COLUMNS: tuple[tuple[str, str, str, str, bool], ...] = (
    ("指標ID", "string", "kpi", "指標を区別する記号", True),
    ("指標名", "string", "title", "計画での指標の呼び名", True),
    ("年度", "integer", "fiscal_year", "4月に始まる年度（西暦）", True),
    ("年度（和暦）", "string", "fiscal_year_ja", "年度の和暦表記", True),
    ("値", "integer", "value", "実績。空欄は未計測（0ではありません）", False),
    ("単位", "string", "unit", "値の単位", True),
    ("状態", "string", "state", "計画書の基準値、公表値、確定、速報、未計測、見本のみ、これから", True),
    ("基準日", "date", "as_of", "この行の値がいつ現在のものか", True),
    ("計測日数", "integer", "covered_days", "アクセスを数えられた日数（公開数では空欄）", False),
    ("欠測日数", "integer", "missing_days", "数えられなかった日数。0件とは違います（公開数では空欄）", False),
    ("参考経路", "number", "reference", "基準値と目標値を直線で結んだ目安（按分値）", True),
    ("進捗率", "number", "progress", "（値－基準値）÷（目標値－基準値）×100。年度の途中のアクセス件数では空欄", False),
    ("達成率", "number", "achievement", "値÷目標値×100。年度の途中のアクセス件数では空欄", False),
    ("基準値", "integer", "base", "計画の基準値", True),
    ("目標値", "integer", "target", "計画の目標値", True),
    ("系列", "string", "series", "アクセスの数え方の系列。公開数では空欄", False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiDataset:
    """The open dataset: ``rows`` by column name, ``csv`` (UTF-8 text, CRLF) and its Table Schema."""

    name: str
    title: str
    notes: str
    rows: tuple[Mapping[str, Any], ...]
    csv: str
    schema: Mapping[str, Any]
    sample: bool = False


def kpi_dataset(measurements: Measurements, catalog: Catalog, as_of: dt.date) -> KpiDataset:
    """Both KPIs from the base year to the target year as of a day.

    ``sample`` says that access figures come from a sample source: such a dataset must not be published as the city's.
    """
    evidence = gather(measurements, catalog, as_of, fiscal.fiscal_year(as_of))
    found = [s for s in (datasets(evidence), accesses(evidence)) if s is not None]
    rows = tuple(row for s in found for row in _rows(evidence, s))
    return KpiDataset(
        name=NAME, title=TITLE, notes=NOTES, rows=rows, csv=_csv(rows), schema=table_schema(), sample=evidence.synthetic
    )


def table_schema() -> dict[str, Any]:
    """The Table Schema (Frictionless) with titles and descriptions; the key is indicator and year."""
    return {
        "fields": [
            {"name": name, "type": kind, "title": english, "description": words, "constraints": {"required": needed}}
            for name, kind, english, words, needed in COLUMNS
        ],
        "primaryKey": ["指標ID", "年度"],
        "missingValues": [""],
    }


def _rows(evidence: Evidence, s: Standing) -> list[dict[str, Any]]:
    return [_row(evidence, s, *year) for year in year_rows(evidence, s)]


def _row(
    evidence: Evidence, s: Standing, fy: int, value: float | None, state: str, covered: int, missing: int
) -> dict[str, Any]:
    flow, target = s.kind == kpi.FLOW, s.target
    judged = None if flow and state == "速報" else value
    series = evidence.official_by_fy.get(fy, "") if flow and fy <= evidence.fy else ""
    return {
        "指標ID": target.kpi,
        "指標名": target.title,
        "年度": fy,
        "年度（和暦）": fiscal.label(fy),
        "値": numbers.rounded(value),
        "単位": target.unit,
        "状態": state,
        "基準日": min(evidence.as_of, fiscal.last_day(fy)).isoformat(),
        "計測日数": covered if flow else None,
        "欠測日数": missing if flow else None,
        "参考経路": numbers.rounded(kpi.reference(target, fy), 1),
        "進捗率": _percent(judged, target, kpi.progress_rate),
        "達成率": _percent(judged, target, kpi.achievement_rate),
        "基準値": numbers.rounded(target.base),
        "目標値": numbers.rounded(target.target),
        "系列": series,
    }


def _percent(value: float | None, target: Target, rate: Any) -> float | int | None:
    return None if value is None else numbers.rounded(rate(target, value) * 100, 1)


def _csv(rows: tuple[Mapping[str, Any], ...]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, [name for name, *_ in COLUMNS], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({k: "" if v is None else v for k, v in row.items()} for row in rows)
    return out.getvalue()
