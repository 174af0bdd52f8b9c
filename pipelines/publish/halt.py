"""A portal that writes nothing more to a dataset once somebody has decided to take that dataset back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipelines.gateways.ckan_answers import is_write
from pipelines.model import CatalogError

#: asked with a dataset's name before each write: is it to be withdrawn?
Halting = Callable[[str], bool]


class Halted(CatalogError):
    """The dataset is being withdrawn: nothing more of it is sent."""


class Haltable:
    """The portal as one dataset's writer sees it; raises :class:`Halted` in the place of a write."""

    def __init__(self, portal: Any, dataset: str, halting: Halting) -> None:
        self._portal, self._dataset, self._halting = portal, dataset, halting

    def call(self, action: str, data: Any = None, **more: Any) -> Any:
        """As the portal's own."""
        if is_write(action) and self._halting(self._dataset):
            raise Halted("公開の途中で取り下げが決まったため、やめました。")
        return self._portal.call(action, data, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._portal, name)


def never(dataset: str) -> bool:
    """Nothing is being withdrawn."""
    return False
