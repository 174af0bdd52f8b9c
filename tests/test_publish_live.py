"""Publishing to a real CKAN: what is written, what is left alone, and what an interrupted run leaves to the next."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.gateways.ckan import CkanPortal
from pipelines.gateways.store import Store
from pipelines.model import Action, Change, Package
from pipelines.publish import Journal
from pipelines.publish.wanted import resource_id, wanted
from tests.conftest import Catalogue
from tests.publishing import ORGANIZATION, Bench, now, package, rows, with_text

pytestmark = pytest.mark.catalogue


def posts(catalogue: Catalogue) -> int:
    """How many requests that could write CKAN has seen."""
    return sum('"POST ' in line for line in catalogue.requests())


def only(applied: list[Any]) -> Any:
    """The outcome of the only dataset."""
    (one,) = applied
    return one


def drift(bench: Bench, made: Package) -> list[tuple[str, Any, Any]]:
    """What a plan says that people did."""
    changes: tuple[Change, ...] = bench.plan(made).plan.changes
    return [(c.field, c.old, c.new) for c in changes if c.action is Action.DRIFT]


# ── the ordinary run ───────────────────────────────────────────────────────────────────────────


def test_first_publication_is_whole(bench: Bench) -> None:
    """A new dataset arrives public, with its file byte for byte, typed rows, dictionary and one table view."""
    made = bench.package(rows(3))
    assert only(bench.publish(made)).action == "created"
    dataset = bench.show()
    resource = dataset["resources"][0]
    assert (dataset["private"], dataset["state"], dataset["license_id"]) == (False, "active", "cc-by")
    assert bench.portal().download(resource["url"]) == (made.files[0].size, made.files[0].digest)
    info = bench.portal().table_info(resource["id"])
    assert info is not None
    assert [f["type"] for f in info["fields"]] == ["int", "text", "text", "int8", "numeric", "date"]
    assert info["fields"][2]["info"]["notes"] == "施設の名前"
    assert bench.table(resource["id"])[0]["数"] == 10
    assert [view["view_type"] for view in bench.portal().views(resource["id"])] == ["datatables_view"]


def test_nothing_is_seen_before_it_is_whole(bench: Bench, catalogue: Catalogue) -> None:
    """An empty start is private: whoever reads anonymously never finds a dataset without its file."""
    from pipelines.publish.apply import _start

    start = _start(bench.portal(), wanted(bench.package(rows(2)), bench.catalog))
    anonymous = CkanPortal(catalogue.url)
    assert anonymous.search_all(fq=f"name:{bench.dataset}", include_private=False, include_drafts=False) == []
    assert start["private"] is True
    assert only(bench.publish(bench.package(rows(2)))).action == "updated"
    assert len(anonymous.search_all(fq=f"name:{bench.dataset}", include_private=False, include_drafts=False)) == 1


def test_unchanged_run_writes_nothing(bench: Bench, catalogue: Catalogue) -> None:
    """The same packages again: no POST reaches CKAN, and one read."""
    made = [bench.package(rows(3)), bench.package(rows(4), name=f"{bench.dataset}-b")]
    bench.publish(*made)
    before = posts(catalogue)
    assert {a.action for a in bench.publish(*made)} == {"unchanged"}
    assert posts(catalogue) == before
    assert (bench.traffic.reads, bench.traffic.writes) == (1, 0)


def test_one_cell_changes_one_dataset(bench: Bench) -> None:
    """One edited cell: that dataset alone is written, and every id and address stays."""
    other = f"{bench.dataset}-b"
    bench.publish(bench.package(rows(5)), bench.package(rows(5), name=other))
    before, untouched = bench.show(), bench.show(other)
    edited = rows(5)
    edited[2][2] = "999"
    done = bench.publish(bench.package(edited), bench.package(rows(5), name=other))
    assert sorted(a.action for a in done) == ["unchanged", "updated"]
    after = bench.show()
    assert bench.show(other) == untouched
    for key in ("id", "url", "name"):
        assert after["resources"][0][key] == before["resources"][0][key]
    assert after["id"] == before["id"]
    assert sorted(row["数"] for row in bench.table(after["resources"][0]["id"])) == [10, 20, 40, 50, 999]


def test_metadata_only_uploads_nothing(bench: Bench) -> None:
    """A changed description travels alone: no file, no rows, and the file's date stays."""
    bench.publish(bench.package(rows(3)))
    before = bench.show()
    only(bench.publish(bench.package(rows(3), notes="新しい説明です。")))
    after = bench.show()
    assert after["notes"] == "新しい説明です。"
    assert bench.traffic.writes == 1
    assert after["resources"][0]["last_modified"] == before["resources"][0]["last_modified"]


