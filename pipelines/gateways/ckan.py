"""CKAN's action API: the only module that imports ckanapi.

Every call has a timeout; connection errors, 408, 429 (its Retry-After honoured) and 5xx are tried again with full
jitter, bounded; anything else is CKAN's answer.  A call that may have been done although its answer was lost is
never blindly repeated: such calls are made with ``repeat=False`` (then only what surely was not done is tried again:
refused connections and 429) and the caller looks before it sends again.
Tokens are kept out of every message.  https is required unless the portal is on this machine.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import ckanapi
import tenacity
from ckanapi.errors import CKANAPIError

from pipelines.gateways.ckan_answers import (
    Patience,
    Traffic,
    Transient,
    checked_url,
    form_value,
    is_write,
    reason_of,
    seconds_of,
    status_of,
    told,
)
from pipelines.model import ConfigError, PortalRejected, PortalUnavailable

__all__ = ["CkanPortal", "Patience", "Traffic", "checked_url", "is_write"]

Record = dict[str, Any]
PAGE = 1000
USER_AGENT = "open-data-catalog-publisher"
PATIENCE = Patience()


class _Remote(ckanapi.RemoteCKAN):  # type: ignore[misc]
    """ckanapi's client, remembering Retry-After (seconds) of the last answer."""

    retry_after = 0.0

    def _request_fn(self, url: str, data: Any, headers: Any, files: Any, requests_kwargs: Any) -> tuple[int, str]:
        return self._kept(
            self.session.post(url, data=data, headers=headers, files=files, allow_redirects=False, **requests_kwargs)
        )

    def _request_fn_get(self, url: str, data_dict: Any, headers: Any, requests_kwargs: Any) -> tuple[int, str]:
        return self._kept(
            self.session.get(url, params=data_dict, headers=headers, allow_redirects=False, **requests_kwargs)
        )

    def _kept(self, answer: Any) -> tuple[int, str]:
        self.retry_after = seconds_of(answer.headers.get("Retry-After", ""))
        return answer.status_code, answer.text


