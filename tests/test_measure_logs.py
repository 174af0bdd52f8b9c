import datetime as dt
import os
from pathlib import Path

import pytest
import random_logs
import reference_counter
from pipelines.gateways.measurements import Measurements
from pipelines.gateways.store import Store
from pipelines.measure.logs import import_logs
from pipelines.measure.rules import Rules


def compare(tmp_path, seed, lines):
    log = tmp_path / "access.log"
    log.write_text("\n".join(random_logs.random_lines(seed, lines)) + "\n", encoding="utf-8")
    slow = reference_counter.count([log], random_logs.IDS)
    with Store(tmp_path / "s.db") as store:
        m = Measurements(store)
        m.map_resources(dt.date(2026, 1, 1), random_logs.IDS)
        fast = import_logs([log], "nginx", m, Rules(), today=dt.date(2026, 12, 1))
        first, last = fast.days[0], fast.days[-1]
        days = {}
        for a in m.access_days(first, last):
            days.setdefault(a.day, {})[a.access_class.value, a.page_type, a.dataset] = [a.page_views, a.investigations, a.requests, a.api_calls, a.bytes]
        uniques = {(u.day, u.access_class.value, u.dataset): (u.unique_investigations, u.unique_requests) for u in m.uniques(first, last) if u.dataset}
        sessions = {(u.day, u.access_class.value): u.sessions for u in m.uniques(first, last) if not u.dataset}
    assert dict(fast.excluded) == slow["excluded"]
    assert (fast.lines, fast.counted) == (slow["lines"], slow["counted"])
    assert fast.lines == fast.counted + sum(fast.excluded.values()) == lines
    assert days == slow["days"]
    assert uniques == slow["uniques"]
    assert sessions == slow["sessions"]


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_the_slow_reference_counter(tmp_path, seed):
    """Every count equals the plain reference counter's on random logs."""
    compare(tmp_path, seed, int(os.environ.get("MEASURE_LINES", "3000")))
