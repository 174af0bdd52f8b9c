"""What tells our own values from a person's: the extras we leave on the portal and the memory of what we wrote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.publish.wanted import DIGEST, OWN_EXTRAS, OWNED, OWNED_RESOURCE, STATE

Record = dict[str, Any]
#: the digest of a dataset that is made but not yet filled: private, nothing a reader can see
STUB = "draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What we wrote last: short digests of values by key, our tags and groups, ``last_modified`` by resource id."""

    fields: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


def extras_of(dataset: Mapping[str, Any]) -> dict[str, str]:
    """CKAN's extras as a mapping."""
    return {e["key"]: e["value"] for e in dataset.get("extras") or ()}


def ours(dataset: Mapping[str, Any] | None) -> bool:
    """Whether a dataset of the portal was made by us (it carries our digest); an absent one may become ours."""
    return dataset is None or DIGEST in extras_of(dataset)


def stub(dataset: Mapping[str, Any]) -> bool:
    """Whether this is an empty start that an interrupted run left behind."""
    return extras_of(dataset).get(DIGEST) == STUB


def files_of(dataset: Mapping[str, Any]) -> dict[str, str]:
    """When each file was last written on the portal, by resource id."""
    return {r["id"]: str(r.get("last_modified") or "") for r in dataset.get("resources") or ()}


def state_of(dataset: Mapping[str, Any], without: frozenset[str] = frozenset()) -> str:
    """A digest of everything on the portal that we might have written: it changes when a person edits any of it.

    ``without`` names keys that are left out: those a person has edited before and we let be.
    """
    extras = {k: same(v) for k, v in extras_of(dataset).items() if k not in OWN_EXTRAS and f"extras.{k}" not in without}
    present = dataset.get("resources") or ()
    resources = [[r["id"], *(_part(r, key, without) for key in OWNED_RESOURCE)] for r in present]
    shape = [
        {key: same(scalar(dataset, key)) for key in OWNED if key not in without},
        dict(sorted(extras.items())),
        [] if "tags" in without else _sorted_names(dataset, "tags"),
        [] if "groups" in without else _sorted_names(dataset, "groups"),
        sorted(resources),
    ]
    return hashlib.sha256(json.dumps(shape, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


def left_behind(dataset: Mapping[str, Any], edited: Iterable[str]) -> str:
    """How we leave a dataset, as one text: the state of what is ours, and the keys that people have edited."""
    keys = frozenset(edited)
    return " ".join([state_of(dataset, keys), *sorted(keys)])


def untouched_but(dataset: Mapping[str, Any]) -> frozenset[str] | None:
    """The keys that people had edited when we left it; None when anybody has edited anything since."""
    if not dataset or not (left := extras_of(dataset).get(STATE)):
        return frozenset()
    state, *keys = left.split(" ")
    return frozenset(keys) if state == state_of(dataset, frozenset(keys)) else None


def _part(resource: Mapping[str, Any], key: str, without: frozenset[str]) -> str:
    return "" if f"resources.{resource['id']}.{key}" in without else same(str(resource.get(key) or ""))


def short(value: str) -> str:
    """Sixteen hex digits that tell whether a value is still what we wrote."""
    return hashlib.sha256(same(value).encode()).hexdigest()[:16]


def same(value: str) -> str:
    """A text as it compares: line ends and outer blanks are CKAN's to change."""
    return value.replace("\r\n", "\n").strip()


def pairs(extras: Mapping[str, str]) -> list[Record]:
    """A mapping as CKAN's extras."""
    return [{"key": key, "value": value} for key, value in sorted(extras.items())]


def scalar(dataset: Mapping[str, Any], key: str) -> str:
    """One owned value; the organization is known by its name, whatever CKAN calls it by."""
    if key == "owner_org":
        return str((dataset.get("organization") or {}).get("name") or dataset.get("owner_org") or "")
    return str(dataset.get(key) or "")


def _sorted_names(dataset: Mapping[str, Any], kind: str) -> list[str]:
    return sorted(item["name"] for item in dataset.get(kind) or ())
