"""Addresses, user agents and settings: the small rules that every count rests on."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.measure.agents import Patterns, list_names, read_list
from pipelines.measure.rules import Rules, client, inside, networks
from pipelines.measure.urls import Target, canonical, is_asset, is_embedded, locate, path_of
from pipelines.model import AccessClass, ConfigError

MOZILLA = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Mobile Safari/537.36"
CLASSES = {
    AccessClass.MACHINE: (
        "python-requests",
        "python-requests/2.31.0",
        "curl/8.5",
        "Java/17.0.2",
        "Wget/1.21",
        "node",
        "undici",
        "Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)",
        "Mozilla/5.0 QGIS/33400",
    ),
    AccessClass.ROBOT: (
        "Googlebot",
        "GPTBot",
        "ClaudeBot",
        "Bytespider",
        "UptimeRobot",
        "-",
        "",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "Mozilla/5.0 (Linux) Chrome-Lighthouse",
    ),
    AccessClass.AI_AGENT: ("Perplexity-User", "Mozilla/5.0; ChatGPT-User/1.0", "Claude-User/1.0"),
    AccessClass.REGULAR: (
        MOZILLA,
        f"{MOZILLA} YJApp-ANDROID jp.co.yahoo.android.yjtop/3.150.0",
        "Mozilla/5.0 YJApp-IOS jp.co.yahoo.ipn/4.1",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile/15E148 Safari Line/14.5.0",
        "Mozilla/5.0 (Linux; Android 12; CUBOT KINGKONG) Chrome/110 Mobile Safari/537.36",
        "DoCoMo/2.0 F01A(c100;TB;W24H17)",
        f"{MOZILLA} Instagram 300.0",
        f"{MOZILLA} SmartNews/8.1",
        f"{MOZILLA} Edg/124.0",
        "Mozilla/5.0 (iPhone) GSA/290.1 Mobile",
        f"{MOZILLA} SamsungBrowser/21.0",
        "Mozilla/5.0 (Windows NT 6.1) Sleipnir/6.0",
        "Mozilla/5.0 (iPhone) [FBAN/FBIOS;FBAV/400.0]",
        "Mozilla/5.0 (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko",
    ),
}


@pytest.mark.parametrize("expected, agent", [(who, agent) for who, agents in CLASSES.items() for agent in agents])
def test_classes_of_user_agents(expected: AccessClass, agent: str) -> None:
    """Scripts are machines though the robot lists name them; the Japanese false positives are people."""
    assert Rules().agents().classify(agent) is expected


def test_without_the_allow_list_the_pure_lists_decide() -> None:
    """The Yahoo! JAPAN app is a robot by the published pattern ``yahoo``."""
    assert Rules(allow_list=False).agents().classify("YJApp-IOS jp.co.yahoo.ipn") is AccessClass.ROBOT


def test_a_citys_own_pattern_stands_beside_the_lists() -> None:
    """``=pattern`` in a list of lists is one pattern of the city's own."""
    rules = Rules(robot_lists=("=^CityMonitor",))
    assert rules.agents().classify("CityMonitor/1.0") is AccessClass.ROBOT
    assert rules.agents().classify("Googlebot") is AccessClass.REGULAR


WORDS = st.sampled_from(
    [
        "bot",
        "Mozilla/5.0",
        "yahoo",
        "Google",
        "curl/8",
        "(compatible;",
        "spider",
        "Daum",
        "fish",
        "afish",
        " ",
        "Buck/2",
        "Ruby",
        "ruby",
        "Firefox/125",
        "Safari",
        "Pattern/1",
        "link check",
        "sentry/",
        "Chrome/1",
        "AHC/2",
        "x",
        "\\",
        "+http://",
    ]
)


@given(st.lists(WORDS, max_size=5).map("".join))
def test_quick_patterns_equal_the_plain_regular_expressions(agent: str) -> None:
    """Plain texts instead of regular expressions are a speed-up, not another answer."""
    assert QUICK.hit(agent) == any(pattern.search(agent) for pattern in NAIVE)


TEXTS = [text for name in Rules().robot_lists for text in read_list(name)]
QUICK, NAIVE = Patterns(TEXTS), [re.compile(text, re.IGNORECASE) for text in TEXTS]


def test_the_vendored_lists_are_whole_and_dated() -> None:
    """327 and 35 patterns of COUNTER, 1,504 crawlers; every list name carries its version."""
    sizes = {name: len(read_list(name)) for name in list_names()}
    assert sizes["counter-robots-2025.11"] == 327
    assert sizes["counter-machine-2025.11"] == 35
    assert sizes["crawler-user-agents-1.67.0"] == 1504
    assert all(re.search(r"-\d", name) for name in sizes)


