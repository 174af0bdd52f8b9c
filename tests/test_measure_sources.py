"""CKAN tracking, GA4 and Matomo: what other tools report, per day where they can, never added to the log's counts."""

from __future__ import annotations

import base64
import datetime as dt
import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from pipelines.gateways.measurements import DayStatus, Measurements
from pipelines.gateways.web import Web, WebError
from pipelines.measure.sources.exports import import_ga4_csv, import_matomo_csv
from pipelines.measure.sources.ga4 import DOUBTS, import_ga4, service_account_token
from pipelines.measure.sources.matomo import import_matomo
from pipelines.measure.sources.reported import day, number
from pipelines.measure.sources.tracking import import_tracking_csv, record_totals
from pipelines.model import ConfigError
from tests.measuring import ALL, measuring

TODAY = dt.date(2026, 10, 20)


def package(name: str, views: int, *downloads: int) -> dict[str, Any]:
    """A dataset as CKAN's search returns it, with tracking totals."""
    resources = [{"id": f"{name}-{n}", "tracking_summary": {"total": total}} for n, total in enumerate(downloads)]
    return {"name": name, "tracking_summary": {"total": views, "recent": 0}, "resources": resources}


def per_dataset(m: Measurements, measure: str = "page_views") -> dict[tuple[int, str], int]:
    """(day of the month, dataset) → count."""
    found: dict[tuple[int, str], int] = {}
    for a in m.access_days(*ALL):
        if value := getattr(a, measure):
            found[a.day.day, a.dataset] = found.get((a.day.day, a.dataset), 0) + value
    return found


# ── CKAN tracking ──────────────────────────────────────────────────────────────────────────────


def test_tracking_totals_become_daily_differences(tmp_path: Path) -> None:
    """The first day only sets the mark; then each day is what the totals grew by; a shrunk total is 0, not less."""
    with measuring(tmp_path) as m:
        assert record_totals(m, [package("aed", 100, 10), package("toilet", 50)], TODAY) is None
        tomorrow = TODAY + dt.timedelta(days=1)
        grown = [package("aed", 107, 12), package("toilet", 40), package("new", 3)]
        assert record_totals(m, grown, tomorrow) == 10
        assert per_dataset(m) == {(21, "aed"): 7, (21, "new"): 3}
        assert per_dataset(m, "requests") == {(21, "aed"): 2}
        assert m.totals("ckan_tracking", tomorrow, tomorrow).value == 10


def test_measuring_twice_a_day_replaces_the_day(tmp_path: Path) -> None:
    """A second run compares with yesterday again, so nothing is counted twice and nothing is lost."""
    with measuring(tmp_path) as m:
        record_totals(m, [package("aed", 100)], TODAY)
        tomorrow = TODAY + dt.timedelta(days=1)
        assert record_totals(m, [package("aed", 104)], tomorrow) == 4
        assert record_totals(m, [package("aed", 109)], tomorrow) == 9
        assert per_dataset(m) == {(21, "aed"): 9}


def test_a_gap_is_one_total_and_never_spread_over_its_days(tmp_path: Path) -> None:
    """Three days without a run: their sum is known, the single days are not."""
    with measuring(tmp_path) as m:
        record_totals(m, [package("aed", 100)], TODAY)
        record_totals(m, [package("aed", 130)], TODAY + dt.timedelta(days=3))
        assert m.access_days(*ALL) == []
        start, end = TODAY + dt.timedelta(days=1), TODAY + dt.timedelta(days=3)
        assert m.totals("ckan_tracking", start, end).value == 30
        assert m.totals("ckan_tracking", start, start).value is None


def test_a_portal_that_counts_nothing_is_not_measured(tmp_path: Path) -> None:
    """All totals 0, or no totals at all: tracking is off, and that is no count of 0."""
    with measuring(tmp_path) as m:
        assert record_totals(m, [package("aed", 0)], TODAY) is None
        assert record_totals(m, [{"name": "aed"}], TODAY + dt.timedelta(days=1)) is None
        assert m.coverage("ckan_tracking", *ALL) == []


def test_tracked_days_close_after_three_days(tmp_path: Path) -> None:
    """A day of tracking is provisional first and final later."""
    with measuring(tmp_path) as m:
        for step in range(7):
            record_totals(m, [package("aed", 100 + step)], TODAY + dt.timedelta(days=step))
        status = [c.status for c in m.coverage("ckan_tracking", *ALL)]
        assert status == [DayStatus.FINAL] * 2 + [DayStatus.PROVISIONAL] * 4


