"""Headers and values → the standard, every change counted.  The stage is :func:`standardize`."""

from pipelines.standardize.infer import infer_schema
from pipelines.standardize.stage import standardize

__all__ = ["infer_schema", "standardize"]
