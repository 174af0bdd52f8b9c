"""CKAN's own rules, looked at before the first call, for the datasets that are going to be written.

Sources: ckan/logic/validators.py (names, tags), the DataStore's documentation (column names), PostgreSQL (63 bytes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pipelines.model import Level, Place, Problem
from pipelines.publish.apply import tabular
from pipelines.publish.compare import Difference
from pipelines.publish.delta import header_of
from pipelines.publish.wanted import OWN_EXTRAS, Wanted

NAME = re.compile(r"[a-z0-9_-]{2,100}")
RESERVED = {"new", "edit", "search"}
TAG = re.compile(r"[\w \-.]{2,100}")
#: PostgreSQL has at most 1600 columns in a table, and CKAN adds _id and _full_text
COLUMNS = 1598
TITLE = 1000
EXTRA_KEY = re.compile(r"[A-Za-z0-9_.-]{1,100}")


class Rules(Protocol):
    """What has to be asked of the portal, only where it matters."""

    def call(self, action: str, data: dict[str, Any], *, repeat: bool = ...) -> Any: ...
    def my_organizations(self) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the portal allows: organizations this user may write to, licences and groups it knows (None: not asked)."""

    organizations: frozenset[str] | None = None
    licences: frozenset[str] | None = None
    groups: frozenset[str] | None = None
    max_bytes: int | None = None


def facts_for(differences: Iterable[Difference], portal: Rules, settings: Mapping[str, Any]) -> Facts:
    """Ask for what these datasets need and no more: nothing for what has been published before and stays there."""
    new = [d for d in differences if d.writes]
    placed = [d for d in new if d.portal is None or "owner_org" in d.update]
    licensed = [d for d in new if d.portal is None or "license_id" in d.update]
    limit = settings.get("max_file_mb")
    return Facts(
        organizations=_names(portal.my_organizations()) if placed else None,
        licences=_ids(portal.call("license_list", {})) if licensed else None,
        max_bytes=int(limit) * 1_000_000 if limit else None,
    )


def allowed_groups(wishes: Iterable[Wanted], present: Mapping[str, Any], portal: Rules) -> frozenset[str] | None:
    """The groups this user may put datasets into; asked only when a wanted one is not there yet."""
    there = {name: {g["name"] for g in dataset.get("groups") or ()} for name, dataset in present.items()}
    missing = any(set(w.groups) - there.get(w.name, set()) for w in wishes)
    return _names(portal.call("group_list_authz", {"am_member": False})) if missing else None


def _names(found: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(one["name"] for one in found)


def _ids(found: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(one["id"] for one in found)


def preflight(want: Wanted, facts: Facts) -> tuple[Problem, ...]:
    """What CKAN would refuse or spoil; an ERROR keeps the dataset back, its last good version stays."""
    found: list[Problem] = []
    for look in LOOKS:
        found += look(want, facts)
    return tuple(found)


def skipped(want: Wanted, refused: Mapping[str, list[str]]) -> list[Problem]:
    """A notice for every group that is not there, or not ours to fill: the dataset goes out without it."""
    hint = "管理者に、グループを作り、公開用の利用者をその一員にするよう頼んでください。"
    told = "グループ「{}」がポータルに無いか、使えないので、入れずに公開します。"
    return [_problem(want, "portal-group", told.format(g), hint, Level.NOTICE) for g in refused.get(want.name, ())]


def _problem(want: Wanted, code: str, message: str, hint: str, level: Level = Level.ERROR) -> Problem:
    folder = want.package.spec.folder
    path = f"{folder.name}/dataset.yaml" if folder else want.name
    return Problem(code=code, level=level, place=Place(path=path), message=message, hint=hint)


def _name(want: Wanted, facts: Facts) -> list[Problem]:
    if NAME.fullmatch(want.name) and want.name not in RESERVED:
        return []
    hint = "半角の英小文字・数字・_・- だけで、2〜100文字にしてください（new、edit、search は使えません）。"
    return [_problem(want, "portal-name", f"name「{want.name}」は CKAN で使えません。", hint)]


def _title(want: Wanted, facts: Facts) -> list[Problem]:
    title = want.scalars["title"]
    if title.strip() and len(title) <= TITLE:
        return []
    return [_problem(want, "portal-title", "title が空か、長すぎます。", f"1〜{TITLE}文字で書いてください。")]


def _tags(want: Wanted, facts: Facts) -> list[Problem]:
    hint = "2〜100文字。文字と数字のほかは、空白・-・_・. だけが使えます（・（）／などは使えません）。"
    bad = [tag for tag in want.tags if not TAG.fullmatch(tag)]
    return [_problem(want, "portal-tag", f"タグ「{tag}」は CKAN で使えません。", hint) for tag in bad]


def _extras(want: Wanted, facts: Facts) -> list[Problem]:
    bad = [key for key in want.extras if not EXTRA_KEY.fullmatch(key) or key in OWN_EXTRAS]
    hint = "半角の英数字と _ . - で書いてください。"
    return [_problem(want, "portal-extra", f"追加項目の名前「{key}」は使えません。", hint) for key in bad]


def _columns(want: Wanted, facts: Facts) -> list[Problem]:
    found = []
    for resource in want.resources:
        if not tabular(resource.file):
            continue
        header = header_of(resource.file.path)
        if len(header) > COLUMNS:
            message = f"{resource.file.path.name} の列が多すぎます（{len(header)}列、上限{COLUMNS}列）。"
            found.append(_problem(want, "portal-columns", message, "表を分けてください。"))
    return found


def _sizes(want: Wanted, facts: Facts) -> list[Problem]:
    if facts.max_bytes is None:
        return []
    big = [r.file for r in want.resources if r.file.size > facts.max_bytes]
    hint = "ポータルの管理者に上限（ckan.max_resource_size）を確かめるか、ファイルを分けてください。"
    told = "{name} がポータルの上限より大きいです（{size:,}バイト、上限{limit:,}バイト）。"
    sentences = [told.format(name=f.path.name, size=f.size, limit=facts.max_bytes) for f in big]
    return [_problem(want, "portal-size", sentence, hint) for sentence in sentences]


def _organization(want: Wanted, facts: Facts) -> list[Problem]:
    name = want.scalars["owner_org"]
    if facts.organizations is None or name in facts.organizations:
        return []
    hint = "管理者に `publish.py catalog prepare` を頼んでください。"
    message = f"組織「{name}」がポータルに無いか、書く権限がありません。"
    return [_problem(want, "portal-organization", message, hint)]


def _licence(want: Wanted, facts: Facts) -> list[Problem]:
    licence = want.scalars["license_id"]
    if facts.licences is None or licence in facts.licences:
        return []
    hint = "catalog.yaml の portal.licences に、ポータルでの名前を書いてください。"
    message = f"ライセンス「{licence}」をポータルは知りません（オープンライセンスとして扱われません）。"
    return [_problem(want, "portal-licence", message, hint, Level.WARNING)]


LOOKS: tuple[Callable[[Wanted, Facts], list[Problem]], ...] = (
    _name,
    _title,
    _tags,
    _extras,
    _columns,
    _sizes,
    _organization,
    _licence,
)
