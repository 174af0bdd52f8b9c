"""From a drop to a package on disk: the stages in order, one dataset's failure isolated from the others."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from pipelines.model import (
    Catalog,
    CatalogError,
    ClearedTable,
    ConfigError,
    DatasetSpec,
    Drop,
    DroppedFile,
    Level,
    Outcome,
    Package,
    Place,
    Problem,
    SourceTable,
    StandardTable,
    Step,
    ValidTable,
    Verdict,
)
from pipelines.run.combine import Share, file_problems, shares
from pipelines.run.once import STALE, said_by_all
from pipelines.run.outcomes import Trace, outcome_of, verdict_of, withholding
from pipelines.run.stacking import differing_columns, sheets_of, stamped

log = logging.getLogger("pipelines")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What building needs besides the drop."""

    catalog: Catalog
    out: Path
    approvals: Any
    rules: Any
    known_columns: Mapping[str, frozenset[str]]
    infer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """One dataset built or kept back; ``kept``: nothing has changed since, so it was not built again."""

    spec: DatasetSpec
    outcome: Outcome
    package: Package | None
    drop: Drop | None = None
    source_columns: tuple[str, ...] = ()
    kept: bool = False

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.spec.name


@dataclass(slots=True)
class _Made:
    """One resource on its way: its files' traces, what concerns all of them, and the table when it may go out."""

    share: Share
    traces: list[Trace] = field(default_factory=list)
    problems: tuple[Problem, ...] = ()
    valid: Step[ValidTable] = field(default_factory=lambda: Step(None))
    cleared: ClearedTable | None = None

    @property
    def sources(self) -> tuple[SourceTable, ...]:
        """Every table that was read."""
        return tuple(trace.source for trace in self.traces if trace.source is not None)


def build_one(spec: DatasetSpec, step: Step[Drop], tools: Tools) -> Built:
    """Build one dataset; a bug becomes its Outcome and goes to the log with its traceback."""
    if step.value is None:
        return _kept_back(spec, step.problems, [])
    try:
        return _build(spec, step.value, step.problems, tools)
    except CatalogError as error:
        return _failed(spec, str(error))
    except Exception as error:
        log.exception("internal error while building %s", spec.name)
        return _failed(spec, f"プログラムの不具合です（internal-error: {type(error).__name__}）。記録を残しました。")


def _build(spec: DatasetSpec, drop: Drop, problems: tuple[Problem, ...], tools: Tools) -> Built:
    made = [_made(spec, share, tools) for share in shares(drop)]
    traces = [trace for one in made for trace in one.traces]
    _without_stale(traces)
    told = problems + file_problems(drop) + tuple(p for one in made for p in one.problems)
    told += tuple(p for trace in traces for p in trace.problems) + _expectations(spec, made)
    if withholding(told) or not all(one.cleared for one in made):
        return _kept_back(spec, told, traces, drop)
    labels = tuple(dict.fromkeys(name for one in made for source in one.sources for name in source.header if name))
    return Built(
        spec=spec,
        outcome=outcome_of(spec, Verdict.PUBLISHED, told, traces),
        package=_package(spec, made, tools),
        drop=drop,
        source_columns=labels,
    )


def _package(spec: DatasetSpec, made: Sequence[_Made], tools: Tools) -> Package:
    from pipelines.package import Part, package_parts

    parts = [
        Part(key=one.share.key, title=one.share.title or spec.title, table=one.cleared) for one in made if one.cleared
    ]
    return package_parts(parts, spec, tools.catalog, tools.out)


# ── one resource ───────────────────────────────────────────────────────────────────────────────


def _made(spec: DatasetSpec, share: Share, tools: Tools) -> _Made:
    """read → custom → standardize for every file, then validate → screen for the table that they are together."""
    from pipelines.screen import screen

    made = _validated(spec, share, tools)
    known = tools.known_columns.get(spec.name)
    cleared = made.valid.then(
        lambda table: screen(
            table, made.sources, spec, tools.approvals, tools.rules, known_columns=known, digest=share.digest
        )
    )
    personal = () if made.valid.value else tuple(v.problem for v in _looked(made, spec, tools))
    _share_out(made, cleared.problems + personal)
    complete = all(trace.standard is not None for trace in made.traces)
    made.cleared = cleared.value if complete and not cleared.withheld else None
    return made


def _validated(spec: DatasetSpec, share: Share, tools: Tools) -> _Made:
    from pipelines.standardize import join
    from pipelines.validate import validate

    made = _Made(share)
    for file in share.files:
        made.traces += _read(spec, file)
    if spec.schema is None and tools.infer and made.sources:
        spec = _inferred(spec, made.sources[0])
    standards = [standard for trace in made.traces if (standard := _standard(spec, trace))]
    if standards and spec.schema:
        # a table with errors is still judged as a whole, so that one reply names everything to fix
        made.valid = validate(join(standards, spec.schema))
    if len(share.files) > 1:
        made.problems = tuple(differing_columns(made.traces))
    return made


def _read(spec: DatasetSpec, file: DroppedFile) -> list[Trace]:
    """The tables of one file: one, or every fitting sheet where files are stacked."""
    from pipelines.read import identify, read, read_all

    step: Step[tuple[SourceTable, ...]]
    if spec.combine == "stack":
        step = sheets_of(spec, file, read_all(file, spec.options))
    else:
        one = read(file, spec.options)
        step = Step(None if one.value is None else (one.value,), one.problems)
    if step.value is None:
        return [Trace(file, read=step.problems, known_as=identify(file, spec.options))]
    traces = [Trace(file, source=table) for table in step.value]
    for problem in step.problems:
        owner = next((trace for trace in traces if trace.owns(problem)), traces[0])
        owner.read += (problem,)
    return traces


