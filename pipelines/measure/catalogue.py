"""The catalogue of a day: which datasets there are, which of them count, and what changed since the last snapshot.

The portal cannot rebuild past counts after a deletion, so a snapshot is kept of every day from the first run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines import fiscal
from pipelines.gateways.measurements import DatasetEvent
from pipelines.model import DatasetDay

Package = Mapping[str, Any]
#: CKAN's ids of open licences, and the names under which Japanese cities enter the same ones
OPEN_LICENCES = frozenset((
    "cc-by", "cc-by-4.0", "cc-by-sa", "cc-by-sa-4.0", "cc-zero", "cc0-1.0", "odc-by", "odc-odbl", "odc-pddl",
    "other-open", "other-pd", "other-at", "uk-ogl", "gfdl", "pdl1.0", "pdl-1.0",
))  # fmt: skip
#: what a harvester leaves in the extras of a copy
_HARVEST = ("harvest_object_id", "harvest_source_id", "harvest_source_title", "harvest_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRule:
    """The approved 「データセット数」: type dataset, active, public; the rest only where decided.

    ``harvested``: copies collected from elsewhere; ``own``: what the catalogue makes of itself (its list, its KPI).
    """

    harvested: bool = False
    own: bool = False


def snapshot(packages: Iterable[Package], day: dt.date, rule: CountRule | None = None) -> list[DatasetDay]:
    """Every dataset of the portal on a day, counted or with the reason why not, by name.

    Sample datasets are counted and marked: who adds up leaves them out.
    """
    return sorted((_dataset(p, day, rule or CountRule()) for p in packages), key=lambda d: d.dataset)


def _dataset(package: Package, day: dt.date, rule: CountRule) -> DatasetDay:
    reason, extras = uncounted(package, rule), extras_of(package)
    resources = package.get("resources") or ()
    licence = str(package.get("license_id") or "")
    return DatasetDay(
        day=day,
        dataset=str(package["name"]),
        title=str(package.get("title") or package["name"]),
        organization=str((package.get("organization") or {}).get("name") or package.get("owner_org") or ""),
        counted=not reason,
        reason=reason,
        standard=extras.get("standard_name", "") or extras.get("standard", ""),
        licence=licence,
        open=is_open(package),
        resources=len(resources),
        formats=tuple(sorted({str(r.get("format") or "").upper() for r in resources} - {""})),
        frequency=extras.get("frequency", ""),
        data_modified=data_modified(package),
        sample=extras.get("sample", "").lower() == "true",
    )


def uncounted(package: Package, rule: CountRule) -> str:
    """Why a dataset is not counted: 種別 | 下書き | 削除 | 非公開 | カタログ自身 | 収集; empty when it is counted."""
    if package.get("type", "dataset") != "dataset":
        return "種別"
    state = package.get("state", "active")
    if state != "active":
        return "削除" if state == "deleted" else "下書き"
    if package.get("private"):
        return "非公開"
    if extras_of(package).get("catalogue_own") and not rule.own:
        return "カタログ自身"
    harvested = any(extras_of(package).get(key) for key in _HARVEST)
    return "収集" if harvested and not rule.harvested else ""


def extras_of(package: Package) -> dict[str, str]:
    """CKAN's extras as a mapping."""
    return {str(e["key"]): str(e.get("value") or "") for e in package.get("extras") or ()}


def is_open(package: Package) -> bool:
    """True when the portal knows the licence as open, or its id is one of the open licences."""
    return bool(package.get("isopen")) or str(package.get("license_id") or "").lower() in OPEN_LICENCES


def data_modified(package: Package) -> str:
    """The newest day any file changed (JST): not metadata_modified, a corrected typo is no update of the data."""
    moments = [r.get("last_modified") or r.get("created") for r in package.get("resources") or ()]
    days = [day for m in moments if m and (day := portal_day(str(m))) is not None]
    return max(days).isoformat() if days else ""


def portal_day(text: str) -> dt.date | None:
    """The JST day of a moment as CKAN writes it (UTC without a zone); None when it is no moment."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return fiscal.jst_day(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))


def ids(packages: Iterable[Package]) -> dict[str, str]:
    """Every id under which a log may name a dataset: its resources' and its own."""
    found: dict[str, str] = {}
    for package in packages:
        name = str(package["name"])
        for key in (package.get("id"), *(r.get("id") for r in package.get("resources") or ())):
            if key:
                found[str(key)] = name
    return found


def events(
    before: Sequence[DatasetDay],
    now: Sequence[DatasetDay],
    seen: Iterable[str],
    renamed: Mapping[str, str],
    day: dt.date,
) -> list[DatasetEvent]:
    """What changed between two snapshots, of counted datasets.

    ``seen``: names of added datasets of the past (one that comes back is restored); ``renamed``: new name → old name.
    """
    old = {d.dataset: d for d in before if d.counted}
    new = {d.dataset: d for d in now if d.counted}
    why = {d.dataset: d.reason for d in now}
    past, gone_by_rename = set(seen), set(renamed.values())
    found = []
    for name in sorted(new.keys() - old.keys()):
        kind = "renamed" if name in renamed else "restored" if name in past else "added"
        found.append(_event(new[name], day, kind, f"旧名 {renamed[name]}" if name in renamed else ""))
    gone = sorted(old.keys() - new.keys() - gone_by_rename)
    retitled = sorted(name for name in new.keys() & old.keys() if new[name].title != old[name].title)
    found += [_event(old[name], day, "removed", why.get(name, "")) for name in gone]
    found += [_event(new[name], day, "renamed", f"旧題 {old[name].title}") for name in retitled]
    return found


def first_events(packages: Iterable[Package], now: Sequence[DatasetDay]) -> list[DatasetEvent]:
    """Before the first snapshot the portal's own creation days are all there is to know about additions."""
    created = {str(p["name"]): portal_day(str(p.get("metadata_created") or "")) for p in packages}
    known = [(d, created.get(d.dataset)) for d in now if d.counted]
    return [_event(d, day, "added", "登録日による") for d, day in known if day is not None]


def _event(dataset: DatasetDay, day: dt.date, kind: str, note: str) -> DatasetEvent:
    return DatasetEvent(
        day=day, dataset=dataset.dataset, event=kind, title=dataset.title, organization=dataset.organization, note=note
    )
