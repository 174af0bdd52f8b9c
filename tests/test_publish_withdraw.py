"""Withdrawing, its limits and its undoing, and restoring earlier versions: through the command line, on a real CKAN."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.gateways.ckan import CkanPortal
from pipelines.gateways.store import Store
from pipelines.publish.withdraw import ERASED, Withdrawal, due, limit
from pipelines.run.urgent import deadlines
from pipelines.run.withdrawing import Decisions, withdrawn_names
from tests.conftest import CATALOG, Catalogue, publish
from tests.publishing import administrator, package

SCHEMA = "name: {name}\ntitle: {name}\nfields:\n- name: 名称\n- name: 数\n  type: integer\n  clean: integer\n"


@dataclass
class City:
    """A drop of small datasets, published to the session's CKAN by the command line."""

    root: Path
    portal: CkanPortal
    anonymous: CkanPortal
    env: dict[str, str]
    names: list[str]

    def folder(self, name: str) -> Path:
        return self.root / "datasets" / "kankyo" / name

    def write(self, name: str, rows: str, more: str = "") -> None:
        """One dataset: its settings, its schema and its file."""
        folder = self.folder(name)
        folder.mkdir(exist_ok=True)
        (folder / "dataset.yaml").write_text(f"name: {name}\ntitle: 試験 {name}\n{more}", encoding="utf-8")
        (folder / "schema.yaml").write_text(SCHEMA.format(name=name.replace("-", "_")), encoding="utf-8")
        (folder / "data.csv").write_text("名称,数\n" + rows, encoding="utf-8")

    def command(self, *words: str, code: int = 0) -> str:
        """Run publish.py as a person would; its exit code must be ``code``."""
        where = ["--datasets", str(self.root / "datasets"), "--var", str(self.root / "var")]
        done = publish(*where, *words, env=self.env)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def outcomes(self, code: int = 0) -> dict[str, str]:
        """One run; how each dataset ended."""
        told = json.loads(self.command("run", "--json", code=code))
        return {file["dataset"]: file["decision"] for file in told["files"]}

    def show(self, name: str) -> dict[str, Any]:
        found = self.portal.dataset(name)
        assert found is not None
        return found


@pytest.fixture
def city(catalogue: Catalogue, tmp_path: Path) -> City:
    """Two datasets, published."""
    org = "withdrawing"
    administrator(catalogue.url, catalogue.admin_token, org)
    root = tmp_path / "datasets"
    (root / "kankyo").mkdir(parents=True)
    settings = f"portal:\n  url: {catalogue.url}\nintake:\n  quiet_seconds: 0\npublish:\n  max_withdraw: '1'\n"
    (root / "catalog.yaml").write_text(CATALOG + settings, encoding="utf-8")
    (root / "kankyo" / "department.yaml").write_text(f"id: {org}\ntitle: 環境政策課\n", encoding="utf-8")
    mark = uuid.uuid4().hex[:8]
    made = City(
        root=tmp_path,
        portal=CkanPortal(catalogue.url, catalogue.publisher_token),
        anonymous=CkanPortal(catalogue.url),
        env={"CKAN_API_TOKEN": catalogue.publisher_token},
        names=[f"w-{mark}-a", f"w-{mark}-b"],
    )
    for name in made.names:
        made.write(name, "公園,1\n広場,2\n")
    made.command("run")
    return made


def age(city: City, name: str, days: int) -> None:
    """Let a tombstone be that many days older."""
    dataset = city.show(name)
    since = (dt.datetime.now(dt.timezone(dt.timedelta(hours=9))) - dt.timedelta(days=days)).date().isoformat()
    extras = [
        {"key": e["key"], "value": since if e["key"] == "withdrawn_at" else e["value"]} for e in dataset["extras"]
    ]
    city.portal.call("package_patch", {"id": dataset["id"], "extras": extras}, repeat=False)


@pytest.mark.catalogue
def test_withdrawn_in_dataset_yaml(city: City) -> None:
    """``withdraw:`` hides the dataset with its reason, deletes it after the time of grace, and keeps its name."""
    name, other = city.names
    city.write(name, "公園,1\n", "withdraw: {reason: 事業の終了, approved_by: 鈴木}\n")
    assert "取り下げ" in city.command("plan")
    city.command("run")
    hidden = city.show(name)
    assert hidden["private"] is True
    assert {e["key"]: e["value"] for e in hidden["extras"]}["withdrawn_reason"] == "事業の終了"
    assert city.show(other)["private"] is False
    city.command("run")
    assert city.show(name)["state"] == "active", "the time of grace is not over"
    age(city, name, 31)
    city.command("run")
    assert city.show(name)["state"] == "deleted"
    city.command("run")
    assert city.show(name)["state"] == "deleted", "what was withdrawn is not made again"


