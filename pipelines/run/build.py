"""From a drop to a package on disk: the stages in order, one dataset's failure isolated from the others."""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from pipelines.model import (
    Catalog,
    CatalogError,
    ClearedTable,
    DatasetSpec,
    Drop,
    DroppedFile,
    Fix,
    Level,
    Outcome,
    Package,
    Place,
    Problem,
    SourceTable,
    StandardTable,
    Step,
    Verdict,
)

log = logging.getLogger("pipelines")
WAITING = {"still-growing", "open-elsewhere"}


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
    """One dataset built or kept back; ``entries`` are its files in the shape of the JSON contract."""

    spec: DatasetSpec
    outcome: Outcome
    package: Package | None
    drop: Drop | None = None
    source_columns: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.spec.name


@dataclass(slots=True)
class _Trace:
    """What one file became, stage by stage, for the reply."""

    file: DroppedFile
    source: SourceTable | None = None
    standard: StandardTable | None = None
    problems: tuple[Problem, ...] = ()


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
    from pipelines.package import package

    traces = [_Trace(file) for file in drop.files]
    cleared: list[ClearedTable] = []
    for trace in traces:
        step = _through(spec, trace, tools)
        if step.value is not None and not step.withheld:
            cleared.append(step.value)
    told = problems + tuple(p for trace in traces for p in trace.problems) + _expectations(spec, cleared)
    if len(cleared) < len(traces) or any(p.level in (Level.ERROR, Level.HOLD) for p in told):
        return _kept_back(spec, told, traces, drop)
    made = package(cleared[0], spec, tools.catalog, tools.out)
    outcome = _outcome(spec, Verdict.PUBLISHED, told, traces)
    labels = tuple(dict.fromkeys(name for t in traces if t.source for name in t.source.header if name))
    return Built(spec=spec, outcome=outcome, package=made, drop=drop, source_columns=labels)


def _through(spec: DatasetSpec, trace: _Trace, tools: Tools) -> Step[ClearedTable]:
    """read → custom → standardize → validate → screen, for one file."""
    from pipelines.read import read
    from pipelines.screen import screen
    from pipelines.standardize import standardize
    from pipelines.validate import validate

    first = read(trace.file, spec.options)
    trace.source = first.value
    prepared = first.then(partial(_transformed, spec)) if spec.transform else first
    source = prepared.value
    if source is not None and spec.schema is None and tools.infer:
        spec = _inferred(spec, source)
    standard = prepared.then(lambda table: standardize(table, spec))
    trace.standard = standard.value
    # a table with errors is still judged as a whole, so that one reply names everything to fix
    valid = standard.then(validate)
    known = tools.known_columns.get(spec.name)
    cleared = valid.then(
        lambda table: screen(
            table, _seen(source), spec, tools.approvals, tools.rules, known_columns=known, digest=trace.file.digest
        )
    )
    trace.problems = _said_once(cleared.problems)
    return cleared


