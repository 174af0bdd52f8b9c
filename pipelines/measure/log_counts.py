"""Counting in DuckDB: who is left out, double clicks, and the sums per day; bounded memory, nothing of it is kept.

Everything lives in a private temporary folder that is deleted with the workspace.  Visitors are salted keys (a new
random salt per run) that never leave it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.gateways.measurements import DayCoverage, DayStatus, ExcludedDay, UniqueDay
from pipelines.measure.log_files import LogFile, grown, wash
from pipelines.measure.log_lines import LINE_TABLE, insert_lines, quoted
from pipelines.measure.rules import Rules, client, inside, networks
from pipelines.measure.urls import locate
from pipelines.model import AccessClass, AccessDay, ConfigError

_EPOCH = dt.date(1970, 1, 1)
_BATCH = 50_000
MEMORY = "500MB"
#: lines counted together (whole days; one day is never cut)
CHUNK = 2_000_000

_CANDIDATES = """
SELECT l.jst, l.visitor, l.click, l.bytes, a.class, t.number
FROM line l JOIN agent a ON a.agent = l.agent JOIN target t ON t.target = l.target
WHERE l.jst BETWEEN first_second() AND last_second() AND l.reason IS NULL
  AND l.address NOT IN (SELECT address FROM inner_address)
"""
#: clicks made more than once: only these need to be put in order
_AGAIN = "SELECT click FROM candidate WHERE class <> 'robot' GROUP BY click HAVING count(*) > 1"
#: COUNTER: same visitor, same page, within 30 seconds of the next one inside the same clock hour (together: the same
#: ``click``): only the last counts
_KEPT = """
SELECT *, false AS double_click FROM candidate WHERE class <> 'robot' AND click NOT IN (SELECT click FROM again)
UNION ALL SELECT * EXCLUDE (following), following IS NOT NULL AND following - jst <= 30
FROM (SELECT *, lead(jst) OVER (PARTITION BY click ORDER BY jst, bytes) AS following
      FROM candidate WHERE class <> 'robot' AND click IN (SELECT click FROM again))
"""
#: the sums, small enough to be read day by day however large the log was
_SUMS = {
    "access_sum": """
SELECT day, class, page_type, dataset, sum(n * page_view::INT)::BIGINT, sum(n * investigation::INT)::BIGINT,
       sum(n * request::INT)::BIGINT, sum(n * api::INT)::BIGINT, sum(size)
FROM (SELECT jst // 86400 AS day, class, number, count(*) AS n, sum(bytes) AS size
      FROM kept WHERE NOT double_click GROUP BY ALL) JOIN target USING (number) GROUP BY ALL""",
    "unique_sum": """
SELECT day, class, dataset, sum(investigated)::BIGINT, sum(requested)::BIGINT, count(*)
FROM (SELECT jst // 86400 AS day, class, dataset, visitor, jst // 3600 AS hour,
             max(investigation::INT) AS investigated, max(request::INT) AS requested
      FROM kept JOIN target USING (number) WHERE NOT double_click AND dataset <> '' GROUP BY ALL) GROUP BY ALL""",
    "session_sum": """
SELECT day, class, count(*) FROM (SELECT DISTINCT jst // 86400 AS day, class, visitor, jst // 3600 AS hour
                                  FROM kept WHERE NOT double_click) GROUP BY ALL""",
    "excluded_sum": """
SELECT day, reason, sum(n)::BIGINT FROM (
  SELECT jst // 86400 AS day, 'robot' AS reason, count(*) AS n FROM candidate WHERE class = 'robot' GROUP BY ALL
  UNION ALL SELECT jst // 86400, 'double_click', count(*) FROM kept WHERE double_click GROUP BY ALL
  UNION ALL SELECT jst // 86400, CASE WHEN i.address IS NULL THEN reason ELSE 'internal' END, count(*)
    FROM line LEFT JOIN inner_address i USING (address)
    WHERE jst BETWEEN first_second() AND last_second() AND (reason IS NOT NULL OR i.address IS NOT NULL) GROUP BY ALL
) GROUP BY ALL""",
    "coverage_sum": """
