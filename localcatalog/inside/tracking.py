"""Sum CKAN's raw page views of the last days into tracking_summary (``ckan tracking update DATE``)."""

from __future__ import annotations

import datetime as dt
import sys

import ckan_app


def main(days: int) -> None:
    """Recompute the last ``days`` local days, today included."""
    app = ckan_app.load()
    with ckan_app.flask(app).test_request_context():
        from ckanext.tracking.cli.tracking import update_all

        first = dt.datetime.now().date() - dt.timedelta(days=days - 1)
        update_all(first.isoformat())


if __name__ == "__main__":
    main(int(sys.argv[1]))
