"""schema.org JSON-LD: ``DataCatalog``, ``Dataset`` and ``DataDownload``, as search engines for data sets read them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.export.addresses import Addresses
from pipelines.export.dcat import catalogue_iri, dataset_iri, description
from pipelines.export.facts import Dates, Moments, licence_address, period_type
from pipelines.model import Catalog, DatasetSpec, Package, PackageFile

_CONTEXT = "https://schema.org/"


def data_catalog(packages: Sequence[Package], catalog: Catalog, addresses: Addresses, dates: Dates) -> dict[str, Any]:
    """The catalogue with a short entry for each dataset."""
    entries = [_entry(p, addresses, dates.get(p.spec.name, Moments())) for p in packages]
    return {"@context": _CONTEXT, **_catalogue(catalog, addresses), "dataset": entries}


def dataset(package: Package, catalog: Catalog, addresses: Addresses, moments: Moments) -> dict[str, Any]:
    """One dataset in full, with its files and columns."""
    spec = package.spec
    members: dict[str, Any] = {
        "@context": _CONTEXT,
        **_entry(package, addresses, moments),
        "inLanguage": "ja",
        "keywords": list(spec.tags),
        "isAccessibleForFree": True,
        "creditText": spec.credit,
        "publisher": _organization(spec.department.municipality),
        "creator": _creator(spec),
        "spatialCoverage": _place(spec),
        "temporalCoverage": _period(spec),
        "version": spec.version,
        "includedInDataCatalog": _catalogue(catalog, addresses),
        "variableMeasured": _columns(package),
        "distribution": [_download(f, spec, addresses) for f in package.files],
    }
    return _filled(members)


def script(document: Mapping[str, Any]) -> str:
    """The text to stand inside ``<script type="application/ld+json">``: no ``<`` can end the element."""
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _catalogue(catalog: Catalog, addresses: Addresses) -> dict[str, Any]:
    members = {
        "@type": "DataCatalog",
        "@id": catalogue_iri(addresses),
        "name": catalog.title,
        "description": description(catalog),
        "url": addresses.home(),
        "license": licence_address(catalog.licence.url),
        "publisher": _organization(catalog.publisher),
    }
    return _filled(members)


def _entry(package: Package, addresses: Addresses, moments: Moments) -> dict[str, Any]:
    spec = package.spec
    members = {
        "@type": "Dataset",
        "@id": dataset_iri(spec.name, addresses),
        "name": spec.title,
        "description": spec.notes or spec.title,
        "url": addresses.dataset(spec.name),
        "identifier": spec.name,
        "license": licence_address(spec.licence.url) or spec.licence.title,
        "datePublished": moments.issued or package.issued,
        "dateModified": moments.modified,
    }
    return _filled(members)


def _organization(name: str) -> dict[str, Any]:
    return {"@type": "GovernmentOrganization", "name": name}


def _creator(spec: DatasetSpec) -> dict[str, Any]:
    department = spec.department
    contact = _filled({"@type": "ContactPoint", "name": department.contact, "email": department.email})
    members = {
        "@type": "GovernmentOrganization",
        "name": f"{department.municipality} {department.title}",
        "contactPoint": contact if len(contact) > 1 else None,
    }
    return _filled(members)


def _place(spec: DatasetSpec) -> dict[str, Any]:
    box = spec.department.bbox
    shape = None
    if box is not None:
        west, south, east, north = box  # schema.org: latitude first, south-west then north-east
        shape = {"@type": "GeoShape", "box": f"{south} {west} {north} {east}"}
    code = spec.department.code
    identifier = {"@type": "PropertyValue", "propertyID": "全国地方公共団体コード", "value": code} if code else None
    name = spec.spatial or spec.department.municipality
    return _filled({"@type": "Place", "name": name, "identifier": identifier, "geo": shape})


def _period(spec: DatasetSpec) -> str:
    ends = spec.temporal or ()
    return "/".join(ends) if len(ends) == 2 and all(map(period_type, ends)) else ""


def _columns(package: Package) -> list[dict[str, Any]]:
    schema = next((f.schema for f in package.files if f.schema), None)
    fields = schema.fields if schema else ()
    return [
        _filled({"@type": "PropertyValue", "name": f.name, "description": f.description, "unitText": f.unit or ""})
        for f in fields
    ]


def _download(file: PackageFile, spec: DatasetSpec, addresses: Addresses) -> dict[str, Any]:
    members = {
        "@type": "DataDownload",
        "name": file.title,
        "description": file.description,
        "encodingFormat": file.mimetype,
        "contentUrl": addresses.file(spec.name, file),
        "contentSize": f"{file.size} B",
        "sha256": file.digest,
        "license": licence_address(spec.licence.url),
        "inLanguage": "ja",
    }
    return _filled(members)


def _filled(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in ("", None, [], {})}
