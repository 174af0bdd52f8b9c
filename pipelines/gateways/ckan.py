"""CKAN's action API: the only module that imports ckanapi.

Every call has a timeout; connection errors, 408, 429 (its Retry-After honoured) and 5xx are tried again with full
jitter, bounded; anything else is CKAN's answer.  A call that may have been done although its answer was lost is
never blindly repeated: such calls are made with ``repeat=False`` and the caller looks before it sends again.
Tokens are kept out of every message.  https is required unless the portal is on this machine.
"""

from __future__ import annotations

import ast
import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ckanapi
import tenacity
from ckanapi.errors import CKANAPIError

from pipelines.model import ConfigError, PortalRejected, PortalUnavailable

Record = dict[str, Any]
PAGE = 1000
USER_AGENT = "open-data-catalog-publisher"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
WRITES = {"create", "update", "patch", "revise", "delete", "upsert", "purge"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to try: seconds per call, attempts, and the ceiling of one pause in seconds."""

    timeout: float = 60.0
    attempts: int = 5
    pause: float = 30.0


def is_write(action: str) -> bool:
    """Whether an action changes the portal (those travel by POST, all others by GET)."""
    return action.rsplit("_", 1)[-1] in WRITES


@dataclass(slots=True)
class Traffic:
    """What went over the wire, for the run's account: calls by kind, and bytes of files sent."""

    reads: int = 0
    writes: int = 0
    sent: int = 0
    calls: dict[str, int] = field(default_factory=dict)

    def note(self, action: str, sent: int) -> None:
        """Count one request."""
        self.calls[action] = self.calls.get(action, 0) + 1
        self.sent += sent
        if is_write(action):
            self.writes += 1
        else:
            self.reads += 1


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
        asked = answer.headers.get("Retry-After", "")
        self.retry_after = float(asked) if asked.isdigit() else 0.0
        return answer.status_code, answer.text


class Transient(Exception):
    """An answer (or none) that another try may mend; ``wait`` is the server's Retry-After in seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class CkanPortal:
    """One CKAN site, as one user."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = checked_url(url)
        self._token = token
        self._patience = patience
        self._sleep = sleep
        session = ckanapi.remoteckan.requests.Session()
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
        self, action: str, data: Mapping[str, Any] | None = None, *, files: Mapping[str, Path] | None = None, repeat: bool = True
    ) -> Any:
        """Call one action and return its result.

        ``files`` maps form fields to paths; then nested values of ``data`` travel as JSON text.
        Raises :class:`PortalRejected` for CKAN's refusals and :class:`PortalUnavailable` when it does not answer.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Transient),
            stop=tenacity.stop_after_attempt(self._patience.attempts if repeat else 1),
            wait=self._pause,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._once, action, dict(data or {}), files or {})
        except Transient as error:
            raise PortalUnavailable(f"CKAN（{self.url}）が応答しません: {action}（{self._redact(str(error))}）") from None

    def _pause(self, state: tenacity.RetryCallState) -> float:
        ceiling = min(self._patience.pause, 2.0 ** state.attempt_number)
        error = state.outcome.exception() if state.outcome else None
        asked = min(error.wait, 300.0) if isinstance(error, Transient) else 0.0
        return max(asked, random.uniform(0, ceiling))  # noqa: S311 - jitter, not a secret

    def _once(self, action: str, data: Record, files: Mapping[str, Path]) -> Any:
        opened = {name: path.open("rb") for name, path in files.items()}
        size = sum(path.stat().st_size for path in files.values())
        body = {k: _form_value(v) for k, v in data.items()} if files else data
        options = {"timeout": self._patience.timeout}
        remote = self._writer if is_write(action) else self._reader
        self.traffic.note(action, size or len(json.dumps(data)))
        try:
            return remote.call_action(action, body, files=opened or None, requests_kwargs=options)
        except ckanapi.NotFound as error:
            raise PortalRejected(self._redact(f"見つかりません: {error}"), status=404) from None
        except ckanapi.NotAuthorized as error:
            raise PortalRejected(self._redact(f"権限がありません: {_reason(error)}"), status=403) from None
        except ckanapi.ValidationError as error:
            errors = error.error_dict if isinstance(error.error_dict, dict) else {"message": error.error_dict}
            raise PortalRejected(self._redact(_told(errors)), status=409, errors=errors) from None
        except ckanapi.SearchError as error:
            raise Transient(f"検索の誤り: {error}") from None
        except CKANAPIError as error:
            raise self._unexpected(error, remote.retry_after) from None
        except OSError as error:  # requests' exceptions are OSErrors
            raise Transient(type(error).__name__) from None
        finally:
            for stream in opened.values():
                stream.close()

    def _unexpected(self, error: CKANAPIError, asked: float) -> Exception:
        status, body = _status(error)
        if status in (408, 429) or status >= 500 or status == 200:
            return Transient(f"HTTP {status}", asked)
        if 300 <= status < 400:
            return ConfigError(f"{self.url} は別の場所へ転送します（HTTP {status}）。catalog.yaml の portal.url を直してください。")
        return PortalRejected(self._redact(f"HTTP {status}: {body[:200]}"), status=status)

    def _redact(self, text: str) -> str:
        return text.replace(self._token, "***") if self._token else text

    # ── reading ──

    def search_all(self, **criteria: Any) -> list[Record]:
        """Every dataset this user may see, drafts and private ones included: ⌈N/1000⌉ requests.

        One further request is needed only when N is an exact multiple of 1000.
        """
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

    def table_info(self, resource: str) -> Record | None:
        """``{"total": rows, "fields": […]}`` of a DataStore table, or None when there is none."""
        found = self._found("datastore_search", {"resource_id": resource, "limit": 0})
        return found and {"total": found.get("total"), "fields": found["fields"]}

    def views(self, resource: str) -> list[Record]:
        """The views of a resource."""
        found: list[Record] = self.call("resource_view_list", {"id": resource})
        return found

    def download(self, url: str) -> tuple[int, str]:
        """Size in bytes and SHA-256 of what the portal hands out at ``url`` (which must be the portal's own)."""
        if urlsplit(url).netloc != urlsplit(self.url).netloc:
            raise PortalRejected(f"ファイルの場所がポータルの外です: {url}")
        headers = {"Authorization": self._token} if self._token else {}
        size, digest = 0, hashlib.sha256()
        self.traffic.note("download_show", 0)
        try:
            with self._reader.session.get(
                url, headers=headers, stream=True, timeout=self._patience.timeout, allow_redirects=False
            ) as answer:
                if answer.status_code != 200:
                    raise PortalRejected(f"公開したファイルを取り出せません（HTTP {answer.status_code}）: {url}")
                for chunk in answer.iter_content(1 << 20):
                    size += len(chunk)
                    digest.update(chunk)
        except PortalRejected:
            raise
        except OSError as error:
            raise PortalUnavailable(f"ファイルの確認中に切れました: {url}（{type(error).__name__}）") from None
        return size, digest.hexdigest()

    def _found(self, action: str, data: Record) -> Record | None:
        try:
            found: Record = self.call(action, data)
        except PortalRejected as error:
            if error.status == 404:
                return None
            raise
        return found


def checked_url(url: str) -> str:
    """The portal's address without a trailing slash.  Raises :class:`ConfigError` for http off this machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"ポータルの URL が正しくありません: {url}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ConfigError(f"ポータルの URL は https:// で始めてください（合言葉を守るため）: {url}")
    if parts.username or parts.password:
        raise ConfigError("ポータルの URL に利用者名やパスワードを書かないでください。")
    return url.rstrip("/")


def _form_value(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)


def _reason(error: Exception) -> str:
    detail = error.args[0] if error.args else ""
    return str(detail.get("message", detail)) if isinstance(detail, dict) else str(detail)


def _told(errors: Mapping[str, Any]) -> str:
    """CKAN's error dictionary as one line."""
    parts = [f"{key}: {_flat(value)}" for key, value in errors.items() if key != "__type"]
    return "CKAN が受け付けませんでした（" + "／".join(parts) + "）"


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return "、".join(f"{k} {_flat(v)}" for k, v in value.items())
    return "、".join(_flat(v) for v in value) if isinstance(value, list) else str(value)


def _status(error: CKANAPIError) -> tuple[int, str]:
    """ckanapi reports an unknown answer as the repr of [url, status, text]."""
    try:
        _, status, body = ast.literal_eval(str(error))
    except (ValueError, SyntaxError):
        return 500, str(error)
    return int(status), str(body)
