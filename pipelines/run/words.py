"""The sentences of the command line, Japanese and English."""

from __future__ import annotations

from typing import Any

from pipelines.model import Verdict
from pipelines.run.conduct import Account

SENTENCES: dict[str, tuple[str, str]] = {
    "error": ("エラー", "error"),
    "audit-whole": (
        "監査記録に書き換え・欠落・切り詰めは見つかりませんでした。",
        "The audit log is whole.",
    ),
    "none": ("ありません。", "none"),
    "nothing": ("（なし）", "(none)"),
    "more": (
        "… ほか {count} 行（返信のページ、または --json にすべてあります）",
        "… {count} more lines (all in the reply page or --json)",
    ),
    "total": ("データセット {count} 件", "{count} datasets "),
    "stage-build": ("点検", "check"),
    "stage-plan": ("ポータルとの比較", "compare with the portal"),
    "stage-publish": ("公開", "publish"),
    "stage-reply": ("部署への返信", "replies"),
    "stage-measure": ("計測", "measure"),
    "stage-report": ("報告書", "report"),
    "verdict-fit": ("公開できます", "fit to publish"),
    "verdict-published": ("公開", "published"),
    "verdict-updated": ("更新", "updated"),
    "verdict-unchanged": ("変更なし", "unchanged"),
    "verdict-withheld": ("見送り", "withheld"),
    "verdict-held": ("保留", "held"),
    "verdict-rejected": ("差し戻し", "rejected"),
    "verdict-waiting": ("待ち", "waiting"),
    "verdict-withdrawn": ("取り下げ", "withdrawn"),
    "verdict-failed": ("失敗", "failed"),
    "action-create": ("新規", "create"),
    "action-update": ("変更", "update"),
    "action-upload": ("ファイル", "upload"),
    "action-load": ("データ", "load"),
    "action-reorder": ("並び順", "reorder"),
    "action-view": ("表示", "view"),
    "action-withdraw": ("取り下げ", "withdraw"),
    "action-drift": ("手直し", "drift"),
    "change": ("{action}  {dataset}  {field}: {old} → {new}", "{action}  {dataset}  {field}: {old} -> {new}"),
    "drift": (
        "手直し  {dataset}  {field}: ポータルで「{new}」に直されています（こちらは「{old}」）。そのまま残します。",
        "drift  {dataset}  {field}: edited on the portal to {new} (ours: {old}); kept.",
    ),
    "plan-total": (
        "変更するデータセット {changed} 件、変更なし {same} 件、ポータルでの手直し {drift} 件",
        "{changed} datasets to change, {same} unchanged, {drift} edits on the portal",
    ),
    "catalogue-running": ("手元のカタログは動いています: {url}", "The embedded catalogue is running: {url}"),
    "catalogue-stopped": ("手元のカタログは止まっています。", "The embedded catalogue is stopped."),
    "closing-counts": (
        "公開 {published} 件、更新 {updated} 件、変更なし {unchanged} 件、見送り {withheld} 件、保留 {held} 件、"
        "失敗 {failed} 件（{seconds:.1f} 秒）",
        "{published} published, {updated} updated, {unchanged} unchanged, {withheld} withheld, {held} held, "
        "{failed} failed ({seconds:.1f} s)",
    ),
    "closing-same": (
        "すべて変更なしです。ポータルには何も書き込んでいません。",
        "Everything is unchanged. Nothing was written to the portal.",
    ),
    "closing-traffic": (
        "ポータルとのやりとり: 読み取り {reads} 回、書き込み {writes} 回",
        "portal: {reads} reads, {writes} writes",
    ),
    "closing-portal": ("カタログ      {where}", "catalogue     {where}"),
    "closing-report": ("報告書        {where}", "report        {where}"),
    "closing-replies": ("部署への返信  {where}", "replies       {where}"),
    "closing-stop": ("カタログを止めるには: {command}", "to stop the catalogue: {command}"),
}


def say(key: str, lang: str, **values: Any) -> str:
    """The sentence ``key`` in ``lang`` (ja or en) with its values."""
    return SENTENCES[key][0 if lang == "ja" else 1].format(**values)


def closing(account: Account, lang: str) -> list[str]:
    """The last lines of a run: counts, addresses, how to stop."""
    number = account.counts
    withheld = number[Verdict.WITHHELD.value] + number[Verdict.REJECTED.value]
    held = number[Verdict.HELD.value] + number[Verdict.WAITING.value]
    counts = {k: number[k] for k in ("published", "updated", "unchanged", "failed")}
    lines = [say("closing-counts", lang, **counts, withheld=withheld, held=held, seconds=account.seconds)]
    if number["unchanged"] and not any(counts[k] for k in ("published", "updated", "failed")) and not account.writes:
        lines.append(say("closing-same", lang))
    lines.append(say("closing-traffic", lang, reads=account.reads, writes=account.writes))
    lines.append(say("closing-portal", lang, where=account.portal))
    if account.report:
        lines.append(say("closing-report", lang, where=account.report))
    if account.replies:
        lines.append(say("closing-replies", lang, where=account.replies))
    if account.embedded:
        lines.append(say("closing-stop", lang, command=".venv/bin/python publish.py catalog down"))
    return lines
