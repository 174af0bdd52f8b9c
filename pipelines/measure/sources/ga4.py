"""Google Analytics 4 through its Data API (``properties/{id}:runReport``), with a service account.

The last one or two days still change there, so days up to D−3 are taken and the seven before are taken again.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
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
#: what an answer's metadata may admit (ResponseMetaData), and what it means for the count
DOUBTS = {
    "subjectToThresholding": "GA4 のしきい値により、少ないアクセスの行が隠されています（実際より少なく出ます）。",
    "samplingMetadatas": "GA4 が標本抽出した推計値です。",
    "dataLossFromOtherRow": "GA4 が一部のページを「(other)」にまとめています（ページ別の数は少なく出ます）。",
}


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
    doubt: Callable[[str], None] = lambda words: None,
) -> list[dt.date]:
    """Page views and file downloads of the days up to D−3; returns the days that now have a count.

    ``start``: first day wanted (default: seven days before).  ``doubt`` is told, once each, why GA4's own numbers are
    not whole: thresholding, sampling, rows rolled into one.  Raises WebError; ConfigError for another time zone.
    """
    end = today - dt.timedelta(days=SETTLED_AFTER)
    first = start or end - dt.timedelta(days=AGAIN - 1)
    wanted = days(first, end)
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{API}/properties/{property_id}:runReport"
    asking = _Asking(web, url, headers)
    rows = [*_views(asking, first, end, host), *_downloads(asking, first, end, host)]
    for words in sorted(asking.doubts):
        doubt(words)
    register(measurements, Source(source=source, kind="ga4", site_host=host), first)
    accesses = access_days(rows, source, measurements.resource_map(end))
    return replace_days(measurements, source, wanted, accesses, VERSION, first + dt.timedelta(days=1))


def _views(asking: _Asking, start: dt.date, end: dt.date, host: str) -> Iterator[Reported]:
    request = _request(("date", "hostName", "pagePath"), "screenPageViews", start, end)
    for cells, count in asking.rows(request):
        if not host or cells[1] in (host, "(other)"):
            yield Reported(day=_day(cells[0]), address=cells[2], count=count)


def _downloads(asking: _Asking, start: dt.date, end: dt.date, host: str) -> Iterator[Reported]:
    """Only GA4's own ``file_download`` event, so that one download is never two or three events."""
    request = _request(("date", "hostName", "linkUrl"), "eventCount", start, end)
    request["dimensionFilter"] = {"filter": {"fieldName": "eventName", "stringFilter": {"value": "file_download"}}}
    for cells, count in asking.rows(request):
        if not host or cells[1] in (host, "(other)"):
            yield Reported(day=_day(cells[0]), address=cells[2], count=count, download=True)


def _request(dimensions: tuple[str, ...], metric: str, start: dt.date, end: dt.date) -> dict[str, Any]:
    return {
        "dateRanges": [{"startDate": start.isoformat(), "endDate": end.isoformat()}],
        "dimensions": [{"name": name} for name in dimensions],
        "metrics": [{"name": metric}],
        "orderBys": [{"dimension": {"dimensionName": name}} for name in dimensions],
        "limit": PAGE,
    }


class _Asking:
    """One property's reports, page by page, and what their metadata admits."""

    def __init__(self, web: Poster, url: str, headers: Mapping[str, str]) -> None:
        self._web, self._url, self._headers = web, url, headers
        self.doubts: set[str] = set()

    def rows(self, request: Mapping[str, Any]) -> Iterator[tuple[list[str], int]]:
        """Dimensions and count of every row; ConfigError for a property in another time zone."""
        offset = 0
        while True:
            answer = self._web.post_json(self._url, {**request, "offset": offset}, self._headers)
            self._examine(answer.get("metadata", {}))
            rows = answer.get("rows", [])
            for row in rows:
                yield [cell["value"] for cell in row["dimensionValues"]], int(row["metricValues"][0]["value"])
            offset += len(rows)
            if not rows or offset >= int(answer.get("rowCount", 0)):
                return

    def _examine(self, metadata: Mapping[str, Any]) -> None:
        zone = metadata.get("timeZone", "Asia/Tokyo")
        if zone != "Asia/Tokyo":
            raise ConfigError(f"GA4 プロパティのタイムゾーンが {zone} です。日本時間（Asia/Tokyo）にしてください。")
        self.doubts |= {words for field, words in DOUBTS.items() if metadata.get(field)}


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
