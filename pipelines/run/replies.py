"""Pages and marked-up workbooks on disk: one page per dataset, an index per department, one index over all.

What a department has to do something about is also put beside its own files, into ``確認結果/`` of its folder, which
intake passes over; it goes from there when the file is mended.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Container, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.intake import REPLIES
from pipelines.model import Catalog, DroppedFile, Outcome, Verdict
from pipelines.publish import Archive
from pipelines.run.build import Built, code_version

log = logging.getLogger(__name__)

#: unchanged, published for the first time, or taken back: there is no difference to show
NOTHING_TO_TELL = {Verdict.UNCHANGED, Verdict.PUBLISHED, Verdict.WITHDRAWN}
#: a dataset of more files than this is mended some files at a time
_COPIES = 10
TO_DO = {Verdict.WITHHELD, Verdict.HELD, Verdict.REJECTED}
PUBLIC = {Verdict.PUBLISHED, Verdict.UPDATED, Verdict.UNCHANGED}


def write_replies(
    folder: Path,
    catalog: Catalog,
    outcomes: Sequence[Outcome],
    built: Sequence[Built],
    portal: str,
    archive: Archive | None = None,
) -> Path:
    """Write what departments get back; a page that would not change is not touched.  Returns the index.

    ``archive`` has the published versions: what changes is told against the one before.
    """
    from pipelines.reply import index_page

    folder.mkdir(parents=True, exist_ok=True)
    by_department: dict[str, list[Outcome]] = {}
    for outcome, one in zip(outcomes, built, strict=True):
        _hand_over(_page(folder, catalog, outcome, one, portal, archive), outcome, one)
        by_department.setdefault(one.spec.department.id, []).append(outcome)
    titles = {b.spec.department.id: b.spec.department.title for b in built}
    for name, members in by_department.items():
        page = index_page(titles[name], members, _links(members), catalog_title=catalog.title)
        _write(folder / f"department-{name}.html", page)
    index = folder / "index.html"
    _write(index, index_page("すべての部署", outcomes, _links(outcomes), catalog_title=catalog.title))
    return index


def _page(
    folder: Path, catalog: Catalog, outcome: Outcome, built: Built, portal: str, archive: Archive | None
) -> tuple[Path, list[Path]]:
    """The page, and the marked workbooks."""
    from pipelines.reply import page, preview

    marked = _marked(folder, outcome, built)
    url = f"{portal}/dataset/{outcome.dataset}" if portal and outcome.verdict in PUBLIC else None
    target, stamp = folder / f"{outcome.dataset}.html", _stamp(outcome, built, catalog, url)
    if outcome.verdict is Verdict.UNCHANGED and _ending(target, len(stamp)) == stamp:
        return target, list(marked)
    # what was taken back is shown to nobody any more
    files = built.package.files if built.package and outcome.verdict is not Verdict.WITHDRAWN else ()
    text = page(
        outcome,
        catalog_title=catalog.title,
        marked={copy.name: original for copy, original in marked.items()},
        url=url,
        contact=built.spec.department.contact,
        differences=_differences(outcome, built, archive),
        previews=[preview(file) for file in files if file.rows is not None],
    )
    _write(target, text + stamp.decode())
    return target, list(marked)


def _stamp(outcome: Outcome, built: Built, catalog: Catalog, url: str | None) -> bytes:
    """What a page without differences is made of, for its last line: a thousand unchanged pages are not drawn again."""
    digest = built.package.digest if built.package else ""
    parts = (code_version(), outcome, digest, catalog.title, url, built.spec.department.contact)
    return f"<!-- {hashlib.sha256(repr(parts).encode()).hexdigest()} -->\n".encode()


def _ending(path: Path, size: int) -> bytes:
    try:
        with path.open("rb") as stream:
            stream.seek(-size, 2)
            return stream.read()
    except OSError:
        return b""


def _differences(outcome: Outcome, built: Built, archive: Archive | None) -> list[Any]:
    """Against what was online before this run."""
    from pipelines.reply import difference

    if built.package is None or archive is None or outcome.verdict in NOTHING_TO_TELL:
        return []
    kept = archive.versions(outcome.dataset)
    kept = kept[:-1] if outcome.verdict is Verdict.UPDATED else kept
    if not kept or not kept[-1].intact():
        return []
    key = built.spec.schema.primary_key if built.spec.schema else ()
    tables = [file for file in built.package.files if file.rows is not None]
    pairs = [(file, kept[-1].file(file.key)) for file in tables]
    return [difference(file.title, old.path, file.path, key) for file, old in pairs if old is not None]


# ── beside the department's own files ──────────────────────────────────────────────────────────


def _hand_over(made: tuple[Path, list[Path]], outcome: Outcome, built: Built) -> None:
    """The page and the workbooks into the department's 確認結果; all go when there is nothing left to do."""
    home = built.spec.department.folder / REPLIES
    name = re.sub(r'[\\/:*?"<>|\s]+', "_", f"{outcome.title}_{outcome.dataset}")[:100]
    files = [made[0], *made[1]] if outcome.verdict in TO_DO else []
    wanted = {name + file.name.removeprefix(outcome.dataset): file for file in files}
    try:
        _sweep(home, name, wanted)
        for target, source in wanted.items():
            home.mkdir(exist_ok=True)
            content = source.read_bytes()
            for copy in made[1] if target.endswith(".html") else ():
                new = name + copy.name.removeprefix(outcome.dataset)
                content = content.replace(f'href="{copy.name}">{copy.name}'.encode(), f'href="{new}">{new}'.encode())
            if not (home / target).is_file() or (home / target).read_bytes() != content:
                (home / target).write_bytes(content)
        if home.is_dir() and not any(home.iterdir()):
            home.rmdir()
    except OSError as error:  # a drop that may only be read: the reply stays under var/
        log.warning("確認結果を %s に置けません: %s", home, error)


