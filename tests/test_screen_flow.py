"""Four eyes through the command line: held, asked for, approved by another, published, and held again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import publish
from pipelines.intake import intake
from pipelines.model import Verdict
from pipelines.run.build import build_one
from pipelines.run.cache import BuildCache
from pipelines.run.conduct import tools_of
from pipelines.run.workspace import Workspace
from tests.conftest import ROOT
from tests.conftest import publish as command

SCHEMA = "name: shops\ntitle: 店舗一覧\nfields:\n- {name: 名称}\n- {name: 連絡先}\n"
SHOPS = "名称,連絡先\r\n山田商店,090-1234-5678\r\n佐藤商店,080-1234-5678\r\n"
JST = dt.timezone(dt.timedelta(hours=9))
UNTIL = dt.datetime.now(JST).date() + dt.timedelta(days=300)
ASKED = ("--reason", "事業用の番号", "--basis", "本人の同意", "--until", UNTIL.isoformat())


class Desk:
    """A small drop with one list of shops that shows mobile numbers."""

    def __init__(self, drop: Path) -> None:
        self.drop = drop
        self.var = drop.parent / "var"
        self.file = drop / "kankyo" / "shops" / "a.csv"
        self.file.parent.mkdir()
        with (drop / "catalog.yaml").open("a", encoding="utf-8") as settings:
            settings.write("intake: {quiet_seconds: 0}\n")
        (self.file.parent / "dataset.yaml").write_text("name: shops\ntitle: 店舗一覧\n", encoding="utf-8")
        (self.file.parent / "schema.yaml").write_text(SCHEMA, encoding="utf-8")
        self.write(SHOPS)

    def write(self, text: str) -> None:
        """The department's file."""
        self.file.write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> tuple[int, Any]:
        """Exit code and JSON of a command."""
        where = ("--datasets", str(self.drop), "--var", str(self.var))
        done = CliRunner().invoke(publish.cli, [*where, *arguments, "--json"])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, json.loads(done.stdout)

    def built(self) -> tuple[str, list[str]]:
        """What the next scheduled build would do with the file, and why."""
        _, told = self.run("build")
        (entry,) = told["files"]
        return entry["decision"], [p["code"] for p in entry["problems"]]

    def decided(self, today: dt.date | None = None) -> Verdict:
        """The same in this process, on any day."""
        workspace = Workspace(root=ROOT, datasets=self.drop, var=self.var)
        with workspace.store() as store:
            tools = tools_of(workspace, workspace.packages, BuildCache(store))
            tools = replace(tools, approvals=replace(tools.approvals, today=today))
            ((spec, step),) = intake(workspace.catalog, workspace.schemas).drops
            return build_one(spec, step, tools).outcome.verdict

    def approve(self) -> None:
        """Ask as 佐藤, approve as 鈴木."""
        assert self.run("request", "shops", "--by", "佐藤", *ASKED)[0] == 0
        (row,) = [r for r in self.run("approvals")[1] if r["種類"] == "申請中"]
        assert self.run("approve", row["番号"], "--by", "鈴木")[0] == 0


@pytest.fixture
def desk(drop: Path) -> Desk:
    """The desk of the department."""
    return Desk(drop)


def test_four_eyes_through_the_command_line(desk: Desk) -> None:
    """Held; asked for; refused to the one who asked; approved by another; published; one value more: held again."""
    assert desk.built() == ("hold", ["held-mobile"])
    (row,) = desk.run("approvals")[1]
    assert (row["種類"], row["データセット"], row["項目"]) == ("保留中", "shops", "連絡先")
    code, said = desk.run("request", "shops", "--by", "佐藤", *ASKED)
    assert code == 0
    assert "承認は別の人" in said[0]
    ((kind, number),) = [(r["種類"], r["番号"]) for r in desk.run("approvals")[1]]
    assert kind == "申請中"  # and no longer 保留中 beside it
    assert desk.built()[0] == "hold"
    assert desk.run("approve", number, "--by", " 佐藤")[0] == 1
    assert desk.built()[0] == "hold"
    assert desk.run("approve", number, "--by", "鈴木")[0] == 0
    assert desk.built() == ("publish", ["approved-mobile"])
    assert desk.run("audit", "verify") == (0, [])
    told = command("--datasets", str(desk.drop), "--var", str(desk.var), "audit", "verify", check=True).stdout
    assert "見つかりませんでした" in told
    assert not any(mark in (desk.var / "audit" / "audit.jsonl").read_text() for mark in ("1234-5678", "12345678"))
    desk.write(SHOPS + "鈴木商店,070-1111-2222\r\n")
    assert desk.built() == ("hold", ["held-mobile"])


