"""The reply on the terminal."""

from __future__ import annotations

from pipelines.model import Outcome, Problem, Verdict
from pipelines.reply._grouped import GOOD, LEVEL_WORDS, WRONG, Group, grouped, headline, place_words, several_sheets
from pipelines.reply._readable import summary

_SHOWN_PLACES = 5
_SHOWN_LENGTH = 40


def lines(outcome: Outcome) -> list[str]:
    """The verdict, then every group of problems with its first cells; plain text, the caller colours it."""
    told = [f"{_sign(outcome.verdict)} {outcome.title}（{outcome.department}）: {headline(outcome)}"]
    if outcome.detail:
        told.append(f"  {outcome.detail}")
    files = len({p.place.path for p in outcome.problems}) > 1
    sheets = several_sheets(outcome)
    for group in grouped(outcome.problems):
        told += _group_lines(group, files, sheets)
    rules = [summary(entry.get("readable", ())) for entry in outcome.files]
    return told + [f"  機械判読の15のルール（総務省）: {found}" for found in rules if found][:1]


def _sign(verdict: Verdict) -> str:
    return "○" if verdict in GOOD else "×" if verdict in WRONG else "－"


def _group_lines(group: Group, files: bool, sheets: bool) -> list[str]:
    count = f"（{group.count:,}か所）" if group.count > 1 else ""
    told = [f"  [{LEVEL_WORDS[group.level]}] {group.message}{count}"]
    for problem in group.problems[:_SHOWN_PLACES]:
        own = group.own_hint(problem)
        told.append(f"      {_place_line(problem, files, sheets)}{f'　→ {own}' if own else ''}")
    if group.count > _SHOWN_PLACES:
        told.append(f"      ほか{group.count - _SHOWN_PLACES:,}か所")
    if group.hint:
        told.append(f"    → {group.hint}")
    return told


def _place_line(problem: Problem, files: bool, sheets: bool) -> str:
    file = f"{problem.place.path} " if files else ""
    return f"{file}{place_words(problem.place, sheet=sheets)}{_value(problem.value)}"


def _value(value: str | None) -> str:
    if value is None:
        return ""
    if not value:
        return ": （空）"
    short = " ".join(value.split())
    return f": {short[:_SHOWN_LENGTH]}…" if len(short) > _SHOWN_LENGTH else f": {short}"
