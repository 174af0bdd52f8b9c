"""The site's folder: written beside its place and exchanged with the old one in one step, and only if it is ours."""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from pipelines.gateways import folders
from pipelines.model import CatalogError, ConfigError

MARKER = ".opendata-site.json"
_MADE_BY = "open-data-catalog-publisher"


def published(folder: Path) -> dict[str, str] | None:
    """Dataset name → digest of the site that stands in ``folder``; None when no site of ours stands there."""
    try:
        content = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        return dict(content["datasets"]) if content["made_by"] == _MADE_BY else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def marker(digests: Mapping[str, str]) -> bytes:
    """The file by which we know a site as ours, and which datasets it holds in which version."""
    content = {"made_by": _MADE_BY, "datasets": dict(sorted(digests.items()))}
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def check_place(folder: Path) -> None:
    """Raises :class:`ConfigError` when ``folder`` holds anything that is not a site of ours."""
    if folder.is_file():
        raise ConfigError(f"{folder} はファイルです。フォルダーを指定してください。")
    if folder.is_dir() and any(folder.iterdir()) and published(folder) is None:
        raise ConfigError(
            f"{folder} には、このコマンドが作ったものではないファイルがあります。"
            "消してしまわないよう、何も書きませんでした。空のフォルダーを指定してください。"
        )


def replace_site(folder: Path, texts: Mapping[str, bytes], files: Mapping[str, tuple[Path, str]]) -> bool:
    """Make ``folder`` hold exactly these; ``files``: place → (source, SHA-256 it must have).  False: nothing changed.

    Until the exchange a reader sees the old site whole, after it the new one.  Raises :class:`ConfigError` for a
    folder that is not ours, :class:`CatalogError` when a source is not what it should be or the disk refuses.
    """
    folder = folder.resolve()
    check_place(folder)
    beside, old = folder.parent / f".{folder.name}.new", folder.parent / f".{folder.name}.old"
    _take_back(folder, old)
    try:
        for leftover in (beside, old):
            shutil.rmtree(leftover, ignore_errors=True)
        _write(beside, texts, files)
        if folder.is_dir() and _same(folder, beside):
            return False
        folders.swap(beside, folder, old)
    except OSError as error:
        raise CatalogError(f"{folder} に書けませんでした（{error.strerror}）。前のサイトはそのままです。") from error
    finally:
        for leftover in (beside, old):
            shutil.rmtree(leftover, ignore_errors=True)
    return True


def _take_back(folder: Path, old: Path) -> None:
    """A crash between two renames left the old site beside its place."""
    if old.is_dir() and (not folder.exists() or not any(folder.iterdir())):
        if folder.exists():
            folder.rmdir()
        old.rename(folder)


def _write(top: Path, texts: Mapping[str, bytes], files: Mapping[str, tuple[Path, str]]) -> None:
    top.mkdir(parents=True)
    folders = {top, *((top / name).parent for name in (*texts, *files))}
    for inner in sorted(folders):
        inner.mkdir(parents=True, exist_ok=True)
    for name, content in texts.items():
        (top / name).write_bytes(content)
    for name, (source, digest) in files.items():
        content = source.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise CatalogError(f"{source} の内容が、作ったときと違います。`publish.py build` で作り直してください。")
        (top / name).write_bytes(content)
    os.sync()  # once for all files: what the exchange shows must not be empty after a power cut


def _same(one: Path, other: Path) -> bool:
    names = _names(one)
    return names == _names(other) and all(filecmp.cmp(one / n, other / n, shallow=False) for n in names)


def _names(top: Path) -> set[str]:
    return {str(p.relative_to(top)) for p in top.rglob("*") if p.is_file()}