def test_ckans_own_table_as_csv(tmp_path: Path) -> None:
    """Rows of tracking_summary: pages and files per day; today is not over and left out; a wrong row names its line."""
    path = tmp_path / "tracking.csv"
    head = "url,tracking_type,count,tracking_date\n"
    rows = [
        "/dataset/aed,page,5,2026-10-18",
        "/ja/dataset/aed,page,2,2026-10-18",
        "/,page,9,2026-10-19",
        "http://h/dataset/aed/resource/r1/download/a.csv,resource,3,2026-10-18",
        "/dataset/aed,page,1,2026-10-20",
    ]
    with measuring(tmp_path) as m:
        path.write_text(head + "\n".join(rows), encoding="utf-8")
        assert [d.day for d in import_tracking_csv(path, m, today=TODAY)] == [18, 19]
        assert per_dataset(m) == {(18, "aed"): 7, (19, ""): 9}
        assert per_dataset(m, "requests") == {(18, "aed"): 3}
        path.write_text(head + "/,page,many,2026-10-18\n", encoding="utf-8")
        with pytest.raises(ConfigError, match="2行目"):
            import_tracking_csv(path, m, today=TODAY)


# ── exports ────────────────────────────────────────────────────────────────────────────────────


def test_a_ga4_export_with_dates_replaces_its_days(tmp_path: Path) -> None:
    """Days and page paths from the explorer's CSV; recent days stay provisional."""
    path = tmp_path / "ga4.csv"
    rows = [
        "# 探索",
        "",
        "日付,ページ パスとスクリーン クラス,表示回数",
        '20261001,/dataset/aed,"1,200"',
        "20261001,/ja/,30",
        "20261019,(other),7",
        "合計,,1237,",
    ]
    path.write_text("\n".join(rows), encoding="utf-8-sig")
    with measuring(tmp_path) as m:
        result = import_ga4_csv(path, m, today=TODAY)
        assert (result.total, [d.day for d in result.days], result.skipped) == (1237, [1, 19], 1)
        assert per_dataset(m) == {(1, "aed"): 1200, (1, ""): 30, (19, ""): 7}
        assert [c.status for c in m.coverage("ga4", *ALL)] == [DayStatus.FINAL, DayStatus.PROVISIONAL]


def test_a_ga4_export_without_dates_is_one_total_of_its_period(tmp_path: Path) -> None:
    """The screen's page report has no dates: its period stands in the comment lines, or must be given."""
    path = tmp_path / "pages.csv"
    table = "Page path and screen class,Views\n/dataset/aed,40\n/,60\n"
    path.write_text("# Start date: 20261001\n# End date: 20261031\n" + table, encoding="utf-8")
    with measuring(tmp_path) as m:
        result = import_ga4_csv(path, m, today=TODAY)
        assert result.period == (dt.date(2026, 10, 1), dt.date(2026, 10, 31))
        assert m.totals("ga4", *result.period).value == 100
        assert m.totals("A0", *result.period).value is None
        path.write_text(table, encoding="utf-8")
        with pytest.raises(ConfigError, match="期間"):
            import_ga4_csv(path, m, today=TODAY)


def test_a_matomo_export_in_utf16(tmp_path: Path) -> None:
    """Matomo's TSV is UTF-16; a file without a column of views is refused by its name."""
    path = tmp_path / "matomo.tsv"
    path.write_text("date\tlabel\tnb_hits\n2026-10-01\t/dataset/aed\t12\n", encoding="utf-16")
    with measuring(tmp_path) as m:
        assert import_matomo_csv(path, m, today=TODAY).total == 12
        assert m.totals("matomo", dt.date(2026, 10, 1), dt.date(2026, 10, 1)).value == 12
        path.write_text("a\tb\n1\t2\n", encoding="utf-8")
        with pytest.raises(ConfigError, match=r"matomo\.tsv"):
            import_matomo_csv(path, m, today=TODAY)


def test_days_and_numbers_as_people_write_them() -> None:
    """Four ways to write a day; thousands separators; anything else is nothing."""
    assert {day(text) for text in ("20261005", "2026-10-05", "2026/10/5", "2026年10月5日")} == {dt.date(2026, 10, 5)}
    assert [day(text) for text in ("2026-13-01", "合計", "")] == [None, None, None]
    assert [number(text) for text in ("1,234", "12.0", "-3", "x")] == [1234, 12, None, None]


# ── services over HTTP ─────────────────────────────────────────────────────────────────────────


