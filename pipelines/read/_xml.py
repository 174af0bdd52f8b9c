"""Expat in the child: namespaces stripped, DTD and entities refused before they can do anything."""

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


class Whole:
    """Bytes at hand as a stream."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes."""
        end = len(self.data) if size < 0 else self.position + size
        piece, self.position = self.data[self.position : end], end
        return piece


def parse(stream: Stream, start: Start, end: End | None = None, text: Text | None = None) -> None:
    """Parse a part; element and attribute names come without namespace.  Refuses a DTD, tells broken XML."""
    parser = expat.ParserCreate(namespace_separator="|")
    parser.buffer_text = True
    parser.buffer_size = 65_536
    parser.StartDoctypeDeclHandler = _dtd
    parser.EntityDeclHandler = _dtd
    names: dict[str, str] = {}

    def started(name: str, attributes: Attributes) -> None:
        start(names.get(name) or names.setdefault(name, name.rsplit("|", 1)[-1]), attributes)

    def ended(name: str) -> None:
        assert end is not None
        end(names.get(name) or names.setdefault(name, name.rsplit("|", 1)[-1]))

    parser.StartElementHandler = started
    if end is not None:
        parser.EndElementHandler = ended
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        while chunk := stream.read(1 << 18):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Refused("broken-file", detail=f"XML {error.lineno} 行目") from None


def _dtd(*_: object) -> None:
    raise Refused("xml-entity")


def local(attributes: Attributes, name: str) -> str | None:
    """An attribute by its local name, whatever its namespace (``r:id``)."""
    if name in attributes:
        return attributes[name]
    tail = "|" + name
    return next((value for key, value in attributes.items() if key.endswith(tail)), None)


def truth(value: str | None) -> bool:
    """An XML Schema boolean."""
    return value in ("1", "true", "on")
