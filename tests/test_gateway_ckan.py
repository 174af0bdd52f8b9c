"""How the gateway behaves when the portal does not: attempts, pauses, what is repeated, what never leaves."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipelines.gateways.ckan import CkanPortal, Patience, checked_url, is_write
from pipelines.model import CatalogError, ConfigError, PortalRejected, PortalUnavailable
from tests.faults.proxy import Fault, Proxy

TOKEN = "secret-token-0123456789"
GOOD = json.dumps({"success": True, "result": {"name": "x"}}).encode()
JSON = (("Content-Type", "application/json"),)


def good(result: Any = None) -> Fault:
    """CKAN's ordinary answer."""
    body = json.dumps({"success": True, "result": result if result is not None else {}}).encode()
    return Fault(kind="answer", status=200, body=body, headers=JSON)


def refused(status: int, error: dict[str, Any]) -> Fault:
    """CKAN's refusal."""
    body = json.dumps({"success": False, "error": error}).encode()
    return Fault(kind="answer", status=status, body=body, headers=JSON)


@pytest.fixture
def server() -> Iterator[Proxy]:
    """A portal that answers only what is scripted."""
    with Proxy() as proxy:
        yield proxy


class Sleeper:
    """Time that passes at once and is written down."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def portal(server: Proxy, sleeper: Sleeper | None = None, **patience: Any) -> CkanPortal:
    """A portal object that waits for nothing."""
    defaults = {"timeout": 0.5, "attempts": 4, "pause": 8.0}
    return CkanPortal(server.url, TOKEN, Patience(**{**defaults, **patience}), sleeper or Sleeper())


TRANSIENT = {
    "500": Fault(kind="answer", status=500, body=b"Internal Server Error"),
    "502-html": Fault(kind="answer", status=502, body=b"<html><h1>Bad Gateway</h1></html>"),
    "503": Fault(kind="answer", status=503),
    "504": Fault(kind="answer", status=504),
    "408": Fault(kind="answer", status=408),
    "429": Fault(kind="answer", status=429),
    "reset": Fault(kind="reset"),
    "html-200": Fault(kind="answer", status=200, body=b"<html>maintenance</html>"),
    "half-json": Fault(kind="answer", status=200, body=b'{"success": tr', headers=JSON),
    "empty": Fault(kind="answer", status=200, body=b""),
}


@pytest.mark.parametrize("name", TRANSIENT)
def test_reads_are_tried_again(server: Proxy, name: str) -> None:
    """A read that got no proper answer is asked again until it does; every attempt is counted."""
    server.script |= {("package_show", n): TRANSIENT[name] for n in (1, 2, 3)}
    server.script[("package_show", 4)] = good({"name": "x"})
    asked = portal(server)
    assert asked.dataset("x") == {"name": "x"}
    assert server.counts["package_show"] == 4
    assert asked.traffic.reads == 4


@pytest.mark.parametrize("name", TRANSIENT)
def test_attempts_are_bounded(server: Proxy, name: str) -> None:
    """A portal that never answers is given up after the set number of attempts, with an error for a person."""
    server.script[("package_show", 0)] = TRANSIENT[name]
    with pytest.raises(PortalUnavailable, match="応答しません"):
        portal(server, attempts=3).dataset("x")
    assert server.counts["package_show"] == 3


@pytest.mark.parametrize("name", [n for n in TRANSIENT if n != "429"])
def test_what_may_have_been_done_is_not_repeated(server: Proxy, name: str) -> None:
    """A write whose answer was lost is sent once: the caller looks before it sends again."""
    server.script[("package_create", 0)] = TRANSIENT[name]
    with pytest.raises(PortalUnavailable):
        portal(server).call("package_create", {"name": "x"}, repeat=False)
    assert server.counts["package_create"] == 1


def test_what_surely_was_not_done_is_repeated(server: Proxy) -> None:
    """429 and a refused connection come before anything is done: even a write is sent again."""
    server.script |= {("package_create", 1): TRANSIENT["429"], ("package_create", 2): good({"id": "1"})}
    assert portal(server).call("package_create", {"name": "x"}, repeat=False) == {"id": "1"}
    closed, sleeper = CkanPortal("http://127.0.0.1:9", TOKEN, Patience(attempts=3), sleeper_ := Sleeper()), sleeper_
    with pytest.raises(PortalUnavailable):
        closed.call("package_create", {"name": "x"}, repeat=False)
    assert len(sleeper.slept) == 2


def test_no_answer_in_time(server: Proxy) -> None:
    """Every call has a timeout."""
    server.script[("package_show", 0)] = Fault(kind="answer", status=200, seconds=1.0)
    with pytest.raises(PortalUnavailable):
        portal(server, timeout=0.1, attempts=2).dataset("x")


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(server: Proxy, form: str) -> None:
    """The pause is at least what the portal asks for, at most five minutes."""
    later = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=40), usegmt=True)
    asked = {"seconds": "37", "date": later}[form]
    server.script |= {
        ("status_show", 1): Fault(kind="answer", status=429, headers=(("Retry-After", asked),)),
        ("status_show", 2): Fault(kind="answer", status=503, headers=(("Retry-After", "90000"),)),
        ("status_show", 3): good({"ckan_version": "2.12.0"}),
    }
    sleeper = Sleeper()
    portal(server, sleeper).status()
    assert sleeper.slept[0] >= 30
    assert sleeper.slept[1] == 300


def test_pauses_have_full_jitter_below_a_ceiling(server: Proxy) -> None:
    """Between attempts: a random pause below a ceiling that doubles and is bounded."""
    server.script[("status_show", 0)] = TRANSIENT["503"]
    sleeper = Sleeper()
    for _ in range(10):
        with pytest.raises(PortalUnavailable):
            portal(server, sleeper, attempts=5, pause=4.0).status()
    assert len(set(sleeper.slept)) > 30
    assert all(0 <= pause <= 4.0 for pause in sleeper.slept)
    assert all(pause <= 2.0 for pause in sleeper.slept[::4])


REFUSALS = [
    (refused(404, {"__type": "Not Found Error", "message": "x"}), 404, "見つかりません"),
    (refused(403, {"__type": "Authorization Error", "message": "no"}), 403, "権限がありません"),
    (refused(409, {"__type": "Validation Error", "tags": ["bad"]}), 409, "tags: bad"),
    (Fault(kind="answer", status=413, body=b"<html>too large</html>"), 413, "大きく"),
    (Fault(kind="answer", status=400, body=b"Bad request"), 400, "HTTP 400"),
]


@pytest.mark.parametrize("fault, status, told", REFUSALS, ids=[str(s) for _, s, _ in REFUSALS])
def test_refusals_are_not_tried_again(server: Proxy, fault: Fault, status: int, told: str) -> None:
    """4xx is CKAN's answer: one attempt, one error with its reason."""
    server.script[("package_revise", 0)] = fault
    with pytest.raises(PortalRejected, match=told) as caught:
        portal(server).call("package_revise", {"match": {}})
    assert caught.value.status == status
    assert server.counts["package_revise"] == 1


