"""From the standard's columns to the package: each value is made by one stage only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.model.settings import DatasetSpec, Schema
from pipelines.model.source import Origin

if TYPE_CHECKING:  # the frame's type only; nothing heavy is imported at run time
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One rule's changes in one field: how many cells, and up to five (before, after) examples."""

    rule: str
    field: str
    count: int
    examples: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardTable:
    """A table in the standard's columns and notation: all text, frame columns are the schema's field names."""

    schema: Schema
    frame: pd.DataFrame
    origin: Origin
    fixes: tuple[Fix, ...]
    unmatched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidTable:
    """Only ``validate`` makes one: a table Frictionless accepts, with the counts of its report."""

    table: StandardTable
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearedTable:
    """Only ``screen`` makes one; ``package`` accepts nothing else.  ``screened_by`` names detectors and versions."""

    table: ValidTable
    screened_by: Mapping[str, str]
    approvals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFile:
    """One file of a package as it will be a CKAN resource.  ``rows`` is the record count of tabular files."""

    key: str
    path: Path
    title: str
    format: str
    mimetype: str
    size: int
    digest: str
    rows: int | None = None
    schema: Schema | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A deterministic Data Package on disk: ``digest`` is over the bytes of all its files (not over timestamps)."""

    spec: DatasetSpec
    folder: Path
    files: tuple[PackageFile, ...]
    digest: str
    issued: str = ""
