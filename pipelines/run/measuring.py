"""Counting by command, outside the scheduled run; and what both share: configured sources, credentials."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import fiscal
from pipelines.model import ConfigError
from pipelines.run.after import around, asking, measure_today, told
from pipelines.run.conduct import now
from pipelines.run.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.gateways.measurements import Measurements
    from pipelines.measure.overview import Overview


@contextmanager
def measurements_of(workspace: Workspace, *, locked: bool = True) -> Iterator[Measurements]:
    """The measurement tables, with catalog.yaml's ``measure:`` applied; one writer at a time."""
    from contextlib import nullcontext

    from pipelines.gateways.measurements import Measurements
    from pipelines.measure import configure

    with workspace.locked() if locked else nullcontext(), workspace.store() as store:
        measurements = Measurements(store)
        configure(measurements, settings(workspace))
        yield measurements


def settings(workspace: Workspace) -> dict[str, Any]:
    """``measure:`` of catalog.yaml."""
    found: dict[str, Any] = dict(workspace.catalog.settings.get("measure", {}))
    return found


def today(workspace: Workspace, *, links: bool = False) -> list[str]:
    """Take today's snapshot from the portal and import what is configured; ``links`` also asks every address."""
    from pipelines.gateways.ckan_lines import with_views
    from pipelines.measure import import_configured

    portal = workspace.portal()
    if workspace.catalog.portal.kind == "embedded":
        workspace.embedded("tracking-update")
    with workspace.locked(), workspace.store() as store:
        from pipelines.gateways.measurements import Measurements

        ask = asking(portal.url) if links else None
        result = measure_today(workspace, store, portal.url, with_views(portal, portal.search_all()), ask)
        imported = import_configured(Measurements(store), settings(workspace), around(workspace))
    dead = [f"  {dataset}: {url}（{why}）" for dataset, url, why in result.dead] if links else []
    return [*told(result), *dead, *imported]


def import_files(
    workspace: Workspace, files: Sequence[Path], source: str, start: str | None, end: str | None
) -> list[str]:
    """Import logs or exports of a source that catalog.yaml names (``measure: sources:``); its kind decides how.

    Raises :class:`ConfigError` for an unknown source or a file that is none of its kind.
    """
    from pipelines.measure import EXPORTS, LOGS, Rules, import_paths

    rules = Rules.from_settings(settings(workspace).get("rules", {}))
    with measurements_of(workspace) as measurements:
        kind = {s.source: s.kind for s in measurements.sources()}.get(source, source)
        if kind not in (*LOGS, *EXPORTS):
            known = "、".join((*LOGS, *EXPORTS))
            raise ConfigError(
                f"計測元「{source}」を catalog.yaml の measure.sources に書いてください（種類: {known}）。"
            )
        return import_paths(measurements, files, source, kind, rules, now, _period(start, end))


def _period(start: str | None, end: str | None) -> tuple[dt.date, dt.date] | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise ConfigError("期間は --from と --to の両方を書いてください。")
    return day(start), day(end)


def facts(workspace: Workspace, files: Sequence[Path], reason: str, typed: dict[str, str | None]) -> list[str]:
    """Record figures reported for whole periods, from CSV files or typed in.  Raises :class:`ConfigError`."""
    from pipelines.measure import add_facts, fact_of, import_period_csv

    given = {name: value for name, value in typed.items() if value is not None}
    if (not files or given) and not {"series", "start", "end", "value", "origin"} <= set(given):
        raise ConfigError("CSV のファイルか、--series --from --to --value --origin のすべてを書いてください。")
    with measurements_of(workspace) as measurements, measurements.transaction():
        at = now().isoformat(timespec="seconds")
        lines = [f"{f.name}: {import_period_csv(f, measurements, reason, at)} 期間を記録しました。" for f in files]
        if given:
            fact = fact_of(given, "指定した値")
            add_facts([fact], measurements, reason, at)
            lines.append(f"{fact.series} {fact.start}～{fact.end}: {fact.value:,.0f} 件を記録しました。")
        return lines


def approve(workspace: Workspace, series: str, version: str, by: str, on: str, since: str) -> list[str]:
    """Record that the committee made a definition official.  Raises :class:`ConfigError` without who and when."""
    with measurements_of(workspace) as measurements:
        done = measurements.approve_series(
            series, version, approved_by=by.strip(), approved_on=day(on), valid_from=day(since)
        )
    return [f"{since} から公式: {done.series} 版 {done.version}「{done.name}」（{by}、{on} 承認）"]


def annotate(workspace: Workspace, on: str, text: str, kind: str) -> list[str]:
    """Write an event beside the numbers; the same text of the same day is one."""
    from pipelines.gateways.measurements import Annotation

    when = day(on)
    with measurements_of(workspace) as measurements:
        known = measurements.annotations(when, when)
        if any(a.text == text for a in known):
            return [f"{when} の注記「{text}」は記録済みです。"]
        measurements.annotate(Annotation(day=when, annotation=str(len(known) + 1), text=text, kind=kind))
    return [f"{when} に注記しました: [{kind}] {text}"]


def status(workspace: Workspace) -> tuple[Overview, list[str]]:
    """What is measured, from where, since when, with which gaps: as a value and as sentences."""
    from pipelines.measure.overview import overview
    from pipelines.measure.overview import told as sentences

    with measurements_of(workspace, locked=False) as measurements:
        state = overview(measurements)
    return state, sentences(state)


def day(text: str) -> dt.date:
    """2026-10-31 as a day.  Raises :class:`ConfigError`."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"「{text}」は 2026-10-31 のように書いてください。") from None


def year(text: str) -> int:
    """R8, 令和8年度 or 2026 → 2026.  Raises :class:`ConfigError`."""
    try:
        return fiscal.parse(text)
    except ValueError:
        raise ConfigError(f"年度「{text}」は R8 か 2026 のように書いてください。") from None
