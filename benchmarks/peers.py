"""The ways to publish that are compared: ours, the floor of two calls, a plain ckanapi loop, ``ckanapi load``, dpckan.

Each way makes the same packages under names of its own, and ``run`` brings them to the portal.  The programs of others
are installed from PyPI into a throw-away environment each: none of them belongs to the product.
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from typing import Any, cast

import ckanapi

from benchmarks.site import Site
from pipelines.gateways.ckan import CkanPortal
from pipelines.model import Package
from pipelines.publish.compare import compare
from pipelines.publish.wanted import wanted
from tests.faults.proxy import Fault, Proxy
from tests.publishing import Bench, rows

ORGANIZATION = "benchmark"
#: what is installed for each; dpckan pins its own old libraries, of which ckanapi 4.0 needs pkg_resources
PEERS = {"ckanapi": ("ckanapi==4.11",), "dpckan": ("dpckan==0.1.23", "setuptools==80.9.0")}


class PeerFailed(Exception):
    """A program of others did not do it; its words."""


def content(number: int, changed: bool) -> list[list[str]]:
    """The 1,000 rows of one dataset; dataset 0 may have one changed cell."""
    made = rows(1000)
    if changed and number == 0:
        made[499][2] = "-1"
    return made


class Ours:
    """plan_of and apply, with tables or without; every file is fetched back and hashed."""

    def __init__(
        self, site: Site, root: Path, count: int, datastore: str, parallel: int = 1, bench: type[Bench] = Bench
    ) -> None:
        settings = {"datastore": datastore, "parallel": parallel}
        self.bench = bench(site.url, site.token, root / f"ours-{datastore}-{bench.__name__}", settings=settings)
        self.count, self.prefix = count, f"ours-{datastore}-{bench.__name__.lower()}"

    def packages(self, changed: bool) -> list[Package]:
        """The packages as the drop would give them."""
        names = [f"{self.prefix}-{n:04d}" for n in range(self.count)]
        key, org = ("ID",), ORGANIZATION
        return [self.bench.package(content(i, changed), name=n, key=key, org=org) for i, n in enumerate(names)]

    def run(self, made: list[Package]) -> None:
        """One run."""
        done = self.bench.publish(*made)
        assert {a.action for a in done} <= {"created", "updated", "unchanged"}, done


class Trusting(Bench):
    """A publisher that does not fetch back what it sent: what metadata and files alone cost."""

    def portal(self) -> CkanPortal:
        portal = super().portal()
        portal.again = lambda: cast(Any, _Trusting(portal))  # type: ignore[method-assign]
        return portal


class _Trusting:
    """A portal whose files are taken as sent."""

    def __init__(self, portal: CkanPortal) -> None:
        self._portal = portal
        self._sent: dict[str, Path] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._portal, name)

    def call(self, action: str, data: Any = None, *, files: Any = None, **more: Any) -> Any:
        """As ever, and keep in mind what was sent."""
        self._sent |= {path.name: path for path in (files or {}).values()}
        return self._portal.call(action, data, files=files, **more)

    def download(self, url: str) -> tuple[int, str]:
        """What was sent."""
        sent = self._sent[url.rsplit("/", 1)[-1]].read_bytes()
        return len(sent), hashlib.sha256(sent).hexdigest()


class Floor:
    """Two calls a dataset, always: the same metadata as ours, then the file."""

    prefix = "floor"

    def __init__(self, site: Site, root: Path, count: int) -> None:
        self.portal = CkanPortal(site.url, site.token)
        self.source = Ours(site, root, count, "none")

    def packages(self, changed: bool) -> list[Package]:
        """The same packages as ours, under other names."""
        self.source.prefix = self.prefix
        return self.source.packages(changed)

    def run(self, made: list[Package]) -> None:
        """package_create, package_revise with the file."""
        for package in made:
            want = wanted(package, self.source.bench.catalog)
            update = compare(want, None).update
            resources = update.pop("resources")
            created = self.portal.call("package_create", {"name": want.name, **update}, repeat=False)
            data = {"match": {"id": created["id"]}, "update": {"resources": resources}}
            files = {"update__resources__0__upload": package.files[0].path}
            self.portal.call("package_revise", data, files=files, repeat=False)


class Loop(Floor):
    """What one writes first with ckanapi: show, create or patch, resource by name with its file."""

    prefix = "loop"

    def __init__(self, site: Site, root: Path, count: int) -> None:
        super().__init__(site, root, count)
        self.remote = ckanapi.RemoteCKAN(site.url, apikey=site.token)

    def run(self, made: list[Package]) -> None:
        """Every dataset, every file, every time."""
        for package in made:
            fields = {"name": package.spec.name, "title": package.spec.title, "notes": package.spec.notes}
            try:
                present = self.remote.action.package_show(id=package.spec.name)
                self.remote.action.package_patch(id=present["id"], **fields)
            except ckanapi.NotFound:
                present = self.remote.action.package_create(owner_org=ORGANIZATION, **fields)
            file = package.files[0]
            found = next((r for r in present["resources"] if r["name"] == file.title), None)
            with file.path.open("rb") as stream:
                if found:
                    self.remote.action.resource_patch(id=found["id"], upload=stream)
                else:
                    new = {"package_id": present["id"], "name": file.title, "format": "CSV"}
                    self.remote.action.resource_create(**new, upload=stream)


# ── the programs of others ─────────────────────────────────────────────────────────────────────


def installed(name: str, root: Path) -> Path:
    """The folder of the programs of a throw-away environment with this peer, made on first use."""
    folder = root / f"peer-{name}"
    if not folder.is_dir():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        command = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*command, *PEERS[name]], check=True, stdout=subprocess.DEVNULL)
    return folder / "bin"


def called(command: list[str], **environment: str) -> str:
    """What a peer's command printed.  Raises :class:`PeerFailed` with its last words (the command holds a token)."""
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
        raise PeerFailed(f"exit {done.returncode}: {' / '.join(last)}")
    return done.stdout


