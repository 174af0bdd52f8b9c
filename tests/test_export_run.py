"""The export command and the catalogue's own datasets, over a real drop and the real stages."""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from pipelines.export import published
from pipelines.model import CatalogError, ConfigError, Level, Package, Verdict
from pipelines.publish import Journal
from pipelines.publish.wanted import wanted
from pipelines.run import exporting
from pipelines.run.build import Built
from pipelines.run.conduct import build, now
from pipelines.run.exporting import export_site, last_month_end, moments, own_built, own_packages
from pipelines.run.workspace import Workspace
from tests.conftest import CATALOG, ROOT, publish

TOILETS = ROOT / "datasets/見本_焼津市_都市/222127_public_toilet.csv"
OWN = "publish: {catalog_department: kankyo}\nintake: {quiet_seconds: 0}\n"


@pytest.fixture
def workspace(drop: Path, tmp_path: Path) -> Workspace:
    """A city with one dataset, and a department that keeps the catalogue's own."""
    (drop / "catalog.yaml").write_text(CATALOG + OWN, encoding="utf-8")
    contact = "contact: 環境政策課 042-000-0000\nemail: kankyo@city.example.lg.jp\n"
    (drop / "kankyo/department.yaml").write_text(f"id: kankyo\ntitle: 環境政策課\n{contact}", encoding="utf-8")
    (drop / "kankyo/公衆トイレ一覧.csv").write_bytes(TOILETS.read_bytes().replace(b"222127", b"141500"))
    return fresh(drop, tmp_path)


def fresh(drop: Path, tmp_path: Path) -> Workspace:
    """The workspace as the next run sees it."""
    return Workspace(root=ROOT, datasets=drop, var=tmp_path / "var")


def own(workspace: Workspace) -> tuple[tuple[Package, ...], tuple[Built, ...]]:
    """The drop's packages and what is made about them."""
    with workspace.store() as store:
        packages = build(workspace, store=store).packages
        return packages, own_built(workspace, store, packages)


def rows(built: Built) -> list[dict[str, str]]:
    """The published CSV."""
    assert built.package is not None
    return list(csv.DictReader(built.package.files[0].path.read_text("utf-8-sig").splitlines()))


# ── the catalogue's own datasets ──


def test_own_datasets_go_through_every_stage(workspace: Workspace) -> None:
    """The KPI and the list are packages like any other, validated and screened, marked as the catalogue's own."""
    packages, made = own(workspace)
    assert [(b.name, b.outcome.verdict) for b in made] == [
        ("opendata_kpi", Verdict.PUBLISHED),
        ("141500_open_data_list", Verdict.PUBLISHED),
    ]
    assert [b.spec.settings["own"] for b in made] == ["opendata_kpi", "open_data_list"]
    assert not [p for b in made for p in b.outcome.problems if p.level is Level.ERROR]
    listed = rows(made[1])
    assert {r["データセット_ID"] for r in listed} == {p.spec.name for p in packages} | {b.name for b in made}
    assert {r["データセット_連絡先メールアドレス"] for r in listed} == {"kankyo@city.example.lg.jp"}
    sizes = {r["ファイル_タイトル"]: r["ファイル_サイズ"] for r in listed}
    assert sizes["オープンデータ一覧（CSV）"] == ""
    assert sizes["公衆トイレ一覧（CSV）"] == str(packages[0].files[0].size)


def test_own_datasets_do_not_change_by_themselves(workspace: Workspace, drop: Path, tmp_path: Path) -> None:
    """A second run, even with nothing remembered, makes the same bytes: nothing would be written."""
    first = [b.package.digest for b in own(workspace)[1] if b.package]
    again = [b.package.digest for b in own(fresh(drop, tmp_path))[1] if b.package]
    shutil.rmtree(tmp_path / "var")
    anew = [b.package.digest for b in own(fresh(drop, tmp_path))[1] if b.package]
    assert first == again == anew
    assert len(first) == 2


