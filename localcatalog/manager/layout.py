"""Where everything of one catalogue lies, and the few ways files are written there."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manager.console import CatalogError
from manager.lines import LINES, NEWEST, Line

TREE = Path(__file__).resolve().parent.parent
INSIDE = TREE / "inside"
SOURCES = TREE / "src"


@dataclass(frozen=True)
class Layout:
    """The paths of one catalogue and its line of CKAN; ``home`` is absolute and resolved."""

    home: Path
    environment: Path
    line: Line = LINES[NEWEST]

    @classmethod
    def of(cls, home: str | Path, environment: str | Path | None = None, line: str | None = None) -> Layout:
        """The layout of a home.

        Its line of CKAN is the one it was made with, for a new home the one named, else the newest. Its
        environment is the one named, else a sibling (shared by the homes beside it), else, where the
        sibling does not exist, the one the home was last started with.
        Raises CatalogError when the home was made with another line than the one named.
        """
        root = Path(home).resolve()
        known = _remembered(root)
        made = str(known.get("line") or NEWEST) if known else None
        if line and made and line != made:
            raise CatalogError(
                f"{root} は CKAN {made} のカタログです。--home で別の場所を選ぶか、reset してから up してください。"
            )
        chosen = LINES[line or made or NEWEST]
        beside = root.parent / chosen.folder
        if environment is None and not beside.exists():
            environment = _existing(known.get("environment"))
        return cls(root, Path(environment).resolve() if environment else beside, chosen)

    @property
    def state(self) -> Path:
        return self.home / "state.json"

    @property
    def secrets(self) -> Path:
        return self.home / "secrets.json"

    @property
    def ini(self) -> Path:
        return self.home / "ckan.ini"

    @property
    def postgres(self) -> Path:
        return self.home / "postgres"

    @property
    def redis(self) -> Path:
        return self.home / "redis"

    @property
    def storage(self) -> Path:
        return self.home / "storage"

    @property
    def logs(self) -> Path:
        return self.home / "log"

    @property
    def lock(self) -> Path:
        return self.home / ".lock"

    @property
    def python(self) -> Path:
        return self.environment / "bin" / "python"

    def log(self, part: str) -> Path:
        """The log file of one part."""
        return self.logs / f"{part}.log"

    def make(self) -> None:
        """Make the home and its folders, closed to others: database, uploads and logs are private."""
        self.home.mkdir(parents=True, exist_ok=True)
        for folder in (self.redis, self.storage, self.logs):
            folder.mkdir(mode=0o700, exist_ok=True)


def _remembered(root: Path) -> dict[str, Any]:
    """The home's state as far as it can be read."""
    try:
        return read_json(root / "state.json")
    except (OSError, ValueError):
        return {}


def _existing(folder: object) -> str | None:
    return folder if isinstance(folder, str) and Path(folder).exists() else None


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner may read, whole or not at all."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)


def write_json(path: Path, value: object) -> None:
    """Write a private JSON file."""
    write_private(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file; empty where there is no such file."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return value if isinstance(value, dict) else {}


def digest(*texts: str | bytes) -> str:
    """SHA-256 over several texts, each kept apart from the next."""
    total = hashlib.sha256()
    for text in texts:
        raw = text.encode() if isinstance(text, str) else text
        total.update(len(raw).to_bytes(8, "big") + raw)
    return total.hexdigest()


def digest_of_code() -> str:
    """The digest of all that runs inside CKAN: a change here asks for a restart."""
    files = sorted(p for folder in (INSIDE, SOURCES) for p in folder.rglob("*") if p.suffix in (".py", ".txt"))
    return digest(*(part for p in files for part in (str(p.relative_to(TREE)), p.read_bytes())))