def test_success_false_with_200_is_never_taken_for_success(server: Proxy) -> None:
    """A 200 that says success: false is no success, whatever else it holds."""
    body = json.dumps({"success": False, "result": {"id": "1"}}).encode()
    server.script[("package_create", 0)] = Fault(kind="answer", status=200, body=body, headers=JSON)
    with pytest.raises(CatalogError):
        portal(server).call("package_create", {"name": "x"}, repeat=False)


# ── the token ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500])
def test_the_token_is_in_no_message(server: Proxy, status: int) -> None:
    """A portal that repeats our token in its error does not get it into our log."""
    error = {"__type": "Validation Error", "message": f"bad {TOKEN}", "field": [TOKEN]}
    server.script[("package_create", 0)] = refused(status, error)
    with pytest.raises(CatalogError) as caught:
        portal(server).call("package_create", {"name": "x"}, repeat=False)
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(caught.value)


def test_redirects_are_not_followed_with_the_token(server: Proxy) -> None:
    """A redirect of the API is a wrong address, told to a person; nobody else gets the token."""
    with Proxy() as other:
        other.script[("package_show", 0)] = good({"name": "stolen"})
        there = (("Location", f"{other.url}/api/action/package_show"),)
        server.script[("package_show", 0)] = Fault(kind="answer", status=302, headers=there)
        with pytest.raises(ConfigError, match="転送"):
            portal(server).dataset("x")
        assert other.seen == []


def test_a_file_kept_elsewhere_is_fetched_without_the_token(server: Proxy) -> None:
    """A portal that keeps its files in another store sends us there: we go, without Authorization."""
    with Proxy() as store:
        store.script[("download", 0)] = Fault(kind="answer", status=200, body=b"abc")
        there = (("Location", f"{store.url}/bucket/file.csv?signature=1"),)
        server.script[("download", 0)] = Fault(kind="answer", status=302, headers=there)
        assert portal(server).download(f"{server.url}/dataset/a/resource/b/download/c.csv")[0] == 3
        assert "Authorization" in server.seen[0].headers
        assert "Authorization" not in store.seen[0].headers


