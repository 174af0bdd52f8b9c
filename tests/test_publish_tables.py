"""DataStore tables on a real CKAN: few requests, rows in place, never empty whatever changes, found by new words."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from pipelines.gateways.ckan import CkanPortal
from pipelines.model import Field, Package, PortalRejected, Schema
from pipelines.publish import elsewhere
from pipelines.publish.columns import columns, converted, same_value
from pipelines.publish.delta import read_rows
from tests.conftest import LINE, Catalogue
from tests.publishing import FIELDS, HEADER, Bench, rows

pytestmark = pytest.mark.catalogue


def resource_of(bench: Bench) -> str:
    """The table's id."""
    return str(bench.show()["resources"][0]["id"])


def numbers(bench: Bench) -> dict[str, int]:
    """CKAN's own row numbers by ID: they stay where a row stays in place."""
    return {str(row["ID"]): row["_id"] for row in bench.portal().table(resource_of(bench))}


def as_published(bench: Bench, made: Package) -> None:
    """The table holds exactly the file's rows, and one table view shows it."""
    header, lines = read_rows(made.files[0].path)
    assert made.files[0].schema is not None
    cols = columns(list(header), made.files[0].schema)
    table = bench.portal().table(resource_of(bench))
    have = Counter(tuple(same_value(row[c.id], c.type) for c in cols) for row in table)
    wanted = [zip(converted(line, cols), cols, strict=True) for line in lines]
    assert have == Counter(tuple(same_value(v, c.type) for v, c in pairs) for pairs in wanted)
    assert len(bench.portal().views(resource_of(bench))) == 1


# ── rows ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", [(), ("ID",)], ids=["no-key", "key"])
def test_one_changed_cell_costs_four_requests(bench: Bench, catalogue: Catalogue, key: tuple[str, ...]) -> None:
    """List, revise with the file, replace the row (CKAN answers with it), fetch the file: nothing else reaches CKAN.

    Before 2.12 CKAN does not answer with the row: it is read, a fifth request.
    """
    bench.publish(bench.package(rows(5), key=key))
    edited = rows(5)
    edited[2][2] = "999"
    made = bench.package(edited, key=key)
    before = len(catalogue.requests())
    bench.publish(made)
    calls = {"package_search": 1, "package_revise": 1, "datastore_upsert": 1, "download_show": 1}
    if LINE:
        calls["datastore_search"] = 1
    assert bench.traffic.calls == calls
    assert len(catalogue.requests()) - before == sum(calls.values())
    as_published(bench, made)


def repeated(count: int) -> list[list[str]]:
    """Rows that differ, in no single column and in none of them."""
    return [[str(n % 7), f"施設{n % 5}", str(n % 3), "35.5", "2024-04-01"] for n in range(count)]


@pytest.mark.parametrize("key", [(), ("ID",), ("ID", "名称")], ids=["no-key", "key", "two-part-key"])
@pytest.mark.parametrize("content", [rows, repeated], ids=["apart", "repeated"])
def test_only_changed_rows_travel(bench: Bench, content: Any, key: tuple[str, ...]) -> None:
    """Of 50 rows one changes, one goes and one comes; the others stay in place, whatever tells them apart."""
    bench.publish(bench.package(content(50), key=key))
    resource = resource_of(bench)
    kept = {row["_id"] for row in bench.portal().table(resource)}
    changed = [*content(50), ["51", "新施設", "510", "35.51", "2024-04-24"]]
    changed[9][2] = "-1"
    del changed[20]
    made = bench.package(changed, key=key)
    (done,) = bench.publish(made)
    assert "追加1・削除1・置換1" in done.detail
    assert (bench.traffic.calls["datastore_upsert"], bench.traffic.calls["datastore_delete"]) == (2, 1)
    after = {row["_id"] for row in bench.portal().table(resource)}
    assert (len(after), len(after & kept)) == (50, 49)
    as_published(bench, made)


def test_new_words_are_found_and_old_ones_are_not(bench: Bench) -> None:
    """The table's own search follows a changed cell."""
    bench.publish(bench.package(rows(3), key=("ID",)))
    edited = rows(3)
    edited[0][1] = "広場"
    bench.publish(bench.package(edited, key=("ID",)))
    found = [_found(bench, word) for word in ("施設1", "広場", "施設2")]
    assert found == [0, 1, 1]


