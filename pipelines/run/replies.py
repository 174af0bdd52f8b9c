"""Pages and marked-up workbooks on disk: one page per dataset, an index per department, one index over all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipelines.model import Catalog, Outcome, Verdict
from pipelines.run.build import Built

MARKED = {Verdict.WITHHELD, Verdict.HELD}
PUBLIC = {Verdict.PUBLISHED, Verdict.UPDATED, Verdict.UNCHANGED}


def write_replies(
    folder: Path, catalog: Catalog, outcomes: Sequence[Outcome], built: Sequence[Built], portal: str
) -> Path:
    """Write what departments get back; a page that would not change is not touched.  Returns the index."""
    from pipelines.reply import index_page

    folder.mkdir(parents=True, exist_ok=True)
    by_department: dict[str, list[Outcome]] = {}
    for outcome, one in zip(outcomes, built, strict=True):
        _page(folder, catalog, outcome, one, portal)
        by_department.setdefault(one.spec.department.id, []).append(outcome)
    titles = {b.spec.department.id: b.spec.department.title for b in built}
    for name, members in by_department.items():
        page = index_page(titles[name], members, _links(members), catalog_title=catalog.title)
        _write(folder / f"department-{name}.html", page)
    index = folder / "index.html"
    _write(index, index_page("すべての部署", outcomes, _links(outcomes), catalog_title=catalog.title))
    return index


def _page(folder: Path, catalog: Catalog, outcome: Outcome, built: Built, portal: str) -> None:
    from pipelines.reply import page

    marked = _marked(folder, outcome, built)
    url = f"{portal}/dataset/{outcome.dataset}" if portal and outcome.verdict in PUBLIC else None
    text = page(
        outcome,
        catalog_title=catalog.title,
        marked=marked.name if marked else None,
        url=url,
        contact=built.spec.department.contact,
    )
    _write(folder / f"{outcome.dataset}.html", text)


def _marked(folder: Path, outcome: Outcome, built: Built) -> Path | None:
    """The department's own workbook with the cells marked: of several files, the one with most to mend."""
    from pipelines.reply import marked_copy

    target = folder / f"{outcome.dataset}.xlsx"
    cells = Counter(p.place.path for p in outcome.problems if p.place.cell)
    files = built.drop.files if built.drop and outcome.verdict in MARKED else ()
    file = max(files, key=lambda f: cells[f.shown], default=None)
    if file is None or not cells[file.shown]:
        target.unlink(missing_ok=True)
        return None
    if built.kept and target.is_file():
        return target
    entry = next((e for e in outcome.files if e["path"] == file.shown), {})
    problems = [p for p in outcome.problems if p.place.path == file.shown]
    return marked_copy(file.path, problems, target, encoding=entry.get("encoding"))


def _links(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {outcome.dataset: f"{outcome.dataset}.html" for outcome in outcomes}


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and only when it differs."""
    content = text.encode()
    if path.exists() and path.read_bytes() == content:
        return
    beside = path.with_name(path.name + ".tmp")
    beside.write_bytes(content)
    beside.replace(path)
