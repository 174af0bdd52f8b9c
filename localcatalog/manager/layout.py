"""Where everything of one catalogue lies, and the few ways files are written there."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TREE = Path(__file__).resolve().parent.parent
LOCK = TREE / "requirements.lock"
BUILD_LOCK = TREE / "requirements-build.lock"
INSIDE = TREE / "inside"
SOURCES = TREE / "src"


@dataclass(frozen=True)
class Layout:
    """The paths of one catalogue; ``home`` is absolute and resolved."""

    home: Path
    environment: Path

    @classmethod
    def of(cls, home: str | Path, environment: str | Path | None = None) -> Layout:
        """The layout of a home.

        Its environment is the one named, else a sibling (shared by the homes beside it), else, where the
        sibling does not exist, the one the home was last started with.
        """
        root = Path(home).resolve()
        beside = root.parent / "catalog-env"
        if environment is None and not beside.exists():
            environment = _remembered_environment(root)
        return cls(root, Path(environment).resolve() if environment else beside)

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


def _remembered_environment(root: Path) -> str | None:
    """The environment in the home's state, if it still exists."""
    try:
        known = read_json(root / "state.json").get("environment")
    except (OSError, ValueError):
        return None
    return known if isinstance(known, str) and Path(known).exists() else None


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
