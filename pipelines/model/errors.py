"""Exceptions, only for what is nobody's data; each carries the exit code of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class CatalogError(Exception):
    """Base of every exception this product raises on purpose.  The message is Japanese and for a person."""

    exit_code = 1


class ConfigError(CatalogError):
    """A configuration file, an option or the environment is wrong; nothing was done."""

    exit_code = 2


class StoreError(CatalogError):
    """The state journal cannot be read or written, or another run holds it."""

    exit_code = 2


class PortalUnavailable(CatalogError):
    """The portal did not answer, after retries."""

    exit_code = 3


class PortalRejected(CatalogError):
    """The portal answered and refused one request; ``errors`` is CKAN's error dictionary."""

    def __init__(self, message: str, *, status: int = 0, errors: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.errors = dict(errors or {})