class Load(Floor):
    """``ckanapi load datasets --upload-resources``: files must stand at an address, ids in the lines."""

    prefix = "load"

    def __init__(self, site: Site, root: Path, count: int) -> None:
        super().__init__(site, root, count)
        self.site, self.root, self.bin = site, root, installed("ckanapi", root)
        handler = functools.partial(_Quiet, directory=str(self.source.bench.root / "packages"))
        self.files = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.files.serve_forever, daemon=True).start()

    def run(self, made: list[Package]) -> None:
        """One command for all."""
        source = self.root / "datasets.jsonl"
        source.write_text("".join(json.dumps(self._line(p), ensure_ascii=False) + "\n" for p in made), encoding="utf-8")
        words = [
            "load",
            "datasets",
            "-I",
            str(source),
            "--upload-resources",
            "-r",
            self.site.url,
            "-a",
            self.site.token,
        ]
        path = f"{self.bin}:{os.environ['PATH']}"  # it starts workers by its own name
        called([str(self.bin / "ckanapi"), *words], PATH=path)

    def _line(self, package: Package) -> dict[str, Any]:
        name, file = package.spec.name, package.files[0]
        url = f"http://127.0.0.1:{self.files.server_address[1]}/{name}/{file.path.name}"
        identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        resource = {"id": identifier, "name": file.title, "format": "CSV", "url": url, "url_type": "upload"}
        fields = {"name": name, "title": package.spec.title, "notes": package.spec.notes, "owner_org": ORGANIZATION}
        return {**fields, "resources": [resource]}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: Any) -> None:
        """Say nothing."""


class Dpckan(Floor):
    """dpckan as its manual has it: a command for each dataset, ``create`` first, ``update`` from then on.

    It sends a ``datapackage.json`` beside each file.  ``create`` asks CKAN for ``site_read``, which CKAN 2.12 has not
    any more: a proxy says yes in its place.
    """

    prefix = "dpckan"

    def __init__(self, site: Site, root: Path, count: int) -> None:
        super().__init__(site, root, count)
        self.site, self.bin, self.known = site, installed("dpckan", root), False

    def packages(self, changed: bool) -> list[Package]:
        """With the descriptor that dpckan reads."""
        made = super().packages(changed)
        for package in made:
            (package.folder / "datapackage.json").write_text(json.dumps(_descriptor(package), ensure_ascii=False))
        return made

    def run(self, made: list[Package]) -> None:
        """Create, or update what was created."""
        descriptors = [package.folder / "datapackage.json" for package in made]
        if self.known:
            self.publish("update", self.site.url, descriptors)
            return
        with Proxy(self.site.url) as proxy:
            proxy.script["site_read", 0] = Fault(kind="answer", status=200, body=b'{"success": true, "result": true}')
            self.publish("create", proxy.url, descriptors)
        self.known = True

    def publish(self, verb: str, url: str, descriptors: list[Path]) -> None:
        """One command after the other."""
        for path in descriptors:
            words = ["--datapackage", str(path), "dataset", verb]
            told = called([str(self.bin / "dpckan"), *words], CKAN_HOST=url, CKAN_KEY=self.site.token, **_QUIETLY)
            if "Error during" in told:  # and exit code 0
                raise PeerFailed(told.strip().splitlines()[-1])


class DpckanAtOnce(Dpckan):
    """dpckan called as a library, all datasets in one process: without the start of a program for each."""

    prefix = "dpckan-library"

    def publish(self, verb: str, url: str, descriptors: list[Path]) -> None:
        """One process."""
        program = (
            f"import os, sys; from dpckan.{verb}_dataset import {verb}\n"
            f"for path in sys.argv[1:]: {verb}(os.environ['CKAN_HOST'], os.environ['CKAN_KEY'], path, False, False)"
        )
        words = [str(self.bin / "python"), "-c", program, *map(str, descriptors)]
        told = called(words, CKAN_HOST=url, CKAN_KEY=self.site.token, **_QUIETLY)
        if "Error during" in told:
            raise PeerFailed(told.strip().splitlines()[-1])


_QUIETLY = {"PYTHONWARNINGS": "ignore"}


def _descriptor(package: Package) -> dict[str, Any]:
    """A Data Package for dpckan; the licence is one by which it calls a dataset open, so that it looks for changes."""
    spec, file = package.spec, package.files[0]
    fields = (
        [{"name": f.name, "type": f.type, "title": f.title or f.name} for f in spec.schema.fields]
        if spec.schema
        else []
    )
    resource = {"name": spec.name, "title": file.title, "path": file.path.name, "schema": {"fields": fields}}
    about = {"name": spec.name, "title": spec.title, "description": spec.notes, "owner_org": ORGANIZATION}
    return {**about, "licenses": [{"name": "cc-by"}], "resources": [resource]}
