"""The main job, end to end: the sample drop → a real CKAN → the report; and what must stay true on every run after."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import Flow, publish

pytestmark = pytest.mark.catalogue


def fetch(url: str) -> bytes:
    """What a citizen gets."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        body: bytes = answer.read()
        return body


def posts(lines: list[str]) -> int:
    """Write requests in CKAN's own access log: the publisher reads by GET only."""
    return sum('"POST /api/' in line for line in lines)


def test_the_sample_is_published(flow: Flow) -> None:
    """At least 20 datasets of at least 8 departments are on the catalogue for everyone to see."""
    found = flow.portal().call("package_search", {"rows": 1000, "fq": "tags:見本"})["results"]
    assert len(found) >= 20
    assert {d["name"] for d in found} == set(flow.names())
    assert len({d["organization"]["name"] for d in found}) >= 8
    assert all("見本" in d["title"] and d["notes"].startswith("これは動作確認用の見本です") for d in found)
    assert all(d["license_id"] == "cc-by" and d["isopen"] for d in found)
    assert flow.first["counts"]["published"] == len(found)


def test_every_file_comes_back_as_it_was_built(flow: Flow) -> None:
    """Each CSV and GeoJSON downloads byte for byte, under an ASCII name, with its format, size and hash."""
    for name in flow.names():
        dataset = flow.portal().dataset(name)
        assert dataset is not None
        for resource in dataset["resources"]:
            local = flow.var / "packages" / name / resource["url"].rsplit("/", 1)[-1]
            body = fetch(resource["url"])
            assert body == local.read_bytes()
            assert resource["url"].isascii()
            assert resource["hash"] == f"sha256:{hashlib.sha256(body).hexdigest()}"
            assert int(resource["size"]) == len(body)
            assert resource["format"] in ("CSV", "GeoJSON")


def test_every_csv_is_a_typed_table_with_a_dictionary(flow: Flow) -> None:
    """The DataStore holds as many rows as the CSV, typed columns, and a Japanese data dictionary."""
    types = set()
    for name in flow.names():
        dataset = flow.portal().dataset(name)
        assert dataset is not None
        for resource in (r for r in dataset["resources"] if r["format"] == "CSV"):
            local = flow.var / "packages" / name / resource["url"].rsplit("/", 1)[-1]
            rows = list(csv.reader(io.StringIO(local.read_text(encoding="utf-8-sig"), newline="")))
            info = flow.portal().table_info(resource["id"])
            assert info is not None
            assert info["total"] == len(rows) - 1
            columns = [f for f in info["fields"] if f["id"] != "_id"]
            assert len(columns) == len(rows[0])
            assert [f["info"]["label"] for f in columns] == rows[0]
            types |= {f["type"] for f in columns}
            views = {v["view_type"] for v in flow.portal().views(resource["id"])}
            assert "datatables_view" in views
    assert {"text", "int8", "numeric", "date"} <= types


def test_at_least_five_are_withheld_each_for_another_reason(flow: Flow) -> None:
    """What is kept back says why in Japanese and names a cell, and none of it is on the portal."""
    kept = [f for f in flow.first["files"] if f["decision"] != "publish"]
    assert len(kept) >= 5
    reasons = [{p["code"] for p in f["problems"] if p["level"] in ("error", "hold")} for f in kept]
    assert len({min(r) for r in reasons}) >= 5
    assert all(re.search("[ぁ-んァ-ヶ一-龠]", p["message"]) for f in kept for p in f["problems"])
    with_cell = [f for f in kept if any(p["cell"] for p in f["problems"] if p["level"] in ("error", "hold"))]
    assert len(with_cell) >= 5
    assert not {f["dataset"] for f in kept} & set(flow.names())


def test_a_reply_page_exists_for_every_dataset(flow: Flow) -> None:
    """Departments get a page per dataset, an index, and a marked-up workbook where cells are to be fixed."""
    folder = flow.var / "replies"
    for file in flow.first["files"]:
        page = (folder / f"{file['dataset']}.html").read_text(encoding="utf-8")
        assert '<html lang="ja">' in page
    assert (folder / "372013_public_toilet.xlsx").is_file()
    assert "公衆トイレ一覧" in (folder / "index.html").read_text(encoding="utf-8")


def test_frictionless_accepts_every_package(flow: Flow) -> None:
    """Every published folder passes the public validator."""
    from frictionless import Package

    for name in flow.names():
        report = Package(str(flow.var / "packages" / name / "datapackage.json")).validate()
        assert report.valid, (name, report.to_summary())


