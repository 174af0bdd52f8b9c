"""What differs between CKAN's lines in the functions that we call: all of it is here.

2.12 and 2.11 keep page views in a plugin and can migrate every plugin with one call; 2.10 can neither.
"""

from __future__ import annotations

import importlib
from typing import Any


def migrate_plugins() -> None:
    """Bring the tables of each plugin up to date."""
    from ckan.cli import db

    if hasattr(db, "_migrate_plugins"):
        db._migrate_plugins(apply=True)
        return
    for plugin in db._get_pending_plugins():  # 2.10
        db._run_migrations(plugin)


def sum_views(first: str) -> None:
    """Sum raw page views from a day (``2026-11-22``) on into tracking_summary."""
    try:
        tracking: Any = importlib.import_module("ckanext.tracking.cli.tracking")
    except ModuleNotFoundError:  # 2.10
        tracking = importlib.import_module("ckan.cli.tracking")
        import ckan.model as model

        tracking.update_all(model.meta.engine, first)
    else:
        tracking.update_all(first)
