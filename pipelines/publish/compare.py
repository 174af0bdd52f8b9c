"""Three-way comparison: what we want, what the portal has, and what we wrote last (kept on the portal itself).

A value the portal has and we did not write is a person's edit: it is kept and reported as drift.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.model import Action, Change
from pipelines.publish.wanted import DIGEST, OWNED_RESOURCE, RECORD, Wanted, WantedResource

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One dataset's changes and drift, the ``update`` to send (empty: nothing to write) and resources to upload."""

    wanted: Wanted
    portal: Record | None
    changes: tuple[Change, ...]
    drift: tuple[Change, ...]
    update: Record
    uploads: tuple[WantedResource, ...]

    @property
    def writes(self) -> bool:
        """Whether anything has to be sent."""
        return bool(self.changes)


def compare(want: Wanted, portal: Record | None) -> Difference:
    """What has to change so that ``portal`` (package_show or a search hit; None: not there) is as wanted."""
    have = portal or {}
    record = recorded(have)
    scalars = _Side(want.name, want.portal_edits, record.get("fields", {}))
    update: Record = {}
    for key, value in want.scalars.items():
        current = _organization(have) if key == "owner_org" else str(have.get(key) or "")
        scalars.settle(key, value, current, update)
    update_extras = _extras(want, have, scalars)
    _names(want, have, record, "tags", want.tags, scalars, update)
    _names(want, have, record, "groups", want.groups, scalars, update)
    resources, uploads = _resources(want, have, scalars)
    if portal is None:
        scalars.changes = [Change(dataset=want.name, action=Action.CREATE, new=want.scalars["title"]), *scalars.changes]
    elif have.get("state") == "draft":
        scalars.changes.append(Change(dataset=want.name, action=Action.UPDATE, field="state", old="draft", new="active"))
    if scalars.changes:
        record_now = _record(want, scalars)
        update_extras[DIGEST] = want.digest
        update_extras[RECORD] = json.dumps(record_now, ensure_ascii=False, sort_keys=True)
        update["extras"] = [{"key": k, "value": v} for k, v in sorted(update_extras.items())]
        update["resources"] = resources
    return Difference(
        wanted=want,
        portal=portal,
        changes=tuple(scalars.changes),
        drift=tuple(scalars.drift),
        update=update,
        uploads=uploads,
    )


