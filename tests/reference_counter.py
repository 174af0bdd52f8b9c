"""The slow, obvious counter: the rules again in plain Python, to compare the fast one with.

One pass over lines, one sort, no frame library; it shares only the vendored pattern lists (data) with the product.
"""

from __future__ import annotations

import collections
import datetime as dt
import gzip
import json
import re
from pathlib import Path
from urllib.parse import parse_qs

JST = dt.timezone(dt.timedelta(hours=9))
LISTS = Path(__file__).parents[1] / "pipelines" / "measure" / "lists"
LINE = re.compile(
    r'(\S+) [^\[]*\[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\S+) (\S+) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"'
)
ASSET = re.compile(
    r"/(webassets|base|uploads|fonts|api/i18n|api/2/util|favicon\.ico|robots\.txt|sitemap\.xml|\.well-known"
    r"|apple-touch-icon\.png|apple-touch-icon-precomposed\.png)(/|$)"
)
INTERNAL = re.compile(r"10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|::1$|f[cd]|fe[89ab]")
TRACKER = re.compile(r"utm_|fbclid|gclid|yclid|mc_cid|mc_eid")
OWN_PAGES = {"new", "edit", "search", "groups", "activity", "followers", "follow", "changes", "delete"}


def patterns(*names):
    lines = [line for name in names for line in (LISTS / f"{name}.txt").read_text().splitlines() if line]
    return [re.compile(line, re.I) for line in lines]


MACHINE = patterns("counter-machine-2025.11", "local-machine-2026-11-22")
ASSISTANT = patterns("local-agent-2026-11-22")
ALLOW = patterns("local-allow-2026-11-22")
ROBOT = patterns("counter-robots-2025.11", "crawler-user-agents-1.67.0")
CLASSES = {}


def class_of(agent, allow):
    if (agent, allow) not in CLASSES:
        hit = lambda some: any(p.search(agent) for p in some)  # noqa: E731
        robot = hit(ROBOT) and not (allow and hit(ALLOW))
        last = "robot" if robot else "regular"
        CLASSES[agent, allow] = "machine" if hit(MACHINE) else "ai_agent" if hit(ASSISTANT) else last
    return CLASSES[agent, allow]


def split_line(line):
    """(address, moment, request, status, bytes, referer, agent) or None when the line cannot be read."""
    match = LINE.match(line)
    if match is None:
        return None
    address, stamp, request, status, size, referer, agent = match.groups()
    try:
        moment = dt.datetime.strptime(stamp, "%d/%b/%Y:%H:%M:%S %z").astimezone(JST)
    except ValueError:
        return None
    return address, moment, request, status, size, referer, agent


def place(path, query, ids):
    """(page type, dataset, page view, investigation, request, api call)."""
    parts = path.split("/")[1:]
    given = {k: v[-1] for k, v in parse_qs(query).items()}
    if m := re.fullmatch(r"/dataset/([^/]+)\.(rdf|ttl|jsonld|xml|n3)", path):
        return "api", ids.get(m[1], m[1]), 0, 1, 0, 1
    if parts[0] == "dataset" and len(parts) > 1 and parts[1] not in OWN_PAGES:
        dataset = ids.get(parts[1], parts[1])
        if len(parts) == 2:
            return "dataset", dataset, 1, 1, 0, 0
        if len(parts) == 4 and parts[2] == "resource" and parts[3] != "new":
            return "resource", dataset, 1, 1, 0, 0
        if len(parts) > 4 and parts[2] == "resource" and parts[4] == "download":
            return "download", dataset, 0, 1, 1, 0
        return "other", "", 1, 0, 0, 0
    if path.endswith("/action/package_show") and "id" in given:
        return "api", ids.get(given["id"], given["id"]), 0, 1, 0, 1
    if path.endswith("/action/resource_show") and "id" in given:
        return "api", ids.get(given["id"], "?"), 0, 1, 0, 1
    if path.endswith("/action/datastore_search") and "resource_id" in given:
        return "api", ids.get(given["resource_id"], "?"), 0, 1, 1, 1
    if path.endswith("/action/datastore_search_sql") and (m := re.search(r'from\s+"([^"]+)"', given.get("sql", ""), re.I)):
        return "api", ids.get(m[1], "?"), 0, 1, 1, 1
    if path.startswith("/datastore/dump/"):
        return "download", ids.get(parts[2], "?"), 0, 1, 1, 0
    if path.startswith(("/api/", "/feeds/", "/catalog.")) or path == "/api":
        return "api", "", 0, 0, 0, 1
    kinds = {"": "home", "dataset": "search" if len(parts) == 1 else "other", "organization": "org", "group": "org"}
    return kinds.get(parts[0], "other"), "", 1, 0, 0, 0


