"""Four eyes and the audit log: what is refused, what lapses, and what tampering is found."""

from __future__ import annotations

import datetime as dt
import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.gateways.store import Store
from pipelines.model import Hidden, Level, StoreError
from pipelines.screen import (
    ApprovalRefused,
    Approvals,
    Audit,
    Binding,
    ScreenRules,
    approve,
    audit_verify,
    look,
    reject,
    request,
    screen,
)
from pipelines.screen.binding import value_set
from tests.test_screen import source, spec, valid

NOW = dt.datetime(2026, 11, 22, 5, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 22)
UNTIL = dt.date(2027, 11, 22)
ROWS = [["山田商店", "090-1234-5678"], ["佐藤商店", "080-1234-5678"]]


def bound(folder: Path, rows: list[list[str]] | None = None, digest: str = "d1") -> Binding:
    """The binding of the mobile numbers of a small list of shops."""
    table = source(["名称", "連絡先"], rows or ROWS)
    found = look(table, spec(), Approvals.load(folder, today=TODAY), ScreenRules(), digest=digest)
    return next(v.binding for v in found if v.binding and v.problem.code.endswith("-mobile"))


def asked(audit: Audit, binding: Binding, by: str = "u1", until: dt.date = UNTIL) -> str:
    """A request's id."""
    made = request(audit, binding, by=by, reason="事業用の番号", legal_basis="本人の同意", until=until, now=NOW)
    return made.id


def verdict(folder: Path, rows: list[list[str]], digest: str = "d1", today: dt.date = TODAY) -> bool:
    """True when the list of shops is cleared."""
    table = source(["名称", "連絡先"], rows)
    step = screen(
        valid(table, ["名称", "連絡先"]),
        table,
        spec(),
        Approvals.load(folder, today=today),
        ScreenRules(),
        digest=digest,
    )
    return step.value is not None


@pytest.fixture
def approved(tmp_path: Path) -> Path:
    """A folder in which the list of shops has been approved."""
    audit = Audit(tmp_path)
    approve(audit, asked(audit, bound(tmp_path)), by="u2", now=NOW)
    return tmp_path


def test_approved_list_is_published_and_says_so(approved: Path) -> None:
    """With a valid approval the dataset passes, the finding stays as a notice, and the approval is named."""
    table = source(["名称", "連絡先"], ROWS)
    found = Approvals.load(approved, today=TODAY)
    step = screen(valid(table, ["名称", "連絡先"]), table, spec(), found, ScreenRules(), digest="d1")
    assert step.value is not None
    assert step.value.approvals == (found.requests[0].id,)
    assert [(p.code, p.level) for p in step.problems] == [("approved-mobile", Level.NOTICE)]


def test_waiting_request_opens_nothing(tmp_path: Path) -> None:
    """Asking is not approving; the list of what waits has it."""
    asked(Audit(tmp_path), bound(tmp_path))
    assert not verdict(tmp_path, ROWS)
    assert [r.requester for r in Approvals.load(tmp_path).waiting()] == ["u1"]


@pytest.mark.parametrize("who", ["u1", "Ｕ１", " U1 "])
def test_self_approval_is_refused(tmp_path: Path, who: str) -> None:
    """Requester and approver are two people, however the name is typed."""
    audit = Audit(tmp_path)
    number = asked(audit, bound(tmp_path))
    with pytest.raises(ApprovalRefused, match="四眼"):
        approve(audit, number, by=who, now=NOW)
    assert not verdict(tmp_path, ROWS)


def test_one_new_value_lapses(approved: Path) -> None:
    """One shop more, the same file digest: held again.  One shop less: held again."""
    assert verdict(approved, ROWS)
    assert not verdict(approved, [*ROWS, ["鈴木商店", "070-1111-2222"]])
    assert not verdict(approved, ROWS[:1])


def test_other_file_other_dataset_other_column(approved: Path) -> None:
    """An approval is for this file, dataset, column, detector and version only."""
    assert not verdict(approved, ROWS, digest="d2")
    binding = bound(approved)
    approvals = Approvals.load(approved, today=TODAY)
    assert approvals.covers(binding)
    for part in ("dataset", "column", "detector", "version", "values", "digest"):
        assert approvals.covers(replace(binding, **{part: "other"})) is None


def test_expiry(approved: Path) -> None:
    """The last day counts, the day after does not."""
    assert verdict(approved, ROWS, today=UNTIL)
    assert not verdict(approved, ROWS, today=UNTIL + dt.timedelta(days=1))


