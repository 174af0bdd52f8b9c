"""Nothing personal, hidden or hostile goes out: detectors, hidden content, allowed columns, approvals, audit log.

``screen`` is the only maker of a :class:`~pipelines.model.ClearedTable`.  It fails closed: a detector that raises,
takes too long or lacks its dictionary holds the dataset.
"""

from __future__ import annotations

from pipelines.screen.allowed import columns_of
from pipelines.screen.approvals import ApprovalRefused, Approvals, Request, approve, reject, request
from pipelines.screen.audit import Audit, audit_verify
from pipelines.screen.binding import Binding
from pipelines.screen.detectors import DETECTORS
from pipelines.screen.finding import ScreenRules
from pipelines.screen.stage import Verdict, look, screen

__all__ = [
    "DETECTORS",
    "ApprovalRefused",
    "Approvals",
    "Audit",
    "Binding",
    "Request",
    "ScreenRules",
    "Verdict",
    "approve",
    "audit_verify",
    "columns_of",
    "look",
    "reject",
    "request",
    "screen",
    "versions",
]


def versions() -> dict[str, str]:
    """Detector id → version: when this changes, everything published is screened again in the next run."""
    return {detector.id: detector.version for detector in DETECTORS}
