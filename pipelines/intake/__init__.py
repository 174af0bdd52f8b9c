"""What was dropped, by whom, settled or still being copied, and which schema it claims."""

from pipelines.intake.files import Clock, dropped
from pipelines.intake.names import REPLIES, claimed_schema
from pipelines.intake.tree import Intake, intake

__all__ = ["REPLIES", "Clock", "Intake", "claimed_schema", "dropped", "intake"]
