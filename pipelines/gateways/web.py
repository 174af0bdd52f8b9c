"""Addresses on the web that are not the catalogue: analytics services and the links of datasets.

The only module that imports requests.  Links come from metadata that departments and strangers wrote, so they are only
followed to public addresses (or to a host that was named as ours), never to this machine or its neighbours.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from pipelines.model import CatalogError

AGENT = "open-data-catalog-publisher (link check)"
_HOPS = 5
_AGAIN = (429, 500, 502, 503, 504)


class WebError(CatalogError):
    """A service on the web did not answer, or answered with a refusal; ``status`` 0: no answer at all."""

    exit_code = 1

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The answer of one address.  ``ok`` None: not asked (not http, or not a public address)."""

    url: str
    ok: bool | None
    status: int = 0
    mimetype: str = ""
    size: int | None = None
    reason: str = ""


class Web:
    """One polite client.  ``own_hosts`` (host, or host:port) may be asked even at a private address: our portal."""

    def __init__(
        self,
        *,
        timeout: float = 20.0,
        retries: int = 2,
        own_hosts: Collection[str] = (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import requests

        self._session = requests.Session()
        self._session.headers["User-Agent"] = AGENT
        self._timeout, self._retries, self._sleep = timeout, retries, sleep
        self._own = frozenset(own_hosts)

    def post_json(self, url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        """POST a JSON document, get one back.  Raises WebError; the message never repeats a header or the body."""
        return self._json(url, json=dict(body), headers=dict(headers or {}))

    def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
        """POST form fields (secrets belong here, not into the address), get JSON back.  Raises WebError."""
        return self._json(url, data=dict(fields))

    def _json(self, url: str, **request: Any) -> Any:
        import requests

        status = 0
        for attempt in range(self._retries + 1):
            if attempt:
                self._sleep(2.0**attempt)
            try:
                answer = self._session.post(url, timeout=self._timeout, **request)
            except requests.RequestException:
                continue
            status = answer.status_code
            if status == 200:
                return _decoded(answer, url)
            if status not in _AGAIN:
                break
        host = urlsplit(url).hostname or url
        told = f"{status} を返しました" if status else "応答しません"
        raise WebError(f"{host} が{told}。", status)

    def link(self, url: str) -> Link:
        """Ask whether an address answers: HEAD, and GET where HEAD is refused; redirects are followed five times."""
        for _ in range(_HOPS + 1):
            if (reason := self._forbidden(url)) is not None:
                return Link(url=url, ok=None, reason=reason)
            found, location = self._ask(url)
            if location is None:
                return found
            url = urljoin(url, location)
        return Link(url=url, ok=False, reason="転送が多すぎます")

    def _ask(self, url: str) -> tuple[Link, str | None]:
        import requests

        try:
            answer = self._session.head(url, timeout=self._timeout, allow_redirects=False)
            if answer.status_code in (400, 403, 405, 501):
                answer = self._session.get(url, timeout=self._timeout, allow_redirects=False, stream=True)
                answer.close()
        except requests.RequestException as error:
            return Link(url=url, ok=False, reason=type(error).__name__), None
        if answer.is_redirect:
            return Link(url=url, ok=False, status=answer.status_code), answer.headers["location"]
        size = answer.headers.get("content-length", "")
        mimetype = answer.headers.get("content-type", "").split(";")[0].strip()
        link = Link(
            url=url, ok=answer.status_code < 400, status=answer.status_code, mimetype=mimetype,
            size=int(size) if size.isdigit() else None,
        )  # fmt: skip
        return link, None

    def _forbidden(self, url: str) -> str | None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return "http(s) のアドレスではありません"
        if parts.hostname in self._own or parts.netloc in self._own:
            return None
        try:
            found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
        except (OSError, ValueError):
            return None  # the request itself will fail and say so
        if all(ipaddress.ip_address(str(entry[4][0]).split("%")[0]).is_global for entry in found):
            return None
        return "公開されていないアドレスです"


def _decoded(answer: Any, url: str) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise WebError(f"{urlsplit(url).hostname} の応答が JSON ではありません。", 200) from error
