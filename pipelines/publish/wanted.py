"""What we want the portal to hold for one package: only the keys we own, as CKAN spells them."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.model import Catalog, DatasetSpec, Package, PackageFile

#: dataset keys that hold plain text and are ours to write
OWNED = ("title", "notes", "license_id", "owner_org", "author", "maintainer", "maintainer_email", "version", "url")
#: resource keys that are ours to write, besides the file itself
OWNED_RESOURCE = ("name", "description", "format", "mimetype")
#: extras we leave for ourselves: what was published, and how we left the dataset
DIGEST = "publisher_digest"
STATE = "publisher_state"
#: the history of publications, for readers
HISTORY = "更新履歴"
#: the tombstone of a withdrawn dataset: when, why, and whether by command or by dataset.yaml
WITHDRAWN_AT, WITHDRAWN_WHY, WITHDRAWN_BY = "withdrawn_at", "withdrawn_reason", "withdrawn_by"
OWN_EXTRAS = (DIGEST, STATE, HISTORY, WITHDRAWN_AT, WITHDRAWN_WHY, WITHDRAWN_BY)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedResource:
    """One resource as it shall be; ``file`` is what stands behind it, ``fields`` its owned keys."""

    id: str
    file: PackageFile
    fields: Mapping[str, str]

    @property
    def hash(self) -> str:
        """How CKAN's ``hash`` field shall read."""
        return f"sha256:{self.file.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One dataset as it shall be: scalar keys, tags, groups, extras by key, resources in order."""

    name: str
    digest: str
    package: Package
    scalars: Mapping[str, str]
    tags: tuple[str, ...]
    groups: tuple[str, ...]
    extras: Mapping[str, str]
    resources: tuple[WantedResource, ...]
    portal_edits: str = "keep"


def wanted(package: Package, catalog: Catalog) -> Wanted:
    """Translate a package into CKAN's keys.  The digest covers metadata and the bytes of every file."""
    spec = package.spec
    resources = tuple(_resource(file, spec, catalog) for file in package.files)
    scalars, extras = _scalars(spec, catalog), _extras(spec)
    shape = [scalars, extras, spec.tags, spec.groups, [(r.id, dict(r.fields), r.hash) for r in resources]]
    return Wanted(
        name=spec.name,
        digest=hashlib.sha256(json.dumps(shape, sort_keys=True, ensure_ascii=False).encode()).hexdigest(),
        package=package,
        scalars=scalars,
        tags=spec.tags,
        groups=spec.groups,
        extras=extras,
        resources=resources,
        portal_edits=str(spec.settings.get("portal_edits", "keep")),
    )


def resource_id(catalog: Catalog, dataset: str, key: str) -> str:
    """UUIDv5 of (catalogue, dataset, resource key): the same for ever, whatever is lost."""
    namespace = uuid.uuid5(uuid.NAMESPACE_URL, f"urn:opendata-catalog:{catalog.code}")
    return str(uuid.uuid5(namespace, f"{dataset}/{key}"))


def _resource(file: PackageFile, spec: DatasetSpec, catalog: Catalog) -> WantedResource:
    fields = {
        "name": file.title,
        "description": file.description,
        "format": file.format,
        "mimetype": file.mimetype,
    }
    first_name = spec.renamed_from or spec.name  # a renamed dataset keeps its resources and their addresses
    return WantedResource(id=resource_id(catalog, first_name, file.key), file=file, fields=fields)


def _scalars(spec: DatasetSpec, catalog: Catalog) -> dict[str, str]:
    return {
        "title": spec.title,
        "notes": spec.notes,
        "license_id": catalog.portal.licences.get(spec.licence.id, spec.licence.id),
        "owner_org": spec.department.id,
        "author": f"{spec.department.municipality} {spec.department.title}".strip(),
        "maintainer": spec.department.contact,
        "maintainer_email": spec.department.email,
        "version": spec.version,
        "url": spec.source_url,
    }


def _extras(spec: DatasetSpec) -> dict[str, str]:
    """Extras have ASCII keys: CKAN stores others but cannot search by them."""
    schema, start_end = spec.schema, spec.temporal or ("", "")
    extras = {
        "language": "ja",
        "municipality_code": spec.department.code,
        "municipality": spec.department.municipality,
        "credit": spec.credit,
        "licence_title": spec.licence.title,
        "licence_version": spec.licence.version,
        "licence_url": spec.licence.url,
        "frequency": spec.frequency,
        "temporal_start": start_end[0],
        "temporal_end": start_end[1],
        "spatial_text": spec.spatial,
        "spatial": _bbox(spec.department.bbox),
        "standard": schema.title if schema and schema.generation else "",
        "standard_name": schema.name if schema and schema.generation else "",
        "standard_completeness": schema.completeness if schema and schema.generation else "",
        "sample": "true" if spec.department.sample else "",
    }
    return {key: value for key, value in extras.items() if value}


def _bbox(box: tuple[float, float, float, float] | None) -> str:
    if box is None:
        return ""
    west, south, east, north = box
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})
