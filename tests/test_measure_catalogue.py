"""The catalogue of a day: what counts, what changed, and whether the number has content."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.gateways.measurements import Measurements
from pipelines.gateways.web import Link
from pipelines.measure import quality
from pipelines.measure.catalogue import CountRule, data_modified, is_open, portal_day, snapshot
from pipelines.measure.daily import measure
from pipelines.measure.links import check_links
from pipelines.measure.links import due as links_due
from pipelines.model import Catalog, ConfigError, Licence, Portal
from tests.measuring import JST, measuring

DAY = dt.date(2026, 10, 5)
URL = "https://data.example.lg.jp/a.csv"


def dataset(name: str, **more: Any) -> dict[str, Any]:
    """An ordinary public dataset as CKAN's search returns it."""
    plain = {
        "id": f"id-{name}",
        "name": name,
        "title": name,
        "type": "dataset",
        "state": "active",
        "private": False,
        "license_id": "cc-by",
        "isopen": True,
        "organization": {"name": "koho", "title": "広報課"},
        "extras": [],
        "metadata_created": "2026-09-01T00:00:00",
        "resources": [
            {"id": f"r-{name}", "format": "CSV", "url": URL, "size": 10, "last_modified": "2026-10-01T00:00:00"}
        ],
    }
    return {**plain, **more}


def extras(**values: str) -> list[dict[str, str]]:
    """CKAN's way of writing extras."""
    return [{"key": key, "value": value} for key, value in values.items()]


class Site:
    """A portal that answers with what it is given."""

    url = "https://data.example.lg.jp"

    def __init__(self, *packages: dict[str, Any]) -> None:
        self.packages = list(packages)

    def search_all(self, **criteria: Any) -> list[dict[str, Any]]:
        """Everything."""
        return self.packages


def catalog(**settings: Any) -> Catalog:
    """A catalogue with a ``measure:`` section."""
    return Catalog(
        root=Path("/"),
        title="試験",
        publisher="相模原市",
        code="141500",
        homepage="",
        licence=Licence(id="cc-by", title="x"),
        credit="",
        portal=Portal(),
        targets=(),
        settings={"measure": settings},
    )


def run(m: Measurements, day: dt.date, *packages: dict[str, Any], **settings: Any) -> Any:
    """One measuring on a day at noon JST."""
    now = dt.datetime.combine(day, dt.time(12), JST)
    return measure(Site(*packages), m, catalog(**settings), lambda: now)


def fifty() -> list[dict[str, Any]]:
    """50 that count and ten that do not."""
    kinds = [{"private": True}] * 3 + [{"state": "draft"}] * 2 + [{"state": "deleted"}]
    kinds += [{"extras": extras(harvest_object_id="x")}] * 4
    return [dataset(f"d{n:02}") for n in range(50)] + [dataset(f"x{n}", **kind) for n, kind in enumerate(kinds)]


def test_only_active_public_unharvested_datasets_count(tmp_path: Path) -> None:
    """50 public + 3 private + 2 drafts + 1 deleted + 4 harvested is 50, and the others say why not."""
    with measuring(tmp_path) as m:
        result = run(m, DAY, *fifty())
        assert (result.counted, dict(result.uncounted)) == (50, {"非公開": 3, "下書き": 2, "削除": 1, "収集": 4})
        assert run(m, DAY, *fifty(), count={"harvested": "true"}).counted == 54
        with pytest.raises(ConfigError, match=r"measure\.count"):
            run(m, DAY, count={"drafts": "true"})


def test_a_deletion_leaves_yesterdays_snapshot_and_an_event(tmp_path: Path) -> None:
    """Yesterday stays 50, today is 49, and the removed dataset is named."""
    with measuring(tmp_path) as m:
        run(m, DAY, *fifty())
        result = run(m, DAY + dt.timedelta(days=1), *fifty()[1:])
        assert m.dataset_counts(DAY, DAY + dt.timedelta(days=1)) == [(DAY, 50), (DAY + dt.timedelta(days=1), 49)]
        assert [(e.dataset, e.event) for e in result.events] == [("d00", "removed")]


