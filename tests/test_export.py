"""export: DCAT, schema.org, data.json and the list say the same of the same packages, in forms others can read."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.config import load_schemas
from pipelines.export import (
    Moments,
    PortalAddresses,
    SiteAddresses,
    catalogue_graph,
    data_json,
    documents,
    json_ld,
    list_csv,
    open_data_list,
    permanent_id,
    site_addresses,
    turtle,
)
from pipelines.export.facts import frequency, licence_address, period_type
from pipelines.export.feeds import atom
from pipelines.export.graph import Graph, Iri, Literal
from pipelines.export.odlist import COLUMNS
from pipelines.export.schemaorg import dataset, script
from pipelines.model import ConfigError, Package
from pipelines.package import package
from tests.test_package import CATALOG, DEPARTMENT, SPEC, cleared

rdflib = pytest.importorskip("rdflib")
ROOT = Path(__file__).resolve().parent.parent
BASE = "https://data.example.lg.jp/od/"
SITE = SiteAddresses(BASE)
SHAPES = ROOT / "pipelines/export/shapes/catalogue.ttl"
DCAT, DCT = "http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/"
NASTY = 'かぎ「」 "quoted" \\back\\ <b>&amp;\n2行目\t</script>\U0001f600'
DATES = {"public-toilet": Moments("2026-04-01T09:00:00+09:00", "2026-11-20T10:30:00+09:00")}


def packages(folder: Path, **changes: Any) -> list[Package]:
    """Two packages: one plain, one whose settings say everything that can be said, in difficult letters."""
    department = dataclasses.replace(
        DEPARTMENT, contact="環境政策課 042-000-0000", email="kankyo@example.lg.jp", bbox=(139.0, 35.4, 139.5, 35.7)
    )
    full = dataclasses.replace(
        SPEC,
        name="full",
        title=NASTY,
        notes=f"説明\n\n{NASTY}",
        department=department,
        groups=("disaster",),
        frequency="年1回",
        temporal=("2025-04", "2026-03"),
        spatial="中央区",
        credit="「題名」（https://www.example.jp/a?b=1&c=2）を加工",
        **changes,
    )
    return [package(cleared(), spec, CATALOG, folder) for spec in (SPEC, full)]


def triples(text: str, form: str) -> Any:
    """The document as rdflib reads it, at the address where it will stand."""
    return rdflib.Graph().parse(data=text, format=form, publicID=f"{BASE}catalog.ttl")


# ── DCAT ──


def test_turtle_and_json_ld_are_the_same_graph(tmp_path: Path) -> None:
    """A reader of either document gets exactly the same triples, none of them with a blank node."""
    graph = catalogue_graph(packages(tmp_path), CATALOG, SITE, DATES)
    first, second = triples(turtle(graph), "turtle"), triples(json_ld(graph), "json-ld")
    assert len(first) > 80
    assert set(first) == set(second)
    assert not [node for triple in first for node in triple if isinstance(node, rdflib.BNode)]


def test_relative_documents_mean_the_same_once_they_stand_somewhere(tmp_path: Path) -> None:
    """Without a base address the addresses are relative: read from the site's place, the graph is the absolute one."""
    made = packages(tmp_path)
    relative = triples(turtle(catalogue_graph(made, CATALOG, SiteAddresses(), {})), "turtle")
    assert set(relative) == set(triples(turtle(catalogue_graph(made, CATALOG, SITE, {})), "turtle"))


def test_graph_keeps_our_own_shapes(tmp_path: Path) -> None:
    """The SHACL shapes that we ship accept the catalogue, with dates and without."""
    for dates in ({}, DATES):
        graph = triples(turtle(catalogue_graph(packages(tmp_path), CATALOG, SITE, dates)), "turtle")
        assert _violations(graph) == []


@pytest.mark.parametrize(
    "where, what",
    [
        (f"{DCT}title", "題名"),
        (f"{DCT}publisher", "公開者"),
        (f"{DCAT}distribution", "ファイル"),
        (f"{DCAT}downloadURL", "ファイルの住所"),
        (f"{DCAT}byteSize", "大きさ"),
        ("http://spdx.org/rdf/terms#checksumValue", "指紋"),
        (f"{DCAT}startDate", "期間の初め"),
        ("http://xmlns.com/foaf/0.1/name", "名前"),
    ],
)
def test_shapes_miss_nothing_that_is_taken_away(tmp_path: Path, where: str, what: str) -> None:
    """The shapes themselves work: without any one of the promised properties they complain."""
    graph = triples(turtle(catalogue_graph(packages(tmp_path), CATALOG, SITE, {})), "turtle")
    graph.remove((None, rdflib.URIRef(where), None))
    assert _violations(graph), what