def _found(bench: Bench, word: str) -> int:
    return int(bench.portal().call("datastore_search", {"resource_id": resource_of(bench), "q": word})["total"])


def test_a_row_that_people_changed_too_is_mended(bench: Bench, admin: CkanPortal) -> None:
    """Another cell of the row we replace is not as we left it: CKAN's answer shows it, and the table is compared."""
    bench.publish(bench.package(rows(5), key=("ID",)))
    record = {"ID": "3", "名称": "人の手"}
    data = {"resource_id": resource_of(bench), "force": True, "method": "update", "records": [record]}
    admin.call("datastore_upsert", data)
    edited = rows(5)
    edited[2][2] = "999"
    made = bench.package(edited, key=("ID",))
    bench.publish(made)
    as_published(bench, made)


def test_without_the_version_before_still_only_changed_rows(bench: Bench) -> None:
    """Versions on disk lost: the table itself is read, and still nothing but the difference is written."""
    bench.publish(bench.package(rows(40)))
    shutil.rmtree(bench.archive.folder)
    changed = rows(40)
    changed[3][1] = "新しい名前"
    assert "追加0・削除0・置換1" in bench.publish(bench.package(changed))[0].detail
    assert len(bench.table(resource_of(bench))) == 40


def test_identical_rows_are_counted(bench: Bench) -> None:
    """Rows may repeat where there is no key: copies come and go one by one."""
    twice = [*rows(2), *rows(2), *rows(2)]
    bench.publish(bench.package(twice))
    assert len(bench.table(resource_of(bench))) == 6
    bench.publish(bench.package(twice[:5]))
    assert sorted(row["ID"] for row in bench.table(resource_of(bench))) == ["1", "1", "1", "2", "2"]


def test_a_key_that_stops_being_one_costs_no_row(bench: Bench) -> None:
    """Two rows of one ID: the table loses its unique index and keeps its rows in place; later it may have it again."""
    bench.publish(bench.package(rows(6), key=("ID",)))
    kept = numbers(bench)
    doubled = rows(6)
    doubled[5][0], doubled[5][1], doubled[4][1] = "5", "同じ", "同じ"
    for content in (doubled, rows(6)):
        made = bench.package(content, key=("ID",))
        bench.publish(made)
        as_published(bench, made)
    assert {i: numbers(bench)[i] for i in "1234"} == {i: kept[i] for i in "1234"}


# ── columns ────────────────────────────────────────────────────────────────────────────────────


def with_fields(made: Package, **changed: Field | None) -> Package:
    """The package as if its schema had these fields otherwise."""
    fields = tuple(changed.get(f.name) or f for f in FIELDS)
    known = {f.name for f in FIELDS}
    added = tuple(f for name, f in changed.items() if f is not None and name not in known)
    made_so = Schema(name="s", title="s", fields=(*fields, *added), descriptor={})
    return replace(made, files=tuple(replace(f, schema=made_so) for f in made.files))


def column_change(bench: Bench, kind: str, content: Sequence[Sequence[str]]) -> Package:
    """The same rows with other columns."""
    table = [list(row) for row in content]
    if kind == "removed":
        return bench.package([row[:3] for row in table], header=HEADER[:3])
    if kind == "added":
        wider = [[row[0], f"備考{row[0]}", *row[1:]] for row in table]
        made = bench.package(wider, header=[HEADER[0], "備考", *HEADER[1:]])
        return with_fields(made, 備考=Field(name="備考", type="string", title="備考欄"))
    if kind == "renamed":
        made = bench.package(table, header=[*HEADER[:1], "施設名", *HEADER[2:]])
        return with_fields(made, 施設名=Field(name="施設名", type="string"))
    if kind == "type":
        return with_fields(bench.package(table), 数=Field(name="数", type="string"))
    return bench.package([row[::-1] for row in table], header=HEADER[::-1])


class Watcher:
    """Somebody without rights who looks at the table all the time."""

    def __init__(self, url: str, resource: str) -> None:
        self.portal, self.resource = CkanPortal(url), resource
        self.stop, self.seen = threading.Event(), []  # type: tuple[threading.Event, list[tuple[int, str]]]

    def __enter__(self) -> Watcher:
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop.set()
        self.thread.join(30)

    def _look(self) -> None:
        while not self.stop.is_set():
            try:
                info = self.portal.table_info(self.resource) or {"total": 0, "fields": []}
            except PortalRejected:  # gone between two of CKAN's own looks
                info = {"total": 0, "fields": []}
            labels = {f["id"]: (f.get("info") or {}).get("label", "") for f in info["fields"]}
            self.seen.append((info["total"], labels.get("ID", "")))


