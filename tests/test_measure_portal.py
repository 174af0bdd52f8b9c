"""Measuring against a real CKAN: page views become tracking totals, and day by day the differences."""

from __future__ import annotations

import datetime as dt
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pipelines.config import load_catalog
from pipelines.gateways.ckan_lines import with_views
from pipelines.gateways.measurements import Measurements
from pipelines.gateways.store import Store
from pipelines.gateways.web import Web
from pipelines.measure import MeasureResult, import_logs, measure
from pipelines.measure.rules import Rules
from tests.conftest import Catalogue, Flow
from tests.measuring import JST

pytestmark = pytest.mark.catalogue
DAY = dt.date(2026, 11, 20)


def beacon(catalogue: Catalogue, url: str, kind: str, agent: str) -> None:
    """What CKAN's page sends when it is looked at.

    CKAN counts it and, from 2.11 on, answers 4xx: the route does not exist.
    """
    body = urllib.parse.urlencode({"url": url, "type": kind}).encode()
    request = urllib.request.Request(f"{catalogue.url}/_tracking", body, {"User-Agent": agent})
    try:
        urllib.request.urlopen(request, timeout=30).close()
    except urllib.error.HTTPError as answer:
        if answer.code not in (404, 405):
            raise


class Listed:
    """The portal as the scheduled job lists it: with the views, which CKAN 2.10 has to be asked for."""

    def __init__(self, flow: Flow) -> None:
        self.url = flow.catalogue.url
        self._portal = flow.portal()

    def search_all(self, **criteria: Any) -> list[dict[str, Any]]:
        """Every dataset."""
        return with_views(self._portal, self._portal.search_all(**criteria))


def measured(flow: Flow, m: Measurements, day: dt.date) -> MeasureResult:
    """The daily measuring of a day."""
    catalog = load_catalog(flow.datasets)
    return measure(Listed(flow), m, catalog, lambda: dt.datetime.combine(day, dt.time(23, 50), JST))


def test_page_views_arrive_as_tracking_totals_day_by_day(flow: Flow, tmp_path: Path) -> None:
    """Yesterday's total is the mark; today's three people on a page and one on a file are 3 views and 1 retrieval."""
    dataset = flow.portal().dataset(flow.names()[0])
    assert dataset is not None
    name, file = dataset["name"], dataset["resources"][0]["url"]
    with Store(tmp_path / "state.db") as store:
        m = Measurements(store)
        beacon(flow.catalogue, f"/dataset/{name}", "page", "first")
        flow.catalogue.manage("tracking-update")
        assert measured(flow, m, DAY).accesses is None
        for person in ("Mozilla a", "Mozilla b", "Mozilla c"):
            beacon(flow.catalogue, f"/dataset/{name}", "page", person)
        beacon(flow.catalogue, file, "resource", "Mozilla a")
        flow.catalogue.manage("tracking-update")
        tomorrow = DAY + dt.timedelta(days=1)
        assert measured(flow, m, tomorrow).accesses == 3
        rows = m.access_days(tomorrow, tomorrow, source="ckan_tracking", dataset=name)
        assert sum(a.page_views for a in rows) == 3
        assert sum(a.requests for a in rows) == 1
        assert measured(flow, m, tomorrow + dt.timedelta(days=1)).accesses == 0


class Published(Listed):
    """The portal with what the flow published: other tests leave datasets of their own with invented links."""

    def __init__(self, flow: Flow) -> None:
        super().__init__(flow)
        self._names = set(flow.names())

    def search_all(self, **criteria: Any) -> list[dict[str, Any]]:
        """Only our datasets."""
        return [d for d in super().search_all(**criteria) if d["name"] in self._names]


def test_every_file_of_the_portal_answers(flow: Flow, tmp_path: Path) -> None:
    """Asked with HEAD over the own host only; the answers stand until asked again, and make 「実質」 known."""
    catalog = load_catalog(flow.datasets)
    web = Web(own_hosts=[urllib.parse.urlsplit(flow.catalogue.url).netloc])
    with Store(tmp_path / "state.db") as store:
        m = Measurements(store)
        noon = dt.datetime.combine(DAY, dt.time(12), JST)
        assert measure(Published(flow), m, catalog, lambda: noon, web.link).dead_links == 0
        assert all(q.substantial for q in m.qualities(DAY) if not q.empty)
        tomorrow = DAY + dt.timedelta(days=1)
        measured(flow, m, tomorrow)
        assert sum(q.links_ok or 0 for q in m.qualities(tomorrow)) == sum(q.links_ok or 0 for q in m.qualities(DAY)) > 0


def test_the_catalogues_own_access_log_is_understood(flow: Flow, tmp_path: Path) -> None:
    """CKAN's web server writes a log our reader takes in whole: every line counted or excluded for a reason."""
    flow.catalogue.requests()
    with Store(tmp_path / "state.db") as store:
        m = Measurements(store)
        rules = Rules(internal=("192.0.2.0/24",))
        result = import_logs([flow.catalogue.home / "log" / "access.log"], "web", m, rules)
        assert result.lines == result.counted + sum(result.excluded.values()) > 100
        assert "unparsable" not in result.excluded
        assert result.excluded["beacon"] >= 1