def recorded(dataset: Mapping[str, Any]) -> Record:
    """What we wrote last, as remembered on the portal; {} when we never did."""
    try:
        found = json.loads(extras_of(dataset).get(RECORD, "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def extras_of(dataset: Mapping[str, Any]) -> dict[str, str]:
    """CKAN's extras as a mapping."""
    return {e["key"]: e["value"] for e in dataset.get("extras") or ()}


def short(value: str) -> str:
    """Eight hex digits that tell whether a value is still what we wrote."""
    return hashlib.sha256(_same(value).encode()).hexdigest()[:8]


def _same(value: str) -> str:
    return value.replace("\r\n", "\n").strip()


class _Side:
    """Collects changes and drift while keys are settled one by one."""

    def __init__(self, dataset: str, portal_edits: str, record: Mapping[str, str]) -> None:
        self.dataset = dataset
        self.overwrite = portal_edits == "overwrite"
        self.record = record
        self.changes: list[Change] = []
        self.drift: list[Change] = []
        self.written: dict[str, str] = {}

    def settle(self, key: str, want: str, have: str, update: Record, name: str | None = None) -> str:
        """Decide one value; returns what the portal shall hold and notes it in ``update`` when it changes."""
        if _same(want) == _same(have):
            self.written[key] = short(want)
            return have
        last = self.record.get(key)
        if last is not None and short(have) != last and not self.overwrite:
            self.written[key] = last
            self.drift.append(Change(dataset=self.dataset, action=Action.DRIFT, field=key, old=want, new=have))
            return have
        self.written[key] = short(want)
        self.changes.append(Change(dataset=self.dataset, action=Action.UPDATE, field=key, old=have, new=want))
        update[name or key] = want
        return want


def _organization(have: Mapping[str, Any]) -> str:
    return str((have.get("organization") or {}).get("name") or "")


def _extras(want: Wanted, have: Mapping[str, Any], side: _Side) -> dict[str, str]:
    """All extras as they shall be: ours by key, everyone else's kept."""
    current = extras_of(have)
    result = dict(current)
    ours = {key.removeprefix("extras.") for key in side.record if key.startswith("extras.")}
    for key in sorted(ours | set(want.extras)):
        value = side.settle(f"extras.{key}", want.extras.get(key, ""), current.get(key, ""), {})
        if value:
            result[key] = value
        else:
            result.pop(key, None)
    return result


def _names(
    want: Wanted, have: Mapping[str, Any], record: Record, kind: str, names: Iterable[str], side: _Side, update: Record
) -> None:
    """Tags and groups: people's additions stay, what people removed stays removed."""
    current = {item["name"] for item in have.get(kind) or ()}
    last = set(record.get(kind, ()))
    added, removed = current - last, last - current
    if side.overwrite:
        added, removed = set(), set()
    final = (set(names) - removed) | added
    for name in sorted(added - set(names)) if record else ():
        side.drift.append(Change(dataset=want.name, action=Action.DRIFT, field=kind, old=None, new=name))
    for name in sorted(removed & set(names)):
        side.drift.append(Change(dataset=want.name, action=Action.DRIFT, field=kind, old=name, new=None))
    if final != current:
        change = Change(dataset=want.name, action=Action.UPDATE, field=kind, old=sorted(current), new=sorted(final))
        side.changes.append(change)
        update[kind] = [{"name": name} for name in sorted(final)]


def _record(want: Wanted, side: _Side) -> Record:
    return {"fields": dict(sorted(side.written.items())), "tags": list(want.tags), "groups": list(want.groups)}


def _resources(
    want: Wanted, have: Mapping[str, Any], side: _Side
) -> tuple[list[Record], tuple[WantedResource, ...]]:
    """Every resource of the dataset in order: ours first, then those of other people, untouched."""
    present = {r["id"]: r for r in have.get("resources") or ()}
    result, uploads = [], []
    for resource in want.resources:
        merged, upload = _resource(want, resource, present.get(resource.id), side)
        result.append(merged)
        uploads += [resource] if upload else []
    mine = {r.id for r in want.resources}
    ours_before = _ids_before(side.record)
    result += [r for r in present.values() if r["id"] not in mine and r["id"][:8] not in ours_before]
    for gone in (r for r in present.values() if r["id"] not in mine and r["id"][:8] in ours_before):
        change = Change(dataset=want.name, action=Action.UPDATE, field="resources", old=gone.get("name"), resource=gone["id"])
        side.changes.append(change)
    order = [r["id"] for r in result]
    if [i for i in present if i in order] != [i for i in order if i in present]:
        side.changes.append(Change(dataset=want.name, action=Action.REORDER, old=list(present), new=order))
    return result, tuple(uploads)


def _ids_before(record: Mapping[str, str]) -> set[str]:
    return {key.split(".")[1] for key in record if key.startswith("resources.")}


def _resource(want: Wanted, resource: WantedResource, have: Record | None, side: _Side) -> tuple[Record, bool]:
    merged: Record = dict(have or {"id": resource.id, "url": resource.file.path.name})
    for key in OWNED_RESOURCE:
        name = f"resources.{resource.id[:8]}.{key}"
        merged[key] = side.settle(name, resource.fields[key], str(merged.get(key) or ""), {})
    upload = have is None or have.get("hash") != resource.hash or int(have.get("size") or 0) != resource.file.size
    if upload:
        merged |= {"hash": resource.hash, "url_type": "upload", "url": resource.file.path.name}
        change = Change(
            dataset=want.name,
            action=Action.UPLOAD,
            field=resource.file.path.name,
            old=(have or {}).get("hash"),
            new=resource.hash,
            resource=resource.id,
        )
        side.changes.append(change)
    return merged, upload