def test_what_we_take_away_is_gone(bench: Bench) -> None:
    """Fewer tags, extras and files than before: the old ones go, the remaining ones are not mixed up."""
    made = bench.package(rows(2), tags=("施設", "防災", "統計"), frequency="年1回", temporal=("2024", "2025"))
    bench.publish(with_text(made, "説明"))
    assert len(bench.show()["resources"]) == 2
    only(bench.publish(bench.package(rows(2), tags=("統計",), frequency="")))
    after = bench.show()
    extras = {e["key"]: e["value"] for e in after["extras"]}
    assert [t["name"] for t in after["tags"]] == ["統計"]
    assert not {"frequency", "temporal_start"} & set(extras)
    assert [(r["format"], r["mimetype"]) for r in after["resources"]] == [("CSV", "text/csv")]
    assert only(bench.publish(bench.package(rows(2), tags=("統計",), frequency=""))).action == "unchanged"


def test_one_of_two_files_changes(bench: Bench) -> None:
    """The changed file alone is sent; the other keeps its date and its bytes."""
    made = bench.package(rows(2))
    bench.publish(with_text(made, "説明"))
    before = bench.show()["resources"]
    bench.publish(with_text(bench.package(rows(2)), "直した説明"))
    after = bench.show()["resources"]
    assert after[0]["last_modified"] == before[0]["last_modified"]
    assert after[1]["last_modified"] != before[1]["last_modified"]
    assert after[1]["size"] == len("直した説明".encode())


def test_readers_see_what_changed(bench: Bench) -> None:
    """Each publication adds a line to 更新履歴 with the day and the rows added, removed and changed."""
    bench.publish(bench.package(rows(3)))
    changed = rows(4)
    changed[0][1] = "改称"
    bench.publish(bench.package(changed))
    history = next(e["value"] for e in bench.show()["extras"] if e["key"] == "更新履歴")
    assert history.splitlines() == ["2026-11-22 1行追加・1行変更（全4行）", "2026-11-22 公開（全3行）"]


def test_renamed_dataset_keeps_its_identity(bench: Bench) -> None:
    """``renamed_from``: the same dataset under a new name, with its ids, addresses and rows."""
    bench.publish(bench.package(rows(3)))
    before = bench.show()
    new = f"{bench.dataset}-new"
    bench.publish(bench.package(rows(3), name=new, renamed_from=bench.dataset))
    after = bench.show(new)
    assert after["id"] == before["id"]
    assert [r["id"] for r in after["resources"]] == [r["id"] for r in before["resources"]]
    assert bench.publish(bench.package(rows(3), name=new, renamed_from=bench.dataset))[0].action == "unchanged"


# ── people ─────────────────────────────────────────────────────────────────────────────────────


def _notes(admin: CkanPortal, bench: Bench) -> None:
    admin.call("package_patch", {"id": bench.dataset, "notes": "人が直した説明"}, repeat=False)


def _tag(admin: CkanPortal, bench: Bench) -> None:
    tags = [{"name": t["name"]} for t in bench.show()["tags"]]
    admin.call("package_patch", {"id": bench.dataset, "tags": [*tags, {"name": "人の札"}]}, repeat=False)


def _extra(admin: CkanPortal, bench: Bench) -> None:
    extras = [{"key": e["key"], "value": e["value"]} for e in bench.show()["extras"]]
    added = [*extras, {"key": "memo", "value": "人のメモ"}]
    admin.call("package_patch", {"id": bench.dataset, "extras": added}, repeat=False)


def _resource(admin: CkanPortal, bench: Bench) -> None:
    link = {"package_id": bench.dataset, "name": "人の資料", "url": "https://www.example.lg.jp/a.pdf", "format": "PDF"}
    admin.call("resource_create", link, repeat=False)


