"""The catalogue in DCAT 3 (https://www.w3.org/TR/vocab-dcat-3/), with the code lists that DCAT-AP uses.

What our own shapes check (``shapes/catalogue.ttl``) is all that is claimed; whether a profile such as DCAT-AP or
DCAT-AP(-JP) is met has to be checked by that profile's own validator.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.export.addresses import Addresses
from pipelines.export.facts import Dates, Moments, frequency, licence_address, period_type, schema_of, standard, wkt
from pipelines.export.graph import Description, Graph, Iri, Literal
from pipelines.model import Catalog, DatasetSpec, Licence, Package, PackageFile

_EU = "http://publications.europa.eu/resource/authority/"
_IANA = "https://www.iana.org/assignments/media-types/"
_JAPANESE = f"{_EU}language/JPN"
_FILE_TYPES = {"CSV": "CSV", "GeoJSON": "GEOJSON", "JSON": "JSON", "XML": "XML"}


def catalogue_graph(packages: Sequence[Package], catalog: Catalog, addresses: Addresses, dates: Dates) -> Graph:
    """The whole catalogue: one ``dcat:Catalog``, its datasets and their distributions."""
    graph = Graph()
    node = _catalogue(graph, catalog, addresses)
    node.link("dcat:dataset", *(dataset_iri(p.spec.name, addresses) for p in packages))
    newest = max((dates[p.spec.name].modified for p in packages if p.spec.name in dates), default="")
    _moment(node, "dct:modified", newest)
    for package in packages:
        _dataset(graph, package, catalog, addresses, dates.get(package.spec.name, Moments()))
    return graph


def dataset_graph(package: Package, catalog: Catalog, addresses: Addresses, moments: Moments) -> Graph:
    """One dataset alone, with the catalogue it belongs to."""
    graph = Graph()
    _catalogue(graph, catalog, addresses).link("dcat:dataset", dataset_iri(package.spec.name, addresses))
    _dataset(graph, package, catalog, addresses, moments)
    return graph


def catalogue_iri(addresses: Addresses) -> str:
    """What names the catalogue itself, not its page."""
    return f"{addresses.home()}#catalog"


def dataset_iri(name: str, addresses: Addresses) -> str:
    """What names the dataset itself, not its page."""
    return f"{addresses.dataset(name)}#dataset"


# ── the catalogue ──────────────────────────────────────────────────────────────────────────────


def _catalogue(graph: Graph, catalog: Catalog, addresses: Addresses) -> Description:
    node = graph.describe(catalogue_iri(addresses), "dcat:Catalog")
    node.text("dct:title", catalog.title)
    node.text("dct:description", description(catalog))
    node.link("dct:publisher", _agent(graph, addresses, catalog.code, catalog.publisher))
    node.link("foaf:homepage", _page(graph, addresses.home()))
    node.link("dct:language", _coded(graph, _JAPANESE, "dct:LinguisticSystem"))
    node.link("dct:license", _licence(graph, catalog.licence))
    node.plain("dct:identifier", catalog.code)
    return node


def description(catalog: Catalog) -> str:
    """What the catalogue is, in one sentence."""
    return f"{catalog.publisher}が公開するオープンデータの一覧です。"


def _agent(graph: Graph, addresses: Addresses, code: str, name: str) -> str:
    node = graph.describe(f"{addresses.home()}#municipality-{code}", "foaf:Agent")
    node.text("foaf:name", name).plain("dct:identifier", code)
    return node.iri


def _page(graph: Graph, address: str) -> str:
    return graph.describe(address, "foaf:Document").iri if address else ""


def _coded(graph: Graph, address: str, kind: str) -> str:
    """A value of a code list, with the class that the property asks for."""
    return graph.describe(address, kind).iri if address else ""


def _licence(graph: Graph, licence: Licence) -> str:
    if not licence.url:
        return ""
    node = graph.describe(licence_address(licence.url), "dct:LicenseDocument")
    node.text("dct:title", licence.title)
    return node.iri


# ── a dataset ──────────────────────────────────────────────────────────────────────────────────


def _dataset(graph: Graph, package: Package, catalog: Catalog, addresses: Addresses, moments: Moments) -> None:
    spec, page = package.spec, addresses.dataset(package.spec.name)
    node = graph.describe(dataset_iri(spec.name, addresses), "dcat:Dataset")
    node.text("dct:title", spec.title).text("dct:description", spec.notes or spec.title)
    node.plain("dct:identifier", spec.name)
    node.link("dct:publisher", _agent(graph, addresses, spec.department.code, spec.department.municipality))
    node.link("dct:creator", _creator(graph, spec, addresses))
    node.link("dcat:contactPoint", _contact(graph, spec, page))
    node.link("dct:license", _licence(graph, spec.licence))
    node.link("dct:rights", _rights(graph, spec, page))
    node.link("dct:accessRights", _coded(graph, f"{_EU}access-right/PUBLIC", "dct:RightsStatement"))
    node.link("dct:language", _JAPANESE)
    node.text("dcat:keyword", *spec.tags)
    node.link("dcat:theme", *(_theme(graph, group, addresses) for group in spec.groups))
    node.link("dct:accrualPeriodicity", _frequency(graph, spec, page))
    node.link("dct:temporal", _period(graph, spec, page))
    node.link("dct:spatial", *_places(graph, spec, page))
    node.link("dct:conformsTo", _standard(graph, package, page))
    node.link("foaf:page", _page(graph, spec.source_url) if spec.source_url != catalog.homepage else "")
    node.plain("dcat:version", spec.version)
    _moment(node, "dct:issued", moments.issued or package.issued)
    _moment(node, "dct:modified", moments.modified)
    node.link("dcat:landingPage", _page(graph, page))
    node.link("dcat:distribution", *(_distribution(graph, f, spec, addresses, moments) for f in package.files))


def _creator(graph: Graph, spec: DatasetSpec, addresses: Addresses) -> str:
    department = spec.department
    node = graph.describe(f"{addresses.department(department.id)}#department", "foaf:Agent")
    node.text("foaf:name", f"{department.municipality} {department.title}").plain("dct:identifier", department.id)
    return node.iri


def _contact(graph: Graph, spec: DatasetSpec, page: str) -> str:
    """Only where somebody can really be reached: a telephone line or an address that the department gave."""
    department = spec.department
    if not (department.contact or department.email):
        return ""
    node = graph.describe(f"{page}#contact", "vcard:Kind")
    node.text("vcard:fn", department.contact or f"{department.municipality} {department.title}")
    node.link("vcard:hasEmail", f"mailto:{department.email}" if department.email else "")
    return node.iri


def _rights(graph: Graph, spec: DatasetSpec, page: str) -> str:
    """How the source is to be credited."""
    if not spec.credit:
        return ""
    return graph.describe(f"{page}#credit", "dct:RightsStatement").text("rdfs:label", spec.credit).iri


def _theme(graph: Graph, group: str, addresses: Addresses) -> str:
    node = graph.describe(f"{addresses.home()}#theme-{group}", "skos:Concept")
    return node.text("skos:prefLabel", group).iri


def _frequency(graph: Graph, spec: DatasetSpec, page: str) -> str:
    """The code of the EU's table; a text it does not know stays the text, as a frequency of our own."""
    if not spec.frequency:
        return ""
    known = frequency(spec.frequency)
    iri = f"{_EU}frequency/{known[0]}" if known else f"{page}#frequency"
    node = graph.describe(iri, "dct:Frequency")
    return iri if known else node.text("rdfs:label", spec.frequency).iri


