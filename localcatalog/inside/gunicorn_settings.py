"""gunicorn: two workers of four threads share one loaded CKAN."""

from __future__ import annotations

import gc
import os
from typing import Any

from gunicorn import glogging

PROBE = os.environ["LOCALCATALOG_PROBE"]

workers = 2
worker_class = "gthread"
threads = 4
preload_app = True
# it would listen in the home folder of whoever started us, one for all copies
control_socket_disable = True
# uploads of a gigabyte and long DataStore loads
timeout = 600
graceful_timeout = 10
keepalive = 5
# the combined format of Apache and nginx, ready for any log reader
access_log_format = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'


class AccessLog(glogging.Logger):
    """Leaves the manager's own probes out of the access log."""

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> None:
        if environ.get("PATH_INFO") != PROBE:
            super().access(resp, req, environ, request_time)


logger_class = AccessLog


def when_ready(_server: Any) -> None:
    """Keep what is loaded out of garbage collection: the workers then share its memory."""
    gc.collect()
    gc.freeze()
