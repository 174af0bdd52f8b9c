"""The measuring of a day: today's snapshot of the portal, its quality, and the portal's own access totals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from pipelines import fiscal
from pipelines.gateways.measurements import DatasetEvent, Measurements
from pipelines.gateways.web import Link
from pipelines.measure import catalogue, quality, series
from pipelines.measure.sources import tracking
from pipelines.model import Catalog, ConfigError, DatasetDay


class Portal(Protocol):
    """What measuring needs of a portal."""

    url: str

    def search_all(self, **criteria: Any) -> list[dict[str, Any]]:
        """Every dataset with its resources and extras."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureResult:
    """What one measuring found.  ``counted`` is the KPI number, samples apart; ``accesses`` None: not known yet."""

    day: dt.date
    counted: int
    samples: int
    uncounted: Mapping[str, int]
    events: tuple[DatasetEvent, ...] = ()
    accesses: int | None = None
    dead_links: int | None = None


def measure(
    portal: Portal,
    measurements: Measurements,
    catalog: Catalog,
    clock: Callable[[], dt.datetime],
    link: Callable[[str], Link] | None = None,
) -> MeasureResult:
    """Take today's snapshot (again on the same day: it is replaced) and the portal's access totals.

    ``link`` asks whether an address answers (``Web.link``); without it links stay unexamined.  Raises ConfigError for
    a wrong ``measure:`` section, and whatever the portal raises.
    """
    day = fiscal.jst_day(clock())
    settings = catalog.settings.get("measure", {})
    packages = portal.search_all()
    datasets = catalogue.snapshot(packages, day, _rule(settings))
    links = check_links(packages, link) if link is not None else {}
    examined = [quality.examine(p, day, links) for p in packages]
    with measurements.transaction():
        series.configure(measurements, settings)
        changes = _changes(measurements, packages, datasets, day)
        measurements.snapshot(day, datasets, examined)
        measurements.clear_events(day)
        measurements.add_events(changes)
        measurements.map_resources(day, catalogue.ids(packages))
        accesses = tracking.record_totals(measurements, packages, day)
    return _result(day, datasets, changes, accesses, [answer.ok for answer in links.values()])


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


def check_links(
    packages: Iterable[Mapping[str, Any]], link: Callable[[str], Link], parallel: int = 4
) -> dict[str, Link]:
    """Ask every distinct file address of the portal once."""
    urls = sorted({str(r["url"]) for p in packages for r in p.get("resources") or () if r.get("url")})
    with ThreadPoolExecutor(parallel) as pool:
        return dict(zip(urls, pool.map(link, urls), strict=True))


def _rule(settings: Mapping[str, Any]) -> catalogue.CountRule:
    """``measure.count`` of catalog.yaml: ``harvested: true`` counts collected copies too."""
    count = settings.get("count", {})
    if not isinstance(count, Mapping) or set(count) - {"harvested"}:
        raise ConfigError("measure.count に書けるのは harvested: true または false だけです。")
    return catalogue.CountRule(harvested=str(count.get("harvested", "false")).lower() in ("true", "yes"))


def _result(
    day: dt.date,
    datasets: Iterable[DatasetDay],
    changes: Iterable[DatasetEvent],
    accesses: int | None,
    answers: list[bool | None],
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
        dead_links=answers.count(False) if answers else None,
    )
