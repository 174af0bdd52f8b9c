"""The drop tree, walked: departments, datasets, candidates, strays.

The drop tree: ``datasets/<department>/department.yaml``; a standard dataset is a file named after it
(``公衆トイレ一覧.xlsx``, ``141500_public_toilet.csv``) directly in the department's folder, or a folder of its own;
any other dataset is a folder with ``dataset.yaml``.  Nothing in the tree is ever executed, moved or changed.
Intake never guesses between two candidates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.config import load_dataset, load_department, standard_dataset
from pipelines.intake.files import Clock, Watch, digest_of, drop_of
from pipelines.intake.names import BROWSER_COPY, claimed_schema, entries, ignored, problem, put_aside, shown_path, stray
from pipelines.model import Catalog, ConfigError, DatasetSpec, Department, Drop, Level, Problem, Schema, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What the drop tree holds: one Step per dataset found, and the problems of no dataset in particular."""

    departments: tuple[Department, ...]
    drops: tuple[tuple[DatasetSpec, Step[Drop]], ...]
    problems: tuple[Problem, ...]


def intake(catalog: Catalog, schemas: Mapping[str, Schema], clock: Clock | None = None) -> Intake:
    """Find every department, dataset and settled file under ``catalog.root``.

    Raises :class:`ConfigError` when the tree holds no department at all: an empty drop is never an order to delete.
    """
    watch = Watch(catalog, clock or Clock())
    departments, problems = _departments(catalog)
    found: list[tuple[DatasetSpec, Step[tuple[Path, ...]]]] = []
    for department in departments:
        datasets, strays = _datasets(department, catalog, schemas)
        found += datasets
        problems += strays
    problems += _doubled(found)
    watch.observe(path for _, step in found for path in step.value or ())
    drops = tuple((spec, drop_of(spec, step, watch)) for spec, step in found)
    return Intake(departments=tuple(departments), drops=drops, problems=tuple(problems))


# ── departments ────────────────────────────────────────────────────────────────────────────────


def _departments(catalog: Catalog) -> tuple[list[Department], list[Problem]]:
    departments: list[Department] = []
    problems = put_aside(catalog, catalog.root)
    for entry in entries(catalog.root):
        if entry.is_dir():
            if (entry / "department.yaml").is_file():
                departments.append(load_department(entry, catalog))
            else:
                problems.append(stray(catalog, entry, "このフォルダーには department.yaml がありません。"))
        elif not ignored(entry):
            problems.append(stray(catalog, entry, "部署のフォルダーの外にファイルがあります。"))
    if not departments:
        raise ConfigError(
            f"{catalog.root} に部署のフォルダーがありません。"
            "空のフォルダーは「すべて消す」指示とはみなさず、何もせずに終わります。"
        )
    _unique_ids(departments)
    return departments, problems


def _unique_ids(departments: list[Department]) -> None:
    seen: dict[str, Department] = {}
    for department in departments:
        if department.id in seen:
            other = seen[department.id].folder
            raise ConfigError(f"{department.folder}/department.yaml: id「{department.id}」は {other} と同じです。")
        seen[department.id] = department


# ── datasets ───────────────────────────────────────────────────────────────────────────────────

Found = tuple[DatasetSpec, Step[tuple[Path, ...]]]


def _datasets(
    department: Department, catalog: Catalog, schemas: Mapping[str, Schema]
) -> tuple[list[Found], list[Problem]]:
    found: list[Found] = []
    problems = put_aside(catalog, department.folder)
    loose: dict[str, list[Path]] = {}
    for entry in entries(department.folder):
        if entry.is_dir():
            step = _folder(entry, department, catalog, schemas)
            found += [step.value] if step.value else []
            problems += step.problems
        elif not ignored(entry):
            schema = claimed_schema(entry.stem, schemas)
            if schema is None:
                problems.append(stray(catalog, entry, "どのデータセットのファイルか分かりません。"))
            else:
                loose.setdefault(schema.name, []).append(entry)
    for name, paths in loose.items():
        spec = standard_dataset(schemas[name], department, catalog, None)
        found.append((spec, _one_of(paths, catalog)))
    return found, problems


