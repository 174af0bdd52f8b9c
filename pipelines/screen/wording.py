"""From a finding to what a clerk reads: which cell, what and why, never the value itself."""

from __future__ import annotations

from pipelines.model import Level, Place, Problem
from pipelines.screen.finding import Finding
from pipelines.screen.running import Failure, Found

_PREFIX = {Level.ERROR: "blocked", Level.HOLD: "held", Level.WARNING: "noticed"}
_CELLS = 10
#: more cells of one finding are not marked one by one in the reply
_MARKED = 5_000


def problem_of(found: Found) -> Problem:
    """The problem of one finding."""
    finding = found.finding
    return Problem(
        code=f"{_PREFIX[finding.level]}-{finding.type.replace('_', '-')}",
        level=finding.level,
        place=first_place(finding),
        message=_message(found),
        hint=(finding.level is Level.WARNING and found.detector.noticed) or found.detector.advice,
        also=() if finding.combinations else finding.column.every_place(finding.hits, _MARKED),
        message_en=f"{found.detector.id} {found.detector.version}: {finding.type} in {finding.cells} cell(s)",
    )


def _message(found: Found) -> str:
    finding = found.finding
    where = f"「{finding.column.label}」の列に、{found.detector.title}と思われるものが{finding.cells:,}件あります"
    cells = _cells(finding)
    return f"{where}（{finding.because}）。{f'場所: {cells}。' if cells else ''}"


def _cells(finding: Finding) -> str:
    if finding.combinations:
        return ""
    named = [place.cell for place in finding.column.every_place(finding.hits, _CELLS) if place.cell]
    more = " ほか" if named and finding.cells > len(named) else ""
    return "、".join(named) + more


def first_place(finding: Finding) -> Place:
    """The first cell of a finding: the first hit's first occurrence."""
    places = [finding.column.places[i] for i in finding.hits[:1000]]
    return min(places, key=lambda p: (p.row or 0, p.column or 0))


def failed_problem(failure: Failure, path: str) -> Problem:
    """A detector that did not come to an end: the dataset waits until it does."""
    return Problem(
        code="detector-failed",
        level=Level.HOLD,
        place=Place(path=path),
        message=f"「{failure.detector.title}」の検査が終わりませんでした（{failure.why}）。検査できないものは公開しません。",
        hint="データ担当の事務局へ知らせてください。ファイルを直す必要はありません。",
        message_en=f"detector {failure.detector.id} failed: {failure.why}",
    )
