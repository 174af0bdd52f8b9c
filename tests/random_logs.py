"""Random access logs with everything a real one has: few visitors who click twice, odd times, broken lines."""

from __future__ import annotations

import datetime as dt
import random

AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; rv:125.0) Gecko/20100101 Firefox/125.0",
    "Mozilla/5.0 (Linux; Android 13) Chrome/124.0 Mobile Safari/537.36 YJApp-ANDROID jp.co.yahoo.android.yjtop/3.150.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 Perplexity-User/1.0", "python-requests/2.31.0", "curl/8.5.0", "-", "", "node",
    r"Odd \"quoted\" browser", "日本語の利用者",
]  # fmt: skip
URLS = [
    "/", "/ja/", "/dataset", "/dataset/", "/dataset?q=aed", "/dataset?q=aed&utm_source=x", "/dataset/aed",
    "/ja/dataset/aed", "/en/dataset/aed/", "/dataset/aed?utm_medium=mail&fbclid=1", "/dataset/aed.ttl",
    "/dataset/shelter", "/dataset/groups/aed", "/dataset/aed/resource/r1", "/dataset/aed/resource/r1/view/v1",
    "/dataset/aed/resource/r1/download/aed.csv", "/dataset/shelter/resource/r9/download", "/datastore/dump/r9",
    "/datastore/dump/nowhere?bom=true", "/organization/koho", "/group/bosai",
    "/api/3/action/package_show?id=aed", "/api/3/action/package_show?use=1&id=u-1",
    "/api/3/action/datastore_search?resource_id=r9&q=abc", "/api/3/action/resource_show?id=r1",
    "/api/3/action/package_search", "/api/action/datastore_search?limit=1",
    "/api/3/action/datastore_search_sql?sql=SELECT%20*%20FROM%20%22r1%22", "/_tracking",
    "foo", "*", "//dataset/aed", "/dataset//aed", "/webassets/a.css",
    "/base/x.js", "/api/i18n/ja", "/favicon.ico", "/about", "/feeds/dataset.atom", "/catalog.ttl",
    "http://data.example.lg.jp/dataset/aed", "/zh_Hans_CN/dataset/aed", "/user/login", "/dataset/aed#top",
]  # fmt: skip
REFERERS = ["-", "https://data.example.lg.jp/dataset/aed", "https://data.example.lg.jp/dataset/aed/resource/r1/view/v1",
            "https://other.example/view/1", r"https://x.example/\"q\""]  # fmt: skip
BROKEN = ["", "garbage", '203.0.113.1 - - [31/Foo/2026:10:00:00 +0900] "GET / HTTP/1.1" 200 1 "-" "x"', '"', "{}",
          '203.0.113.1 - - [05/Oct/2026:10:00:00 +0900] "GET /a b HTTP/1.1" 200 1 "-" "x"',
          '203.0.113.1 - - [05/Oct/2026:10:00:00 +0900] "\\x16\\x03\\x01" 400 1 "-" "-"']  # fmt: skip
ADDRESSES = ["203.0.113.1", "203.0.113.2", "198.51.100.7", "2001:db8::5", "10.0.0.5", "172.20.1.1", "172.40.1.1"]
IDS = {"r1": "aed", "r9": "shelter", "u-1": "aed"}


def random_lines(seed: int, lines: int, hours: int = 60) -> list[str]:
    """Lines in no particular order over some days from 2026-10-04; the same seed gives the same lines."""
    rng = random.Random(seed)
    addresses = ADDRESSES + [f"203.0.113.{n}" for n in range(10, 10 + min(240, lines // 200))]
    start = dt.datetime(2026, 10, 4, 20, tzinfo=dt.UTC)
    found: list[str] = []
    while len(found) < lines:
        if rng.random() < 0.01:
            found.append(rng.choice(BROKEN))
            continue
        moment = start + dt.timedelta(seconds=rng.randrange(hours * 3600))
        visitor = rng.choice(addresses[: rng.choice((3, 8, len(addresses)))]), _agent(rng)
        found += _visit(rng, visitor, moment, rng.randrange(1, 8))
    rng.shuffle(found)
    return found[:lines]


def _agent(rng: random.Random) -> str:
    return AGENTS[0] if rng.random() < 0.4 else rng.choice(AGENTS)


def _visit(rng: random.Random, visitor: tuple[str, str], moment: dt.datetime, clicks: int) -> list[str]:
    """One visitor's clicks, often again on the same address within a minute."""
    url, found = rng.choice(URLS), []
    for _ in range(clicks):
        url = url if rng.random() < 0.6 else rng.choice(URLS)
        found.append(_line(rng, visitor, moment, url))
        moment += dt.timedelta(seconds=rng.choice((0, 1, 9, 15, 25, 29, 30, 31, 45)))
    return found


def _line(rng: random.Random, visitor: tuple[str, str], moment: dt.datetime, url: str) -> str:
    zone = dt.timezone(dt.timedelta(minutes=rng.choice((540, 540, 540, 0, -210, 345))))
    stamp = moment.astimezone(zone).strftime("%d/%b/%Y:%H:%M:%S %z")
    method = rng.choice(("GET",) * 12 + ("POST", "HEAD"))
    status = rng.choice((200,) * 12 + (304, 404, 206, 302, 301, 500))
    size = rng.choice(("-", "0", "1234", "99999999999"))
    request = f"{method} {url} HTTP/{rng.choice(('1.0', '1.1', '2.0'))}"
    user = rng.choice(("-", "admin"))
    return f'{visitor[0]} - {user} [{stamp}] "{request}" {status} {size} "{rng.choice(REFERERS)}" "{visitor[1]}"'
