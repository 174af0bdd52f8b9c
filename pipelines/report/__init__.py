"""Progress against the target, as one value and five renderings with equal numbers.

``report`` reads the measurement tables once (as of a day, no clock) and makes the :class:`Report`; ``render`` writes it
as HTML, JSON, CSV, XLSX or DOCX; ``kpi_dataset`` is the KPI as an open dataset of the city's own.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from pipelines import fiscal
from pipelines.gateways.measurements import Measurements
from pipelines.model import Catalog, ConfigError, Progress
from pipelines.report import advice, annex, causes, kpi, method, outlook, quality, review, summary, trend
from pipelines.report.changes import changes
from pipelines.report.csvjson import json_text
from pipelines.report.evidence import Evidence, gather
from pipelines.report.opendata import KpiDataset, kpi_dataset
from pipelines.report.paper import Report
from pipelines.report.standing import Standing, accesses, datasets

__all__ = [
    "FORMATS",
    "KpiDataset",
    "Report",
    "changes",
    "edition",
    "json_text",
    "kpi_dataset",
    "progress",
    "render",
    "report",
    "sample_report",
]

FORMATS = ("html", "json", "csv", "xlsx", "docx")
SYNTHETIC = "見本（架空のデータ）"


def report(
    measurements: Measurements,
    catalog: Catalog,
    as_of: dt.date,
    fy: int | None = None,
    *,
    departments: Mapping[str, str] | None = None,
) -> Report:
    """The report for a fiscal year (default: the one ``as_of`` lies in) with what is known on that day.

    A closed year is reported as of its 31 March.  ``departments`` gives organizations their Japanese names.
    Raises ConfigError for a year that has not begun, or an official access series without its approval.
    """
    evidence = evidence_for(measurements, catalog, as_of, fy, departments)
    standings = tuple(s for s in (datasets(evidence), accesses(evidence)) if s is not None)
    return _report(evidence, standings)


def sample_report() -> Report:
    """The full report of a made-up history of an invented city, labelled 見本（架空のデータ）; always the same."""
    from pipelines.report import sample, sample_datasets

    with sample.temporary() as folder:
        measurements = sample.history(Path(folder))
        try:
            return report(measurements, sample.sample_catalog(), sample_datasets.AS_OF)
        finally:
            measurements.store.close()


def edition() -> str:
    """A digest of everything that draws a report: our code and template, and the versions of the drawing libraries."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(p for p in here.rglob("*") if p.suffix in (".py", ".j2", ".json")):
        digest.update(path.read_bytes())
    for name in ("vl-convert-python", "jinja2"):
        digest.update(metadata.version(name).encode())
    return digest.hexdigest()


def evidence_for(
    measurements: Measurements,
    catalog: Catalog,
    as_of: dt.date,
    fy: int | None = None,
    departments: Mapping[str, str] | None = None,
) -> Evidence:
    """What a report of that day and year rests on."""
    year = fiscal.fiscal_year(as_of) if fy is None else fy
    if fiscal.first_day(year) > as_of:
        raise ConfigError(f"{fiscal.label(year)}は{as_of.isoformat()}の時点でまだ始まっていません。")
    return gather(measurements, catalog, min(as_of, fiscal.last_day(year)), year, departments)


def progress(
    measurements: Measurements, catalog: Catalog, as_of: dt.date, fy: int | None = None
) -> tuple[Progress, ...]:
    """Each KPI of the year as a :class:`Progress`: the few numbers another command needs (``status``)."""
    evidence = evidence_for(measurements, catalog, as_of, fy)
    found = (datasets(evidence), accesses(evidence))
    return tuple(_progress(evidence, s) for s in found if s is not None)


def _progress(evidence: Evidence, s: Standing) -> Progress:
    source = evidence.official_by_fy.get(s.fy, "") if s.kind == kpi.FLOW else "catalogue"
    return Progress(
        kpi=s.target.kpi,
        fiscal_year=s.fy,
        as_of=evidence.as_of,
        value=s.value,
        reference=s.reference,
        covered_days=s.covered,
        missing_days=len(s.missing),
        final=s.final,
        source=source,
    )


def _report(evidence: Evidence, standings: tuple[Standing, ...]) -> Report:
    catalog = evidence.catalog
    sections = (
        summary.section(evidence, standings),
        trend.section(evidence, standings),
        outlook.section(evidence, standings),
        causes.section(evidence),
        quality.section(evidence),
        advice.section(evidence, standings),
        review.section(evidence, standings),
        method.section(evidence, standings),
        annex.section(evidence),
    )
    return Report(
        title=f"オープンデータ成長報告書　{fiscal.label(evidence.fy)}",
        publisher=catalog.publisher,
        as_of=evidence.as_of,
        as_of_text=f"{fiscal.wareki(evidence.as_of)}（{evidence.as_of.isoformat()}）現在",
        fiscal_year=evidence.fy,
        fiscal_label=fiscal.label(evidence.fy),
        label=SYNTHETIC if evidence.synthetic else "",
        notices=tuple(summary.warnings(evidence)),
        definition=method.official_text(evidence),
        cards=tuple(summary.card(evidence, s) for s in standings),
        sections=sections,
        source_note=catalog.title,
        licence=catalog.licence.title,
        licence_url=catalog.licence.url,
    )


def render(made: Report, format: str, folder: Path) -> Path:
    """Write one rendering into ``folder`` and return its path.  Raises ConfigError for an unknown format.

    Same report, same bytes for html, json and csv.
    """
    if format not in FORMATS:
        raise ConfigError(f"報告書の形式「{format}」はありません。使える形式: {'、'.join(FORMATS)}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"report-{fiscal.short(made.fiscal_year)}.{format}"
    if format == "html":
        from pipelines.report.html import html_page

        path.write_text(html_page(made), encoding="utf-8", newline="\n")
    elif format == "json":
        path.write_text(json_text(made), encoding="utf-8", newline="\n")
    elif format == "csv":
        from pipelines.report.csvjson import csv_text

        path.write_text(csv_text(made), encoding="utf-8-sig", newline="")
    elif format == "xlsx":
        from pipelines.report.xlsx import write_workbook

        write_workbook(made, path)
    else:
        from pipelines.report.docx import write_paper

        write_paper(made, path)
    return path
