"""Access logs: the worked log, the reference counter, and that no way of delivering files changes a count."""

from __future__ import annotations

import datetime as dt
import gzip
import ipaddress
import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.gateways.measurements import DayStatus, ExcludedDay, Measurements
from pipelines.measure.rules import Rules
from pipelines.model import AccessClass, AccessDay, ConfigError
from tests import reference_counter
from tests.measuring import ALL, CASE, count, line, log, measuring, tables, views
from tests.random_logs import IDS, random_lines

WORKED = CASE / "access.log"
EXPECTED = json.loads((CASE / "expected.json").read_text(encoding="utf-8"))
COUNTED = ("access_daily", "unique_daily")


def summed(measurements: Measurements, day: str, who: str) -> dict[str, object]:
    """A class of a day in the words of the expected file."""
    when = dt.date.fromisoformat(day)
    rows = [a for a in measurements.access_days(when, when) if a.access_class == who]
    site = [u for u in measurements.uniques(when, when, dataset="") if u.access_class == who]
    by_dataset: dict[str, int] = {}
    for row in rows:
        if row.dataset:
            by_dataset[row.dataset] = by_dataset.get(row.dataset, 0) + row.investigations
    return {
        "page_views": sum(a.page_views for a in rows),
        "investigations": [sum(a.investigations for a in rows), sum(u.unique_investigations for u in site)],
        "requests": [sum(a.requests for a in rows), sum(u.unique_requests for u in site)],
        "api_calls": sum(a.api_calls for a in rows),
        "by_dataset": by_dataset,
    }


@pytest.mark.parametrize("case, allow", [("allow_list", True), ("pure_lists", False)])
def test_worked_log_gives_the_numbers_counted_by_hand(tmp_path: Path, case: str, allow: bool) -> None:
    """Page views, investigations, requests, API calls per class and day; every line counted or excluded by reason."""
    with measuring(tmp_path, ids=EXPECTED["ids"]) as m:
        result = count(m, WORKED, rules=Rules(allow_list=allow))
        expected = EXPECTED[case]
        assert (result.lines, result.counted, dict(result.excluded)) == (35, expected["counted"], expected["excluded"])
        assert result.counted + sum(result.excluded.values()) == 35
        for day in ("2026-10-05", "2026-10-06"):
            for who, figures in expected[day].items():
                assert summed(m, day, who) == figures


def test_worked_log_twice_changes_nothing(tmp_path: Path) -> None:
    """The same content again is a no-op: all tables identical, one row in the manifest."""
    with measuring(tmp_path) as m:
        count(m, WORKED)
        before = tables(m)
        again = count(m, WORKED)
        assert (again.files, again.repeated) == ((), ("access.log",))
        assert tables(m) == before
        assert len(before["access_file"]) == 1


def test_worked_log_split_and_imported_in_reverse_order(tmp_path: Path) -> None:
    """Two halves, the later one first, give the very same days as one file."""
    lines = WORKED.read_text().splitlines()
    first, second = log(tmp_path, lines[:18], "a.log"), log(tmp_path, lines[18:], "b.log")
    with measuring(tmp_path, "whole.db") as whole, measuring(tmp_path, "halves.db") as halves:
        count(whole, WORKED)
        count(halves, second)
        count(halves, first)
        same = (*COUNTED, "excluded_daily", "day_coverage")
        assert tables(halves, *same) == tables(whole, *same)


def test_worked_log_overlapping_files_change_only_diagnostics(tmp_path: Path) -> None:
    """Lines 16–20 delivered twice: every counted figure stays; status 6, robot 5, double click 5."""
    lines = WORKED.read_text().splitlines()
    first, second = log(tmp_path, lines[:20], "a.log"), log(tmp_path, lines[15:], "b.log")
    with measuring(tmp_path, "whole.db") as whole, measuring(tmp_path, "overlap.db") as overlap:
        count(whole, WORKED)
        result = count(overlap, first, second)
        assert tables(overlap, *COUNTED) == tables(whole, *COUNTED)
        changed = {reason: result.excluded[reason] for reason in ("status", "robot", "double_click")}
        assert changed == {"status": 6, "robot": 5, "double_click": 5}