@pytest.mark.parametrize("until", [dt.date(2027, 11, 23), dt.date(2026, 11, 21)])
def test_expiry_within_a_year(tmp_path: Path, until: dt.date) -> None:
    """More than a year ahead, or in the past, cannot be asked for."""
    with pytest.raises(ApprovalRefused, match="1年"):
        asked(Audit(tmp_path), bound(tmp_path), until=until)


@pytest.mark.parametrize("missing", ["by", "reason", "legal_basis"])
def test_words_are_needed(tmp_path: Path, missing: str) -> None:
    """Who, why and on what legal ground stand in every request."""
    words = {"by": "u1", "reason": "r", "legal_basis": "b"} | {missing: " "}
    with pytest.raises(ApprovalRefused):
        request(Audit(tmp_path), bound(tmp_path), until=UNTIL, now=NOW, **words)


def test_block_cannot_be_approved(tmp_path: Path) -> None:
    """My Number: no request, and a forged approval line for exactly this binding changes nothing."""
    table = source(["個人番号"], [["123456789018"]])
    approvals = Approvals.load(tmp_path, today=TODAY)
    first = look(table, spec(), approvals, ScreenRules(), digest="d1")[0]
    assert first.problem.level is Level.ERROR
    assert first.binding is None


def test_decided_once(tmp_path: Path) -> None:
    """An approval can be taken back; a rejected request cannot be approved; unknown ids are refused."""
    audit = Audit(tmp_path)
    number = asked(audit, bound(tmp_path))
    approve(audit, number, by="u2", now=NOW)
    assert reject(audit, number, by="u3", reason="同意が取り消された", now=NOW).state == "rejected"
    assert not verdict(tmp_path, ROWS)
    for wrong in (number, "nope"):
        with pytest.raises(ApprovalRefused):
            approve(audit, wrong, by="u2", now=NOW)
    with pytest.raises(ApprovalRefused, match="理由"):
        reject(audit, number, by="u3", reason="")


def test_forged_lines_do_not_approve(tmp_path: Path) -> None:
    """A self-approval written into the log with a right chain is still no approval."""
    audit = Audit(tmp_path)
    number = asked(audit, bound(tmp_path))
    audit.append("approve", {"request": number, "by": "u1", "reason": ""}, now=NOW)
    assert audit_verify(tmp_path) == []
    assert not verdict(tmp_path, ROWS)


def test_hidden_content_can_be_approved(tmp_path: Path) -> None:
    """A comment in a workbook waits for four eyes as well; another comment lapses it."""
    comment = Hidden(kind="comment", sheet="表", row=2, column=1)

    def held(hidden: list[Hidden]) -> bool:
        table = source(["名称"], [["公園"]], hidden)
        loaded = Approvals.load(tmp_path, today=TODAY)
        return screen(valid(table, ["名称"]), table, spec(), loaded, ScreenRules(), digest="d").value is None

    table = source(["名称"], [["公園"]], [comment])
    binding = look(table, spec(), Approvals.load(tmp_path), ScreenRules(), digest="d")[0].binding
    assert binding is not None
    assert held([comment])
    audit = Audit(tmp_path)
    approve(audit, asked(audit, binding), by="u2", now=NOW)
    assert not held([comment])
    assert held([comment, Hidden(kind="comment", sheet="表", row=9, column=1)])


def test_log_has_no_value_in_clear_and_both_clocks(approved: Path) -> None:
    """The log shows people, reasons and times in UTC and JST, and no value."""
    text = (approved / "audit.jsonl").read_text(encoding="utf-8")
    assert "090-1234" not in text
    assert "1234-5678" not in text
    line = json.loads(text.splitlines()[0])
    assert (line["utc"], line["jst"]) == ("2026-11-22T05:00:00+00:00", "2026-11-22T14:00:00+09:00")


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = data.index("事業用".encode())
    data[at + 2] ^= 1
    path.write_bytes(bytes(data))


def _drop_first(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))


