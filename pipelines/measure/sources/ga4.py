"""Google Analytics 4 through its Data API (``properties/{id}:runReport``), with a service account.

The last one or two days still change there, so days up to D−3 are taken and the seven before are taken again.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from pipelines.gateways.measurements import Measurements, Source, days
from pipelines.measure.series import register
from pipelines.measure.sources.reported import Reported, access_days, day, replace_days
from pipelines.model import ConfigError

API = "https://analyticsdata.googleapis.com/v1beta"
SCOPE = "https://www.googleapis.com/auth/analytics.readonly"
TOKEN = "https://oauth2.googleapis.com/token"
PAGE = 100_000
SETTLED_AFTER, AGAIN = 3, 7
VERSION = "ga4-api-1"


class Poster(Protocol):
    """What is needed of the web gateway."""

    def post_json(self, url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        """POST JSON, get JSON."""

    def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
        """POST form fields, get JSON."""


def import_ga4(
    web: Poster,
    property_id: str,
    token: str,
    measurements: Measurements,
    *,
    today: dt.date,
    source: str = "ga4",
    host: str = "",
    start: dt.date | None = None,
) -> list[dt.date]:
    """Page views and file downloads of the days up to D−3; returns the days that now have a count.

    ``start``: first day wanted (default: seven days before).  Raises WebError; ConfigError for another time zone.
    """
    end = today - dt.timedelta(days=SETTLED_AFTER)
    first = start or end - dt.timedelta(days=AGAIN - 1)
    wanted = days(first, end)
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{API}/properties/{property_id}:runReport"
    rows = [*_views(web, url, headers, first, end, host), *_downloads(web, url, headers, first, end, host)]
    register(measurements, Source(source=source, kind="ga4", site_host=host), first)
    accesses = access_days(rows, source, measurements.resource_map(end))
    return replace_days(measurements, source, wanted, accesses, VERSION, first + dt.timedelta(days=1))


def _views(
    web: Poster, url: str, headers: Mapping[str, str], start: dt.date, end: dt.date, host: str
) -> Iterator[Reported]:
    request = _request(("date", "hostName", "pagePath"), "screenPageViews", start, end)
    for cells, count in _rows(web, url, headers, request):
        if not host or cells[1] in (host, "(other)"):
            yield Reported(day=_day(cells[0]), address=cells[2], count=count)


def _downloads(
    web: Poster, url: str, headers: Mapping[str, str], start: dt.date, end: dt.date, host: str
) -> Iterator[Reported]:
    """Only GA4's own ``file_download`` event, so that one download is never two or three events."""
    request = _request(("date", "hostName", "linkUrl"), "eventCount", start, end)
    request["dimensionFilter"] = {"filter": {"fieldName": "eventName", "stringFilter": {"value": "file_download"}}}
    for cells, count in _rows(web, url, headers, request):
        if not host or cells[1] in (host, "(other)"):
            yield Reported(day=_day(cells[0]), address=cells[2], count=count, download=True)


def _request(dimensions: tuple[str, ...], metric: str, start: dt.date, end: dt.date) -> dict[str, Any]:
    return {
        "dateRanges": [{"startDate": start.isoformat(), "endDate": end.isoformat()}],
        "dimensions": [{"name": name} for name in dimensions],
        "metrics": [{"name": metric}],
        "limit": PAGE,
    }


def _rows(
    web: Poster, url: str, headers: Mapping[str, str], request: Mapping[str, Any]
) -> Iterator[tuple[list[str], int]]:
    offset = 0
    while True:
        answer = web.post_json(url, {**request, "offset": offset}, headers)
        zone = answer.get("metadata", {}).get("timeZone", "Asia/Tokyo")
        if zone != "Asia/Tokyo":
            raise ConfigError(f"GA4 プロパティのタイムゾーンが {zone} です。日本時間（Asia/Tokyo）にしてください。")
        rows = answer.get("rows", [])
        for row in rows:
            yield [cell["value"] for cell in row["dimensionValues"]], int(row["metricValues"][0]["value"])
        offset += len(rows)
        if not rows or offset >= int(answer.get("rowCount", 0)):
            return


def _day(text: str) -> dt.date:
    found = day(text)
    if found is None:
        raise ConfigError(f"GA4 の日付を読めません: {text}")
    return found


def service_account_token(web: Poster, key: str, now: dt.datetime) -> str:
    """An access token for an hour from a service account's key (the JSON text that Google hands out, RFC 7523).

    Raises ConfigError when the text is no such key, WebError when Google refuses it.
    """
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    try:
        account = json.loads(key)
        private = serialization.load_pem_private_key(account["private_key"].encode(), password=None)
        claims = {"iss": account["client_email"], "scope": SCOPE, "aud": TOKEN}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError("GA4 のサービスアカウントの鍵（JSON）を読めません。") from error
    if not isinstance(private, rsa.RSAPrivateKey):
        raise ConfigError("GA4 のサービスアカウントの鍵が RSA ではありません。")
    issued = int(now.timestamp())
    parts = ({"alg": "RS256", "typ": "JWT"}, {**claims, "iat": issued, "exp": issued + 3600})
    signed = ".".join(_base64(json.dumps(part).encode()) for part in parts)
    signature = _base64(private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    answer = web.post_form(TOKEN, {"grant_type": grant, "assertion": f"{signed}.{signature}"})
    return str(answer["access_token"])


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