@pytest.mark.parametrize(
    "times, counted",
    [
        (("10:00:00", "10:00:29"), 1),
        (("10:00:00", "10:00:30"), 1),
        (("10:00:00", "10:00:31"), 2),
        (("10:00:00", "10:00:20", "10:00:40"), 1),
        (("10:00:00", "10:00:20", "10:00:55"), 2),
        (("10:59:50", "11:00:05"), 2),
    ],
)
def test_double_clicks_within_thirty_seconds_of_a_clock_hour(
    tmp_path: Path, times: tuple[str, ...], counted: int
) -> None:
    """Of clicks 30 seconds apart or less only the last counts; a new clock hour is a new session."""
    with measuring(tmp_path) as m:
        result = count(m, log(tmp_path, [line(f"2026-10-05 {time}") for time in times]))
        assert result.counted == views(m, "2026-10-05") == counted


def test_double_clicks_ignore_locale_slash_and_trackers_but_not_the_query(tmp_path: Path) -> None:
    """/ja/dataset/aed/?utm_source=x is the same page as /dataset/aed; another search word is another page."""
    same = ["/dataset/aed", "/ja/dataset/aed/", "/dataset/aed?utm_source=x&fbclid=1", "/dataset/aed#top"]
    other = ["/dataset?q=a", "/dataset?q=b"]
    with measuring(tmp_path) as m:
        lines = [line(f"2026-10-05 10:00:0{n}", url) for n, url in enumerate([*same, *other])]
        assert count(m, log(tmp_path, lines)).counted == 1 + 2


@pytest.mark.parametrize("seed", range(20))
def test_counts_equal_the_slow_reference_counter(tmp_path: Path, seed: int) -> None:
    """Every figure equals the plain reference counter's on a random log (MEASURE_LINES=50000 for the long run)."""
    path = log(tmp_path, random_lines(seed, int(os.environ.get("MEASURE_LINES", "3000"))))
    slow = reference_counter.count(path.read_text(encoding="utf-8").split("\n")[:-1], IDS)
    with measuring(tmp_path, ids=IDS) as m:
        fast = count(m, path)
        found: dict[dt.date, dict[tuple[str, str, str], list[int]]] = {}
        for a in m.access_days(*ALL):
            figures = [a.page_views, a.investigations, a.requests, a.api_calls, a.bytes]
            found.setdefault(a.day, {})[a.access_class.value, a.page_type, a.dataset] = figures
        uniques = m.uniques(*ALL)
    assert (fast.lines, fast.counted, dict(fast.excluded)) == (slow["lines"], slow["counted"], slow["excluded"])
    assert found == slow["days"]
    assert {(u.day, u.access_class.value): u.sessions for u in uniques if not u.dataset} == slow["sessions"]
    per_dataset = {
        (u.day, u.access_class.value, u.dataset): (u.unique_investigations, u.unique_requests)
        for u in uniques
        if u.dataset
    }
    assert per_dataset == slow["uniques"]
    assert fast.excluded["double_click"] > 0
    assert set(fast.excluded) >= {"robot", "internal", "embedded", "asset", "beacon", "method", "status", "unparsable"}


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    cut=st.integers(1, 119),
    overlap=st.integers(0, 40),
    order=st.permutations([0, 1, 2]),
)
def test_splitting_duplicating_reordering_and_overlapping_change_no_figure(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cut: int, overlap: int, order: list[int]
) -> None:
    """However lines are dealt to files, and in whatever order files come, the counts are those of one file."""
    folder = tmp_path_factory.mktemp("deal")
    lines = random_lines(seed, 120, hours=30)
    deals = [lines[: cut + overlap], lines[cut:], sorted(lines[::3])]
    with measuring(folder, "whole.db", IDS) as whole, measuring(folder, "dealt.db", IDS) as dealt:
        count(whole, log(folder, lines, "whole.log"))
        for number in order:
            count(dealt, log(folder, deals[number], f"{number}.log"))
        assert tables(dealt, *COUNTED) == tables(whole, *COUNTED)


def test_gzip_is_the_same_file_as_its_content(tmp_path: Path) -> None:
    """Rotation renames and compresses: access.log.1.gz with known content is a repetition, at its new path."""
    path = log(tmp_path, [line("2026-10-05 10:00:00")])
    with measuring(tmp_path) as m:
        count(m, path)
        packed = tmp_path / "access.log.1.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
        assert count(m, packed).repeated == ("access.log.1.gz",)
        assert m.files("web")[0].path == str(packed)
        late = log(tmp_path, [line("2026-10-05 12:00:00", address="203.0.113.11")], "late.log")
        assert count(m, late).kept_days == ()
        assert views(m, "2026-10-05") == 2


