"""The static site by command, and the catalogue's own datasets: 「オープンデータ一覧」 and the KPI."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pipelines.config import load_department, schema_of, standard_dataset
from pipelines.export import (
    LIST_NAME,
    Addresses,
    Moments,
    NoAddresses,
    PortalAddresses,
    export,
    list_csv,
    open_data_list,
    published,
    site_addresses,
    standing_package,
)
from pipelines.gateways.store import Store
from pipelines.intake import dropped
from pipelines.model import (
    CatalogError,
    ConfigError,
    DatasetSpec,
    Department,
    Drop,
    Package,
    PackageFile,
    ReadOptions,
    Schema,
    Step,
)
from pipelines.publish import Journal
from pipelines.publish.wanted import resource_id, wanted
from pipelines.run.build import Built, build_one
from pipelines.run.cache import BuildCache
from pipelines.run.conduct import Build, Watch, build, now, tools_of
from pipelines.run.decisions import taken_anywhere
from pipelines.run.withdrawing import withdrawn_names
from pipelines.run.workspace import Workspace

#: key of ``DatasetSpec.settings`` that says a dataset is about the catalogue itself
OWN = "own"
_CLEAN = {"integer": "integer", "number": "number", "date": "date"}


# ── the site ───────────────────────────────────────────────────────────────────────────────────


def export_site(
    workspace: Workspace,
    folder: Path,
    base_url: str = "",
    watch: Watch = lambda progress: None,
    *,
    shrink: bool = False,
) -> list[str]:
    """Build the drop and write it as a static site; what was done, as sentences.

    What is withheld today keeps its last good version, if the site that stands has one.  A dataset that is on the
    standing site and would vanish without having been withdrawn stops the export unless ``shrink``.
    """
    base = base_url or str(workspace.catalog.settings.get("publish", {}).get("site_url", ""))
    with workspace.locked(), workspace.store() as store:
        made = build(workspace, watch=watch, store=store)
        taken = {b.name for b in made.built if b.spec.withdraw} | taken_anywhere(store)
        present, kept = _present(made, folder, taken)
        packages = (*present, *own_packages(workspace, store, present))
        gone = _gone(packages, folder, taken)
        if gone and not shrink:
            raise CatalogError(
                f"前のサイトにある {'、'.join(gone)} が、今回はありません。まちがって消えたのでなければ "
                "dataset.yaml に withdraw: を書くか、--shrink を付けてもう一度実行してください。何も書きませんでした。"
            )
        dates = moments(workspace, store, packages)
        site = export(packages, workspace.catalog, folder, base_url=base, dates=dates)
    same = "" if site.changed else "（前と同じ）"
    lines = [f"{site.folder}: データセット {site.datasets} 件、ファイル {site.files} 件{same}"]
    lines += [f"前の版のまま残しました: {title}" for title in kept]
    lines += [f"サイトからなくなりました: {name}" for name in gone]
    if not base:
        lines.append("--base-url を付けると、sitemap.xml と data.json も書きます。")
    return lines


def _present(made: Build, folder: Path, taken: Set[str]) -> tuple[list[Package], list[str]]:
    """What goes out: what was built; of what was kept back, the version that the site holds.  Nothing withdrawn."""
    present, kept = [], []
    for built in made.built:
        if built.name in taken:
            continue
        if built.package is not None:
            present.append(built.package)
        elif (old := standing_package(folder, built.spec)) is not None:
            present.append(old)
            kept.append(built.spec.title)
    return present, kept


def _gone(packages: Sequence[Package], folder: Path, withdrawn: Set[str]) -> list[str]:
    renamed = {p.spec.renamed_from for p in packages}
    here = {p.spec.name for p in packages}
    return sorted(set(published(folder) or ()) - here - withdrawn - renamed)


def moments(workspace: Workspace, store: Store, packages: Sequence[Package]) -> dict[str, Moments]:
    """When each dataset first went out and when its present version did, from the journal; unknown stays unknown."""
    Journal(store, "", "", now)  # its table is there from now on
    lines: dict[str, list[tuple[str, str]]] = {}
    portal = workspace.catalog.portal.url if workspace.catalog.portal.kind == "ckan" else None
    for row in store.rows("SELECT dataset, portal, digest, at FROM publication WHERE state = 'verified' ORDER BY seq"):
        if portal is None or row["portal"].rstrip("/") == portal.rstrip("/"):
            lines.setdefault(row["dataset"], []).append((row["digest"], row["at"]))
    found = {}
    for package in packages:
        if known := lines.get(package.spec.name):
            digest = wanted(package, workspace.catalog).digest
            found[package.spec.name] = Moments(issued=known[0][1], modified=_since(known, digest))
    return found


def _since(lines: list[tuple[str, str]], digest: str) -> str:
    """The moment from which the last line's version has stood, if that is the version we have."""
    since = ""
    for seen, at in reversed(lines):
        if seen != digest:
            break
        since = at
    return since


