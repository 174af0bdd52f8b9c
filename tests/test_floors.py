"""The house's floors: who may import whom.  Read from the source with ast, nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STAGES = {
    "intake",
    "read",
    "standardize",
    "validate",
    "screen",
    "package",
    "publish",
    "measure",
    "report",
    "reply",
    "custom",
    "export",
}
LEVELS = {"model": 0, "fiscal": 0, "config": 1, "gateways": 1, "cleaning": 1, "run": 3, **dict.fromkeys(STAGES, 2)}
#: third-party module → parts of pipelines/ that may import it (None: the command line)
HOMES: dict[str, set[str]] = {
    "click": set(),
    "rich": {"run/console.py"},
    "ckanapi": {"gateways/ckan.py"},
    "sqlite3": {"gateways/store.py"},
    "requests": {"gateways/web.py"},
    "yaml": {"config/yamlfile.py"},
    "pydantic": {"config"},
    "frictionless": {"validate", "package"},
    "pandas": {"read", "standardize", "validate", "screen", "measure", "custom", "package"},
    "pyarrow": {"read", "standardize", "validate", "screen", "measure", "custom", "package"},
    "duckdb": {"measure"},
    "openpyxl": {"read", "reply"},
    "ckan": set(),
}
#: imports that cost time: allowed only inside functions, so that --help stays quick
HEAVY = {
    "pandas",
    "pyarrow",
    "frictionless",
    "duckdb",
    "openpyxl",
    "altair",
    "vl_convert",
    "docx",
    "xlsxwriter",
    "janome",
    "ckanapi",
    "requests",
    "phonenumbers",
    "pyproj",
    "jinja2",
    "numpy",
}
CHILDREN = {"read/child.py", "reply/child.py"}


def sources(root: Path = ROOT) -> list[Path]:
    """Every module of the product."""
    return sorted((root / "pipelines").rglob("*.py"))


def imports(tree: ast.Module) -> Iterator[tuple[str, int, bool]]:
    """(module, line, at top level) of every import that runs; TYPE_CHECKING blocks do not."""
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for part in node.body
        for inner in ast.walk(part)
    }
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, id(node) not in inside
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or ""), node.lineno, id(node) not in inside


def violations(path: Path, root: Path = ROOT) -> list[str]:
    """What one module may not import, as sentences."""
    inside = path.relative_to(root / "pipelines")
    part = inside.parts[0].removesuffix(".py")
    found = []
    for module, line, top in imports(ast.parse(path.read_text(encoding="utf-8"))):
        where = f"{inside}:{line} imports {module}"
        head, _, rest = module.partition(".")
        if module.startswith("."):
            found.append(f"{where}: relative imports hide the floor")
        elif head == "pipelines" and rest:
            other = rest.split(".")[0]
            found += [f"{where}: {reason}" for reason in [_upstairs(part, other)] if reason]
        elif head in HOMES and not _at_home(inside, part, HOMES[head]):
            found.append(f"{where}: not at home there")
        if head in HEAVY and top and str(inside) not in CHILDREN and "gateways" not in inside.parts:
            found += [] if _late(inside, part) else [f"{where}: heavy, import it inside a function"]
    return found


def _late(inside: Path, part: str) -> bool:
    """Modules that are themselves only imported inside functions: a custom transform, a stage's inner modules."""
    return part == "custom" or inside.name.startswith("_")


def _at_home(inside: Path, part: str, homes: set[str]) -> bool:
    return part in homes or str(inside) in homes


def _upstairs(part: str, other: str) -> str:
    if part == other or part == "__init__":
        return ""
    mine, theirs = LEVELS[part], LEVELS[other]
    if mine == 2 and theirs == 2:
        return "a stage never imports another stage"
    if theirs > mine:
        return "a lower floor never imports a higher one"
    if mine == 1 and theirs == 1 and other != "gateways":
        return "level 1 parts stand alone"
    return ""


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT / "pipelines")))
def test_module_keeps_to_its_floor(path: Path) -> None:
    """No module imports upwards, sideways between stages, or a library that has its home elsewhere."""
    assert violations(path) == []


def test_click_is_only_in_the_command_line() -> None:
    """click is imported by publish.py alone, and publish.py imports no other third-party library."""
    modules = {m.split(".")[0] for m, _, _ in imports(ast.parse((ROOT / "publish.py").read_text(encoding="utf-8")))}
    assert modules <= {
        "__future__",
        "click",
        "collections",
        "functools",
        "gc",
        "json",
        "pathlib",
        "pipelines",
        "sys",
        "typing",
    }


def test_model_needs_only_the_standard_library() -> None:
    """model/ imports nothing but the standard library and its own parts."""
    parts = sorted((ROOT / "pipelines/model").glob("*.py"))
    found = {m for part in parts for m, _, _ in imports(ast.parse(part.read_text("utf-8")))}
    ours = {m for m in found if m.startswith("pipelines.model.")}
    assert len(parts) > 5
    assert ours
    assert {m.split(".")[0] for m in found - ours} <= {
        "__future__",
        "collections",
        "dataclasses",
        "datetime",
        "enum",
        "pathlib",
        "typing",
    }


def test_a_command_is_options_help_and_one_call() -> None:
    """publish.py is long because it has many commands, each documented with examples: none has logic of its own."""
    tree = ast.parse((ROOT / "publish.py").read_text("utf-8"))
    decorated = [f for f in tree.body if isinstance(f, ast.FunctionDef) and f.decorator_list]
    assert len(decorated) > 25
    for function in decorated:
        inside = [s for s in ast.walk(function) if isinstance(s, ast.stmt)]
        work = [s for s in inside if not isinstance(s, ast.ImportFrom | ast.FunctionDef)]
        assert len(work) <= 6, f"{function.name} does more than call"  # the docstring is one of them


def test_product_never_imports_the_local_catalogue() -> None:
    """localcatalog/ is AGPL and stands apart: nothing in pipelines/ imports it or CKAN."""
    for path in sources():
        for module, line, _ in imports(ast.parse(path.read_text(encoding="utf-8"))):
            assert module.split(".")[0] not in {"localcatalog", "ckan", "ckanext"}, f"{path}:{line}"


@pytest.mark.parametrize(
    "where, line, why",
    [
        ("read/planted.py", "from pipelines.publish import apply", "stage"),
        ("cleaning/planted.py", "from pipelines.run import Workspace", "higher"),
        ("model/planted.py", "from pipelines.config import load_catalog", "higher"),
        ("reply/planted.py", "import ckanapi", "home"),
        ("report/planted.py", "def f():\n    import sqlite3", "home"),
        ("validate/planted.py", "import pandas", "heavy"),
        ("intake/tree.py", "from .model import Place", "relative"),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, where: str, line: str, why: str) -> None:
    """The check itself would fail: each kind of violation, planted, is reported."""
    path = tmp_path / "pipelines" / where
    path.parent.mkdir(parents=True)
    path.write_text(line + "\n", encoding="utf-8")
    assert any(why in sentence for sentence in violations(path, tmp_path))
