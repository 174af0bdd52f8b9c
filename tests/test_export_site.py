"""export --site: only what was built, changed as a whole, never over somebody else's files."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import html.parser
import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipelines.export import Moments, Site, export, published, standing_package
from pipelines.export.pages import linked, size
from pipelines.export.preview import dictionary, preview
from pipelines.export.swap import MARKER
from pipelines.model import CatalogError, ConfigError, Package
from pipelines.package import package
from tests.test_export import BASE, NASTY, packages
from tests.test_package import CATALOG, ROWS, SPEC, cleared

DATES = {"public-toilet": Moments("2026-04-01", "2026-11-20T10:30:00+09:00")}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its place."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def written(tmp_path: Path, base: str = BASE) -> tuple[Site, list[Package]]:
    """A site of two packages."""
    made = packages(tmp_path / "packages")
    return export(made, CATALOG, tmp_path / "site", base_url=base, dates=DATES), made


class Links(html.parser.HTMLParser):
    """Every address a page points to or loads, and its ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what one element points to."""
        found = dict(attrs)
        self.ids += [i for i in [found.get("id")] if i]
        if tag in ("script", "img", "iframe", "source") and found.get("src"):
            self.loads.append(str(found["src"]))
        if tag == "link" and found.get("rel") == "stylesheet":
            self.loads.append(str(found["href"]))
        if tag == "a":
            self.links.append(str(found["href"]))


@pytest.mark.parametrize("base", ["", BASE])
def test_every_page_and_file_is_there_and_every_link_arrives(tmp_path: Path, base: str) -> None:
    """Links between pages are relative and point to files of the site; pages load nothing; ids are unique."""
    site, made = written(tmp_path, base)
    assert (site.datasets, site.files, site.changed) == (2, sum(len(p.files) for p in made), True)
    for path in site.folder.rglob("*.html"):
        page = Links(path.read_text("utf-8"))
        assert page.loads == [], path
        assert len(page.ids) == len(set(page.ids)), path
        for link in page.links:
            if not re.match(r"(https?|mailto):", link):
                place, _, fragment = link.partition("#")
                target = (path.parent / place).resolve() if place else path
                assert target.is_file(), (path, link)
                assert not fragment or fragment in Links(target.read_text("utf-8")).ids, (path, link)


def test_files_are_the_packages_files(tmp_path: Path) -> None:
    """Data files and descriptors are byte for byte what was built."""
    site, made = written(tmp_path)
    for one in made:
        folder = site.folder / "dataset" / one.spec.name
        assert (folder / "datapackage.json").read_bytes() == (one.folder / "datapackage.json").read_bytes()
        for file in one.files:
            assert hashlib.sha256((folder / file.path.name).read_bytes()).hexdigest() == file.digest


def test_dataset_page_says_everything(tmp_path: Path) -> None:
    """Title, licence, credit, size, digest, rows, columns and first rows stand on the page, escaped."""
    site, made = written(tmp_path)
    text = (site.folder / "dataset/full.html").read_text("utf-8")
    plain = re.sub(r"<[^>]+>", "", text.split("<main", 1)[1])
    for words in ("表示 4.0 国際", "年1回", "中央区", "2025-04〜2026-03", "渡邉﨑", made[1].files[0].digest, "全3件"):
        assert words in plain
    assert NASTY not in text
    assert "&lt;/script&gt;" in text
    assert text.count("</script>") == 1
    assert "見本" not in plain


def test_samples_are_marked(tmp_path: Path) -> None:
    """A sample says so in the list, on its department's page and on its own."""
    department = dataclasses.replace(SPEC.department, sample=True, municipality="焼津市", code="222127")
    spec = dataclasses.replace(SPEC, department=department, notes="これは見本です。\n\n中身の説明")
    made = package(cleared(), spec, CATALOG, tmp_path / "packages")
    site = export([made], CATALOG, tmp_path / "site")
    for name in ("index.html", "department/kankyo.html", "dataset/public-toilet.html"):
        assert '<span class="tag sample">見本</span>' in (site.folder / name).read_text("utf-8"), name
    index = (site.folder / "index.html").read_text("utf-8")
    assert "うち見本 1件" in index
    assert "焼津市 環境経済局" in index
    assert "中身の説明" in index