def _hidden(admin: CkanPortal, bench: Bench) -> None:
    admin.call("package_patch", {"id": bench.dataset, "private": True}, repeat=False)


EDITS: list[tuple[Callable[[CkanPortal, Bench], None], list[tuple[str, Any, Any]]]] = [
    (_notes, [("notes", "市の施設です。", "人が直した説明")]),
    (_tag, [("tags", None, "人の札")]),
    (_extra, []),
    (_resource, []),
    (_hidden, [("private", False, True)]),
]


def human(dataset: dict[str, Any]) -> list[Any]:
    """What people may have put into a dataset."""
    return [
        dataset["notes"],
        dataset["private"],
        sorted(t["name"] for t in dataset["tags"]),
        {e["key"]: e["value"] for e in dataset["extras"]}.get("memo"),
        [r["name"] for r in dataset["resources"]],
    ]


@pytest.mark.parametrize("journal", ["kept", "lost"])
@pytest.mark.parametrize("edit, told", EDITS, ids=["notes", "tag", "extra", "resource", "hidden"])
def test_hand_edits_stay(
    bench: Bench, admin: CkanPortal, journal: str, edit: Callable[..., None], told: list[Any]
) -> None:
    """What a person did on the portal is told as drift and survives an update of the file, journal or not."""
    bench.publish(bench.package(rows(3)))
    edit(admin, bench)
    edited = human(bench.show())
    if journal == "lost":
        bench.state.unlink()
    assert drift(bench, bench.package(rows(3))) == told
    assert only(bench.publish(bench.package(rows(4)))).action == "updated"
    assert human(bench.show()) == edited
    assert only(bench.publish(bench.package(rows(4)))).action == "unchanged"


def test_a_file_a_person_put_there_is_told_and_ours_comes_back(bench: Bench, admin: CkanPortal, tmp_path: Path) -> None:
    """A file replaced on the portal, of the same size even, is drift; the department's file is restored."""
    made = bench.package(rows(3))
    bench.publish(made)
    resource = bench.show()["resources"][0]
    other = tmp_path / resource["url"].rsplit("/", 1)[-1]
    other.write_bytes(made.files[0].path.read_bytes().replace(b"1", b"7"))
    admin.call("resource_patch", {"id": resource["id"]}, files={"upload": other}, repeat=False)
    assert [field for field, _, _ in drift(bench, made)] == [made.files[0].path.name]
    assert only(bench.publish(made)).action == "updated"
    assert bench.portal().download(bench.show()["resources"][0]["url"])[1] == made.files[0].digest
    assert only(bench.publish(made)).action == "unchanged"


def test_order_of_resources_is_ours(bench: Bench, admin: CkanPortal) -> None:
    """Ours come first whatever order a person made; it is one change, not one for ever."""
    bench.publish(bench.package(rows(3)))
    _resource(admin, bench)
    ids = [r["id"] for r in bench.show()["resources"]]
    admin.call("package_resource_reorder", {"id": bench.dataset, "order": ids[::-1]}, repeat=False, post=True)
    assert [c.action for c in bench.plan(bench.package(rows(3))).plan.changes] == [Action.REORDER]
    bench.publish(bench.package(rows(3)))
    assert [r["id"] for r in bench.show()["resources"]] == ids
    assert only(bench.publish(bench.package(rows(3)))).action == "unchanged"


def test_another_persons_dataset_is_never_touched(bench: Bench, admin: CkanPortal) -> None:
    """A dataset of the same name that does not carry our digest stays as it is; ours fails with a reason."""
    theirs = {"name": bench.dataset, "title": "人のデータ", "owner_org": ORGANIZATION}
    before = admin.call("package_create", theirs, repeat=False)
    done = only(bench.publish(bench.package(rows(3))))
    assert done.action == "failed"
    assert "ほかの人" in done.detail
    assert bench.show()["metadata_modified"] == before["metadata_modified"]