def _drop_last(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _gone(path: Path) -> None:
    path.unlink()


def _swap(path: Path) -> None:
    path.write_bytes(b"".join(reversed(path.read_bytes().splitlines(keepends=True))))


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("tamper", [_flip, _drop_first, _drop_last, _cut, _empty, _gone, _swap])
def test_tampering_is_found(tmp_path: Path, tamper: Callable[[Path], None], stored: bool) -> None:
    """One byte, one line, the end, everything: found with the anchor beside the log and in the state journal."""
    store = Store(tmp_path / "state.sqlite3") if stored else None
    audit = Audit(tmp_path / "audit", store)
    approve(audit, asked(audit, bound(tmp_path / "audit")), by="u2", now=NOW)
    assert audit_verify(tmp_path / "audit", store) == []
    tamper(audit.path)
    problems = audit_verify(tmp_path / "audit", store)
    assert [p.code for p in problems][:1] == ["audit-broken"]
    if store:
        store.close()


def test_a_cut_end_is_not_healed_by_going_on(approved: Path) -> None:
    """Who cuts the log and writes on moves the mark, but the next line says for ever that the log was not whole."""
    audit = Audit(approved)
    _drop_last(audit.path)
    with pytest.raises(ApprovalRefused, match="監査記録"):
        asked(audit, bound(approved))
    audit.append("withdraw", {"dataset": "d"}, now=NOW)  # taking something offline must always be possible
    assert [p.code for p in audit_verify(approved)] == ["audit-broken"]
    assert not verdict(approved, ROWS)


def test_state_file_made_anew_is_told_and_costs_no_approval(approved: Path) -> None:
    """Losing the state file is survivable: the mark beside the log still holds, and the next line says so."""
    with Store(approved / "new.sqlite3") as store:
        told = audit_verify(approved, store)
        assert [(p.code, p.level) for p in told] == [("audit-unanchored", Level.WARNING)]
        assert Approvals.load(approved, store, today=TODAY).valid()
        entry = Audit(approved, store).append("withdraw", {"dataset": "d"}, now=NOW)
        assert entry.body["before_this"] == "audit-unanchored"
        assert audit_verify(approved, store) == []


def test_every_byte_counts(approved: Path) -> None:
    """Changing any single byte of the log is found."""
    path = approved / "audit.jsonl"
    original = path.read_bytes()
    for at in range(0, len(original), 7):
        path.write_bytes(original[:at] + bytes([original[at] ^ 1]) + original[at + 1 :])
        assert audit_verify(approved), at


def test_broken_log_approves_nothing(approved: Path) -> None:
    """With a log that is not what was written, every approval is void, and nothing can be decided."""
    _flip(approved / "audit.jsonl")
    assert Approvals.load(approved, today=TODAY).requests == ()
    assert not verdict(approved, ROWS)
    with pytest.raises(ApprovalRefused, match="監査記録"):
        approve(Audit(approved), "x", by="u2")


def test_lost_anchor_is_told(approved: Path) -> None:
    """A log without its anchor cannot be trusted at its end: it is said, not healed."""
    (approved / "anchor.json").unlink()
    assert "控え" in audit_verify(approved)[0].message


def test_power_failure_between_line_and_anchor(approved: Path) -> None:
    """The announced line, written whole before the anchor moved, is no tampering; half a line is taken off."""
    audit = Audit(approved)
    kept: list[bytes] = []
    move = audit._anchors[0].move
    audit._anchors[0].move = lambda mark: (move(mark), kept.append((approved / "anchor.json").read_bytes()))  # type: ignore[method-assign,assignment,func-returns-value]
    audit.append("withdraw", {"dataset": "d"}, now=NOW)
    (approved / "anchor.json").write_bytes(kept[0])
    assert audit_verify(approved) == []
    audit.append("withdraw", {"dataset": "e"}, now=NOW)
    with audit.path.open("ab") as stream:
        stream.write(b'{"act":"req')
    assert audit_verify(approved)
    audit.append("withdraw", {"dataset": "f"}, now=NOW)
    assert audit_verify(approved) == []


def test_line_added_with_a_right_chain_is_found(tmp_path: Path) -> None:
    """Who can write the file but not read the key cannot add an approval, nor make a fitting anchor."""
    audit = Audit(tmp_path)
    number = asked(audit, bound(tmp_path))
    anchor = (tmp_path / "anchor.json").read_bytes()
    approve(audit, number, by="u2", now=NOW)
    forged = json.loads((tmp_path / "anchor.json").read_text(encoding="utf-8"))
    (tmp_path / "anchor.json").write_bytes(anchor)
    assert audit_verify(tmp_path)
    assert not verdict(tmp_path, ROWS)
    (tmp_path / "anchor.json").write_text(json.dumps(forged | {"mac": "0" * 64}), encoding="utf-8")
    assert audit_verify(tmp_path)


def test_key_is_private(tmp_path: Path) -> None:
    """The key of the value sets is made once, 0600, and refused when others can read it."""
    audit = Audit(tmp_path)
    key = audit.key()
    assert len(key) == 32
    assert audit.key() == key
    path = tmp_path / "values.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(StoreError, match="chmod"):
        audit.key()


def test_value_sets() -> None:
    """Order and repetition do not matter; any difference, and any other key, does."""
    key = b"k"
    assert value_set(["a", "b", "a"], key) == value_set(["b", "a"], key)
    assert value_set(["ab", "c"], key) != value_set(["a", "bc"], key)
    assert value_set(["a"], key) != value_set(["a"], b"other")
