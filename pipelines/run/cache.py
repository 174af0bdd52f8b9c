"""What was built before and would come out the same: kept in the state file, trusted only while the bytes agree.

What was kept back is remembered too, with its problems, until the file, the settings, the code or an approval changes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pipelines.gateways.store import Store
from pipelines.model import DatasetSpec, Drop, Level, Outcome, Package, PackageFile, Place, Problem, Step, Verdict
from pipelines.run.build import Built, Tools, build_key

LASTING = {Verdict.PUBLISHED, Verdict.WITHHELD, Verdict.HELD, Verdict.REJECTED}

DEFINITION = """
CREATE TABLE IF NOT EXISTS built (dataset TEXT PRIMARY KEY, key TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS column_baseline (dataset TEXT PRIMARY KEY, columns TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS row_baseline (dataset TEXT PRIMARY KEY, rows TEXT NOT NULL);
"""


class BuildCache:
    """Packages by what they are made of."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.define(DEFINITION)
        self.known = {row["dataset"]: row for row in store.rows("SELECT * FROM built")}

    def find(self, spec: DatasetSpec, step: Step[Drop], tools: Tools) -> Built | None:
        """What exactly this drop came to, if the files of its package are still what was built."""
        row = self.known.get(spec.name)
        if step.value is None or row is None or row["key"] != build_key(step.value, tools):
            return None
        document = json.loads(row["document"])
        package = _package(document, spec, tools.out) if document["package"] else None
        if package is not None and not _intact(package):
            return None
        outcome = Outcome(
            dataset=spec.name,
            department=spec.department.title,
            title=spec.title,
            verdict=Verdict(document["verdict"]),
            problems=tuple(_problem(p) for p in document["problems"]),
            files=tuple(document["entries"]),
        )
        columns = tuple(document["columns"])
        return Built(spec=spec, outcome=outcome, package=package, drop=step.value, source_columns=columns, kept=True)

    def keep(self, built: Built, tools: Tools) -> None:
        """Remember what a drop came to; a bug or a file that must wait is looked at again next time."""
        if built.drop is None or built.outcome.verdict not in LASTING:
            return
        document = {
            "verdict": built.outcome.verdict.value,
            "package": built.package is not None,
            "digest": built.package.digest if built.package else "",
            "files": [_file(f) for f in built.package.files] if built.package else [],
            "problems": [asdict(p) for p in built.outcome.problems],
            "entries": built.outcome.files,
            "columns": built.source_columns,
        }
        text, key = json.dumps(document, ensure_ascii=False), build_key(built.drop, tools)
        self.store.write("INSERT OR REPLACE INTO built VALUES (?, ?, ?)", (built.name, key, text))

    def baseline(self) -> dict[str, frozenset[str]]:
        """The columns each dataset had in its file when it was last published."""
        rows = self.store.rows("SELECT * FROM column_baseline")
        return {row["dataset"]: frozenset(json.loads(row["columns"])) for row in rows}

    def keep_baseline(self, dataset: str, columns: tuple[str, ...]) -> None:
        """Note the columns of a file that has been published."""
        text = json.dumps(sorted(columns), ensure_ascii=False)
        self.store.write("INSERT OR REPLACE INTO column_baseline VALUES (?, ?)", (dataset, text))

    def row_baseline(self) -> dict[str, dict[str, int]]:
        """The rows that each table (by resource key) of each dataset had when it was last published."""
        rows = self.store.rows("SELECT * FROM row_baseline")
        return {row["dataset"]: json.loads(row["rows"]) for row in rows}

    def keep_rows(self, package: Package, known: dict[str, int] | None = None) -> None:
        """Note how many rows are published now; nothing is written where they are ``known``."""
        rows = {file.key: file.rows for file in package.files if file.rows is not None}
        if rows != known:
            text = json.dumps(rows)
            self.store.write("INSERT OR REPLACE INTO row_baseline VALUES (?, ?)", (package.spec.name, text))


def _file(file: PackageFile) -> dict[str, Any]:
    columns = [f.name for f in file.schema.fields] if file.schema else None
    return {**asdict(replace(file, schema=None)), "path": file.path.name, "columns": columns}


def _package(document: dict[str, Any], spec: DatasetSpec, packages: Path) -> Package:
    from pipelines.standardize import narrowed

    folder = packages / spec.name
    files = []
    for entry in document["files"]:
        fields = {k: v for k, v in entry.items() if k not in ("columns", "path", "schema")}
        schema = narrowed(spec.schema, entry["columns"]) if spec.schema and entry["columns"] else None
        files.append(PackageFile(path=folder / entry["path"], schema=schema, **fields))
    return Package(spec=spec, folder=folder, files=tuple(files), digest=document["digest"])


def _intact(package: Package) -> bool:
    """Whether every file on disk is byte for byte what was built."""
    try:
        return (package.folder / "datapackage.json").is_file() and all(
            hashlib.sha256(file.path.read_bytes()).hexdigest() == file.digest for file in package.files
        )
    except OSError:
        return False


def _problem(entry: dict[str, Any]) -> Problem:
    also = tuple(Place(**place) for place in entry.get("also", ()))
    return Problem(**{**entry, "level": Level(entry["level"]), "place": Place(**entry["place"]), "also": also})
