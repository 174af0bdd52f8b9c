"""How a change of the plan reads: fields by the names people know, old → new where they differ."""

from __future__ import annotations

from typing import Any

from pipelines.model import Action, Change

SHOWN = 60
FIELDS = {
    "title": "題名",
    "notes": "説明",
    "license_id": "ライセンス",
    "owner_org": "組織",
    "author": "作成者",
    "maintainer": "問い合わせ先",
    "maintainer_email": "問い合わせ先のメール",
    "version": "版",
    "url": "出典の住所",
    "tags": "タグ",
    "groups": "グループ",
    "private": "公開の状態",
    "state": "状態",
    "name": "データセットの名前（住所）",
    "resources": "ファイル",
    "extras.frequency": "更新頻度",
    "extras.temporal_start": "対象期間の始まり",
    "extras.temporal_end": "対象期間の終わり",
    "extras.spatial": "対象範囲（座標）",
    "extras.spatial_text": "対象地域",
    "extras.credit": "出典の書き方",
    "extras.licence_title": "ライセンスの名前",
    "extras.licence_version": "ライセンスの版",
    "extras.licence_url": "ライセンスの住所",
    "extras.municipality": "市区町村",
    "extras.municipality_code": "市区町村コード",
    "extras.standard": "標準",
    "extras.standard_name": "標準の名前",
    "extras.standard_completeness": "標準の項目のうち",
    "extras.language": "言語",
    "extras.sample": "見本",
}
PARTS = {"name": "名前", "description": "説明", "format": "形式", "mimetype": "MIME タイプ"}
VALUES: dict[tuple[str, Any], str] = {
    ("private", True): "非公開",
    ("private", False): "公開中",
    ("state", "active"): "公開中",
    ("state", "deleted"): "削除",
}


def field_of(change: Change, lang: str) -> str:
    """What the change is about, as people call it; in English the key itself."""
    if change.field.startswith("resources.") and change.about:
        part = change.field.rsplit(".", 1)[-1]
        return f"{change.about} の{PARTS.get(part, part)}" if lang == "ja" else f"{change.about} {part}"
    return FIELDS.get(change.field, change.field) if lang == "ja" else change.field


def values_of(change: Change, lang: str, nothing: str) -> tuple[str, str]:
    """Old and new as one short line each; of long texts the place where they begin to differ."""
    old, new = (_text(change, value, lang) for value in (change.old, change.new))
    if max(len(old), len(new)) > SHOWN:
        start = max(0, _common(old, new) - SHOWN // 3) if old and new else 0
        old, new = (_cut(text, start) for text in (old, new))
    return old or nothing, new or nothing


def _text(change: Change, value: Any, lang: str) -> str:
    if value is None or value == () or value == []:
        return ""
    if lang == "ja" and isinstance(value, str | bool) and (change.field, value) in VALUES:
        return VALUES[change.field, value]
    joined = "、".join(str(v) for v in value) if isinstance(value, list | tuple) else str(value)
    text = " ".join(joined.split())
    if change.action in (Action.UPLOAD, Action.DRIFT) and text.startswith("sha256:"):
        return f"内容 {text[7:19]}" if lang == "ja" else text[:19]
    return text


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _cut(text: str, start: int) -> str:
    shown = text[start : start + SHOWN]
    return ("…" if start and text else "") + shown + ("…" if start + SHOWN < len(text) else "")
