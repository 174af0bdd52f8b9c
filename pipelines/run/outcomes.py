"""What one dataset came to, in the words of the contract: verdict, decision, one entry per file (or sheet)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.model import (
    DatasetSpec,
    DroppedFile,
    Level,
    Outcome,
    Problem,
    SourceTable,
    StandardTable,
    Verdict,
)
from pipelines.run.once import said_once

WAITING = {"still-growing", "open-elsewhere"}
DECISIONS = {
    Verdict.PUBLISHED: "publish",
    Verdict.WITHHELD: "withhold",
    Verdict.HELD: "hold",
    Verdict.WAITING: "hold",
    Verdict.REJECTED: "reject",
}


@dataclass(slots=True)
class Trace:
    """What one file (or one sheet of it) became, stage by stage, for the reply.

    ``read`` holds the problems of reading, ``later`` those of the stages after it; ``known_as`` is the format and
    encoding of a file that is no table.
    """

    file: DroppedFile
    source: SourceTable | None = None
    standard: StandardTable | None = None
    read: tuple[Problem, ...] = ()
    later: tuple[Problem, ...] = ()
    known_as: tuple[str | None, str | None] = (None, None)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is to be said of this file, nothing twice."""
        return said_once(self.read, self.later)

    def owns(self, problem: Problem) -> bool:
        """Whether the problem is one of this file and sheet."""
        sheet = self.source.sheet if self.source else None
        return problem.place.path == self.file.shown and problem.place.sheet in (None, sheet)


def withholding(problems: Sequence[Problem]) -> bool:
    """Whether any of the problems keeps the dataset back."""
    return any(p.level in (Level.ERROR, Level.HOLD) for p in problems)


def verdict_of(problems: Sequence[Problem], traces: Sequence[Trace]) -> Verdict:
    """How a dataset that is kept back ended."""
    errors = [p for p in problems if p.level is Level.ERROR]
    if not errors and any(p.code in WAITING for p in problems):
        return Verdict.WAITING
    if errors and traces and all(trace.source is None for trace in traces):
        return Verdict.REJECTED
    return Verdict.WITHHELD if errors else Verdict.HELD


def outcome_of(
    spec: DatasetSpec, verdict: Verdict, problems: tuple[Problem, ...], traces: Sequence[Trace], detail: str = ""
) -> Outcome:
    """The outcome with its entries; what belongs to no file in particular stands at the first."""
    from pipelines.reply import problem_entry

    seen = list(traces) or [Trace(_unopened(spec, problems))]
    entries = [_entry(trace, spec, DECISIONS.get(verdict, "withhold")) for trace in seen]
    told = {p for trace in traces for p in trace.problems}
    entries[0] = {
        **entries[0],
        "problems": [*(problem_entry(p) for p in problems if p not in told), *entries[0]["problems"]],
    }
    return Outcome(
        dataset=spec.name,
        department=spec.department.title,
        title=spec.title,
        verdict=verdict,
        problems=problems,
        detail=detail,
        files=tuple(entries),
    )


def _entry(trace: Trace, spec: DatasetSpec, decision: str) -> dict[str, Any]:
    from pipelines.reply import file_entry

    fixes = trace.standard.fixes if trace.standard else ()
    entry = file_entry(trace.source, trace.standard, trace.file, spec, decision, trace.problems, fixes)
    if trace.source is None:
        entry["format"], entry["encoding"] = trace.known_as
        entry["data_rows"] = 0 if trace.known_as[0] else None
    return entry


def _unopened(spec: DatasetSpec, problems: Sequence[Problem]) -> DroppedFile:
    """What stands for the files of a dataset that were not opened: the place its first problem names."""
    folder = spec.folder or spec.department.folder
    return DroppedFile(path=folder, shown=problems[0].place.path if problems else folder.name, size=0, digest="")


def noted(outcome: Outcome, problem: Problem) -> Outcome:
    """The same outcome with one more thing to say, found after building."""
    from pipelines.reply import problem_entry

    first, *others = outcome.files
    entries = ({**first, "problems": [problem_entry(problem), *first["problems"]]}, *others)
    return replace(outcome, problems=(problem, *outcome.problems), files=entries)


def held(outcome: Outcome, problem: Problem) -> Outcome:
    """The same outcome, held for one more reason found after building."""
    entries = tuple({**entry, "decision": DECISIONS[Verdict.HELD]} for entry in outcome.files)
    return noted(replace(outcome, verdict=Verdict.HELD, files=entries), problem)
