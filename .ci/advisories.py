"""Ask for known vulnerabilities of everything in a lock, and say plainly what could not be asked.

Usage: advisories.py PIP_AUDIT LOCK FOLDER [--tell]    the answer stays in FOLDER
       advisories.py PIP_AUDIT --prove FOLDER          would a vulnerability be found? (a stand-in service tells one)

Exit code 1 only for a vulnerability found (with ``--tell`` it is told and no more: for what only tests run), or, when
proving, for one not found: a service that cannot be reached, or that does not know a package, is told and is no
failure, and no all-clear either.  ``.ci/accepted.csv`` (advisory, package, until, reason) lists what has been looked at
and is accepted until a day; after it, it is found again.
"""
# ruff: noqa: T201 - a script prints

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import http.server
import io
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

SERVICES = (("-s", "pypi"), ("-s", "osv"))
ACCEPTED = Path(__file__).resolve().parent / "accepted.csv"
PROOF = "PROOF-2026-0001"


def asked(tool: str, lock: str, service: tuple[str, ...]) -> list[dict[str, Any]] | None:
    """What the service says of each package; None where it cannot be reached."""
    command = [tool, "-r", lock, "--disable-pip", "--require-hashes", "-f", "json", *service]
    done = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        return list(json.loads(done.stdout)["dependencies"])
    except (ValueError, KeyError):
        return None


def audit(tool: str, lock: str, folder: Path, services: tuple[tuple[str, ...], ...] = SERVICES) -> list[str]:
    """Ask one service after the other until one answers for every package; vulnerabilities that nobody accepted."""
    best: list[dict[str, Any]] = []
    for service in services:
        told = asked(tool, lock, service)
        if told is not None and _known(told) >= _known(best):
            best = told
        if best and _known(best) == len(best):
            break
    name = Path(lock).with_suffix("").as_posix().replace("/", "-").strip("-")
    (folder / f"advisories-{name}.json").write_text(json.dumps(best, indent=1), encoding="utf-8")
    found = [(p["name"], p["version"], v["id"]) for p in best for v in p.get("vulns", ())]
    accepted = [entry for entry in found if _accepted(entry[2], entry[0])]
    for package, version, advisory in found:
        word = "受容（期限つき）" if (package, version, advisory) in accepted else "脆弱性"
        print(f"{word}: {lock}: {package} {version} に {advisory} があります。")
    if not _known(best):
        print(
            f"未確認: {lock} の脆弱性は点検できませんでした（問い合わせ先に届きません）。安全という意味ではありません。"
        )
    elif _known(best) < len(best):
        print(f"一部未確認: {lock} の {len(best)} 件のうち {_known(best)} 件だけ点検できました。")
    elif not found:
        print(f"点検: {lock} の {len(best)} 件に、知られている脆弱性はありません。")
    return [advisory for package, version, advisory in found if (package, version, advisory) not in accepted]


def _accepted(advisory: str, package: str) -> bool:
    with ACCEPTED.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if (row["advisory"], row["package"]) == (advisory, package)]
    return any(dt.date.fromisoformat(row["until"]) >= dt.datetime.now(dt.UTC).date() for row in rows)


def _known(told: list[dict[str, Any]]) -> int:
    return sum("vulns" in package for package in told)


class _StandIn(http.server.BaseHTTPRequestHandler):
    """An advisory service (OSV's form) that knows one vulnerability, of every version of one package."""

    def do_POST(self) -> None:
        asked_for = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
        ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9999"}]}]
        package = {"name": asked_for, "ecosystem": "PyPI"}
        told = {"id": PROOF, "summary": "proof", "affected": [{"package": package, "ranges": ranges}]}
        body = json.dumps({"vulns": [told]} if asked_for == "requests" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


def prove(tool: str, folder: Path) -> bool:
    """Whether the tool and this script find a vulnerability that a service tells."""
    lock = folder / "proof.lock"
    lock.write_text(
        f"requests==2.32.3 --hash=sha256:{'0' * 64}\nidna==3.10 --hash=sha256:{'0' * 64}\n", encoding="utf-8"
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _StandIn) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/v1/query"
        with contextlib.redirect_stdout(io.StringIO()):  # what is made up is not told
            found = audit(tool, str(lock), folder, (("-s", "osv", "--osv-url", address),))
        server.shutdown()
    return found == [PROOF]


def main() -> int:
    """See the module's text."""
    tool, lock, folder, *more = sys.argv[1:]
    if lock == "--prove":
        good = prove(tool, Path(folder))
        print("点検の点検: 脆弱性があれば見つかります。" if good else "点検の点検: 脆弱性を見つけられません。")
        return int(not good)
    return int(bool(audit(tool, lock, Path(folder))) and "--tell" not in more)


if __name__ == "__main__":
    sys.exit(main())