class CkanPortal:
    """One CKAN site, as one user."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        patience: Patience = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = checked_url(url)
        self._token = token
        self._patience = patience
        self._sleep = sleep
        session = ckanapi.remoteckan.requests.Session()
        session.auth = lambda request: request  # a .netrc must not put another Authorization in the token's place
        self._writer = _Remote(self.url, apikey=token, user_agent=USER_AGENT, session=session)
        self._reader = _Remote(self.url, apikey=token, user_agent=USER_AGENT, session=session, get_only=True)
        self.traffic = Traffic()

    def again(self) -> CkanPortal:
        """The same portal and user with a connection of its own, for another thread; traffic is counted together."""
        twin = CkanPortal(self.url, self._token, self._patience, self._sleep)
        twin.traffic = self.traffic
        return twin

    # ── calling ──

    def call(
        self,
        action: str,
        data: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, Path] | None = None,
        repeat: bool = True,
        post: bool = False,
    ) -> Any:
        """Call one action and return its result.

        ``files`` maps form fields to paths; then nested values of ``data`` travel as JSON text.
        ``post`` sends a reading action by POST, for what is too long for an address.
        Raises :class:`PortalRejected` for CKAN's refusals and :class:`PortalUnavailable` when it does not answer.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, Transient) and (repeat or e.undone)),
            stop=tenacity.stop_after_attempt(self._patience.attempts),
            wait=self._pause,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._once, action, dict(data or {}), files or {}, post)
        except Transient as error:
            reason = self._redact(str(error))
            raise PortalUnavailable(f"CKAN（{self.url}）が応答しません: {action}（{reason}）") from None

    def rest(self, attempt: int) -> None:
        """Wait before the ``attempt``-th look after a lost answer: full jitter below a growing ceiling."""
        self._sleep(random.uniform(0, min(self._patience.pause, 2.0**attempt)))

    def _pause(self, state: tenacity.RetryCallState) -> float:
        ceiling = min(self._patience.pause, 2.0**state.attempt_number)
        error = state.outcome.exception() if state.outcome else None
        asked = min(error.wait, 300.0) if isinstance(error, Transient) else 0.0
        return max(asked, random.uniform(0, ceiling))

    def _once(self, action: str, data: Record, files: Mapping[str, Path], post: bool) -> Any:
        opened = {name: path.open("rb") for name, path in files.items()}
        size = sum(path.stat().st_size for path in files.values())
        body = {k: form_value(v) for k, v in data.items()} if files else data
        options = {"timeout": (self._patience.connect, self._patience.timeout)}
        remote = self._writer if post or is_write(action) else self._reader
        self.traffic.note(action, size or len(json.dumps(data)))
        try:
            return remote.call_action(action, body, files=opened or None, requests_kwargs=options)
        except ckanapi.NotFound as error:
            raise PortalRejected(self._redact(f"見つかりません: {error}"), status=404) from None
        except ckanapi.NotAuthorized as error:
            raise PortalRejected(self._redact(f"権限がありません: {reason_of(error)}"), status=403) from None
        except ckanapi.ValidationError as error:
            errors = error.error_dict if isinstance(error.error_dict, dict) else {"message": error.error_dict}
            raise PortalRejected(self._redact(told(errors)), status=409, errors=errors) from None
        except ckanapi.SearchError as error:
            raise Transient(f"検索の誤り: {error}") from None
        except CKANAPIError as error:
            raise self._unexpected(error, remote.retry_after) from None
        except OSError as error:  # requests' exceptions are OSErrors
            raise self._unanswered(error) from None
        finally:
            for stream in opened.values():
                stream.close()

    def _unexpected(self, error: CKANAPIError, asked: float) -> Exception:
        status, body = status_of(error)
        if status in (408, 429) or status >= 500 or status == 200:
            return Transient(f"HTTP {status}", asked, undone=status == 429)
        if 300 <= status < 400:
            hint = "catalog.yaml の portal.url を直してください。"
            return ConfigError(f"{self.url} は別の場所へ転送します（HTTP {status}）。{hint}")
        if status == 413:
            return PortalRejected("ファイルがポータルの上限より大きく、受け付けられません（HTTP 413）。", status=413)
        return PortalRejected(self._redact(f"HTTP {status}: {body[:200]}"), status=status)

    def _unanswered(self, error: OSError) -> Exception:
        """A broken or refused connection; a certificate that does not fit is never tried again."""
        if isinstance(error, ckanapi.remoteckan.requests.exceptions.SSLError):
            return ConfigError(f"{self.url} の証明書を確かめられません。つなぎ先と証明書を確かめてください。")
        undone = "NewConnectionError" in repr(error) or "ConnectTimeout" in repr(error)
        return Transient(type(error).__name__, undone=undone)

    def _redact(self, text: str) -> str:
        return text.replace(self._token, "***") if self._token else text

    # ── reading ──

    def search_all(self, **criteria: Any) -> list[Record]:
        """Every dataset this user may see, drafts and private ones included: ⌈N/1000⌉ requests."""
        found: list[Record] = []
        query = {"include_private": True, "include_drafts": True, "sort": "name asc", "rows": PAGE, **criteria}
        while True:
            page = self.call("package_search", {**query, "start": len(found)})
            found += page["results"]
            if len(found) >= page["count"] or not page["results"]:
                return found

    def dataset(self, name: str) -> Record | None:
        """One dataset, or None when there is none of that name or id."""
        return self._found("package_show", {"id": name})

    def organization(self, name: str) -> Record | None:
        """One organization, or None."""
        return self._found("organization_show", {"id": name, "include_datasets": False})

    def my_organizations(self, permission: str = "create_dataset") -> list[Record]:
        """Organizations in which this user may do that."""
        found: list[Record] = self.call("organization_list_for_user", {"permission": permission})
        return found

    def status(self) -> Record:
        """CKAN's own description of itself (version, extensions)."""
        found: Record = self.call("status_show")
        return found

    def table(self, resource: str, page: int = 32000) -> Iterator[Record]:
        """All rows of a DataStore table with their ``_id``, in order."""
        start = 0
        while True:
            query = {"resource_id": resource, "limit": page, "offset": start, "sort": "_id", "include_total": False}
            records = self.call("datastore_search", query)["records"]
            yield from records
            start += len(records)
            if len(records) < page:
                return

    def table_rows(
        self, resource: str, filters: Mapping[str, Any], fields: Sequence[str], limit: int = 32000
    ) -> list[tuple[Any, ...]]:
        """The values of ``fields`` in the rows that have one of the given values in each given column."""
        query = {"resource_id": resource, "filters": dict(filters), "limit": limit, "include_total": False}
        query |= {"fields": list(fields), "records_format": "lists"}
        return [tuple(row) for row in self.call("datastore_search", query, post=True)["records"]]

    def table_info(self, resource: str) -> Record | None:
        """``{"total": rows, "fields": […]}`` of a DataStore table, or None when there is none."""
        found = self._found("datastore_search", {"resource_id": resource, "limit": 0})
        return found and {"total": found.get("total"), "fields": found["fields"]}

    def views(self, resource: str) -> list[Record]:
        """The views of a resource."""
        found: list[Record] = self.call("resource_view_list", {"id": resource})
        return found

    def download(self, url: str) -> tuple[int, str]:
        """Size in bytes and SHA-256 of what the portal hands out for one of its own uploaded files.

        The file is asked for at the address this portal was given by; the token goes nowhere else, also when the
        portal keeps its files in a store of its own and sends us there.
        """
        address = self._own_address(url)
        for attempt in range(1, self._patience.attempts):
            try:
                return self._weighed(address)
            except PortalUnavailable:
                self.rest(attempt)
        return self._weighed(address)

    def _weighed(self, address: str) -> tuple[int, str]:
        size, digest = 0, hashlib.sha256()
        for chunk in self._chunks(address):
            size += len(chunk)
            digest.update(chunk)
        return size, digest.hexdigest()

    def _own_address(self, url: str) -> str:
        path = urlsplit(url).path
        start = path.find("/dataset/")
        if start < 0:
            raise PortalRejected(f"ファイルの場所がポータルの外です: {url}")
        return self.url + path[start:]

    def _chunks(self, url: str) -> Iterator[bytes]:
        try:
            with self._fetched(url) as answer:
                if answer.status_code in (408, 429) or answer.status_code >= 500:
                    raise PortalUnavailable(f"ファイルを取り出せません（HTTP {answer.status_code}）: {url}")
                if answer.status_code != 200:
                    told = f"公開したファイルを取り出せません（HTTP {answer.status_code}）: {url}"
                    raise PortalRejected(told, status=answer.status_code)
                yield from answer.iter_content(1 << 20)
        except OSError as error:
            if isinstance(unanswered := self._unanswered(error), ConfigError):
                raise unanswered from None
            raise PortalUnavailable(f"ファイルの確認中に切れました: {url}（{type(error).__name__}）") from None

    def _fetched(self, url: str) -> Any:
        """The answer behind at most three redirects; nobody but the portal sees the token."""
        timeout = (self._patience.connect, self._patience.timeout)
        for _ in range(4):
            own = urlsplit(url)[:2] == urlsplit(self.url)[:2]
            headers = {"Authorization": self._token} if self._token and own else {}
            self.traffic.note("download_show", 0)
            answer = self._reader.session.get(url, headers=headers, stream=True, timeout=timeout, allow_redirects=False)
            if answer.status_code not in (301, 302, 303, 307, 308):
                break
            answer.close()
            url = urljoin(url, answer.headers.get("Location", ""))
        return answer

    def _found(self, action: str, data: Record) -> Record | None:
        try:
            found: Record = self.call(action, data)
        except PortalRejected as error:
            if error.status == 404:
                return None
            raise
        return found