@pytest.mark.parametrize("kind", ["added", "removed", "renamed", "type", "order"])
def test_changed_columns_leave_the_rows_where_they_are(bench: Bench, catalogue: Catalogue, kind: str) -> None:
    """A reader never finds the table empty or its dictionary gone; columns, rows and words end as in the file.

    But for CKAN 2.10, which can take no column away: there the table is made anew.
    """
    bench.publish(bench.package(rows(200)))
    kept = numbers(bench)
    made = column_change(bench, kind, rows(200))
    with Watcher(catalogue.url, resource_of(bench)) as watcher:
        (done,) = bench.publish(made)
    assert done.action == "updated", done
    if LINE != "2.10" or kind in ("added", "order"):
        assert set(watcher.seen) == {(200, "番号")}
        assert numbers(bench) == kept
    as_published(bench, made)
    info = bench.portal().table_info(resource_of(bench)) or {}
    wanted = {c.name: c.title or c.name for c in made.files[0].schema.fields}  # type: ignore[union-attr]
    labels = {f["id"]: f["info"]["label"] for f in info["fields"] if f["id"] != "_id"}
    assert labels == {name: wanted[name] for name in labels}
    assert _found(bench, "2024-04-05") == (0 if kind == "removed" else 8)


def test_not_one_column_stays(bench: Bench, catalogue: Catalogue) -> None:
    """New columns and rows come before the old ones go: no reader finds the table empty, and it ends as in the file.

    But for CKAN 2.10, as above.
    """
    bench.publish(bench.package(rows(30)))
    made = bench.package(rows(30), header=[f"列{n}" for n in range(5)])
    with Watcher(catalogue.url, resource_of(bench)) as watcher:
        bench.publish(made)
    assert LINE == "2.10" or min(total for total, _ in watcher.seen) >= 30
    as_published(bench, made)
    assert sorted(bench.table(resource_of(bench))[0]) == [f"列{n}" for n in range(5)]
    assert _found(bench, "施設5") == 1


def test_every_type_changes(bench: Bench) -> None:
    """Columns of the same names and all of other types: the table is made anew, with its rows and its one view."""
    bench.publish(bench.package([[str(n)] for n in range(5)], header=["数"]))
    made = with_fields(bench.package([[str(n)] for n in range(6)], header=["数"]), 数=Field(name="数", type="string"))
    bench.publish(made)
    as_published(bench, made)
    assert (bench.portal().table_info(resource_of(bench)) or {})["fields"][1]["type"] == "text"


# ── tables that the portal loads ───────────────────────────────────────────────────────────────


def test_a_portal_that_loads_tables_itself(bench: Bench, admin: CkanPortal, monkeypatch: pytest.MonkeyPatch) -> None:
    """We wait for its loader and say so if it does not come; then its table gets the dictionary and keeps its rows."""
    monkeypatch.setattr(elsewhere, "LOOKS", 2)
    theirs = Bench(bench.url, bench.token, bench.root, settings={"datastore": "portal"})
    made = theirs.package(rows(3))
    (late,) = theirs.publish(made)
    assert (late.action, "まだデータストアに入れていません" in late.detail) == ("failed", True)
    fields = [{"id": name, "type": "text"} for name in HEADER]
    records = [dict(zip(HEADER, row, strict=True)) for row in rows(3)]
    table = {"resource_id": resource_of(theirs), "force": True, "fields": fields, "records": records}
    admin.call("datastore_create", table)
    (done,) = theirs.publish(made)
    assert done.action == "unchanged", done
    info = theirs.portal().table_info(resource_of(theirs)) or {}
    assert [(f["id"], f["type"]) for f in info["fields"][1:]] == [(name, "text") for name in HEADER]
    assert info["fields"][1]["info"]["label"] == "番号"
    assert (info["total"], theirs.traffic.calls.get("datastore_upsert", 0)) == (3, 0)
    assert theirs.publish(made)[0].action == "unchanged"
    assert theirs.traffic.writes == 0