SELECT day, sum(n)::BIGINT, count(*), min(first), max(last)
FROM (SELECT jst // 86400 AS day, jst // 3600 AS hour, count(*) AS n, min(jst) AS first, max(jst) AS last
      FROM line WHERE jst BETWEEN first_second() AND last_second() GROUP BY ALL) GROUP BY ALL""",
}
#: more than 100 datasets in one hour by one visitor of class regular: looks like an unlisted robot; shown, not removed
_SUSPICIOUS = """
SELECT coalesce(sum(n), 0)::BIGINT FROM (SELECT count(*) AS n FROM kept JOIN target USING (number)
  WHERE NOT double_click AND class = 'regular' AND dataset <> '' AND visitor IN (
    SELECT visitor FROM kept GROUP BY visitor, jst // 3600 HAVING count(*) > 100)
  GROUP BY visitor, jst // 3600 HAVING count(DISTINCT dataset) > 100)
"""


#: lines understood, first and last moment (JST)
Read = tuple[int, dt.datetime | None, dt.datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCounts:
    """Everything counted for one day of one source."""

    day: dt.date
    accesses: tuple[AccessDay, ...]
    uniques: tuple[UniqueDay, ...]
    excluded: tuple[ExcludedDay, ...]
    coverage: DayCoverage


class Workspace:
    """A counting in progress.  Add files, then :meth:`count`."""

    def __init__(self, connection: Any, folder: Path, rules: Rules, salt: str) -> None:
        self._db, self._folder, self._rules, self._salt = connection, folder, rules, salt
        self._suspicious = 0
        self._db.execute(LINE_TABLE)
        if rules.trusted_proxies:
            trusted = networks(rules.trusted_proxies)
            self._db.create_function("client", lambda address, hops: client(address, hops, trusted), [str, str], str)

    def add(self, file: LogFile, days: set[dt.date] | None = None) -> Read:
        """Read a file (only the given days of it); returns lines understood, first and last moment (JST)."""
        path = file.path if file.clean else wash(file, self._folder)
        wanted = tuple(sorted((d - _EPOCH).days for d in days)) if days is not None else None
        before = self._rows("SELECT max(rowid) FROM line")[0][0]
        since = f"WHERE rowid > {before}" if before is not None else ""
        self._db.execute(insert_lines(path, file.format, self._rules, self._salt, wanted))
        if file.clean and grown(file):  # lines came in while we read: only what was examined counts
            self._db.execute(f"DELETE FROM line {since}")
            self._db.execute(insert_lines(wash(file, self._folder), file.format, self._rules, self._salt, wanted))
        count, first, last = self._rows(f"SELECT count(jst), min(jst), max(jst) FROM line {since}")[0]
        return count, moment(first), moment(last)

    def days(self) -> set[dt.date]:
        """The JST days with lines so far."""
        return {
            day_of(number) for (number,) in self._rows("SELECT DISTINCT jst // 86400 FROM line WHERE jst IS NOT NULL")
        }

    def count(self, source: str, ids: Mapping[str, str]) -> Iterator[DayCounts]:
        """Count every day with lines, and give them one by one."""
        self._classify(ids)
        for first, last in self._stretches():
            self._sum(first, last)
            for (number,) in self._rows("SELECT day FROM coverage_sum ORDER BY day"):
                yield self._day(source, int(number))

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """Consecutive days of at most CHUNK lines together: each is counted alone, so memory stays bounded."""
        lines, start, last = 0, None, None
        for day, n in self._rows(
            "SELECT jst // 86400 AS day, count(*) FROM line WHERE jst IS NOT NULL GROUP BY ALL ORDER BY day"
        ):
            if start is not None and last is not None and lines + n > CHUNK:
                yield start, last
                lines, start = 0, None
            lines, start, last = lines + n, day if start is None else start, day
        if start is not None and last is not None:
            yield start, last

    def _sum(self, first: int, last: int) -> None:
        """Double clicks and sums of the days from first to last."""
        self._db.execute(f"CREATE OR REPLACE MACRO first_second() AS {first * 86400}")
        self._db.execute(f"CREATE OR REPLACE MACRO last_second() AS {last * 86400 + 86399}")
        tables = {"candidate": _CANDIDATES, "again": _AGAIN, "kept": _KEPT, **_SUMS}
        for name, query in tables.items():
            order = " ORDER BY ALL" if name in _SUMS else ""
            self._db.execute(f"CREATE OR REPLACE TABLE {name} AS {query}{order}")
        self._suspicious += self._rows(_SUSPICIOUS)[0][0]

    def _day(self, source: str, number: int) -> DayCounts:
        day = day_of(number)
        ((_, lines, hours, first, last),) = self._of_day("coverage_sum", number)
        excluded = tuple(
            ExcludedDay(source=source, day=day, reason=reason, lines=int(n))
            for _, reason, n in self._of_day("excluded_sum", number)
        )
        dropped = sum(e.lines for e in excluded)
        coverage = DayCoverage(
            source=source, day=day, status=DayStatus.PARTIAL, lines=lines, counted=lines - dropped,
            excluded=dropped, hours_with_lines=hours, first_at=_text(first), last_at=_text(last),
        )  # fmt: skip
        return DayCounts(
            day=day, accesses=tuple(self._accesses(source, number)), uniques=tuple(self._uniques(source, number)),
            excluded=excluded, coverage=coverage,
        )  # fmt: skip

    def diagnostics(self) -> dict[str, int]:
        """What is shown but changes no count: suspicious accesses counted, downloads answered by a redirect."""
        redirected = self._rows("SELECT count(*) FROM line WHERE redirected")[0][0]
        return {"suspicious": self._suspicious, "redirected_downloads": redirected}

    def _classify(self, ids: Mapping[str, str]) -> None:
        """Ask once per distinct user agent, address and target."""
        agents, known = self._rules.agents(), networks(self._rules.internal)
        self._look_up("agent", "agent VARCHAR, class VARCHAR", lambda a: (agents.classify(a).value,))
        self._look_up("address", "address VARCHAR, internal BOOLEAN", lambda a: (inside(a, known),))
        self._db.execute("CREATE TABLE inner_address AS SELECT address FROM address WHERE internal")
        columns = "target VARCHAR, page_type VARCHAR, dataset VARCHAR, page_view BOOLEAN, investigation BOOLEAN"
        columns += ", request BOOLEAN, api BOOLEAN, number BIGINT"
        numbers = itertools.count()
        self._look_up("target", columns, lambda t: (*_target(t, ids), next(numbers)))

    def _look_up(self, column: str, columns: str, answer: Callable[[str], tuple[Any, ...]]) -> None:
        """A table of the distinct values of a column with our answer for each, in bounded batches."""
        types = [part.split()[1] for part in columns.split(", ")]
        insert = f"INSERT INTO {column} SELECT {', '.join(f'unnest(?::{kind}[])' for kind in types)}"
        self._db.execute(f"CREATE TABLE {column} ({columns})")
        reading = self._db.cursor()
        reading.execute(f"SELECT DISTINCT {column} FROM line WHERE {column} IS NOT NULL")
        while batch := reading.fetchmany(_BATCH):
            rows = [(value, *answer(value)) for (value,) in batch]
            self._db.execute(insert, [list(cells) for cells in zip(*rows, strict=True)])

    def _accesses(self, source: str, number: int) -> Iterator[AccessDay]:
        when = day_of(number)
        for _, who, page, dataset, views, investigations, requests, api, size in self._of_day("access_sum", number):
            yield AccessDay(
                source=source, day=when, access_class=AccessClass(who), page_type=page, dataset=dataset,
                page_views=views, investigations=investigations, requests=requests, api_calls=api, bytes=int(size),
            )  # fmt: skip

    def _uniques(self, source: str, number: int) -> Iterator[UniqueDay]:
        """Per dataset, and for the site (``""``) their sum with the number of sessions."""
        totals: dict[str, list[int]] = {}
        for day, who, dataset, investigated, requested, sessions in self._of_day("unique_sum", number):
            total = totals.setdefault(who, [0, 0])
            total[0] += investigated
            total[1] += requested
            yield _unique(source, (day, who, dataset), investigated, requested, sessions)
        for day, who, sessions in self._of_day("session_sum", number):
            investigated, requested = totals.get(who, [0, 0])
            yield _unique(source, (day, who, ""), investigated, requested, sessions)

    def _of_day(self, name: str, number: int) -> list[tuple[Any, ...]]:
        return self._rows(f"SELECT * FROM {name} WHERE day = {number} ORDER BY ALL")

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self._db.execute(sql).fetchall()
        return found


@contextlib.contextmanager
def workspace(rules: Rules, *, memory: str = MEMORY, threads: int = 2, salt: str | None = None) -> Iterator[Workspace]:
    """A workspace in a private temporary folder; the salt of the visitors' keys is random and forgotten."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="measure-") as name:
        folder = Path(name)
        with duckdb.connect(str(folder / "lines.duckdb")) as connection:
            connection.execute(f"SET threads = {threads}")
            connection.execute(f"SET memory_limit = {quoted(memory)}")
            connection.execute(f"SET temp_directory = {quoted(str(folder / 'spill'))}")
            connection.execute("SET preserve_insertion_order = false")
            try:
                yield Workspace(connection, folder, rules, salt or secrets.token_hex(16))
            except duckdb.OutOfMemoryException as error:
                raise ConfigError(f"ログの集計のメモリ（{memory}）が足りません。何も変更していません。") from error


def _target(text: str, ids: Mapping[str, str]) -> tuple[str, str, bool, bool, bool, bool]:
    path, _, query = text.partition("?")
    t = locate(path, query, ids)
    return t.page_type, t.dataset, t.page_view, t.investigation, t.request, t.api


def _unique(source: str, what: tuple[int, str, str], investigated: int, requested: int, sessions: int) -> UniqueDay:
    day, who, dataset = what
    return UniqueDay(
        source=source, day=day_of(day), access_class=AccessClass(who), dataset=dataset,
        unique_investigations=int(investigated), unique_requests=int(requested), sessions=int(sessions),
    )  # fmt: skip


def day_of(number: int) -> dt.date:
    """The day of a count of days since 1970-01-01."""
    return _EPOCH + dt.timedelta(days=int(number))


def moment(seconds: int | None) -> dt.datetime | None:
    """JST seconds since 1970 as a JST moment."""
    if seconds is None:
        return None
    return dt.datetime.fromtimestamp(int(seconds) - 9 * 3600, dt.timezone(dt.timedelta(hours=9)))


def _text(seconds: int) -> str:
    found = moment(seconds)
    return found.isoformat() if found else ""
