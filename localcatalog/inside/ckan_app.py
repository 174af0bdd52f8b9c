"""Loading CKAN from ckan.ini (runs under the CKAN environment's Python)."""

from __future__ import annotations

import importlib
import logging
import os
from typing import Any

# ckan's own .pth file fixes the ckanext namespace before PYTHONPATH is looked at again: look again
importlib.invalidate_caches()


def config() -> Any:
    """The settings of the ini file named by CKAN_INI."""
    from ckan.cli import CKANConfigLoader

    found = CKANConfigLoader(os.environ["CKAN_INI"]).get_config()
    # CKAN 2.10 asks for Solr before it has loaded any plugin: ours must be in Solr's place by then
    importlib.import_module("ckanext.localsearch.plugin")
    return found


def load() -> Any:
    """The WSGI application."""
    from ckan.config.middleware import make_app

    app = make_app(config())
    # CKAN's loader sets up logging from the ini file, and that switches off the loggers made before it
    for name in ("gunicorn.error", "gunicorn.access"):
        logging.getLogger(name).disabled = False
    return app


def flask(app: Any) -> Any:
    """The Flask application inside CKAN's."""
    return getattr(app, "_wsgi_app", app)
