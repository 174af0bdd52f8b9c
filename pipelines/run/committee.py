"""The committee's cycle by command: self-evaluation and grades, 改善指示 with owner and due date, 行動目標."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pipelines import fiscal
from pipelines.model import ConfigError
from pipelines.run.conduct import now
from pipelines.run.measuring import day, measurements_of, year
from pipelines.run.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.gateways.measurements import ActionItem, Instruction, Measurements

R = TypeVar("R", "ActionItem", "Instruction")
STATUSES = ("open", "done", "dropped")


def evaluate(workspace: Workspace, kpi: str, fy: str | None, decided: str | None, **answers: str | None) -> list[str]:
    """Record the self-evaluation or the committee's decision of a KPI in a year, with the computed proposal.

    What is not given stays as it was.  Raises :class:`ConfigError` for a KPI that has no target.
    """
    from pipelines.gateways.measurements import Evaluation

    targets = {t.kpi: t.title for t in workspace.catalog.targets}
    if kpi not in targets:
        raise ConfigError(f"指標「{kpi}」は catalog.yaml の targets にありません（あるもの: {'、'.join(targets)}）。")
    when = _year(fy)
    given: dict[str, Any] = {name: value for name, value in answers.items() if value is not None}
    if decided is not None:
        given["decided_on"] = day(decided)
    with measurements_of(workspace) as measurements:
        known = next((e for e in measurements.evaluations(when) if e.kpi == kpi), None)
        if not given and known is None:
            raise ConfigError("自己評価（--self）か会議の評価（--committee）を書いてください。")
        row = replace(known or Evaluation(fiscal_year=when, kpi=kpi), **given)
        row = replace(row, proposed_grade=_proposed(workspace, measurements, kpi, when) or row.proposed_grade)
        if (row.committee_grade or row.committee_text) and row.decided_on is None:
            raise ConfigError("会議の評価には、決めた日（--decided 2026-06-10）が要ります。")
        measurements.record_evaluation(row)
    return [
        f"{fiscal.label(when)}「{targets[kpi]}」計算による案: {row.proposed_grade or '―'}",
        f"  自己評価: {row.self_grade} {row.self_text}".rstrip(),
        f"  会議の評価: {row.committee_grade} {row.committee_text}".rstrip()
        + (f"（{row.decided_on} 決定）" if row.decided_on else ""),
    ]


def _proposed(workspace: Workspace, measurements: Measurements, kpi: str, fy: int) -> str:
    """The grade the numbers propose today; empty where nothing can be judged."""
    from pipelines.report import report

    made = report(measurements, workspace.catalog, min(now().date(), fiscal.last_day(fy)), fy)
    grade = next((c.grade for c in made.cards if c.kpi == kpi), "")
    return grade if grade in ("A", "B", "C", "D") else ""


def instruct(workspace: Workspace, text: str | None, number: str | None, **given: str | None) -> list[str]:
    """Record a new 改善指示, or (by number) its follow-up; without anything: list them."""
    from pipelines.gateways.measurements import Instruction

    with measurements_of(workspace) as measurements:
        known = measurements.instructions()
        if text is None and number is None:
            return [line for row in known for line in _instruction_lines(row)] or ["改善指示の記録はありません。"]
        row = _entry(Instruction, "instruction", known, text, number, given)
        if row.status not in STATUSES:
            raise ConfigError(f"状態は {'・'.join(STATUSES)} のどれかです: {row.status}")
        measurements.record_instruction(row)
        return _instruction_lines(row)


def act(workspace: Workspace, text: str | None, number: str | None, done: str | None, **given: str | None) -> list[str]:
    """Record a new 行動目標, or (by number) that it is done; without anything: list them."""
    from pipelines.gateways.measurements import ActionItem

    with measurements_of(workspace) as measurements:
        known = measurements.actions()
        if text is None and number is None:
            return [_action_line(row) for row in known] or ["行動目標の記録はありません。"]
        row = _entry(ActionItem, "item", known, text, number, given)
        if done is not None:
            row = replace(row, done=True, done_on=day(done))
        measurements.record_action(row)
        return [_action_line(row)]


def _entry(
    record: type[R], key: str, known: list[R], text: str | None, number: str | None, given: dict[str, str | None]
) -> R:
    """A new record numbered within its year (R8-1), or the known one with what is given changed."""
    values = {name: _typed(record, name, value) for name, value in given.items() if value is not None}
    if text is not None:
        values["text"] = text
    fy = values.pop("fy", None)
    if number is None:
        when = fiscal.fiscal_year(now().date()) if fy is None else fy
        same = sum(row.fiscal_year == when for row in known)
        return record(**{key: f"{fiscal.short(when)}-{same + 1}", "fiscal_year": when, **values})
    found = next((row for row in known if getattr(row, key) == number), None)
    if found is None:
        names = "、".join(getattr(row, key) for row in known) or "なし"
        raise ConfigError(f"番号「{number}」の記録はありません（あるもの: {names}）。")
    return replace(found, **values) if fy is None else replace(found, fiscal_year=fy, **values)


def _typed(record: type[Any], name: str, value: str) -> Any:
    if name == "fy":
        return year(value)
    if name == "due":
        return day(value)
    kind = next(f.type for f in fields(record) if f.name == name)
    return int(value) if kind == "int" else value


def _instruction_lines(row: Instruction) -> list[str]:
    due = f"、期日 {row.due}" if row.due else ""
    state = {"open": "対応中", "done": "完了", "dropped": "取りやめ"}[row.status]
    first = f"{row.instruction}［{state}］{row.text}（担当 {row.owner or '未定'}{due}）"
    return [first, f"    対応: {row.followup}"] if row.followup else [first]


def _action_line(row: ActionItem) -> str:
    done = f"実施済み {row.done_on}" if row.done else "未実施"
    due = f"、期日 {row.due}" if row.due else ""
    planned = f"、公開予定 {row.planned} 件" if row.planned else ""
    return f"{row.item}［{done}］{row.text}（担当 {row.owner or '未定'}{due}{planned}）"


def _year(fy: str | None) -> int:
    return fiscal.fiscal_year(now().date()) if fy is None else year(fy)
