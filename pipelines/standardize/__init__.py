"""Headers and values → the standard, every change counted.  The stage is :func:`standardize`."""

from pipelines.standardize.infer import infer_schema
from pipelines.standardize.join import fit, join, recognised
from pipelines.standardize.stage import narrowed, standardize

__all__ = ["fit", "infer_schema", "join", "narrowed", "recognised", "standardize"]
