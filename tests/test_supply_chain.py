"""What the product is made of: licences, a wheel that comes out the same twice, and a token that leaks nowhere."""

from __future__ import annotations

import http.server
import importlib.metadata
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Catalogue

TOKEN = "tok-5f0c1e7a9b3d4c2e8f6a"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)(?: ;|)([^\\]*)", re.MULTILINE)
COPYLEFT = re.compile(r"\bA?GPL|Affero|GNU General Public License", re.IGNORECASE)
#: offered under two licences, of which we take the other
CHOSEN = {"text-unidecode": "Artistic License"}


def runtime() -> list[tuple[str, str, str]]:
    """(name, version, marker) of everything that runs in production."""
    return PINNED.findall((ROOT / "requirements.lock").read_text(encoding="utf-8"))


def licence(name: str) -> str:
    """What a distribution says of its licence, in its metadata."""
    told = importlib.metadata.metadata(name)
    said = [told.get("License-Expression") or "", (told.get("License") or "").split("\n")[0]]
    said += [c for c in told.get_all("Classifier") or () if c.startswith("License ::")]
    return " | ".join(text for text in said if text)


def test_everything_is_pinned_by_hash() -> None:
    """Each entry of the lock names one version and at least one digest."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", "\n".join(x for x in text.splitlines() if not x.lstrip().startswith("#")))
    entries = [entry for entry in entries if entry.strip()]
    assert len(entries) == len(runtime()) > 20
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)


def test_no_copyleft_in_what_runs() -> None:
    """No dependency of the product is under the GPL or AGPL, and each installed one states a licence."""
    for name, _, marker in runtime():
        try:
            said = licence(name)
        except importlib.metadata.PackageNotFoundError:
            assert marker.strip(), f"{name} is neither installed nor for another platform"
            continue
        assert said, f"{name} states no licence"
        assert CHOSEN.get(name, "-") in said or not COPYLEFT.search(said), f"{name}: {said}"


PIP_AUDIT = """#!{python}
import json, sys
print(json.dumps({{"dependencies": [{{"name": "idna", "version": "3.10", "vulns": [{{"id": "{advisory}"}}]}}]}}))
"""


def audited(folder: Path, program: str, *more: str, accepted: str = "") -> tuple[int, str]:
    """Exit code and words of .ci/advisories.py with a stand-in for pip-audit."""
    shutil.copy(ROOT / ".ci" / "advisories.py", folder)
    (folder / "accepted.csv").write_text(f"advisory,package,until,reason\n{accepted}", encoding="utf-8")
    tool = folder / "pip-audit"
    tool.write_text(program, encoding="utf-8")
    tool.chmod(0o755)
    command = [sys.executable, str(folder / "advisories.py"), str(tool), "a.lock", str(folder), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_a_vulnerability_fails_the_build(tmp_path: Path) -> None:
    """Found: exit 1, unless only told, or accepted until a day to come.  Nobody to ask: said, never an all-clear."""
    program = PIP_AUDIT.format(python=sys.executable, advisory="PYSEC-1")
    assert audited(tmp_path, program)[0] == 1
    assert "PYSEC-1" in audited(tmp_path, program)[1]
    assert audited(tmp_path, program, "--tell")[0] == 0
    assert audited(tmp_path, program, accepted="PYSEC-1,idna,9999-12-31,理由\n")[0] == 0
    assert audited(tmp_path, program, accepted="PYSEC-1,idna,2020-01-01,理由\n")[0] == 1
    assert audited(tmp_path, program, accepted="PYSEC-2,idna,9999-12-31,理由\n")[0] == 1
    code, said = audited(tmp_path, "#!/bin/sh\necho unreachable >&2; exit 1\n")
    assert (code, said.startswith("未確認"), "ありません。" in said.split("（")[0]) == (0, True, False)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheel built twice, from two copies of the tree with other times on their files."""
    made = []
    for number in range(2):
        tree = tmp_path_factory.mktemp(f"tree{number}") / "source"
        tree.mkdir()
        for name in ("pipelines", "schemas"):
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"), copy_function=_copy)
        for name in ("publish.py", "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
            _copy(ROOT / name, tree / name)
        env = {**os.environ, "SOURCE_DATE_EPOCH": "1760000000", "TZ": ("UTC", "Asia/Tokyo")[number]}
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tree / "dist")]
        subprocess.run(command, cwd=tree, env=env, check=True, capture_output=True)
        made += list((tree / "dist").glob("*.whl"))
    return made


def _copy(source: Any, target: Any) -> str:
    """A copy with the time of now."""
    return str(shutil.copyfile(source, target))


def test_wheel_is_the_same_twice(wheels: list[Path]) -> None:
    """Two builds of one source at one SOURCE_DATE_EPOCH are byte for byte equal."""
    one, other = (path.read_bytes() for path in wheels)
    assert one == other


