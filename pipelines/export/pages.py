"""The site's pages: Japanese, WCAG 2.2 AA, printable, complete without script and without network."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.export.addresses import SiteAddresses
from pipelines.export.dcat import description
from pipelines.export.facts import Dates, Moments, schema_of, standard
from pipelines.export.preview import Column, Preview, dictionary, preview
from pipelines.export.schemaorg import data_catalog, dataset, script
from pipelines.model import Catalog, DatasetSpec, Package

if TYPE_CHECKING:
    import jinja2
    import markupsafe

#: columns of a table that go on paper
PAPER = 8
_TEMPLATES = Path(__file__).parent / "templates"
_ADDRESS = re.compile(r"https?://[!#-;=?-~]+")
_SUMMARY = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A dataset as it stands in a list; ``words`` is what the filter looks through, folded."""

    name: str
    title: str
    summary: str
    formats: tuple[str, ...]
    sample: bool
    modified: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A department with its datasets."""

    id: str
    title: str
    municipality: str
    code: str
    contact: str
    email: str
    sample: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A table as the page shows it."""

    title: str
    columns: tuple[Column, ...]
    preview: Preview
    described: bool
    units: bool
    examples: bool
    promises: bool

    def kind(self, column: int) -> markupsafe.Markup:
        """The class attribute of a cell in that column (0-based)."""
        import markupsafe

        number = "number" * (column in self.preview.numeric)
        names = " ".join(filter(None, (number, "rest" * (column >= PAPER))))
        return markupsafe.Markup(' class="{}"').format(names) if names else markupsafe.Markup("")


def index_page(
    packages: Sequence[Package], catalog: Catalog, addresses: SiteAddresses, dates: Dates, *, feed: bool
) -> str:
    """The first page: every dataset by department, and the catalogue for machines."""
    return _render(
        "index.html",
        catalog,
        "",
        description=description(catalog),
        groups=groups(packages, catalog, dates),
        total=len(packages),
        samples=sum(p.spec.department.sample for p in packages),
        files=sum(len(p.files) for p in packages),
        feed=feed,
        whole=bool(addresses.base),
        structured=_trusted(script(data_catalog(packages, catalog, addresses, dates))),
    )


def department_page(group: Group, catalog: Catalog) -> str:
    """One department's datasets."""
    return _render("department.html", catalog, "../", group=group)


def dataset_page(package: Package, catalog: Catalog, addresses: SiteAddresses, moments: Moments) -> str:
    """One dataset: its files with sizes and digests, first rows, columns, licence and credit."""
    spec = package.spec
    return _render(
        "dataset.html",
        catalog,
        "../",
        spec=spec,
        group_title=department_title(spec, catalog),
        canonical=addresses.dataset(spec.name) if addresses.base.startswith("http") else "",
        paragraphs=_paragraphs(spec) or [spec.title],
        files=[_file(f) for f in package.files],
        tables=_tables(package),
        facts=_facts(package, catalog, moments),
        paper=PAPER,
        structured=_trusted(script(dataset(package, catalog, addresses, moments))),
    )


def missing_page(catalog: Catalog, addresses: SiteAddresses) -> str:
    """What a server shows for an address that does not exist; it may stand at any depth, so links are absolute."""
    return _render("404.html", catalog, addresses.base)


def groups(packages: Sequence[Package], catalog: Catalog, dates: Dates) -> list[Group]:
    """Departments with what they have, the city's own before samples, each city's together."""
    order: dict[str, list[Package]] = {}
    for package in sorted(packages, key=_place):
        order.setdefault(package.spec.department.id, []).append(package)
    return [_group(members, catalog, dates) for members in order.values()]


def _place(package: Package) -> tuple[bool, str, str, str]:
    department = package.spec.department
    return department.sample, department.code, department.id, package.spec.name


def department_title(spec: DatasetSpec, catalog: Catalog) -> str:
    """Another city's department says whose it is."""
    department = spec.department
    own = department.municipality == catalog.publisher
    return department.title if own else f"{department.municipality} {department.title}"


def _group(members: Sequence[Package], catalog: Catalog, dates: Dates) -> Group:
    department = members[0].spec.department
    return Group(
        id=department.id,
        title=department_title(members[0].spec, catalog),
        municipality=department.municipality,
        code=department.code,
        contact=department.contact,
        email=department.email,
        sample=department.sample,
        entries=tuple(_entry(p, dates.get(p.spec.name, Moments())) for p in members),
    )