def left_out(address, method, path, status, referer):
    """The reason why a line is not counted, first rule first; None when it may be counted."""
    inside_view = lambda text: re.search(r"/resource/.*?/view/", text) is not None  # noqa: E731
    if path == "/_tracking":
        return "beacon"
    if ASSET.match(path):
        return "asset"
    if INTERNAL.match(address):
        return "internal"
    if method != "GET" and not (method == "POST" and path.startswith("/api/")):
        return "method"
    if status not in ("200", "304"):
        return "status"
    return "embedded" if inside_view(path) or inside_view(referer) else None


def lines_of(path):
    opener = gzip.open if path.read_bytes()[:2] == b"\x1f\x8b" else open
    with opener(path, "rt", encoding="utf-8", errors="replace", newline="\n") as stream:
        yield from (line.rstrip("\n").rstrip("\r") for line in stream)


def count(paths, ids, allow=True):
    """{"days": {day: {(class, page type, dataset): [views, investigations, requests, api, bytes]}}, "uniques", "excluded"}."""
    excluded, events, number = collections.Counter(), [], 0
    for path in paths:
        for line in lines_of(path):
            number += 1
            parts = split_line(line)
            if parts is None:
                excluded["unparsable"] += 1
                continue
            address, moment, request, status, size, referer, agent = parts
            words = request.split(" ")
            if len(words) != 3 or not words[2].startswith("HTTP/") or not re.fullmatch(r"\d{3}", status):
                excluded["unparsable"] += 1
                continue
            url = re.sub(r"^https?://[^/]*", "", words[1]).split("#")[0]
            page, query = url.split("?")[0], (url.split("?") + [""])[1]
            page = re.sub(r"^/[a-z]{2}(?:_[A-Za-z]{2,4}){0,2}(?=/|$)", "", page).rstrip("/") or "/"
            query = "&".join(p for p in query.split("&") if p and not TRACKER.match(p))
            agent = "" if agent == "-" else agent
            reason = left_out(address, words[0], page, status, referer)
            if reason is None and class_of(agent, allow) == "robot":
                reason = "robot"
            if reason is not None:
                excluded[reason] += 1
                continue
            slot = moment.strftime("%Y%m%d%H")
            events.append(((address, agent), slot, page, query, moment, number, class_of(agent, allow), int(size) if size.isdigit() else 0))
    events.sort(key=lambda e: (e[0], e[1], e[2], e[3], e[4], e[7]))
    days, uniques, sessions = {}, {}, {}
    for this, following in zip(events, [*events[1:], None], strict=True):
        if following is not None and following[:4] == this[:4] and (following[4] - this[4]).total_seconds() <= 30:
            excluded["double_click"] += 1
            continue
        visitor, slot, page, query, moment, _, who, size = this
        kind, dataset, *amounts = place(page, query, ids)
        cell = days.setdefault(moment.date(), {}).setdefault((who, kind, dataset), [0, 0, 0, 0, 0])
        for n, amount in enumerate((*amounts, size)):
            cell[n] += amount
        sessions.setdefault((moment.date(), who), set()).add((visitor, slot))
        if dataset:
            seen = uniques.setdefault((moment.date(), who, dataset), {})
            seen[visitor, slot] = seen.get((visitor, slot), 0) or amounts[2]
    unique_counts = {key: (len(seen), sum(seen.values())) for key, seen in uniques.items()}
    counted = len(events) - excluded["double_click"]
    return {
        "days": days, "uniques": unique_counts, "sessions": {k: len(v) for k, v in sessions.items()},
        "excluded": dict(excluded), "lines": number, "counted": counted,
    }  # fmt: skip


if __name__ == "__main__":
    import sys

    found = count([Path(name) for name in sys.argv[1:]], {})
    print(json.dumps({"counted": found["counted"], "excluded": found["excluded"]}))