def _folder(folder: Path, department: Department, catalog: Catalog, schemas: Mapping[str, Schema]) -> Step[Found]:
    candidates = [p for p in entries(folder) if p.is_file() and not ignored(p)]
    folders = [path for path in entries(folder) if path.is_dir()]
    nested = tuple(stray(catalog, path, "データセットのフォルダーの中にフォルダーがあります。") for path in folders)
    nested += tuple(put_aside(catalog, folder))
    schema = claimed_schema(folder.name, schemas) or _claimed_by_all(candidates, schemas)
    if (folder / "dataset.yaml").is_file():
        spec = load_dataset(folder, department, catalog, schemas, schema)
    elif schema is not None:
        spec = standard_dataset(schema, department, catalog, folder)
    else:
        message = "どの標準データセットか分からず、dataset.yaml もありません。"
        hint = "`publish.py new` で dataset.yaml を作るか、フォルダーの名前を標準データセットの名前にしてください。"
        return Step(None, (*nested, stray(catalog, folder, message, hint, "dataset-unknown")))
    return Step((spec, _files_of(spec, folder, candidates, catalog)), nested)


def _claimed_by_all(paths: list[Path], schemas: Mapping[str, Schema]) -> Schema | None:
    claims = {schema.name: schema for path in paths if (schema := claimed_schema(path.stem, schemas))}
    return next(iter(claims.values())) if len(claims) == 1 else None


def _files_of(spec: DatasetSpec, folder: Path, candidates: list[Path], catalog: Catalog) -> Step[tuple[Path, ...]]:
    named: tuple[str, ...] = spec.settings.get("files", ())
    if named:
        return _named_files(named, folder, catalog)
    if spec.combine in ("stack", "resources"):
        return Step(tuple(candidates)) if candidates else Step(None, (_nothing(folder, catalog),))
    return _one_of(candidates, catalog) if candidates else Step(None, (_nothing(folder, catalog),))


def _named_files(named: tuple[str, ...], folder: Path, catalog: Catalog) -> Step[tuple[Path, ...]]:
    paths: list[Path] = []
    problems: list[Problem] = []
    for pattern in named:
        matches = sorted(p for p in folder.glob(pattern) if p.is_file() and not ignored(p))
        paths += matches
        if not matches:
            message = f"dataset.yaml に書かれたファイル「{pattern}」がありません。"
            problems.append(problem("file-missing", Level.ERROR, shown_path(folder, catalog), message))
    return Step(tuple(dict.fromkeys(paths)) or None, tuple(problems))


def _one_of(paths: list[Path], catalog: Catalog) -> Step[tuple[Path, ...]]:
    """The single candidate; browser copies of identical content are one; anything else is sent back."""
    by_content: dict[str, list[Path]] = {}
    for path in paths:
        by_content.setdefault(digest_of(path), []).append(path)
    if len(by_content) == 1:
        chosen = min(paths, key=lambda p: (bool(BROWSER_COPY.search(p.stem)), len(p.name), p.name))
        return Step((chosen,), tuple(_copy_notice(p, chosen, catalog) for p in paths if p != chosen))
    names = "、".join(sorted(p.name for p in paths))
    count = len(by_content)
    reason = "どれが正しいか決められないため、公開を見送りました。"
    message = f"同じデータセットの候補が{count}つあります（{names}）。{reason}"
    hint = "要らないファイルを消すか、dataset.yaml の「file:」に使うファイルの名前を書いてください。"
    return Step(None, (problem("two-candidates", Level.ERROR, shown_path(paths[0].parent, catalog), message, hint),))


def _copy_notice(path: Path, chosen: Path, catalog: Catalog) -> Problem:
    message = f"「{path.name}」は「{chosen.name}」と同じ内容なので使いませんでした。"
    return problem("same-content", Level.NOTICE, shown_path(path, catalog), message)


def _nothing(folder: Path, catalog: Catalog) -> Problem:
    message = "データのファイルがありません。公開中のものはそのまま残します。"
    hint = "CSV か Excel のファイルを入れてください。公開をやめるときは dataset.yaml に withdraw: を書きます。"
    return problem("file-missing", Level.ERROR, shown_path(folder, catalog), message, hint)


def _doubled(found: list[Found]) -> list[Problem]:
    by_name: dict[str, list[DatasetSpec]] = {}
    for spec, _ in found:
        by_name.setdefault(spec.name, []).append(spec)
    doubled = {name: specs for name, specs in by_name.items() if len(specs) > 1}
    if doubled:
        name, specs = next(iter(doubled.items()))
        folders = "、".join(str(s.folder or s.department.folder) for s in specs)
        raise ConfigError(f"データセット名「{name}」が2か所にあります（{folders}）。どちらかの name を変えてください。")
    return []