def test_samples_are_counted_apart(tmp_path: Path) -> None:
    """A sample dataset is never part of the city's number unless it is asked for."""
    with measuring(tmp_path) as m:
        result = run(m, DAY, dataset("aed"), dataset("sample", extras=extras(sample="true")))
        assert (result.counted, result.samples) == (1, 1)
        assert m.dataset_counts(DAY, DAY) == [(DAY, 1)]
        assert m.dataset_counts(DAY, DAY, samples=True) == [(DAY, 2)]


def test_events_of_a_week(tmp_path: Path) -> None:
    """Added, renamed (name or title), made private, come back: each once, with what it was before."""
    days = [DAY + dt.timedelta(days=n) for n in range(4)]
    with measuring(tmp_path) as m:
        run(m, days[0], dataset("aed"), dataset("toilet"))
        run(m, days[1], dataset("aed-2026", id="id-aed"), dataset("toilet", title="公衆トイレ"), dataset("park"))
        run(
            m,
            days[2],
            dataset("aed-2026", id="id-aed"),
            dataset("toilet", title="公衆トイレ", private=True),
            dataset("park"),
        )
        run(m, days[3], dataset("aed-2026", id="id-aed"), dataset("toilet", title="公衆トイレ"), dataset("park"))
        found = [(e.day.day, e.event, e.dataset, e.note) for e in m.events(days[1], days[3])]
        assert found == [
            (6, "added", "park", ""),
            (6, "renamed", "aed-2026", "旧名 aed"),
            (6, "renamed", "toilet", "旧題 toilet"),
            (7, "removed", "toilet", "非公開"),
            (8, "restored", "toilet", ""),
        ]


def test_the_first_snapshot_knows_additions_by_their_creation_days(tmp_path: Path) -> None:
    """Before measuring began, the portal's own creation days are the only evidence, and are said to be."""
    with measuring(tmp_path) as m:
        run(m, DAY, dataset("aed"))
        (event,) = m.events(dt.date(2026, 1, 1), DAY)
        assert (event.day, event.event, event.note) == (dt.date(2026, 9, 1), "added", "登録日による")


def test_measuring_twice_a_day_gives_the_same_rows(tmp_path: Path) -> None:
    """The snapshot of a day is replaced, not added to."""
    with measuring(tmp_path) as m:
        run(m, DAY, dataset("aed"))
        next_day = DAY + dt.timedelta(days=1)
        run(m, next_day, dataset("aed"), dataset("park"))
        tables = ("dataset_snapshot", "dataset_quality", "dataset_event", "resource_map", "series")
        before = {name: m.store.rows(f"SELECT * FROM {name}") for name in tables}
        run(m, next_day, dataset("aed"), dataset("park"))
        assert {name: m.store.rows(f"SELECT * FROM {name}") for name in tables} == before


def test_resources_keep_the_dataset_they_had(tmp_path: Path) -> None:
    """A moved resource: an old log line is still counted for its dataset of that day."""
    with measuring(tmp_path) as m:
        m.map_resources(DAY, {"r1": "aed", "r2": "aed"})
        m.map_resources(DAY + dt.timedelta(days=10), {"r1": "park", "r2": "aed"})
        assert m.resource_map(DAY)["r1"] == "aed"
        assert m.resource_map(DAY + dt.timedelta(days=10)) == {"r1": "park", "r2": "aed"}
        assert m.resource_map(DAY - dt.timedelta(days=10))["r1"] == "aed"
        assert len(m.store.rows("SELECT * FROM resource_map")) == 3


def test_what_a_snapshot_says_of_a_dataset() -> None:
    """Organization, standard, licence, formats, frequency and the day the data (not the text) changed."""
    more = extras(standard_name="public_toilet", frequency="毎年")
    (found,) = snapshot([dataset("toilet", extras=more, metadata_modified="2026-10-04T00:00:00")], DAY)
    assert (found.organization, found.standard, found.licence, found.open) == ("koho", "public_toilet", "cc-by", True)
    assert (found.formats, found.resources, found.frequency, found.data_modified) == (("CSV",), 1, "毎年", "2026-10-01")
    assert snapshot([dataset("x", extras=extras(harvest_source_id="y"))], DAY, CountRule(harvested=True))[0].counted


