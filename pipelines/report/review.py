"""Section 7, 自己評価・前回指示への対応・評価欄: the committee's cycle, pre-filled with the report's own numbers."""

from __future__ import annotations

import datetime as dt

from pipelines import fiscal
from pipelines.gateways.measurement_records import Evaluation, Instruction
from pipelines.report import numbers
from pipelines.report.evidence import Evidence
from pipelines.report.paper import Block, Cell, Column, Form, Section, Text, table
from pipelines.report.standing import Standing
from pipelines.report.summary import headline, level_label, state

STATUS = {"open": "対応中", "done": "完了", "dropped": "取りやめ"}


def section(evidence: Evidence, standings: tuple[Standing, ...]) -> Section:
    """Self-evaluation, instructions carried over, action goals, and the boxes to fill in."""
    blocks: list[Block] = [*_instructions(evidence), *_actions(evidence)]
    blocks += [_form(evidence, s) for s in standings]
    blocks += _history(evidence)
    return Section(
        id="review", number=7, title="自己評価・前回指示への対応・評価欄", question="評価と指示はどうなっているか",
        answer=_answer(evidence), blocks=tuple(blocks),
    )  # fmt: skip


def carried(evidence: Evidence) -> list[Instruction]:
    """Every instruction of this and earlier years that is open, and those of this and last year that are not."""
    known = [i for i in evidence.instructions if i.fiscal_year <= evidence.fy]
    return [i for i in known if i.status == "open" or i.fiscal_year >= evidence.fy - 1]


def _answer(evidence: Evidence) -> str:
    found = carried(evidence)
    still = [i for i in found if i.status == "open"]
    late = [i for i in still if i.due is not None and i.due < evidence.as_of]
    if not found:
        return "記録された改善指示はありません。"
    return f"改善指示{len(found)}件のうち、対応中{len(still)}件（期日超過{len(late)}件）です。"


def _instructions(evidence: Evidence) -> list[Block]:
    found = carried(evidence)
    if not found:
        return [Text(kind="note", text="前回までの改善指示の記録はありません。")]
    columns = (
        Column(key="fy", label="年度"),
        Column(key="text", label="改善指示"),
        Column(key="owner", label="担当"),
        Column(key="due", label="期日"),
        Column(key="status", label="状態"),
        Column(key="followup", label="対応"),
    )
    rows: list[tuple[Cell, ...]] = [
        (fiscal.short(i.fiscal_year), i.text, i.owner, _day(i.due), _status(evidence, i), i.followup) for i in found
    ]
    return [table("instructions", "前回までの改善指示とその対応", columns, rows)]


def _status(evidence: Evidence, instruction: Instruction) -> str:
    words = STATUS.get(instruction.status, instruction.status)
    late = instruction.status == "open" and instruction.due is not None and instruction.due < evidence.as_of
    return f"{words}（期日超過）" if late else words


def _actions(evidence: Evidence) -> list[Block]:
    """行動目標: the action itself, done or not done; never turned into a number."""
    year = evidence.fy
    found = [a for a in evidence.actions if a.fiscal_year == year or (a.fiscal_year < year and not a.done)]
    if not found:
        return [Text(kind="note", text="登録された行動目標はありません。")]
    columns = (
        Column(key="text", label="行動目標"),
        Column(key="owner", label="担当"),
        Column(key="due", label="期日"),
        Column(key="done", label="実施"),
        Column(key="note", label="備考"),
    )
    rows: list[tuple[Cell, ...]] = [(a.text, a.owner, _day(a.due), _done(a.done, a.done_on), a.note) for a in found]
    return [table("actions", "行動目標（行動そのもの。数値ではありません）", columns, rows)]


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else "―"


def _done(done: bool, day: dt.date | None) -> str:
    return f"実施済み（{day.isoformat()}）" if done and day else "実施済み" if done else "未実施"


def _evaluation(evidence: Evidence, kpi: str) -> Evaluation:
    found = [e for e in evidence.evaluations if (e.fiscal_year, e.kpi) == (evidence.fy, kpi)]
    return found[0] if found else Evaluation(fiscal_year=evidence.fy, kpi=kpi)


def _form(evidence: Evidence, s: Standing) -> Form:
    """評価欄: numbers and proposal filled in, judgement left to people."""
    known = _evaluation(evidence, s.target.kpi)
    letter, words = s.grade
    progress = "―" if s.progress is None else figure_text(s)
    return Form(
        id=f"form-{s.target.kpi}",
        title=f"評価欄：{s.target.title}（{fiscal.label(s.fy)}）",
        fields=(
            ("実績", f"{headline(s).text}（{state(s)}）"),
            ("判定に使う値・進捗率", progress),
            ("判定（計算による案）", f"{letter} {words}"),
            ("自己評価", f"{known.self_grade} {known.self_text}".strip()),
            ("要因", ""),
            ("今後の対応", ""),
            ("会議の評価", f"{known.committee_grade} {known.committee_text}".strip()),
            ("決定日", known.decided_on.isoformat() if known.decided_on else ""),
            ("改善指示（内容・担当・期日）", ""),
        ),
    )


def figure_text(s: Standing) -> str:
    """直近12か月… 88,900件・56.6％."""
    level = numbers.written(s.level, 0, s.target.unit)
    rate = numbers.written(None if s.progress is None else s.progress * 100, 1, "％")
    return f"{level_label(s)} {level}・{rate}"


def _history(evidence: Evidence) -> list[Block]:
    known = [e for e in evidence.evaluations if e.fiscal_year < evidence.fy]
    if not known:
        return []
    titles = {t.kpi: t.title for t in evidence.catalog.targets}
    columns = (
        Column(key="fy", label="年度"),
        Column(key="kpi", label="指標"),
        Column(key="proposed", label="計算による案"),
        Column(key="self", label="自己評価"),
        Column(key="committee", label="会議の評価"),
        Column(key="decided", label="決定日"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            fiscal.short(e.fiscal_year),
            titles.get(e.kpi, e.kpi),
            e.proposed_grade,
            f"{e.self_grade} {e.self_text}".strip(),
            f"{e.committee_grade} {e.committee_text}".strip(),
            e.decided_on.isoformat() if e.decided_on else "―",
        )
        for e in known
    ]
    return [table("evaluations", "これまでの評価", columns, rows)]
