"""Check without a network: the whole drop, or files wherever they are."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipelines.config import standard_dataset
from pipelines.intake import claimed_schema, dropped
from pipelines.model import (
    Catalog,
    ConfigError,
    DatasetSpec,
    Department,
    Drop,
    DroppedFile,
    Level,
    Outcome,
    Place,
    Problem,
    ReadOptions,
    Schema,
    Step,
)
from pipelines.run.build import Tools, build_one
from pipelines.run.conduct import Progress, Watch, build, tools_of
from pipelines.run.outcomes import noted
from pipelines.run.recognise import standard_of
from pipelines.run.skeleton import skeleton
from pipelines.run.workspace import Workspace


def check_drop(workspace: Workspace, watch: Watch) -> tuple[list[Outcome], tuple[Problem, ...]]:
    """Build everything into a folder that vanishes; nothing of it stays.  Outcomes, and what belongs to no dataset."""
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        made = build(workspace, watch=watch, out=Path(folder))
    return [b.outcome for b in made.built], made.found.problems


def check_files(workspace: Workspace, paths: Sequence[Path], watch: Watch) -> list[Outcome]:
    """Check single files (or all files of a folder), by their names and headers, as the catalogue would.

    Raises :class:`ConfigError` for a path that does not exist.
    """
    files = [file for path in paths for file in _files(path)]
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        workspace = _configured(workspace, Path(folder))
        tools = replace(tools_of(workspace, Path(folder), None), infer=True)
        outcomes = []
        for number, path in enumerate(files):
            watch(Progress(stage="build", done=number, total=len(files), name=path.name))
            outcomes.append(_check(workspace, path, tools))
    watch(Progress(stage="build", done=len(files), total=len(files)))
    return outcomes


def _configured(workspace: Workspace, folder: Path) -> Workspace:
    """The workspace, or one of no city in particular where there is no catalog.yaml yet."""
    if (workspace.datasets / "catalog.yaml").is_file():
        return workspace
    skeleton(workspace, "catalog", folder / "datasets", "点検", None)
    return Workspace(root=workspace.root, datasets=folder / "datasets", var=folder / "var")


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith((".", "~$")))
    if not path.exists():
        raise ConfigError(f"{path} がありません。")
    return [path]


def _check(workspace: Workspace, path: Path, tools: Tools) -> Outcome:
    """As the standard its name claims; its folder's name counts too, unless the columns speak against it."""
    file = replace(dropped(path.resolve(), workspace.datasets), shown=str(path))
    by_name = claimed_schema(path.stem, workspace.schemas)
    schema = by_name or claimed_schema(path.resolve().parent.name, workspace.schemas)
    if schema is not None:
        outcome = _built(standard_dataset(schema, _nobody(workspace.catalog), workspace.catalog, None), file, tools)
        if by_name or not _unlike(outcome):
            return outcome
    return _with_notice(_built(_unnamed(workspace, path), file, tools), workspace, path)


def _built(spec: DatasetSpec, file: DroppedFile, tools: Tools) -> Outcome:
    return build_one(spec, Step(Drop(spec=spec, files=(file,), digest=file.digest)), tools).outcome


def _unlike(outcome: Outcome) -> bool:
    """Whether the columns are those of another table."""
    return any(problem.code == "header-unlike-schema" for problem in outcome.problems)


def _with_notice(outcome: Outcome, workspace: Workspace, path: Path) -> Outcome:
    """What the name did not say: the standard whose columns these are, or that the types are only inferred."""
    header = next((entry["header"] for entry in outcome.files if entry["header"]), ())
    if not header:
        return outcome
    schema = standard_of(header, workspace.schemas)
    return noted(outcome, _inferred(path) if schema is None else _recognised(path, schema))


def _unnamed(workspace: Workspace, path: Path) -> DatasetSpec:
    """A dataset that no name speaks of: its schema will be inferred."""
    known = {n for s in workspace.schemas.values() for f in s.fields for n in (f.name, *f.aliases)}
    return DatasetSpec(
        name="checked",
        title=path.stem,
        department=_nobody(workspace.catalog),
        schema=None,
        licence=workspace.catalog.licence,
        options=ReadOptions(known=frozenset(known)),
    )


def _nobody(catalog: Catalog) -> Department:
    return Department(
        id="checked",
        title="点検",
        folder=catalog.root,
        municipality=catalog.publisher,
        code=catalog.code,
        credit=catalog.credit,
        licence=catalog.licence,
    )


def _recognised(path: Path, schema: Schema) -> Problem:
    return Problem(
        code="standard-recognised",
        level=Level.NOTICE,
        place=Place(path=str(path)),
        message=f"列を見ると、標準データセット「{schema.title}」のようです。",
        hint=f"ファイルの名前を「{schema.title}{path.suffix.lower()}」にすると、標準の形にそろえて点検・公開します。",
    )


def _inferred(path: Path) -> Problem:
    return Problem(
        code="schema-inferred",
        level=Level.NOTICE,
        place=Place(path=str(path)),
        message="標準データセットの名前ではないので、項目の種類はファイルから推し量りました。",
        hint="公開するには項目の定義が要ります。"
        "事務局が `publish.py new dataset フォルダー --from ファイル` で作ります。",
    )