@pytest.mark.catalogue
def test_a_vanished_file_never_deletes(city: City) -> None:
    """File or folder gone: the published dataset stays as it is."""
    import shutil

    name, other = city.names
    before = [city.show(n)["metadata_modified"] for n in city.names]
    (city.folder(name) / "data.csv").unlink()
    shutil.rmtree(city.folder(other))
    city.command("run", code=1)
    assert [city.show(n)["metadata_modified"] for n in city.names] == before


@pytest.mark.catalogue
def test_too_many_at_once_are_refused(city: City) -> None:
    """More withdrawals than the limit: none is carried out, and the run says why."""
    for name in city.names:
        city.write(name, "公園,1\n", "withdraw: {reason: 誤り, approved_by: 鈴木}\n")
    assert "多すぎる" in city.command("run", code=1)
    assert [city.show(n)["private"] for n in city.names] == [False, False]


@pytest.mark.catalogue
def test_urgent_withdrawal_leaves_nothing_to_see(city: City) -> None:
    """``--urgent``: file, table and view are gone at once for everybody, with evidence; no run brings them back.

    The table goes even where the portal itself does not say that there is one.
    """
    name = city.names[0]
    resource = city.show(name)["resources"][0]
    city.portal.call("resource_patch", {"id": resource["id"], "datastore_active": False})
    words = ("withdraw", name, "--urgent", "--reason", "個人情報の混入", "--approver", "鈴木")
    told = city.command(*words)
    assert "速報" in told
    assert "まだ見えます" not in told
    assert city.portal.table_info(resource["id"]) is None
    assert city.portal.views(resource["id"]) == []
    left = city.portal.download(resource["url"])[1]
    assert left == hashlib.sha256(ERASED.encode()).hexdigest(), "the bytes are gone for members too"
    (evidence,) = (city.root / "var" / "audit" / "withdrawals").glob("*.json")
    kept = json.loads(evidence.read_text(encoding="utf-8"))
    assert kept["gone"] is True
    assert kept["before"]["resources"][0]["hash"] == resource["hash"]
    assert {one["what"] for one in kept["seen_with_rights"]} == {"ファイルの中身", "データストア", "表示", "手元"}
    assert not any((city.root / "var" / copies / name).exists() for copies in ("packages", "history"))
    assert evidence.stat().st_mode & 0o077 == 0
    (city.root / "var" / "state" / "state.sqlite3").unlink()
    city.write(name, "公園,1\n広場,2\n池,3\n")
    city.command("run")
    assert city.show(name)["private"] is True, "a lost journal and a new file publish nothing that was withdrawn"
    assert city.portal.table_info(resource["id"]) is None
    site = city.root / "site"
    city.command("export", "--site", str(site))
    assert [p for p in site.rglob("*") if p.is_file() and name.encode() in p.read_bytes()] == []
    assert [p for p in site.rglob("*") if p.is_file() and city.names[1].encode() in p.read_bytes()]


@pytest.mark.catalogue
def test_a_cut_off_urgent_withdrawal_is_finished(city: City) -> None:
    """Decided, then killed before anything was sent: the next run hides and erases."""
    from pipelines.gateways.store import Store
    from pipelines.publish.withdraw import Withdrawal
    from pipelines.run.withdrawing import Decisions

    name = city.names[0]
    decision = Withdrawal(dataset=name, reason="誤り", approver="鈴木", source="command", at=dt.date(2026, 11, 22))
    with Store(city.root / "var" / "state" / "state.sqlite3") as store:
        Decisions(store, city.portal.url).decide(decision, erase=True)
    city.command("run")
    assert city.show(name)["private"] is True
    assert city.portal.table_info(city.show(name)["resources"][0]["id"]) is None


@pytest.mark.catalogue
@pytest.mark.parametrize("urgent", [[], ["--urgent"]], ids=["plain", "urgent"])
def test_undone_withdrawal_comes_back_whole(city: City, urgent: list[str]) -> None:
    """``--undo``: the next run publishes the dataset anew with the same id, file, rows and view."""
    name = city.names[0]
    before = city.show(name)
    city.command("withdraw", name, *urgent, "--reason", "誤り", "--approver", "鈴木")
    city.command("withdraw", name, "--undo", "--reason", "修正済み", "--approver", "鈴木")
    city.command("run")
    after = city.show(name)
    resource = after["resources"][0]
    assert (after["id"], after["private"]) == (before["id"], False)
    assert not [e for e in after["extras"] if e["key"].startswith("withdrawn_")]
    assert f"sha256:{city.anonymous.download(resource['url'])[1]}" == before["resources"][0]["hash"]
    assert [row["数"] for row in city.anonymous.table(resource["id"])] == [1, 2]
    assert len(city.portal.views(resource["id"])) == 1
    assert "すべて変更なし" in city.command("run")