def _standard(spec: DatasetSpec, trace: Trace) -> StandardTable | None:
    """custom → standardize for one table; what they say is added to the trace."""
    from pipelines.standardize import standardize

    if trace.source is None:
        return None
    prepared = _transformed(spec, trace.source) if spec.transform else Step(trace.source)
    stamp = stamped(spec, trace)
    step = prepared.then(partial(standardize, spec=stamp.value or spec))
    trace.source = prepared.value or trace.source
    trace.standard = step.value
    trace.later += stamp.problems + step.problems
    return trace.standard


def _share_out(made: _Made, problems: Sequence[Problem]) -> None:
    """What was said of the whole table, at the file whose cell it names."""
    for problem in problems:
        owner = next((trace for trace in made.traces if trace.owns(problem)), made.traces[0])
        if problem not in owner.later:
            owner.later += (problem,)


def _without_stale(traces: Sequence[Trace]) -> None:
    stale = said_by_all(trace.later for trace in traces if trace.source is not None)
    for trace in traces:
        trace.later = tuple(p for p in trace.later if p.code not in STALE or (p.code, p.message) in stale)


def _inferred(spec: DatasetSpec, source: SourceTable) -> DatasetSpec:
    """With a schema made up from the table itself: good for looking, never for publishing."""
    from pipelines.config import schema_of
    from pipelines.standardize import infer_schema

    return replace(spec, schema=schema_of(infer_schema(source, "inferred", spec.title)))


def _transformed(spec: DatasetSpec, table: SourceTable) -> Step[SourceTable]:
    name = f"pipelines.custom.{spec.transform}"
    if importlib.util.find_spec(name) is None:
        raise ConfigError(f"dataset.yaml の transform「{spec.transform}」は pipelines/custom/ にありません。")
    module = importlib.import_module(name)
    step: Step[SourceTable] = module.transform(table)
    return step


# ── looking again, and what the numbers say ────────────────────────────────────────────────────


def look_again(spec: DatasetSpec, drop: Drop, tools: Tools) -> list[Any]:
    """What the screen says about each table of a dataset (its verdicts, with what an approval would be bound to)."""
    verdicts = [v for share in shares(drop) for v in _looked(_validated(spec, share, tools), spec, tools)]
    return [v for v in verdicts if v.problem.level is Level.HOLD]


def _looked(made: _Made, spec: DatasetSpec, tools: Tools) -> list[Any]:
    """What would withhold a table; also one with errors, so that one reply names everything to fix."""
    from pipelines.screen import look

    if not made.sources:
        return []
    verdicts = look(
        made.sources,
        spec,
        tools.approvals,
        tools.rules,
        table=made.valid.value,
        known_columns=tools.known_columns.get(spec.name),
        digest=made.share.digest,
    )
    return [v for v in verdicts if v.problem.level in (Level.ERROR, Level.HOLD)]


def _expectations(spec: DatasetSpec, made: Sequence[_Made]) -> tuple[Problem, ...]:
    """Too few rows is an error, too many a warning (dataset.yaml ``expect: rows: [20, 60]``)."""
    tables = [one.cleared.table.table for one in made if one.cleared]
    if not tables:
        return ()
    rows = sum(len(table.frame) for table in tables)
    least, most = spec.expect_rows
    place = Place(path=tables[0].origin.blocks[0].path)
    if least is not None and rows < least:
        message = f"行が少なすぎます（{rows}行。少なくとも{least}行のはず）。"
        hint = "途中で切れていないか確かめてください。本当に減ったのなら dataset.yaml の expect を直してください。"
        return (Problem(code="too-few-rows", level=Level.ERROR, place=place, message=message, hint=hint),)
    if most is not None and rows > most:
        message = f"行が多めです（{rows}行。多くて{most}行のはず）。"
        return (Problem(code="too-many-rows", level=Level.WARNING, place=place, message=message),)
    return ()


def _kept_back(
    spec: DatasetSpec, problems: tuple[Problem, ...], traces: Sequence[Trace], drop: Drop | None = None
) -> Built:
    outcome = outcome_of(spec, verdict_of(problems, traces), problems, traces)
    return Built(spec=spec, outcome=outcome, package=None, drop=drop)


def _failed(spec: DatasetSpec, detail: str) -> Built:
    return Built(spec=spec, outcome=outcome_of(spec, Verdict.FAILED, (), [], detail), package=None)


# ── what a build depends on besides the drop ───────────────────────────────────────────────────


@cache
def code_version() -> str:
    """A digest of our own source and data: a new version of any rule builds everything again."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent.parent
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix in (".py", ".tsv", ".json", ".txt")):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def build_key(drop: Drop, tools: Tools) -> str:
    """All that decides what a drop comes to: itself, the code, today's approvals, the columns it had before."""
    name = drop.spec.name
    valid = sorted(r.id for r in tools.approvals.valid() if r.binding.dataset == name)
    parts = [drop.digest, code_version(), valid, sorted(tools.known_columns.get(name, ()))]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
