"""Counting and reporting by command, outside the scheduled run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import fiscal
from pipelines.intake import intake
from pipelines.model import ConfigError
from pipelines.run.after import measure_today, titles, told
from pipelines.run.conduct import now
from pipelines.run.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.gateways.measurements import Measurements


def today(workspace: Workspace) -> list[str]:
    """Take today's snapshot from the portal."""
    portal = workspace.portal()
    with workspace.locked(), workspace.store() as store:
        return told(measure_today(workspace, store, portal.url, portal.search_all()))


def import_files(workspace: Workspace, files: Sequence[Path], source: str) -> list[str]:
    """Import logs or exports of a source that catalog.yaml names (``measure: sources:``); its kind decides how.

    Raises :class:`ConfigError` for an unknown source or a file that is none of its kind.
    """
    from pipelines.gateways.measurements import Measurements
    from pipelines.measure import configure

    with workspace.locked(), workspace.store() as store:
        measurements = Measurements(store)
        configure(measurements, workspace.catalog.settings.get("measure", {}))
        if source == "facts":
            return _facts(files, measurements)
        known = {s.source: s.kind for s in measurements.sources()}
        kind = known.get(source, source)
        if kind in ("nginx", "apache", "cdn"):
            return _logs(workspace, files, source, measurements)
        if kind in ("ga4", "matomo", "ckan_tracking"):
            return _exports(files, source, kind, measurements)
    raise ConfigError(
        f"計測元「{source}」を catalog.yaml の measure.sources に書いてください（nginx、ga4、matomo など）。"
    )


def _facts(files: Sequence[Path], measurements: Measurements) -> list[str]:
    from pipelines.measure import import_period_csv

    return [f"{file.name}: {import_period_csv(file, measurements)} 期間" for file in files]


def _logs(workspace: Workspace, files: Sequence[Path], source: str, measurements: Measurements) -> list[str]:
    from pipelines.measure import Rules, import_logs

    rules = Rules.from_settings(workspace.catalog.settings.get("measure", {}).get("rules", {}))
    result = import_logs(files, source, measurements, rules)
    lines = [f"読んだ行 {result.lines:,}、数えた行 {result.counted:,}、除いた行 {sum(result.excluded.values()):,}"]
    lines += [f"  除外 {reason}: {count:,}" for reason, count in sorted(result.excluded.items())]
    lines += [f"前に取り込んだファイル: {name}" for name in result.repeated]
    lines.append(f"集計し直した日: {len(result.changed_days)} 日")
    return [*lines, *result.warnings]


def _exports(files: Sequence[Path], source: str, kind: str, measurements: Measurements) -> list[str]:
    from pipelines import measure

    day = now().date()
    if kind == "ckan_tracking":
        return [f"{f.name}: {len(measure.import_tracking_csv(f, measurements, today=day))} 日" for f in files]
    read = measure.import_ga4_csv if kind == "ga4" else measure.import_matomo_csv
    return [f"{f.name}: {len(read(f, measurements, source=source, today=day).days)} 日" for f in files]


def write_report(workspace: Workspace, as_of: str | None, fy: str | None, form: str) -> list[str]:
    """Write the growth report; the paths written."""
    from pipelines.gateways.measurements import Measurements
    from pipelines.measure import configure
    from pipelines.report import FORMATS, render, report

    departments = titles(intake(workspace.catalog, workspace.schemas).departments)
    with workspace.store() as store:
        measurements = Measurements(store)
        configure(measurements, workspace.catalog.settings.get("measure", {}))
        made = report(measurements, workspace.catalog, _day(as_of), _year(fy), departments=departments)
        formats = FORMATS if form == "all" else (form,)
        return [str(render(made, one, workspace.reports)) for one in formats]


def _day(text: str | None) -> dt.date:
    if text is None:
        return now().date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"「{text}」は 2026-10-31 のように書いてください。") from None


def _year(text: str | None) -> int | None:
    """R8, 令和8年度 or 2026 → 2026."""
    if text is None:
        return None
    try:
        return fiscal.parse(text)
    except ValueError:
        raise ConfigError(f"年度「{text}」は R8 か 2026 のように書いてください。") from None