def test_a_log_that_grew_replaces_its_beginning(tmp_path: Path) -> None:
    """Today's log read at noon and again at night: the manifest keeps the longer file, nothing is counted twice."""
    lines = [line(f"2026-10-05 {hour:02}:00:00") for hour in range(24)]
    with measuring(tmp_path) as m:
        count(m, log(tmp_path, lines[:12]))
        result = count(m, log(tmp_path, lines))
        assert (result.lines, views(m, "2026-10-05"), result.gone) == (24, 24, ())
        assert [f.lines for f in m.files("web")] == [24]


def test_a_day_whose_former_file_is_gone_is_left_and_said_so(tmp_path: Path) -> None:
    """A late file cannot be added to counts whose own lines are lost: the day stays, the warning names the file."""
    first = log(tmp_path, [line("2026-10-05 10:00:00"), line("2026-10-05 11:00:00")], "first.log")
    with measuring(tmp_path) as m:
        count(m, first)
        first.unlink()
        result = count(m, log(tmp_path, [line("2026-10-05 12:00:00")], "late.log"))
        assert (result.kept_days, result.gone) == ((dt.date(2026, 10, 5),), ("first.log",))
        assert any("first.log" in text for text in result.warnings)
        assert views(m, "2026-10-05") == 2


def week(*, without: str = "", extra: tuple[str, ...] = ()) -> list[str]:
    """Three lines on each day from 2026-10-01 to 10-07."""
    days = [f"2026-10-0{n}" for n in range(1, 8) if f"2026-10-0{n}" != without]
    return [line(f"{day} {hour}:00:00") for day in days for hour in ("09", "12", "18")] + list(extra)


def test_a_day_without_lines_is_missing_and_never_zero(tmp_path: Path) -> None:
    """Days between days with lines are missing when they have none; the total only knows the covered days."""
    with measuring(tmp_path) as m:
        count(m, log(tmp_path, week(without="2026-10-04")))
        start, end = dt.date(2026, 10, 2), dt.date(2026, 10, 6)
        assert m.missing_days("web", start, end) == [dt.date(2026, 10, 4)]
        status = {c.day.day: c.status for c in m.coverage("web", *ALL)}
        assert status[4] is DayStatus.MISSING
        total = m.totals("A1", start, end)
        assert (total.value, total.covered_days, total.missing_days) == (12, 4, 1)


def test_a_day_with_lines_but_nothing_to_count_is_zero_and_final(tmp_path: Path) -> None:
    """Only robots came: the day is covered, its count is 0."""
    robots = line("2026-10-04 10:00:00", agent="Googlebot/2.1")
    with measuring(tmp_path) as m:
        count(m, log(tmp_path, week(without="2026-10-04", extra=(robots,))))
        day = dt.date(2026, 10, 4)
        assert m.coverage("web", day, day)[0].status is DayStatus.FINAL
        assert [(v.value, v.final) for v in m.values("A1", day, day)] == [(0, True)]


def test_the_status_of_a_day_from_partial_to_final(tmp_path: Path) -> None:
    """Whole means lines before and after, or in all 24 hours; final three days later; today is never whole."""
    hours = [line(f"2026-10-08 {hour:02}:30:00") for hour in range(24)]
    path = log(tmp_path, [*week(), *hours])
    expected = {
        dt.date(2026, 10, 8): ["partial", *["final"] * 3, *["provisional"] * 3, "partial"],
        dt.date(2026, 10, 9): ["partial", *["final"] * 4, *["provisional"] * 3],
        dt.date(2026, 10, 30): ["partial", *["final"] * 7],
    }
    with measuring(tmp_path) as m:
        for today, status in expected.items():
            count(m, path, today=today)
            assert [c.status.value for c in m.coverage("web", *ALL)] == status


def test_a_late_file_for_a_final_day_leaves_a_revision(tmp_path: Path) -> None:
    """The final value is replaced, with one revision row: old, new, reason; the day stays final."""
    day = dt.date(2026, 10, 4)
    with measuring(tmp_path) as m:
        count(m, log(tmp_path, week()))
        count(m, log(tmp_path, [line("2026-10-04 13:00:00")], "late.log"), reason="10月4日分のログが遅れて届いた")
        (revision,) = m.revisions()
        assert (revision.day, revision.reason) == (day, "10月4日分のログが遅れて届いた")
        assert revision.old.startswith("閲覧 3・")
        assert revision.new.startswith("閲覧 4・")
        assert m.coverage("web", day, day)[0].status is DayStatus.FINAL
        assert m.totals("A1", day, day).value == 4


