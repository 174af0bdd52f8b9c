"""Plans on disk: saved as JSON, applied exactly or not at all."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from pipelines.model import Action, ConfigError, Plan
from pipelines.publish import Planned
from pipelines.run.conduct import Account, Watch, run
from pipelines.run.workspace import Workspace


def save(plan: Plan, path: Path) -> None:
    """Write the plan; a half-written file never takes the place of a whole one."""
    text = json.dumps(dataclasses.asdict(plan), ensure_ascii=False, indent=1)
    beside = path.with_name(path.name + ".tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def apply_saved(workspace: Workspace, path: Path, watch: Watch) -> Account:
    """Do exactly what the saved plan says.

    Raises :class:`ConfigError` when the drop, the code or the portal has moved since it was made.
    """
    saved = _load(path)

    def unmoved(planned: Planned) -> None:
        made = json.loads(json.dumps(dataclasses.asdict(planned.plan), ensure_ascii=False))
        for key, told in (("portal", "ポータルの場所"), ("revisions", "ポータルの内容"), ("digests", "公開する内容")):
            if made[key] != saved.get(key):
                raise ConfigError(f"計画を作ったあとで{told}が変わりました。`publish.py plan` をやり直してください。")
        if _taken_back(made) != _taken_back(saved):
            raise ConfigError(
                "計画を作ったあとで取り下げの予定が変わりました。`publish.py plan` をやり直してください。"
            )

    return run(workspace, frozenset(saved.get("only", saved["digests"])), watch, check=unmoved)


def _taken_back(plan: dict[str, Any]) -> list[tuple[str, str]]:
    """What the plan takes off the portal."""
    return sorted((c["dataset"], c["field"]) for c in plan["changes"] if c["action"] == Action.WITHDRAW.value)


def _load(path: Path) -> dict[str, Any]:
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        if not {"changes", "digests", "revisions", "portal"} <= set(saved):
            raise ValueError("keys")
    except (OSError, ValueError):
        raise ConfigError(f"{path} は公開計画のファイルではありません。") from None
    return dict(saved)