def test_moments_of_the_portal_are_utc() -> None:
    """CKAN writes UTC without a zone: 15:30 on 30 September is 1 October in Japan."""
    assert portal_day("2026-09-30T15:30:00.123456") == dt.date(2026, 10, 1)
    assert portal_day("2026-09-30T15:30:00+09:00") == dt.date(2026, 9, 30)
    assert portal_day("soon") is None
    assert data_modified(dataset("x", resources=[{"created": "2026-01-01T00:00:00"}, {}])) == "2026-01-01"
    assert data_modified(dataset("x", resources=[])) == ""


def test_open_licences() -> None:
    """CKAN's word or a known open id; no licence is not open."""
    assert is_open({"license_id": "CC-BY-4.0"})
    assert is_open({"license_id": "anything", "isopen": True})
    assert not is_open({"license_id": "notspecified", "isopen": False})
    assert not is_open({})


# ── quality ────────────────────────────────────────────────────────────────────────────────────


def linked(ok: bool | None) -> dict[str, Link]:
    """The answer of the one file's address."""
    return {URL: Link(url=URL, ok=ok)}


FULL = dataset(
    "full",
    tags=[{"name": "防災"}],
    groups=[{"name": "bosai"}],
    maintainer_email="a@example.lg.jp",
    metadata_modified="2026-10-01T00:00:00",
    extras=extras(spatial="{}", temporal_start="2026-01-01", access_rights="PUBLIC", rights="相模原市"),
    resources=[
        {"id": "r", "format": "CSV", "mimetype": "text/csv", "url": URL, "size": 10, "last_modified": "2026-10-01"}
    ],
)
POOR = {"name": "poor", "title": "お知らせ", "resources": [{"format": "PDF", "url": URL}]}


def test_metadata_points_without_a_dcat_check() -> None:
    """Everything described and reachable is 405 − 30: conformance is never awarded unchecked."""
    assert quality.FULL == 405
    found = quality.examine(FULL, DAY, linked(True))
    assert found.mqa_points == 375
    assert "dcat_ap" not in found.mqa
    assert found.fixes == ()


def test_a_title_and_a_dead_pdf_score_badly() -> None:
    """At most 120 points, 1 star at best, not 「実質」, and the cheapest fixes named with their points."""
    found = quality.examine(POOR, DAY, linked(False))
    assert found.mqa_points is not None
    assert found.mqa_points <= 120
    assert (found.stars, found.substantial, found.links_bad) == (0, False, 1)
    assert found.fixes == (
        "リンク切れを直す（+50点）",
        "ダウンロードできるようにする（+30点）",
        "タグを付ける（+30点）",
    )


@pytest.mark.parametrize(
    "formats, licence, expected",
    [
        (["PDF"], True, 1),
        (["XLSX"], True, 2),
        (["PDF", "CSV"], True, 3),
        (["TTL"], True, 4),
        (["PNG"], True, 1),
        (["CSV"], False, 0),
        ([], True, 0),
    ],
)
def test_five_stars_by_the_best_file(formats: list[str], licence: bool, expected: int) -> None:
    """PDF 1, Excel 2, CSV 3, RDF 4; pictures are no data; without an open licence none."""
    files = [{"format": text, "url": f"{URL}?{text}"} for text in formats]
    package = dataset("x", resources=files, isopen=licence, license_id="cc-by" if licence else "")
    assert quality.stars(package, {}) == expected


@pytest.mark.parametrize("ok, expected", [(True, True), (False, False), (None, None)])
def test_substantial_needs_an_open_reachable_machine_readable_file(ok: bool | None, expected: bool | None) -> None:
    """While the link was not asked, nobody knows."""
    assert quality.substantial(dataset("x"), linked(ok)) is expected
    assert quality.substantial(POOR, linked(True)) is False


@pytest.mark.parametrize(
    "age, expected",
    [
        (0, "最新"),
        (364, "最新"),
        (365, "更新時期"),
        (424, "更新時期"),
        (425, "遅れ"),
        (454, "遅れ"),
        (455, "長期未更新"),
        (None, "頻度未設定"),
    ],
)
def test_freshness_of_a_yearly_dataset(age: int | None, expected: str) -> None:
    """Due after 365, overdue after 425, delinquent after 455 days."""
    assert quality.freshness("毎年", age) == expected


def test_freshness_without_a_declared_frequency() -> None:
    """Nothing declared, or a text nobody understands, is its own class; 「随時」 is always fresh."""
    assert quality.freshness("", 9999) == quality.freshness("ときどき", 1) == "頻度未設定"
    assert quality.freshness("随時", 9999) == "最新"
    assert quality.freshness("R/P1M", 31) == "更新時期"


