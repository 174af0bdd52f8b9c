"""Sum CKAN's raw page views of the last days into tracking_summary (``ckan tracking update DATE``)."""

from __future__ import annotations

import datetime as dt
import sys

import ckan_app
import lines


def main(days: int) -> None:
    """Recompute the last ``days`` local days, today included."""
    app = ckan_app.load()
    with ckan_app.flask(app).test_request_context():
        first = dt.datetime.now().date() - dt.timedelta(days=days - 1)
        lines.sum_views(first.isoformat())


if __name__ == "__main__":
    main(int(sys.argv[1]))
