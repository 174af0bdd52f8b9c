"""What changed since an earlier report, figure by figure: two JSON models side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.report.paper import Card, Figure, Report


def changes(before: Mapping[str, Any], made: Report) -> list[str]:
    """One sentence for each figure of a card that is not what it was; ``before`` is an earlier report's JSON."""
    former = {str(card["kpi"]): card for card in before.get("cards", ())}
    return [line for card in made.cards for line in _card(former.get(card.kpi), card)]


def _card(before: Mapping[str, Any] | None, card: Card) -> Iterator[str]:
    if before is None:
        yield f"{card.title}: 前の報告書にはありません"
        return
    old = {str(f["key"]): f for f in (before["headline"], *before["figures"])}
    for figure in (card.headline, *card.figures):
        line = _figure(old.get(figure.key), figure)
        if line:
            yield f"{card.title}　{figure.label}: {line}"
    was, now = f"{before['grade']} {before['grade_text']}", f"{card.grade} {card.grade_text}"
    if was != now:
        yield f"{card.title}　判定（案）: {was} → {now}"


def _figure(before: Mapping[str, Any] | None, figure: Figure) -> str:
    """``27件 → 29件（+2）``; empty where nothing changed."""
    if before is None:
        return f"（なし）→ {figure.text}"
    if (before["value"], before["text"]) == (figure.value, figure.text):
        return ""
    change = ""
    if before["value"] is not None and figure.value is not None:
        change = f"（{round(figure.value - before['value'], figure.digits):+,}）"
    return f"{before['text']} → {figure.text}{change}"
