"""The growth report by command: as of a day, compared with an earlier one, or of a made-up history."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import fiscal
from pipelines.intake import intake
from pipelines.model import ConfigError
from pipelines.run.after import titles
from pipelines.run.conduct import now
from pipelines.run.measuring import day, measurements_of, year
from pipelines.run.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.report import Report


def write_report(
    workspace: Workspace, as_of: str | None, fy: str | None, form: str, compare: str | None = None
) -> list[str]:
    """Write the growth report (and keep its numbers for later comparisons); the paths written, then the changes."""
    from pipelines.report import render, report

    departments = _departments(workspace)
    when = now().date() if as_of is None else day(as_of)
    with measurements_of(workspace, locked=False) as measurements:
        made = report(measurements, workspace.catalog, when, None if fy is None else year(fy), departments=departments)
    told = _compared(workspace, made, compare) if compare is not None else []
    paths = [str(render(made, one, workspace.reports)) for one in _formats(form)]
    _keep(workspace, made)
    return [*paths, *told]


def _departments(workspace: Workspace) -> dict[str, str]:
    """Departments' names; a drop that cannot be read is another command's concern, the report then shows their ids."""
    try:
        return titles(intake(workspace.catalog, workspace.schemas).departments)
    except ConfigError:
        return {}


def write_sample(workspace: Workspace, form: str) -> list[str]:
    """The full report of a made-up history, labelled as such everywhere; beside the real ones, never mixed."""
    from pipelines.report import render, sample_report

    made = sample_report()
    return [str(render(made, one, workspace.reports / "sample")) for one in _formats(form)]


def _formats(form: str) -> tuple[str, ...]:
    from pipelines.report import FORMATS

    return FORMATS if form == "all" else (form,)


# ── comparing with an earlier report ───────────────────────────────────────────────────────────


def _history(workspace: Workspace) -> Path:
    return workspace.reports / "history"


def _keep(workspace: Workspace, made: Report) -> None:
    """The numbers of this report under its year and day; the same day again replaces them."""
    from pipelines.report import json_text

    folder = _history(workspace)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"report-{fiscal.short(made.fiscal_year)}-{made.as_of.isoformat()}.json"
    (folder / name).write_text(json_text(made), encoding="utf-8", newline="\n")


def _compared(workspace: Workspace, made: Report, wanted: str) -> list[str]:
    """What changed since the last earlier report (``last``), or since the last one up to a day."""
    from pipelines.report import changes

    limit = made.as_of - dt.timedelta(days=1) if wanted == "last" else day(wanted)
    earlier = [(when, path) for when, path in _kept(workspace) if when <= limit]
    if not earlier:
        raise ConfigError(f"{limit} までに作った報告書の記録がありません（{_history(workspace)}）。")
    when, path = max(earlier)
    before = json.loads(path.read_text(encoding="utf-8"))
    lines = changes(before, made)
    return [f"{when} の報告書からの変化:", *(f"  {line}" for line in lines or ["変わった数値はありません。"])]


def _kept(workspace: Workspace) -> list[tuple[dt.date, Path]]:
    return [(dt.date.fromisoformat(path.stem[-10:]), path) for path in _history(workspace).glob("report-*.json")]