def _period(graph: Graph, spec: DatasetSpec, page: str) -> str:
    ends = [(text, kind) for text in spec.temporal or () if (kind := period_type(text))]
    if len(ends) != 2:
        return ""
    node = graph.describe(f"{page}#period", "dct:PeriodOfTime")
    for name, (text, kind) in zip(("dcat:startDate", "dcat:endDate"), ends, strict=True):
        node.plain(name, text, f"xsd:{kind}")
    return node.iri


def _places(graph: Graph, spec: DatasetSpec, page: str) -> list[str]:
    """The municipality with its code and bounding box; an area of another name stands beside it with its name only."""
    department = spec.department
    node = graph.describe(f"{page}#place", "dct:Location")
    node.text("skos:prefLabel", department.municipality).plain("dct:identifier", department.code)
    if department.bbox:
        node.add("dcat:bbox", Literal(wkt(department.bbox), datatype="gsp:wktLiteral"))
    if not spec.spatial or spec.spatial == department.municipality:
        return [node.iri]
    area = graph.describe(f"{page}#area", "dct:Location").text("skos:prefLabel", spec.spatial)
    return [area.iri, node.iri]


def _standard(graph: Graph, package: Package, page: str) -> str:
    known = standard(schema_of(package))
    if known is None:
        return ""
    node = graph.describe(f"{page}#standard", "dct:Standard").text("dct:title", known.name)
    node.plain("owl:versionInfo", known.version).link("foaf:page", known.url)
    return node.iri


def _moment(node: Description, name: str, text: str) -> None:
    if text:
        node.plain(name, text, "xsd:dateTime" if "T" in text else "xsd:date")


# ── a file ─────────────────────────────────────────────────────────────────────────────────────


def _distribution(graph: Graph, file: PackageFile, spec: DatasetSpec, addresses: Addresses, moments: Moments) -> str:
    page, address = addresses.dataset(spec.name), addresses.file(spec.name, file)
    node = graph.describe(f"{page}#file-{file.key}", "dcat:Distribution")
    node.text("dct:title", file.title).text("dct:description", file.description)
    node.link("dcat:accessURL", page).link("dcat:downloadURL", address)
    node.link("dct:license", _licence(graph, spec.licence)).link("dct:rights", _rights(graph, spec, page))
    node.link("dcat:mediaType", _coded(graph, f"{_IANA}{file.mimetype}" if file.mimetype else "", "dct:MediaType"))
    known = f"{_EU}file-type/{_FILE_TYPES[file.format]}" if file.format in _FILE_TYPES else ""
    node.link("dct:format", _coded(graph, known, "dct:MediaTypeOrExtent"))
    node.plain("dcat:byteSize", str(file.size), "xsd:nonNegativeInteger")
    node.link("spdx:checksum", _checksum(graph, file, page))
    node.link("dct:language", _JAPANESE)
    _moment(node, "dct:modified", moments.modified)
    return node.iri


def _checksum(graph: Graph, file: PackageFile, page: str) -> str:
    node = graph.describe(f"{page}#sha256-{file.key}", "spdx:Checksum")
    node.add("spdx:algorithm", Iri("http://spdx.org/rdf/terms#checksumAlgorithm_sha256"))
    node.plain("spdx:checksumValue", file.digest, "xsd:hexBinary")
    return node.iri
