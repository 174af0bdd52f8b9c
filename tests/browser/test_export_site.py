"""The static site in a real browser: opened from disk with the network off, no AA violation, small screens, paper."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from pipelines.export import Moments, export
from pipelines.model import Field
from pipelines.package import package
from tests.test_package import CATALOG, DEPARTMENT, ROWS, SCHEMA, SPEC, cleared

pytestmark = pytest.mark.browser
CHROMIUM = "/usr/bin/chromium"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = ["index.html", "404.html", "department/kankyo.html", "dataset/public-toilet.html", "dataset/wide.html"]
LONG = "とても長い説明が続きます。" * 20


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a plain dataset, and a sample with many columns, many rows and long texts."""
    folder = tmp_path_factory.mktemp("export")
    fields = [{"name": f"とても長い名前の項目その{n}", "type": "string"} for n in range(30)]
    schema = dataclasses.replace(
        SCHEMA,
        name="wide",
        fields=tuple(Field(name=f["name"], description=LONG[:60], unit="人", example="例") for f in fields),
        descriptor={"fields": fields, "missingValues": [""]},
        primary_key=(),
        generation=0,
    )
    sample = dataclasses.replace(DEPARTMENT, id="yaizu-toshi", title="都市", municipality="焼津市", sample=True)
    wide = dataclasses.replace(
        SPEC, name="wide", title="幅の広い一覧" * 6, notes=f"見本です。\n\n{LONG}", schema=schema, department=sample
    )
    rows = [[f"{LONG[:40]}\n{n}" if j == 3 else f"値{n}" for j in range(30)] for n in range(60)]
    made = [
        package(cleared(ROWS * 10), SPEC, CATALOG, folder / "packages"),
        package(cleared(rows, schema), wide, CATALOG, folder / "packages"),
    ]
    dates = {"public-toilet": Moments("2026-04-01", "2026-11-20T10:30:00+09:00")}
    return export(made, CATALOG, folder / "site", dates=dates).folder


def opened(browser: Browser, path: Path, width: int = 1280, script: bool = True) -> Page:
    """One page of the site with the network off."""
    context = browser.new_context(offline=True, viewport={"width": width, "height": 900}, java_script_enabled=script)
    page = context.new_page()
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("name", PAGES)
def test_no_request_and_no_violation(browser: Browser, site: Path, name: str) -> None:
    """The page itself is the only request, the console stays silent, axe finds nothing at all."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    requests: list[str] = []
    said: list[str] = []
    page.on("request", lambda r: requests.append(r.url))
    page.on("console", lambda m: said.append(m.text))
    page.goto((site / name).as_uri())
    assert (requests, said) == ([(site / name).as_uri()], [])
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [(v["id"], [n["html"][:90] for n in v["nodes"]]) for v in found] == []
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_the_page_reflows(browser: Browser, site: Path, name: str, width: int) -> None:
    """At 320 px nothing but tables in their own regions scrolls sideways."""
    page = opened(browser, site / name, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    texts = "[...document.querySelectorAll('p,li,h1,h2,h3,dd,dt,code,a')].filter(e => !e.closest('.scroll,.skip'))"
    assert page.evaluate(f"{texts}.filter(e => e.getBoundingClientRect().right > innerWidth + 1).length") == 0
    page.context.close()


def test_filter_narrows_the_list(browser: Browser, site: Path) -> None:
    """Words, in any width of letters, leave only what has them all; the count is said; empty shows all again."""
    page = opened(browser, site / "index.html")
    shown = page.locator("[data-words]:visible")
    assert shown.count() == 2
    page.fill("#words", "ＣＳＶ 幅の広い")
    assert shown.count() == 1
    assert page.inner_text("#found") == "1件が見つかりました。"
    assert page.locator("section.group:visible").count() == 1
    page.fill("#words", "")
    assert shown.count() == 2
    page.context.close()


def test_without_script_everything_is_there(browser: Browser, site: Path) -> None:
    """No script: no search box that would not work, and the whole list."""
    page = opened(browser, site / "index.html", script=False)
    assert page.locator("#search").is_visible() is False
    assert page.locator("[data-words]").count() == 2
    page.context.close()


def test_a_reader_finds_the_file_from_the_list(browser: Browser, site: Path) -> None:
    """From the list to the dataset to its file, and back, by keyboard links only."""
    page = opened(browser, site / "index.html")
    page.click("text=公衆トイレ一覧")
    assert page.locator("h1").inner_text() == "公衆トイレ一覧"
    with page.expect_download() as download:
        page.click(".files a.get >> nth=0")
    csv = Path(download.value.path()).read_bytes()
    assert csv == (site / "dataset/public-toilet" / download.value.suggested_filename).read_bytes()
    page.click("nav.crumbs a >> nth=0")
    assert page.url == (site / "index.html").as_uri()
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_it_prints_on_a4(browser: Browser, site: Path, name: str) -> None:
    """Within A4's margins no table is wider than the paper, and what only a screen can use is not printed."""
    page = opened(browser, site / name, 688)
    page.emulate_media(media="print")
    widths = page.evaluate("[...document.querySelectorAll('table')].map(t => t.getBoundingClientRect().right)")
    assert [w for w in widths if w > 689] == []
    assert page.locator(".search").count() == 0 or not page.locator(".search").is_visible()
    assert len(page.pdf(format="A4", prefer_css_page_size=True)) > 5000
    page.context.close()