def test_without_an_address_nothing_pretends_to_have_one(tmp_path: Path) -> None:
    """Sitemap and data.json need whole addresses; the list leaves them empty; 404 and robots still stand."""
    site, _ = written(tmp_path, "")
    names = {p.name for p in site.folder.iterdir()}
    assert {"sitemap.xml", "data.json"} & names == set()
    assert {"404.html", "robots.txt", "catalog.ttl", "feed.xml"} <= names
    text = (site.folder / "open_data_list.csv").read_text("utf-8-sig")
    assert {row["データセット_URL"] for row in csv.DictReader(text.splitlines())} == {""}
    assert "Sitemap" not in (site.folder / "robots.txt").read_text()


def test_sitemap_names_every_page_but_404(tmp_path: Path) -> None:
    """Absolute addresses of all pages; the day of the last change only where it is known."""
    site, _ = written(tmp_path)
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    tree = ElementTree.parse(site.folder / "sitemap.xml")
    pages = {u.findtext(f"{space}loc"): u.findtext(f"{space}lastmod") for u in tree.getroot().iter(f"{space}url")}
    html_files = {f"{BASE}{p.relative_to(site.folder)}" for p in site.folder.rglob("*.html")} - {f"{BASE}404.html"}
    assert set(pages) == html_files
    changed = DATES["public-toilet"].modified
    assert {k: v for k, v in pages.items() if v} == {f"{BASE}dataset/public-toilet.html": changed}


def test_no_feed_without_any_date(tmp_path: Path) -> None:
    """Atom needs a moment: with none known there is no feed and no link to one; ``updated`` gives it one."""
    made = packages(tmp_path / "packages")
    site = export(made, CATALOG, tmp_path / "site")
    assert not (site.folder / "feed.xml").exists()
    assert "feed.xml" not in (site.folder / "index.html").read_text("utf-8")
    export(made, CATALOG, tmp_path / "site", updated="2026-11-22T00:00:00+09:00")
    assert "2026-11-22T00:00:00+09:00" in (site.folder / "feed.xml").read_text("utf-8")


def test_empty_catalogue_is_a_site_too(tmp_path: Path) -> None:
    """No dataset yet: a page that says so."""
    site = export([], CATALOG, tmp_path / "site", base_url=BASE)
    assert "まだありません" in (site.folder / "index.html").read_text("utf-8")


# ── the folder ──


def test_second_export_changes_nothing(tmp_path: Path) -> None:
    """The same packages again: the folder is not even exchanged, and nothing is left beside it."""
    site, made = written(tmp_path)
    before, number = contents(site.folder), site.folder.stat().st_ino
    again = export(made, CATALOG, site.folder, base_url=BASE, dates=DATES)
    assert (again.changed, site.folder.stat().st_ino, contents(site.folder)) == (False, number, before)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_what_is_gone_is_gone(tmp_path: Path) -> None:
    """A dataset that is no longer given leaves no page and no file behind."""
    site, made = written(tmp_path)
    export(made[:1], CATALOG, site.folder, base_url=BASE)
    assert not [name for name in contents(site.folder) if "full" in name]
    assert published(site.folder) == {"public-toilet": made[0].digest}


def test_foreign_folder_is_never_touched(tmp_path: Path) -> None:
    """A folder with other files, a file, or another program's marker: refused, nothing written or deleted."""
    made = packages(tmp_path / "packages")
    home = tmp_path / "home"
    home.mkdir()
    (home / "letter.txt").write_text("大切な手紙")
    with pytest.raises(ConfigError, match="このコマンドが作ったものではない"):
        export(made, CATALOG, home)
    (home / MARKER).write_text('{"made_by": "somebody"}')
    with pytest.raises(ConfigError):
        export(made, CATALOG, home)
    with pytest.raises(ConfigError, match="ファイルです"):
        export(made, CATALOG, home / "letter.txt")
    assert (home / "letter.txt").read_text() == "大切な手紙"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "packages"]
    (tmp_path / "empty").mkdir()
    assert export(made, CATALOG, tmp_path / "empty").changed


@pytest.mark.parametrize("exchange", [True, False])
def test_failure_leaves_the_old_site_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool) -> None:
    """The disk refuses at the last step, with or without an exchanging file system: the old site stands as it was."""
    site, made = written(tmp_path)
    before = contents(site.folder)
    if not exchange:
        monkeypatch.setattr("pipelines.gateways.folders._exchange", lambda one, other: False)
    real = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name.endswith(".new"):
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    if exchange:
        monkeypatch.setattr(os, "sync", lambda: (_ for _ in ()).throw(OSError(5, "Input/output error")))
    with pytest.raises(CatalogError, match="前のサイトはそのまま"):
        export(made[:1], CATALOG, site.folder)
    assert contents(site.folder) == before