def test_wheel_works_on_its_own(wheels: list[Path], tmp_path: Path) -> None:
    """Lists, templates and schemas are in it; unpacked elsewhere it checks a file as the checkout does."""
    home = tmp_path / "site"
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(home)
    for folder in ("pipelines", "schemas"):
        inside = {p.relative_to(home) for p in (home / folder).rglob("*") if p.is_file()}
        kept = {p.relative_to(ROOT) for p in (ROOT / folder).rglob("*") if p.is_file() and p.suffix != ".pyc"}
        assert kept == inside
    points = next(home.glob("*.dist-info")) / "entry_points.txt"
    assert "odp = publish:cli" in points.read_text(encoding="utf-8")
    where = ["--datasets", str(ROOT / "datasets"), "--var", str(tmp_path / "var")]
    command = [sys.executable, "-P", str(home / "publish.py"), *where, "list", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "データセット" in done.stdout


# ── the token ──────────────────────────────────────────────────────────────────────────────────


class _Reflecting(http.server.BaseHTTPRequestHandler):
    """A hostile server: every answer is an error page that repeats what it was sent, the token included."""

    seen: list[str] = []  # noqa: RUF012 - shared by design: one server, one list

    def _reflect(self) -> None:
        said = self.headers.get("Authorization", "")
        self.seen.append(said)
        body = f"<html><h1>500</h1><p>Authorization: {said}</p></html>".encode()
        self.send_response(403)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _reflect  # noqa: N815 - names that http.server looks for

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def reflecting() -> Iterator[str]:
    """The address of the hostile server."""
    _Reflecting.seen.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Reflecting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def watched(drop: Path, token: str, *arguments: str) -> tuple[str, set[str]]:
    """What a command with the token in its environment printed, and every command line seen meanwhile."""
    where = ["--datasets", str(drop), "--var", str(drop.parent / "var")]
    command = [sys.executable, str(ROOT / "publish.py"), *where, *arguments]
    environment = {**os.environ, "CKAN_API_TOKEN": token}
    log = drop.parent / "printed.txt"
    lines: set[str] = set()
    with log.open("wb") as stream:
        done = subprocess.Popen(command, env=environment, stdout=stream, stderr=subprocess.STDOUT)
        while done.poll() is None:
            lines |= _command_lines()
    return log.read_text(encoding="utf-8", errors="replace"), lines


def _command_lines() -> set[str]:
    """What ``ps`` would show of every process."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.add((process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:  # it has just ended
            continue
    return found


def holding(folder: Path, token: str) -> list[Path]:
    """The files below a folder in which the token stands, also packed ones."""
    return [p for p in folder.rglob("*") if p.is_file() and not p.is_symlink() and _holds(p, token.encode())]


def _holds(path: Path, token: bytes) -> bool:
    if token in path.read_bytes():
        return True
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as container:
        return any(token in container.read(name) for name in container.namelist())


def one_dataset(drop: Path, url: str) -> None:
    """A list of parks, and a portal."""
    folder = drop / "kankyo" / "parks"
    folder.mkdir()
    (folder / "dataset.yaml").write_text("name: parks\ntitle: 公園一覧\n", encoding="utf-8")
    (folder / "schema.yaml").write_text("name: parks\ntitle: 公園\nfields:\n- {name: 名称}\n", encoding="utf-8")
    (folder / "a.csv").write_text("名称\n中央公園\n北公園\n", encoding="utf-8")
    with (drop / "catalog.yaml").open("a", encoding="utf-8") as settings:
        settings.write(f"portal: {{url: '{url}'}}\n")


def test_token_stays_secret_before_a_hostile_server(drop: Path, reflecting: str) -> None:
    """A server that throws the token back at us in its error page gets it into no file, output or command line."""
    one_dataset(drop, reflecting)
    for arguments in (("run",), ("plan",), ("doctor",), ("run", "--json")):
        printed, lines = watched(drop, TOKEN, *arguments)
        assert TOKEN not in printed, arguments
        assert not [line for line in lines if TOKEN in line], arguments
    assert any(TOKEN in said for said in _Reflecting.seen)
    assert holding(drop.parent, TOKEN) == []


def test_the_scan_finds_a_token_that_leaked(tmp_path: Path) -> None:
    """Planted in a log, in a packed workbook, in a state file and on a command line: each is seen."""
    (tmp_path / "run.log").write_text(f"Authorization: {TOKEN}\n", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "reply.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", f"<t>{TOKEN}</t>" * 9)
    with sqlite3.connect(tmp_path / "state.sqlite") as state:
        state.execute("create table t as select ? as word", (TOKEN,))
    state.close()
    assert {path.name for path in holding(tmp_path, TOKEN)} == {"run.log", "reply.xlsx", "state.sqlite"}
    command = [sys.executable, "-c", f"import sys; print(flush=True); sys.stdin.read()  # {TOKEN}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as leaking:
        assert leaking.stdout is not None
        leaking.stdout.readline()  # the kernel shows a command line only a moment after the program has begun
        assert [line for line in _command_lines() if TOKEN in line]
        leaking.communicate(b"")


@pytest.mark.catalogue
def test_token_stays_secret_in_a_real_run(drop: Path, catalogue: Catalogue) -> None:
    """A run that publishes: state, packages, replies, reports, output and ``ps`` know nothing of the token."""
    one_dataset(drop, catalogue.url)
    where = ["--datasets", str(drop), "--var", str(drop.parent / "var")]
    admin = {**os.environ, "CKAN_ADMIN_TOKEN": catalogue.admin_token, "CKAN_API_TOKEN": catalogue.publisher_token}
    prepare = [sys.executable, str(ROOT / "publish.py"), *where, "catalog", "prepare"]
    subprocess.run(prepare, env=admin, check=True, capture_output=True)
    printed, lines = watched(drop, catalogue.publisher_token, "run")
    assert "公園一覧" in printed
    assert not [line for line in lines if catalogue.publisher_token in line]
    assert catalogue.publisher_token not in printed
    assert holding(drop.parent, catalogue.publisher_token) == []
    assert holding(drop.parent, catalogue.admin_token) == []
