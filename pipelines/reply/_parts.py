"""The parts of an Office Open XML package: read within limits, edited only where asked, written back in order."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_PACKAGE_RELS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_CONTENT_TYPES = "[Content_Types].xml"
_ENTRIES, _SIZE = 5000, 300 << 20


class Parts:
    """One workbook's parts; raises ``ValueError`` for a package that is none, or too large."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)
        infos = self._zip.infolist()
        if len(infos) > _ENTRIES or sum(info.file_size for info in infos) > _SIZE:
            raise ValueError("too large")
        self._names = [info.filename for info in infos if not info.is_dir()]
        self._contents: dict[str, bytes] = {}
        self._trees: dict[str, Any] = {}

    def read(self, part: str) -> bytes:
        """A part's bytes as they are now."""
        return self._contents[part] if part in self._contents else self._zip.read(part)

    def edited(self, part: str) -> bool:
        """Whether the part was opened for editing."""
        return part in self._trees

    def xml(self, part: str) -> Any:
        """A part's root element; what is changed in it will be written."""
        if part not in self._trees:
            self._trees[part] = parsed(self.read(part))
        return self._trees[part]

    def replace(self, part: str, content: bytes) -> None:
        """Give a part other bytes."""
        if part not in self._names:
            self._names.append(part)
        self._contents[part] = content

    def add(self, wish: str, content: Any, content_type: str) -> str:
        """A new part (an element, or bytes) under the wished name or one like it; gives its name."""
        stem, dot, suffix = wish.rpartition(".")
        name, number = wish, 1
        while name in self._names:
            number += 1
            name = f"{stem}{number}{dot}{suffix}"
        self._names.append(name)
        if isinstance(content, bytes):
            self._contents[name] = content
        else:
            self._trees[name] = content
        override = _made(_TYPES + "Override", PartName=f"/{name}", ContentType=content_type)
        self.xml(_CONTENT_TYPES).append(override)
        return name

    def allow_extension(self, extension: str, content_type: str) -> None:
        """Declare the content type of a file extension, once."""
        types = self.xml(_CONTENT_TYPES)
        if not any(d.get("Extension", "").lower() == extension for d in types.findall(_TYPES + "Default")):
            types.insert(0, _made(_TYPES + "Default", Extension=extension, ContentType=content_type))

    def workbook(self) -> str:
        """The workbook part."""
        found = self.related("", "officeDocument")
        if not found or not found[0].endswith(".xml"):
            raise ValueError("no workbook")
        return found[0]

    def related(self, part: str, kind: str) -> list[str]:
        """Parts that ``part`` relates to in that way."""
        return [target for _, target in self.related_ids(part, kind)]

    def related_ids(self, part: str, kind: str) -> Iterator[tuple[str, str]]:
        """(relation id, part) pairs."""
        rels = _rels_part(part)
        if rels not in self._names:
            return
        for relation in self.xml(rels):
            if relation.get("Type") == _OFFICE + kind and relation.get("TargetMode") != "External":
                yield relation.get("Id"), _resolved(part, relation.get("Target"))

    def relate(self, part: str, target: str, kind: str) -> str:
        """Relate ``part`` to ``target``; gives the relation's id."""
        rels = _rels_part(part)
        if rels not in self._names:
            self._names.append(rels)
            self._trees[rels] = _made(_PACKAGE_RELS + "Relationships")
        root = self.xml(rels)
        taken = {relation.get("Id") for relation in root}
        number = next(f"rIdReply{n}" for n in range(1, 10_000) if f"rIdReply{n}" not in taken)
        root.append(_made(_PACKAGE_RELS + "Relationship", Id=number, Type=_OFFICE + kind, Target=f"/{target}"))
        return number

    def write(self, out: Path) -> None:
        """Write all parts in their order."""
        from lxml import etree  # type: ignore[import-untyped,unused-ignore]

        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            for name in self._names:
                content = self.read(name) if name not in self._trees else None
                if content is None:
                    content = etree.tostring(self._trees[name], xml_declaration=True, encoding="UTF-8", standalone=True)
                made.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def parsed(content: bytes) -> Any:
    """The root of an XML text; no DTD, no entities, no network."""
    from lxml import etree  # type: ignore[import-untyped,unused-ignore]

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(content, parser)
    if root.getroottree().docinfo.doctype:
        raise ValueError("a DTD")
    return root


def qualified(name: str) -> str:
    """A spreadsheet element's full name."""
    return MAIN + name


def element(tag: str, /, **attributes: str) -> Any:
    """A spreadsheet element."""
    return _made(MAIN + tag, **attributes)


def text_element(tag: str, text: str) -> Any:
    """A spreadsheet element of text whose blanks count."""
    made = element(tag)
    made.text = text
    made.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return made


def child_after(parent: Any, child: Any, order: tuple[str, ...]) -> None:
    """Insert ``child`` after the siblings that come before it in ``order`` (the schema's sequence)."""
    before = {MAIN + name for name in order[: order.index(child.tag.removeprefix(MAIN))]}
    place = max((i for i, sibling in enumerate(parent, start=1) if sibling.tag in before), default=0)
    parent.insert(place, child)


def _made(tag: str, /, **attributes: str) -> Any:
    from lxml import etree  # type: ignore[import-untyped,unused-ignore]

    namespace = tag[1:].partition("}")[0]
    made = etree.Element(tag, nsmap={None: namespace})
    for name, value in attributes.items():
        made.set(name, value)
    return made


def _rels_part(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _resolved(part: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))