def test_without_an_exchanging_file_system_it_still_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two renames do what one exchange does elsewhere; a site left beside its place by a crash is taken back first."""
    monkeypatch.setattr("pipelines.gateways.folders._exchange", lambda one, other: False)
    site, made = written(tmp_path)
    site.folder.rename(tmp_path / ".site.old")
    assert export(made, CATALOG, site.folder, base_url=BASE, dates=DATES).changed is False
    assert export(made[:1], CATALOG, site.folder).changed
    assert sorted(p.name for p in tmp_path.iterdir()) == ["packages", "site"]


def test_reader_sees_one_site_or_the_other(tmp_path: Path) -> None:
    """At every step of the writing, the marker in place names exactly the datasets whose pages stand beside it."""
    site, made = written(tmp_path)
    seen: list[bool] = []
    real = os.sync

    def look() -> None:
        names = {p.stem for p in (site.folder / "dataset").glob("*.html")}
        seen.append(names == set(published(site.folder) or ()))
        real()

    os.sync = look
    try:
        export(made[:1], CATALOG, site.folder)
        export(made, CATALOG, site.folder)
    finally:
        os.sync = real
    assert seen == [True, True]


def test_file_changed_since_it_was_built_stops_the_export(tmp_path: Path) -> None:
    """Bytes that are not those of the package never go out."""
    made = packages(tmp_path / "packages")
    made[0].files[0].path.write_bytes(b"something else")
    with pytest.raises(CatalogError, match="作ったときと違います"):
        export(made, CATALOG, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_standing_version_comes_back_as_it_is(tmp_path: Path) -> None:
    """The package read back from the site is the one that was written; a changed byte there, and it is none."""
    site, made = written(tmp_path)
    back = standing_package(site.folder, made[0].spec)
    assert back is not None
    assert (back.digest, [(f.size, f.digest, f.rows, f.key, f.format) for f in back.files]) == (
        made[0].digest,
        [(f.size, f.digest, f.rows, f.key, f.format) for f in made[0].files],
    )
    assert standing_package(site.folder, dataclasses.replace(SPEC, name="unknown")) is None
    with back.files[0].path.open("ab") as stream:
        stream.write(b"x")
    assert standing_package(site.folder, made[0].spec) is None


# ── what a page shows of a table ──


def test_preview_and_dictionary_come_from_the_files(tmp_path: Path) -> None:
    """First rows and labels as in the CSV, columns as in the descriptor; numbers are known as such."""
    made = packages(tmp_path)[0]
    columns = dictionary(made, made.files[0])
    promise = "必ず値があります。同じ値はありません"
    assert [(c.name, c.type, c.allowed) for c in columns][:2] == [("ID", "文字", promise), ("名称", "文字", "")]
    shown = preview(made.files[0], columns)
    assert shown.header == ("ID", "名称", "緯度", "経度", "数量")
    assert (shown.total, shown.numeric) == (3, frozenset({2, 3, 4}))
    assert [list(row) for row in shown.rows] == ROWS


@pytest.mark.parametrize("number, words", [(0, "0 B"), (999, "999 B"), (40171, "40.2 KB"), (5 * 10**9, "5.0 GB")])
def test_sizes_in_words(number: int, words: str) -> None:
    """Sizes read as people write them."""
    assert size(number) == words


def test_addresses_in_texts_become_links() -> None:
    """An http address in a Japanese sentence ends where the sentence goes on; everything else is escaped."""
    text = "出典（https://a.example/x?y=1&z=2）、<b>と https://b.example/."
    assert str(linked(text)) == (
        '出典（<a href="https://a.example/x?y=1&amp;z=2">https://a.example/x?y=1&amp;z=2</a>）、&lt;b&gt;と '
        '<a href="https://b.example/">https://b.example/</a>.'
    )


def test_marker_is_json_of_names_and_digests(tmp_path: Path) -> None:
    """The marker can be read by people and names what stands there."""
    site, made = written(tmp_path)
    content = json.loads((site.folder / MARKER).read_text("utf-8"))
    assert content["datasets"] == {p.spec.name: p.digest for p in made}
