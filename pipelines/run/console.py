"""What people and machines see: the only module that draws on a terminal (rich)."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console as Rich
from rich.table import Table
from rich.text import Text

from pipelines.model import Action, CatalogError, Change, Level, Outcome, Plan, Problem, Verdict
from pipelines.run import words
from pipelines.run.changes import field_of, values_of
from pipelines.run.conduct import Account, Progress

STYLES = {
    Verdict.PUBLISHED: "green",
    Verdict.UPDATED: "green",
    Verdict.UNCHANGED: "dim",
    Verdict.WITHHELD: "red",
    Verdict.REJECTED: "red",
    Verdict.FAILED: "red bold",
    Verdict.HELD: "yellow",
    Verdict.WAITING: "yellow",
    Verdict.WITHDRAWN: "yellow",
}
LEVELS = {Level.ERROR: "red", Level.HOLD: "yellow", Level.WARNING: "cyan", Level.NOTICE: "dim"}
SHOWN = 10
#: files of a dataset of which is said how they were read
SHOWN_FILES = 3


class Console:
    """Results on stdout, progress and errors on stderr."""

    def __init__(self, lang: str = "ja") -> None:
        self.lang = lang
        # a pipe or a file has no width: nothing is cut there
        self.out = Rich(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 300)
        self.err = Rich(stderr=True, highlight=False, soft_wrap=True)
        self._last = ""

    def say(self, key: str, **values: Any) -> str:
        """A sentence in the chosen language."""
        return words.say(key, self.lang, **values)

    # ── progress and errors ──

    def watch(self, progress: Progress) -> None:
        """One line of progress: rewritten in place on a terminal, one line per stage in a log."""
        stage = self.say(f"stage-{progress.stage}")
        if self.err.is_terminal:
            end = "\n" if progress.done == progress.total else "\r"
            line = f"  {stage} {progress.done}/{progress.total}  {progress.name}"[:100]
            self.err.print(f"{line:<100}", end=end)
        elif progress.stage != self._last or progress.done == progress.total:
            self.err.print(f"  {stage} {progress.done}/{progress.total}")
        self._last = progress.stage

    def failed(self, error: CatalogError, *, as_json: bool) -> None:
        """One clear message; never a traceback."""
        if as_json:
            self.json({"error": str(error), "exit_code": error.exit_code})
        self.err.print(Text(f"{self.say('error')}: {error}", style="red"))

    def json(self, value: Any) -> None:
        """One JSON document on stdout."""
        json.dump(value, sys.stdout, ensure_ascii=False, indent=1, default=_plain)
        sys.stdout.write("\n")

    # ── results ──

    def outcomes(self, outcomes: Sequence[Outcome], *, as_json: bool, strays: Sequence[Problem] = ()) -> int:
        """What check and build found; 1 when something is kept back."""
        from pipelines.reply import document

        if as_json:
            self.json(document(outcomes))
        else:
            for outcome in outcomes:
                self._outcome(outcome)
            self.problems(strays, as_json=False)
            self._totals(outcomes)
        return int(any(o.verdict not in (Verdict.PUBLISHED, Verdict.UPDATED, Verdict.UNCHANGED) for o in outcomes))

    def _outcome(self, outcome: Outcome) -> None:
        from pipelines.reply import lines, reading

        verdict = self._verdict(outcome.verdict)
        self.out.print(Text(f"{verdict}  {outcome.title}  [{outcome.dataset}]", style=STYLES[outcome.verdict]))
        for said in [words for entry in outcome.files if (words := reading(entry))][:SHOWN_FILES]:
            self.out.print(f"    {said}", markup=False)
        if outcome.detail:
            self.out.print(f"    {outcome.detail}", markup=False)
        told = lines(outcome)[1:]  # the headline speaks of publishing; here nothing is published
        for line in told[:SHOWN]:
            self.out.print(f"    {line}", markup=False)
        if len(told) > SHOWN:
            self.out.print(f"    {self.say('more', count=len(told) - SHOWN)}")

    def _verdict(self, verdict: Verdict) -> str:
        """Before publishing, ``published`` only means that it could be."""
        return self.say("verdict-fit") if verdict is Verdict.PUBLISHED else self.say(f"verdict-{verdict.value}")

    def _totals(self, outcomes: Sequence[Outcome]) -> None:
        numbers = {verdict: sum(o.verdict is verdict for o in outcomes) for verdict in Verdict}
        parts = [f"{self._verdict(verdict)} {number}" for verdict, number in numbers.items() if number]
        self.out.print(self.say("total", count=len(outcomes)) + ("（" + "、".join(parts) + "）" if parts else ""))

    def account(self, account: Account, *, as_json: bool) -> int:
        """The end of a run: what was published, unchanged and withheld and why, and where to look."""
        if as_json:
            from pipelines.reply import document

            body = {f.name: getattr(account, f.name) for f in dataclasses.fields(account) if f.name != "outcomes"}
            self.json({**document(account.outcomes), **body})
            return account.exit_code
        for outcome in account.outcomes:
            if outcome.verdict is not Verdict.UNCHANGED:
                self._brief(outcome)
        self.problems(account.problems, as_json=False)
        for change in account.drift:
            self.out.print(Text(f"  {self._change(change)}", style="yellow"))
        for note in account.notes:
            self.out.print(f"  {note}", markup=False)
        self.out.print("─" * 60)
        for line in words.closing(account, self.lang):
            self.out.print(line, markup=False)
        return account.exit_code

    def _brief(self, outcome: Outcome) -> None:
        from pipelines.reply import lines

        verdict = self.say(f"verdict-{outcome.verdict.value}")
        self.out.print(
            Text(f"{verdict}  {outcome.title}  [{outcome.dataset}] {outcome.detail}", style=STYLES[outcome.verdict])
        )
        if outcome.verdict in (Verdict.PUBLISHED, Verdict.UPDATED):
            return
        told = lines(outcome)[1:]
        for line in told[:4]:
            self.out.print(f"    {line.strip()}", markup=False)
        if len(told) > 4:
            self.out.print(f"    {self.say('more', count=len(told) - 4)}")

    def plan(self, plan: Plan, *, as_json: bool) -> int:
        """Every change, field by field; the number of real changes."""
        real = [c for c in plan.changes if c.action not in (Action.UNCHANGED, Action.DRIFT)]
        if as_json:
            self.json(plan)
            return len(real)
        for change in plan.changes:
            if change.action is not Action.UNCHANGED:
                style = "yellow" if change.action is Action.DRIFT else "green"
                self.out.print(Text(self._change(change), style=style))
        same = sum(c.action is Action.UNCHANGED for c in plan.changes)
        changed = len({c.dataset for c in real})
        self.out.print(self.say("plan-total", changed=changed, same=same, drift=len(plan.changes) - same - len(real)))
        return len(real)

    def _change(self, change: Change) -> str:
        key = "drift" if change.action is Action.DRIFT else "change"
        action = self.say(f"action-{change.action.value}")
        old, new = values_of(change, self.lang, self.say("nothing"))
        field = field_of(change, self.lang)
        return self.say(key, dataset=change.dataset, action=action, field=field, old=old, new=new)

    def problems(self, problems: Sequence[Problem], *, as_json: bool, fine: str = "") -> int:
        """Problems of no dataset in particular; ``fine`` is what is said where there are none."""
        if as_json:
            self.json([dataclasses.asdict(p) for p in problems])
        elif fine and not problems:
            self.out.print(self.say(fine))
        for problem in problems if not as_json else ():
            row = f" {problem.place.row}行目" if problem.place.row else ""
            told = f"{problem.place.path}{row}: {problem.message} {problem.hint}"
            self.out.print(Text(told, style=LEVELS[problem.level]))
        return int(any(p.level is Level.ERROR for p in problems))

    def table(self, rows: Sequence[dict[str, Any]], *, as_json: bool) -> int:
        """Rows of the same keys as a table."""
        if as_json:
            self.json(list(rows))
            return 0
        if not rows:
            self.out.print(self.say("none"))
            return 0
        table = Table(*rows[0], box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*(Text(str(value)) for value in row.values()))
        self.out.print(table)
        return 0

    def lines(self, result: Sequence[str], *, as_json: bool) -> int:
        """Sentences, one a line."""
        if as_json:
            self.json(list(result))
            return 0
        for line in result:
            self.out.print(line, markup=False)
        return 0

    def findings(self, findings: Sequence[Any], *, as_json: bool) -> int:
        """What doctor found; 2 when something has to be mended first."""
        if as_json:
            self.json(findings)
        else:
            marks = {"ok": ("良好", "green"), "warning": ("注意", "yellow"), "error": ("要修正", "red")}
            for finding in findings:
                mark, style = marks[finding.level]
                self.out.print(Text(f"{mark}  {finding.name}: {finding.message}", style=style))
                if finding.hint:
                    self.out.print(f"      → {finding.hint}", markup=False)
        return 2 if any(f.level == "error" for f in findings) else 0

    def catalogue(self, answer: dict[str, Any], *, as_json: bool) -> int:
        """The embedded catalogue's state."""
        if as_json:
            self.json(answer)
        elif answer.get("running"):
            self.out.print(self.say("catalogue-running", url=answer["url"]))
        else:
            self.out.print(self.say("catalogue-stopped"))
        return 0


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, Path):
        return str(value)
    return str(value)
