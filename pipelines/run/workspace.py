"""Where things are: the drop, the schemas, var/; and how the portal is opened."""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pipelines.config import load_catalog, load_schemas
from pipelines.model import Catalog, ConfigError, PortalUnavailable, Schema, StoreError
from pipelines.run.logs import keep_out

if TYPE_CHECKING:
    from pipelines.gateways.ckan import CkanPortal
    from pipelines.gateways.store import Store

TOKEN = "CKAN_API_TOKEN"
TOKEN_FILE = "CKAN_API_TOKEN_FILE"
ADMIN_TOKEN = "CKAN_ADMIN_TOKEN"


@dataclass(frozen=True)
class Workspace:
    """One checkout's folders.  ``root`` holds schemas/ and localcatalog/; ``datasets`` is the drop; ``var`` is ours."""

    root: Path
    datasets: Path
    var: Path

    @cached_property
    def catalog(self) -> Catalog:
        """catalog.yaml.  Raises :class:`ConfigError`."""
        return load_catalog(self.datasets)

    @cached_property
    def schemas(self) -> Mapping[str, Schema]:
        """All standard schemas by name."""
        return load_schemas(self.root / "schemas")

    @property
    def packages(self) -> Path:
        """Built Data Packages, one folder per dataset."""
        return self.var / "packages"

    @property
    def replies(self) -> Path:
        """What departments get back, one page per dataset."""
        return self.var / "replies"

    @property
    def reports(self) -> Path:
        """Growth reports."""
        return self.var / "reports"

    @property
    def audit(self) -> Path:
        """Approvals and the audit log."""
        return self.var / "audit"

    @property
    def state(self) -> Path:
        """The state file."""
        return self.var / "state" / "state.sqlite3"

    def store(self, patience: float = 30.0) -> Store:
        """The state file, opened; ``patience`` is how many seconds to wait for another process that is writing."""
        from pipelines.gateways.store import Store

        return Store(self.state, patience)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One run at a time on this machine; the lock dies with the process.  Raises :class:`StoreError`."""
        path = self.var / "state" / "run.lock"
        with _opened(path) as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                stream.seek(0)
                holder = stream.read().strip() or "不明"
                raise StoreError(
                    f"ほかの公開処理が実行中です（プロセス番号 {holder}）。終わってからもう一度実行してください。"
                ) from None
            with suppress(OSError):  # a full disk: the lock holds all the same, only its holder's number is missing
                stream.truncate(0)
                os.write(stream.fileno(), str(os.getpid()).encode())
            yield

    def busy(self) -> bool:
        """Whether a run is at work now."""
        try:
            with self.locked():
                return False
        except (StoreError, OSError):
            return True

    # ── the portal ──

    def portal(self, *, admin: bool = False, anonymous: bool = False) -> CkanPortal:
        """The configured portal as publisher (or administrator, or nobody).

        Raises :class:`ConfigError` without a token, :class:`PortalUnavailable` when the embedded one is not running.
        """
        from pipelines.gateways.ckan import CkanPortal, Patience

        patience = Patience(timeout=self.catalog.portal.timeout)
        token = None if anonymous else self._token(admin)
        return CkanPortal(self.portal_url(), token, patience)

    def portal_url(self) -> str:
        """Where the portal is."""
        configured = self.catalog.portal
        if configured.kind == "ckan":
            return str(configured.url)
        found = self.embedded("status")
        if not found.get("running"):
            raise PortalUnavailable("手元のカタログが動いていません。`publish.py catalog up` で起動してください。")
        return str(found["url"])

    def _token(self, admin: bool) -> str:
        name = ADMIN_TOKEN if admin else TOKEN
        if token := os.environ.get(name, "").strip():
            return usable(token, f"環境変数 {name}")
        if self.catalog.portal.kind == "embedded":
            return self._embedded_token("admin_token" if admin else "publisher_token")
        if not admin and (path := os.environ.get(TOKEN_FILE)):
            return private_text(Path(path))
        raise ConfigError(
            f"環境変数 {name} に CKAN の API トークンを入れてください（コマンドや設定ファイルには書きません）。"
            + ("" if admin else f"トークンだけを書いた自分専用のファイルの場所を {TOKEN_FILE} に入れてもかまいません。")
        )

    def _embedded_token(self, key: str) -> str:
        path = self.catalogue_home / "secrets.json"
        try:
            return keep_out(str(json.loads(path.read_text())[key]))
        except (OSError, ValueError, KeyError):
            raise ConfigError(
                f"手元のカタログの鍵（{path}）を読めません。`publish.py catalog up` をやり直してください。"
            ) from None

    # ── the embedded catalogue ──

    @property
    def catalogue_home(self) -> Path:
        """The embedded catalogue's folder."""
        return self.var / "catalog"

    def embedded(self, verb: str, *, show: bool = False) -> dict[str, Any]:
        """Run one verb of localcatalog/catalog.py; its JSON answer.  ``show`` passes its progress on to stderr.

        Raises :class:`PortalUnavailable` when it fails.
        """
        script = self.root / "localcatalog" / "catalog.py"
        command = [sys.executable, str(script), verb, "--home", str(self.catalogue_home), "--json"]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=None if show else subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            raise PortalUnavailable(
                (done.stderr or "").strip()[-2000:] or f"手元のカタログの操作 {verb} に失敗しました。"
            )
        try:
            answer = json.loads(done.stdout.strip().splitlines()[-1])
        except (ValueError, IndexError):
            return {}
        return answer if isinstance(answer, dict) else {}


def _opened(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+")
    except OSError as error:
        told = f"{path.parent} に書けません（{error.strerror}）。空き容量と書き込みの権限を確かめてください。"
        raise StoreError(f"{told}何も公開していません。") from None


def private_text(path: Path) -> str:
    """A secret kept in a file that only its owner may read.  Raises :class:`ConfigError` otherwise."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigError(f"{path} をほかの人も読めます。`chmod 600` で自分だけにしてください。")
        return usable(keep_out(path.read_text(encoding="utf-8", errors="replace").strip()), str(path))
    except OSError as error:
        raise ConfigError(f"{path} を読めません（{error.strerror}）。") from None


def usable(token: str, where: str) -> str:
    """A token as a header can carry it: one word of visible ASCII (RFC 9110, 5.5).  Raises :class:`ConfigError`."""
    if re.fullmatch(r"[!-~]+", token):
        return token
    told = "に何も書かれていません" if not token else "に、空白・改行・全角文字のどれかが混ざっています"
    raise ConfigError(f"{where} {told}。API トークンだけを1行で書いてください。何もしていません。")
