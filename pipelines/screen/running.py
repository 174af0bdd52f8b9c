"""Running the detectors: in a thread of their own, each with a time limit; whatever goes wrong holds the dataset."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.screen.finding import BLOCK, Detector, Finding, ScreenRules
from pipelines.screen.looking import Table
from pipelines.screen.patience import TimeIsUp, allow

_LATE = "time limit"


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
    waiting = tuple(detectors)
    found: list[Found] = []
    failed: list[Failure] = []
    while waiting:
        results = _Worker(waiting, tables, rules).results()
        for detector, result in zip(waiting, results, strict=False):
            if isinstance(result, Failure):
                failed.append(result)
            else:
                found.extend(Found(detector=detector, finding=f) for f in _once(result))
        waiting = waiting[len(results) :]
    return tuple(found), tuple(failed)


class _Worker:
    """One thread for detector after detector: it is left behind, and another made, when one takes too long."""

    def __init__(self, detectors: Sequence[Detector], tables: Sequence[Table], rules: ScreenRules) -> None:
        self._detectors, self._tables, self._rules = detectors, tables, rules
        self._done: list[list[Finding] | Failure] = []
        self._at = 0, time.monotonic()
        self._left = False
        self._ended = threading.Event()

    def results(self) -> list[list[Finding] | Failure]:
        """What the detectors gave, in their order, up to and with the first that took too long."""
        threading.Thread(target=self._work, name="screen", daemon=True).start()
        while not self._ended.wait(max(0.0, self._at[1] + self._rules.seconds - time.monotonic())):
            at, since = self._at
            if time.monotonic() - since > self._rules.seconds:
                self._left = True
                return [*self._done[:at], Failure(detector=self._detectors[at], why=_LATE)]
        return self._done

    def _work(self) -> None:
        for at, detector in enumerate(self._detectors):
            started = time.monotonic()
            self._at = at, started
            result = self._found(detector)
            late = time.monotonic() - started > self._rules.seconds
            self._done.append(Failure(detector=detector, why=_LATE) if late else result)
            if self._left:
                return
        self._ended.set()

    def _found(self, detector: Detector) -> list[Finding] | Failure:
        allow(self._rules.seconds)
        try:
            return [finding for table in self._tables for finding in detector.find(table, self._rules)]
        except TimeIsUp:
            return Failure(detector=detector, why=_LATE)
        except BaseException as error:  # a detector may even exit: nothing that it does may open the door
            return Failure(detector=detector, why=f"raised {type(error).__name__}")


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