def _sweep(folder: Path, name: str, kept: Container[str]) -> None:
    """Remove what earlier replies of this name left: ``name.html``, ``name.xlsx``, ``name.2.xlsx`` …"""
    for path in folder.iterdir() if folder.is_dir() else ():
        told = re.fullmatch(r"(?:\.\d+)?\.(?:html|xlsx|xlsm)", path.name.removeprefix(name))
        if path.name.startswith(name) and told and path.name not in kept:
            path.unlink()


def _marked(folder: Path, outcome: Outcome, built: Built) -> dict[Path, str]:
    """The department's own workbooks with the cells marked, most to mend first, and the files they are copies of."""
    named = Counter(p.place.path for p in outcome.problems if p.place.cell)
    files = built.drop.files if built.drop and outcome.verdict in TO_DO else ()
    wrong = sorted((file for file in files if named[file.shown]), key=lambda file: -named[file.shown])[:_COPIES]
    made: dict[Path, str] = {}
    for number, file in enumerate(wrong, start=1):
        copy = _copy(folder / f"{outcome.dataset}{f'.{number}' if number > 1 else ''}.xlsx", file, outcome, built)
        made |= {copy: file.shown} if copy else {}
    _sweep(folder, outcome.dataset, {f"{outcome.dataset}.html", *(copy.name for copy in made)})
    return made


def _copy(target: Path, file: DroppedFile, outcome: Outcome, built: Built) -> Path | None:
    from pipelines.read import cells
    from pipelines.reply import marked_copy

    kept = [path for path in (target, target.with_suffix(".xlsm")) if path.is_file()]
    if built.kept and kept:
        return kept[0]
    entry = next((e for e in outcome.files if e["path"] == file.shown), {})
    problems = [p for p in outcome.problems if p.place.path == file.shown]
    read = partial(cells, file, built.spec.options)
    return marked_copy(file.path, problems, target, encoding=entry.get("encoding"), cells=read)


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
