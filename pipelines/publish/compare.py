"""Three-way comparison: what we want, what the portal has, and what we wrote last.

A value the portal has and we did not write is a person's edit: it is kept and reported as drift.  Whether anybody
edited anything is told by what we leave on the portal (``publisher_state``: one digest, and the keys that people had
edited by then); which value it was, by the journal's memory of what we wrote; without that memory every differing
value counts as a person's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.model import Action, Change
from pipelines.publish.marks import (
    Memory,
    Record,
    extras_of,
    files_of,
    left_behind,
    pairs,
    same,
    scalar,
    short,
    stub,
    untouched_but,
)
from pipelines.publish.wanted import DIGEST, HISTORY, OWNED_RESOURCE, STATE, Wanted, WantedResource

HISTORY_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One dataset's changes and drift, the ``update`` to send (empty: nothing to write) and resources to upload.

    ``reshaped`` are resources whose table only needs other types or another dictionary; ``memory`` is what we will
    have written once it is applied.
    """

    wanted: Wanted
    portal: Record | None
    changes: tuple[Change, ...]
    drift: tuple[Change, ...]
    update: Record
    uploads: tuple[WantedResource, ...]
    memory: Memory
    reshaped: tuple[WantedResource, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether dataset or files have to be sent."""
        return bool(self.update)

    @property
    def acts(self) -> bool:
        """Whether anything at all has to be sent."""
        return bool(self.update or self.reshaped)


def compare(want: Wanted, portal: Record | None, memory: Memory | None = None, note: str = "") -> Difference:
    """What has to change so that ``portal`` (package_show or a search hit; None: not there) is as wanted.

    ``note`` is the line this publication adds to the history that readers see.
    """
    have = portal or {}
    desk = _Desk(want, have, memory)
    update: Record = {}
    for key, value in want.scalars.items():
        desk.settle(key, value, scalar(have, key), update)
    extras = _extras(want, have, desk)
    for kind, names in (("tags", want.tags), ("groups", want.groups)):
        _names(kind, names, have, desk, update)
    resources, uploads = _resources(want, have, desk)
    _beginning(want, portal, desk, update)
    if desk.changes:
        update["resources"] = resources
        if note:
            extras[HISTORY] = _history(extras.get(HISTORY, ""), note)
        after = {**have, **update, "extras": pairs(extras)}
        extras |= {DIGEST: want.digest, STATE: left_behind(after, desk.edited)}
        update["extras"] = pairs(extras)
    return Difference(
        wanted=want,
        portal=portal,
        changes=(*desk.changes, *(_reshaping(want, r) for r in desk.reshaped)),
        drift=tuple(desk.drift),
        update=update,
        uploads=uploads,
        reshaped=tuple(desk.reshaped),
        memory=Memory(
            fields=dict(sorted(desk.written.items())), tags=want.tags, groups=want.groups, files=files_of(have)
        ),
    )


class _Desk:
    """Where keys are settled one by one: collects changes, drift and what we will have written."""

    def __init__(self, want: Wanted, have: Mapping[str, Any], memory: Memory | None) -> None:
        self.dataset = want.name
        self.digest, self.published = want.digest, extras_of(have).get(DIGEST)
        self.overwrite = want.portal_edits == "overwrite"
        self._untouched_but = untouched_but(have)
        self.edited: set[str] = set()
        self.memory = memory
        self.changes: list[Change] = []
        self.drift: list[Change] = []
        self.reshaped: list[WantedResource] = []
        self.written: dict[str, str] = {}

    def settle(self, key: str, want: str, have: str, update: Record, about: str = "") -> str:
        """Decide one value; returns what the portal shall hold and notes it in ``update`` when it changes."""
        if same(want) == same(have):
            self.written[key] = short(want)
            return have
        if self._edited(key, have):
            self.edited.add(key)
            self.written[key] = self.memory.fields.get(key, "") if self.memory else ""
            self.drifted(key, want, have, about=about)
            return have
        self.written[key] = short(want)
        self.changed(key, have, want, about=about)
        update[key] = want
        return want

    def changed(self, key: str, old: Any, new: Any, **more: Any) -> None:
        """Note something we are going to write."""
        action = more.pop("action", Action.UPDATE)
        self.changes.append(Change(dataset=self.dataset, action=action, field=key, old=old, new=new, **more))

    def drifted(self, key: str, want: Any, have: Any, **more: Any) -> None:
        """Note something a person did on the portal."""
        change = Change(dataset=self.dataset, action=Action.DRIFT, field=key, old=want, new=have, **more)
        self.drift.append(change)

    def _edited(self, key: str, have: str) -> bool:
        """Whether a person wrote this value.  An empty one, without memory, is ours to fill."""
        if self.overwrite or self._untouched(key):
            return False
        last = self.memory.fields.get(key) if self.memory else None
        return short(have) != last if last is not None else bool(have)

    def _untouched(self, key: str) -> bool:
        """Whether the portal itself tells that nobody has edited this since we left it."""
        return self._untouched_but is not None and key not in self._untouched_but

    def last_names(self, kind: str, want: Iterable[str], current: set[str]) -> set[str]:
        """The tags or groups we wrote last, as far as anybody remembers."""
        if self._untouched(kind):
            return current
        if self.memory:
            return set(self.memory.tags if kind == "tags" else self.memory.groups)
        return set(want) & current


def _beginning(want: Wanted, portal: Record | None, desk: _Desk, update: Record) -> None:
    """A new dataset, one an interrupted run left behind, a renamed one, or one a person has hidden."""
    if portal is None:
        desk.changes.insert(0, Change(dataset=want.name, action=Action.CREATE, new=want.scalars["title"]))
        return
    if portal["name"] != want.name:
        desk.changed("name", portal["name"], want.name)
        update["name"] = want.name
    if portal.get("state", "active") != "active":
        desk.changed("state", portal["state"], "active")
        update["state"] = "active"
    if portal.get("private") and stub(portal):
        desk.changed("private", True, False)
        update["private"] = False
    elif portal.get("private"):
        desk.drifted("private", False, True)


def _history(lines: str, note: str) -> str:
    """The newest line first; the oldest are let go."""
    return "\n".join([note, *lines.splitlines()][:HISTORY_LINES])


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
    if final != set(names):
        desk.edited.add(kind)
    for name in sorted(added - set(names)):
        desk.drifted(kind, None, name)
    for name in sorted(removed & set(names)):
        desk.drifted(kind, name, None)
    if final != current:
        desk.changed(kind, sorted(current), sorted(final))
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
            desk.changed("resources", other.get("name"), None, resource=other["id"])
        else:
            result.append(other)
    order, now = [r["id"] for r in result], list(present)
    if [i for i in now if i in order] != [i for i in order if i in present]:
        names = {r["id"]: str(r.get("name") or r["id"]) for r in (*present.values(), *result)}
        desk.changed("resources", [names[i] for i in now], [names[i] for i in order], action=Action.REORDER)
    return result, tuple(uploads)


def _ids_before(memory: Memory | None) -> set[str]:
    fields = memory.fields if memory else {}
    return {key.split(".")[1] for key in fields if key.startswith("resources.")}


def _resource(resource: WantedResource, have: Record | None, desk: _Desk) -> tuple[Record, bool]:
    merged: Record = dict(have or {"id": resource.id, "url": resource.file.path.name})
    for key in OWNED_RESOURCE:
        current = str(merged.get(key) or "")
        merged[key] = desk.settle(
            f"resources.{resource.id}.{key}", resource.fields[key], current, {}, resource.file.path.name
        )
    upload = have is None or not _same_file(resource, have, desk)
    if have is not None and _replaced(resource, have, desk):
        desk.drifted(resource.file.path.name, resource.hash, f"{have.get('size')}バイト（{have.get('last_modified')}）")
        upload = True
    if upload:
        merged |= {"hash": resource.hash, "url_type": "upload", "url": resource.file.path.name}
        old, name = (have or {}).get("hash"), resource.file.path.name
        desk.changed(name, old, resource.hash, action=Action.UPLOAD, resource=resource.id)
    if _shape_differs(resource, desk) and not upload:
        desk.reshaped.append(resource)
    return merged, upload


def _shape_differs(resource: WantedResource, desk: _Desk) -> bool:
    """Whether types or dictionary of a table are other ones than we last gave it; unknown counts as the same."""
    if resource.file.schema is None:
        return False
    key, described = f"tables.{resource.id}", [asdict(field) for field in resource.file.schema.fields]
    shape = short(json.dumps([described, resource.file.schema.primary_key], ensure_ascii=False))
    desk.written[key] = shape
    return desk.memory is not None and desk.memory.fields.get(key, shape) != shape


def _reshaping(want: Wanted, resource: WantedResource) -> Change:
    return Change(
        dataset=want.name,
        action=Action.LOAD,
        field=resource.file.path.name,
        old="前の列の型・説明",
        new="新しい列の型・説明",
        resource=resource.id,
    )


def _same_file(resource: WantedResource, have: Record, desk: _Desk) -> bool:
    """Whether the portal says that it has these bytes; a loader of the portal may have put its own hash there."""
    hashed = str(have.get("hash") or "")
    foreign = bool(hashed) and not hashed.startswith("sha256:") and desk.published == desk.digest
    return (hashed == resource.hash or foreign) and int(have.get("size") or 0) == resource.file.size


def _replaced(resource: WantedResource, have: Record, desk: _Desk) -> bool:
    """Whether a person put another file there: a size that is not that of our hash, or another time than we saw."""
    seen = desk.memory.files.get(resource.id) if desk.memory else None
    moved = bool(seen) and str(have.get("last_modified") or "") != seen
    resized = have.get("hash") == resource.hash and int(have.get("size") or 0) != resource.file.size
    return moved or resized
