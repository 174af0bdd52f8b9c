"""The CKAN lines that can be run here, and all that the manager does differently for one of them.

The newest is the catalogue itself; the older ones are there to try the publisher against them. What differs
inside CKAN (its own functions) is in ``inside/lines.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
BUILD_LOCK = TREE / "requirements-build.lock"
VIEWS = "text_view image_view datatables_view"


@dataclass(frozen=True)
class Line:
    """One line of CKAN: its lock, the folder name of its environment, its plugins, settings it alone needs.

    ``{secret}`` in a setting stands for the copy's own secret.
    """

    name: str
    lock: Path
    folder: str
    plugins: str = f"localsearch activity tracking datastore {VIEWS}"
    settings: Mapping[str, str] = field(default_factory=dict)


def _older(name: str, **different: object) -> Line:
    return Line(name, TREE / f"requirements-{name}.lock", f"catalog-env-{name}", **different)  # type: ignore[arg-type]


LINES = {
    "2.12": Line("2.12", TREE / "requirements.lock", "catalog-env"),
    "2.11": _older("2.11"),
    "2.10": _older(
        "2.10",
        # page views were counted by CKAN's core; the plugin came with 2.11
        plugins=f"localsearch activity datastore {VIEWS}",
        settings={
            "ckan.tracking_enabled": "true",
            # sessions were beaker's, with secrets of their own
            "beaker.session.secret": "{secret}",
            "beaker.session.validate_key": "{secret}",
        },
    ),
}
NEWEST = "2.12"
