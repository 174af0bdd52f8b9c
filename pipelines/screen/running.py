"""Running the detectors: each in its own thread with a time limit; whatever goes wrong holds the dataset."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.screen.finding import BLOCK, Detector, Finding, ScreenRules
from pipelines.screen.looking import Table


@dataclass(frozen=True, kw_only=True)
class Found:
    """One finding with the detector that made it."""

    detector: Detector
    finding: Finding


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A detector that did not come to an end: ``why`` is ``raised X`` or ``time limit``."""

    detector: Detector
    why: str


def run_detectors(
    tables: Sequence[Table], rules: ScreenRules, detectors: Iterable[Detector]
) -> tuple[tuple[Found, ...], tuple[Failure, ...]]:
    """All findings of all detectors, each (type, heading) told once, and the detectors that failed."""
    found: list[Found] = []
    failed: list[Failure] = []
    for detector in detectors:
        result = _limited(detector, tables, rules)
        if isinstance(result, Failure):
            failed.append(result)
        else:
            found.extend(Found(detector=detector, finding=f) for f in _once(result))
    return tuple(found), tuple(failed)


def _limited(detector: Detector, tables: Sequence[Table], rules: ScreenRules) -> list[Finding] | Failure:
    box: list[list[Finding] | Failure] = []

    def work() -> None:
        try:
            box.append([finding for table in tables for finding in detector.find(table, rules)])
        except BaseException as error:  # a detector may even exit: nothing that it does may open the door
            box.append(Failure(detector=detector, why=f"raised {type(error).__name__}"))

    started = time.monotonic()
    thread = threading.Thread(target=work, name=f"screen-{detector.id}", daemon=True)
    thread.start()
    thread.join(rules.seconds)
    if not box or time.monotonic() - started > rules.seconds:
        return Failure(detector=detector, why="time limit")
    return box[0]


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """The source's finding stands for the standardized column's when both are about the same field.

    Two columns of the source under one heading stay two findings: approving one must not open the other.
    """
    kept: list[Finding] = []
    for finding in findings:
        twin = next((n for n, other in enumerate(kept) if _same_field(finding, other)), None)
        if twin is None:
            kept.append(finding)
        elif finding.level is BLOCK and kept[twin].level is not BLOCK:
            kept[twin] = finding
    return kept


def _same_field(later: Finding, earlier: Finding) -> bool:
    heads = {head for head in later.column.heads if head} & set(earlier.column.heads)
    return later.column.standardized and not earlier.column.standardized and later.type == earlier.type and bool(heads)
