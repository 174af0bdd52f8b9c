"""``withdraw --urgent`` while a run is at work: the run must not undo it, and it must not wait for the run."""

# ruff: noqa: F811 - a fixture that is imported is also an argument
from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from pipelines.gateways.ckan import CkanPortal
from pipelines.publish.withdraw import ERASED
from tests.conftest import ROOT, Catalogue
from tests.faults.proxy import Fault, Proxy
from tests.faults.scenes import ROUNDS
from tests.test_publish_withdraw import City, city  # noqa: F401 - the fixture

pytestmark = pytest.mark.catalogue
WORDS = ("--urgent", "--reason", "個人情報の混入", "--approver", "鈴木")


def begun(city: City, *words: str) -> subprocess.Popen[str]:
    """A command at work."""
    where = ["--datasets", str(city.root / "datasets"), "--var", str(city.root / "var")]
    command = [sys.executable, str(ROOT / "publish.py"), *where, *words]
    return subprocess.Popen(command, env={**os.environ, **city.env}, stdout=subprocess.PIPE, text=True)


def until(true: Callable[[], bool]) -> None:
    """Wait for something that is going to be so."""
    for _ in range(3000):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it never became so")


def erased(city: City, name: str) -> bool:
    """Whether a few words stand in the place of the file, and there is no table."""
    resource = city.show(name)["resources"][0]
    digest = city.portal.download(resource["url"])[1]
    return digest == hashlib.sha256(ERASED.encode()).hexdigest() and city.portal.table_info(resource["id"]) is None


def through(city: City, catalogue: Catalogue, proxy: Proxy) -> None:
    """From now on this drop is published through the proxy."""
    settings = city.root / "datasets" / "catalog.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace(catalogue.url, proxy.url), encoding="utf-8")
    city.command("run")
    proxy.clear()


@pytest.mark.parametrize("action", ["datastore_create", "package_revise"][: 2 if ROUNDS else 1])
def test_a_run_at_work_does_not_undo_it(
    city: City,
    catalogue: Catalogue,
    proxy: Proxy,
    action: str,
) -> None:
    """The run is about to send the file, or a new table: the dataset is hidden and emptied before that request comes
    to CKAN, and after it nothing is there again."""
    through(city, catalogue, proxy)
    name = city.names[0]
    resource = city.show(name)["resources"][0]
    city.write(name, "公園,7\n広場,2\n")
    schema = city.folder(name) / "schema.yaml"  # another type: the table has to be made anew
    schema.write_text(schema.read_text(encoding="utf-8").replace("integer", "number"), encoding="utf-8")
    commands: list[subprocess.Popen[str]] = []

    def taken() -> None:
        commands.append(begun(city, "withdraw", name, *WORDS))
        until(lambda: erased(city, name))

    proxy.script[(action, 1)] = Fault(kind="before", act=taken)
    assert json.loads(city.command("run", "--json"))["counts"]["withdrawn"] == 1
    told = commands[0].communicate()[0]
    assert commands[0].returncode == 0, told
    assert "まだ見えます" not in told
    assert "まだ残って" not in told
    _nothing_left(city, name, resource)
    city.command("run")
    _nothing_left(city, name, resource)


def _nothing_left(city: City, name: str, resource: dict[str, str]) -> None:
    hidden = city.show(name)
    assert (hidden["private"], hidden["state"]) == (True, "active")
    assert erased(city, name)
    assert city.portal.views(resource["id"]) == []
    for copies in ("packages", "history"):
        assert not (city.root / "var" / copies / name).exists()


def test_what_a_run_is_about_to_make_is_not_made(city: City, catalogue: Catalogue, proxy: Proxy) -> None:
    """A dataset that is not on the portal yet is withdrawn while the run is creating it: nobody ever sees it."""
    through(city, catalogue, proxy)
    name = f"{city.names[0]}-new"
    city.write(name, "公園,1\n")
    commands: list[subprocess.Popen[str]] = []

    def taken() -> None:
        commands.append(begun(city, "withdraw", name, *WORDS))
        commands[0].wait()

    proxy.script[("package_create", 1)] = Fault(kind="before", act=taken)
    assert json.loads(city.command("run", "--json"))["counts"]["withdrawn"] == 1
    assert "公開しないよう" in commands[0].communicate()[0]
    made = city.show(name)
    assert made["private"] is True
    assert made["resources"] == []
    admin = CkanPortal(catalogue.url, catalogue.admin_token)
    assert admin.search_all(fq=f"name:{name}", include_private=False, include_drafts=False) == []