def test_files_are_asked_for_at_the_portals_own_address(server: Proxy) -> None:
    """The address a portal shows outside may differ from the one it is reached by; the token stays with the latter."""
    server.script[("download", 0)] = Fault(kind="answer", status=200, body=b"abcd")
    assert portal(server).download("https://elsewhere.example/dataset/a/resource/b/download/c.csv")[0] == 4
    with pytest.raises(PortalRejected, match="外"):
        portal(server).download("https://elsewhere.example/c.csv")


@pytest.mark.parametrize("fault", [TRANSIENT["502-html"], TRANSIENT["reset"]], ids=["502", "reset"])
def test_a_broken_download_is_fetched_again(server: Proxy, fault: Fault) -> None:
    """Verification does not fail because one fetch did."""
    server.script |= {("download", 1): fault, ("download", 2): Fault(kind="answer", status=200, body=b"abc")}
    assert portal(server).download(f"{server.url}/dataset/a/resource/b/download/c.csv")[0] == 3


@pytest.mark.parametrize(
    "url",
    ["http://ckan.example.lg.jp", "ftp://ckan.example.lg.jp", "ckan.example.lg.jp", "https://u:p@ckan.example.jp", ""],
)
def test_only_safe_addresses(url: str) -> None:
    """https everywhere but on this machine; no user name or password in the address."""
    with pytest.raises(ConfigError):
        checked_url(url)


@pytest.mark.parametrize(
    "url", ["https://ckan.example.lg.jp/", "http://127.0.0.1:5000", "http://localhost/", "http://[::1]:5000"]
)
def test_allowed_addresses(url: str) -> None:
    """https, or http on this machine."""
    assert checked_url(url) == url.rstrip("/")


# ── certificates ───────────────────────────────────────────────────────────────────────────────


def certificate(folder: Path, name: str, days: int) -> Path:
    """Key and self-signed certificate of a host, in one file, good for some days from yesterday on."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    since = dt.datetime.now(dt.UTC) - dt.timedelta(days=30)
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + dt.timedelta(days=30 + days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(private + made.public_bytes(pem))
    return path


CERTIFICATES = [
    ("localhost", 1, False, "証明書"),  # nobody vouches for it
    ("other.example", 1, True, "証明書"),
    ("localhost", -1, True, "証明書"),
    ("localhost", 1, True, ""),
]


@pytest.mark.parametrize(
    "name, days, trusted, told", CERTIFICATES, ids=["self-signed", "wrong-name", "expired", "right"]
)
def test_only_a_right_certificate_gets_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, days: int, trusted: bool, told: str
) -> None:
    """A server that cannot prove who it is gets no request at all, once, and a person is told why."""
    path = certificate(tmp_path, name, days)
    if trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    with Proxy(certificate=path) as server:
        server.script[("package_show", 0)] = good({"name": "x"})
        asked = CkanPortal(server.url, TOKEN, Patience(timeout=5, attempts=3), Sleeper())
        if not told:
            assert asked.dataset("x") == {"name": "x"}
            return
        with pytest.raises(ConfigError, match=told):
            asked.dataset("x")
        with pytest.raises(CatalogError, match=told):
            asked.download(f"{server.url}/dataset/a/resource/b/download/c.csv")
        assert server.seen == []


# ── traffic ────────────────────────────────────────────────────────────────────────────────────


def test_reads_and_writes_are_told_apart(server: Proxy, tmp_path: Path) -> None:
    """Writes go by POST, reads by GET, and the bytes of files are counted."""
    server.script |= {
        ("package_show", 0): good(),
        ("package_revise", 0): good(),
        ("datastore_search", 0): good({"records": []}),
    }
    file = tmp_path / "a.csv"
    file.write_bytes(b"x" * 1000)
    asked = portal(server)
    asked.dataset("x")
    asked.table_rows("r", {"a": ["1"] * 5000}, ["_id", "a"])
    asked.call("package_revise", {"match": {"id": "1"}}, files={"update__resources__0__upload": file})
    assert (asked.traffic.reads, asked.traffic.writes) == (2, 1)
    assert asked.traffic.sent > 1000
    assert is_write("package_revise")
    assert not is_write("package_search")


def test_listing_pages(server: Proxy) -> None:
    """All datasets come in pages of a thousand, and an exact thousand needs no page more."""
    page = [{"name": str(n)} for n in range(1000)]
    server.script |= {("package_search", n): good({"count": 2000, "results": page}) for n in (1, 2)}
    assert len(portal(server).search_all()) == 2000
    assert server.counts["package_search"] == 2
