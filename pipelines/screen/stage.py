"""screen: a valid table becomes a cleared one, or says what a person has to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.model import ClearedTable, DatasetSpec, Level, Problem, SourceTable, Step, ValidTable
from pipelines.screen import binding
from pipelines.screen.allowed import column_problems, only_declared
from pipelines.screen.approvals import Approvals
from pipelines.screen.around import around
from pipelines.screen.binding import Binding
from pipelines.screen.detectors import DETECTORS
from pipelines.screen.finding import Detector, ScreenRules
from pipelines.screen.hidden import hidden_problems
from pipelines.screen.looking import tables
from pipelines.screen.running import run_detectors
from pipelines.screen.wording import failed_problem, problem_of

Sources = SourceTable | Sequence[SourceTable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One problem; ``binding`` is what an approval of it would be bound to (None: nothing to approve)."""

    problem: Problem
    binding: Binding | None = None
    approval: str | None = None


def screen(
    table: ValidTable,
    source: Sources,
    spec: DatasetSpec,
    approvals: Approvals,
    rules: ScreenRules,
    *,
    known_columns: frozenset[str] | None = None,
    digest: str | None = None,
    detectors: Sequence[Detector] = DETECTORS,
) -> Step[ClearedTable]:
    """Let the table pass when nothing in it, or hidden beside it, must be looked at by a person first.

    ``known_columns`` are the headings recorded when the dataset was last published.  ``digest`` is the file's SHA-256;
    without it a digest over what was read takes its place.
    """
    verdicts = look(
        source, spec, approvals, rules, table=table, known_columns=known_columns, digest=digest, detectors=detectors
    )
    problems = tuple(v.problem for v in verdicts)
    if any(p.level in (Level.ERROR, Level.HOLD) for p in problems):
        return Step(None, problems)
    used = tuple(dict.fromkeys(v.approval for v in verdicts if v.approval))
    versions = {detector.id: detector.version for detector in detectors}
    return Step(ClearedTable(table=only_declared(table), screened_by=versions, approvals=used), problems)


def look(
    source: Sources,
    spec: DatasetSpec,
    approvals: Approvals,
    rules: ScreenRules,
    *,
    table: ValidTable | None = None,
    known_columns: frozenset[str] | None = None,
    digest: str | None = None,
    detectors: Sequence[Detector] = DETECTORS,
) -> tuple[Verdict, ...]:
    """Every verdict on what was read, also without a valid table: then every column counts as leaving."""
    sources = (source,) if isinstance(source, SourceTable) else tuple(source)
    mark = digest or binding.content_digest(sources)
    looked = tables(sources, table, title=spec.title, everything_leaves=table is None)
    beside = tuple(words for words in map(around, sources) if words is not None)
    found, failed = run_detectors((*looked, *beside), rules, detectors)
    path = sources[0].path if sources else spec.name
    verdicts = [Verdict(problem=failed_problem(failure, path)) for failure in failed]
    for one in found:
        bound = binding.of_finding(one, spec.name, mark, approvals.key)
        verdicts.append(_judged(problem_of(one), bound, approvals))
    for hidden, problem in hidden_problems(sources):
        verdicts.append(_judged(problem, binding.of_hidden(hidden, spec.name, mark, approvals.key), approvals))
    for problem in column_problems(sources, looked, rules, known_columns) if table is not None else ():
        bound = binding.of_column(problem.place.field or "", spec.name, mark, approvals.key)
        verdicts.append(_judged(problem, bound, approvals))
    return tuple(sorted(verdicts, key=lambda v: _ORDER[v.problem.level]))


_ORDER = {Level.ERROR: 0, Level.HOLD: 1, Level.WARNING: 2, Level.NOTICE: 3}


def _judged(problem: Problem, bound: Binding | None, approvals: Approvals) -> Verdict:
    """Only a HOLD can be approved; what is approved stays told as a notice."""
    if problem.level is not Level.HOLD or bound is None:
        return Verdict(problem=problem)
    approval = approvals.covers(bound)
    if approval is None:
        return Verdict(problem=problem, binding=bound)
    notice = replace(
        problem,
        code=problem.code.replace("held-", "approved-", 1),
        level=Level.NOTICE,
        message=f"{problem.message}承認 {approval} により公開します。",
        hint="",
    )
    return Verdict(problem=notice, binding=bound, approval=approval)
