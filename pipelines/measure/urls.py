"""Which page of a CKAN an address is, and which dataset it concerns.

One definition for every source (logs, tracking, analytics).  The classes follow COUNTER for research data: an
*investigation* is anything about a dataset, a *request* is the data itself (and an investigation too).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

#: a dataset that the address concerns but that no snapshot knows
UNKNOWN = "?"
#: first parts under /dataset/ that are CKAN's own pages and no dataset's name
_OWN_PAGES = frozenset(("new", "edit", "search", "groups", "activity", "followers", "follow", "changes", "delete"))
_LOCALE = re.compile(r"^/[a-z]{2}(?:_[A-Za-z]{2,4}){0,2}(?=/|$)")
_METADATA = re.compile(r"\.(?:rdf|ttl|jsonld|xml|n3)$")
_TABLE = re.compile(r"(?:from|join)\s+\"([^\"]+)\"", re.IGNORECASE)
#: query parameters that only say where a visitor came from
TRACKERS = ("utm_", "fbclid", "gclid", "yclid", "mc_cid", "mc_eid")
#: paths that load with every page, or that no person opens as a page
ASSETS = (
    "/webassets", "/base", "/uploads", "/fonts", "/api/i18n", "/api/2/util", "/favicon.ico", "/robots.txt",
    "/sitemap.xml", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png", "/.well-known",
)  # fmt: skip
BEACON = "/_tracking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What one address is: page type, dataset (``""``: the site), and what one access of it counts as."""

    page_type: str
    dataset: str = ""
    page_view: bool = False
    investigation: bool = False
    request: bool = False
    api: bool = False


def path_of(address: str, root: str = "") -> str:
    """The path without host, root folder, locale, trailing slash and fragment: ``/ja/dataset/x/`` → ``/dataset/x``."""
    path = urlsplit(address).path if "://" in address else address.split("#", 1)[0].split("?", 1)[0]
    path = path.removeprefix(root)
    return _LOCALE.sub("", path).rstrip("/") or "/"


def query_of(address: str) -> str:
    """The query without the parameters that only say where a visitor came from."""
    query = address.split("#", 1)[0].partition("?")[2]
    return "&".join(part for part in query.split("&") if part and not part.startswith(TRACKERS))


def canonical(address: str, root: str = "") -> str:
    """The address under which two clicks are the same click."""
    query = query_of(address)
    return path_of(address, root) + (f"?{query}" if query else "")


def is_asset(path: str) -> bool:
    """True for what loads with a page: style sheets, scripts, images, translations."""
    return any(path == asset or path.startswith(f"{asset}/") for asset in ASSETS)


def is_embedded(path: str, referer: str) -> bool:
    """True for a view shown inside a resource page, and for what that view itself fetches."""
    return _inside_view(path) or _inside_view(referer)


def _inside_view(address: str) -> bool:
    before, found, _ = address.partition("/view/")
    return bool(found) and "/resource/" in before


def locate(path: str, query: str = "", ids: Mapping[str, str] | None = None) -> Target:
    """The target of a path (as :func:`path_of` gives it).  ``ids`` maps resource and dataset ids to dataset names."""
    known = ids or {}
    if path == "/":
        return Target(page_type="home", page_view=True)
    if not path.startswith("/"):  # "(other)" of a reporting tool, "*" of a request line
        return Target(page_type="other", page_view=True)
    parts = [unquote(part) for part in path.split("/")[1:]]
    if parts[0] == "dataset":
        return _dataset(parts[1:], known)
    if parts[0] == "api":
        return _api(parts, query, known)
    if parts[:2] == ["datastore", "dump"] and len(parts) > 2:
        return _request("download", known.get(parts[2], UNKNOWN))
    if parts[0] == "feeds" or path.startswith("/catalog."):
        return Target(page_type="api", api=True)
    page = "org" if parts[0] in ("organization", "group") else "other"
    return Target(page_type=page, page_view=True)


def _dataset(parts: list[str], known: Mapping[str, str]) -> Target:
    if not parts:
        return Target(page_type="search", page_view=True)
    name = _METADATA.sub("", parts[0])
    if name in _OWN_PAGES:
        return Target(page_type="other", page_view=True)
    dataset = known.get(name, name)
    if len(parts) == 1 and name != parts[0]:
        return Target(page_type="api", dataset=dataset, investigation=True, api=True)
    if len(parts) == 1:
        return Target(page_type="dataset", dataset=dataset, page_view=True, investigation=True)
    if parts[1] == "resource" and len(parts) == 3 and parts[2] != "new":
        return Target(page_type="resource", dataset=dataset, page_view=True, investigation=True)
    if parts[1] == "resource" and len(parts) > 3 and parts[3] == "download":
        return _request("download", dataset)
    return Target(page_type="other", page_view=True)


def _api(parts: list[str], query: str, known: Mapping[str, str]) -> Target:
    action = parts[parts.index("action") + 1] if "action" in parts[:-1] else ""
    given = {key: values[-1] for key, values in parse_qs(query).items()}
    if action == "package_show" and "id" in given:
        dataset = known.get(given["id"], given["id"])
        return Target(page_type="api", dataset=dataset, investigation=True, api=True)
    if action == "resource_show" and "id" in given:
        return Target(page_type="api", dataset=known.get(given["id"], UNKNOWN), investigation=True, api=True)
    if action == "datastore_search" and "resource_id" in given:
        return _request("api", known.get(given["resource_id"], UNKNOWN))
    if action == "datastore_search_sql" and (table := _TABLE.search(given.get("sql", ""))):
        return _request("api", known.get(table[1], UNKNOWN))
    return Target(page_type="api", api=True)


def _request(page_type: str, dataset: str) -> Target:
    return Target(page_type=page_type, dataset=dataset, investigation=True, request=True, api=page_type == "api")
