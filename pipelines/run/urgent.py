"""``withdraw --urgent``: out of sight at once, whatever else is going on, and proof that it is.

Nothing here waits before the dataset is hidden: not for a run that is at work, not for a state file that is busy or
broken.  The decision is written first, because a run asks for it before each of its writes; what such a run sent in
the same moment is taken away again, here if the run ends soon, else by the run itself at its end.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.gateways.store import Store
from pipelines.intake.names import REPLIES
from pipelines.model import CatalogError, StoreError
from pipelines.publish import Journal
from pipelines.publish import withdraw as stage
from pipelines.publish.preflight import NAME
from pipelines.publish.withdraw import Look, Withdrawal
from pipelines.run.decisions import Decisions
from pipelines.run.withdrawing import Record, _now, _today, decided, logged, noted, ours_at, seen

if TYPE_CHECKING:
    from pipelines.run.workspace import Workspace

#: seconds to wait for a state file that another process is writing to, and for a run to end
BUSY, RUNNING = 3.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done and seen, as sentences; ``gone`` says whether really nothing is left."""

    lines: tuple[str, ...]
    gone: bool


def withdraw_now(workspace: Workspace, dataset: str, reason: str, approver: str) -> Done:
    """Hide a dataset; remove its files, tables, views and our own copies; look; keep the evidence.

    Raises :class:`ConfigError` for an unknown name, :class:`PortalRejected` for one that is not ours,
    :class:`PortalUnavailable` when it could not even be hidden.
    """
    portal = workspace.portal()
    if portal.dataset(dataset) is None and workspace.busy() and NAME.fullmatch(dataset):
        return _prevented(workspace, portal.url, decided(dataset, reason, approver))
    present = ours_at(portal, dataset)
    decision = decided(present["name"], reason, approver)
    told = _noted(workspace, portal.url, decision)
    hidden = stage.hide(portal, decision, present)
    told += [
        f"「{decision.dataset}」を非公開にしました。",
        *_erased(portal, hidden),
        forget(workspace, decision.dataset),
    ]
    told += _settled(workspace, portal, decision)
    outside = stage.look(workspace.portal(anonymous=True), present)
    inside = [*stage.inside(portal, present), *_copies(workspace, decision.dataset)]
    gone = all(one.gone for one in (*outside, *inside))
    told += [
        *seen(outside),
        *seen(inside, "管理する側"),
        _evidence(workspace, decision, present, told, outside, inside),
    ]
    if not gone:
        told.append("まだ残っています。もう一度実行し、それでも残るときはポータルの管理者に頼んでください。")
    return Done(lines=(*told, *AFTERWARDS, *deadlines(_today())), gone=gone)


def _prevented(workspace: Workspace, portal: str, decision: Withdrawal) -> Done:
    """Not published yet, but a run is at work that may be about to: it asks before every write."""
    trouble = _noted(workspace, portal, decision)
    told = f"「{decision.dataset}」はまだポータルにありません。実行中の公開処理に、公開しないよう伝えました。"
    return Done(lines=tuple(trouble) or (told,), gone=not trouble)


def _noted(workspace: Workspace, portal: str, decision: Withdrawal) -> list[str]:
    """The decision in state file, journal and audit log; trouble there must not keep the dataset in public."""
    try:
        with workspace.store(BUSY) as store:
            journal = Journal(store, "withdraw", portal, _now)
            noted(decision, store, journal, workspace.audit, erase=True)
    except (CatalogError, OSError) as error:
        return [f"決定を手元に記録できませんでした（{error}）。ポータルの印は残します。"]
    return []


def _erased(portal: Any, hidden: Record) -> list[str]:
    try:
        return stage.erase(portal, hidden)
    except CatalogError as error:
        return [f"消している途中で失敗しました: {error}"]


def forget(workspace: Workspace, dataset: str) -> str:
    """Remove every copy that we made on this machine; what the department dropped is not ours to remove."""
    for folder in _places(workspace, dataset):
        shutil.rmtree(folder, ignore_errors=True)
    pages = workspace.replies.glob(f"{dataset}.*")
    for page in (*pages, *workspace.datasets.glob(f"*/{REPLIES}/*_{dataset}.*")):
        page.unlink(missing_ok=True)
    return "手元の控え（作ったファイル、これまでの版、部署への返信）を消しました。"


def forget_urgent(workspace: Workspace, store: Store, portal: str) -> None:
    """Remove what a run has built again from the file in the drop of anything withdrawn in an emergency."""
    for name in Decisions(store, portal).urgent():
        forget(workspace, name)


