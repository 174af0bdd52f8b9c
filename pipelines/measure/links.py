"""Do the files' addresses answer?  Asked seldom (weekly, or by command), remembered until asked again.

What is kept is the answer of a resource, never its address.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pipelines.gateways.measurements import LinkAnswer, Measurements
from pipelines.gateways.web import Link
from pipelines.model import ConfigError

Package = Mapping[str, Any]
Ask = Callable[[str], Link]
#: how many days an answer stands; 0: only asked by command
SETTINGS: Mapping[str, int] = {"off": 0, "weekly": 7, "daily": 1}
#: addresses asked in one check: the budget of a check
MOST = 5000


def due(measurements: Measurements, settings: Mapping[str, Any], day: dt.date) -> bool:
    """Whether ``measure: links:`` (off | weekly | daily) wants the addresses asked today.  Raises ConfigError."""
    setting = str(settings.get("links", "off")).lower()
    every = SETTINGS.get("off" if setting == "false" else setting)
    if every is None:
        raise ConfigError(f"measure.links は {'・'.join(SETTINGS)} のどれかです: {setting}")
    newest = max((a.day for a in measurements.link_answers().values()), default=dt.date.min)
    return bool(every) and (day - newest).days >= every


def check_links(packages: Iterable[Package], ask: Ask, parallel: int = 4, most: int = MOST) -> dict[str, Link]:
    """Ask every distinct file address of the portal once, at most ``most`` of them."""
    urls = sorted({str(r["url"]) for _, r in _resources(packages) if r.get("url")})[:most]
    with ThreadPoolExecutor(parallel) as pool:
        return dict(zip(urls, pool.map(ask, urls), strict=True))


def remember(
    measurements: Measurements, packages: Iterable[Package], answers: Mapping[str, Link], day: dt.date
) -> None:
    """Keep the answers by resource; resources that are gone are forgotten."""
    found = [(str(r["id"]), answers.get(str(r.get("url") or ""))) for _, r in _resources(packages) if r.get("id")]
    measurements.set_link_answers(
        LinkAnswer(resource=resource, day=day, ok=link.ok, status=link.status, reason=link.reason)
        for resource, link in found
        if link is not None
    )


def recalled(measurements: Measurements, packages: Iterable[Package]) -> dict[str, Link]:
    """The addresses of today with the answers they last gave."""
    known = measurements.link_answers()
    return {
        str(r["url"]): Link(url=str(r["url"]), ok=answer.ok, status=answer.status, reason=answer.reason)
        for _, r in _resources(packages)
        if r.get("url") and (answer := known.get(str(r.get("id") or ""))) is not None
    }


def dead(packages: Iterable[Package], answers: Mapping[str, Link]) -> list[tuple[str, str, str]]:
    """(dataset, address, why) of every file that does not answer."""
    found = []
    for name, resource in _resources(packages):
        answer = answers.get(str(resource.get("url") or ""))
        if answer is not None and answer.ok is False:
            found.append((name, answer.url, answer.reason or str(answer.status)))
    return found


def _resources(packages: Iterable[Package]) -> Sequence[tuple[str, Mapping[str, Any]]]:
    return [(str(p.get("name", "")), r) for p in packages for r in p.get("resources") or ()]