@pytest.mark.catalogue
def test_nobody_elses_dataset_is_withdrawn(city: City, catalogue: Catalogue) -> None:
    """A dataset that is not ours, or not there, cannot be withdrawn."""
    admin = CkanPortal(catalogue.url, catalogue.admin_token)
    other = f"w-{uuid.uuid4().hex[:8]}"
    admin.call("package_create", {"name": other, "title": "人のもの", "owner_org": "withdrawing"}, repeat=False)
    words = ("--reason", "誤り", "--approver", "鈴木")
    city.command("withdraw", other, *words, code=1)
    city.command("withdraw", f"{other}-x", *words, code=2)
    assert city.show(other)["private"] is False


@pytest.mark.catalogue
def test_an_earlier_version_is_restored_until_something_new_comes(city: City) -> None:
    """``restore --version 1``: its file and rows come back, stay in later runs, and give way to a new file."""
    name = city.names[0]
    city.write(name, "公園,1\n広場,999\n")
    city.command("run")
    resource = city.show(name)["resources"][0]["id"]

    def numbers() -> list[int]:
        return sorted(row["数"] for row in city.portal.table(resource))

    assert numbers() == [1, 999]
    assert "1行変更" in city.command("restore", name)
    city.command("restore", name, "--version", "1")
    assert numbers() == [1, 2]
    city.command("run")
    assert numbers() == [1, 2], "the same wrong file does not come back by itself"
    city.write(name, "公園,1\n広場,3\n")
    city.command("run")
    assert numbers() == [1, 3]
    city.command("restore", name, "--version", "77", code=2)
    told = json.loads(city.command("status", "--dataset", name, "--json"))
    lines = [(line["版"], line["変更"]) for line in told if line["状態"] == "公開して確かめた"]
    same = "1行変更（全2行）"
    assert lines == [(1, "公開（全2行）"), (2, same), (3, same), (4, same)]


@pytest.mark.catalogue
def test_a_stale_plan_is_refused(city: City, tmp_path: Path) -> None:
    """``apply`` does what the saved plan says, and nothing when portal or drop moved since."""
    name = city.names[0]
    city.write(name, "公園,5\n広場,2\n")
    file = tmp_path / "plan.json"
    city.command("plan", "--out", str(file))
    assert json.loads(file.read_text(encoding="utf-8"))["only"] == [], "a plan of everything is applied to everything"
    notes = city.show(name)["notes"]
    city.portal.call("package_patch", {"id": name, "notes": "人が直した"}, repeat=False)
    assert (
        "計画"
        in publish(
            "--datasets", str(city.root / "datasets"), "--var", str(city.root / "var"), "apply", str(file), env=city.env
        ).stderr
    )
    assert city.show(name)["resources"][0]["size"] != 0
    city.portal.call("package_patch", {"id": name, "notes": notes}, repeat=False)
    city.command("plan", "--out", str(file))
    city.command("apply", str(file))
    assert sorted(row["数"] for row in city.portal.table(city.show(name)["resources"][0]["id"])) == [2, 5]


# ── without a portal ───────────────────────────────────────────────────────────────────────────


def test_what_is_withdrawn_is_in_no_list(tmp_path: Path) -> None:
    """By dataset.yaml, by command on this portal, or standing on the portal as withdrawn; nothing else."""
    asked = package(tmp_path, "yaml", [], withdraw={"reason": "誤り", "approved_by": "鈴木"}).spec
    staying = package(tmp_path, "stays", []).spec
    tombstone = {"name": "portal", "extras": [{"key": "withdrawn_at", "value": "2026-11-22"}]}
    by_hand = Withdrawal(dataset="command", reason="誤り", approver="鈴木", source="command", at=dt.date(2026, 11, 22))
    with Store(tmp_path / "state.sqlite3") as store:
        Decisions(store, "https://a").decide(by_hand, erase=False)
        listed = [tombstone, {"name": "stays", "extras": []}]
        assert withdrawn_names([asked, staying], store, "https://a", listed) == {"yaml", "command", "portal"}
        assert withdrawn_names([staying], store, "https://b", []) == set()


@pytest.mark.parametrize("setting, count, most", [("5", 100, 5), ("10%", 100, 10), ("10%", 3, 1), (" 0 ", 9, 0)])
def test_limit(setting: str, count: int, most: int) -> None:
    """A number, or a percentage of what is published, at least one."""
    assert limit(setting, count) == most


def test_grace_is_counted_from_the_tombstone() -> None:
    """Due on the day the grace is over; never without a readable day."""
    day = dt.date(2026, 11, 22)
    stone = {"extras": [{"key": "withdrawn_at", "value": "2026-10-23"}]}
    assert due(stone, day, 30) is True
    assert due(stone, day, 31) is False
    assert due({"extras": [{"key": "withdrawn_at", "value": "きのう"}]}, day, 0) is False
    assert due({"extras": []}, day, 0) is False


def test_reporting_deadlines_are_dates() -> None:
    """A quick report within 3 to 5 days, a full one within 30, 60 where ill intent is possible."""
    told = "\n".join(deadlines(dt.date(2026, 11, 22)))
    for day in ("2026-11-25", "2026-11-27", "2026-12-22", "2027-01-21"):
        assert day in told
