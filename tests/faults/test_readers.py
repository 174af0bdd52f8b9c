"""Readers beside a dataset that changes all the time: only whole versions, file and metadata side by side."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.conftest import Catalogue
from tests.faults.proxy import Proxy
from tests.faults.scenes import READS, TALLY, UPDATES, Reader, Scene, Sight
from tests.publishing import rows

pytestmark = pytest.mark.catalogue


def test_readers_see_whole_versions(proxy: Proxy, catalogue: Catalogue, tmp_path: Path) -> None:
    """Every file read is one we published, never more than one version from its metadata; no table is ever empty."""
    scene = Scene(proxy, catalogue, tmp_path)
    name, publisher = scene.names[0], scene.publisher
    resource = publisher.show(name)["resources"][0]
    versions = [resource["hash"].removeprefix("sha256:")]
    reader = Reader(catalogue.url, name, resource)
    thread = threading.Thread(target=reader.read, daemon=True)
    thread.start()
    number = 0
    while number < max(6, UPDATES) or 4 * len(reader.sights) < READS:
        made = publisher.package(_content(number), name=name, key=("ID",))
        versions.append(made.files[0].digest)
        publisher.publish(made)
        number += 1
    reader.stop.set()
    thread.join(30)
    assert reader.errors == []
    assert len(reader.sights) > 3
    assert min(s.rows for s in reader.sights) >= 39
    apart = [_apart(versions, s) for s in reader.sights]
    assert max(apart) <= 1
    TALLY["reads beside updates"] += 4 * len(reader.sights)
    TALLY["updates beside reads"] += number
    TALLY["looks in which file and metadata differed"] += sum(a > 0 for a in apart)
    TALLY["longest of them, ms"] = max(TALLY["longest of them, ms"], _longest(reader.sights, apart))


def _apart(versions: list[str], sight: Sight) -> int:
    """How many versions the file was ahead of, or behind, the metadata read before and after it."""
    file, before, after = (versions.index(v) for v in (sight.file, sight.before, sight.after))
    return max(before - file, file - after, 0)


def _longest(sights: list[Sight], apart: list[int]) -> int:
    """Milliseconds from the first to the last moment of the longest row of looks that differed."""
    longest, since = 0.0, None
    for sight, versions in zip(sights, apart, strict=True):
        since = (since or sight.at) if versions else None
        longest = max(longest, sight.until - since if since else 0.0)
    return round(longest * 1000)


def _content(number: int) -> list[list[str]]:
    content = rows(40)
    content[number % 40][2] = str(1000 + number)
    return content
