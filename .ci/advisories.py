"""Ask for known vulnerabilities of everything in a lock, and say plainly what could not be asked.

Usage: advisories.py PIP_AUDIT LOCK FOLDER.  The answer stays in FOLDER.  Exit code 1 only for a vulnerability found: a
service that cannot be reached, or that does not know a package, is told and is no failure, and no all-clear either.
"""
# ruff: noqa: T201 - a script prints

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SERVICES = ("pypi", "osv")


def asked(tool: str, lock: str, service: str) -> list[dict[str, Any]] | None:
    """What the service says of each package; None where it cannot be reached."""
    command = [tool, "-r", lock, "--disable-pip", "--require-hashes", "-f", "json", "-s", service]
    done = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        return list(json.loads(done.stdout)["dependencies"])
    except (ValueError, KeyError):
        return None


def main() -> int:
    """Ask one service after the other until one answers for every package."""
    tool, lock, folder = sys.argv[1:]
    best: list[dict[str, Any]] = []
    for service in SERVICES:
        told = asked(tool, lock, service)
        if told is not None and _known(told) >= _known(best):
            best = told
        if best and _known(best) == len(best):
            break
    (Path(folder) / f"advisories-{Path(lock).stem}.json").write_text(json.dumps(best, indent=1), encoding="utf-8")
    found = [(p["name"], p["version"], v["id"]) for p in best for v in p.get("vulns", ())]
    for name, version, advisory in found:
        print(f"脆弱性: {lock}: {name} {version} に {advisory} があります。")
    if not _known(best):
        print(
            f"未確認: {lock} の脆弱性は点検できませんでした（問い合わせ先に届きません）。安全という意味ではありません。"
        )
    elif _known(best) < len(best):
        print(f"一部未確認: {lock} の {len(best)} 件のうち {_known(best)} 件だけ点検できました。")
    elif not found:
        print(f"点検: {lock} の {len(best)} 件に、知られている脆弱性はありません。")
    return int(bool(found))


def _known(told: list[dict[str, Any]]) -> int:
    return sum("vulns" in package for package in told)


if __name__ == "__main__":
    sys.exit(main())