def test_other_rules_for_a_final_day_are_named_in_the_revision(tmp_path: Path) -> None:
    """Counting a final day under new lists is a change of the rules, and the register says so."""
    with measuring(tmp_path) as m:
        count(m, log(tmp_path, week()))
        late = log(tmp_path, [line("2026-10-04 13:00:00")], "late.log")
        count(m, late, rules=Rules(allow_list=False))
        assert "数え方の版" in m.revisions()[0].reason
        assert m.totals("A1", dt.date(2026, 10, 3), dt.date(2026, 10, 5)).value == 3 + 4 + 3


@pytest.mark.parametrize(
    "stamp, day",
    [
        ("15:00:00 +0000", "2026-10-06"),
        ("14:59:59 +0000", "2026-10-05"),
        ("23:59:59 +0900", "2026-10-05"),
        ("10:29:59 -0430", "2026-10-05"),
        ("10:30:00 -0430", "2026-10-06"),
    ],
)
def test_the_day_is_the_japanese_one(tmp_path: Path, stamp: str, day: str) -> None:
    """A moment belongs to its JST day, whatever zone the server writes."""
    text = line("2026-10-05 10:00:00").replace("10:00:00 +0900", stamp)
    with measuring(tmp_path) as m:
        assert count(m, log(tmp_path, [text])).days == (dt.date.fromisoformat(day),)


def as_json(text: str, **more: str) -> str:
    """A combined line as nginx writes it in JSON."""
    match = re.match(r'(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+) [^"]*" (\d+) (\d+) "([^"]*)" "([^"]*)"', text)
    assert match is not None
    when = dt.datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S %z").isoformat()
    fields = {
        "time_iso8601": when,
        "remote_addr": match[1],
        "request_method": match[3],
        "request_uri": match[4],
        "status": match[5],
        "body_bytes_sent": int(match[6]),
        "http_referer": match[7],
        "http_user_agent": match[8],
        "request_id": "0123456789abcdef0123456789abcdef",
        "host": "data.example.lg.jp",
    }
    return json.dumps({**fields, **more}, ensure_ascii=False)


def test_json_logs_count_like_combined_logs(tmp_path: Path) -> None:
    """The worked log written as JSON gives the same rows."""
    written = log(tmp_path, [as_json(text) for text in WORKED.read_text().splitlines()], "json.log")
    with measuring(tmp_path, "a.db") as combined, measuring(tmp_path, "b.db") as other:
        count(combined, WORKED)
        count(other, written)
        same = (*COUNTED, "excluded_daily", "day_coverage")
        assert tables(other, *same) == tables(combined, *same)


def test_lines_of_other_hosts_are_left_out(tmp_path: Path) -> None:
    """A JSON log shared by several sites: only the named host counts."""
    lines = [as_json(line("2026-10-05 10:00:00")), as_json(line("2026-10-05 11:00:00"), host="www.example.lg.jp")]
    with measuring(tmp_path) as m:
        result = count(m, log(tmp_path, lines), rules=Rules(site_host="data.example.lg.jp"))
        assert (result.counted, dict(result.excluded)) == (1, {"host": 1})


def test_forwarded_addresses_are_believed_only_behind_a_trusted_proxy(tmp_path: Path) -> None:
    """Behind our proxy the visitor is the last address that is no proxy; from anyone else the header is ignored."""
    forged = as_json(line("2026-10-05 10:00:00", address="198.51.100.1"), http_x_forwarded_for="10.0.0.9")
    hops = "1.2.3.4, 203.0.113.9, 10.0.0.1"
    real = as_json(line("2026-10-05 11:00:00", address="10.0.0.1"), http_x_forwarded_for=hops)
    staff = as_json(line("2026-10-05 12:00:00", address="10.0.0.1"), http_x_forwarded_for="10.0.0.77")
    with measuring(tmp_path) as m:
        result = count(m, log(tmp_path, [forged, real, staff]), rules=Rules(trusted_proxies=("10.0.0.1",)))
        assert (result.counted, dict(result.excluded)) == (2, {"internal": 1})


