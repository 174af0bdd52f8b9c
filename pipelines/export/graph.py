"""A small RDF graph without blank nodes, written as Turtle and JSON-LD: equal input, equal bytes, equal triples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "gsp": "http://www.opengis.net/ont/geosparql#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_IRI_FORBIDDEN = re.compile(r'[\x00-\x20<>"{}|^`\\]')
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_ESCAPED = re.compile(r'[\\"\x00-\x1f\x7f]')


@dataclass(frozen=True, slots=True)
class Iri:
    """An address, absolute or relative to the document; forbidden characters are percent-encoded."""

    value: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _IRI_FORBIDDEN.sub(_percent, self.value))


@dataclass(frozen=True, slots=True)
class Term:
    """A name of one of the :data:`PREFIXES`, such as ``dct:title``."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A text with its language, or with its datatype (a name such as ``xsd:date``)."""

    text: str
    language: str = ""
    datatype: str = ""


Object = Iri | Term | Literal


@dataclass(slots=True)
class Graph:
    """Subjects in the order they were first described, each with its properties in order."""

    subjects: dict[str, list[tuple[str, Object]]] = field(default_factory=dict)

    def describe(self, subject: str, kind: str) -> Description:
        """Begin (or go on with) a subject of class ``kind``."""
        known = self.subjects.setdefault(Iri(subject).value, [])
        if ("a", Term(kind)) not in known:
            known.append(("a", Term(kind)))
        return Description(subject, known)


@dataclass(slots=True)
class Description:
    """One subject's properties; empty values are left out, and so is a statement made before."""

    iri: str
    known: list[tuple[str, Object]]

    def add(self, name: str, *objects: Object | None) -> Description:
        """State a property with each of the objects that is not None."""
        for one in objects:
            if one is not None and (name, one) not in self.known:
                self.known.append((name, one))
        return self

    def text(self, name: str, *texts: str, language: str = "ja") -> Description:
        """Texts in a language; empty ones are left out."""
        return self.add(name, *(Literal(t, language=language) for t in texts if t))

    def plain(self, name: str, text: str, datatype: str = "xsd:string") -> Description:
        """A typed literal, unless empty."""
        return self.add(name, Literal(text, datatype=datatype) if text else None)

    def link(self, name: str, *addresses: str) -> Description:
        """Addresses; empty ones are left out."""
        return self.add(name, *(Iri(a) for a in addresses if a))


# ── Turtle ─────────────────────────────────────────────────────────────────────────────────────


def turtle(graph: Graph) -> str:
    """The graph as Turtle (https://www.w3.org/TR/turtle/), UTF-8 text with LF."""
    head = [f"@prefix {name}: <{iri}> ." for name, iri in PREFIXES.items()]
    bodies = [_block(subject, pairs) for subject, pairs in graph.subjects.items()]
    return "\n".join(head) + "\n\n" + "\n\n".join(bodies) + "\n"


def _block(subject: str, pairs: list[tuple[str, Object]]) -> str:
    lines = [f"    {name} {', '.join(map(_turtle, objects))}" for name, objects in _grouped(pairs)]
    return f"<{subject}>\n" + " ;\n".join(lines) + " ."


def _turtle(one: Object) -> str:
    if isinstance(one, Iri):
        return f"<{one.value}>"
    if isinstance(one, Term):
        return one.name
    text = f'"{_ESCAPED.sub(_escape, one.text)}"'
    if one.language:
        return f"{text}@{one.language}"
    return text if one.datatype == "xsd:string" else f"{text}^^{one.datatype}"


def _escape(found: re.Match[str]) -> str:
    letter = found.group()
    return _ESCAPES.get(letter) or f"\\u{ord(letter):04X}"


def _percent(found: re.Match[str]) -> str:
    return f"%{ord(found.group()):02X}"


# ── JSON-LD ────────────────────────────────────────────────────────────────────────────────────


def json_ld(graph: Graph) -> str:
    """The same triples as JSON-LD 1.1 (https://www.w3.org/TR/json-ld11/); the context is inside, nothing is fetched."""
    nodes = [_node(subject, pairs) for subject, pairs in graph.subjects.items()]
    return json.dumps({"@context": PREFIXES, "@graph": nodes}, ensure_ascii=False, indent=2) + "\n"


def _node(subject: str, pairs: list[tuple[str, Object]]) -> dict[str, Any]:
    node: dict[str, Any] = {"@id": subject}
    for name, objects in _grouped(pairs):
        values = [o.name if name == "a" and isinstance(o, Term) else _value(o) for o in objects]
        node["@type" if name == "a" else name] = values[0] if len(values) == 1 else values
    return node


def _value(one: Object) -> dict[str, str]:
    if isinstance(one, Iri):
        return {"@id": one.value}
    if isinstance(one, Term):
        return {"@id": one.name}
    if one.language:
        return {"@value": one.text, "@language": one.language}
    return {"@value": one.text} if one.datatype == "xsd:string" else {"@value": one.text, "@type": one.datatype}


def _grouped(pairs: Iterable[tuple[str, Object]]) -> list[tuple[str, list[Object]]]:
    groups: dict[str, list[Object]] = {}
    for name, one in pairs:
        groups.setdefault(name, []).append(one)
    return list(groups.items())