# ── the catalogue's own datasets ───────────────────────────────────────────────────────────────


def with_own(
    workspace: Workspace, store: Store, made: Build, names: frozenset[str], listed: list[dict[str, Any]], url: str
) -> Build:
    """What was built, and what the catalogue makes of itself: its list of datasets and its KPI.

    A dataset that is withdrawn is in neither.
    """
    if names:
        return made
    gone = withdrawn_names((b.spec for b in made.built), store, url, listed)
    packages = [p for p in made.packages if p.spec.name not in gone]
    return replace(made, built=made.built + own_built(workspace, store, packages))


def own_packages(
    workspace: Workspace, store: Store, packages: Sequence[Package], dates: Mapping[str, Moments] | None = None
) -> tuple[Package, ...]:
    """The KPI and the list of all datasets, as packages to publish; none unless ``publish: catalog_department:`` names
    the department they belong to."""
    return tuple(b.package for b in own_built(workspace, store, packages, dates) if b.package is not None)


def own_built(
    workspace: Workspace, store: Store, packages: Sequence[Package], dates: Mapping[str, Moments] | None = None
) -> tuple[Built, ...]:
    """The same with their outcomes: they go through every stage like anybody's table and may be kept back.

    Without ``dates`` the list has none, so that a run in which nothing changes finds the list unchanged too.
    """
    department = _own_department(workspace)
    if department is None:
        return ()
    taken = {p.spec.name for p in packages}
    made: list[Built] = []
    kpi = _kpi(workspace, store, department)
    if kpi is not None and kpi[0].name not in taken:
        made.append(_build(workspace, store, *kpi))
    spec = _list_spec(workspace, department)
    if spec.name not in taken:
        others = [*packages, *(b.package for b in made if b.package is not None), _itself(spec)]
        rows = open_data_list(others, workspace.catalog, _addresses(workspace), dates)
        made.append(_build(workspace, store, spec, list_csv(rows)))
    return tuple(made)


def _own_department(workspace: Workspace) -> Department | None:
    wanted_id = str(workspace.catalog.settings.get("publish", {}).get("catalog_department", ""))
    if not wanted_id:
        return None
    for path in sorted(workspace.datasets.glob("*/department.yaml")):
        department = load_department(path.parent, workspace.catalog)
        if department.id == wanted_id:
            return department
    raise ConfigError(f"catalog.yaml の publish.catalog_department「{wanted_id}」という部署は datasets/ にありません。")


def _addresses(workspace: Workspace) -> Addresses:
    """Where the datasets are for the public: the portal; else the site; nowhere while there is only a trial one."""
    catalog = workspace.catalog
    if catalog.portal.kind == "ckan" and catalog.portal.url:
        return PortalAddresses(catalog.portal.url, lambda dataset, key: resource_id(catalog, dataset, key))
    base = str(catalog.settings.get("publish", {}).get("site_url", ""))
    return site_addresses(base) if base else NoAddresses()


