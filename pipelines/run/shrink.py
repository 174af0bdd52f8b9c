"""The guard against half a file: a table that lost or gained far too many rows since it was last published is held.

A smaller loss is published and told: from a file alone nobody can see that its last line was cut off.

It stands after the build (and after what was kept of an earlier build), because it depends on what is published now.
The limits are percentages, by default −50 and +200; ``expect: change: [-80, 300]`` in dataset.yaml sets others, ``~``
opens one end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pipelines.model import Level, Package, Place, Problem
from pipelines.run.build import Built
from pipelines.run.outcomes import held, noted

Change = tuple[float | None, float | None]

DEFAULT = (-50.0, 200.0)


def guarded(built: Built, published: Mapping[str, int]) -> Built:
    """``built`` as it is, or held when a table changed too much against ``published`` (resource key → rows)."""
    if built.package is None or built.drop is None:
        return built
    change = built.spec.settings.get("change", DEFAULT)
    sentences = list(_sentences(built.package, published, change))
    if not sentences:
        return _with_loss(built, list(_sentences(built.package, published, (0.0, None))))
    problem = Problem(
        code="rows-changed-much",
        level=Level.HOLD,
        place=Place(path=built.drop.files[0].shown),
        message="".join(sentences),
        hint="ファイルが途中で切れていないか、別のファイルではないか確かめてください。正しければ、dataset.yaml に"
        "「expect: {change: [-100, 500]}」のように、許す増減の範囲（％）を書いてください。",
    )
    return replace(built, outcome=held(built.outcome, problem), package=None)


def _with_loss(built: Built, sentences: list[str]) -> Built:
    """The dataset as it is, with a word about rows that are no longer there."""
    if not sentences or built.drop is None:
        return built
    problem = Problem(
        code="rows-fewer",
        level=Level.WARNING,
        place=Place(path=built.drop.files[0].shown),
        message="".join(sentences),
        hint="廃止などで減ったのなら、このままでかまいません。覚えがなければ、ファイルの途中や終わりの行が抜けていないか"
        "確かめてください。",
    )
    return replace(built, outcome=noted(built.outcome, problem))


def _sentences(package: Package, published: Mapping[str, int], change: Change) -> Iterator[str]:
    least, most = change
    tables = {file.key: file for file in package.files if file.rows is not None}
    for key, before in published.items():
        after = tables[key].rows or 0 if key in tables else 0
        percent = (after - before) * 100 / before if before else 0.0
        if (least is not None and percent < least) or (most is not None and percent > most):
            what = f"「{tables[key].title}」" if key in tables else f"公開中の表（{key}）"
            more = "増え" if after > before else "減り"
            yield f"{what}が、前回公開した{before:,}行から{after:,}行に{more}ます（{percent:+.0f}％）。"
