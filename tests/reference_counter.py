"""The slow, obvious counter: the rules again in plain Python, to compare the fast one with.

One pass over lines, one sort, no frame library; it shares only the vendored pattern lists (data) with the product.
"""

from __future__ import annotations

import collections
import datetime as dt
import re
from pathlib import Path
from urllib.parse import parse_qs

JST = dt.timezone(dt.timedelta(hours=9))
LISTS = Path(__file__).parents[1] / "pipelines" / "measure" / "lists"
QUOTED = r'"((?:[^"\\]|\\.)*)"'
LINE = re.compile(rf"(\S+) [^\[]*\[([^\]]+)\] {QUOTED} (\S+) (\S+) {QUOTED} {QUOTED}")
ASSET = re.compile(
    r"/(webassets|base|uploads|fonts|api/i18n|api/2/util|favicon\.ico|robots\.txt|sitemap\.xml|\.well-known"
    r"|apple-touch-icon\.png|apple-touch-icon-precomposed\.png)(/|$)"
)
INTERNAL = re.compile(r"10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|::1$|f[cd]|fe[89ab]")
TRACKER = re.compile(r"utm_|fbclid|gclid|yclid|mc_cid|mc_eid")
LOCALE = re.compile(r"^/[a-z]{2}(?:_[A-Za-z]{2,4}){0,2}(?=/|$)")
VIEW = re.compile(r"/resource/.*?/view/")
OWN_PAGES = {"new", "edit", "search", "groups", "activity", "followers", "follow", "changes", "delete"}


def patterns(*names):
    texts = [(LISTS / f"{name}.txt").read_text(encoding="utf-8") for name in names]
    return [re.compile(line, re.I) for text in texts for line in text.splitlines() if line]


MACHINE, ASSISTANT = patterns("counter-machine-2025.11", "local-machine-2026-11-22"), patterns("local-agent-2026-11-22")
ALLOW = patterns("local-allow-2026-11-22")
ROBOT = patterns("counter-robots-2025.11", "crawler-user-agents-1.67.0")
CLASSES: dict = {}


def class_of(agent):
    def hit(some):
        return any(pattern.search(agent) for pattern in some)

    if agent not in CLASSES:
        last = "robot" if hit(ROBOT) and not hit(ALLOW) else "regular"
        CLASSES[agent] = "machine" if hit(MACHINE) else "ai_agent" if hit(ASSISTANT) else last
    return CLASSES[agent]


def place(path, query, ids):
    """(page type, dataset, page view, investigation, request, api call)."""
    parts, given = path.split("/")[1:] or ["?"], {k: v[-1] for k, v in parse_qs(query).items()}
    if m := re.fullmatch(r"/dataset/([^/]+)\.(rdf|ttl|jsonld|xml|n3)", path):
        return "api", ids.get(m[1], m[1]), 0, 1, 0, 1
    if parts[0] == "dataset" and len(parts) > 1 and parts[1] not in OWN_PAGES:
        dataset, resource = ids.get(parts[1], parts[1]), len(parts) > 3 and parts[2] == "resource"
        if len(parts) == 2:
            return "dataset", dataset, 1, 1, 0, 0
        if resource and len(parts) == 4 and parts[3] != "new":
            return "resource", dataset, 1, 1, 0, 0
        taken = resource and parts[4:5] == ["download"]
        return ("download", dataset, 0, 1, 1, 0) if taken else ("other", "", 1, 0, 0, 0)
    if path.endswith("/action/package_show") and "id" in given:
        return "api", ids.get(given["id"], given["id"]), 0, 1, 0, 1
    if path.endswith("/action/resource_show") and "id" in given:
        return "api", ids.get(given["id"], "?"), 0, 1, 0, 1
    if path.endswith("/action/datastore_search") and "resource_id" in given:
        return "api", ids.get(given["resource_id"], "?"), 0, 1, 1, 1
    if path.endswith("/datastore_search_sql") and (m := re.search(r'from\s+"([^"]+)"', given.get("sql", ""), re.I)):
        return "api", ids.get(m[1], "?"), 0, 1, 1, 1
    if path.startswith("/datastore/dump/"):
        return "download", ids.get(parts[2], "?"), 0, 1, 1, 0
    if path.startswith(("/api/", "/feeds/", "/catalog.")):
        return "api", "", 0, 0, 0, 1
    kinds = {"dataset": "search" if len(parts) == 1 else "other", "organization": "org", "group": "org"}
    return "home" if path == "/" else kinds.get(parts[0], "other"), "", 1, 0, 0, 0


def read(line):
    """(reason or None, event): an event is (visitor, hour, page, query, moment, bytes, class)."""
    match = LINE.match(line)
    words = match[3].split(" ") if match else []
    if len(words) != 3 or not words[2].startswith("HTTP/") or not re.fullmatch(r"\d{3}", match[4]):
        return "unparsable", None
    try:
        moment = dt.datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S %z").astimezone(JST)
    except ValueError:
        return "unparsable", None
    url = re.sub(r"^https?://[^/]*", "", words[1]).split("#")[0]
    page, query = LOCALE.sub("", url.split("?")[0]).rstrip("/") or "/", [*url.split("?"), ""][1]
    query = "&".join(part for part in query.split("&") if part and not TRACKER.match(part))
    agent, size = match[7] if match[7] != "-" else "", int(match[5]) if match[5].isdigit() else 0
    checks = {
        "beacon": page == "/_tracking",
        "asset": ASSET.match(page),
        "internal": INTERNAL.match(match[1]),
        "method": words[0] != "GET" and not (words[0] == "POST" and page.startswith("/api/")),
        "status": match[4] not in ("200", "304"),
        "embedded": VIEW.search(page) or VIEW.search(match[6]),
        "robot": class_of(agent) == "robot",
    }
    reason = next((name for name, hit in checks.items() if hit), None)
    return reason, ((match[1], agent), moment.strftime("%Y%m%d%H"), page, query, moment, size, class_of(agent))


def count(lines, ids):
    """Counts per day and (class, page type, dataset); uniques, sessions, reasons; every line accounted for."""
    read_lines = [read(line) for line in lines]
    excluded = collections.Counter(reason for reason, _ in read_lines if reason)
    events = sorted(event for reason, event in read_lines if reason is None)
    days, sessions, seen = {}, collections.defaultdict(set), collections.defaultdict(dict)
    for this, after in zip(events, [*events[1:], None], strict=True):
        if after is not None and after[:4] == this[:4] and (after[4] - this[4]).total_seconds() <= 30:
            excluded["double_click"] += 1
            continue
        visitor, hour, page, query, moment, size, who = this
        kind, dataset, *amounts = place(page, query, ids)
        cell = days.setdefault(moment.date(), {}).setdefault((who, kind, dataset), [0, 0, 0, 0, 0])
        for position, amount in enumerate((*amounts, size)):
            cell[position] += amount
        sessions[moment.date(), who].add((visitor, hour))
        if dataset:
            known = seen[moment.date(), who, dataset]
            known[visitor, hour] = known.get((visitor, hour), 0) or amounts[2]
    return {
        "days": days, "sessions": {key: len(found) for key, found in sessions.items()},
        "uniques": {key: (len(found), sum(found.values())) for key, found in seen.items()},
        "excluded": dict(excluded), "lines": len(read_lines), "counted": len(events) - excluded["double_click"],
    }  # fmt: skip
