"""Matomo through its Reporting API: page addresses and downloads per day, in the site's own time zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from pipelines.gateways.measurements import Measurements, Source, days
from pipelines.gateways.web import WebError
from pipelines.measure.series import register
from pipelines.measure.sources.reported import Reported, access_days, replace_days

VERSION = "matomo-api-1"


class FormPoster(Protocol):
    """What is needed of the web gateway."""

    def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
        """POST form fields, get JSON."""


def import_matomo(
    web: FormPoster,
    url: str,
    site: str,
    token: str,
    measurements: Measurements,
    *,
    start: dt.date,
    end: dt.date,
    source: str = "matomo",
) -> list[dt.date]:
    """Replace the days from start to end (choose only days that are over); returns the days with a count.

    The token travels in the body, never in the address.  Raises WebError.
    """
    fields = {
        "module": "API", "format": "JSON", "flat": "1", "filter_limit": "-1", "idSite": site, "period": "day",
        "date": f"{start},{end}", "token_auth": token,
    }  # fmt: skip
    endpoint = url.rstrip("/") + "/index.php"
    rows = [*_rows(web, endpoint, fields, "Actions.getPageUrls"), *_rows(web, endpoint, fields, "Actions.getDownloads")]
    register(measurements, Source(source=source, kind="matomo"), start)
    accesses = access_days(rows, source, measurements.resource_map(end))
    return replace_days(measurements, source, days(start, end), accesses, VERSION, end + dt.timedelta(days=1))


def _rows(web: FormPoster, endpoint: str, fields: Mapping[str, str], method: str) -> Iterator[Reported]:
    answer = web.post_form(endpoint, {**fields, "method": method})
    if not isinstance(answer, Mapping) or answer.get("result") == "error":
        told = answer.get("message", "") if isinstance(answer, Mapping) else ""
        raise WebError(f"Matomo が集計を返しません。{told}".replace(fields["token_auth"], "***"))
    for text, rows in answer.items():
        for row in rows:
            address = str(row.get("url") or row.get("label", ""))
            yield Reported(
                day=dt.date.fromisoformat(text), address=address, count=int(row.get("nb_hits", 0)),
                download=method.endswith("Downloads"),
            )  # fmt: skip
