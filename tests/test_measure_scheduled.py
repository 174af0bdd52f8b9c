"""What the scheduled run takes in by itself: new logs and exports once, services once a day, failures told."""

from __future__ import annotations

import datetime as dt
import gzip
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipelines.gateways.measurements import Measurements
from pipelines.measure import Around, import_configured, import_paths
from pipelines.measure.log_files import LogFile, _Beginning, examine, grown, wash
from pipelines.measure.overview import overview, told
from pipelines.measure.rules import Rules
from pipelines.model import ConfigError
from tests.measuring import CASE, JST, count, line, log, measuring, tables, views

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=JST)


class Services:
    """GA4 and Matomo as they answer; ``asked`` are the periods asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def post_json(self, url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        """One page view on the first day of the period; no downloads."""
        period = body["dateRanges"][0]
        if "dimensionFilter" in body:
            return {"rows": []}
        self.asked.append(f"{period['startDate']}..{period['endDate']}")
        cells = [{"value": v} for v in (period["startDate"].replace("-", ""), "host", "/dataset/aed")]
        return {"rows": [{"dimensionValues": cells, "metricValues": [{"value": "5"}]}], "rowCount": 1}

    def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
        """A Matomo table for each day, or an access token."""
        if "grant_type" in fields:
            return {"access_token": "t"}
        self.asked.append(f"{fields['method']} {fields['date']}")
        first = fields["date"].split(",")[0]
        return {first: [{"url": "https://x/dataset/aed", "nb_hits": 3}]}


def around(
    root: Path, services: Any = None, now: dt.datetime = NOW, credential: Callable[[str], str] = lambda name: "x"
) -> Around:
    """A fixed moment, a folder, services that answer."""
    return Around(clock=lambda: now, root=root, credential=credential, web=lambda: services or Services())


def logs(*patterns: str, **more: str) -> dict[str, Any]:
    """``measure:`` with one log source."""
    return {"sources": [{"source": "web", "kind": "nginx", "paths": list(patterns), **more}]}


# ── files ──────────────────────────────────────────────────────────────────────────────────────


def test_new_logs_are_found_by_their_pattern_and_counted_once(tmp_path: Path) -> None:
    """Absolute or relative to the drop; an unchanged file is not even read again; a grown one is counted anew."""
    path = log(tmp_path, [line("2026-10-05 10:00:00")])
    with measuring(tmp_path) as m:
        first = import_configured(m, logs(str(tmp_path / "access.log*")), around(tmp_path))
        assert first == ["計測元 web: ログ 1 個、1 行＝数えた 1＋除いた 0、集計した日 1（値が変わった日 1）"]
        assert import_configured(m, logs("access.log*"), around(tmp_path)) == []
        with path.open("a") as out:
            out.write(line("2026-10-05 11:00:00") + "\n")
        assert len(import_configured(m, logs("access.log*"), around(tmp_path))) == 1
        assert views(m, "2026-10-05") == 2
        assert [f.lines for f in m.files("web")] == [2]


def test_rotation_under_the_pattern_changes_no_figure(tmp_path: Path) -> None:
    """access.log becomes access.log.1.gz and a new access.log begins: every line is counted once."""
    path = log(tmp_path, [line("2026-10-05 10:00:00"), line("2026-10-06 10:00:00")])
    with measuring(tmp_path) as m:
        import_configured(m, logs("access.log*"), around(tmp_path))
        (tmp_path / "access.log.1.gz").write_bytes(gzip.compress(path.read_bytes()))
        log(tmp_path, [line("2026-10-06 12:00:00"), line("2026-10-07 12:00:00")])
        import_configured(m, logs("access.log*"), around(tmp_path))
        assert [views(m, f"2026-10-0{n}") for n in (5, 6, 7)] == [1, 2, 1]
        assert len(m.files("web")) == 2


def test_a_pattern_without_files_is_told(tmp_path: Path) -> None:
    """A mistyped path must not look like a quiet day."""
    with measuring(tmp_path) as m:
        assert import_configured(m, logs("nothing/*.log"), around(tmp_path)) == [
            "計測元 web: ファイルがありません（nothing/*.log）"
        ]


def test_one_failing_source_does_not_stop_the_others(tmp_path: Path) -> None:
    """A broken log, missing credentials and an odd answer are told by name; the good source is taken in."""
    (tmp_path / "bad.log").write_text("not a log\n")
    log(tmp_path, [line("2026-10-05 10:00:00")])

    class Odd(Services):
        def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
            return {"2026-11-18": [{"nb_hits": "many"}]}

    def none(name: str) -> str:
        if name.startswith("GA4"):
            raise ConfigError(f"環境変数 {name} がありません。")
        return "x"

    settings = {
        "sources": [
            {"source": "bad", "kind": "nginx", "paths": "bad.log"},
            {"source": "ga4", "kind": "ga4", "property": "1"},
            {"source": "matomo", "kind": "matomo", "url": "https://m.example/"},
            {"source": "ended", "kind": "nginx", "paths": "access.log", "valid_to": "2026-03-31"},
            {"source": "web", "kind": "nginx", "paths": "access.log"},
        ]
    }
    with measuring(tmp_path) as m:
        lines = import_configured(m, settings, around(tmp_path, Odd(), credential=none))
        assert [text.split("（")[0] for text in lines[:3]] == [
            "計測元 bad: 取り込めませんでした",
            "計測元 ga4: 取り込めませんでした",
            "計測元 matomo: 取り込めませんでした",
        ]
        assert "ValueError" in lines[2]
        assert lines[3].startswith("計測元 web: ログ 1 個")
        assert len(lines) == 4


def test_exports_are_taken_in_once(tmp_path: Path) -> None:
    """A GA4 or Matomo CSV and CKAN's own table, known by their content; what is no export is refused."""
    exports = {
        "ga4": "日付,ページ パス,表示回数\n20261105,/dataset/aed,7\n",
        "matomo": "date,url,nb_hits\n2026-11-05,https://x/dataset/aed,4\n",
        "ckan_tracking": "url,tracking_type,count,tracking_date\n/dataset/aed,page,3,2026-11-05\n",
    }
    sources = []
    for kind, text in exports.items():
        (tmp_path / f"{kind}.csv").write_text(text, encoding="utf-8")
        sources.append({"source": kind, "kind": kind, "paths": f"{kind}.csv"})
    with measuring(tmp_path) as m:
        assert len(import_configured(m, {"sources": sources}, around(tmp_path))) == 3
        assert import_configured(m, {"sources": sources}, around(tmp_path)) == []
        again = import_paths(m, [tmp_path / "ga4.csv"], "ga4", "ga4", Rules(), lambda: NOW)
        assert again == ["前に取り込んだファイル: ga4.csv"]
        day = dt.date(2026, 11, 5)
        assert [m.totals(kind, day, day).value for kind in exports] == [7, 4, 3]
        with pytest.raises(ConfigError, match="種類 manual"):
            import_paths(m, [tmp_path / "ga4.csv"], "x", "manual", Rules(), lambda: NOW)
        with pytest.raises(ConfigError, match=r"ない\.csv を読めません"):
            import_paths(m, [tmp_path / "ない.csv"], "ga4", "ga4", Rules(), lambda: NOW)


