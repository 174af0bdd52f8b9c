"""The conductor: the stages in order, over one workspace."""

from pipelines.run.workspace import Workspace

__all__ = ["Workspace"]
