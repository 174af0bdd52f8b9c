"""What an XLSX container carries besides cells.  Kinds are those of ``model.Hidden``; never a value in clear."""

from __future__ import annotations

import re
from typing import Any

from pipelines.read._container import Parts
from pipelines.read._xml import Attributes, parse

#: part name → kind; "" is harmless.  First match wins; a part that matches nothing is told as unknown-part.
_PARTS: tuple[tuple[str, str], ...] = (
    (r"\[content_types\]\.xml|.*\.rels", ""),
    (r"xl/(workbook|styles|sharedstrings|calcchain|volatiledependencies)\.xml|xl/metadata(\.xml)?", ""),
    (r"xl/macrosheets/.*", "macro"),
    (r"xl/dialogsheets/.*", "control"),
    (r"xl/(worksheets|chartsheets)/[^/]+\.xml", ""),
    (r"xl/printersettings/.*", "printer-settings"),
    (r"xl/(theme|tables|worksheets/_rels)/.*", ""),
    (r"xl/(richdata|featurepropertybag)/.*", ""),
    (r"xl/pivotcache/.*records.*", "pivot-cache"),
    (r"xl/pivot(cache|tables)/.*", "pivot-table"),
    (r"xl/externallinks/.*", "external-link"),
    (r".*vbaproject.*|xl/vba.*", "macro"),
    (r"xl/(embeddings|oleobjects)/.*", "embedded-object"),
    (r"xl/(activex|ctrlprops)/.*", "control"),
    (r"xl/media/.*", "image"),
    (r"xl/drawings/vmldrawing.*", ""),
    (r"xl/(drawings|charts|diagrams|ink)/.*", "drawing"),
    (r"xl/(comments|threadedcomments|persons).*", ""),
    (r"xl/connections\.xml", "connection"),
    (r"xl/querytables/.*", "query-table"),
    (r"xl/(model|customdata)/.*", "data-model"),
    (r"xl/slicer.*|xl/timeline.*", "slicer"),
    (r"xl/revisions/.*|xl/usernames\.xml", "revision"),
    (r"customxml/.*|customui/.*|userCustomization/.*", "custom-xml"),
    (r"docprops/.*|_xmlsignatures/.*|docmetadata/.*", ""),
)
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), kind) for pattern, kind in _PARTS)
#: a sheet or a comment to which nothing in the workbook leads
_LEFT = (
    (re.compile(r"xl/worksheets/[^/]+\.xml"), "unknown-part"),
    (re.compile(r"xl/(comments[^/]*|comments/[^/]+|threadedcomments/[^/]+)\.xml"), "comment"),
)
_AUTHORS = ("creator", "lastModifiedBy", "Manager", "Company")


def furniture(parts: Parts, names: list[tuple[str, bool, str]], known: set[str]) -> list[dict[str, Any]]:
    """Hidden kinds found in the container and among the defined names, each with its count.

    ``known`` are the sheets and comments that the workbook leads to: one left over in the container is seen by nobody.
    """
    counts: dict[str, int] = {}
    linked = {part.lower() for part in known}
    for part in parts.names():
        kind = "" if part in linked else _kind(parts, part)
        if kind:
            counts[kind] = counts.get(kind, 0) + 1
    suspicious = sum(1 for name, hidden, text in names if _telling(name, text, hidden))
    if suspicious:
        counts["defined-name"] = suspicious
    found: list[dict[str, Any]] = [{"kind": kind, "count": count} for kind, count in sorted(counts.items())]
    return found + _properties(parts)


def _kind(parts: Parts, part: str) -> str:
    if left := next((kind for pattern, kind in _LEFT if pattern.fullmatch(part)), ""):
        return left
    kind = next((kind for pattern, kind in _COMPILED if pattern.fullmatch(part)), "unknown-part")
    return "drawing-text" if kind == "drawing" and _has_text(parts, part) else kind


def _has_text(parts: Parts, part: str) -> bool:
    """Whether shapes or diagrams carry words (``a:t`` of DrawingML); a chart's own titles are no hidden text."""
    if not re.fullmatch(r"xl/(drawings|diagrams)/(drawing|data)[^/]*\.xml", part):
        return False
    state = {"inside": False, "found": False}

    def start(tag: str, attributes: Attributes) -> None:
        state["inside"] = tag.rpartition(":")[2] == "t"

    def text(data: str) -> None:
        state["found"] = state["found"] or (state["inside"] and bool(data.strip()))

    with parts.open(part) as stream:
        parse(stream, start, None, text)
    return state["found"]


def _telling(name: str, text: str, hidden: bool) -> bool:
    """A defined name that is hidden, or that holds a value or an outside path instead of an address."""
    if name.startswith(("_xlnm.", "_xlfn.", "_xlpm.")):
        return False
    return hidden or '"' in text or "[" in text or "\\\\" in text


def _properties(parts: Parts) -> list[dict[str, Any]]:
    """Names of filled personal document properties (the values stay in the file)."""
    found: list[dict[str, Any]] = []
    for part in ("docprops/core.xml", "docprops/app.xml"):
        if part not in parts:
            continue
        state: dict[str, str] = {"tag": ""}

        def start(tag: str, attributes: Attributes, state: dict[str, str] = state) -> None:
            state["tag"] = tag.rpartition(":")[2]

        def text(data: str, state: dict[str, str] = state) -> None:
            if state["tag"] in _AUTHORS and data.strip():
                found.append({"kind": "property", "detail": state["tag"]})
                state["tag"] = ""

        with parts.open(part) as stream:
            parse(stream, start, None, text)
    return found
