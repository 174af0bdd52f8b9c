"""What follows publishing: today's measurements, the configured imports, and the growth report.

A failure here is told and never undoes what is published.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipelines import fiscal
from pipelines.gateways.store import Store
from pipelines.model import CatalogError, ConfigError, Department
from pipelines.run.conduct import now
from pipelines.run.workspace import Workspace, private_text

if TYPE_CHECKING:
    from pipelines.gateways.web import Link
    from pipelines.measure import Around, MeasureResult

Ask = Callable[[str], "Link"]


def measured(workspace: Workspace, store: Store, url: str, datasets: list[dict[str, Any]]) -> tuple[str, ...]:
    """Today's snapshot, CKAN's own tracking totals and the configured imports, as sentences."""
    lines: list[str] = []
    for step in (_snapshot, _imports, _example):
        try:
            lines += step(workspace, store, url, datasets)
        except CatalogError as error:
            lines.append(f"計測できませんでした: {error}")
    return tuple(lines)


def _snapshot(workspace: Workspace, store: Store, url: str, datasets: list[dict[str, Any]]) -> list[str]:
    from pipelines.gateways.measurements import Measurements
    from pipelines.measure import links_due

    settings = workspace.catalog.settings.get("measure", {})
    ask = asking(url) if links_due(Measurements(store), settings, now().date()) else None
    return told(measure_today(workspace, store, url, datasets, ask))


def _imports(workspace: Workspace, store: Store, url: str, datasets: list[dict[str, Any]]) -> list[str]:
    settings = workspace.catalog.settings.get("measure", {})
    if not settings.get("sources"):
        return []
    from pipelines.gateways.measurements import Measurements
    from pipelines.measure import import_configured

    return import_configured(Measurements(store), settings, around(workspace))


def _example(workspace: Workspace, store: Store, url: str, datasets: list[dict[str, Any]]) -> list[str]:
    """While nothing was counted yet: where to see what a mature report looks like (drawn once)."""
    from pipelines.gateways.measurements import Measurements
    from pipelines.report import edition, render, sample_report

    if Measurements(store).has_accesses():
        return []
    folder = workspace.reports / "sample"
    drawn, stamp = workspace.reports / ".drawn" / "sample", edition()
    found = sorted(folder.glob("report-*.html"))
    if not found or not drawn.is_file() or drawn.read_text() != stamp:
        found = [render(sample_report(), "html", folder)]
        drawn.parent.mkdir(parents=True, exist_ok=True)
        drawn.write_text(stamp)
    return [f"アクセスは未計測です。記録がたまったときの報告書の見本（架空のデータ）: {found[0]}"]


def measure_today(
    workspace: Workspace, store: Store, url: str, datasets: list[dict[str, Any]], ask: Ask | None = None
) -> MeasureResult:
    """Measure from a list of datasets already read, so that it costs no further request of the portal's API."""
    from pipelines.gateways.measurements import Measurements
    from pipelines.measure import measure

    return measure(_Listed(url, datasets), Measurements(store), workspace.catalog, now, ask)


def told(result: MeasureResult) -> list[str]:
    """A measuring as sentences."""
    samples = f"（ほかに見本 {result.samples} 件）" if result.samples else ""
    lines = [f"計測 {result.day}: 公開データセット {result.counted} 件{samples}"]
    if result.accesses is not None:
        lines.append(f"計測 {result.day}: CKAN の閲覧集計 {result.accesses} 件（参考）")
    if result.dead_links:
        lines.append(f"計測 {result.day}: 開けないファイル {result.dead_links} 件（measure links で内訳）")
    return lines


class _Listed:
    """The portal's datasets as already read."""

    def __init__(self, url: str, datasets: list[dict[str, Any]]) -> None:
        self.url = url
        self._datasets = datasets

    def search_all(self, **criteria: Any) -> list[dict[str, Any]]:
        """All datasets seen."""
        return self._datasets


# ── what surrounds an import ───────────────────────────────────────────────────────────────────


def asking(url: str) -> Ask:
    """One polite client that asks whether an address answers; the portal itself may be at a private address."""
    from pipelines.gateways.web import Web

    return Web(timeout=10, own_hosts=[urlsplit(url).netloc]).link


def around(workspace: Workspace) -> Around:
    """The clock, the drop's folder, credentials from the environment, and the web."""
    from pipelines.gateways.web import Web
    from pipelines.measure import Around

    return Around(clock=now, root=workspace.datasets, credential=credential, web=Web)


def credential(name: str) -> str:
    """``NAME`` from the environment, or the file ``NAME_FILE`` that only its owner may read; ConfigError without."""
    if found := os.environ.get(name, "").strip():
        return found
    if path := os.environ.get(f"{name}_FILE", "").strip():
        return private_text(Path(path))
    raise ConfigError(f"環境変数 {name}（または {name}_FILE）がありません。鍵は設定ファイルに書かないでください。")


# ── the report ─────────────────────────────────────────────────────────────────────────────────


def reported(workspace: Workspace, store: Store, departments: tuple[Department, ...]) -> Path | None:
    """The report of today as HTML and JSON, drawn only where numbers or the drawing itself changed; None: refused."""
    from pipelines.gateways.measurements import Measurements
    from pipelines.report import edition, json_text, render, report

    try:
        made = report(Measurements(store), workspace.catalog, now().date(), departments=titles(departments))
    except ConfigError:
        return None  # `publish.py report` says why
    stamp = hashlib.sha256(f"{edition()}\n{json_text(made)}".encode()).hexdigest()
    page = workspace.reports / f"report-{fiscal.short(made.fiscal_year)}.html"
    drawn = workspace.reports / ".drawn" / page.stem
    if page.is_file() and drawn.is_file() and drawn.read_text() == stamp:
        return page
    render(made, "json", workspace.reports)
    render(made, "html", workspace.reports)
    drawn.parent.mkdir(exist_ok=True)
    drawn.write_text(stamp)
    return page


def titles(departments: tuple[Department, ...]) -> dict[str, str]:
    """Organization name → how it reads in a report."""
    return {d.id: f"{d.title}（見本：{d.municipality}）" if d.sample else d.title for d in departments}
