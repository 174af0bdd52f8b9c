"""What follows publishing: today's measurements and the growth report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.gateways.store import Store
from pipelines.model import CatalogError
from pipelines.publish import Planned
from pipelines.run.conduct import now
from pipelines.run.workspace import Workspace


def measured(workspace: Workspace, store: Store, portal: Any, planned: Planned, *, wrote: bool) -> tuple[str, ...]:
    """Today's snapshot and CKAN's own tracking totals; a failure is told and never stops what is published."""
    from pipelines.gateways.measurements import Measurements
    from pipelines.measure import measure

    present = portal.search_all() if wrote else list(planned.portal.values())
    try:
        result = measure(_Listed(portal.url, present), Measurements(store), workspace.catalog, now())
    except CatalogError as error:
        return (f"計測できませんでした: {error}",)
    return tuple(result.notes)


class _Listed:
    """The portal's datasets as already read, so that measuring costs no further request."""

    def __init__(self, url: str, datasets: list[dict[str, Any]]) -> None:
        self.url = url
        self._datasets = datasets

    def search_all(self, **criteria: Any) -> list[dict[str, Any]]:
        """All datasets seen."""
        return self._datasets


def reported(workspace: Workspace, store: Store) -> Path:
    """The report of today: HTML and JSON."""
    from pipelines.gateways.measurements import Measurements
    from pipelines.report import render, report

    made = report(Measurements(store), workspace.catalog, now().date())
    render(made, "json", workspace.reports)
    return render(made, "html", workspace.reports)
