"""What the layout of one sheet was found to be: the values between the layout functions (0-based rows and columns)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.model import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A problem before it has a path: 0-based place, code and words of :mod:`pipelines.read.problems`."""

    code: str
    level: Level
    row: int | None = None
    column: int | None = None
    value: str | None = None
    words: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Omitted:
    """A row or column that is no data: ``what`` as in ``model.LeftOut``."""

    what: str
    row: int | None = None
    column: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """Header rows (0-based, consecutive or not), one label a column, and the first row below."""

    rows: tuple[int, ...]
    labels: tuple[str, ...]
    below: int


@dataclass(frozen=True, slots=True)
class Block:
    """Columns of the sheet that form one table; ``offsets[j]`` is added to a record's row for column j."""

    columns: tuple[int, ...]
    offsets: tuple[int, ...] | None = None


@dataclass(slots=True)
class Laid:
    """One table: ``rows[i]`` is the sheet row of record i, ``blocks[i]`` which block it stands in."""

    header: Header
    blocks: list[Block]
    rows: list[int] = field(default_factory=list)
    block: list[int] = field(default_factory=list)
    values: list[Sequence[str]] = field(default_factory=list)
    omitted: list[Omitted] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
