"""package: a deterministic Data Package on disk.

``ClearedTable → Package``: ``<out>/<dataset>/datapackage.json`` (Data Package v2, passes the public ``frictionless
validate``), one CSV per table, and GeoJSON where there are coordinates.  The same input gives the same bytes: nothing
of the clock, the machine or the run goes in.  The folder is written beside its place and changes places with the old
one, which stays complete until then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.model import Catalog, ClearedTable, DatasetSpec, Package, PackageFile
from pipelines.package._csv import csv_bytes
from pipelines.package._descriptor import descriptor
from pipelines.package._folder import replace_folder
from pipelines.package._geojson import geojson

__all__ = ["Part", "package", "package_parts"]

DESCRIPTOR = "datapackage.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One table of a dataset: ``key`` is an ASCII slug, unique in the dataset and ``""`` for the only table."""

    key: str = ""
    title: str = ""
    table: ClearedTable


def package(cleared: ClearedTable, spec: DatasetSpec, catalog: Catalog, out: Path) -> Package:
    """The Data Package of a dataset of one table, written to ``out/<spec.name>/``."""
    return package_parts([Part(title=spec.title, table=cleared)], spec, catalog, out)


def package_parts(parts: Sequence[Part], spec: DatasetSpec, catalog: Catalog, out: Path) -> Package:
    """The Data Package of several tables, one resource (and its GeoJSON) each, in the order given.

    Raises ``ValueError`` when two parts have the same key; ``OSError`` when the folder cannot be written.
    """
    if len({part.key for part in parts}) != len(parts):
        raise ValueError(f"{spec.name}: the keys of the tables are not unique")
    folder = out / spec.name
    made = [made for part in parts for made in _files(part, spec, catalog, folder)]
    files = tuple(file for file, _ in made)
    contents = {file.path.name: content for file, content in made}
    contents[DESCRIPTOR] = _json(descriptor(spec, catalog, files))
    replace_folder(folder, contents)
    return Package(spec=spec, folder=folder, files=files, digest=_digest(contents))


def _files(part: Part, spec: DatasetSpec, catalog: Catalog, folder: Path) -> list[tuple[PackageFile, bytes]]:
    table = part.table.table.table
    title = part.title or spec.title
    stem = _stem(part, spec)
    prefix = f"{part.key}-" if part.key else ""
    text = csv_bytes(table.frame, bom=catalog.bom, newline=catalog.newline)
    csv = PackageFile(
        key=f"{prefix}csv",
        path=folder / f"{stem}.csv",
        title=f"{title}（CSV）",
        format="CSV",
        mimetype="text/csv",
        size=len(text),
        digest=hashlib.sha256(text).hexdigest(),
        rows=len(table.frame),
        schema=table.schema,
    )
    points = geojson(table)
    if points is None:
        return [(csv, text)]
    place = PackageFile(
        key=f"{prefix}geojson",
        path=folder / f"{stem}.geojson",
        title=f"{title}（GeoJSON）",
        format="GeoJSON",
        mimetype="application/geo+json",
        size=len(points.content),
        digest=hashlib.sha256(points.content).hexdigest(),
        description=points.description,
    )
    return [(csv, text), (place, points.content)]


def _stem(part: Part, spec: DatasetSpec) -> str:
    """``141500_public_toilet`` for a standard dataset (code and slug, as the standard names files), else its name."""
    schema = part.table.table.table.schema
    standard = schema.generation > 0 and spec.department.code
    stem = f"{spec.department.code}_{schema.name}" if standard else spec.name
    return f"{stem}_{part.key}" if part.key else stem


def _json(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _digest(contents: dict[str, bytes]) -> str:
    """SHA-256 over the sorted (file name, SHA-256 of the file)."""
    lines = [f"{name}\0{hashlib.sha256(content).hexdigest()}\n" for name, content in sorted(contents.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