def _violations(graph: Any) -> list[str]:
    import pyshacl

    shapes = rdflib.Graph().parse(SHAPES)
    _, report, _ = pyshacl.validate(graph, shacl_graph=shapes, inference="none", meta_shacl=False)
    return [str(path) for path in report.objects(None, rdflib.SH.resultPath)] + [
        str(node) for node in report.objects(None, rdflib.SH.focusNode)
    ]


def test_what_the_graph_says_is_what_the_package_is(tmp_path: Path) -> None:
    """Title, licence, frequency code, size, digest, media type and addresses are those of the package."""
    made = packages(tmp_path)[1]
    graph = triples(turtle(catalogue_graph([made], CATALOG, SITE, {})), "turtle")
    node = rdflib.URIRef(f"{BASE}dataset/full.html#dataset")
    assert graph.value(node, rdflib.DCTERMS.title) == rdflib.Literal(NASTY, lang="ja")
    assert str(graph.value(node, rdflib.DCTERMS.license)) == "https://creativecommons.org/licenses/by/4.0/"
    assert str(graph.value(node, rdflib.DCTERMS.accrualPeriodicity)).endswith("/frequency/ANNUAL")
    files = {str(graph.value(d, rdflib.DCAT.downloadURL)): d for d in graph.objects(node, rdflib.DCAT.distribution)}
    for file in made.files:
        found = files[f"{BASE}dataset/full/{file.path.name}"]
        assert int(graph.value(found, rdflib.DCAT.byteSize)) == file.size == file.path.stat().st_size
        assert str(graph.value(found, rdflib.DCAT.mediaType)).endswith(file.mimetype)
        checksum = graph.value(found, rdflib.URIRef("http://spdx.org/rdf/terms#checksum"))
        value = graph.value(checksum, rdflib.URIRef("http://spdx.org/rdf/terms#checksumValue"))
        assert str(value) == file.digest


def test_unknown_stays_unknown(tmp_path: Path) -> None:
    """No contact, no period, no date, no standard of a definition that was never compared: no statement."""
    schema = dataclasses.replace(SPEC.schema, completeness="columns_partial") if SPEC.schema else None
    plain = package(cleared(schema=schema), dataclasses.replace(SPEC, schema=schema), CATALOG, tmp_path)  # type: ignore[arg-type]
    text = turtle(catalogue_graph([plain], CATALOG, SITE, {}))
    absent = ("contactPoint", "temporal", "modified", "issued", "conformsTo", "accrualPeriodicity", "bbox", "theme")
    assert [name for name in absent if name in text] == []
    assert "conformsTo" in turtle(catalogue_graph(packages(tmp_path), CATALOG, SITE, {}))


@given(st.text(), st.text(min_size=1))
def test_any_text_survives_turtle_and_json_ld(text: str, address: str) -> None:
    """Whatever letters a title or an address has, both documents can be read and give the text back."""
    graph = Graph()
    graph.describe("https://a.example/x", "dcat:Dataset").text("dct:title", text).link("dct:source", "urn:x:" + address)
    first, second = triples(turtle(graph), "turtle"), triples(json_ld(graph), "json-ld")
    assert set(first) == set(second)
    found = first.value(rdflib.URIRef("https://a.example/x"), rdflib.DCTERMS.title)
    assert (found is None) if not text else (str(found) == text)


def test_terms_and_literals_are_values() -> None:
    """The same statement made twice stands once; forbidden characters of an address are percent-encoded."""
    graph = Graph()
    node = graph.describe("https://a.example/x y", "dcat:Dataset")
    node.add("dct:title", Literal("a"), Literal("a"), None)
    graph.describe("https://a.example/x y", "dcat:Dataset")
    assert [len(pairs) for pairs in graph.subjects.values()] == [2]
    assert Iri('a b<>"{}').value == "a%20b%3C%3E%22%7B%7D"
    assert next(iter(graph.subjects)) == "https://a.example/x%20y"


# ── facts ──


