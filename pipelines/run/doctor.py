"""What is wrong with configuration, token, permissions and portal, before a run finds out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.gateways.ckan_lines import OLDEST, version_of
from pipelines.intake import Intake, intake
from pipelines.model import CatalogError, Department, Level
from pipelines.run.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: ``level`` ok | warning | error, a sentence, and what to do."""

    name: str
    level: str
    message: str
    hint: str = ""


def examine(workspace: Workspace) -> Iterator[Finding]:
    """Look at one thing after the other; a later one is skipped when it cannot work without an earlier one."""
    catalog = yield from _tried("catalog.yaml", lambda: workspace.catalog, lambda c: f"{c.title}（{c.code}）")
    if catalog is None:
        return
    yield from _tried("schemas", lambda: workspace.schemas, lambda s: f"標準データセットのスキーマ {len(s)} 個")
    found = yield from _tried(
        "datasets",
        lambda: intake(catalog, workspace.schemas),
        _counted,
    )
    yield from _own_department(workspace, found.departments if found else ())
    yield from _space(workspace)
    portal = yield from _tried("token", workspace.portal, lambda p: f"ポータル {p.url}")
    if portal is None:
        return
    status = yield from _tried("portal", portal.status, lambda s: f"CKAN {s['ckan_version']}")
    if status is None:
        return
    yield from _version(status)
    yield from _permissions(portal, found.departments if found else ())
    yield from _rights(portal)


def _counted(found: Intake) -> str:
    lost = sum(1 for problem in found.problems if problem.level is not Level.NOTICE)
    return f"部署 {len(found.departments)}、データセット {len(found.drops)}、迷子のファイル {lost}"


def _tried(name: str, look: Callable[[], Any], told: Callable[[Any], str]) -> Generator[Finding, None, Any]:
    try:
        value = look()
    except CatalogError as error:
        yield Finding(name=name, level="error", message=str(error))
        return None
    yield Finding(name=name, level="ok", message=told(value))
    return value


def _own_department(workspace: Workspace, departments: tuple[Department, ...]) -> Iterator[Finding]:
    """The department that publishes the catalogue's own list must exist."""
    wanted = workspace.catalog.settings.get("publish", {}).get("catalog_department", "")
    if wanted and wanted not in {department.id for department in departments}:
        yield Finding(
            name="catalog_department",
            level="error",
            message=f"catalog.yaml の publish.catalog_department「{wanted}」という部署が datasets/ にありません。",
            hint="自分の部署の id に書き換えるか、この行を消してください。",
        )


def _space(workspace: Workspace) -> Iterator[Finding]:
    workspace.var.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(workspace.var).free // 2**20
    level = "ok" if free > 1024 else "warning"
    yield Finding(
        name="disk",
        level=level,
        message=f"空き容量 {free:,} MB",
        hint="" if level == "ok" else "1 GB 以上空けてください。",
    )


def _version(status: dict[str, Any]) -> Iterator[Finding]:
    if version_of(status) < OLDEST:
        yield Finding(
            name="version", level="error", message=f"CKAN {status['ckan_version']} は古すぎます（2.10 以上が必要）。"
        )
    if "datastore" not in status.get("extensions", []):
        yield Finding(
            name="datastore",
            level="warning",
            message="このポータルにはデータストアがありません。",
            hint="catalog.yaml の portal に「datastore: none」と書くと、ファイルだけを公開します。",
        )


def _permissions(portal: Any, departments: tuple[Department, ...]) -> Iterator[Finding]:
    allowed = yield from _tried("organizations", portal.my_organizations, lambda o: f"書ける組織 {len(o)}")
    names = {organization["name"] for organization in allowed or ()}
    for department in departments:
        if allowed is not None and department.id not in names:
            yield Finding(
                name="organizations",
                level="error",
                message=f"組織「{department.id}」（{department.title}）がポータルに無いか、書く権限がありません。",
                hint="管理者の鍵で `publish.py catalog prepare` を実行してください。",
            )


def _rights(portal: Any) -> Iterator[Finding]:
    if any(organization.get("capacity") == "admin" for organization in portal.my_organizations()):
        yield Finding(
            name="token",
            level="warning",
            message="このトークンの利用者には組織の管理者権限があります。",
            hint="公開には「編集者」(editor) で足ります。専用の利用者を作ることをお勧めします。",
        )