def test_resource_ids_are_ours(flow: Flow) -> None:
    """Ids are UUIDv5 of (catalogue, dataset, key): known before anything is sent."""
    from pipelines.config import load_catalog
    from pipelines.publish.wanted import resource_id

    catalog = load_catalog(flow.datasets)
    dataset = flow.portal().dataset("222127_public_toilet")
    assert dataset is not None
    assert [r["id"] for r in dataset["resources"]] == [
        resource_id(catalog, "222127_public_toilet", key) for key in ("csv", "geojson")
    ]


def test_a_second_run_writes_nothing(flow: Flow) -> None:
    """Nothing new: no write request in CKAN's own log, and at most ⌈N/1000⌉+1 reads."""
    before = len(flow.catalogue.requests())
    _, account = flow.publish("run")
    lines = [line for line in flow.catalogue.requests()[before:] if "open-data-catalog-publisher" in line]
    assert account["counts"]["unchanged"] == len(flow.names())
    assert posts(lines) == 0
    assert len(lines) <= 2
    assert (account["reads"], account["writes"]) == (len(lines), 0)


def test_one_edited_cell_changes_one_dataset(flow: Flow) -> None:
    """One cell in one file: exactly one dataset changes, and its resource ids and addresses stay."""
    before = {d["name"]: d for d in flow.portal().search_all(include_private=False, include_drafts=False)}
    [file] = (flow.datasets).glob("見本_焼津市_防災/アンダーパス/*.csv")
    original = file.read_bytes()
    text = original.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    rows[1][3] = rows[1][3] + "（改）"
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    file.write_bytes(out.getvalue().encode("utf-8-sig"))
    try:
        _, account = flow.publish("run")
        assert account["counts"]["updated"] == 1
        assert account["counts"]["unchanged"] == len(flow.names()) - 1
        after = {d["name"]: d for d in flow.portal().search_all(include_private=False, include_drafts=False)}
        changed = [n for n in after if after[n]["metadata_modified"] != before[n]["metadata_modified"]]
        assert changed == ["yaizu-underpass"]
        old, new = before["yaizu-underpass"]["resources"], after["yaizu-underpass"]["resources"]
        assert [(r["id"], r["url"]) for r in old] == [(r["id"], r["url"]) for r in new]
        [table] = [r["id"] for r in new if r["format"] == "CSV"]
        found = flow.portal().call("datastore_search", {"resource_id": table, "limit": 1000})["records"]
        assert sum("（改）" in str(row) for row in found) == 1
        assert len(found) == len(rows) - 1
    finally:
        file.write_bytes(original)
        flow.publish("run")


def test_lost_state_costs_no_write(flow: Flow) -> None:
    """State, packages and replies deleted: everything is found unchanged, by reading only."""
    for name in ("state", "packages", "replies"):
        shutil.rmtree(flow.var / name)
    before = len(flow.catalogue.requests())
    _, account = flow.publish("run")
    lines = [line for line in flow.catalogue.requests()[before:] if "open-data-catalog-publisher" in line]
    assert account["counts"]["unchanged"] == len(flow.names()) >= 20
    assert posts(lines) == 0
    assert account["writes"] == 0


@pytest.mark.parametrize("lose_state", [False, True], ids=["with-journal", "journal-lost"])
def test_hand_edits_are_kept_and_reported(flow: Flow, lose_state: bool) -> None:
    """A person edits notes and adds a tag on the portal: both stay, and the run says so."""
    admin = flow.portal(admin=True)
    dataset = admin.dataset("222127_aed")
    assert dataset is not None
    tags = [{"name": t["name"]} for t in dataset["tags"]]
    edited = {"notes": "手で直した説明", "tags": [*tags, {"name": "手で足した"}]}
    admin.call("package_patch", {"id": dataset["id"], **edited})
    if lose_state:
        shutil.rmtree(flow.var / "state")
    try:
        _, account = flow.publish("run")
        assert account["writes"] == 0
        assert {(c["field"], c["new"]) for c in account["drift"]} == {
            ("notes", "手で直した説明"),
            ("tags", "手で足した"),
        }
        kept = flow.portal().dataset("222127_aed")
        assert kept is not None
        assert kept["notes"] == "手で直した説明"
        assert "手で足した" in {t["name"] for t in kept["tags"]}
    finally:
        admin.call("package_patch", {"id": dataset["id"], "notes": dataset["notes"], "tags": tags})


def test_the_report_has_both_targets(flow: Flow) -> None:
    """The report names both KPIs with their targets, and samples are never counted as the city's own."""
    page = Path(flow.first["report"]).read_text(encoding="utf-8")
    for told in ("データセット数", "年間アクセス件数", "100", "101,000", "73,098", "見本"):
        assert told in page
    assert 'src="http' not in page
    numbers = json.loads(Path(flow.first["report"]).with_suffix(".json").read_text(encoding="utf-8"))
    assert numbers["fiscal_year"] >= 2026


