"""catalog.yaml, department.yaml, dataset.yaml and schemas/ become model values.  Nothing else reads YAML.

Defaults flow down: catalogue → department → dataset.  Every scalar is read as text (``012025``, ``9:30`` and ``no``
stay what was typed) and converted only where a key asks for a number or a switch.
"""

from pipelines.config.catalog import load_catalog, load_department
from pipelines.config.dataset import load_dataset, standard_dataset
from pipelines.config.schema import load_schema, load_schemas, schema_of

__all__ = [
    "load_catalog",
    "load_dataset",
    "load_department",
    "load_schema",
    "load_schemas",
    "schema_of",
    "standard_dataset",
]