class Service(http.server.BaseHTTPRequestHandler):
    """A local stand-in for an analytics service or a file server; ``answers`` maps path to (status, headers, body)."""

    answers: dict[str, list[tuple[int, dict[str, str], bytes]]]
    asked: list[tuple[str, str, bytes, Mapping[str, str]]]

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.asked.append((self.command, self.path, body, dict(self.headers)))
        waiting = self.answers.get(self.path, [(404, {}, b"")])
        status, headers, content = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        self.send_response(status)
        for name, value in {"content-length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = _answer  # noqa: N815 - the names http.server calls

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def service() -> Iterator[type[Service]]:
    """The stand-in on a free port; ``url`` is its address."""
    kind = type("Running", (Service,), {"answers": {}, "asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        kind.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
        yield kind
        server.shutdown()
        thread.join()


def as_json(value: object) -> tuple[int, dict[str, str], bytes]:
    """A good answer with a JSON body."""
    return 200, {"content-type": "application/json"}, json.dumps(value).encode()


def report(
    *rows: tuple[tuple[str, ...], int], total: int | None = None, zone: str = "Asia/Tokyo", **metadata: object
) -> tuple[int, dict[str, str], bytes]:
    """A page of GA4's runReport in the documented shape (REST reference, RunReportResponse)."""
    listed = [
        {"dimensionValues": [{"value": v} for v in cells], "metricValues": [{"value": str(count)}]}
        for cells, count in rows
    ]
    heads = {
        "dimensionHeaders": [{"name": name} for name in ("date", "hostName", "pagePath")],
        "metricHeaders": [{"name": "screenPageViews", "type": "TYPE_INTEGER"}],
        "metadata": {"currencyCode": "JPY", "timeZone": zone, **metadata},
        "kind": "analyticsData#runReport",
    }
    return as_json({**heads, **({"rows": listed, "rowCount": total or len(rows)} if rows else {})})


def test_ga4_days_up_to_three_days_ago(tmp_path: Path, service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Views and downloads by page, paged; other hosts left out; a day without rows is missing, not 0."""
    monkeypatch.setattr("pipelines.measure.sources.ga4.API", service.url)
    host, file = "data.example.lg.jp", "https://data.example.lg.jp/dataset/aed/resource/r1/download/a.csv"
    service.answers["/properties/123:runReport"] = [
        report((("20261016", host, "/dataset/aed"), 5), (("20261016", "www.example.lg.jp", "/"), 900), total=3),
        report((("20261017", host, "/"), 4), total=3),
        report((("20261017", host, file), 2)),
    ]
    with measuring(tmp_path) as m:
        web = Web(sleep=lambda _: None)
        done = import_ga4(web, "123", "secret", m, today=TODAY, host=host, start=dt.date(2026, 10, 15))
        assert [d.day for d in done] == [16, 17]
        assert m.missing_days("ga4", dt.date(2026, 10, 15), dt.date(2026, 10, 17)) == [dt.date(2026, 10, 15)]
        assert per_dataset(m) == {(16, "aed"): 5, (17, ""): 4}
        assert per_dataset(m, "requests") == {(17, "aed"): 2}
    asked = [json.loads(body) for _, _, body, _ in service.asked]
    assert asked[0]["dateRanges"] == [{"startDate": "2026-10-15", "endDate": "2026-10-17"}]
    assert (asked[1]["offset"], asked[2]["dimensionFilter"]["filter"]["fieldName"]) == (2, "eventName")
    assert all(headers["Authorization"] == "Bearer secret" for *_, headers in service.asked)


def test_ga4_numbers_that_are_not_whole_are_told_of(
    tmp_path: Path, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thresholding, sampling and rolled-up rows are read from the metadata and said once each; pages are ordered."""
    monkeypatch.setattr("pipelines.measure.sources.ga4.API", service.url)
    sampled = [{"samplesReadCount": "500", "samplingSpaceSize": "9000"}]
    service.answers["/properties/1:runReport"] = [
        report((("20261016", "h", "/"), 5), total=2, subjectToThresholding=True, samplingMetadatas=sampled),
        report((("20261017", "h", "/"), 5), total=2, subjectToThresholding=True),
        report(),
    ]
    told: list[str] = []
    with measuring(tmp_path) as m:
        done = import_ga4(Web(), "1", "secret", m, today=TODAY, doubt=told.append)
        assert [d.day for d in done] == [16, 17]
    assert sorted(told) == sorted({DOUBTS["subjectToThresholding"], DOUBTS["samplingMetadatas"]})
    order = json.loads(service.asked[0][2])["orderBys"]
    assert [o["dimension"]["dimensionName"] for o in order] == ["date", "hostName", "pagePath"]


def test_a_ga4_property_in_another_time_zone_is_refused(
    tmp_path: Path, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Days of another zone are other days."""
    monkeypatch.setattr("pipelines.measure.sources.ga4.API", service.url)
    service.answers["/properties/1:runReport"] = [report((("20261016", "h", "/"), 5), zone="America/Los_Angeles")]
    with measuring(tmp_path) as m, pytest.raises(ConfigError, match="Los_Angeles"):
        import_ga4(Web(), "1", "secret", m, today=TODAY)


def test_a_service_account_signs_its_request(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The assertion is a JWT that the account's public key verifies (RFC 7523)."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    monkeypatch.setattr("pipelines.measure.sources.ga4.TOKEN", f"{service.url}/token")
    service.answers["/token"] = [as_json({"access_token": "for an hour"})]
    private = rsa.generate_private_key(65537, 2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = json.dumps({"client_email": "robot@example.com", "private_key": pem.decode()})
    now = dt.datetime(2026, 10, 20, tzinfo=dt.UTC)
    assert service_account_token(Web(), key, now) == "for an hour"
    assertion = parse_qs(service.asked[0][2].decode())["assertion"][0]
    head, claims, signature = (base64.urlsafe_b64decode(part + "==") for part in assertion.split("."))
    private.public_key().verify(signature, assertion.rpartition(".")[0].encode(), padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(head)["alg"] == "RS256"
    assert json.loads(claims)["iss"] == "robot@example.com"
    with pytest.raises(ConfigError, match="鍵"):
        service_account_token(Web(), "{}", now)


def test_matomo_pages_and_downloads(tmp_path: Path, service: Any) -> None:
    """Both reports of each day; the token travels in the body; an error message never repeats it."""
    pages = {"2026-10-16": [{"url": "https://h/dataset/aed", "nb_hits": 5}], "2026-10-17": []}
    files = {"2026-10-16": [{"url": "https://h/dataset/aed/resource/r/download/a.csv", "nb_hits": 2}], "2026-10-17": []}
    service.answers["/index.php"] = [
        as_json(pages),
        as_json(files),
        as_json({"result": "error", "message": "no secret"}),
    ]
    span = {"start": dt.date(2026, 10, 16), "end": dt.date(2026, 10, 17)}
    with measuring(tmp_path) as m:
        assert [d.day for d in import_matomo(Web(), service.url, "1", "secret", m, **span)] == [16]
        assert (per_dataset(m), per_dataset(m, "requests")) == ({(16, "aed"): 5}, {(16, "aed"): 2})
        with pytest.raises(WebError, match=r"no \*\*\*"):
            import_matomo(Web(), service.url, "1", "secret", m, **span)
    assert all("secret" not in path and b"token_auth=secret" in body for _, path, body, _ in service.asked)


def test_a_service_that_fails_is_asked_again_and_then_named(service: Any) -> None:
    """503 is repeated with growing pauses, 403 is not; the message names host and status, never a token."""
    pauses: list[float] = []
    web = Web(sleep=pauses.append)
    service.answers["/busy"] = [(503, {}, b""), (503, {}, b""), as_json({"ok": 1})]
    assert web.post_json(f"{service.url}/busy", {}) == {"ok": 1}
    assert pauses == [2.0, 4.0]
    service.answers.update({"/no": [(403, {}, b"secret")], "/html": [(200, {}, b"<html>")]})
    for path, status in (("/no", 403), ("/html", 200)):
        with pytest.raises(WebError, match=r"127\.0\.0\.1") as caught:
            web.post_form(service.url + path, {"token": "secret"})
        assert (caught.value.status, "secret" in str(caught.value)) == (status, False)
    with pytest.raises(WebError, match="応答しません"):
        Web(retries=0).post_json("http://127.0.0.1:9/", {})


# ── links ──────────────────────────────────────────────────────────────────────────────────────


def test_links_are_asked_politely(service: Any) -> None:
    """HEAD first, GET where HEAD is refused, redirects followed, dead ones dead, endless redirects given up."""
    service.answers.update(
        {
            "/file": [(200, {"content-type": "text/csv; charset=utf-8", "content-length": "9"}, b"a" * 9)],
            "/moved": [(302, {"location": "/file"}, b"")],
            "/loop": [(302, {"location": "/loop"}, b"")],
            "/nohead": [(405, {}, b""), (200, {}, b"x")],
        }
    )
    web = Web(own_hosts=["127.0.0.1"])
    found = {path: web.link(service.url + path) for path in ("/file", "/moved", "/gone", "/loop", "/nohead")}
    assert {path: link.ok for path, link in found.items()} == {
        "/file": True,
        "/moved": True,
        "/gone": False,
        "/loop": False,
        "/nohead": True,
    }
    assert (found["/file"].mimetype, found["/file"].size) == ("text/csv", 9)
    assert [method for method, path, *_ in service.asked if path == "/nohead"] == ["HEAD", "GET"]
    assert web.link("http://127.0.0.1:9/").ok is False


def test_links_never_lead_into_the_house(service: Any) -> None:
    """A link of a dataset to this machine, a neighbour or a file is not asked: unknown, not dead; redirects too."""
    service.answers["/out"] = [(302, {"location": "http://localhost:1/secret"}, b"")]
    for url in (
        f"{service.url}/file",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "file:///etc/passwd",
        "ftp://x/y",
    ):
        assert Web().link(url).ok is None
    assert service.asked == []
    assert Web(own_hosts=["127.0.0.1"]).link(f"{service.url}/out").ok is None
