"""What must be done differently on one line of CKAN, where CKAN's answers do not show it by themselves.

The other differences need no version: they are met where they occur (``publish/rows.py``, ``publish/mend.py``,
``publish/withdraw.py``).  docs/operations.md lists all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pipelines.model import PortalRejected

OLDEST = (2, 10)
Record = dict[str, Any]


class Readable(Protocol):
    """What is needed of a portal."""

    def call(self, action: str, data: Mapping[str, Any] | None = ...) -> Any: ...
    def status(self) -> Record: ...


def version_of(status: Mapping[str, Any]) -> tuple[int, ...]:
    """(2, 11) of ``status_show``'s answer."""
    parts = str(status.get("ckan_version", "")).split(".")[:2]
    return tuple(int(part) for part in parts if part.isdigit())


def with_views(portal: Readable, datasets: list[Record]) -> list[Record]:
    """Datasets with CKAN's own totals of page views, where it counts them.

    From 2.11 on the tracking plugin puts them into every list.  2.10 tells them of one dataset at a time, and only
    when asked: there this costs one request for each public dataset.
    """
    if not datasets or any("tracking_summary" in d for d in datasets) or version_of(portal.status()) > (2, 10):
        return datasets
    return [d if d.get("private") else {**d, **_views(portal, d)} for d in datasets]


def _views(portal: Readable, dataset: Record) -> Record:
    try:
        shown: Record = portal.call("package_show", {"id": dataset["id"], "include_tracking": True})
    except PortalRejected:  # gone since the list was read
        return {}
    return {key: shown[key] for key in ("tracking_summary", "resources") if key in shown}
