"""Records that stand on several physical rows become one row each; every value keeps the row it came from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipelines.model import Level
from pipelines.read._cells import fold
from pipelines.read._laid import Block, Header, Laid, Omitted, Remark
from pipelines.read._merges import Tall, filled_down
from pipelines.read._roles import role
from pipelines.read.grid import Grid, blank, cells_of


def take_tall(grid: Grid, laid: Laid, columns: tuple[int, ...], header: Header, tall: Tall) -> None:
    """One record for each piece; a column with several values becomes ``label_1``, ``label_2`` …"""
    down, _ = filled_down(grid, columns, header.below)
    wide: list[tuple[int, int, str]] = []
    for column, label in zip(columns, header.labels, strict=True):
        if column in tall.single:
            wide.append((column, 0, label))
        else:
            wide.extend((column, offset, f"{label}_{offset + 1}" if label else "") for offset in range(tall.height))
    block = Block(tuple(c for c, _, _ in wide), tuple(offset for _, offset, _ in wide))
    laid.blocks.append(block)
    laid.header = replace(laid.header, labels=tuple(label for _, _, label in wide))
    folded = [fold(label) for label in header.labels]
    for start, height in zip(tall.starts, tall.heights, strict=True):
        if height == 1 and role(cells_of(grid.rows[start], columns), folded, False) == "repeated-header":
            laid.omitted.append(Omitted(what="repeated-header", row=start))
            continue
        cells = [_cell(grid, down, tall, start, height, column, offset) for column, offset, _ in wide]
        if all(blank(text) for text in cells):
            continue
        laid.rows.append(start)
        laid.block.append(len(laid.blocks) - 1)
        laid.values.append(cells)
    words: dict[str, Any] = {"count": f"2~{tall.height}" if len(set(tall.heights)) > 1 else tall.height}
    laid.remarks.append(Remark(code="records-joined", level=Level.HOLD, row=header.below, words=words))


def _cell(grid: Grid, down: Grid, tall: Tall, start: int, height: int, column: int, offset: int) -> str:
    if offset >= height:
        return ""
    if column in tall.single:
        own = [grid.text(row, column) for row in range(start, start + height)]
        return next((text for text in own if not blank(text)), down.text(start, column))
    return grid.text(start + offset, column)
