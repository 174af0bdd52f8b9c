"""Counts of accesses and datasets by day, and where a KPI stands."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass


class AccessClass(enum.StrEnum):
    """Who accessed (COUNTER Code of Practice for Research Data: Regular and Machine; the rest is excluded)."""

    REGULAR = "regular"
    MACHINE = "machine"
    AI_AGENT = "ai_agent"
    INTERNAL = "internal"
    ROBOT = "robot"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDay:
    """Counts of one source, JST day, class, page type and dataset (``""``: the site).  Never an IP or user agent."""

    source: str
    day: dt.date
    access_class: AccessClass
    page_type: str
    dataset: str = ""
    page_views: int = 0
    investigations: int = 0
    requests: int = 0
    api_calls: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetDay:
    """One dataset in the daily snapshot of the catalogue; ``counted`` by the approved definition, else ``reason``."""

    day: dt.date
    dataset: str
    title: str
    organization: str
    counted: bool
    reason: str = ""
    standard: str = ""
    licence: str = ""
    open: bool = False
    resources: int = 0
    formats: tuple[str, ...] = ()
    frequency: str = ""
    data_modified: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One KPI in one fiscal year as of a day.  ``missing_days`` are days without a count: shown, never counted as 0."""

    kpi: str
    fiscal_year: int
    as_of: dt.date
    value: float | None
    reference: float
    covered_days: int = 0
    missing_days: int = 0
    final: bool = False
    source: str = ""
