"""What a cleaner answers: the canonical text, how sure we are, and what we changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["ok", "warn", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """One cleaned value.

    ``status``: ok = publish as is or standardized; warn = publish and record; error = no value, back to the department.
    ``value``: canonical text, None where there is nothing to publish (blank cell, "-", or an error).
    ``flag``: stable snake_case reason of a warn or error.  ``suggest``: what the department may have meant.
    ``note``: one Japanese sentence for the clerk.  ``rule``: kebab-case name of the rule that changed the text.
    ``parts``: further results of that kind (``unit``, ``extension``, ``precision``, ``town``, ``hold`` …).
    """

    status: Status
    value: str | None = None
    flag: str | None = None
    suggest: str | None = None
    note: str | None = None
    rule: str | None = None
    parts: Mapping[str, str] = field(default_factory=dict)


def ok(value: str | None, rule: str | None = None, **parts: str) -> Cleaned:
    """A value that may be published without a remark."""
    return Cleaned(status="ok", value=value, rule=rule, parts=parts)


def warn(value: str | None, flag: str, *, suggest: str | None = None, rule: str | None = None, **parts: str) -> Cleaned:
    """A value that may be published; the report says why it is remarkable."""
    return Cleaned(status="warn", value=value, flag=flag, suggest=suggest, rule=rule, parts=parts)


def error(flag: str, *, suggest: str | None = None, **parts: str) -> Cleaned:
    """No value: the department has to look."""
    return Cleaned(status="error", flag=flag, suggest=suggest, parts=parts)