def test_a_log_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the lines that were examined count; the next import takes the rest; nothing is counted twice."""
    path = log(tmp_path, [line("2026-10-05 10:00:00")])

    def examined(given: Path, known: Mapping[str, int] | None = None) -> LogFile:
        found = examine(given, known)
        if found.lines == 1:
            with given.open("a") as out:
                out.write(line("2026-10-05 11:00:00") + "\n")
        return found

    with measuring(tmp_path) as m:
        monkeypatch.setattr("pipelines.measure.logs.examine", examined)
        result = count(m, path)
        assert (result.lines, result.counted, result.excluded) == (1, 1, {})
        assert count(m, path).counted == 2
        assert views(m, "2026-10-05") == 2


def test_a_log_that_shrinks_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """copytruncate between two reads: nothing changes, and it is said."""
    path = log(tmp_path, [line("2026-10-05 10:00:00")] * 3)
    file = examine(path)
    assert not grown(file)
    path.write_text("")
    assert grown(file)
    with pytest.raises(ConfigError, match="短くなりました"):
        wash(file, tmp_path)
    assert _Beginning(io.BytesIO(b"abc"), 2).read() == b"ab"


# ── services ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def key() -> str:
    """A service account's key."""
    import json

    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return json.dumps({"client_email": "a@b", "private_key": pem.decode()})


