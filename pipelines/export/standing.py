"""The last good version of a dataset, taken back from the site that stands: what is withheld today stays online."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pipelines.export.swap import published
from pipelines.model import DatasetSpec, Package, PackageFile

_DESCRIPTOR = "datapackage.json"


def standing_package(site: Path, spec: DatasetSpec) -> Package | None:
    """The dataset as the site in ``site`` holds it; None when it does not, or not byte for byte as it was written."""
    digest = (published(site) or {}).get(spec.name)
    folder = site / "dataset" / spec.name
    if digest is None:
        return None
    try:
        text = (folder / _DESCRIPTOR).read_bytes()
        files = tuple(_file(folder, resource, spec) for resource in json.loads(text)["resources"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    hashes = {_DESCRIPTOR: hashlib.sha256(text).hexdigest(), **{f.path.name: f.digest for f in files}}
    lines = "".join(f"{name}\0{value}\n" for name, value in sorted(hashes.items()))  # as a package's digest is made
    if hashlib.sha256(lines.encode()).hexdigest() != digest:
        return None
    return Package(spec=spec, folder=folder, files=files, digest=digest)


def _file(folder: Path, resource: dict[str, Any], spec: DatasetSpec) -> PackageFile:
    path = folder / Path(str(resource["path"])).name
    content = path.read_bytes()
    tabular = "schema" in resource
    kind = path.suffix.removeprefix(".")
    first = path.stem == spec.name or not path.stem.startswith(spec.name)
    return PackageFile(
        key=kind if first else f"{path.stem.removeprefix(spec.name).strip('_')}-{kind}",
        path=path,
        title=str(resource.get("title", path.name)),
        format="GeoJSON" if kind == "geojson" else kind.upper(),
        mimetype=str(resource.get("mediatype", "")),
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        rows=resource.get("rows"),
        schema=spec.schema if tabular else None,
        description=str(resource.get("description", "")),
    )
