"""The first rows of a published table, and what its columns mean, for people."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pipelines.model import Field, Package, PackageFile

ROWS = 20
_DESCRIPTOR = "datapackage.json"
_TYPES = {
    "string": "文字",
    "integer": "整数",
    "number": "数",
    "boolean": "真偽",
    "date": "日付",
    "time": "時刻",
    "datetime": "日時",
    "year": "年",
    "yearmonth": "年月",
}
_ENUM_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One line of the column dictionary, as it reads."""

    name: str
    type: str
    description: str
    unit: str
    example: str
    allowed: str


@dataclass(frozen=True, slots=True)
class Preview:
    """Labels, the first rows, and how many rows there are."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int
    numeric: frozenset[int]


def preview(file: PackageFile, columns: tuple[Column, ...]) -> Preview:
    """The first :data:`ROWS` rows of a CSV of ours (UTF-8, labels first)."""
    with file.path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        header = tuple(next(reader, []))
        rows = tuple(tuple(row) for row in islice(reader, ROWS))
    kinds = {c.name: c.type for c in columns}
    numeric = frozenset(j for j, name in enumerate(header) if kinds.get(name) in ("整数", "数"))
    return Preview(header, rows, file.rows or 0, numeric)


def dictionary(package: Package, file: PackageFile) -> tuple[Column, ...]:
    """The columns of a table as its data package declares them; level and unit from the schema where it knows them."""
    document = json.loads((package.folder / _DESCRIPTOR).read_text(encoding="utf-8"))
    resource: Mapping[str, Any] = next((r for r in document["resources"] if r.get("path") == file.path.name), {})
    fields = resource.get("schema", {}).get("fields", [])
    return tuple(_column(f, file.schema.field(f["name"]) if file.schema else None) for f in fields)


def _column(member: Mapping[str, Any], known: Field | None) -> Column:
    constraints = member.get("constraints", {})
    return Column(
        name=str(member["name"]),
        type=_TYPES.get(str(member.get("type", "string")), str(member.get("type", ""))),
        description=str(member.get("description", "") or (known.description if known else "")),
        unit=(known.unit or "") if known else "",
        example=(known.example or "") if known else "",
        allowed=_allowed(constraints),
    )


def _allowed(constraints: Mapping[str, Any]) -> str:
    """What the table promises of the column, in words."""
    parts = []
    if constraints.get("required"):
        parts.append("必ず値があります")
    if constraints.get("unique"):
        parts.append("同じ値はありません")
    if values := constraints.get("enum"):
        shown = "".join(f"「{value}」" for value in values[:_ENUM_SHOWN])
        parts.append(f"{shown}{'など' * (len(values) > _ENUM_SHOWN)}のどれか")
    low, high = constraints.get("minimum"), constraints.get("maximum")
    if low is not None or high is not None:
        parts.append(f"{'' if low is None else low}〜{'' if high is None else high}")
    return "。".join(parts)
