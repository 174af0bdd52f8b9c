"""Problems put together for reading: the most important first, one group per thing to do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.model import Level, Outcome, Place, Problem, Verdict

ORDER = {Level.ERROR: 0, Level.HOLD: 1, Level.WARNING: 2, Level.NOTICE: 3}
LEVEL_WORDS = {
    Level.ERROR: "直してください",
    Level.HOLD: "確認してください",
    Level.WARNING: "気をつけてください",
    Level.NOTICE: "お知らせ",
}
VERDICT_WORDS = {
    Verdict.PUBLISHED: "新しく公開しました",
    Verdict.UPDATED: "新しい内容に更新しました",
    Verdict.UNCHANGED: "前回から変わりがありません",
    Verdict.WITHHELD: "公開を見合わせています",
    Verdict.HELD: "確認が済むまで公開を保留しています",
    Verdict.REJECTED: "表として読めないため受け付けられません",
    Verdict.WAITING: "ファイルの準備が整うのを待っています",
    Verdict.WITHDRAWN: "公開を取りやめました",
    Verdict.FAILED: "こちらの不具合で処理できませんでした",
}
#: for a column of a table
SHORT_VERDICTS = {
    Verdict.PUBLISHED: "新規公開",
    Verdict.UPDATED: "更新済み",
    Verdict.UNCHANGED: "変わりなし",
    Verdict.WITHHELD: "見合わせ中",
    Verdict.HELD: "確認待ち",
    Verdict.REJECTED: "読めません",
    Verdict.WAITING: "ファイル待ち",
    Verdict.WITHDRAWN: "取りやめ",
    Verdict.FAILED: "不具合",
}
GOOD = frozenset({Verdict.PUBLISHED, Verdict.UPDATED, Verdict.UNCHANGED})
WRONG = frozenset({Verdict.WITHHELD, Verdict.HELD, Verdict.REJECTED, Verdict.FAILED})


@dataclass(frozen=True, slots=True)
class Group:
    """Problems of one level and field that say the same: ``message`` for all of them, ``hint`` what all may write."""

    level: Level
    message: str
    hint: str
    problems: Sequence[Problem]

    @property
    def count(self) -> int:
        """How many there are, never capped."""
        return len(self.problems)

    def own_hint(self, problem: Problem) -> str:
        """What only this cell is told beside the group's hint (「「2024-05-01」のことなら、…」)."""
        return problem.hint.removesuffix(self.hint)


def grouped(problems: Iterable[Problem]) -> list[Group]:
    """Groups by level, then by size; inside a group the order of the file."""
    found: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in distinct(problems):
        key = (problem.level.value, problem.place.field or "", _without_rows(problem.message))
        found.setdefault(key, []).append(problem)
    groups = [Group(_first(m).level, _message(m), _common_hint(m), m) for m in found.values()]
    return sorted(groups, key=lambda group: (ORDER[group.level], -group.count))


def distinct(problems: Iterable[Problem]) -> list[Problem]:
    """Problems that say something new: two rules (unique, primary key) may say the same of one cell."""
    return list({(problem.level, problem.place, problem.message): problem for problem in problems}.values())


def _first(members: Sequence[Problem]) -> Problem:
    return members[0]


def _without_rows(message: str) -> str:
    """The message without row numbers, file and sheet names before them, so that repeats of a key come together."""
    return re.sub(r"(?:「[^」]*」|シート「[^」]*」)*\d+行目", "○行目", message)


def _message(members: Sequence[Problem]) -> str:
    same = len({member.message for member in members}) == 1
    return members[0].message if same else _without_rows(members[0].message).replace("○行目", "前の行")


def _common_hint(members: Sequence[Problem]) -> str:
    """The sentences with which the hints of all members end: the rule stands there, before it what each cell may mean.

    Hints that have nothing in common are each told at their own cell.
    """
    hints = list(dict.fromkeys(member.hint for member in members))
    shared = _sentences(hints[0])
    for hint in hints[1:]:
        other = _sentences(hint)
        while shared and shared != other[len(other) - len(shared) :]:
            shared = shared[1:]
    return "".join(shared)


def _sentences(text: str) -> list[str]:
    """Split after 。 outside of 「」, so that a quoted value stays whole."""
    return re.findall(r"(?:「[^」]*」|[^。「])*(?:。|$)|.", text)[: None if text else 0]


def headline(outcome: Outcome) -> str:
    """The verdict in one sentence."""
    counts = Counter(problem.level for problem in distinct(outcome.problems))
    words = VERDICT_WORDS[outcome.verdict]
    if outcome.verdict not in WRONG or not (counts[Level.ERROR] or counts[Level.HOLD]):
        return f"{words}。"
    parts = [f"直すところが{counts[Level.ERROR]:,}か所"] if counts[Level.ERROR] else []
    parts += [f"確認していただくことが{counts[Level.HOLD]:,}件"] if counts[Level.HOLD] else []
    return f"{words}。{'、'.join(parts)}あります。"


def place_words(place: Place, *, sheet: bool = True) -> str:
    """Where it is, as a person says it: C17, 17行目, C列, or the whole table; with its sheet unless told otherwise."""
    if place.cell:
        where = place.cell
    elif place.row is not None:
        where = f"{place.row}行目"
    elif place.column is not None:
        where = f"{column_name(place.column)}列"
    else:
        where = "表全体"
    return f"シート「{place.sheet}」{where}" if place.sheet and sheet else where


def several_sheets(outcome: Outcome) -> bool:
    """Whether the problems stand on more than one sheet, so that places must name it."""
    return len({(problem.place.path, problem.place.sheet) for problem in outcome.problems}) > 1


def column_name(column: int) -> str:
    """1 → A."""
    return (Place(path="", row=1, column=column).cell or "1")[:-1]
