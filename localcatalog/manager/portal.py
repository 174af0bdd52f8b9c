"""The running catalogue's action API, as its administrator: organizations and the publisher's place in them."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any

from manager.console import CatalogError
from manager.layout import Layout, read_json
from manager.state import State

AGENT = "localcatalog-manager"


@dataclass
class Prepared:
    """What ``prepare`` changed."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


class Portal:
    """CKAN's action API at the catalogue's own address."""

    def __init__(self, state: State, layout: Layout) -> None:
        self.port = state.port or 0
        self.token = read_json(layout.secrets).get("admin_token", "")

    def call(self, action: str, **given: Any) -> Any:
        """An action's result; None where CKAN says that there is no such thing. Raises CatalogError."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": self.token, "Content-Type": "application/json", "User-Agent": AGENT}
        try:
            connection.request("POST", f"/api/3/action/{action}", json.dumps(given), headers)
            response = connection.getresponse()
            status, body = response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise CatalogError(f"カタログに接続できません（{error}）。up してからもう一度実行してください。") from error
        finally:
            connection.close()
        if status == 404:
            return None
        if status != 200:
            reason = body[:300].decode("utf-8", "replace")
            raise CatalogError(f"CKANが {action} を受け付けませんでした（HTTP {status}）: {reason}")
        return json.loads(body)["result"]


def prepare(portal: Portal, organizations: list[dict[str, str]]) -> Prepared:
    """Make or update the organizations and give the publisher the editor's role in each."""
    done = Prepared()
    publisher = portal.call("user_show", id="publisher")["id"]
    for wanted in organizations:
        outcome = _organization(portal, wanted)
        if _seat(portal, wanted["name"], publisher) and outcome == "unchanged":
            outcome = "updated"
        getattr(done, outcome).append(wanted["name"])
    return done


def _organization(portal: Portal, wanted: dict[str, str]) -> str:
    names: tuple[str, ...] = ("title", "description")
    fields = {key: wanted[key] for key in names if key in wanted}
    found = portal.call("organization_show", id=wanted["name"], include_datasets=False)
    if found is None:
        portal.call("organization_create", name=wanted["name"], **fields)
        return "created"
    changed = {key: value for key, value in fields.items() if found.get(key) != value}
    if found.get("state") != "active":
        changed["state"] = "active"
    if changed:
        portal.call("organization_patch", id=found["id"], **changed)
    return "updated" if changed else "unchanged"


def _seat(portal: Portal, organization: str, publisher: str) -> bool:
    """Whether the publisher had to be given the editor's role."""
    members = portal.call("member_list", id=organization, object_type="user") or []
    if any(member == publisher and role.lower() in ("editor", "編集者") for member, _, role in members):
        return False
    portal.call("organization_member_create", id=organization, username="publisher", role="editor")
    return True
