"""What citizens see on the catalogue, in a real browser and in Japanese."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import ROOT, Flow

pytestmark = [pytest.mark.browser, pytest.mark.catalogue]
SCREENSHOTS = ROOT / "var" / "screenshots"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()


def see(browser: Browser, url: str, name: str) -> Page:
    """Open a page and keep a screenshot for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    return page


def test_the_list_of_datasets(browser: Browser, flow: Flow) -> None:
    """The list is Japanese and every sample is marked as one."""
    page = see(browser, f"{flow.catalogue.url}/dataset/?tags=見本", "datasets")
    assert page.locator("html").get_attribute("lang") == "ja"
    titles = page.locator(".dataset-heading").all_inner_texts()
    assert len(titles) >= 10
    assert all("見本" in title for title in titles)


def test_a_dataset(browser: Browser, flow: Flow) -> None:
    """Title, explanation, licence, tags and both files stand on the dataset's page."""
    page = see(browser, f"{flow.catalogue.url}/dataset/222127_public_toilet", "dataset")
    text = page.inner_text("body")
    wanted = ["公衆トイレ一覧（見本：焼津市）", "自治体標準ODS", "クリエイティブ・コモンズ", "出典：焼津市", "GeoJSON"]
    assert [told for told in wanted if told not in text] == []


def test_a_table(browser: Browser, flow: Flow) -> None:
    """The resource's page shows the rows in a table and the data dictionary in Japanese."""
    dataset = flow.portal().dataset("222127_public_toilet")
    [csv] = [r for r in dataset["resources"] if r["format"] == "CSV"]
    page = see(browser, f"{flow.catalogue.url}/dataset/222127_public_toilet/resource/{csv['id']}", "resource")
    assert "所在地_連結表記" in page.inner_text("body")
    frame = page.frame_locator("iframe").first
    frame.locator("td").first.wait_for(timeout=20_000)
    assert "焼津" in frame.locator("body").inner_text()


def test_a_department(browser: Browser, flow: Flow) -> None:
    """A department is an organization with its Japanese name and its datasets."""
    page = see(browser, f"{flow.catalogue.url}/organization/yaizu-bousai", "organization")
    assert "防災（見本：焼津市）" in page.inner_text("body")
    assert page.locator(".dataset-heading").count() >= 4


def test_the_reply_pages_have_no_violation(browser: Browser, flow: Flow) -> None:
    """The index of replies and a withheld dataset's page pass axe at level AA."""
    from axe_playwright_python.sync_playwright import Axe

    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
    for name in ("index", "372013_public_toilet", "222127_preschool"):
        path = Path(flow.first["replies"]).with_name(f"{name}.html")
        page = see(browser, path.as_uri(), f"reply-{name}")
        found = Axe().run(page, options=rules).response["violations"]
        assert [v["id"] for v in found] == []