TARGETS = {
    "/": Target(page_type="home", page_view=True),
    "/dataset": Target(page_type="search", page_view=True),
    "/dataset/aed": Target(page_type="dataset", dataset="aed", page_view=True, investigation=True),
    "/dataset/u-1": Target(page_type="dataset", dataset="aed", page_view=True, investigation=True),
    "/dataset/aed.jsonld": Target(page_type="api", dataset="aed", investigation=True, api=True),
    "/dataset/groups/aed": Target(page_type="other", page_view=True),
    "/dataset/aed/resource/r1": Target(page_type="resource", dataset="aed", page_view=True, investigation=True),
    "/dataset/aed/resource/new": Target(page_type="other", page_view=True),
    "/dataset/aed/resource/r1/download": Target(page_type="download", dataset="aed", investigation=True, request=True),
    "/dataset/aed/resource/r1/download/a.csv": Target(
        page_type="download", dataset="aed", investigation=True, request=True
    ),
    "/datastore/dump/r9": Target(page_type="download", dataset="shelter", investigation=True, request=True),
    "/datastore/dump/lost": Target(page_type="download", dataset="?", investigation=True, request=True),
    "/organization/koho": Target(page_type="org", page_view=True),
    "/group": Target(page_type="org", page_view=True),
    "/about": Target(page_type="other", page_view=True),
    "/feeds/dataset.atom": Target(page_type="api", api=True),
    "/catalog.ttl": Target(page_type="api", api=True),
    "/api/3/action/package_search?q=aed": Target(page_type="api", api=True),
    "/api/3/action/package_show?id=aed": Target(page_type="api", dataset="aed", investigation=True, api=True),
    "/api/action/package_show?id=u-1": Target(page_type="api", dataset="aed", investigation=True, api=True),
    "/api/3/action/resource_show?id=r9": Target(page_type="api", dataset="shelter", investigation=True, api=True),
    "/api/3/action/datastore_search?resource_id=r9": Target(
        page_type="api", dataset="shelter", investigation=True, request=True, api=True
    ),
    "/api/3/action/datastore_search_sql?sql=SELECT%20*%20FROM%20%22r9%22": Target(
        page_type="api", dataset="shelter", investigation=True, request=True, api=True
    ),
    "/api/3/action/datastore_search_sql?sql=SELECT": Target(page_type="api", api=True),
    "/api": Target(page_type="api", api=True),
}


@pytest.mark.parametrize("address", TARGETS)
def test_targets_of_addresses(address: str) -> None:
    """Page type, dataset and what one access counts as, for every kind of address a CKAN has."""
    path, _, query = address.partition("?")
    assert locate(path, query, {"r9": "shelter", "u-1": "aed"}) == TARGETS[address]


def test_canonical_addresses() -> None:
    """Locale, trailing slash, fragment, host and trackers make no other page; the query does."""
    for same in (
        "/dataset/aed",
        "/ja/dataset/aed/",
        "/zh_Hans_CN/dataset/aed",
        "/dataset/aed?utm_source=x&gclid=1#top",
    ):
        assert canonical(same) == "/dataset/aed"
    assert canonical("https://data.example.lg.jp/ja/?q=a&fbclid=2") == "/?q=a"
    assert path_of("/opendata/en/dataset", root="/opendata") == "/dataset"
    assert path_of("/jasmin") == "/jasmin"


@given(st.text(st.sampled_from("/dataset?=&%2:._-*#あresource-download"), max_size=40))
def test_no_address_breaks_the_rules(address: str) -> None:
    """Whatever a stranger asks for is some page; only what concerns a dataset names one."""
    found = locate(path_of(address), "id=" + address)
    assert bool(found.dataset) == (found.investigation or found.request)


def test_assets_and_embedded_views() -> None:
    """What loads with a page is no access; a view in a resource page, and what it fetches, is that page's part."""
    assert is_asset("/webassets/x/y.css")
    assert is_asset("/favicon.ico")
    assert not is_asset("/based-on-what")
    assert is_embedded("/dataset/x/resource/y/view/z", "-")
    assert is_embedded("/dataset/x/resource/y/download/a.csv", "https://h/dataset/x/resource/y/view/z")
    assert not is_embedded("/dataset/x", "https://www.city.example.lg.jp/view/1")


@pytest.mark.parametrize(
    "address, expected",
    [
        ("10.1.2.3", True),
        ("172.31.0.1", True),
        ("172.32.0.1", False),
        ("::1", True),
        ("::ffff:192.168.1.1", True),
        ("2001:db8::1", False),
        ("unknown", False),
    ],
)
def test_internal_addresses(address: str, expected: bool) -> None:
    """The city's own networks, in IPv4, IPv6 and mapped; a text that is no address is not internal."""
    assert inside(address, networks(Rules().internal)) is expected


@pytest.mark.parametrize(
    "address, forwarded, expected",
    [
        ("192.0.2.1", "203.0.113.9", "203.0.113.9"),
        ("192.0.2.1", " 1.2.3.4 , 203.0.113.9, 192.0.2.7", "203.0.113.9"),
        ("192.0.2.1", "192.0.2.7,192.0.2.8", "192.0.2.7"),
        ("192.0.2.1", "-", "192.0.2.1"),
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("", "203.0.113.9", "203.0.113.9"),
        ("::ffff:192.0.2.1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_the_client_behind_trusted_proxies(address: str, forwarded: str, expected: str) -> None:
    """The last hop that is none of ours, else the first; nobody else's header is believed."""
    assert client(address, forwarded, networks(("192.0.2.0/24",))) == expected


def test_settings_become_rules_and_change_the_version() -> None:
    """Every setting is part of the version, so counts under other rules are never mixed up."""
    rules = Rules.from_settings(
        {"internal": ["192.0.2.0/24"], "count_redirect_downloads": "true", "final_after_days": "5"}
    )
    assert (rules.internal, rules.count_redirect_downloads, rules.final_after_days) == (("192.0.2.0/24",), True, 5)
    assert rules.version != Rules().version
    assert Rules.from_settings({}).version == Rules().version
    assert "counter-robots-2025.11" in rules.list_version
    assert "allow" not in Rules(allow_list=False).list_version


@pytest.mark.parametrize(
    "settings",
    [
        {"intern": "10.0.0.0/8"},
        {"internal": "10.0.0.0/99"},
        {"allow_list": "maybe"},
        {"final_after_days": "-1"},
        {"forwarded_field": "3"},
        {"robot_lists": ["counter-robots-1999"]},
    ],
)
def test_wrong_settings_are_refused_by_name(settings: dict[str, object]) -> None:
    """An unknown name, network, list or value is a ConfigError that repeats it."""
    with pytest.raises(ConfigError):
        Rules.from_settings(settings)