def _said_once(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """One cell, one error: what Frictionless says of a value that standardize already sent back is not repeated."""
    refused = {_cell(p) for p in problems if p.level is Level.ERROR and p.code.startswith("value-")}
    return tuple(p for p in problems if p.code not in ("type-error", "constraint-error") or _cell(p) not in refused)


def _cell(problem: Problem) -> tuple[object, ...]:
    place = problem.place
    return (place.path, place.sheet, place.row, place.column or place.field)


def _inferred(spec: DatasetSpec, source: SourceTable) -> DatasetSpec:
    """With a schema made up from the table itself: good for looking, never for publishing."""
    from pipelines.config import schema_of
    from pipelines.standardize import infer_schema

    return replace(spec, schema=schema_of(infer_schema(source, "inferred", spec.title)))


def _seen(source: SourceTable | None) -> tuple[SourceTable, ...]:
    return () if source is None else (source,)


def look_again(spec: DatasetSpec, drop: Drop, tools: Tools) -> list[Any]:
    """What the screen says about each file of a dataset (its verdicts, with what an approval would be bound to)."""
    from pipelines.read import read
    from pipelines.screen import look
    from pipelines.standardize import standardize
    from pipelines.validate import validate

    verdicts: list[Any] = []
    for file in drop.files:
        step = read(file, spec.options)
        if step.value is None:
            continue
        prepared = step.then(partial(_transformed, spec)) if spec.transform else step
        valid = prepared.then(lambda table: standardize(table, spec)).then(validate)
        verdicts += look(
            _seen(prepared.value),
            spec,
            tools.approvals,
            tools.rules,
            table=valid.value,
            known_columns=tools.known_columns.get(spec.name),
            digest=file.digest,
        )
    return [v for v in verdicts if v.problem.level is Level.HOLD]


def _transformed(spec: DatasetSpec, table: SourceTable) -> Step[SourceTable]:
    module = importlib.import_module(f"pipelines.custom.{spec.transform}")
    step: Step[SourceTable] = module.transform(table)
    return step


def _expectations(spec: DatasetSpec, cleared: list[ClearedTable]) -> tuple[Problem, ...]:
    """Too few rows is an error, too many a warning (dataset.yaml ``expect: rows: [20, 60]``)."""
    if not cleared:
        return ()
    rows = sum(len(c.table.table.frame) for c in cleared)
    least, most = spec.expect_rows
    place = Place(path=cleared[0].table.table.origin.blocks[0].path)
    if least is not None and rows < least:
        message = f"行が少なすぎます（{rows}行。少なくとも{least}行のはず）。"
        hint = "ファイルが途中で切れていないか確かめてください。本当に減ったのなら dataset.yaml の expect を直してください。"
        return (Problem(code="too-few-rows", level=Level.ERROR, place=place, message=message, hint=hint),)
    if most is not None and rows > most:
        message = f"行が多めです（{rows}行。多くて{most}行のはず）。"
        return (Problem(code="too-many-rows", level=Level.WARNING, place=place, message=message),)
    return ()


# ── outcomes ───────────────────────────────────────────────────────────────────────────────────


def _kept_back(
    spec: DatasetSpec, problems: tuple[Problem, ...], traces: list[_Trace], drop: Drop | None = None
) -> Built:
    verdict = _verdict(problems, traces)
    return Built(spec=spec, outcome=_outcome(spec, verdict, problems, traces), package=None, drop=drop)


def _verdict(problems: tuple[Problem, ...], traces: list[_Trace]) -> Verdict:
    errors = [p for p in problems if p.level is Level.ERROR]
    if not errors and any(p.code in WAITING for p in problems):
        return Verdict.WAITING
    if errors and traces and all(trace.source is None for trace in traces):
        return Verdict.REJECTED
    return Verdict.WITHHELD if errors else Verdict.HELD


def _failed(spec: DatasetSpec, detail: str) -> Built:
    outcome = replace(_outcome(spec, Verdict.FAILED, (), []), detail=detail)
    return Built(spec=spec, outcome=outcome, package=None)


DECISIONS = {
    Verdict.PUBLISHED: "publish",
    Verdict.WITHHELD: "withhold",
    Verdict.HELD: "hold",
    Verdict.WAITING: "hold",
    Verdict.REJECTED: "reject",
}


def _outcome(spec: DatasetSpec, verdict: Verdict, problems: tuple[Problem, ...], traces: list[_Trace]) -> Outcome:
    from pipelines.reply import file_entry

    decision = DECISIONS.get(verdict, "withhold")
    seen = traces or [_Trace(_unopened(spec, problems))]
    entries = [file_entry(t.source, t.standard, t.file, spec, decision, t.problems, _fixes(t)) for t in seen]
    shown = {p for t in traces for p in t.problems}
    entries[0] = {**entries[0], "problems": [*_told(problems, shown), *entries[0]["problems"]]}
    return Outcome(
        dataset=spec.name,
        department=spec.department.title,
        title=spec.title,
        verdict=verdict,
        problems=problems,
        files=tuple(entries),
    )


def _unopened(spec: DatasetSpec, problems: tuple[Problem, ...]) -> DroppedFile:
    """What stands for the files of a dataset that were not opened: the place its first problem names."""
    folder = spec.folder or spec.department.folder
    return DroppedFile(path=folder, shown=problems[0].place.path if problems else folder.name, size=0, digest="")


def _told(problems: tuple[Problem, ...], shown: set[Problem]) -> list[dict[str, Any]]:
    from pipelines.reply import problem_entry

    return [problem_entry(p) for p in problems if p not in shown]


def _fixes(trace: _Trace) -> tuple[Fix, ...]:
    return trace.standard.fixes if trace.standard else ()


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
