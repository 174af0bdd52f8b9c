"""Three-way comparison: what we want, what the portal has, and what we wrote last.

A value the portal has and we did not write is a person's edit: it is kept and reported as drift.  Whether anybody
edited anything is told by one digest that we leave on the portal (``publisher_state``); which value it was, by the
journal's memory of what we wrote; without that memory every differing value counts as a person's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.model import Action, Change
from pipelines.publish.wanted import DIGEST, OWN_EXTRAS, OWNED, OWNED_RESOURCE, STATE, Wanted, WantedResource

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What we wrote last: short digests of values by key, and our tags and groups."""

    fields: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One dataset's changes and drift, the ``update`` to send (empty: nothing to write) and resources to upload.

    ``memory`` is what we will have written once it is applied.
    """

    wanted: Wanted
    portal: Record | None
    changes: tuple[Change, ...]
    drift: tuple[Change, ...]
    update: Record
    uploads: tuple[WantedResource, ...]
    memory: Memory

    @property
    def writes(self) -> bool:
        """Whether anything has to be sent."""
        return bool(self.changes)


def compare(want: Wanted, portal: Record | None, memory: Memory | None = None) -> Difference:
    """What has to change so that ``portal`` (package_show or a search hit; None: not there) is as wanted."""
    have = portal or {}
    desk = _Desk(want, have, memory)
    update: Record = {}
    for key, value in want.scalars.items():
        desk.settle(key, value, _scalar(have, key), update)
    extras = _extras(want, have, desk)
    for kind, names in (("tags", want.tags), ("groups", want.groups)):
        _names(kind, names, have, desk, update)
    resources, uploads = _resources(want, have, desk)
    _beginning(want, portal, desk)
    if desk.changes:
        update["resources"] = resources
        after = {**have, **update, "extras": _pairs(extras)}
        extras |= {DIGEST: want.digest, STATE: state_of(after)}
        update["extras"] = _pairs(extras)
    return Difference(
        wanted=want,
        portal=portal,
        changes=tuple(desk.changes),
        drift=tuple(desk.drift),
        update=update,
        uploads=uploads,
        memory=Memory(fields=dict(sorted(desk.written.items())), tags=want.tags, groups=want.groups),
    )


def extras_of(dataset: Mapping[str, Any]) -> dict[str, str]:
    """CKAN's extras as a mapping."""
    return {e["key"]: e["value"] for e in dataset.get("extras") or ()}


