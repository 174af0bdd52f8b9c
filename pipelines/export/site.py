"""The stage: the whole catalogue as a static site, for a city without CKAN and as its backup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.export.addresses import SiteAddresses, site_addresses
from pipelines.export.datajson import data_json
from pipelines.export.dcat import catalogue_graph, dataset_graph
from pipelines.export.facts import Dates, Moments
from pipelines.export.feeds import atom, robots, sitemap
from pipelines.export.graph import json_ld, turtle
from pipelines.export.odlist import Row, list_csv, open_data_list
from pipelines.export.pages import dataset_page, department_page, groups, index_page, missing_page
from pipelines.export.swap import MARKER, marker, replace_site
from pipelines.model import Catalog, Package


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What was written: where, how many datasets and files, and whether anything changed."""

    folder: Path
    datasets: int
    files: int
    changed: bool


def export(
    packages: Sequence[Package],
    catalog: Catalog,
    folder: Path,
    *,
    base_url: str = "",
    dates: Dates | None = None,
    updated: str = "",
) -> Site:
    """Write the site of these packages to ``folder``, which changes as a whole; the same input gives the same bytes.

    ``base_url``: where it will stand (without it addresses are relative, and there is neither sitemap nor data.json);
    ``dates``: when each dataset went out; ``updated``: the feed's moment when no dataset has one (without both there
    is no feed).
    Raises :class:`ConfigError` for a folder that is not ours or an address that is none.
    """
    addresses = site_addresses(base_url)
    packages = sorted(packages, key=lambda p: p.spec.name)
    texts = documents(packages, catalog, addresses, dates or {}, updated)
    files = {f"dataset/{p.spec.name}/{f.path.name}": (f.path, f.digest) for p in packages for f in p.files}
    contents = {name: text.encode() for name, text in texts.items()}
    for package in packages:
        name = f"dataset/{package.spec.name}/datapackage.json"
        contents[name] = (package.folder / "datapackage.json").read_bytes()
    contents[MARKER] = marker({p.spec.name: p.digest for p in packages})
    changed = replace_site(folder, contents, files)
    return Site(folder=folder, datasets=len(packages), files=len(files), changed=changed)


def documents(
    packages: Sequence[Package], catalog: Catalog, addresses: SiteAddresses, dates: Dates, updated: str
) -> dict[str, str]:
    """Every text of the site by its place: pages, DCAT, schema.org, data.json, list, feed, sitemap, robots.txt."""
    feed = bool(updated or any(m.modified for name, m in dates.items() if name in {p.spec.name for p in packages}))
    graph = catalogue_graph(packages, catalog, addresses, dates)
    texts = {
        "index.html": index_page(packages, catalog, addresses, dates, feed=feed),
        "404.html": missing_page(catalog, addresses),
        "catalog.ttl": turtle(graph),
        "catalog.jsonld": json_ld(graph),
        "open_data_list.csv": _bom(catalog) + list_csv(_list(packages, catalog, addresses, dates)),
        "robots.txt": robots(addresses),
    }
    if feed:
        texts["feed.xml"] = atom(packages, catalog, addresses, dates, updated)
    for group in groups(packages, catalog, dates):
        texts[f"department/{group.id}.html"] = department_page(group, catalog)
    for package in packages:
        texts.update(_dataset(package, catalog, addresses, dates.get(package.spec.name, Moments())))
    if addresses.base:  # both are of use only with whole addresses
        texts["data.json"] = data_json(packages, addresses, dates)
        texts["sitemap.xml"] = sitemap(_pages(texts, packages, addresses, dates))
    return texts


def _dataset(package: Package, catalog: Catalog, addresses: SiteAddresses, moments: Moments) -> dict[str, str]:
    name = package.spec.name
    graph = dataset_graph(package, catalog, _from(addresses, "../../"), moments)
    return {
        f"dataset/{name}.html": dataset_page(package, catalog, _from(addresses, "../"), moments),
        f"dataset/{name}/dcat.ttl": turtle(graph),
        f"dataset/{name}/dcat.jsonld": json_ld(graph),
    }


def _from(addresses: SiteAddresses, up: str) -> SiteAddresses:
    """The addresses as a document further down must write them."""
    return addresses if addresses.base else SiteAddresses(up)


def _pages(
    texts: dict[str, str], packages: Sequence[Package], addresses: SiteAddresses, dates: Dates
) -> list[tuple[str, str]]:
    changed = {f"dataset/{p.spec.name}.html": dates[p.spec.name].modified for p in packages if p.spec.name in dates}
    pages = sorted(name for name in texts if name.endswith(".html") and name != "404.html")
    return [(f"{addresses.base}{name}", changed.get(name, "")) for name in pages]


def _list(packages: Sequence[Package], catalog: Catalog, addresses: SiteAddresses, dates: Dates) -> list[Row]:
    """A relative address would mean nothing to somebody who only has the table."""
    return open_data_list(packages, catalog, addresses if addresses.base else None, dates)


def _bom(catalog: Catalog) -> str:
    return "\N{ZERO WIDTH NO-BREAK SPACE}" if catalog.bom else ""
