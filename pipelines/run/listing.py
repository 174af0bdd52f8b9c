"""Tables for people: what is in the drop, what the last runs did, one dataset's history."""

from __future__ import annotations

from typing import Any

from pipelines.intake import intake
from pipelines.model import ConfigError
from pipelines.publish import Journal, Version
from pipelines.run.conduct import archive_of, now
from pipelines.run.workspace import Workspace

Rows = list[dict[str, Any]]


def listing(workspace: Workspace) -> Rows:
    """Every dataset of the drop."""
    found = intake(workspace.catalog, workspace.schemas)
    return [
        {
            "部署": spec.department.title,
            "データセット": spec.name,
            "題名": spec.title,
            "標準": spec.schema.title if spec.schema and spec.schema.generation else "",
            "ファイル": "、".join(f.path.name for f in step.value.files) if step.value else "",
        }
        for spec, step in found.drops
    ]


def runs(workspace: Workspace) -> Rows:
    """The last ten runs, newest first."""
    with workspace.store() as store:
        found = Journal(store, "", "", now).runs()
    return [
        {
            "実行": r["id"],
            "開始": r["started_at"],
            "終了": r["ended_at"] or "（途中）",
            "終了コード": _code(r),
            "結果": r["summary"] or "",
        }
        for r in found
    ]


def _code(run: dict[str, Any]) -> str:
    return "" if run["exit_code"] is None else str(run["exit_code"])


STATES = {"intent": "公開を始める", "sent": "送った", "verified": "公開して確かめた", "failed": "失敗"}


def history(workspace: Workspace, dataset: str) -> Rows:
    """Every line of the journal about one dataset, and what each publication changed as far as its version is kept.

    Raises :class:`ConfigError` when there is none.
    """
    with workspace.store() as store:
        found = Journal(store, "", "", now).history(dataset)
    if not found:
        raise ConfigError(f"データセット「{dataset}」の記録はありません。")
    kept = archive_of(workspace).versions(dataset)
    return [_line(row, kept) for row in found]


def _line(row: dict[str, Any], kept: list[Version]) -> dict[str, Any]:
    version = next((v for v in reversed(kept) if v.digest == row["digest"] and v.at <= row["at"]), None)
    if row["state"] != "verified":
        version = None
    return {
        "日時": row["at"],
        "状態": "取り下げ・削除" if row["state"] == "failed" and not row["digest"] else STATES[row["state"]],
        "版": version.number if version else "",
        "変更": version.note.partition(" ")[2] if version else "",
        "内容の指紋": row["digest"][:12],
        "詳細": row["detail"],
        "ポータル": row["portal"],
    }
