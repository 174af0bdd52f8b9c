"""What follows publishing: today's measurements and the growth report."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.gateways.store import Store
from pipelines.model import CatalogError, Department
from pipelines.run.conduct import now
from pipelines.run.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.measure import MeasureResult


def measured(workspace: Workspace, store: Store, url: str, datasets: list[dict[str, Any]]) -> tuple[str, ...]:
    """Today's snapshot and CKAN's own tracking totals; a failure is told and never undoes what is published."""
    try:
        return tuple(told(measure_today(workspace, store, url, datasets)))
    except CatalogError as error:
        return (f"計測できませんでした: {error}",)


def measure_today(workspace: Workspace, store: Store, url: str, datasets: list[dict[str, Any]]) -> MeasureResult:
    """Measure from a list of datasets already read, so that it costs no further request."""
    from pipelines.gateways.measurements import Measurements
    from pipelines.measure import measure

    return measure(_Listed(url, datasets), Measurements(store), workspace.catalog, now)


def told(result: MeasureResult) -> list[str]:
    """A measuring as sentences."""
    samples = f"（ほかに見本 {result.samples} 件）" if result.samples else ""
    lines = [f"計測 {result.day}: 公開データセット {result.counted} 件{samples}"]
    if result.accesses is not None:
        lines.append(f"計測 {result.day}: CKAN の閲覧集計 {result.accesses} 件（参考）")
    return lines


class _Listed:
    """The portal's datasets as already read."""

    def __init__(self, url: str, datasets: list[dict[str, Any]]) -> None:
        self.url = url
        self._datasets = datasets

    def search_all(self, **criteria: Any) -> list[dict[str, Any]]:
        """All datasets seen."""
        return self._datasets


def reported(workspace: Workspace, store: Store, departments: tuple[Department, ...]) -> Path:
    """The report of today: HTML and JSON."""
    from pipelines.gateways.measurements import Measurements
    from pipelines.report import render, report

    made = report(Measurements(store), workspace.catalog, now().date(), departments=titles(departments))
    with tempfile.TemporaryDirectory(prefix="report-") as folder:
        fresh = render(made, "json", Path(folder))
        kept = workspace.reports / fresh.name
        page = kept.with_suffix(".html")
        if page.is_file() and kept.is_file() and kept.read_bytes() == fresh.read_bytes():
            return page  # same numbers, same page: drawing the charts again would only cost seconds
    page.unlink(missing_ok=True)
    render(made, "json", workspace.reports)
    return render(made, "html", workspace.reports)


def titles(departments: tuple[Department, ...]) -> dict[str, str]:
    """Organization name → how it reads in a report."""
    return {d.id: f"{d.title}（見本：{d.municipality}）" if d.sample else d.title for d in departments}
