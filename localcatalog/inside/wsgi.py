"""The WSGI entry, safe under ``gunicorn --preload``, with the probe by which the manager knows its server."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import ckan_app
import files

PROBE = os.environ["LOCALCATALOG_PROBE"]
SECRET = json.loads(Path(os.environ["LOCALCATALOG_STATE"]).read_text("utf-8"))["secret"].encode()
ckan = ckan_app.load()
files.hand_out_whole()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """CKAN, but for the probe: it signs the question with the copy's secret, and asks nothing of CKAN."""
    if environ.get("PATH_INFO") != PROBE:
        pages: Iterable[bytes] = ckan(environ, start_response)
        return pages
    answer = hmac.new(SECRET, environ.get("QUERY_STRING", "").encode(), hashlib.sha256).hexdigest().encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]


def _release_session() -> None:
    import ckan.model as model

    model.Session.remove()


def _forget_connections() -> None:
    """Drop pooled connections in a forked worker without closing them.

    Two workers on one PostgreSQL socket would read each other's answers.
    """
    import ckan.model as model
    from ckanext.datastore.backend import postgres

    model.Session.remove()
    model.Session.bind.dispose(close=False)
    for engine in postgres._engines.values():
        engine.dispose(close=False)


os.register_at_fork(before=_release_session, after_in_child=_forget_connections)
