"""``data.json`` in the shape of Project Open Data Metadata Schema v1.1 (DCAT-US 1.1), as harvesters take it.

That schema asks for ``modified`` and a contact's address of every dataset: where they are not known they are absent
and such an entry is not valid by it.  What only United States agencies have (``bureauCode``) is never written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.export.addresses import Addresses
from pipelines.export.facts import Dates, Moments, frequency, licence_address, period_type, schema_of, standard
from pipelines.model import DatasetSpec, Package, PackageFile

_SCHEMA = "https://project-open-data.cio.gov/v1.1/schema"


def data_json(packages: Sequence[Package], addresses: Addresses, dates: Dates) -> str:
    """The whole catalogue; addresses should be absolute, as the schema wants URIs."""
    document = {
        "@context": f"{_SCHEMA}/catalog.jsonld",
        "@type": "dcat:Catalog",
        "conformsTo": _SCHEMA,
        "describedBy": f"{_SCHEMA}/catalog.json",
        "dataset": [_dataset(p, addresses, dates.get(p.spec.name, Moments())) for p in packages],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _dataset(package: Package, addresses: Addresses, moments: Moments) -> dict[str, Any]:
    spec = package.spec
    known, conforms = frequency(spec.frequency), standard(schema_of(package))
    members: dict[str, Any] = {
        "@type": "dcat:Dataset",
        "identifier": spec.name,
        "title": spec.title,
        "description": spec.notes or spec.title,
        "keyword": list(spec.tags or (spec.title,)),
        "modified": moments.modified,
        "issued": moments.issued or package.issued,
        "publisher": _publisher(spec),
        "contactPoint": _contact(spec),
        "accessLevel": "public",
        "license": licence_address(spec.licence.url),
        "rights": spec.credit[:255],
        "language": ["ja"],
        "landingPage": addresses.dataset(spec.name),
        "accrualPeriodicity": known[1] if known else None,
        "temporal": _period(spec),
        "spatial": _spatial(spec),
        "theme": list(spec.groups),
        "conformsTo": conforms.url if conforms else "",
        "distribution": [_distribution(f, spec, addresses) for f in package.files],
    }
    return _filled(members)


def _publisher(spec: DatasetSpec) -> dict[str, Any]:
    parent = {"@type": "org:Organization", "name": spec.department.municipality}
    return {"@type": "org:Organization", "name": spec.department.title, "subOrganizationOf": parent}


def _contact(spec: DatasetSpec) -> dict[str, Any]:
    department = spec.department
    name = department.contact or f"{department.municipality} {department.title}"
    email = f"mailto:{department.email}" if department.email else ""
    return _filled({"@type": "vcard:Contact", "fn": name, "hasEmail": email})


def _period(spec: DatasetSpec) -> str:
    ends = spec.temporal or ()
    return "/".join(ends) if len(ends) == 2 and all(map(period_type, ends)) else ""


def _spatial(spec: DatasetSpec) -> str:
    """The bounding box as west,south,east,north; without one the area's name."""
    box = spec.department.bbox
    return ",".join(map(str, box)) if box else spec.spatial or spec.department.municipality


def _distribution(file: PackageFile, spec: DatasetSpec, addresses: Addresses) -> dict[str, Any]:
    members = {
        "@type": "dcat:Distribution",
        "title": file.title,
        "description": file.description,
        "downloadURL": addresses.file(spec.name, file),
        "mediaType": file.mimetype,
        "format": file.format,
    }
    return _filled(members)


def _filled(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in ("", None, [], {})}
