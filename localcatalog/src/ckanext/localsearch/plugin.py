"""CKAN plugin: answer CKAN's Solr calls from a table in CKAN's own database.

CKAN reaches Solr through one seam: ``ckan.lib.search.common.make_connection`` ends in
``pysolr.Solr(solr_url, ...)``. Where ``solr_url`` starts with ``embedded:`` an engine of ours is handed
back there. All above the seam (package_search, permission labels, IPackageController hooks,
``ckan search-index``) is CKAN's own code. To leave: point ``solr_url`` at a Solr and run
``ckan search-index rebuild``.
"""

from __future__ import annotations

from typing import Any

import ckan.lib.search as ckan_search
import ckan.plugins as plugins
import pysolr
from ckan.common import config

from . import engine, lines, table

_solr = pysolr.Solr
_schema = ckan_search._get_schema_from_solr
_available = ckan_search.is_available


class _Schema:
    """The answer to CKAN's question for Solr's schema version."""

    text = lines.SCHEMA

    def raise_for_status(self) -> None:
        """Nothing was asked over HTTP."""


def _embedded() -> bool:
    return str(config.get("solr_url")).startswith("embedded:")


def _connect(url: str, *args: Any, **kwargs: Any) -> Any:
    return engine.Connection() if str(url).startswith("embedded:") else _solr(url, *args, **kwargs)


def _schema_text(file_offset: str) -> Any:
    return _Schema() if _embedded() else _schema(file_offset)


def _is_available() -> bool:
    # asked before the database is bound, at start-up
    return True if _embedded() else bool(_available())


pysolr.Solr = _connect
ckan_search.is_available = _is_available
ckan_search._get_schema_from_solr = _schema_text


class LocalSearchPlugin(plugins.SingletonPlugin):
    """Makes the search table when CKAN starts."""

    plugins.implements(plugins.IConfigurable)

    def configure(self, config: Any) -> None:
        """Called once the database is bound."""
        if _embedded():
            table.ensure()