def state_of(dataset: Mapping[str, Any]) -> str:
    """A digest of everything on the portal that we might have written: it changes when a person edits any of it."""
    extras = {k: _same(v) for k, v in extras_of(dataset).items() if k not in OWN_EXTRAS}
    resources = [[r["id"], *(_same(str(r.get(k) or "")) for k in OWNED_RESOURCE)] for r in dataset.get("resources") or ()]
    shape = [
        {key: _same(_scalar(dataset, key)) for key in OWNED},
        dict(sorted(extras.items())),
        _sorted_names(dataset, "tags"),
        _sorted_names(dataset, "groups"),
        sorted(resources),
    ]
    return hashlib.sha256(json.dumps(shape, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


def short(value: str) -> str:
    """Sixteen hex digits that tell whether a value is still what we wrote."""
    return hashlib.sha256(_same(value).encode()).hexdigest()[:16]


def _same(value: str) -> str:
    return value.replace("\r\n", "\n").strip()


def _pairs(extras: Mapping[str, str]) -> list[Record]:
    return [{"key": key, "value": value} for key, value in sorted(extras.items())]


def _sorted_names(dataset: Mapping[str, Any], kind: str) -> list[str]:
    return sorted(item["name"] for item in dataset.get(kind) or ())


def _scalar(dataset: Mapping[str, Any], key: str) -> str:
    """One owned value; the organization is known by its name, whatever CKAN calls it by."""
    if key == "owner_org":
        return str((dataset.get("organization") or {}).get("name") or dataset.get("owner_org") or "")
    return str(dataset.get(key) or "")


class _Desk:
    """Where keys are settled one by one: collects changes, drift and what we will have written."""

    def __init__(self, want: Wanted, have: Mapping[str, Any], memory: Memory | None) -> None:
        self.dataset = want.name
        self.overwrite = want.portal_edits == "overwrite"
        left = extras_of(have).get(STATE)
        self.untouched = not have or not left or left == state_of(have)
        self.memory = memory
        self.changes: list[Change] = []
        self.drift: list[Change] = []
        self.written: dict[str, str] = {}

    def settle(self, key: str, want: str, have: str, update: Record, name: str | None = None) -> str:
        """Decide one value; returns what the portal shall hold and notes it in ``update`` when it changes."""
        if _same(want) == _same(have):
            self.written[key] = short(want)
            return have
        if self._edited(key, have):
            self.written[key] = self.memory.fields.get(key, "") if self.memory else ""
            self.drift.append(Change(dataset=self.dataset, action=Action.DRIFT, field=key, old=want, new=have))
            return have
        self.written[key] = short(want)
        self.changes.append(Change(dataset=self.dataset, action=Action.UPDATE, field=key, old=have, new=want))
        update[name or key] = want
        return want

    def _edited(self, key: str, have: str) -> bool:
        """Whether a person wrote this value.  An empty one, without memory, is ours to fill."""
        if self.untouched or self.overwrite:
            return False
        last = self.memory.fields.get(key) if self.memory else None
        return short(have) != last if last is not None else bool(have)

    def last_names(self, kind: str, want: Iterable[str], current: set[str]) -> set[str]:
        """The tags or groups we wrote last, as far as anybody remembers."""
        if self.untouched:
            return current
        if self.memory:
            return set(self.memory.tags if kind == "tags" else self.memory.groups)
        return set(want) & current


def _beginning(want: Wanted, portal: Record | None, desk: _Desk) -> None:
    """A new dataset, or a draft that an interrupted run left behind, has that change first."""
    if portal is None:
        desk.changes.insert(0, Change(dataset=want.name, action=Action.CREATE, new=want.scalars["title"]))
    elif portal.get("state") == "draft":
        change = Change(dataset=want.name, action=Action.UPDATE, field="state", old="draft", new="active")
        desk.changes.append(change)


def _extras(want: Wanted, have: Mapping[str, Any], desk: _Desk) -> dict[str, str]:
    """All extras as they shall be: ours by key, everyone else's kept."""
    current = extras_of(have)
    result = dict(current)
    remembered = desk.memory.fields if desk.memory else {}
    ours = {key.removeprefix("extras.") for key in remembered if key.startswith("extras.")}
    for key in sorted((ours & set(current)) | set(want.extras)):
        value = desk.settle(f"extras.{key}", want.extras.get(key, ""), current.get(key, ""), {})
        if value:
            result[key] = value
        else:
            result.pop(key, None)
    return result


def _names(kind: str, names: tuple[str, ...], have: Mapping[str, Any], desk: _Desk, update: Record) -> None:
    """Tags and groups: people's additions stay, what people removed stays removed."""
    current = {item["name"] for item in have.get(kind) or ()}
    last = desk.last_names(kind, names, current)
    added, removed = (set(), set()) if desk.overwrite else (current - last, last - current)
    final = (set(names) - removed) | added
    for name in sorted(added - set(names)):
        desk.drift.append(Change(dataset=desk.dataset, action=Action.DRIFT, field=kind, old=None, new=name))
    for name in sorted(removed & set(names)):
        desk.drift.append(Change(dataset=desk.dataset, action=Action.DRIFT, field=kind, old=name, new=None))
    if final != current:
        change = Change(dataset=desk.dataset, action=Action.UPDATE, field=kind, old=sorted(current), new=sorted(final))
        desk.changes.append(change)
        update[kind] = [{"name": name} for name in sorted(final)]


def _resources(want: Wanted, have: Mapping[str, Any], desk: _Desk) -> tuple[list[Record], tuple[WantedResource, ...]]:
    """Every resource of the dataset in order: ours first, then those of other people, untouched."""
    present = {r["id"]: r for r in have.get("resources") or ()}
    result: list[Record] = []
    uploads = []
    for resource in want.resources:
        merged, upload = _resource(resource, present.get(resource.id), desk)
        result.append(merged)
        uploads += [resource] if upload else []
    mine, before = {r.id for r in want.resources}, _ids_before(desk.memory)
    for other in (r for r in present.values() if r["id"] not in mine):
        if other["id"] in before:
            change = Change(
                dataset=want.name, action=Action.UPDATE, field="resources", old=other.get("name"), resource=other["id"]
            )
            desk.changes.append(change)
        else:
            result.append(other)
    order, now = [r["id"] for r in result], list(present)
    if [i for i in now if i in order] != [i for i in order if i in present]:
        desk.changes.append(Change(dataset=want.name, action=Action.REORDER, old=now, new=order))
    return result, tuple(uploads)


def _ids_before(memory: Memory | None) -> set[str]:
    fields = memory.fields if memory else {}
    return {key.split(".")[1] for key in fields if key.startswith("resources.")}


def _resource(resource: WantedResource, have: Record | None, desk: _Desk) -> tuple[Record, bool]:
    merged: Record = dict(have or {"id": resource.id, "url": resource.file.path.name})
    for key in OWNED_RESOURCE:
        current = str(merged.get(key) or "")
        merged[key] = desk.settle(f"resources.{resource.id}.{key}", resource.fields[key], current, {})
    upload = have is None or have.get("hash") != resource.hash or int(have.get("size") or 0) != resource.file.size
    if upload:
        merged |= {"hash": resource.hash, "url_type": "upload", "url": resource.file.path.name}
        change = Change(
            dataset=desk.dataset,
            action=Action.UPLOAD,
            field=resource.file.path.name,
            old=(have or {}).get("hash"),
            new=resource.hash,
            resource=resource.id,
        )
        desk.changes.append(change)
    return merged, upload
