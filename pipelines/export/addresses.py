"""Where a catalogue, its datasets and their files are found: on our own static site, or on a CKAN portal."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from pipelines.model import Catalog, ConfigError, PackageFile


class Addresses(Protocol):
    """Addresses of pages and files; an empty text means: not known."""

    def home(self) -> str:
        """The catalogue's first page."""

    def department(self, name: str) -> str:
        """A department's page."""

    def dataset(self, name: str) -> str:
        """A dataset's page."""

    def file(self, name: str, file: PackageFile) -> str:
        """One file of a dataset."""


@dataclass(frozen=True, slots=True)
class SiteAddresses:
    """Our static site.  ``base`` ends in ``/``; empty, the addresses are relative to the site's own top folder.

    A dataset's page and folder keep their place for as long as the dataset keeps its name.
    """

    base: str = ""

    def home(self) -> str:
        return f"{self.base}index.html"

    def department(self, name: str) -> str:
        return f"{self.base}department/{name}.html"

    def dataset(self, name: str) -> str:
        return f"{self.base}dataset/{name}.html"

    def file(self, name: str, file: PackageFile) -> str:
        return f"{self.base}dataset/{name}/{file.path.name}"


@dataclass(frozen=True, slots=True)
class PortalAddresses:
    """A CKAN portal; ``resource`` gives the id of a dataset's file from its key."""

    url: str
    resource: Callable[[str, str], str]

    def home(self) -> str:
        return f"{self.url.rstrip('/')}/"

    def department(self, name: str) -> str:
        return f"{self.home()}organization/{name}"

    def dataset(self, name: str) -> str:
        return f"{self.home()}dataset/{name}"

    def file(self, name: str, file: PackageFile) -> str:
        return f"{self.dataset(name)}/resource/{self.resource(name, file.key)}/download/{file.path.name}"


@dataclass(frozen=True, slots=True)
class NoAddresses:
    """A catalogue that only stands on this machine: nothing that could be cited."""

    def home(self) -> str:
        return ""

    def department(self, name: str) -> str:
        return ""

    def dataset(self, name: str) -> str:
        return ""

    def file(self, name: str, file: PackageFile) -> str:
        return ""


def site_addresses(base: str) -> SiteAddresses:
    """The site at ``base``, an absolute http(s) address or empty.  Raises :class:`ConfigError` otherwise."""
    if not base:
        return SiteAddresses()
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or " " in base:
        raise ConfigError(f"サイトの住所「{base}」は https://data.example.lg.jp/ のように書いてください。")
    return SiteAddresses(base if base.endswith("/") else f"{base}/")


def permanent_id(catalog: Catalog, *names: str) -> str:
    """A ``urn:uuid:`` that stays the same wherever the site stands (UUIDv5 of the catalogue's code and the names)."""
    namespace = uuid.uuid5(uuid.NAMESPACE_URL, f"urn:opendata-catalog:{catalog.code}")
    return f"urn:uuid:{uuid.uuid5(namespace, '/'.join(names))}"
