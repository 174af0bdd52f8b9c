"""What one catalogue remembers between commands, and whether it is still the same copy of the project."""

from __future__ import annotations

import os
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from manager.console import CatalogError
from manager.layout import Layout, read_json, write_json
from manager.lines import NEWEST


@dataclass
class Part:
    """A process as it was started: the start time tells it from a later process with the same number."""

    pid: int
    start: int
    boot: str


@dataclass
class State:
    """The memory of one home, kept in ``state.json`` (mode 0600: it holds the signing secret)."""

    instance: str
    secret: str
    home: str
    uid: int
    port: int | None = None
    run: str | None = None
    outside: str | None = None
    environment: str | None = None
    line: str = NEWEST
    bootstrapped: str | None = None
    indexed: str | None = None
    served: str | None = None
    parts: dict[str, Part] = field(default_factory=dict)

    @property
    def url(self) -> str | None:
        return f"http://127.0.0.1:{self.port}" if self.port else None

    @property
    def site_id(self) -> str:
        return f"local-{self.instance}"

    def save(self, layout: Layout) -> None:
        """Write the state; another command may read it at any moment."""
        write_json(layout.state, asdict(self))


def fresh(layout: Layout) -> State:
    """A new identity: no other copy has its site id, its secret or its processes."""
    return State(secrets.token_hex(6), secrets.token_urlsafe(32), str(layout.home), os.geteuid())


def load(layout: Layout) -> State | None:
    """The state as it was last saved, or None for a home that was never started.

    Raises CatalogError when it belongs to another account.
    """
    try:
        raw = read_json(layout.state)
    except PermissionError as error:
        raise CatalogError(f"別の利用者のカタログです（{layout.home}）。作った利用者で実行してください。") from error
    if not raw:
        return None
    known = {f.name for f in fields(State)}
    state = State(**{key: value for key, value in raw.items() if key in known})
    state.parts = {name: Part(**part) for name, part in raw.get("parts", {}).items()}
    if state.uid != os.geteuid():
        raise CatalogError(f"このカタログは別の利用者（uid {state.uid}）が作りました。その利用者で実行してください。")
    return state


def is_copy(state: State, layout: Layout) -> bool:
    """Whether this home was copied from another one that is still in its place.

    The copy must not answer for the original, stop its processes or share its port. (A home that was
    merely moved keeps its identity.)
    """
    if state.home == str(layout.home):
        return False
    original = read_json_quietly(Path(state.home) / "state.json")
    return original.get("instance") == state.instance


def read_json_quietly(path: Path) -> dict[str, Any]:
    """As read_json, but a file that may not be read counts as absent."""
    try:
        return read_json(path)
    except (OSError, ValueError):
        return {}


def forget_identity(layout: Layout) -> State:
    """Give a copied home an identity of its own: new secret, hence new tokens; passwords stay."""
    kept = {key: value for key, value in read_json(layout.secrets).items() if key.endswith("_password")}
    if kept:
        write_json(layout.secrets, kept)
    else:
        layout.secrets.unlink(missing_ok=True)
    return fresh(layout)