def test_kpi_changes_with_the_month_only(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """All days of a month see the same KPI, that of the last day of the month before."""
    digests = []
    for day in ("2026-11-01", "2026-11-30", "2026-12-01"):
        moment = dt.datetime.fromisoformat(f"{day}T12:00:00+09:00")
        monkeypatch.setattr(exporting, "now", lambda moment=moment: moment)
        kpi = own(workspace)[1][0]
        digests.append(kpi.package.digest if kpi.package else "")
    assert digests[0] == digests[1] != digests[2]
    assert last_month_end(dt.date(2026, 3, 15)) == dt.date(2026, 2, 28)


def test_without_a_department_of_their_own_there_are_none(workspace: Workspace, drop: Path, tmp_path: Path) -> None:
    """Not configured: only exported, not published.  A department that is not there is a configuration error."""
    (drop / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    assert own(fresh(drop, tmp_path))[1] == ()
    (drop / "catalog.yaml").write_text(CATALOG + "publish: {catalog_department: nobody}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="nobody"):
        own(fresh(drop, tmp_path))


def test_a_list_that_a_department_dropped_is_not_doubled(workspace: Workspace, drop: Path, tmp_path: Path) -> None:
    """A city that keeps its own list keeps it."""
    made = own(workspace)[1][1]
    assert made.package is not None
    shutil.copy(made.package.files[0].path, drop / "kankyo/オープンデータ一覧.csv")
    packages, again = own(fresh(drop, tmp_path))
    assert "141500_open_data_list" in {p.spec.name for p in packages}
    assert [b.name for b in again] == ["opendata_kpi"]


def test_addresses_in_the_list(workspace: Workspace, drop: Path, tmp_path: Path) -> None:
    """On a portal the list points there; on a site there; the trial catalogue on this machine has no address."""
    assert {r["データセット_URL"] for r in rows(own(workspace)[1][1])} == {""}
    portal = f"{CATALOG}{OWN}portal: {{url: 'https://ckan.example.lg.jp'}}\n"
    (drop / "catalog.yaml").write_text(portal, encoding="utf-8")
    listed = rows(own(fresh(drop, tmp_path))[1][1])
    assert {r["データセット_URL"].rpartition("/")[0] for r in listed} == {"https://ckan.example.lg.jp/dataset"}
    assert all("/resource/" in r["ファイル_ダウンロードURL"] for r in listed)


# ── dates ──


def test_dates_come_from_the_journal(workspace: Workspace) -> None:
    """First publication and the present version's; a version that never went out has no day, nor what is unknown."""
    with workspace.store() as store:
        package = build(workspace, store=store).packages[0]
        digest = wanted(package, workspace.catalog).digest
        assert moments(workspace, store, [package]) == {}
        days = iter(range(1, 9))
        journal = Journal(store, "r", "http://127.0.0.1:1/", lambda: dt.datetime(2026, 4, next(days), tzinfo=dt.UTC))
        for state, value in (("verified", "old"), ("intent", digest), ("verified", digest), ("verified", digest)):
            journal.note(package.spec.name, state, value)
        found = moments(workspace, store, [package])[package.spec.name]
        assert (found.issued[:10], found.modified[:10]) == ("2026-04-01", "2026-04-03")
        journal.note(package.spec.name, "verified", "another")
        assert moments(workspace, store, [package])[package.spec.name].modified == ""


# ── the command ──


def test_export_writes_the_site(workspace: Workspace, drop: Path, tmp_path: Path) -> None:
    """The command writes everything, says what, does nothing the second time, and answers as JSON too."""
    arguments = ("--datasets", str(drop), "--var", str(tmp_path / "var"), "export", "--site", str(tmp_path / "site"))
    first = publish(*arguments, "--base-url", "https://data.example.lg.jp/")
    assert (first.returncode, "データセット 3 件" in first.stdout) == (0, True), first.stderr
    assert set(published(tmp_path / "site") or ()) == {"141500_public_toilet", "141500_open_data_list", "opendata_kpi"}
    second = publish(*arguments, "--base-url", "https://data.example.lg.jp/", "--json")
    assert "（前と同じ）" in json.dumps(json.loads(second.stdout), ensure_ascii=False)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").touch()
    refused = publish(*arguments[:-1], str(tmp_path / "mine"))
    assert refused.returncode == 2
    wrong = publish(*arguments, "--base-url", "data.example.lg.jp")
    assert wrong.returncode == 2


def test_withheld_keeps_its_last_good_version(workspace: Workspace, drop: Path, tmp_path: Path) -> None:
    """A file that has gone wrong does not take its dataset off the site; a wrong first version never gets on."""
    site = tmp_path / "site"
    export_site(workspace, site)
    before = (site / "dataset/141500_public_toilet/141500_public_toilet.csv").read_bytes()
    file = drop / "kankyo/公衆トイレ一覧.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n no table at all")
    lines = export_site(fresh(drop, tmp_path), site)
    assert "前の版のまま残しました: 公衆トイレ一覧" in lines
    assert (site / "dataset/141500_public_toilet/141500_public_toilet.csv").read_bytes() == before
    export_site(fresh(drop, tmp_path), tmp_path / "other")
    assert "141500_public_toilet" not in (published(tmp_path / "other") or ())


def test_withdrawn_leaves_the_site_and_lost_stops_it(workspace: Workspace, drop: Path, tmp_path: Path) -> None:
    """Vanished is no order to delete: the export stops unless told; what is withdrawn goes without a question."""
    site = tmp_path / "site"
    export_site(workspace, site)
    file, folder = drop / "kankyo/公衆トイレ一覧.csv", drop / "kankyo/トイレ"
    content = file.read_bytes()
    file.unlink()
    with pytest.raises(CatalogError, match="141500_public_toilet"):
        export_site(fresh(drop, tmp_path), site)
    assert "141500_public_toilet" in (published(site) or ())
    folder.mkdir()
    (folder / "toilet.csv").write_bytes(content)
    settings = "schema: public_toilet\nwithdraw: {reason: 誤り, approved_by: 鈴木}\n"
    (folder / "dataset.yaml").write_text(settings, encoding="utf-8")
    export_site(fresh(drop, tmp_path), site)
    assert "141500_public_toilet" not in (published(site) or ())
    shutil.rmtree(folder)
    (drop / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    lines = export_site(fresh(drop, tmp_path), site, shrink=True)
    assert "サイトからなくなりました: opendata_kpi" in lines


def test_own_packages_are_those_that_passed(workspace: Workspace) -> None:
    """The short form gives the packages alone."""
    with workspace.store() as store:
        packages = build(workspace, store=store).packages
        names = [p.spec.name for p in own_packages(workspace, store, packages)]
    assert names == ["opendata_kpi", "141500_open_data_list"]
    assert now().tzinfo is not None
