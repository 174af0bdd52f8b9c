"""The embedded catalogue's verbs, as seen from the command line."""

from __future__ import annotations

from typing import Any

from pipelines.run.workspace import Workspace


def catalogue(workspace: Workspace, verb: str, *, show: bool) -> dict[str, Any]:
    """Run ``up``, ``down``, ``status`` or ``reset``; afterwards at least ``running`` and ``url``."""
    answer = workspace.embedded(verb, show=show)
    return {"running": False, "url": None, **answer}