@pytest.mark.parametrize(
    "words, code, interval",
    [
        ("年1回", "ANNUAL", "R/P1Y"),
        ("年１回", "ANNUAL", "R/P1Y"),
        ("毎年", "ANNUAL", "R/P1Y"),
        ("毎年更新", "ANNUAL", "R/P1Y"),
        ("毎月", "MONTHLY", "R/P1M"),
        ("毎月1回", "MONTHLY", "R/P1M"),
        ("3ヶ月", "QUARTERLY", "R/P3M"),
        ("年2回", "ANNUAL_2", "R/P6M"),
        ("随時", "IRREG", "irregular"),
        ("随時更新", "IRREG", "irregular"),
        ("不定期", "IRREG", "irregular"),
    ],
)
def test_frequency_in_words(words: str, code: str, interval: str) -> None:
    """Japanese frequencies become codes of the EU's table and ISO 8601 intervals."""
    assert frequency(words) == (code, interval)


@pytest.mark.parametrize("words", ["", "そのうち", "年1回程度", "4月と10月"])
def test_frequency_that_is_not_known(words: str) -> None:
    """Words that the table does not have are not guessed."""
    assert frequency(words) is None


def test_unknown_frequency_keeps_its_words(tmp_path: Path) -> None:
    """A frequency of the department's own words stays a label."""
    spec = dataclasses.replace(SPEC, frequency="4月と10月")
    text = turtle(catalogue_graph([package(cleared(), spec, CATALOG, tmp_path)], CATALOG, SITE, {}))
    assert 'rdfs:label "4月と10月"@ja' in text
    assert "authority/frequency" not in text


@pytest.mark.parametrize(
    "stated, meant",
    [
        ("https://creativecommons.org/licenses/by/4.0/deed.ja", "https://creativecommons.org/licenses/by/4.0/"),
        ("http://creativecommons.org/licenses/by/2.1/jp/", "https://creativecommons.org/licenses/by/2.1/jp/"),
        (
            "https://creativecommons.org/publicdomain/zero/1.0/deed.ja",
            "https://creativecommons.org/publicdomain/zero/1.0/",
        ),
        ("https://www.example.lg.jp/kiyaku.html", "https://www.example.lg.jp/kiyaku.html"),
        ("", ""),
    ],
)
def test_licence_addresses(stated: str, meant: str) -> None:
    """A Creative Commons deed in Japanese stands for the licence; any other address stays."""
    assert licence_address(stated) == meant


def test_periods_have_the_type_they_are_written_in() -> None:
    """Days, months and years keep their precision; other words have no type."""
    written = ("2025-04-01", "2025-04", "2025", "令和7年度")
    assert [period_type(text) for text in written] == ["date", "gYearMonth", "gYear", None]


# ── schema.org, data.json, feed ──


def test_schema_org_names_every_file_and_column(tmp_path: Path) -> None:
    """``Dataset`` with ``DataDownload`` s, digests and columns; nothing in it can end the script element."""
    made = packages(tmp_path)[1]
    text = script(dataset(made, CATALOG, SITE, DATES["public-toilet"]))
    document = json.loads(text)
    assert (document["@type"], document["name"]) == ("Dataset", NASTY)
    assert [d["sha256"] for d in document["distribution"]] == [f.digest for f in made.files]
    assert [v["name"] for v in document["variableMeasured"]] == ["ID", "名称", "緯度", "経度", "数量"]
    assert document["spatialCoverage"]["geo"]["box"] == "35.4 139.0 35.7 139.5"
    assert document["temporalCoverage"] == "2025-04/2026-03"
    assert "<" not in text
    assert set(document["creator"]) >= {"@type", "name", "contactPoint"}


def test_data_json_has_the_shape_of_project_open_data(tmp_path: Path) -> None:
    """What the schema v1.1 asks for is there where it is known; intervals are ISO 8601; addresses are absolute."""
    document = json.loads(data_json(packages(tmp_path), SITE, DATES))
    assert document["conformsTo"] == "https://project-open-data.cio.gov/v1.1/schema"
    by_name = {d["identifier"]: d for d in document["dataset"]}
    needed = {"title", "description", "keyword", "modified", "publisher", "contactPoint", "identifier", "accessLevel"}
    assert needed <= set(by_name["public-toilet"])
    assert "modified" not in by_name["full"]
    assert by_name["full"]["accrualPeriodicity"] == "R/P1Y"
    assert by_name["full"]["contactPoint"]["hasEmail"] == "mailto:kankyo@example.lg.jp"
    assert by_name["full"]["spatial"] == "139.0,35.4,139.5,35.7"
    urls = [f["downloadURL"] for d in document["dataset"] for f in d["distribution"]]
    assert all(re.match(r"https://[!-~]+$", url) for url in urls)


