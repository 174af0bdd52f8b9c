"""What was dropped, by whom, settled or still being copied, and which schema it claims."""

from pipelines.intake.files import Clock, dropped
from pipelines.intake.names import claimed_schema
from pipelines.intake.tree import Intake, intake

__all__ = ["Clock", "Intake", "claimed_schema", "dropped", "intake"]
