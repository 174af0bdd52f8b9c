"""What the measuring tests share: a store, a day of log lines, and the counts as plain numbers."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.gateways.measurements import Measurements
from pipelines.gateways.store import Store
from pipelines.measure.logs import ImportResult, import_logs
from pipelines.measure.rules import Rules

CASE = Path(__file__).parent / "cases" / "access_log"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Safari/537.36"
JST = dt.timezone(dt.timedelta(hours=9))
LATER = dt.date(2026, 12, 1)
ALL = (dt.date(2020, 1, 1), dt.date(2030, 12, 31))


def clock() -> dt.datetime:
    """A fixed moment, so that the same import writes the same rows."""
    return dt.datetime(2026, 12, 1, 9, tzinfo=JST)


@contextlib.contextmanager
def measuring(folder: Path, name: str = "state.db", ids: dict[str, str] | None = None) -> Iterator[Measurements]:
    """Empty measurement tables in a folder."""
    with Store(folder / name) as store:
        found = Measurements(store)
        found.map_resources(dt.date(2020, 1, 1), ids or {})
        yield found


def line(
    when: str, url: str = "/dataset/aed", *, address: str = "203.0.113.10", agent: str = CHROME, status: int = 200
) -> str:
    """One combined line; ``when`` is ``2026-10-05 10:00:00`` in JST."""
    stamp = dt.datetime.fromisoformat(when).strftime("%d/%b/%Y:%H:%M:%S +0900")
    return f'{address} - - [{stamp}] "GET {url} HTTP/1.1" {status} 100 "-" "{agent}"'


def log(folder: Path, lines: Iterable[str], name: str = "access.log") -> Path:
    """A log file of these lines."""
    path = folder / name
    path.write_text("".join(f"{text}\n" for text in lines), encoding="utf-8")
    return path


def count(measurements: Measurements, *paths: Path, today: dt.date = LATER, **options: object) -> ImportResult:
    """Import logs as the source ``web``."""
    rules = options.pop("rules", Rules())
    assert isinstance(rules, Rules)
    return import_logs(paths, "web", measurements, rules, today=today, clock=clock, **options)  # type: ignore[arg-type]


def views(measurements: Measurements, day: str) -> int:
    """Page views by people on a day."""
    when = dt.date.fromisoformat(day)
    return sum(a.page_views for a in measurements.access_days(when, when) if a.access_class == "regular")


def tables(measurements: Measurements, *names: str) -> dict[str, list[dict[str, object]]]:
    """The rows of tables as they are stored."""
    wanted = names or ("access_daily", "unique_daily", "excluded_daily", "day_coverage", "access_file", "revision")
    return {name: measurements.store.rows(f'SELECT * FROM "{name}"') for name in wanted}
