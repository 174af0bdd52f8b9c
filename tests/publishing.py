"""What the publishing tests share: packages made from rows, and a bench that publishes them to a real CKAN."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines.gateways.ckan import CkanPortal, Patience
from pipelines.gateways.store import Store
from pipelines.model import (
    Catalog,
    DatasetSpec,
    Department,
    Field,
    Licence,
    Package,
    PackageFile,
    Portal,
    Schema,
)
from pipelines.publish import Applied, Archive, Journal, Planned, apply, plan_of
from pipelines.publish.wanted import OWN_EXTRAS

LICENCE = Licence(id="cc-by", title="CC BY 4.0", version="4.0", url="https://creativecommons.org/licenses/by/4.0/")
FIELDS = (
    Field(name="ID", type="string", title="番号"),
    Field(name="名称", type="string", description="施設の名前"),
    Field(name="数", type="integer"),
    Field(name="緯度", type="number", datastore="numeric"),
    Field(name="開設日", type="date"),
)
HEADER = [f.name for f in FIELDS]
#: the organization of the packages
ORGANIZATION = "kankyo"
#: what a test waits between two looks: nothing
QUICK = Patience(timeout=30.0, attempts=4, pause=0.01, connect=5.0)


def catalog_of(root: Path, **portal: Any) -> Catalog:
    """A catalogue as catalog.yaml would give it."""
    return Catalog(
        root=root,
        title="試験カタログ",
        publisher="相模原市",
        code="141500",
        homepage="",
        licence=LICENCE,
        credit="",
        portal=Portal(**portal),
        targets=(),
    )


def department(root: Path, name: str = ORGANIZATION) -> Department:
    """A department of that organization name."""
    return Department(
        id=name, title="環境政策課", folder=root, municipality="相模原市", code="141500", credit="", licence=LICENCE
    )


def schema(*primary_key: str) -> Schema:
    """Five columns of five types, with or without a primary key."""
    return Schema(name="shisetsu", title="施設一覧", fields=FIELDS, descriptor={}, primary_key=primary_key)


def rows(count: int, start: int = 1) -> list[list[str]]:
    """Rows that differ in every column."""
    numbers = range(start, start + count)
    return [[str(n), f"施設{n}", str(n * 10), f"35.{n:04d}", f"2024-04-{n % 28 + 1:02d}"] for n in numbers]


def package(
    root: Path,
    name: str,
    content: Sequence[Sequence[str]],
    *,
    key: Sequence[str] = (),
    header: Sequence[str] = HEADER,
    org: str = ORGANIZATION,
    **spec: Any,
) -> Package:
    """A package of one CSV, written under ``root``."""
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.csv"
    text = "\r\n".join(",".join(line) for line in [header, *content]) + "\r\n"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    made = schema(*key)
    file = PackageFile(
        key="csv",
        path=path,
        title=f"{name}（CSV）",
        format="CSV",
        mimetype="text/csv",
        size=path.stat().st_size,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        rows=len(content),
        schema=made,
    )
    defaults: dict[str, Any] = {
        "licence": LICENCE,
        "title": f"施設一覧 {name}",
        "notes": "市の施設です。",
        "tags": ("施設",),
    }
    described = DatasetSpec(name=name, department=department(root, org), schema=made, **{**defaults, **spec})
    return Package(spec=described, folder=folder, files=(file,), digest=file.digest)


def with_text(made: Package, text: str) -> Package:
    """The package with a second file, a text."""
    path = made.folder / f"{made.spec.name}.txt"
    path.write_text(text, encoding="utf-8")
    content = path.read_bytes()
    second = PackageFile(
        key="txt",
        path=path,
        title="説明（TXT）",
        format="TXT",
        mimetype="text/plain",
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
    )
    return replace(made, files=(*made.files, second))


def administrator(url: str, token: str, organization: str = ORGANIZATION) -> CkanPortal:
    """The administrator of a CKAN, who has made that organization and its editor ``publisher``."""
    portal = CkanPortal(url, token)
    if portal.organization(organization) is None:
        portal.call("organization_create", {"name": organization, "title": "環境政策課"})
    portal.call("organization_member_create", {"id": organization, "username": "publisher", "role": "editor"})
    return portal


@dataclass
class Bench:
    """A publisher with its own state, packages folder and versions; ``dataset`` is a name of its own per bench.

    It waits for nothing; what it would have slept is in ``slept``.
    """

    url: str
    token: str
    root: Path
    patience: Patience = QUICK
    settings: Mapping[str, Any] = field(default_factory=dict)
    traffic: Any = None
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dataset = f"t-{uuid.uuid4().hex[:12]}"
        self.catalog = catalog_of(self.root, **self.settings)
        self.archive = Archive(self.root / "history")

    @property
    def state(self) -> Path:
        return self.root / "state.sqlite3"

    def package(self, content: Sequence[Sequence[str]], **spec: Any) -> Package:
        """A package of this bench's dataset."""
        return package(self.root / "packages", spec.pop("name", self.dataset), content, **spec)

    def portal(self) -> CkanPortal:
        return CkanPortal(self.url, self.token, self.patience, sleep=self.slept.append)

    def plan(self, *packages: Package) -> Planned:
        """What publishing would change."""
        with Store(self.state) as store:
            journal = Journal(store, "plan", self.url, now)
            return plan_of(packages, self.catalog, self.portal(), now(), journal, self.archive)

    def publish(self, *packages: Package) -> list[Applied]:
        """One run."""
        portal = self.portal()
        with Store(self.state) as store:
            journal = Journal(store, uuid.uuid4().hex, self.url, now)
            planned = plan_of(packages, self.catalog, portal, now(), journal, self.archive)
            done = apply(planned, self.catalog, portal, journal, archive=self.archive)
        self.traffic = portal.traffic
        return done

    def show(self, name: str | None = None) -> dict[str, Any]:
        """The dataset as the portal has it."""
        found = self.portal().dataset(name or self.dataset)
        assert found is not None, "the dataset is there"
        return found

    def table(self, resource: str) -> list[dict[str, Any]]:
        """All rows of a DataStore table, without _id, in a stable order."""
        found = [{k: v for k, v in row.items() if k != "_id"} for row in self.portal().table(resource)]
        return sorted(found, key=lambda row: json.dumps(row, sort_keys=True, ensure_ascii=False))

    def digest(self, *names: str) -> str:
        """One digest of all that a reader can see of these datasets, whatever they are called.

        Left out: names and ids, times, and the extras in which we keep our own marks and the history.
        """
        return hashlib.sha256(json.dumps([self.seen(n) for n in names], ensure_ascii=False).encode()).hexdigest()

    def seen(self, name: str) -> list[Any]:
        """What a reader can see of one dataset."""
        portal, dataset = self.portal(), self.show(name)
        keys = ("notes", "private", "state", "license_id", "author", "version")
        resources = []
        for r in dataset["resources"]:
            info = portal.table_info(r["id"]) or {"fields": []}
            table = [[f["id"], f["type"], f.get("info")] for f in info["fields"] if f["id"] != "_id"]
            views = [view["view_type"] for view in portal.views(r["id"])]
            shown = [r["format"], r["hash"], portal.download(r["url"]), table, views]
            resources.append([*shown, self.table(r["id"]) if table else []])
        tags = sorted(t["name"] for t in dataset["tags"])
        extras = sorted([e["key"], e["value"]] for e in dataset["extras"] if e["key"] not in OWN_EXTRAS)
        return [[dataset[k] for k in keys], tags, extras, resources]


def now() -> dt.datetime:
    """A day that does not move."""
    return dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=9)))
