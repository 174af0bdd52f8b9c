"""The city's screening rules, and who may let a held dataset pass."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from pipelines.model import Catalog, ConfigError, Problem

if TYPE_CHECKING:
    from pipelines.run.build import Tools
    from pipelines.run.workspace import Workspace
    from pipelines.screen import ScreenRules


def screen_rules(catalog: Catalog) -> ScreenRules:
    """catalog.yaml ``screen:`` as rules.  Raises :class:`ConfigError` for a key or a value that does not exist."""
    from pipelines.screen import ScreenRules

    settings = dict(catalog.settings.get("screen", {}))
    known = {f.name: f for f in dataclasses.fields(ScreenRules)}
    if unknown := set(settings) - set(known):
        raise ConfigError(f"catalog.yaml の screen に「{'、'.join(sorted(unknown))}」という項目はありません。")
    try:
        return ScreenRules(**{name: _value(known[name].type, value) for name, value in settings.items()})
    except ValueError as error:
        raise ConfigError(f"catalog.yaml の screen の値が使えません（{error}）。") from None


def _value(kind: Any, value: Any) -> Any:
    kind = str(kind)
    if kind == "int":
        return int(value)
    if kind == "float":
        return float(value)
    return frozenset(value) if kind.startswith("frozenset") else str(value)


def waiting(workspace: Workspace) -> list[dict[str, Any]]:
    """What is held in the drop now and may be asked for, and the requests that wait for a decision."""
    from pipelines.screen import Approvals

    with workspace.store() as store:
        requests = Approvals.load(workspace.audit, store).waiting()
    rows = [
        {
            "種類": "申請中",
            "番号": r.id,
            "データセット": r.binding.dataset,
            "検出": _named(r.binding.detector),
            "項目": r.binding.column,
            "申請者": r.requester,
            "期限": r.until.isoformat(),
            "理由": r.reason,
        }
        for r in requests
    ]
    asked = {r.binding for r in requests}
    for dataset, verdicts in _held(workspace, None).items():
        rows += [
            {
                "種類": "保留中",
                "番号": "",
                "データセット": dataset,
                "検出": _named(v.binding.detector),
                "項目": v.binding.column,
                "申請者": "",
                "期限": "",
                "理由": v.problem.message,
            }
            for v in verdicts
            if v.binding not in asked
        ]
    return rows


def _named(detector: str) -> str:
    """``携帯電話番号（mobile）``: what was found, and the word that ``request --detector`` takes."""
    from pipelines.screen import DETECTORS

    titles = {one.id: one.title for one in DETECTORS}
    identifier = detector.partition("/")[0]
    return f"{titles[identifier]}（{detector}）" if identifier in titles else detector


def request(
    workspace: Workspace, dataset: str, *, by: str, reason: str, basis: str, until: str, detector: str, column: str
) -> list[str]:
    """Ask that the held findings of a dataset may be published; one request per finding."""
    from pipelines.screen import Audit
    from pipelines.screen import request as ask

    held = [
        v
        for v in _held(workspace, dataset).get(dataset, [])
        if detector in ("", v.binding.detector) and column in ("", v.binding.column)
    ]
    if not held:
        raise ConfigError(f"データセット「{dataset}」に、その条件で保留されているものはありません。")
    limit = _day(until)
    with workspace.store() as store:
        audit = Audit(workspace.audit, store)
        made = [ask(audit, v.binding, by=by, reason=reason, legal_basis=basis, until=limit) for v in held]
    return [
        f"申請 {r.id}: {r.binding.detector}「{r.binding.column}」（期限 {r.until}）。承認は別の人が行います。"
        for r in made
    ]


def decide(workspace: Workspace, act: str, identifier: str, by: str, reason: str) -> list[str]:
    """Approve or reject a request.  Raises :class:`ApprovalRefused` where the rules forbid it."""
    from pipelines.screen import Audit, approve, reject

    with workspace.store() as store:
        audit = Audit(workspace.audit, store)
        done = (approve if act == "approve" else reject)(audit, identifier, by=by, reason=reason)
    word = "承認しました" if act == "approve" else "却下しました"
    return [f"申請 {done.id} を{word}（{done.binding.dataset}、{done.binding.detector}、{by}）。次の実行から効きます。"]


def verify(workspace: Workspace) -> list[Problem]:
    """Whether the audit log is whole."""
    from pipelines.screen import audit_verify

    with workspace.store() as store:
        return audit_verify(workspace.audit, store)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"期限「{text}」は 2027-03-31 のように書いてください。") from None


def _held(workspace: Workspace, dataset: str | None) -> dict[str, list[Any]]:
    """Findings that keep datasets back and could be approved."""
    from pipelines.intake import intake
    from pipelines.run.build import look_again
    from pipelines.run.cache import BuildCache
    from pipelines.run.conduct import tools_of

    found = intake(workspace.catalog, workspace.schemas)
    result: dict[str, list[Any]] = {}
    with workspace.store() as store:
        tools: Tools = tools_of(workspace, workspace.packages, BuildCache(store))
        for spec, step in found.drops:
            if step.value is not None and dataset in (None, spec.name):
                looked = look_again(spec, step.value, tools)
                verdicts = [v for v in looked if v.binding is not None and v.approval is None]
                if verdicts:
                    result[spec.name] = verdicts
    return result