def _places(workspace: Workspace, dataset: str) -> list[Path]:
    return [workspace.packages / dataset, workspace.var / "history" / dataset]


def _copies(workspace: Workspace, dataset: str) -> list[Look]:
    """What is left here of the files; the next run writes the department a new reply, without them."""
    found = [(str(path), path.exists()) for path in _places(workspace, dataset)]
    return [Look(what="手元", address=at, answer="あり" if there else "なし", gone=not there) for at, there in found]


def _settled(workspace: Workspace, portal: Any, decision: Withdrawal) -> list[str]:
    """With no run at work any more: look again, take away what one has sent meanwhile, and close the case."""
    with _no_run(workspace) as alone:
        if not alone:
            return ["公開処理が実行中です。このデータセットにはもう何も書き込まず、終わるときにもう一度消します。"]
        present = portal.dataset(decision.dataset)
        told = []
        if present is not None and not all(one.gone for one in stage.inside(portal, present)):
            told = [*_erased(portal, stage.hide(portal, decision, present)), forget(workspace, decision.dataset)]
            if not all(one.gone for one in stage.inside(portal, present)):
                return told  # left open: the next run goes on with it
        try:
            with workspace.store(BUSY) as store:
                Decisions(store, portal.url).erased(decision.dataset)
        except CatalogError:
            return told
        return told


@contextmanager
def _no_run(workspace: Workspace) -> Iterator[bool]:
    """The lock of the scheduled run, when it is free within a short time; whether it was."""
    until = time.monotonic() + RUNNING
    while workspace.busy() and time.monotonic() < until:
        time.sleep(0.2)
    with ExitStack() as stack:
        try:
            stack.enter_context(workspace.locked())
            alone = True
        except (StoreError, OSError):
            alone = False
        yield alone


def _evidence(
    workspace: Workspace, decision: Withdrawal, before: Record, told: list[str], outside: list[Look], inside: list[Look]
) -> str:
    """What was there, what was done and what could be seen afterwards: one JSON file that only its owner reads.

    Its SHA-256 goes into the audit log, whose lines are chained.
    """
    keys = ("id", "name", "url", "hash", "size", "last_modified", "datastore_active")
    document = {
        "decision": {**asdict(decision), "at": decision.at.isoformat()},
        "done_at": _now().isoformat(timespec="seconds"),
        "before": {
            **{key: before.get(key) for key in ("id", "title", "metadata_created", "metadata_modified")},
            "resources": [{key: r.get(key) for key in keys} for r in before.get("resources") or ()],
        },
        "done": told,
        "seen_without_rights": [asdict(one) for one in outside],
        "seen_with_rights": [asdict(one) for one in inside],
        "gone": all(one.gone for one in (*outside, *inside)),
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    path = workspace.audit / "withdrawals" / f"{_now():%Y%m%dT%H%M%S}-{decision.dataset}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        body = {"dataset": decision.dataset, "file": path.name, "sha256": digest, "gone": document["gone"]}
        with workspace.store(BUSY) as store:
            logged(workspace.audit, store, "withdraw-evidence", body)
    except (CatalogError, OSError) as error:
        return f"証跡を残せませんでした（{error}）。この画面を保存してください。"
    return f"証跡: {path}"


AFTERWARDS = (
    "投入フォルダー（datasets/）の元のファイルはそのままです。担当課と直してください。",
    "書き出した静的サイト（export --site）があれば、もう一度書き出して置き換えてください。"
    "バックアップや検索サイトの写しは、ここからは消せません。",
)


def deadlines(today: dt.date) -> list[str]:
    """What has to be reported to whom when personal information was open to everybody, counted from today."""

    def after(days: int) -> str:
        return f"{today + dt.timedelta(days=days):%Y-%m-%d}"

    return [
        "個人情報が含まれていたときは、個人情報保護委員会への報告が必要なことがあります"
        "（本人が100人を超える、要配慮個人情報、財産的被害のおそれ、不正の目的のおそれ）。",
        f"  速報: 知った日からおおむね3〜5日（今日知ったなら {after(3)}〜{after(5)}）",
        f"  確報: 30日以内（{after(30)}）。不正の目的のおそれがあるときは60日以内（{after(60)}）",
        "要否は個人情報保護の担当課に確かめてください。写しが検索サイトなどに残っていないかも確かめてください。",
    ]
