"""What a file is, by its bytes and never by its name."""

from __future__ import annotations

import json
import re

#: first bytes → format; the order matters only where one begins another
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "package"),
    (b"PK\x05\x06", "package"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"\x09\x08\x10\x00", "ole"),
    (b"\x09\x08\x08\x00", "ole"),
    (b"\x09\x04\x06\x00", "ole"),
    (b"\x09\x02\x06\x00", "ole"),
    (b"\x09\x00\x04\x00", "ole"),
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"8BPS", "psd"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "rar"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"SQLite format 3", "sqlite"),
    (b"{\\rtf", "rtf"),
    (b"PAR1", "parquet"),
    (b"BM", "bmp"),
)

#: format → what a clerk calls it
NAMES = {
    "pdf": "PDF 文書",
    "png": "画像(PNG)",
    "jpeg": "画像(JPEG)",
    "gif": "画像(GIF)",
    "tiff": "画像(TIFF)",
    "bmp": "画像(BMP)",
    "webp": "画像(WebP)",
    "psd": "画像(Photoshop)",
    "gzip": "圧縮ファイル(gzip)",
    "7z": "圧縮ファイル(7z)",
    "rar": "圧縮ファイル(RAR)",
    "program": "プログラム",
    "sqlite": "データベースのファイル",
    "rtf": "リッチテキスト文書",
    "parquet": "Parquet ファイル",
    "javascript": "プログラム(JavaScript)",
    "python": "プログラム(Python)",
    "sql": "データベースの命令文(SQL)",
    "css": "ウェブページの書式(CSS)",
    "json": "JSON",
    "xml": "XML",
    "html": "ウェブページ(HTML)",
    "text": "文章",
    "docx": "Word 文書",
    "doc": "Word 文書",
    "pptx": "PowerPoint 文書",
    "ppt": "PowerPoint 文書",
    "odt": "文書(OpenDocument)",
    "epub": "電子書籍",
    "jar": "プログラム(Java)",
    "ole": "Office の古い形式のファイル",
    "xlsb": "Excel バイナリブック(.xlsb)",
    "binary": "表ではないデータ",
    "csv": "CSV",
    "tsv": "タブ区切りのテキスト",
    "xlsx": "Excel ブック(.xlsx)",
    "xlsm": "Excel マクロ有効ブック(.xlsm)",
    "xls": "Excel 97-2003 ブック(.xls)",
    "ods": "OpenDocument 表計算(.ods)",
    "zip": "圧縮ファイル(ZIP)",
    "email": "電子メール",
}

_JAVASCRIPT = re.compile(
    r"^\s*(?:/\*.*?\*/\s*|//[^\n]*\n\s*)*"
    r"(?:\(function|!function|\(\(\)\s*=>|['\"]use strict['\"]|(?:var|let|const)\s+[\w$]+\s*=|function\s+[\w$]*\s*\(|"
    r"import\s.+?from\s+['\"]|export\s+(?:default|const|function)|module\.exports|window\.[\w$]+|"
    r"(?:\$|jQuery)\(|define\(\[|[\w$]+\s*=\s*\[?\{)",
    re.DOTALL,
)
_PYTHON = re.compile(r"^(?:#!.*python.*\n|import \w+\s*\n|from \w[\w.]* import |def \w+\(|#.*coding[:=])", re.MULTILINE)
_SQL = re.compile(
    r"^\s*(?:--[^\n]*\n\s*)*(?:CREATE\s+TABLE|INSERT\s+INTO|SELECT\s+.+\sFROM\s|DROP\s+TABLE)", re.IGNORECASE
)
_CSS = re.compile(
    r"^\s*(?:@charset\s|@import\s|(?:/\*.*?\*/\s*)?[.#]?[\w-]+(?:\s*[,>]\s*[.#]?[\w-]+)*\s*\{\s*[\w-]+\s*:)", re.DOTALL
)
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]|<table[\s>]", re.IGNORECASE)
_EMAIL = re.compile(r"^(?:Received|From|Return-Path|MIME-Version|Delivered-To|Message-ID): .+\n", re.MULTILINE)


def signature(head: bytes) -> str | None:
    """The binary format of a file's first bytes: ``package`` (zip), ``ole`` or a final name; None: text, perhaps."""
    for begin, name in _SIGNATURES:
        if head.startswith(begin):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    return None


def text_format(text: str) -> str:
    """What a decoded text is: html, xml, json, javascript …, or ``table`` when nothing speaks against it."""
    head = text[:20_000].lstrip("\ufeff \t\r\n\u3000")
    if head.startswith("<") and (_HTML.search(head) or _HTML.search(text[:200_000])):
        return "html"
    if head.startswith(("<?xml", "<")) and re.match(r"<[?!a-zA-Z]", head):
        return "xml"
    if head[:1] in "{[" and _json(text):
        return "json"
    for name, pattern in (("javascript", _JAVASCRIPT), ("python", _PYTHON), ("sql", _SQL), ("css", _CSS)):
        if pattern.match(head):
            return name
    return "email" if _EMAIL.match(head) and head.count(": ") > 3 else "table"


def _json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return bool(re.match(r"\s*[\[{]\s*[\"{\[]", text[:200]))
    return True
