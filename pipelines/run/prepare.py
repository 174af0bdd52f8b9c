"""Set-up by an administrator: an organization for every department, and the publisher as its editor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.intake import intake
from pipelines.model import ConfigError, Department, PortalRejected
from pipelines.run.workspace import Workspace

PUBLISHER = "publisher"


def prepare(workspace: Workspace, user: str | None) -> Iterator[tuple[str, str]]:
    """Make what is missing; yields (organization, created | updated | unchanged).

    Needs the administrator's token (``CKAN_ADMIN_TOKEN``; the embedded catalogue has its own).
    Raises :class:`PortalRejected` when that token may not do it.
    """
    portal = workspace.portal(admin=True)
    editor = user or PUBLISHER
    for department in intake(workspace.catalog, workspace.schemas).departments:
        yield department.id, _organization(portal, department, editor)


def _organization(portal: Any, department: Department, editor: str) -> str:
    wanted = {"name": department.id, "title": _title(department), "description": _description(department)}
    have = portal.organization(department.id)
    if have is None:
        have, done = portal.call("organization_create", wanted), "created"
    elif any((have.get(key) or "") != value for key, value in wanted.items()):
        have, done = portal.call("organization_patch", {"id": have["id"], **wanted}), "updated"
    else:
        done = "unchanged"
    member = portal.call("member_list", {"id": have["id"], "object_type": "user"})
    editor_id = _user(portal, editor)
    if not any(m[0] == editor_id for m in member):
        portal.call("organization_member_create", {"id": have["id"], "username": editor, "role": "editor"})
        done = "updated" if done == "unchanged" else done
    return done


def _user(portal: Any, name: str) -> str:
    """The id of the publishing user.  Raises :class:`ConfigError` when the portal knows none of that name."""
    try:
        return str(portal.call("user_show", {"id": name})["id"])
    except PortalRejected as error:
        if error.status != 404:
            raise
        advice = "`--user` に公開用の利用者の名前を書いてください。"
        raise ConfigError(f"利用者「{name}」がポータルにいません。{advice}") from None


def _title(department: Department) -> str:
    return f"{department.title}（見本：{department.municipality}）" if department.sample else department.title


def _description(department: Department) -> str:
    told = f"{department.municipality} {department.title}"
    return f"動作確認用の見本です。出典: {told}" if department.sample else told