def test_a_corrected_typo_is_no_update() -> None:
    """Editing metadata does not reset the age of the data."""
    edited = dataset("x", metadata_modified="2026-10-05T00:00:00")
    assert quality.age_days(edited, DAY) == quality.age_days(dataset("x"), DAY) == 4


@pytest.mark.parametrize(
    "title, expected",
    [
        ("人口_R5", "人口"),
        ("人口_R6", "人口"),
        ("人口（令和６年度）", "人口"),
        ("平成30年度 予算", "予算"),
        ("予算 2024年度", "予算"),
        ("公衆トイレ一覧", ""),
        ("防犯カメラ2台以上の店", ""),
    ],
)
def test_families_of_datasets_split_by_year(title: str, expected: str) -> None:
    """人口_R5 and 人口_R6 could be one dataset; a title without a year is no family."""
    assert quality.family(title) == expected


@given(st.text(max_size=30))
def test_the_family_of_any_title_is_found(title: str) -> None:
    """No title breaks it, and what it gives back is never the whole title."""
    assert quality.family(title) != title.strip() or quality.family(title) == ""


def test_empty_datasets() -> None:
    """No file, or only files of 0 bytes; an unknown size is not empty."""
    assert quality.is_empty(dataset("x", resources=[]))
    assert quality.is_empty(dataset("x", resources=[{"size": 0}]))
    assert not quality.is_empty(dataset("x", resources=[{"size": 0}, {"size": None}]))


def test_each_address_is_asked_once(tmp_path: Path) -> None:
    """Two datasets with the same file: one question, both know the answer; dead links are counted."""
    asked: list[str] = []

    def link(url: str) -> Link:
        asked.append(url)
        return Link(url=url, ok=False)

    packages = [dataset("a"), dataset("b"), dataset("c", resources=[])]
    assert list(check_links(packages, link)) == asked == [URL]
    with measuring(tmp_path) as m:
        now = dt.datetime.combine(DAY, dt.time(12), JST)
        result = measure(Site(*packages), m, catalog(), lambda: now, link)
        assert result.dead_links == 1
        assert [q.links_bad for q in m.qualities(DAY)] == [1, 1, None]


def test_the_portals_totals_are_part_of_the_daily_measuring(tmp_path: Path) -> None:
    """The second day knows the first day's accesses; the first one says so by None."""

    def tracked(total: int) -> dict[str, Any]:
        return dataset("aed", tracking_summary={"total": total, "recent": 1})

    with measuring(tmp_path) as m:
        assert run(m, DAY, tracked(10)).accesses is None
        assert run(m, DAY + dt.timedelta(days=1), tracked(17)).accesses == 7
        assert SimpleNamespace(**{s.source: s.kind for s in m.sources()}).ckan_tracking == "ckan_tracking"


def test_link_answers_stand_until_they_are_due_again(tmp_path: Path) -> None:
    """Off by default; weekly asks after seven days; between two checks the quality keeps what the last one found."""
    known = [{"id": "r1", "url": URL, "format": "CSV"}]
    packages = [dataset("a", resources=known)]
    with measuring(tmp_path) as m:
        now = dt.datetime.combine(DAY, dt.time(12), JST)
        assert not links_due(m, {}, DAY)
        assert links_due(m, {"links": "weekly"}, DAY)
        measure(Site(*packages), m, catalog(), lambda: now, lambda url: Link(url=url, ok=False, status=404))
        later = now + dt.timedelta(days=6)
        assert not links_due(m, {"links": "weekly"}, later.date())
        assert links_due(m, {"links": "weekly"}, later.date() + dt.timedelta(days=1))
        assert links_due(m, {"links": "daily"}, later.date())
        result = measure(Site(*packages), m, catalog(), lambda: later)
        assert (result.dead_links, result.dead) == (1, (("a", URL, "404"),))
        assert m.qualities(later.date())[0].links_bad == 1
        assert URL not in str(m.store.rows("SELECT * FROM link_answer"))
        with pytest.raises(ConfigError, match=r"measure\.links は off・weekly・daily"):
            links_due(m, {"links": "monthly"}, DAY)
