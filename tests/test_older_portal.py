"""The publisher on an older CKAN: what a city with 2.11 (or 2.10: ``make portals``) must be able to count on."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.config import load_catalog
from pipelines.gateways.ckan import CkanPortal
from pipelines.gateways.ckan_lines import with_views
from pipelines.gateways.measurements import Measurements
from pipelines.gateways.store import Store
from pipelines.measure import measure
from tests.conftest import LINE, ROOT, Catalogue, Flow, publish, started
from tests.publishing import now
from tests.test_measure_portal import beacon

pytestmark = pytest.mark.catalogue
OLDER = LINE or "2.11"
#: a department of the sample whose lists become CSV and GeoJSON, and the one that publishes the catalogue's own list
DEPARTMENTS = ("見本_焼津市_防災", "見本_カタログ運営")


@pytest.fixture(scope="module")
def older(request: pytest.FixtureRequest) -> Iterator[Catalogue]:
    """A CKAN of that line; the session's own where the whole session runs on it."""
    if LINE:
        yield request.getfixturevalue("catalogue")
        return
    with started(OLDER) as one:
        yield one


@pytest.fixture(scope="module")
def city(older: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Flow:
    """Two departments of the sample drop, published by an editor's token."""
    folder = tmp_path_factory.mktemp("older")
    datasets = folder / "datasets"
    for name in DEPARTMENTS:
        shutil.copytree(ROOT / "datasets" / name, datasets / name)
    settings = (ROOT / "datasets" / "catalog.yaml").read_text(encoding="utf-8")
    settings = settings.replace("kind: embedded", f"url: {older.url}").replace("quiet_seconds: 30", "quiet_seconds: 0")
    (datasets / "catalog.yaml").write_text(settings, encoding="utf-8")
    where = ("--datasets", str(datasets), "--var", str(folder / "var"))
    env = {"CKAN_ADMIN_TOKEN": older.admin_token, "CKAN_API_TOKEN": older.publisher_token}
    prepared = publish(*where, "catalog", "prepare", "--json", env=env)
    assert prepared.returncode == 0, prepared.stderr
    flow = Flow(datasets, folder / "var", older, {}, "")
    code, told = flow.publish("run")
    assert code == 1, told  # the sample has lists that are withheld on purpose
    return Flow(datasets, folder / "var", older, told, "")


def edit(city: Flow, old: str, new: str) -> None:
    """Change one cell of the list of underpasses."""
    [file] = (city.datasets / DEPARTMENTS[0] / "アンダーパス").glob("*.csv")
    text = file.read_bytes().decode("utf-8-sig")
    assert text.count(old) >= 1
    file.write_bytes(text.replace(old, new, 1).encode("utf-8-sig"))


def first_cell(city: Flow) -> str:
    """The name in the first row of the list of underpasses."""
    [file] = (city.datasets / DEPARTMENTS[0] / "アンダーパス").glob("*.csv")
    return file.read_bytes().decode("utf-8-sig").splitlines()[1].split(",")[3]


def test_it_is_that_line(city: Flow) -> None:
    """The portal is what it is meant to be, and doctor names its version and finds nothing wrong."""
    version = city.portal().status()["ckan_version"]
    assert version.startswith(OLDER + ".")
    code, found = city.publish("doctor")
    assert code == 0, found
    assert f"CKAN {version}" in [one["message"] for one in found if one["name"] == "portal"]


def test_the_publisher_is_an_editor_and_no_more(city: Flow) -> None:
    """The token belongs to an ordinary user who is editor in the departments' organizations."""
    portal = CkanPortal(city.catalogue.url, city.catalogue.publisher_token)
    roles = {o["name"]: o["capacity"] for o in portal.my_organizations()}
    assert (roles["yaizu-bousai"], set(roles.values())) == ("editor", {"editor"})
    assert portal.call("user_show", {"id": "publisher"})["sysadmin"] is False


def test_everything_arrives_whole(city: Flow) -> None:
    """Files byte for byte, typed tables with their dictionary, one view per table; the account agrees."""
    portal, formats, types = city.portal(), set(), set()
    told = city.first["counts"]
    before = told["unchanged"] if LINE else 0  # on a session's own portal the whole sample may be published already
    assert told["published"] + before == len(city.names()) >= 4
    for name in city.names():
        dataset = portal.dataset(name)
        assert dataset is not None
        assert (dataset["private"], dataset["isopen"]) == (False, True)
        for resource in dataset["resources"]:
            size, digest = portal.download(resource["url"])
            assert (int(resource["size"]), resource["hash"]) == (size, f"sha256:{digest}")
            formats.add(resource["format"])
            info = portal.table_info(resource["id"])
            if resource["format"] != "CSV":
                continue
            assert info is not None
            assert info["total"] > 0
            assert all(f["info"]["label"] for f in info["fields"] if f["id"] != "_id")
            assert resource["datastore_active"] is True
            types |= {f["type"] for f in info["fields"]}
            assert [v["view_type"] for v in portal.views(resource["id"])].count("datatables_view") == 1
    assert formats >= {"CSV", "GeoJSON"}
    assert types >= {"int", "text", "int8", "numeric"}


def test_an_unchanged_run_writes_nothing(city: Flow) -> None:
    """No write request in CKAN's own log."""
    before = len(city.catalogue.requests())
    _, account = city.publish("run")
    lines = [line for line in city.catalogue.requests()[before:] if "open-data-catalog-publisher" in line]
    assert not [line for line in lines if '"POST /api/' in line]
    assert account["writes"] == 0
    assert 1 <= len(lines) <= 2


def test_one_cell_changes_one_dataset(city: Flow) -> None:
    """Exactly one dataset is written, in at most four requests; ids and addresses stay, rows change in place."""
    portal = city.portal()
    before = {d["name"]: d for d in portal.search_all(include_private=False, include_drafts=False)}
    cell = first_cell(city)
    edit(city, cell, f"{cell}（改）")
    _, account = city.publish("run")
    after = {d["name"]: d for d in portal.search_all(include_private=False, include_drafts=False)}
    assert [n for n in after if after[n] != before[n]] == ["yaizu-underpass"]
    assert account["counts"]["updated"] == 1
    assert 1 <= account["writes"] <= 4
    old, new = before["yaizu-underpass"]["resources"], after["yaizu-underpass"]["resources"]
    assert [(r["id"], r["url"]) for r in old] == [(r["id"], r["url"]) for r in new]
    [table] = [r["id"] for r in new if r["format"] == "CSV"]
    found = list(portal.table(table))
    assert sum("（改）" in str(row) for row in found) == 1


def test_a_stale_plan_is_refused_and_a_hand_edit_is_kept(city: Flow, tmp_path: Path) -> None:
    """Between plan and apply a person edits the dataset: apply refuses; the next run writes ours and keeps theirs."""
    cell = first_cell(city)
    edit(city, cell, f"{cell}（再）")
    plan = tmp_path / "plan.json"
    city.publish("plan", "--out", str(plan))
    admin = city.portal(admin=True)
    found = admin.dataset("yaizu-underpass")
    assert found is not None
    admin.call("package_patch", {"id": found["id"], "notes": "手で直した説明"}, repeat=False)
    code, refused = city.publish("apply", str(plan))
    assert code != 0, refused
    assert "（再）" not in str(list(admin.table(found["resources"][0]["id"])))
    _, account = city.publish("run")
    assert [(c["field"], c["new"]) for c in account["drift"]] == [("notes", "手で直した説明")]
    kept = admin.dataset("yaizu-underpass")
    assert kept is not None
    assert kept["notes"] == "手で直した説明"
    assert "（再）" in str(list(admin.table(found["resources"][0]["id"])))


class Viewed:
    """The portal's datasets with their views, as ``measure today`` reads them."""

    def __init__(self, portal: CkanPortal) -> None:
        self.portal, self.url = portal, portal.url

    def search_all(self, **criteria: Any) -> list[dict[str, Any]]:
        """Every dataset."""
        return with_views(self.portal, self.portal.search_all(**criteria))


def test_page_views_become_accesses(city: Flow, tmp_path: Path) -> None:
    """CKAN's own totals (a plugin from 2.11 on, part of the core in 2.10) are measured as the day's difference."""
    portal, catalog = city.portal(), load_catalog(city.datasets)
    dataset = portal.dataset("yaizu-underpass")
    assert dataset is not None
    file = dataset["resources"][0]["url"]

    def accesses(day: dt.datetime) -> int | None:
        return measure(Viewed(portal), m, catalog, lambda: day).accesses

    with Store(tmp_path / "state.db") as store:
        m = Measurements(store)
        beacon(city.catalogue, "/dataset/yaizu-underpass", "page", "first")
        city.catalogue.manage("tracking-update")
        assert accesses(now()) is None
        for person in ("Mozilla a", "Mozilla b"):
            beacon(city.catalogue, "/dataset/yaizu-underpass", "page", person)
        beacon(city.catalogue, file, "resource", "Mozilla a")
        city.catalogue.manage("tracking-update")
        tomorrow = now().replace(day=now().day + 1)
        assert accesses(tomorrow) == 2
        rows = m.access_days(tomorrow.date(), tomorrow.date(), source="ckan_tracking", dataset="yaizu-underpass")
        assert (sum(a.page_views for a in rows), sum(a.requests for a in rows)) == (2, 1)


def test_an_urgent_withdrawal_leaves_nothing(city: Flow) -> None:
    """Page, search, file, table and views are gone at once, for members of the organization too."""
    portal = city.portal()
    dataset = portal.dataset("yaizu-underpass")
    assert dataset is not None
    code, told = city.publish("withdraw", "yaizu-underpass", "--urgent", "--reason", "誤り", "--approver", "鈴木")
    assert code == 0, told
    assert portal.call("package_search", {"q": "name:yaizu-underpass"})["count"] == 0
    member = CkanPortal(city.catalogue.url, city.catalogue.publisher_token)
    left = member.dataset(dataset["id"])
    assert left is not None
    assert left["private"] is True
    for resource in dataset["resources"]:
        assert member.table_info(resource["id"]) is None
        assert member.views(resource["id"]) == []
        assert member.download(resource["url"])[0] < 100


def test_doctor_refuses_what_is_too_old() -> None:
    """A CKAN before 2.10 is an error, said plainly in Japanese; 2.10 itself is none."""
    from pipelines.run.doctor import _version

    [found] = _version({"ckan_version": "2.9.11", "extensions": ["datastore"]})
    assert found.level == "error"
    assert "2.9.11 は古すぎます" in found.message
    assert not list(_version({"ckan_version": "2.10.0", "extensions": ["datastore"]}))
