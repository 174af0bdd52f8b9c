"""datapackage.json: Data Package v2 (https://datapackage.org/standard/data-package/), readable by v1 tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.model import Catalog, DatasetSpec, Licence, PackageFile, Schema

_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
#: CKAN's licence ids → Open Definition ids, which the Data Package standard asks for (with the version in them)
_LICENCE_NAMES = {"cc-by": "CC-BY", "cc-by-sa": "CC-BY-SA", "cc-zero": "CC0"}


def descriptor(spec: DatasetSpec, catalog: Catalog, files: Sequence[PackageFile]) -> dict[str, Any]:
    """The descriptor's members in a fixed order; empty ones are left out, and so is ``created`` (a clock's value)."""
    schema = next((file.schema for file in files if file.schema), None)
    members: dict[str, Any] = {
        "$schema": _PROFILE,
        "name": spec.name,
        "title": spec.title,
        "description": spec.notes,
        "homepage": catalog.homepage,
        "version": spec.version,
        "licenses": [_licence(spec.licence)],
        "sources": _sources(spec),
        "contributors": _contributors(spec, catalog),
        "keywords": list(spec.tags),
        "municipalityCode": spec.department.code,
        "standard": _standard(schema),
        "sample": spec.department.sample,
        "resources": [_resource(file, catalog) for file in files],
    }
    return _filled(members)


def _filled(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in ("", None, False, [], {})}


def _licence(licence: Licence) -> dict[str, Any]:
    name = _LICENCE_NAMES.get(licence.id.lower(), licence.id)
    if licence.version and not name.endswith(licence.version):
        name = f"{name}-{licence.version}"
    return _filled({"name": name, "title": licence.title, "path": licence.url})


def _sources(spec: DatasetSpec) -> list[dict[str, Any]]:
    title = spec.credit or spec.department.credit or spec.department.municipality
    return [_filled({"title": title, "path": spec.source_url})]


def _contributors(spec: DatasetSpec, catalog: Catalog) -> list[dict[str, Any]]:
    department = spec.department
    own = department.municipality == catalog.publisher
    publisher = {"title": department.municipality, "path": catalog.homepage if own else "", "roles": ["publisher"]}
    creator = {"title": department.title, "organization": department.municipality, "roles": ["creator"]}
    return [_filled(publisher), _filled(creator)]


def _standard(schema: Schema | None) -> dict[str, Any] | None:
    if schema is None or not schema.generation:
        return None
    names = {"name": schema.title, "generation": schema.generation, "number": schema.number}
    return _filled({**names, "version": schema.version, "source": schema.source, "completeness": schema.completeness})


def _resource(file: PackageFile, catalog: Catalog) -> dict[str, Any]:
    members: dict[str, Any] = {
        "name": file.path.name.lower().replace(".", "-"),
        "type": "table" if file.schema else "json",
        "path": file.path.name,
        "title": file.title,
        "description": file.description,
        "format": file.path.suffix.removeprefix("."),
        "mediatype": file.mimetype,
        "encoding": "utf-8",
        "bytes": file.size,
        "hash": f"sha256:{file.digest}",
    }
    if file.schema:
        # "utf-8" is the name every reader knows; that a byte order mark stands before it is said beside it
        members["byteOrderMark"] = catalog.bom
        members["rows"] = file.rows
        members["dialect"] = _dialect(catalog.newline)
        members["schema"] = _schema(file.schema)
    return {name: value for name, value in members.items() if value not in ("", None)}


def _dialect(newline: str) -> dict[str, Any]:
    """Every property is said, so that no reader has to guess (Frictionless sniffs what is not)."""
    return {
        "header": True,
        "headerRows": [1],
        "delimiter": ",",
        "lineTerminator": newline,
        "quoteChar": '"',
        "doubleQuote": True,
        "skipInitialSpace": False,
    }


def _schema(schema: Schema) -> dict[str, Any]:
    """The pure Table Schema with the Japanese labels and descriptions of its fields."""
    labelled = [_field(field, schema) for field in schema.descriptor["fields"]]
    return {**schema.descriptor, "fields": labelled}


def _field(member: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    field = schema.field(str(member.get("name")))
    labels: dict[str, str] = {}
    if field is not None:
        labels = _filled({"title": field.title or field.name, "description": field.description})
    return {**labels, **member}
