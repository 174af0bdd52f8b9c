"""Bringing an earlier published version back, and keeping it there until the department drops something new."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipelines.gateways.store import Store
from pipelines.model import ConfigError, Package, PackageFile
from pipelines.publish import Archive, Version

if TYPE_CHECKING:
    from pipelines.run.workspace import Workspace

DEFINITION = """
CREATE TABLE IF NOT EXISTS restored (
    portal TEXT NOT NULL, dataset TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL,
    instead_of TEXT NOT NULL, PRIMARY KEY (portal, dataset)
);
"""


class Pins:
    """Datasets of one portal that stay at an earlier version, and the content of the drop they stand instead of."""

    def __init__(self, store: Store, portal: str) -> None:
        self.store, self.portal = store, portal
        store.define(DEFINITION)

    def all(self) -> dict[str, dict[str, Any]]:
        """Every pin by dataset."""
        rows = self.store.rows("SELECT * FROM restored WHERE portal = ?", (self.portal,))
        return {row["dataset"]: row for row in rows}

    def set(self, dataset: str, version: Version, instead_of: str) -> None:
        """Keep a dataset at ``version`` as long as the drop's content is ``instead_of``."""
        values = (self.portal, dataset, version.number, content_of(version.files), instead_of)
        self.store.write("INSERT OR REPLACE INTO restored VALUES (?, ?, ?, ?, ?)", values)

    def drop(self, dataset: str) -> None:
        """The drop has something new, or the newest version is wanted again."""
        self.store.write("DELETE FROM restored WHERE portal = ? AND dataset = ?", (self.portal, dataset))


def content_of(files: Iterable[PackageFile]) -> str:
    """A digest over the bytes of a version's files."""
    lines = sorted(f"{file.key}\0{file.digest}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def standing_in(packages: Iterable[Package], store: Store, portal: str, archive: Archive) -> list[Package]:
    """The packages to publish: a restored version in the place of the content it was restored over."""
    pins = Pins(store, portal)
    held = pins.all()
    return [_instead(package, held.get(package.spec.name), archive) for package in packages]


def _instead(package: Package, pin: dict[str, Any] | None, archive: Archive) -> Package:
    """A pin whose content has changed since has no effect any more; one whose files are gone cannot have any."""
    if pin is None or content_of(package.files) != pin["instead_of"]:
        return package
    kept = archive.versions(package.spec.name)
    version = next((v for v in reversed(kept) if content_of(v.files) == pin["digest"] and v.intact()), None)
    return replace(package, folder=version.folder, files=version.files) if version else package


def versions(workspace: Workspace, dataset: str) -> list[dict[str, Any]]:
    """The versions that can be restored, newest first.  Raises :class:`ConfigError` when there is none."""
    from pipelines.run.conduct import archive_of

    found = archive_of(workspace).versions(dataset)
    if not found:
        raise ConfigError(f"データセット「{dataset}」の控えはありません。")
    return [{"版": v.number, "公開日時": v.at, "変更": v.note, "ファイル": len(v.files)} for v in reversed(found)]


def restore(workspace: Workspace, dataset: str, number: int, watch: Any) -> Any:
    """Publish version ``number`` again, now; later runs keep it until the dropped file changes.

    Returns the run's account.  Raises :class:`ConfigError` for a version that is not kept or no longer whole.
    """
    from pipelines.run.conduct import archive_of, run

    kept = archive_of(workspace).versions(dataset)
    wanted = next((v for v in kept if v.number == number), None)
    if wanted is None or not wanted.intact():
        raise ConfigError(f"データセット「{dataset}」の版 {number} の控えがないか、壊れています。")
    with workspace.locked(), workspace.store() as store:
        pins = Pins(store, workspace.portal_url())
        pin = pins.all().get(dataset)
        instead_of = pin["instead_of"] if pin else content_of(kept[-1].files)
        if content_of(wanted.files) == instead_of:
            pins.drop(dataset)
        else:
            pins.set(dataset, wanted, instead_of)
    return run(workspace, frozenset({dataset}), watch)
