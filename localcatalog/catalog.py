#!/usr/bin/env python3
"""The embedded catalogue: a real CKAN on this machine, for trial and tests.

    python localcatalog/catalog.py up       install it (first time), start it, or repair what is missing
    python localcatalog/catalog.py status   what runs, at which address
    python localcatalog/catalog.py down     stop it; the data stays
    python localcatalog/catalog.py reset    stop it and delete its data (not the installed environment)

Standard library only; any Python 3.11 or later. Exit codes: 0 well, 2 usage, 3 it cannot start or be reached.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from manager import environment, lifecycle, portal
from manager.console import CatalogError, say
from manager.layout import Layout, read_json
from manager.lines import LINES, NEWEST
from manager.state import load

DEFAULT_HOME = Path(__file__).resolve().parent.parent / "var" / "catalog"


def up(layout: Layout, asked: argparse.Namespace) -> None:
    """Install, start, repair."""
    done = lifecycle.up(layout)
    total = f"{done.seconds['total']:.1f}秒"
    text = "カタログはすでに動いています" if done.already else f"カタログを起動しました（{total}）"
    show(asked, lifecycle.report(done), f"{text}: {done.url}")


def down(layout: Layout, asked: argparse.Namespace) -> None:
    """Stop."""
    stopped = lifecycle.down(layout)
    text = "カタログを止めました。" if stopped else "カタログは動いていません。"
    show(asked, {"running": False, "stopped": stopped}, text)


def status(layout: Layout, asked: argparse.Namespace) -> None:
    """Look."""
    now = lifecycle.status(layout)
    parts = "、".join(f"{name} {'○' if part['running'] else '×'}" for name, part in now["parts"].items())
    some = any(part["running"] for part in now["parts"].values())
    if now["running"]:
        text = f"カタログは動いています: {now['url']}（{parts}、メモリー {now['memory_mb']} MB）"
    elif some:
        text = f"カタログの一部が止まっています（{parts}）。catalog.py up で直ります。"
    else:
        text = "カタログは動いていません。"
    show(asked, now, text)


def reset(layout: Layout, asked: argparse.Namespace) -> None:
    """Delete the data."""
    lifecycle.reset(layout)
    show(asked, {"running": False, "reset": True}, "カタログのデータを消しました。")


def uninstall(layout: Layout, asked: argparse.Namespace) -> None:
    """Delete the data and the environment."""
    lifecycle.reset(layout)
    environment.remove(layout)
    show(asked, {"running": False, "removed": True}, "カタログのデータとCKANの環境を消しました。")


def install(layout: Layout, asked: argparse.Namespace) -> None:
    """Make the environment only."""
    seconds = environment.install(layout)
    show(asked, {"installed": True, "seconds": round(seconds, 2)}, "CKANの環境は用意できています。")


def prepare(layout: Layout, asked: argparse.Namespace) -> None:
    """Organizations and the publisher's role in them."""
    done = asdict(portal.prepare(_portal(layout), _organizations(asked.organizations)))
    counts = {key: len(value) for key, value in done.items()}
    text = f"組織: 新規 {counts['created']}、更新 {counts['updated']}、変更なし {counts['unchanged']}"
    show(asked, done, text)


def _portal(layout: Layout) -> portal.Portal:
    state = load(layout)
    if state is None or not state.port:
        raise CatalogError("カタログは動いていません。先に up してください。")
    return portal.Portal(state, layout)


def _organizations(source: str) -> list[dict[str, str]]:
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8")
        found = json.loads(text)
    except (OSError, ValueError) as error:
        raise CatalogError(f"組織の一覧を読めません: {error}") from error
    if not isinstance(found, list) or not all(isinstance(one, dict) and one.get("name") for one in found):
        raise CatalogError('組織の一覧は [{"name": …, "title": …, "description": …}] の形で渡してください。')
    return found


def token(layout: Layout, asked: argparse.Namespace) -> None:
    """Print a user's API token, because it was asked for."""
    _secret(layout, f"{asked.user}_token")


