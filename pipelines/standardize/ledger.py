"""What standardizing changed (:class:`Fix`) and what it has to say (:class:`Problem`), collected with places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.model import Fix, Level, Origin, Place, Problem, SourceTable

EXAMPLES = 5


@dataclass(slots=True)
class Ledger:
    """The book of one table.  ``origin`` follows the rows that are left; columns are those of the file."""

    table: SourceTable
    origin: Origin
    fixes: list[Fix] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def fixed(self, rule: str, name: str, count: int, examples: Sequence[tuple[str, str]]) -> None:
        """Count a rule's changes in one field; no change leaves no entry."""
        if count:
            self.fixes.append(Fix(rule=rule, field=name, count=count, examples=tuple(examples[:EXAMPLES])))

    def report(
        self, code: str, level: Level, place: Place, message: str, hint: str = "", value: str | None = None
    ) -> None:
        """Add one problem."""
        self.problems.append(Problem(code=code, level=level, place=place, message=message, hint=hint, value=value))

    def take_back(self, codes: set[str], places: set[Place]) -> None:
        """What was said of these cells under these codes: something that knows more says it better."""
        self.problems[:] = [p for p in self.problems if p.code not in codes or p.place not in places]

    def cell(self, row: int, column: int | None, name: str | None) -> Place:
        """Where row ``row`` (0-based, of the rows that are left) of a column of the file stands."""
        return self.origin.place(row, column, name)

    def head(self, column: int | None, name: str | None = None) -> Place:
        """The header cell of a column of the file; without a column the header row."""
        block = self.origin.blocks[0]
        number = block.columns[column] if column is not None and column < len(block.columns) else 0
        row = self.table.header_rows[-1] if self.table.header_rows else None
        return Place(path=block.path, sheet=block.sheet, row=row, column=number or None, field=name)
