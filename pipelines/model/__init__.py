"""The values that flow between the stages.  Standard library only; frozen; no behaviour beyond small properties.

Exceptions (only for what is nobody's data)::

    CatalogError                 base of everything raised on purpose
    ├── ConfigError              a YAML file, an option or the environment is wrong          exit 2
    ├── PortalUnavailable        the portal did not answer (after retries)                   exit 3
    ├── PortalRejected           the portal answered and refused: that dataset's Outcome
    └── StoreError               the state journal cannot be read or written                 exit 2

A department's mistake is never an exception: it is a :class:`Problem`.
"""

from pipelines.model.errors import CatalogError, ConfigError, PortalRejected, PortalUnavailable, StoreError
from pipelines.model.measuring import AccessClass, AccessDay, DatasetDay, Progress
from pipelines.model.problems import Level, Place, Problem, Step, column_letters
from pipelines.model.publishing import Action, Change, Outcome, Plan, Publication, Verdict
from pipelines.model.settings import (
    Catalog,
    DatasetSpec,
    Department,
    Field,
    Licence,
    Portal,
    ReadOptions,
    Repair,
    Schema,
    Target,
)
from pipelines.model.source import Drop, DroppedFile, Hidden, LeftOut, Origin, SheetCells, SourceBlock, SourceTable
from pipelines.model.standard import ClearedTable, Fix, Package, PackageFile, StandardTable, ValidTable

__all__ = [
    "AccessClass",
    "AccessDay",
    "Action",
    "Catalog",
    "CatalogError",
    "Change",
    "ClearedTable",
    "ConfigError",
    "DatasetDay",
    "DatasetSpec",
    "Department",
    "Drop",
    "DroppedFile",
    "Field",
    "Fix",
    "Hidden",
    "LeftOut",
    "Level",
    "Licence",
    "Origin",
    "Outcome",
    "Package",
    "PackageFile",
    "Place",
    "Plan",
    "Portal",
    "PortalRejected",
    "PortalUnavailable",
    "Problem",
    "Progress",
    "Publication",
    "ReadOptions",
    "Repair",
    "Schema",
    "SheetCells",
    "SourceBlock",
    "SourceTable",
    "StandardTable",
    "Step",
    "StoreError",
    "Target",
    "ValidTable",
    "Verdict",
    "column_letters",
]