def password(layout: Layout, asked: argparse.Namespace) -> None:
    """Print a user's password for the web pages, because it was asked for."""
    _secret(layout, f"{asked.user}_password")


def _secret(layout: Layout, key: str) -> None:
    load(layout)
    value = read_json(layout.secrets).get(key)
    if not value:
        raise CatalogError("まだありません。先に up してください。")
    print(value)


def tracking_update(layout: Layout, asked: argparse.Namespace) -> None:
    """Sum page views into tracking_summary."""
    state = load(layout)
    if state is None or not lifecycle.health(state, layout)["postgres"]:
        raise CatalogError("カタログは動いていません。先に up してください。")
    failure = "閲覧数の集計に失敗しました。"
    lifecycle.run_inside(state, layout, "tracking.py", "", failure, str(asked.days))
    show(asked, {"days": asked.days}, f"直近{asked.days}日の閲覧数を集計しました。")


def show(asked: argparse.Namespace, value: dict[str, Any], text: str) -> None:
    """The result on stdout: one JSON document or one Japanese line."""
    print(json.dumps(value, ensure_ascii=False) if asked.json else text)


COMMANDS: dict[str, tuple[Callable[[Layout, argparse.Namespace], None], str]] = {
    "up": (up, "カタログを起動する（初回は環境もつくる。止まった部分があれば直す）"),
    "down": (down, "カタログを止める（データは残る）"),
    "status": (status, "動いているか、アドレスは何か"),
    "reset": (reset, "止めて、データを消す（環境は残る）"),
    "uninstall": (uninstall, "止めて、データと環境を消す"),
    "install": (install, "CKANの環境だけをつくる"),
    "prepare": (prepare, "組織をつくり、publisherを編集者にする"),
    "token": (token, "APIトークンを表示する"),
    "password": (password, "画面ログイン用のパスワードを表示する"),
    "tracking-update": (tracking_update, "CKANの閲覧数を集計する"),
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="catalog.py", description="手元の試用カタログ（CKAN）")
    commands = top.add_subparsers(dest="command", required=True, metavar="コマンド")
    for name, (_, help_text) in COMMANDS.items():
        one = commands.add_parser(name, help=help_text, description=help_text)
        one.add_argument("--home", default=str(DEFAULT_HOME), help="データの置き場所（既定: var/catalog）")
        one.add_argument(
            "--environment", help="CKANの環境の置き場所（既定: データの隣の catalog-env または catalog-env-系列）"
        )
        if name in ("up", "install", "uninstall"):
            one.add_argument("--line", choices=tuple(LINES), help=f"CKANの系列（既定: {NEWEST}。ほかは試験用）")
        one.add_argument("--json", action="store_true", help="結果をJSONで出す")
        if name == "prepare":
            one.add_argument("organizations", nargs="?", default="-", help="組織の一覧（JSONファイル、- は標準入力）")
        if name in ("token", "password"):
            one.add_argument("--user", choices=("publisher", "admin"), default="publisher")
        if name == "tracking-update":
            one.add_argument("--days", type=int, default=3, help="今日までの何日分か")
    return top


def main(words: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    asked = parser().parse_args(words)
    try:
        layout = Layout.of(asked.home, asked.environment, getattr(asked, "line", None))
        COMMANDS[asked.command][0](layout, asked)
    except CatalogError as error:
        return fail(str(error), error.tail(), error.log)
    except PermissionError as error:
        return fail(f"{error.filename} を読み書きできません。カタログを作った利用者で実行してください。", "", None)
    except KeyboardInterrupt:
        say("中断しました。catalog.py up でやり直せます。")
        return 3
    return 0


def fail(message: str, tail: str, log: Path | None) -> int:
    """Say why, with the end of the failing part's log."""
    say(f"エラー: {message}")
    if tail:
        say(f"--- {log} の終わり ---\n{tail}")
    return 3


if __name__ == "__main__":
    sys.exit(main())
