"""Expat in the child: prefixes stripped, DTD and entities refused before they can do anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from xml.parsers import expat

from pipelines.read._wire import Refused

Attributes = dict[str, str]
Start = Callable[[str, Attributes], None]
End = Callable[[str], None]
Text = Callable[[str], None]


class Stream(Protocol):
    """Anything expat can read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes."""


def parse(stream: Stream, start: Start, end: End | None = None, text: Text | None = None) -> None:
    """Parse a part; element names come without prefix.  Refuses a DTD, tells broken XML.

    Handlers are set on the parser itself: a wrapper that strips namespaces would cost a quarter of the time of a large
    sheet.  Only where the root element has a prefix (``x:worksheet``) is such a wrapper put in between.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 65_536
    parser.StartDoctypeDeclHandler = _dtd
    parser.EntityDeclHandler = _dtd

    def root(name: str, attributes: Attributes) -> None:
        prefix = name.rpartition(":")[0]
        begin = _unprefixed_start(start) if prefix else start
        parser.StartElementHandler = begin
        if end is not None:
            parser.EndElementHandler = _unprefixed_end(end) if prefix else end
        begin(name, attributes)

    parser.StartElementHandler = root
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        while chunk := stream.read(1 << 18):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Refused("broken-file", detail=f"XML {error.lineno} 行目") from None


def _unprefixed_start(start: Start) -> Start:
    return lambda name, attributes: start(name.rpartition(":")[2], attributes)


def _unprefixed_end(end: End) -> End:
    return lambda name: end(name.rpartition(":")[2])


def _dtd(*_: object) -> None:
    raise Refused("xml-entity")


def local(attributes: Attributes, name: str) -> str | None:
    """An attribute by its local name, whatever its namespace (``r:id``)."""
    if name in attributes:
        return attributes[name]
    tail = ":" + name
    return next((value for key, value in attributes.items() if key.endswith(tail)), None)


def truth(value: str | None) -> bool:
    """An XML Schema boolean."""
    return value in ("1", "true", "on")