@pytest.mark.parametrize(
    "field, shape",
    [
        (4, '{proxy} - - [{rest} "{hops}"'),
        (5, '{proxy} - - [{rest} "0.004" "{hops}"'),
        (0, "{hops} - - [{rest}"),
    ],
)
@pytest.mark.parametrize("proxies", [("192.0.2.1", "192.0.2.9"), ("192.0.2.0/24",), ("2001:db8::/32", "192.0.2.0/28")])
def test_forwarded_addresses_of_a_combined_log(
    tmp_path: Path, field: int, shape: str, proxies: tuple[str, ...]
) -> None:
    """X-Forwarded-For stands in a field of its own or opens the line; proxies are networks; two people are two."""
    lines = [
        shape.format(proxy="192.0.2.1", rest=line(f"2026-10-05 10:00:0{n}").split("[", 1)[1], hops=hops)
        for n, hops in enumerate(("203.0.113.1", "198.51.100.1, 203.0.113.2, 192.0.2.9", "203.0.113.1", "10.0.0.77"))
    ]
    rules = Rules(trusted_proxies=proxies, forwarded_field=field)
    with measuring(tmp_path) as m:
        result = count(m, log(tmp_path, lines), rules=rules)
        assert (result.counted, dict(result.excluded)) == (2, {"double_click": 1, "internal": 1})


def test_a_log_of_proxy_addresses_only_is_warned_about(tmp_path: Path) -> None:
    """When most lines come from inside, the log probably holds the proxy's address."""
    with measuring(tmp_path) as m:
        result = count(m, log(tmp_path, [line("2026-10-05 10:00:00", address="10.0.0.1")]))
        assert any("X-Forwarded-For" in text for text in result.warnings)


def test_no_broken_line_is_ever_lost(tmp_path: Path) -> None:
    """Stray quotes, NUL bytes, carriage returns, bytes that are no UTF-8, endless lines: counted as unparsable."""
    good = line("2026-10-05 10:00:00").encode()
    broken = [b'"', b"\x00\x00", b"\xff\xfe", b"", b'x "y', b"L" * 1_500_000, b"[" * 50]
    broken.append(good.replace(b"GET ", b"GET\x00", 1))
    path = tmp_path / "access.log"
    path.write_bytes(b"\n".join([good, *broken, good.replace(b"10:00:00", b"11:00:00"), b"no newline at the end"]))
    with measuring(tmp_path) as m:
        result = count(m, path)
        assert (result.lines, result.counted, result.excluded["unparsable"]) == (11, 2, 9)
        (entry,) = m.files("web")
        assert entry.lines == entry.parsed + entry.rejected == 11
        assert any("読み取れない行" in text for text in result.warnings)


def test_windows_line_ends_and_japanese_agents_are_read(tmp_path: Path) -> None:
    """CR LF and UTF-8 text in a user agent do no harm."""
    path = tmp_path / "access.log"
    lines = [line("2026-10-05 10:00:00"), line("2026-10-05 11:00:00", agent="日本語ブラウザ")]
    path.write_bytes("\r\n".join([*lines, ""]).encode())
    with measuring(tmp_path) as m:
        assert (count(m, path).counted, views(m, "2026-10-05")) == (2, 2)


