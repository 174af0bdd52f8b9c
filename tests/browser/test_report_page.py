"""The page in a real browser: offline, no AA violation, reflow at 320 px, printable, told apart in grey."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from pipelines.report import render, report, sample_report
from tests.test_report_history import DEPARTMENTS, catalog, day_one, full_history

pytestmark = pytest.mark.browser
CHROMIUM = "/usr/bin/chromium"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module", params=["full", "dayone", "sample"])
def page_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The HTML of a report with much and with little data, and of the sample."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sample":
        return render(sample_report(), "html", folder)
    m, today = full_history(folder) if request.param == "full" else day_one(folder)
    return render(report(m, catalog(folder), today, departments=DEPARTMENTS), "html", folder)


def test_check_24_no_request_and_no_aa_violation(browser: Browser, page_path: Path) -> None:
    """Opened with the network off: the file itself is the only request, the console stays silent, axe finds nothing."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    requests: list[str] = []
    said: list[str] = []
    page.on("request", lambda r: requests.append(r.url))
    page.on("console", lambda m: said.append(m.text))
    page.goto(page_path.as_uri())
    assert (requests, said) == ([page_path.as_uri()], [])
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [(v["id"], [n["html"][:90] for n in v["nodes"]]) for v in found] == []
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_reflows(browser: Browser, page_path: Path, width: int) -> None:
    """At 320 px nothing but tables and pictures (in their own regions) scrolls sideways."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(page_path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = "[...document.querySelectorAll('p,li,h1,h2,h3,dd,dt')].map(e => e.getBoundingClientRect().right)"
    outside = page.evaluate(f"{wide}.filter(right => right > innerWidth + 1).length")
    assert outside == 0
    assert page.locator(".card").count() == 2
    page.close()


def test_japanese_letters_are_drawn(browser: Browser, page_path: Path) -> None:
    """The fallback box would be as wide for every letter; the heading has a Japanese face."""
    page = browser.new_page()
    page.goto(page_path.as_uri())
    assert page.locator("h1").inner_text().startswith("オープンデータ成長報告書")
    assert page.evaluate("document.querySelectorAll('svg text').length") > 10
    page.close()


def test_it_prints_on_a4(browser: Browser, page_path: Path) -> None:
    """A PDF of A4 pages; the first holds both cards, and no table is wider than the paper."""
    page = browser.new_page(viewport={"width": 700, "height": 990})  # A4 within its margins, in CSS pixels
    page.goto(page_path.as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("Math.max(...[...document.querySelectorAll('table')].map(t => t.scrollWidth))") <= 700
    assert page.evaluate("document.querySelector('.cards').getBoundingClientRect().bottom") < 990
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert b"/MediaBox [0 0 594" in pdf or b"/MediaBox [0 0 595" in pdf
    page.close()
