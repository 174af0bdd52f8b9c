"""What the measurement tables hold: one frozen record per table.

The tables are those of the measuring specification (COUNTER Code of Practice for Research Data, daily grain).  Nothing
here can hold an address, a user agent, a referer, a search text or a user key: there is no column for it.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines.model import AccessClass


class DayStatus(enum.StrEnum):
    """How far a day can be trusted: final = all 24 hours are behind us, D+3 has passed and the sources are whole."""

    MISSING = "missing"
    PARTIAL = "partial"
    PROVISIONAL = "provisional"
    FINAL = "final"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where counts come from.  ``kind``: nginx | apache | cdn | ckan_tracking | ga4 | matomo | manual | sample."""

    source: str
    kind: str
    site_host: str = ""
    timezone: str = "Asia/Tokyo"
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    note: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFile:
    """One log (or export) file of the manifest, known by the SHA-256 of its bytes as delivered."""

    sha256: str
    source: str
    name: str
    bytes: int
    lines: int
    parsed: int
    rejected: int
    first_at: str
    last_at: str
    imported_at: str
    tool_version: str
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile:
    """A file as it lay on the disk when its content was last read: unchanged, it need not be read again."""

    source: str
    path: str
    size: int
    modified: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAnswer:
    """Whether a file's address answered when it was last asked.  ``ok`` None: it is not ours to ask."""

    resource: str
    day: dt.date
    ok: bool | None
    status: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UniqueDay:
    """Uniques of a day (dataset × session); kept apart because uniques do not add over page types."""

    source: str
    day: dt.date
    access_class: AccessClass
    dataset: str = ""
    unique_investigations: int = 0
    unique_requests: int = 0
    sessions: int = 0


#: why a line was not counted, in the secretariat's words (the commands and the paper say the same)
REASONS = {
    "robot": "検索ロボット",
    "internal": "庁内・自分のシステム",
    "embedded": "ページに埋め込まれた表示",
    "beacon": "計測用の通信",
    "asset": "画像・部品",
    "status": "成功しなかった応答（200・304以外）",
    "method": "閲覧ではない要求（HEADなど）",
    "double-click": "30秒以内の二度押し",
    "double_click": "30秒以内の二度押し",
    "rejected": "読み取れない行",
    "unparsable": "読み取れない行",
    "host": "同じログにある別のサイト",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedDay:
    """Log lines of a day that were not counted, by reason."""

    source: str
    day: dt.date
    reason: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCoverage:
    """What is known of one source on one JST day; ``rule_version`` is the rule set whose counts are in force."""

    source: str
    day: dt.date
    status: DayStatus
    lines: int = 0
    counted: int = 0
    excluded: int = 0
    hours_with_lines: int = 0
    first_at: str = ""
    last_at: str = ""
    closed_at: str = ""
    rule_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingTotal:
    """The running totals a portal reports for a dataset on a day (views of its page, downloads of its files)."""

    source: str
    day: dt.date
    dataset: str
    views: int
    downloads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFact:
    """A total reported for a whole period (both days inclusive).  ``confidence``: 公表値 | 手入力 | 導出."""

    series: str
    start: dt.date
    end: dt.date
    origin: str
    value: float
    confidence: str = "手入力"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A definition of 「アクセス件数」 by name and version.

    ``measure`` is the summed column (page_views | investigations | requests | api_calls), ``classes`` and
    ``page_types`` filter (empty: all).  ``official`` only ever becomes true by an approval with a date.
    """

    series: str
    version: str
    name: str
    definition: str
    unit: str = "件"
    measure: str = "page_views"
    classes: tuple[str, ...] = ("regular",)
    page_types: tuple[str, ...] = ()
    official: bool = False
    approved_by: str = ""
    approved_on: dt.date | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePriority:
    """Which source a series takes between two days; lowest ``rank`` with a count wins.  Sources are never added."""

    series: str
    source: str
    valid_from: dt.date
    valid_to: dt.date | None = None
    rank: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityDay:
    """One dataset's quality on a day.  None: not examined (never shown as bad or good).

    ``mqa_points`` of 405 (DCAT-AP conformance is never awarded unchecked), ``mqa`` points per indicator;
    ``freshness`` 最新 | 更新時期 | 遅れ | 長期未更新 | 頻度未設定; ``substantial`` is 「実質」: open licence and at
    least one reachable machine-readable resource; ``fixes`` are the cheapest improvements as 「text (+points)」;
    ``family`` is the title without its year (datasets that one table could hold share it).
    """

    day: dt.date
    dataset: str
    stars: int | None = None
    freshness: str = "頻度未設定"
    age_days: int | None = None
    links_ok: int | None = None
    links_bad: int | None = None
    mqa_points: int | None = None
    mqa: Mapping[str, int] = field(default_factory=dict)
    substantial: bool | None = None
    fixes: tuple[str, ...] = ()
    family: str = ""
    empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetEvent:
    """What changed between two snapshots.  ``event``: added | removed | restored | renamed."""

    day: dt.date
    dataset: str
    event: str
    title: str = ""
    organization: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceMap:
    """Which dataset a resource belonged to from a day on (a log line of the past keeps its dataset)."""

    resource: str
    valid_from: dt.date
    dataset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The grade of one KPI in one fiscal year: proposed by the system, given by the department, decided by the 会議."""

    fiscal_year: int
    kpi: str
    proposed_grade: str = ""
    self_grade: str = ""
    self_text: str = ""
    committee_grade: str = ""
    committee_text: str = ""
    decided_on: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """改善指示: carried into the next paper until done.  ``status``: open | done | dropped."""

    instruction: str
    fiscal_year: int
    text: str
    owner: str = ""
    due: dt.date | None = None
    status: str = "open"
    followup: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A hand-written event beside the numbers.  ``kind``: 広報 | リニューアル | 計測変更 | 障害 | 災害."""

    day: dt.date
    annotation: str
    text: str
    kind: str = "広報"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A figure that changed after it was final.  ``subject`` says which (``access_daily nginx 2026-10-05``)."""

    subject: str
    at: str
    old: str
    new: str
    reason: str
    source: str = ""
    day: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionItem:
    """行動目標: the action itself as text, done or not done, never a number.  ``planned`` names datasets to come."""

    item: str
    fiscal_year: int
    text: str
    owner: str = ""
    due: dt.date | None = None
    done: bool = False
    done_on: dt.date | None = None
    planned: int = 0
    note: str = ""