def test_what_a_person_deleted_stays_deleted(bench: Bench, admin: CkanPortal) -> None:
    """A dataset deleted on the portal is not made again, and no copy is left behind, journal or not."""
    bench.publish(bench.package(rows(3)))
    identifier = bench.show()["id"]
    admin.call("package_delete", {"id": identifier}, repeat=False)
    for lost in (False, True):
        if lost:
            bench.state.unlink()
        done = only(bench.publish(bench.package(rows(3))))
        assert (done.action, "削除されています" in done.detail) == ("failed", True), done.detail
    assert admin.dataset(identifier)["state"] == "deleted"  # type: ignore[index]
    assert bench.portal().search_all(fq=f"name:{bench.dataset}") == []


# ── interruptions ──────────────────────────────────────────────────────────────────────────────


def test_lost_journal_writes_nothing(bench: Bench, catalogue: Catalogue) -> None:
    """Without the journal everything is read and checked, nothing is written, and the journal is whole again."""
    bench.publish(bench.package(rows(3)))
    bench.state.unlink()
    before = posts(catalogue)
    assert only(bench.publish(bench.package(rows(3)))).action == "unchanged"
    assert posts(catalogue) == before
    with Store(bench.state) as store:
        assert set(Journal(store, "", bench.url, now).verified()) == {bench.dataset}


@pytest.mark.parametrize("journal", ["kept", "lost"])
@pytest.mark.parametrize("key", [(), ("ID",)], ids=["no-key", "key"])
def test_table_left_half_loaded_is_finished(bench: Bench, key: tuple[str, ...], journal: str) -> None:
    """Files whole, table short, doubled or stale: an intent without its end (or no journal) has the table put right."""
    made = bench.package(rows(20) if key else [[*row[:2], "7", "35.5", "2024-04-01"] for row in rows(20) * 2], key=key)
    bench.publish(made)
    resource = bench.show()["resources"][0]["id"]
    portal = bench.portal()
    portal.call("datastore_delete", {"resource_id": resource, "force": True, "filters": {"ID": ["3", "4"]}})
    extra = {"ID": "99", "名称": "二度", "数": 1, "緯度": None, "開設日": None}
    stale = {"ID": "5", "名称": "古い", "数": 5, "緯度": None, "開設日": None}
    method = "upsert" if key else "insert"
    data = {"resource_id": resource, "force": True, "method": method, "records": [extra, stale]}
    portal.call("datastore_upsert", data, repeat=False)
    if journal == "lost":
        bench.state.unlink()
    else:
        with Store(bench.state) as store:
            Journal(store, "cut", bench.url, now).note(bench.dataset, "intent", wanted(made, bench.catalog).digest)
    only(bench.publish(made))
    table = bench.table(resource)
    copies = 1 if key else 2
    assert sorted(int(row["ID"]) for row in table) == sorted(list(range(1, 21)) * copies)
    assert [row["名称"] for row in table if row["ID"] == "5"] == ["施設5"] * copies


def test_revised_but_no_table(bench: Bench) -> None:
    """Killed after the revise: the next run makes table and view and sends no file again."""
    made = bench.package(rows(5))
    bench.publish(made)
    resource = bench.show()["resources"][0]["id"]
    portal = bench.portal()
    portal.call("datastore_delete", {"resource_id": resource, "force": True}, repeat=False)
    for view in portal.views(resource):
        portal.call("resource_view_delete", {"id": view["id"]}, repeat=False)
    with Store(bench.state) as store:
        Journal(store, "cut", bench.url, now).note(bench.dataset, "intent", wanted(made, bench.catalog).digest)
    only(bench.publish(made))
    assert "package_revise" not in bench.traffic.calls
    assert len(bench.table(resource)) == 5
    assert len(portal.views(resource)) == 1


def test_wrong_file_alone_is_repaired(bench: Bench, admin: CkanPortal, tmp_path: Path) -> None:
    """Another file behind our hash, with the journal lost: found by its bytes and sent again, once."""
    made = bench.package(rows(3))
    bench.publish(made)
    resource = bench.show()["resources"][0]
    other = tmp_path / resource["url"].rsplit("/", 1)[-1]
    other.write_bytes(made.files[0].path.read_bytes().replace(b"1", b"7"))
    admin.call("resource_patch", {"id": resource["id"]}, files={"upload": other}, repeat=False)
    bench.state.unlink()
    only(bench.publish(made))
    assert bench.traffic.calls["package_revise"] == 1
    assert bench.portal().download(bench.show()["resources"][0]["url"])[1] == made.files[0].digest