def test_the_snapshot_is_taken(flow: Flow) -> None:
    """Today's count of datasets is in the store, samples apart."""
    _, told = flow.publish("measure", "today")
    assert any("見本" in line for line in told)


# ── what can go wrong ──────────────────────────────────────────────────────────────────────────


def test_a_wrong_token_is_told(flow: Flow) -> None:
    """CKAN takes a wrong token for nobody: doctor says which organizations cannot be written."""
    done = publish(
        "--datasets", str(flow.datasets), "--var", str(flow.var), "doctor", env={"CKAN_API_TOKEN": "no-such-token"}
    )
    assert done.returncode == 2
    assert "no-such-token" not in done.stdout + done.stderr


def test_a_run_with_a_wrong_token_loses_nothing(flow: Flow, tmp_path: Path) -> None:
    """With a wrong token and something to publish, each dataset fails in plain words and the portal stays as it was."""
    before = {d["name"]: d["metadata_modified"] for d in flow.portal().search_all()}
    shutil.copytree(flow.datasets, tmp_path / "datasets")
    settings = tmp_path / "datasets" / "見本_焼津市_防災" / "アンダーパス" / "dataset.yaml"
    settings.write_text(settings.read_text("utf-8").replace("title: ", "title: 新しい"), encoding="utf-8")
    done = publish(
        "--datasets", str(tmp_path / "datasets"), "--var", str(tmp_path / "var"), "run", "yaizu-underpass",
        env={"CKAN_API_TOKEN": "no-such-token"},
    )  # fmt: skip
    assert done.returncode in (1, 2), done.stdout + done.stderr
    assert "権限" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert {d["name"]: d["metadata_modified"] for d in flow.portal().search_all()} == before


def test_no_portal_is_exit_3(flow: Flow, tmp_path: Path) -> None:
    """A portal that does not answer: one message, exit 3, nothing lost."""
    shutil.copytree(flow.datasets, tmp_path / "datasets")
    settings = tmp_path / "datasets" / "catalog.yaml"
    text = re.sub(r"url: http://127\S+", "url: http://127.0.0.1:9\n  timeout: 2", settings.read_text("utf-8"), count=1)
    settings.write_text(text, encoding="utf-8")
    done = publish(
        "--datasets", str(tmp_path / "datasets"), "--var", str(tmp_path / "var"), "run", env={"CKAN_API_TOKEN": "x"}
    )
    assert done.returncode == 3, done.stderr
    assert "応答しません" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_locked_second_run_is_told(flow: Flow) -> None:
    """While one run holds the lock, another stops with a clear message and exit 2."""
    import fcntl

    lock = flow.var / "state" / "run.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        code, answer = flow.publish("run")
    assert code == 2
    assert "実行中" in answer["error"]


def test_empty_datasets_is_no_order_to_delete(flow: Flow, tmp_path: Path) -> None:
    """An empty drop folder stops the run; what is published stays."""
    (tmp_path / "datasets").mkdir()
    shutil.copy(flow.datasets / "catalog.yaml", tmp_path / "datasets")
    done = publish(
        "--datasets", str(tmp_path / "datasets"), "--var", str(tmp_path / "var"), "run",
        env={"CKAN_API_TOKEN": flow.catalogue.publisher_token},
    )  # fmt: skip
    assert done.returncode == 2
    assert "何もせずに終わります" in done.stderr
    assert len(flow.portal().search_all()) >= 20


def test_an_unknown_key_in_yaml_is_told(flow: Flow, tmp_path: Path) -> None:
    """A misspelt key names the file and what was meant; exit 2."""
    shutil.copytree(flow.datasets, tmp_path / "datasets")
    settings = tmp_path / "datasets" / "catalog.yaml"
    settings.write_text(settings.read_text("utf-8") + "\ntitel: x\n", encoding="utf-8")
    done = publish("--datasets", str(tmp_path / "datasets"), "--var", str(tmp_path / "var"), "check")
    assert done.returncode == 2
    assert "「title」のことですか" in done.stderr


def test_no_token_is_told(flow: Flow) -> None:
    """Without a token for a portal of one's own, the message names the variable; the token never has a flag."""
    done = publish("--datasets", str(flow.datasets), "--var", str(flow.var), "run")
    assert done.returncode == 2
    assert "CKAN_API_TOKEN" in done.stderr


def test_the_token_is_nowhere_on_disk(flow: Flow) -> None:
    """No file under var/ holds the publisher's token."""
    token = flow.catalogue.publisher_token.encode()
    for folder, _, files in os.walk(flow.var):
        for name in files:
            assert token not in (Path(folder) / name).read_bytes(), name
