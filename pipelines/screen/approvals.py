"""Four eyes: who asked, who approved, why, on what legal ground and until when.

An approval counts only while every part of its :class:`Binding` is what the file shows today, its day has not come,
and requester and approver are two people.  All three acts are lines of the audit log; nothing else is stored.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.model import CatalogError
from pipelines.screen.audit import Audit, Entry
from pipelines.screen.binding import Binding

if TYPE_CHECKING:
    from pipelines.gateways.store import Store

JST = dt.timezone(dt.timedelta(hours=9), "JST")
_NOT_WHOLE = "監査記録が壊れています。先に publish.py audit verify で確かめてください。"
LONGEST = dt.timedelta(days=366)


class ApprovalRefused(CatalogError):
    """A request or decision that the rules forbid; the message is Japanese and says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody asks that one finding may be published.  ``id`` is the audit line's hash, shortened."""

    id: str
    binding: Binding
    requester: str
    reason: str
    legal_basis: str
    until: dt.date
    state: str = "waiting"
    approver: str = ""
    asked_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Approvals:
    """All requests with their decisions, as the audit log tells them, and the key of the value sets."""

    requests: tuple[Request, ...] = ()
    key: bytes = b""
    today: dt.date | None = None

    @classmethod
    def load(cls, folder: Path, store: Store | None = None, *, today: dt.date | None = None) -> Approvals:
        """Read var/audit; a log that is not intact approves nothing (``audit verify`` says what is wrong)."""
        audit = Audit(folder, store)
        requests = _told(audit.entries()) if audit.intact() else ()
        return cls(requests=requests, key=audit.key(), today=today)

    def covers(self, binding: Binding) -> str | None:
        """The id of an approval for exactly this binding that is valid today, else None."""
        today = self.today or dt.datetime.now(JST).date()
        for request in self.requests:
            if request.state == "approved" and request.binding == binding and _holds(request, today):
                return request.id
        return None

    def valid(self) -> tuple[Request, ...]:
        """Approvals that hold today."""
        today = self.today or dt.datetime.now(JST).date()
        return tuple(r for r in self.requests if r.state == "approved" and _holds(r, today))

    def waiting(self) -> tuple[Request, ...]:
        """Requests nobody has decided yet, oldest first."""
        return tuple(r for r in self.requests if r.state == "waiting")


def request(
    audit: Audit,
    binding: Binding,
    *,
    by: str,
    reason: str,
    legal_basis: str,
    until: dt.date,
    now: dt.datetime | None = None,
) -> Request:
    """Ask for an approval; raises :class:`ApprovalRefused` for missing words, a date past a year, or a BLOCK."""
    moment = now or dt.datetime.now(dt.UTC)
    today = moment.astimezone(JST).date()
    _must(by.strip() and reason.strip() and legal_basis.strip(), "申請には、申請者・理由・法令上の根拠が要ります。")
    _must(
        today <= until <= today + LONGEST and _within_a_year(today, until),
        "期限は今日から1年以内の日付にしてください。",
    )
    _must(
        not binding.never,
        "個人番号・住民票コードは承認できません。ファイルから取り除いてください。",
    )
    _must(audit.intact(), _NOT_WHOLE)
    body = {**asdict(binding), "by": by, "reason": reason, "legal_basis": legal_basis, "until": until.isoformat()}
    entry = audit.append("request", body, now=moment)
    return _request(entry)


def approve(audit: Audit, request_id: str, *, by: str, reason: str = "", now: dt.datetime | None = None) -> Request:
    """Approve a waiting request; raises :class:`ApprovalRefused` for the requester himself or a decided one."""
    return _decide(audit, request_id, "approve", by, reason, now)


def reject(audit: Audit, request_id: str, *, by: str, reason: str, now: dt.datetime | None = None) -> Request:
    """Reject a waiting request, or take an approval back; raises :class:`ApprovalRefused` without a reason."""
    _must(bool(reason.strip()), "却下には理由が要ります。")
    return _decide(audit, request_id, "reject", by, reason, now)


def _decide(audit: Audit, request_id: str, act: str, by: str, reason: str, now: dt.datetime | None) -> Request:
    _must(audit.intact(), _NOT_WHOLE)
    found = [r for r in _told(audit.entries()) if r.id == request_id]
    _must(len(found) == 1, f"申請 {request_id} がありません。番号は `publish.py approvals` で確かめられます。")
    asked = found[0]
    decidable = ("waiting",) if act == "approve" else ("waiting", "approved")
    _must(
        asked.state in decidable,
        f"申請 {request_id} はすでに決まっています。もう一度公開を求めるときは、新しく申請してください。",
    )
    _must(bool(by.strip()), "決定した人の名前が要ります。")
    _must(
        act == "reject" or not same_person(by, asked.requester),
        "申請した人は自分の申請を承認できません（四眼の原則）。",
    )
    audit.append(act, {"request": request_id, "by": by, "reason": reason}, now=now)
    return next(r for r in _told(audit.entries()) if r.id == request_id)


def same_person(a: str, b: str) -> bool:
    """The same account however it is typed: width, case and spaces do not make another person."""
    return _folded(a) == _folded(b)


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _told(entries: Iterable[Entry]) -> tuple[Request, ...]:
    """Replay the log: what the acts mean is decided here again, so a forged line cannot approve by itself."""
    requests: dict[str, Request] = {}
    for entry in entries:
        if entry.act == "request":
            asked = _request(entry)
            requests[asked.id] = asked
        elif entry.act in ("approve", "reject"):
            _apply(requests, entry)
    return tuple(requests.values())


def _apply(requests: dict[str, Request], entry: Entry) -> None:
    asked = requests.get(str(entry.body.get("request")))
    by = str(entry.body.get("by", ""))
    if asked is None or not by:
        return
    if entry.act == "reject":
        requests[asked.id] = replace(asked, state="rejected", approver=by)
    elif asked.state == "waiting" and not same_person(by, asked.requester):
        requests[asked.id] = replace(asked, state="approved", approver=by)


def _request(entry: Entry) -> Request:
    body: dict[str, Any] = dict(entry.body)
    parts = {name: str(body[name]) for name in ("dataset", "column", "detector", "version", "values", "digest")}
    return Request(
        id=entry.hash[:12],
        binding=Binding(**parts, never=False),
        requester=str(body["by"]),
        reason=str(body["reason"]),
        legal_basis=str(body["legal_basis"]),
        until=dt.date.fromisoformat(str(body["until"])),
        asked_at=entry.jst,
    )


def _holds(request: Request, today: dt.date) -> bool:
    asked = dt.datetime.fromisoformat(request.asked_at).date()
    return (
        today <= request.until
        and _within_a_year(asked, request.until)
        and not same_person(request.requester, request.approver)
    )


def _within_a_year(start: dt.date, end: dt.date) -> bool:
    try:
        limit = start.replace(year=start.year + 1)
    except ValueError:  # 29 February
        limit = start.replace(year=start.year + 1, day=28)
    return end <= limit


def _must(holds: object, message: str) -> None:
    if not holds:
        raise ApprovalRefused(message)
