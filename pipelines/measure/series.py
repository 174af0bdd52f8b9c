"""What 「アクセス件数」 may mean: the shipped definitions, their sources, and which one is official.

No definition is official by itself: the one that the 調整会議 approved is, from a day on, with who and when.
Sources are never added; each series takes one source per day by rank.
"""

from __future__ import annotations

import csv
import datetime as dt
import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipelines.gateways.measurements import Measurements, PeriodFact, Revision, Series, Source, SourcePriority
from pipelines.model import ConfigError

PAGES = ("home", "search", "org", "dataset", "resource")
KEYS = ("sources", "priority", "official", "facts", "rules", "count", "links")
SOURCE_KEYS = (
    "source", "kind", "paths", "property", "url", "site", "site_host", "valid_from", "valid_to", "note",
)  # fmt: skip
PRIORITY_KEYS = ("series", "source", "valid_from", "valid_to", "rank")
OFFICIAL_KEYS = ("series", "version", "approved_by", "approved_on", "valid_from")
FACTS = Path(__file__).parent / "facts"

DEFINITIONS = (
    Series(
        series="A0", version="1", name="アクセス件数（従来方式）",
        definition="これまで公表してきた値（令和4年度 73,098件）と同じ道具・同じ数え方による件数。"
        "報告された値をそのまま使う。",
    ),
    Series(
        series="A1", version="1", name="アクセス件数（本方式）", page_types=PAGES,
        definition="カタログサイトのページ（トップ、検索、組織・グループ、データセット、リソース）を人が見た件数。ロボット、"
        "職員などの内部、埋め込み表示を除き、同じ人の30秒以内の繰り返しは1件とする（日本時間）。",
    ),
    Series(
        series="A2", version="1", name="データ取得件数", measure="requests", classes=("regular", "machine"),
        definition="データそのものが取得された件数（ファイルのダウンロードとデータAPI）。人と機械（プログラム）を分けて示す。",
    ),
    Series(
        series="A3", version="1", name="データセット閲覧件数", measure="investigations",
        definition="データセットに関するページ・情報・データが人に見られた件数（COUNTER の Investigations）。",
    ),
    Series(
        series="ckan_tracking", version="1", name="CKANの閲覧集計（参考）",
        definition="CKAN の tracking による閲覧数（1人・1ページ・1日につき1件。ロボットの一部を含む）。",
    ),
    Series(
        series="ga4", version="1", name="Google アナリティクス 4 の表示回数（参考）",
        definition="GA4 の screenPageViews。除かれたロボットの量は分からない。",
    ),
    Series(
        series="matomo", version="1", name="Matomo のページビュー（参考）",
        definition="Matomo の nb_hits。",
    ),
)  # fmt: skip
#: what a source of a kind feeds by itself; A0 only by configuration (its tool must be the former one)
FEEDS: Mapping[str, tuple[str, ...]] = {
    "nginx": ("A1", "A2", "A3"),
    "apache": ("A1", "A2", "A3"),
    "cdn": ("A1", "A2", "A3"),
    "ckan_tracking": ("ckan_tracking",),
    "ga4": ("ga4",),
    "matomo": ("matomo",),
}


def define(measurements: Measurements) -> None:
    """Ship the definitions; existing ones keep their approvals."""
    for series in DEFINITIONS:
        measurements.define_series(series)


def register(measurements: Measurements, source: Source, since: dt.date) -> None:
    """Know a source, and let it feed the series of its kind that have no source yet."""
    define(measurements)
    if source.source not in {s.source for s in measurements.sources()}:
        measurements.add_source(source)
    for series in FEEDS.get(source.kind, ()):
        known = measurements.priorities(series)
        mine = next((p for p in known if p.source == source.source), None)
        if not known or (len(known) == 1 and mine is not None and since < mine.valid_from):
            measurements.replace_priorities(
                series, [SourcePriority(series=series, source=source.source, valid_from=since)]
            )


def configure(measurements: Measurements, settings: Mapping[str, Any]) -> None:
    """Apply ``measure:`` of catalog.yaml: ``sources``, ``priority``, ``official``, ``facts``.  Raises ConfigError.

    Naming another official series than the recorded one needs its approval (approved_by, approved_on, valid_from).
    """
    _known_only(settings, KEYS, "measure")
    define(measurements)
    for row in rows_of(settings, "sources"):
        measurements.add_source(_source(row))
    for series, rows in _grouped(rows_of(settings, "priority")).items():
        measurements.replace_priorities(series, [_priority(measurements, row) for row in rows])
    if "official" in settings:
        _approve(measurements, settings["official"])
    for name in settings.get("facts", ()):
        ship_facts(measurements, str(name))


def _approve(measurements: Measurements, row: Mapping[str, Any]) -> None:
    if not isinstance(row, Mapping):
        raise ConfigError("measure.official には series・version・approved_by・approved_on・valid_from を書きます。")
    _known_only(row, OFFICIAL_KEYS, "measure.official")
    series, version = str(row.get("series", "")), str(row.get("version", "1"))
    recorded = next((s for s in measurements.all_series() if s.official and s.valid_to is None), None)
    if recorded is not None and (recorded.series, recorded.version) == (series, version):
        return
    approved_on = _day(row, "approved_on")
    valid_from = _day(row, "valid_from") or approved_on or dt.date.min
    measurements.approve_series(
        series, version, approved_by=str(row.get("approved_by", "")), approved_on=approved_on, valid_from=valid_from
    )


def ship_facts(measurements: Measurements, name: str) -> int:
    """Take over figures that come with the product (``sagamihara``: the plan's own 67,988 and 73,098)."""
    path = FACTS / f"{name}.csv"
    if not path.is_file():
        raise ConfigError(f"measure.facts の「{name}」はありません（あるもの: {', '.join(shipped())}）。")
    return import_period_csv(path, measurements)