def _entry(package: Package, moments: Moments) -> Entry:
    spec = package.spec
    formats = tuple(dict.fromkeys(f.format for f in package.files))
    department = spec.department
    words = (spec.title, spec.notes, spec.name, *spec.tags, *formats, department.title, department.municipality)
    return Entry(
        name=spec.name,
        title=spec.title,
        summary=_summary(spec),
        formats=formats,
        sample=department.sample,
        modified=moments.modified[:10],
        words=unicodedata.normalize("NFKC", " ".join(words)).lower(),
    )


def _summary(spec: DatasetSpec) -> str:
    """The first paragraph that says what the data are (of a sample, the one after the words that it is one)."""
    paragraphs = [" ".join(p.split()) for p in _paragraphs(spec)]
    told = paragraphs[1:] if spec.department.sample and len(paragraphs) > 1 else paragraphs
    text = told[0] if told else ""
    return text if len(text) <= _SUMMARY else text[: _SUMMARY - 1] + "…"


def _paragraphs(spec: DatasetSpec) -> list[str]:
    return [p for p in re.split(r"\n\s*\n", spec.notes) if p.strip()]


def _file(file: Any) -> dict[str, Any]:
    return {
        "key": file.key,
        "title": file.title,
        "filename": file.path.name,
        "size": size(file.size),
        "rows": file.rows,
        "digest": file.digest,
        "description": file.description,
    }


def _tables(package: Package) -> list[Shown]:
    tables = []
    for file in package.files:
        if file.format != "CSV":
            continue
        columns = dictionary(package, file)
        shown = Shown(
            title=file.title,
            columns=columns,
            preview=preview(file, columns),
            described=any(c.description for c in columns),
            units=any(c.unit for c in columns),
            examples=any(c.example for c in columns),
            promises=any(c.allowed for c in columns),
        )
        tables.append(shown)
    return tables


def _facts(package: Package, catalog: Catalog, moments: Moments) -> list[tuple[str, str]]:
    spec, conforms = package.spec, standard(schema_of(package))
    department = spec.department
    pairs = [
        ("公開している部署", f"{department.municipality} {department.title}"),
        ("問い合わせ", department.contact),
        ("公開日", (moments.issued or package.issued)[:10]),
        ("更新日", moments.modified[:10]),
        ("更新頻度", spec.frequency),
        ("対象期間", "〜".join(spec.temporal or ())),
        ("対象地域", spec.spatial),
        ("そろえた標準", f"{conforms.name} {conforms.version}".strip() if conforms else ""),
        ("キーワード", "、".join(spec.tags)),
        ("版", spec.version),
        ("もとのページ", spec.source_url if spec.source_url != catalog.homepage else ""),
        ("識別子", spec.name),
    ]
    return [(label, value) for label, value in pairs if value]


# ── rendering ──────────────────────────────────────────────────────────────────────────────────


def _render(template: str, catalog: Catalog, up: str, **values: Any) -> str:
    return _environment().get_template(template).render(catalog=catalog, up=up, **values)


_CACHE: dict[str, Any] = {}


def _environment() -> jinja2.Environment:
    if "environment" not in _CACHE:
        import jinja2

        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
        )
        environment.filters.update(_FILTERS)
        _CACHE["environment"] = environment
    return _CACHE["environment"]  # type: ignore[no-any-return]


def linked(text: str) -> markupsafe.Markup:
    """The text, escaped, with its http(s) addresses as links."""
    import markupsafe

    parts: list[markupsafe.Markup] = []
    at = 0
    for found in _ADDRESS.finditer(text):
        address = found.group().rstrip(".,;:)!?'")
        link = markupsafe.Markup('<a href="{0}">{0}</a>').format(address)
        parts += [markupsafe.escape(text[at : found.start()]), link]
        at = found.start() + len(address)
    return markupsafe.Markup("").join([*parts, markupsafe.escape(text[at:])])


def size(number: int) -> str:
    """Bytes as people read them: 812 B, 40.2 KB, 1.3 MB."""
    value, unit = float(number), "B"
    for larger in ("KB", "MB", "GB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def _thousands(number: int) -> str:
    return f"{number:,}"


def _trusted(text: str) -> markupsafe.Markup:
    import markupsafe

    return markupsafe.Markup(text)


_FILTERS: Mapping[str, Any] = {"linked": linked, "thousands": _thousands}