def test_services_are_asked_once_a_day_and_catch_up_after_a_pause(tmp_path: Path, key: str) -> None:
    """GA4 up to D−3 and the seven days before anew; Matomo up to yesterday; ten days off are asked for afterwards."""
    settings = {
        "sources": [
            {"source": "ga4", "kind": "ga4", "property": "1", "valid_from": "2026-11-01"},
            {"source": "matomo", "kind": "matomo", "url": "https://m.example/", "site": "2"},
        ]
    }
    services = Services()

    def at(day: int) -> list[str]:
        before = len(services.asked)
        now = NOW.replace(day=day)
        import_configured(m, settings, around(tmp_path, services, now, lambda name: key if "GA4" in name else "t"))
        return services.asked[before:]

    with measuring(tmp_path) as m:
        matomo = ["Actions.getPageUrls", "Actions.getDownloads"]
        assert at(10) == ["2026-11-01..2026-11-07", *(f"{name} 2026-11-09,2026-11-09" for name in matomo)]
        assert at(10) == []
        assert at(20) == ["2026-11-08..2026-11-17", *(f"{name} 2026-11-10,2026-11-19" for name in matomo)]


# ── overview ───────────────────────────────────────────────────────────────────────────────────


def test_the_overview_shows_gaps_and_that_the_lines_add_up(tmp_path: Path) -> None:
    """Sources with days by status, missing days by date, counted + excluded = lines; the official series or none."""
    with measuring(tmp_path) as m:
        before = told(overview(m))
        assert before[0] == "データセット数の記録: 未計測"
        assert "公式の系列はまだ承認されていません" in before[-1]
        count(m, CASE / "access.log", log(tmp_path, [line("2026-10-09 10:00:00")], "later.log"))
        m.approve_series(
            "A1", "1", approved_by="会議", approved_on=dt.date(2026, 10, 1), valid_from=dt.date(2026, 10, 1)
        )
        (web,) = overview(m).sources
        assert (web.lines, web.counted, web.balanced) == (36, 18, True)
        assert web.missing == (dt.date(2026, 10, 7), dt.date(2026, 10, 8))
        text = "\n".join(told(overview(m)))
        assert "欠測 2 日（0件ではありません）: 2026-10-07、2026-10-08" in text
        assert "行 36 ＝ 数えた 18 ＋ 除いた 18" in text
        assert "公式（会議、2026-10-01 承認、2026-10-01～）" in text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"source": []}, "「sources」ではありませんか"),
        ({"sources": [{"source": "a", "kind": "nginx", "path": "x"}]}, "「paths」ではありませんか"),
        ({"priority": [{"serie": "A1"}]}, "「series」ではありませんか"),
        ({"official": "A1"}, "measure.official"),
        ({"official": {"series": "A1", "approved": "x"}}, "approved"),
    ],
)
def test_an_unknown_setting_is_a_mistake_with_a_suggestion(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    """A mistyped word under ``measure:`` never silently counts nothing."""
    with measuring(tmp_path) as m, pytest.raises(ConfigError, match=message):
        import_configured(m, settings, around(tmp_path))


def test_the_store_holds_no_address_of_an_import_by_schedule(tmp_path: Path) -> None:
    """What is remembered of files is where they lie, their size and moment: nothing of their lines."""
    log(tmp_path, [line("2026-10-05 10:00:00", address="198.51.100.77")])
    with measuring(tmp_path) as m:
        import_configured(m, logs("access.log"), around(tmp_path))
        found: Measurements = m
        (seen,) = tables(found, "seen_file")["seen_file"]
        assert set(seen) == {"source", "path", "size", "modified"}
        assert "198.51.100.77" not in str(tables(found, "seen_file", "access_file", "link_answer"))