def test_expired_and_reused(desk: Desk) -> None:
    """The approval ends with its last day, and is none for another file with the same numbers."""
    desk.approve()
    assert desk.decided(UNTIL) is Verdict.PUBLISHED
    assert desk.decided(UNTIL + dt.timedelta(days=1)) is Verdict.HELD
    desk.write(SHOPS.replace("山田商店", "山田書店"))
    assert desk.decided(UNTIL) is Verdict.HELD
    desk.write(SHOPS)
    assert desk.decided(UNTIL) is Verdict.PUBLISHED


def test_taken_back(desk: Desk) -> None:
    """A rejection after the approval holds the dataset again, with a reason in the log."""
    desk.approve()
    number = json.loads((desk.var / "audit" / "audit.jsonl").read_text().splitlines()[0])["hash"][:12]
    assert desk.run("reject", number, "--by", "高橋", "--reason", "同意が取り消された")[0] == 0
    assert desk.decided() is Verdict.HELD


def _forged(log: Path) -> None:
    """A request and its approval with a right chain, written by somebody without the key."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    last = dict(lines[-1], line=len(lines) + 1, before=lines[-1]["hash"])
    last["body"] = {"request": lines[0]["hash"][:12], "by": "鈴木", "reason": ""}
    last["act"] = "approve"
    told = {k: v for k, v in last.items() if k != "hash"}
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    last["hash"] = hashlib.sha256(text.encode()).hexdigest()
    with log.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(last, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n")


def _byte(log: Path) -> None:
    data = bytearray(log.read_bytes())
    data[len(data) // 3] ^= 1
    log.write_bytes(bytes(data))


def _line(log: Path) -> None:
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[1:]))


def _end(log: Path) -> None:
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))


@pytest.mark.parametrize("tamper", [_forged, _byte, _line, _end])
def test_tampering_is_found_and_opens_nothing(desk: Desk, tamper: Callable[[Path], None]) -> None:
    """A forged line, a byte, a line, the end: verify fails, and what had been approved is held."""
    desk.approve()
    assert desk.decided() is Verdict.PUBLISHED
    tamper(desk.var / "audit" / "audit.jsonl")
    code, told = desk.run("audit", "verify")
    assert code == 1
    assert {p["code"] for p in told} == {"audit-broken"}
    assert desk.decided() is Verdict.HELD
    assert desk.run("request", "shops", "--by", "佐藤", *ASKED)[0] == 1


def test_block_has_no_way_round(desk: Desk) -> None:
    """個人番号: nothing waits for an approval, nothing can be asked for."""
    desk.write("名称,連絡先\r\n山田商店,個人番号 123456789018\r\n")
    assert desk.built() == ("withhold", ["blocked-my-number"])
    assert desk.run("approvals")[1] == []
    assert desk.run("request", "shops", "--by", "佐藤", *ASKED)[0] == 2


def test_errors_and_personal_data_in_one_reply(desk: Desk) -> None:
    """A table with a mistake is looked at all the same: the department hears everything at once."""
    (desk.file.parent / "schema.yaml").write_text(SCHEMA.replace("名称}", "名称, type: integer}"), encoding="utf-8")
    decision, codes = desk.built()
    assert decision == "withhold"
    assert {"held-mobile", "type-error"} <= set(codes)