def test_a_file_that_is_no_log_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    """A spreadsheet given by mistake, a missing file, half a gzip: one clear message, no row written."""
    packed = gzip.compress(line("2026-10-05 10:00:00").encode() * 100)
    (tmp_path / "half.gz").write_bytes(packed[: len(packed) // 2])
    log(tmp_path, ["施設名,住所", "図書館,相模原市"], "list.csv")
    with measuring(tmp_path) as m:
        for name in ("list.csv", "half.gz", "nowhere.log"):
            with pytest.raises(ConfigError, match=re.escape(name)):
                count(m, WORKED, tmp_path / name)
        assert all(not rows for rows in tables(m).values())


def test_redirected_downloads_count_only_where_configured(tmp_path: Path) -> None:
    """A file kept elsewhere answers 302: excluded by status, or a request when the city decides so; always reported."""
    path = log(tmp_path, [line("2026-10-05 10:00:00", "/dataset/aed/resource/r1/download/a.csv", status=302)])
    for counting, expected in ((False, (0, {"status": 1})), (True, (1, {}))):
        with measuring(tmp_path, f"{counting}.db") as m:
            result = count(m, path, rules=Rules(count_redirect_downloads=counting))
            assert (result.counted, dict(result.excluded)) == expected
            assert result.diagnostics["redirected_downloads"] == 1


def test_a_visitor_of_a_hundred_datasets_an_hour_is_shown_but_counted(tmp_path: Path) -> None:
    """Behaviour is a diagnosis, never a silent removal."""
    lines = [line(f"2026-10-05 10:{n // 60:02}:{n % 60:02}", f"/dataset/set-{n}") for n in range(101)]
    with measuring(tmp_path) as m:
        result = count(m, log(tmp_path, lines))
        assert (result.counted, result.diagnostics["suspicious"]) == (101, 101)


def test_ckan_in_a_folder_of_the_site(tmp_path: Path) -> None:
    """With root ``/opendata`` its pages are recognised; the same path without it is some other page."""
    urls = ("/opendata/ja/dataset/aed", "/opendata/webassets/a.css")
    lines = [line("2026-10-05 10:00:00", url) for url in urls]
    with measuring(tmp_path) as m:
        result = count(m, log(tmp_path, lines), rules=Rules(root="/opendata"))
        assert dict(result.excluded) == {"asset": 1}
        assert [a.dataset for a in m.access_days(*ALL)] == ["aed"]


def test_the_store_keeps_no_address_agent_referer_or_key(tmp_path: Path) -> None:
    """After an import no table holds an IP address, a user agent, a referer, a search word or a visitor's key."""
    lines = [*random_lines(7, 2000), line("2026-10-05 10:00:00", "/dataset?q=himitsu", address="2001:db8::dead")]
    with measuring(tmp_path, ids=IDS) as m:
        count(m, log(tmp_path, lines))
        names = [row["name"] for row in m.store.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for found in tables(m, *names).values() for row in found]
        cells = [str(value) for row in rows for value in row.values()]
    text = "\n".join(cells)
    assert len(cells) > 500
    assert not [word for word in re.findall(r"[0-9a-fA-F.:]{7,}", text) if is_address(word)]
    for trace in ("Mozilla", "Chrome", "curl", "himitsu", "other.example", "view/1", "admin"):
        assert trace not in text
    known = {row["sha256"] for row in [{"sha256": c} for c in cells if re.fullmatch(r"[0-9a-f]{64}", c)]}
    assert len(known) == 1  # the fingerprint of the file itself
    assert not re.findall(r"\b[0-9a-f]{32}\b", text)


def is_address(word: str) -> bool:
    """True for an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True


def test_another_salt_gives_identical_aggregates(tmp_path: Path) -> None:
    """Visitors' keys are salted per run and leave no trace in the counts."""
    path = log(tmp_path, random_lines(3, 1500))
    with measuring(tmp_path, "a.db") as one, measuring(tmp_path, "b.db") as other:
        count(one, path, salt="first")
        count(other, path, salt="second")
        assert tables(one) == tables(other)


def test_counting_stays_within_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same counts come out in 60 MB and when few lines are counted together; too little memory is said."""
    path = log(tmp_path, random_lines(5, 3000))
    with measuring(tmp_path, "a.db") as roomy, measuring(tmp_path, "b.db") as narrow:
        count(roomy, path)
        monkeypatch.setattr("pipelines.measure.log_counts.CHUNK", 400)
        count(narrow, path, memory="60MB")
        assert tables(roomy) == tables(narrow)
        with pytest.raises(ConfigError, match="メモリ"):
            count(narrow, log(tmp_path, random_lines(6, 3000), "more.log"), memory="1MB")
        assert tables(roomy) == tables(narrow)


def test_the_days_table_balances(tmp_path: Path) -> None:
    """Per day: counted + excluded by reason = lines with a readable time."""
    with measuring(tmp_path) as m:
        count(m, log(tmp_path, random_lines(11, 1500)))
        for day in m.coverage("web", *ALL):
            excluded: list[ExcludedDay] = m.excluded(day.day, day.day)
            assert sum(e.lines for e in excluded) == day.excluded
            assert day.counted + day.excluded == day.lines


def test_a_day_is_recorded_as_access_days(tmp_path: Path) -> None:
    """What comes back from the store is the model's AccessDay, of the source that was named."""
    with measuring(tmp_path) as m:
        count(m, log(tmp_path, [line("2026-10-05 10:00:00", "/")]))
        (found,) = m.access_days(*ALL)
        expected = AccessDay(
            source="web",
            day=dt.date(2026, 10, 5),
            access_class=AccessClass.REGULAR,
            page_type="home",
            page_views=1,
            bytes=100,
        )
        assert found == expected
        assert [s.source for s in m.sources()] == ["web"]