def test_feed_lists_only_what_has_a_date(tmp_path: Path) -> None:
    """An entry per dataset whose change is known; ids stay wherever the site stands; the newest dates the feed."""
    made = packages(tmp_path)
    space = "{http://www.w3.org/2005/Atom}"
    feed = ElementTree.fromstring(atom(made, CATALOG, SITE, DATES, ""))
    assert [e.findtext(f"{space}id") for e in feed.iter(f"{space}entry")] == [permanent_id(CATALOG, "public-toilet")]
    assert feed.findtext(f"{space}updated") == "2026-11-20T10:30:00+09:00"
    elsewhere = ElementTree.fromstring(atom(made, CATALOG, SiteAddresses(), {"full": Moments("", "2026-01-02")}, ""))
    assert elsewhere.findtext(f"{space}id") == feed.findtext(f"{space}id")
    assert elsewhere.findtext(f"{space}entry/{space}updated") == "2026-01-02T00:00:00+09:00"
    assert elsewhere.findtext(f"{space}entry/{space}title") == NASTY


# ── オープンデータ一覧 ──


def test_list_has_the_columns_of_the_standard() -> None:
    """The columns are those of schemas/open_data_list.yaml, in its order."""
    schema = load_schemas(ROOT / "schemas")["open_data_list"]
    assert tuple(f.name for f in schema.fields) == COLUMNS


def test_list_has_a_row_per_file(tmp_path: Path) -> None:
    """Dataset columns repeat, file columns differ, keywords are parted by semicolons, nothing is made up."""
    made = packages(tmp_path)
    rows = open_data_list(made, CATALOG, SITE, DATES)
    assert len(rows) == sum(len(p.files) for p in made)
    assert [r["データセット_ID"] for r in rows] == ["full", "full", "public-toilet", "public-toilet"]
    assert rows[0]["データセット_連絡先メールアドレス"] == "kankyo@example.lg.jp"
    assert rows[2]["データセット_公開日"] == "2026-04-01"
    assert rows[2]["データセット_キーワード"] == "トイレ;施設"
    assert rows[0]["ファイル_ダウンロードURL"] == f"{BASE}dataset/full/{made[1].files[0].path.name}"
    unknown = ("データセット_分類", "データセット_ユニバーサルメニュー", "ファイル_ステータス", "ファイル_API対応有無")
    assert {row[column] for row in rows for column in unknown} == {""}
    assert {row["データセット_URL"] for row in open_data_list(made, CATALOG)} == {""}


def test_list_is_a_csv_that_gives_its_rows_back(tmp_path: Path) -> None:
    """Quotes, commas and line breaks in a title change no column."""
    rows = open_data_list(packages(tmp_path), CATALOG, SITE)
    assert list(csv.DictReader(io.StringIO(list_csv(rows), newline=""))) == rows


def test_addresses_on_a_portal(tmp_path: Path) -> None:
    """On CKAN a file is found under its dataset and resource id."""
    portal = PortalAddresses("https://ckan.example.jp", lambda name, key: f"{name}.{key}")
    made = packages(tmp_path)[0]
    assert portal.dataset("x") == "https://ckan.example.jp/dataset/x"
    assert portal.department("kankyo") == "https://ckan.example.jp/organization/kankyo"
    address = portal.file("x", made.files[0])
    assert address == f"https://ckan.example.jp/dataset/x/resource/x.csv/download/{made.files[0].path.name}"


@pytest.mark.parametrize(
    "wrong", ["data.example.jp", "ftp://a.example/", "https:///x", "https://a.jp/?q", "https://a b/"]
)
def test_base_address_must_be_an_address(wrong: str) -> None:
    """A base address that is none is a configuration error; a missing slash at its end is put there."""
    with pytest.raises(ConfigError):
        site_addresses(wrong)
    assert site_addresses("https://a.example/od").base == "https://a.example/od/"


def test_the_same_packages_give_the_same_texts(tmp_path: Path) -> None:
    """No clock and no order of a set: every text is the same again."""
    first = documents(packages(tmp_path / "a"), CATALOG, SITE, DATES, "")
    second = documents(packages(tmp_path / "b"), CATALOG, SITE, DATES, "")
    assert first == second
    expected = {"index.html", "404.html", "catalog.ttl", "catalog.jsonld", "data.json", "feed.xml", "sitemap.xml"}
    assert expected <= set(first)