def test_a_dataset_that_moved_since_the_plan(bench: Bench, admin: CkanPortal) -> None:
    """An edit between plan and apply: the portal is looked at again, both changes end up there."""
    from pipelines.publish import apply

    bench.publish(bench.package(rows(3)))
    made = bench.package(rows(4))
    portal = bench.portal()
    with Store(bench.state) as store:
        journal = Journal(store, uuid.uuid4().hex, bench.url, now)
        planned = bench.plan(made)
        _notes(admin, bench)
        assert only(apply(planned, bench.catalog, portal, journal, archive=bench.archive)).action == "updated"
    assert bench.show()["notes"] == "人が直した説明"
    assert len(bench.table(bench.show()["resources"][0]["id"])) == 4


def test_resource_ids_are_derived(bench: Bench) -> None:
    """Resource ids come from catalogue, dataset and key alone."""
    made = bench.package(rows(1))
    bench.publish(made)
    found = bench.show()["resources"][0]["id"]
    assert found == resource_id(bench.catalog, bench.dataset, "csv")
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", found)


def test_one_bad_dataset_leaves_the_others(bench: Bench) -> None:
    """An organization that does not exist keeps its dataset back, alone."""
    bad = package(bench.root / "packages", f"{bench.dataset}-bad", rows(1), org="nowhere")
    done = {a.dataset: a.action for a in bench.publish(bad, bench.package(rows(1)))}
    assert done == {f"{bench.dataset}-bad": "refused", bench.dataset: "created"}


# ── before the first call ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "spec, code",
    [
        ({"tags": ("公園・広場",)}, "portal-tag"),
        ({"tags": ("a",)}, "portal-tag"),
        ({"title": " "}, "portal-title"),
        ({"org": "nowhere"}, "portal-organization"),
        ({"name": "new"}, "portal-name"),
    ],
)
def test_what_ckan_would_refuse_is_found_before(
    bench: Bench, catalogue: Catalogue, spec: dict[str, Any], code: str
) -> None:
    """Each of CKAN's rules: a Japanese problem with its place, and not one request that writes."""
    before = posts(catalogue)
    done = only(bench.publish(bench.package(rows(1), **spec)))
    assert (done.action, [p.code for p in done.problems]) == ("refused", [code])
    assert posts(catalogue) == before


def test_an_unknown_licence_is_told_and_published(bench: Bench) -> None:
    """CKAN takes a licence it does not know and then calls the data not open: a warning."""
    from pipelines.model import Licence

    done = only(bench.publish(bench.package(rows(1), licence=Licence(id="cc-by-9", title="?"))))
    assert (done.action, [p.code for p in done.problems]) == ("created", ["portal-licence"])


def test_a_group_that_is_not_there_is_left_out(bench: Bench, admin: CkanPortal) -> None:
    """The dataset goes out without it, once, with a notice; when the group is there and ours to fill, it goes in."""
    group = f"g-{bench.dataset}"
    made = bench.package(rows(1), groups=(group,))
    done = only(bench.publish(made))
    assert (done.action, [p.code for p in done.problems]) == ("created", ["portal-group"])
    assert only(bench.publish(made)).action == "unchanged"
    admin.call("group_create", {"name": group, "title": "子育て"}, repeat=False)
    admin.call("member_create", {"id": group, "object": "publisher", "object_type": "user", "capacity": "editor"})
    assert only(bench.publish(made)).action == "updated"
    assert [g["name"] for g in bench.show()["groups"]] == [group]
    assert only(bench.publish(made)).action == "unchanged"
    assert bench.traffic.reads == 1


def test_a_file_over_the_portals_limit(bench: Bench) -> None:
    """``publish.max_file_mb`` states the portal's limit: what is larger is not even sent."""
    from dataclasses import replace

    bench.catalog = replace(bench.catalog, settings={"publish": {"max_file_mb": "1"}})
    done = only(bench.publish(bench.package(rows(30000))))
    assert (done.action, [p.code for p in done.problems]) == ("refused", ["portal-size"])