def _list_spec(workspace: Workspace, department: Department) -> DatasetSpec:
    spec = standard_dataset(workspace.schemas[LIST_NAME], department, workspace.catalog, None)
    title = workspace.catalog.title
    notes = f"{title}で公開しているすべてのデータセットとファイルの一覧です。公開のたびに自動で作ります。"
    return _own(replace(spec, notes=notes, frequency="随時"), LIST_NAME)


def _itself(spec: DatasetSpec) -> Package:
    """The list's own line in itself: its size cannot be known before it is written."""
    stem = f"{spec.department.code}_{LIST_NAME}" if spec.department.code else spec.name
    csv = PackageFile(
        key="csv",
        path=Path(f"{stem}.csv"),
        title=f"{spec.title}（CSV）",
        format="CSV",
        mimetype="text/csv",
        size=0,
        digest="",
        schema=spec.schema,
    )
    return Package(spec=spec, folder=Path(), files=(csv,), digest="")


def _kpi(workspace: Workspace, store: Store, department: Department) -> tuple[DatasetSpec, str] | None:
    """The KPI as of the last day of last month: whole months only, so that it changes at most once a month by itself.

    None while its figures come from a sample source: such figures must not go out as the city's.
    """
    from pipelines.gateways.measurements import Measurements
    from pipelines.measure import configure
    from pipelines.report import kpi_dataset

    measurements = Measurements(store)
    configure(measurements, workspace.catalog.settings.get("measure", {}))
    found = kpi_dataset(measurements, workspace.catalog, last_month_end(now().date()))
    if found.sample or not found.rows:
        return None
    schema = _kpi_schema(found.name, found.title, found.schema)
    spec = standard_dataset(schema, department, workspace.catalog, None)
    # a sample says so first, here too
    preface = (spec.notes.split("\n\n")[0],) if department.sample else ()
    notes, tags = "\n\n".join((*preface, found.notes)), ("オープンデータ", "統計", *spec.tags)
    spec = replace(spec, name=found.name, notes=notes, frequency="毎月", tags=tags)
    return _own(spec, found.name), found.csv


def last_month_end(today: dt.date) -> dt.date:
    """2026-11-22 → 2026-10-31."""
    return today.replace(day=1) - dt.timedelta(days=1)


def _kpi_schema(name: str, title: str, table: Mapping[str, Any]) -> Schema:
    fields = [_kpi_field(field) for field in table["fields"]]
    return schema_of({"name": name, "title": title, "fields": fields, "primaryKey": tuple(table["primaryKey"])})


def _kpi_field(field: Mapping[str, Any]) -> dict[str, Any]:
    return {**field, "title": "", "english": field["title"], "clean": _CLEAN.get(field["type"], "text")}


def _own(spec: DatasetSpec, kind: str) -> DatasetSpec:
    options = ReadOptions(header_rows=(1,), encoding="utf-8", known=spec.options.known)
    return replace(spec, options=options, settings={**spec.settings, OWN: kind})


def _build(workspace: Workspace, store: Store, spec: DatasetSpec, text: str) -> Built:
    """Through every stage like a department's file; what came out before and would again is not built again."""
    path = workspace.var / "own" / f"{spec.name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    file = dropped(path, path.parent)
    catalog = workspace.catalog
    shape = [file.digest, asdict(replace(spec, folder=None)), catalog.bom, catalog.newline, catalog.homepage]
    digest = hashlib.sha256(json.dumps(shape, ensure_ascii=False, default=_plain).encode()).hexdigest()
    step = Step(Drop(spec=spec, files=(file,), digest=digest))
    cache = BuildCache(store)
    tools = tools_of(workspace, workspace.packages, cache)
    known = cache.find(spec, step, tools)
    built = known or build_one(spec, step, tools)
    if known is None:
        cache.keep(built, tools)
    return built


def _plain(value: Any) -> Any:
    """Sets have no order of their own."""
    return sorted(value) if isinstance(value, frozenset | set) else str(value)
