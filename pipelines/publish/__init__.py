"""Plan and apply: the portal ends exactly as planned, and nothing is written that has not changed."""

from pipelines.publish.archive import Archive, Version
from pipelines.publish.engine import Applied, Planned, Portal, apply, plan_of
from pipelines.publish.journal import Journal

__all__ = ["Applied", "Archive", "Journal", "Planned", "Portal", "Version", "apply", "plan_of"]
