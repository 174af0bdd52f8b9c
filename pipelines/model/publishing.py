"""What is to change on the portal, and how each dataset ended."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.model.problems import Problem


class Action(enum.StrEnum):
    """What a change does to the portal."""

    CREATE = "create"
    UPDATE = "update"
    UPLOAD = "upload"
    LOAD = "load"
    REORDER = "reorder"
    VIEW = "view"
    UNCHANGED = "unchanged"
    WITHDRAW = "withdraw"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between what we want and what the portal has: ``field`` old → new, or rows to move.

    ``about`` is the file's name where ``field`` is one of a file's (``resources.<id>.…``).
    """

    dataset: str
    action: Action
    field: str = ""
    old: Any = None
    new: Any = None
    resource: str | None = None
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Ordered changes, and the portal when it was made (``revisions``: dataset → metadata_modified).

    ``only`` are the datasets that were asked for; empty: all.
    """

    catalog: str
    portal: str
    made_at: str
    changes: tuple[Change, ...]
    revisions: Mapping[str, str]
    digests: Mapping[str, str]
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One dataset brought to the portal and verified."""

    dataset: str
    action: str
    portal_id: str
    digest: str
    at: str
    run: str


class Verdict(enum.StrEnum):
    """How one dataset ended in one run."""

    PUBLISHED = "published"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    WITHHELD = "withheld"
    HELD = "held"
    REJECTED = "rejected"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One per dataset per run."""

    dataset: str
    department: str
    title: str
    verdict: Verdict
    problems: tuple[Problem, ...] = ()
    detail: str = ""
    files: tuple[Mapping[str, Any], ...] = ()
