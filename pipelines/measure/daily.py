"""The measuring of a day: today's snapshot of the portal, its quality, and the portal's own access totals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pipelines import fiscal
from pipelines.gateways.measurements import DatasetEvent, Measurements
from pipelines.measure import catalogue, links, quality, series
from pipelines.measure.sources import tracking
from pipelines.model import Catalog, ConfigError, DatasetDay


class Portal(Protocol):
    """What measuring needs of a portal."""

    url: str

    def search_all(self, **criteria: Any) -> list[dict[str, Any]]:
        """Every dataset with its resources and extras."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureResult:
    """What one measuring found.  ``counted`` is the KPI number, samples apart; ``accesses`` None: not known yet.

    ``dead_links`` None: never asked; ``dead`` names (dataset, address, why).
    """

    day: dt.date
    counted: int
    samples: int
    uncounted: Mapping[str, int]
    events: tuple[DatasetEvent, ...] = ()
    accesses: int | None = None
    dead_links: int | None = None
    dead: tuple[tuple[str, str, str], ...] = ()


def measure(
    portal: Portal,
    measurements: Measurements,
    catalog: Catalog,
    clock: Callable[[], dt.datetime],
    link: links.Ask | None = None,
) -> MeasureResult:
    """Take today's snapshot (again on the same day: it is replaced) and the portal's access totals.

    ``link`` asks whether an address answers (``Web.link``); without it the answers of the last check stand.  Raises
    ConfigError for a wrong ``measure:`` section, and whatever the portal raises.
    """
    day = fiscal.jst_day(clock())
    settings = catalog.settings.get("measure", {})
    packages = portal.search_all()
    datasets = catalogue.snapshot(packages, day, _rule(settings))
    asked = links.check_links(packages, link) if link is not None else None
    answers = links.recalled(measurements, packages) if asked is None else asked
    examined = [quality.examine(p, day, answers) for p in packages]
    with measurements.transaction():
        series.configure(measurements, settings)
        changes = _changes(measurements, packages, datasets, day)
        if asked is not None:
            links.remember(measurements, packages, asked, day)
        measurements.snapshot(day, datasets, examined)
        measurements.clear_events(day)
        measurements.add_events(changes)
        measurements.map_resources(day, catalogue.ids(packages))
        accesses = tracking.record_totals(measurements, packages, day)
    return _result(day, datasets, changes, accesses, links.dead(packages, answers) if answers else None)


def _changes(
    measurements: Measurements, packages: list[dict[str, Any]], now: list[DatasetDay], day: dt.date
) -> list[DatasetEvent]:
    before = measurements.snapshot_on(day - dt.timedelta(days=1))
    if not before:
        return catalogue.first_events(packages, now)
    former = measurements.resource_map(day - dt.timedelta(days=1))
    current = {str(p["name"]): former.get(str(p.get("id") or "")) for p in packages}
    renamed = {name: old for name, old in current.items() if old is not None and old != name}
    seen = {e.dataset for e in measurements.events(dt.date.min, day - dt.timedelta(days=1)) if e.event == "removed"}
    return catalogue.events(before, now, seen, renamed, day)


def _rule(settings: Mapping[str, Any]) -> catalogue.CountRule:
    """``measure.count`` of catalog.yaml: ``harvested`` counts collected copies, ``own`` the catalogue's own ones."""
    count = settings.get("count", {})
    if not isinstance(count, Mapping) or set(count) - {"harvested", "own"}:
        raise ConfigError("measure.count に書けるのは harvested と own（どちらも true か false）だけです。")
    chosen = {name: str(value).lower() in ("true", "yes") for name, value in count.items()}
    return catalogue.CountRule(**chosen)


def _result(
    day: dt.date,
    datasets: Iterable[DatasetDay],
    changes: Iterable[DatasetEvent],
    accesses: int | None,
    dead: Sequence[tuple[str, str, str]] | None,
) -> MeasureResult:
    rows = list(datasets)
    uncounted: dict[str, int] = {}
    for row in rows:
        if row.reason:
            uncounted[row.reason] = uncounted.get(row.reason, 0) + 1
    return MeasureResult(
        day=day,
        counted=sum(d.counted and not d.sample for d in rows),
        samples=sum(d.counted and d.sample for d in rows),
        uncounted=uncounted,
        events=tuple(changes),
        accesses=accesses,
        dead_links=None if dead is None else len({url for _, url, _ in dead}),
        dead=tuple(dead or ()),
    )