def shipped() -> list[str]:
    """The names of the figures that come with the product."""
    return sorted(path.stem for path in FACTS.glob("*.csv"))


def import_period_csv(path: Path, measurements: Measurements, reason: str = "", at: str = "") -> int:
    """Figures reported for whole periods: series,start,end,origin,value[,confidence][,note]; returns how many.

    Days as 2022-04-01, both ends inclusive; all rows or none.  A figure that is already recorded changes only with a
    ``reason``, which goes into the revisions.  Raises ConfigError naming the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} を読めません（UTF-8 の CSV にしてください）。{error}") from error
    facts = [fact_of(row, f"{path.name} の{number}行目") for number, row in enumerate(rows, 2)]
    try:
        add_facts(facts, measurements, reason, at)
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error}") from None
    return len(facts)


def add_facts(facts: Iterable[PeriodFact], measurements: Measurements, reason: str = "", at: str = "") -> None:
    """Record reported figures, all or none; a changed one needs a reason and leaves a revision.  Raises ConfigError."""
    define(measurements)
    with measurements.transaction():
        for fact in facts:
            if measurements.series(fact.series) is None:
                raise ConfigError(f"アクセスの定義 {fact.series} がありません。")
            _revise(measurements, fact, reason, at)
            measurements.add_period_fact(fact)


def _revise(measurements: Measurements, fact: PeriodFact, reason: str, at: str) -> None:
    key = (fact.start, fact.end, fact.origin)
    old = next((f for f in measurements.period_facts(fact.series) if (f.start, f.end, f.origin) == key), None)
    if old is None or old.value == fact.value:
        return
    subject = f"period_fact {fact.series} {fact.start}～{fact.end}（{fact.origin}）"
    if not reason:
        raise ConfigError(
            f"{fact.start}～{fact.end} の値はすでに {old.value:,.0f} で記録されています。{fact.value:,.0f} に訂正する"
            "ときは、理由（--reason）が必要です。"
        )
    was, now = f"{old.value:,.0f}", f"{fact.value:,.0f}"
    measurements.add_revision(Revision(subject=subject, at=at, old=was, new=now, reason=reason, day=fact.end))


def fact_of(row: Mapping[str, str], where: str) -> PeriodFact:
    """One line as a fact; a period that ends before it starts, or a negative value, is a mistake."""
    try:
        start, end = dt.date.fromisoformat(row["start"].strip()), dt.date.fromisoformat(row["end"].strip())
        value = float(row["value"].replace(",", "").strip())
        series, origin = row["series"].strip(), row["origin"].strip()
    except (KeyError, ValueError, AttributeError) as error:
        columns = "series,start,end,origin,value"
        raise ConfigError(f"{where} を読めません。列は {columns}、日付は 2022-04-01 の形です。") from error
    if end < start or value < 0 or not series or not origin:
        raise ConfigError(f"{where}: 期間の前後、負の値、空の series・origin を確かめてください。")
    confidence = (row.get("confidence") or "手入力").strip()
    if confidence not in ("公表値", "手入力", "導出"):
        raise ConfigError(f"{where}: confidence は 公表値・手入力・導出 のどれかです。")
    note = (row.get("note") or "").strip()
    return PeriodFact(series=series, start=start, end=end, origin=origin, value=value, confidence=confidence, note=note)


def rows_of(settings: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A list of mappings of the ``measure:`` section.  Raises ConfigError."""
    rows = settings.get(name, ())
    if isinstance(rows, (Mapping, str)) or not all(isinstance(r, Mapping) for r in rows):
        raise ConfigError(f"measure.{name} は一覧（- で始まる項目）です。")
    return list(rows)


def _grouped(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(str(row.get("series", "")), []).append(row)
    return found


def _known_only(row: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    """A word nobody knows is a mistake, with what it may have meant."""
    for name in row:
        if name not in known:
            meant = difflib.get_close_matches(str(name), known, 1)
            hint = f"「{meant[0]}」ではありませんか。" if meant else f"使えるもの: {'、'.join(known)}"
            raise ConfigError(f"{where} に「{name}」という設定はありません。{hint}")


def _source(row: Mapping[str, Any]) -> Source:
    _known_only(row, SOURCE_KEYS, "measure.sources")
    name, kind = str(row.get("source", "")), str(row.get("kind", ""))
    if not name or kind not in (*FEEDS, "manual", "sample"):
        raise ConfigError(f"measure.sources には source（名前）と kind（{'・'.join(FEEDS)}・manual）が必要です。")
    return Source(
        source=name, kind=kind, site_host=str(row.get("site_host", "")), valid_from=_day(row, "valid_from"),
        valid_to=_day(row, "valid_to"), note=str(row.get("note", "")), sample=kind == "sample",
    )  # fmt: skip


def _priority(measurements: Measurements, row: Mapping[str, Any]) -> SourcePriority:
    _known_only(row, PRIORITY_KEYS, "measure.priority")
    series, source = str(row.get("series", "")), str(row.get("source", ""))
    valid_from, rank = _day(row, "valid_from"), str(row.get("rank", "1"))
    if measurements.series(series) is None or not source or valid_from is None or not rank.isdigit():
        raise ConfigError("measure.priority には series・source・valid_from（2026-04-01 の形）・rank が必要です。")
    return SourcePriority(
        series=series, source=source, valid_from=valid_from, valid_to=_day(row, "valid_to"), rank=int(rank)
    )


def _day(row: Mapping[str, Any], name: str) -> dt.date | None:
    text = str(row.get(name) or "")
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"measure の {name} は 2026-04-01 の形の日付です: {text}") from error
