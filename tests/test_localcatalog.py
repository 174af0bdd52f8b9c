"""The embedded catalogue: installs, starts, repairs, stops, and never meets another copy of itself."""

from __future__ import annotations

import http.server
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
COMMAND = ROOT / "localcatalog" / "catalog.py"
COMBINED = re.compile(r'^\S+ \S+ \S+ \[[^\]]+\] "(\S+) (\S+) HTTP/[\d.]+" (\d{3}) (\d+|-) "[^"]*" "([^"]*)"$')
PARTS = ("postgres", "redis", "web")

pytestmark = pytest.mark.catalogue


class Catalogue:
    """One home, driven through the command line as a person would."""

    def __init__(self, home: Path, environment: Path | None = None) -> None:
        self.home = home
        self.options = ["--home", str(home), *(["--environment", str(environment)] if environment else [])]

    def run(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """One command, whatever its exit code."""
        command = [sys.executable, str(COMMAND), *words, *self.options]
        return subprocess.run(command, input=given, capture_output=True, text=True, check=False)

    def ask(self, *words: str, given: str = "") -> dict[str, Any]:
        """One command's JSON; it must succeed."""
        ran = self.run(*words, "--json", given=given)
        assert ran.returncode == 0, ran.stderr
        return dict(json.loads(ran.stdout))

    @property
    def state(self) -> dict[str, Any]:
        """What the home remembers."""
        return dict(json.loads((self.home / "state.json").read_text("utf-8")))

    @property
    def secrets(self) -> dict[str, str]:
        """Tokens and passwords."""
        return dict(json.loads((self.home / "secrets.json").read_text("utf-8")))

    def call(self, action: str, *, token: str | None = "publisher_token", **given: Any) -> tuple[int, Any]:
        """(HTTP status, result or error) of an action."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.state['port']}/api/3/action/{action}", json.dumps(given).encode()
        )
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", self.secrets.get(token, token))
        return _open(request)

    def names(self) -> list[str]:
        """All public datasets."""
        return list(self.call("package_list")[1])


def _open(request: urllib.request.Request) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)["result"]
    except urllib.error.HTTPError as error:
        body = error.read()
        return error.code, json.loads(body)["error"] if body.startswith(b"{") else body.decode()


def _processes(word: str) -> list[int]:
    """Living processes whose command line, working folder or environment names ``word``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            alive = entry.joinpath("stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
            texts = entry.joinpath("cmdline").read_bytes() + entry.joinpath("environ").read_bytes()
            texts += str((entry / "cwd").readlink()).encode()
        except OSError:
            continue
        if alive and word.encode() in texts and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def _kill(pid: int) -> None:
    """kill -9, and wait until the kernel has done it."""
    os.kill(pid, signal.SIGKILL)
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return
        if state in "ZX":
            return
        time.sleep(0.01)


def _organization(catalogue: Catalogue) -> None:
    catalogue.ask("prepare", given=json.dumps([{"name": "bosai-test", "title": "防災課（試験）"}]))


def _dataset(catalogue: Catalogue, name: str) -> None:
    """A dataset with an upload address, made once."""
    _organization(catalogue)
    if name not in catalogue.names():
        status, error = catalogue.call(
            "package_create", name=name, title="避難所一覧", owner_org="bosai-test", license_id="cc-by"
        )
        assert status == 200, error


@pytest.fixture(scope="module")
def catalogue() -> Iterator[Catalogue]:
    """A catalogue whose parts may be killed, apart from the one that people and the other tests use."""
    one = Catalogue(ROOT / "var" / "killed-catalog")
    assert one.run("up").returncode == 0
    yield one
    assert one.run("reset").returncode == 0


@pytest.fixture(scope="module")
def environment(catalogue: Catalogue) -> Path:
    """The installed CKAN environment, for further homes."""
    return Path(catalogue.state["environment"])


@pytest.fixture(scope="module")
def second(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """Another copy on the same machine. (Under root, pytest's folder is one that only root may enter.)"""
    folder = tmp_path_factory.mktemp("second")
    one = Catalogue(folder / "catalog", environment)
    ran = one.run("up")
    assert ran.returncode == 0, ran.stderr
    _dataset(one, "second-dataset")
    yield one
    one.run("reset")
    assert not _processes(str(folder))


def test_up_again_changes_nothing(catalogue: Catalogue) -> None:
    """A running catalogue is left alone: no part is started again."""
    before = catalogue.state["parts"]
    again = catalogue.ask("up")
    assert again["already"] is True
    assert again["started"] == []
    assert catalogue.state["parts"] == before


def test_status_names_address_and_parts(catalogue: Catalogue) -> None:
    """status --json says whether it runs, where, and which parts."""
    now = catalogue.ask("status")
    assert now["running"] is True
    assert now["url"] == f"http://127.0.0.1:{catalogue.state['port']}"
    assert {name: part["running"] for name, part in now["parts"].items()} == dict.fromkeys(PARTS, True)


def test_it_is_a_japanese_ckan(catalogue: Catalogue) -> None:
    """CKAN 2.12 with Japanese as its language and the plugins the product counts on."""
    status, shown = catalogue.call("status_show", token=None)
    assert status == 200
    assert shown["ckan_version"].startswith("2.12")
    assert shown["locale_default"] == "ja"
    plugins = {"datastore", "activity", "tracking", "text_view", "image_view", "datatables_view"}
    assert plugins <= set(shown["extensions"])


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_is_noticed_and_repaired(catalogue: Catalogue, part: str) -> None:
    """After kill -9 status names the dead part, and up starts just that one; data and address stay."""
    _dataset(catalogue, "kill-dataset")
    before = catalogue.state
    _kill(before["parts"][part]["pid"])
    now = catalogue.ask("status")
    assert now["running"] is False
    assert [name for name, seen in now["parts"].items() if not seen["running"]] == [part]
    assert catalogue.ask("up")["started"] == [part]
    assert catalogue.state["port"] == before["port"]
    assert "kill-dataset" in catalogue.names()


def test_everything_killed_at_once_comes_back(catalogue: Catalogue) -> None:
    """All parts killed together, as by a power cut: up brings them back with their data."""
    _dataset(catalogue, "kill-dataset")
    for part in catalogue.state["parts"].values():
        _kill(part["pid"])
    assert set(catalogue.ask("up")["started"]) == set(PARTS)
    assert "kill-dataset" in catalogue.names()


def test_a_killed_worker_is_replaced_by_its_master(catalogue: Catalogue) -> None:
    """A dead web worker is not even an outage."""
    master = catalogue.state["parts"]["web"]["pid"]
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    _kill(int(children[0]))
    assert catalogue.ask("status")["running"] is True
    assert catalogue.ask("up")["already"] is True
    assert catalogue.call("status_show")[0] == 200


def test_secrets_are_private(catalogue: Catalogue) -> None:
    """Files with secrets are for their owner alone, and no command line or status shows one."""
    for name in ("secrets.json", "state.json", "ckan.ini"):
        assert (catalogue.home / name).stat().st_mode & 0o077 == 0, name
    secrets = [*catalogue.secrets.values(), catalogue.state["secret"]]
    shown = catalogue.run("status", "--json").stdout + catalogue.run("up").stdout
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            shown += entry.joinpath("cmdline").read_text()
        except OSError:
            continue
    assert not [secret for secret in secrets if secret in shown]


def test_token_is_printed_when_asked(catalogue: Catalogue) -> None:
    """The publisher's token comes from its own command only."""
    assert catalogue.run("token", "--user", "publisher").stdout.strip() == catalogue.secrets["publisher_token"]


def test_publisher_is_no_administrator(catalogue: Catalogue) -> None:
    """The publishing token cannot make organizations; the administrator's can."""
    status, _ = catalogue.call("organization_create", name="not-allowed")
    assert status == 403
    assert catalogue.call("user_show", token="admin_token", id="admin")[1]["sysadmin"] is True
    assert catalogue.call("user_show", token="admin_token", id="publisher")[1]["sysadmin"] is False


def test_prepare_makes_organizations_once(catalogue: Catalogue) -> None:
    """Organizations are made, corrected when their title changed, and otherwise left alone."""
    wanted = [{"name": f"prepare-{os.getpid()}", "title": "企画部", "description": "試験"}]
    assert catalogue.ask("prepare", given=json.dumps(wanted))["created"] == [wanted[0]["name"]]
    assert catalogue.ask("prepare", given=json.dumps(wanted))["unchanged"] == [wanted[0]["name"]]
    wanted[0]["title"] = "企画政策部"
    assert catalogue.ask("prepare", given=json.dumps(wanted))["updated"] == [wanted[0]["name"]]
    _, shown = catalogue.call("organization_show", id=wanted[0]["name"], include_users=True)
    assert shown["title"] == "企画政策部"
    assert {user["name"]: user["capacity"] for user in shown["users"]}["publisher"] == "editor"
    catalogue.call("organization_purge", token="admin_token", id=wanted[0]["name"])


def test_prepare_refuses_what_is_no_list(catalogue: Catalogue) -> None:
    """A wrong list is refused in Japanese with exit code 3."""
    ran = catalogue.run("prepare", given='{"name": 1}')
    assert ran.returncode == 3
    assert "組織の一覧" in ran.stderr


def test_page_views_reach_the_summary(catalogue: Catalogue) -> None:
    """What CKAN's tracking noted today stands in tracking_summary after tracking-update."""
    _dataset(catalogue, "viewed-dataset")
    catalogue.ask("tracking-update")
    _, before = catalogue.call("package_show", id="viewed-dataset", include_tracking=True)
    request = urllib.request.Request(
        f"http://127.0.0.1:{catalogue.state['port']}/_tracking", b"url=/dataset/viewed-dataset&type=page"
    )
    request.add_header("User-Agent", f"test-{time.time_ns()}")
    assert _open(request)[0] == 405  # CKAN answers so, and counts
    assert catalogue.ask("tracking-update")["days"] == 3
    _, after = catalogue.call("package_show", id="viewed-dataset", include_tracking=True)
    assert after["tracking_summary"]["total"] == before["tracking_summary"]["total"] + 1


def test_access_log_is_in_the_combined_format(catalogue: Catalogue) -> None:
    """Every request is one line of the combined format, and the manager's probes are none."""
    log = catalogue.home / "log" / "access.log"
    size = log.stat().st_size
    mark = f"marked-{time.time_ns()}"  # the server notes a request after its answer: the last test's may still come
    status, _ = catalogue.call(f"package_show?{mark}", id="no-such-dataset")
    catalogue.ask("status")
    lines = _settled(log, size, mark)
    found = [COMBINED.match(line) for line in lines]
    assert all(found), lines
    posts = [match.groups() for match in found if match and mark in match[2]]
    assert [(method, status) for method, _, status, _, _ in posts] == [("POST", str(status))]
    assert not [line for line in lines if "local-catalog" in line]


def _settled(log: Path, start: int, mark: str) -> list[str]:
    """The lines after ``start`` once ``mark`` is among them (30 s at most)."""
    for _ in range(300):
        lines = log.read_bytes()[start:].decode().splitlines()
        if any(mark in line for line in lines):
            return lines
        time.sleep(0.1)
    raise AssertionError(f"{mark} was never noted")


def test_two_ups_at_once_make_one_catalogue(catalogue: Catalogue) -> None:
    """Two commands at the same moment wait for each other."""
    _kill(catalogue.state["parts"]["redis"]["pid"])
    command = [sys.executable, str(COMMAND), "up", "--json", *catalogue.options]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(2)]
    answers = [json.loads(one.communicate()[0]) for one in both]
    assert sorted(answer["started"] for answer in answers) == [[], ["redis"]]


def test_two_copies_do_not_meet(catalogue: Catalogue, second: Catalogue) -> None:
    """Ports, site ids, sockets and tokens of two copies differ, and neither takes the other for itself."""
    for key in ("port", "instance", "secret", "run"):
        assert catalogue.state[key] != second.state[key]
    assert "second-dataset" not in catalogue.names()
    assert second.call("package_create", token=catalogue.secrets["admin_token"], name="x-y")[0] == 403
    sys.path.insert(0, str(COMMAND.parent))
    try:
        from manager import state as memory  # the manager's own check of who answers
        from manager import web
        from manager.layout import Layout
    finally:
        sys.path.pop(0)
    mine = memory.load(Layout.of(catalogue.home))
    assert mine is not None
    assert web.proves(mine)
    mine.port = second.state["port"]
    assert not web.proves(mine)


def test_the_environment_is_remembered(second: Catalogue) -> None:
    """A home started with an environment elsewhere needs it named only once."""
    assert Catalogue(second.home).ask("status")["running"] is True
    assert Catalogue(second.home).ask("up")["already"] is True


def test_down_leaves_nothing_and_up_brings_the_data_back(second: Catalogue) -> None:
    """After down there is no process, no socket folder and no address; after up the data is there."""
    run, instance = Path(second.state["run"]), second.state["instance"]
    assert second.ask("down")["stopped"] is True
    assert not run.exists()
    assert not _processes(instance)
    assert not _processes(str(second.home))
    now = second.ask("status")
    assert (now["running"], now["url"]) == (False, None)
    assert second.ask("down")["stopped"] is False
    assert second.ask("up")["already"] is False
    assert "second-dataset" in second.names()


def test_a_stale_pid_file_of_a_living_stranger_does_not_hinder(second: Catalogue) -> None:
    """PostgreSQL's left-over pid file may name a process number that somebody else has by now."""
    data = Path(second.ask("status")["data"])
    kept = (data / "postmaster.pid").read_text().splitlines()
    second.ask("down")
    (data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *kept[1:]]) + "\n")
    shutil.chown(data / "postmaster.pid", data.stat().st_uid, data.stat().st_gid)
    assert second.ask("up")["running"] is True
    assert "second-dataset" in second.names()


def test_a_stranger_on_our_port_is_not_taken_for_ours(second: Catalogue) -> None:
    """Another server on the remembered port: status is not fooled, up moves, addresses in search follow."""
    port = second.state["port"]
    second.call("resource_create", package_id="second-dataset", name="r", url="x.csv", url_type="upload")
    second.ask("down")

    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"0" * 64)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Stranger)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert second.ask("status")["running"] is False
        moved = second.ask("up")
        assert moved["url"] != f"http://127.0.0.1:{port}"
        _, found = second.call("package_search", q="name:second-dataset")
        assert found["count"] == 1
        assert all(one["url"].startswith(moved["url"]) for one in found["results"][0]["resources"])
    finally:
        server.shutdown()
        server.server_close()


def test_a_copied_home_gets_an_identity_of_its_own(second: Catalogue, environment: Path) -> None:
    """A copy of a running home neither answers for the original nor stops it."""
    copy = Catalogue(second.home.with_name("copied"), environment)
    subprocess.run(["cp", "-a", second.home, copy.home], check=True)
    try:
        assert copy.ask("status")["running"] is False
        assert copy.ask("down")["stopped"] is False
        assert copy.ask("up")["url"] != second.ask("status")["url"]
        assert copy.state["instance"] != second.state["instance"]
        assert copy.call("organization_create", token=second.secrets["admin_token"], name="x-y")[0] == 403
        assert second.ask("up")["already"] is True
    finally:
        copy.run("reset")
    assert second.ask("status")["running"] is True


def test_a_moved_home_keeps_its_data(second: Catalogue, environment: Path) -> None:
    """A home may be renamed even while it runs; the same catalogue goes on at the new place."""
    instance, old = second.state["instance"], second.home
    moved = Catalogue(old.with_name("moved"), environment)
    old.rename(moved.home)
    try:
        assert moved.ask("up")["running"] is True
        assert moved.state["instance"] == instance
        assert "second-dataset" in moved.names()
        assert moved.ask("down")["stopped"] is True
    finally:
        moved.home.rename(old)
    assert second.ask("up")["running"] is True


def test_a_deleted_home_leaves_no_process_in_the_way(environment: Path, tmp_path: Path) -> None:
    """Someone deletes the folder of a running catalogue: the next up starts afresh at the same place."""
    one = Catalogue(tmp_path / "catalog", environment)
    one.ask("up")
    old = one.state
    shutil.rmtree(one.home)
    one.ask("up")
    assert one.state["instance"] != old["instance"]
    assert not _processes(old["instance"])
    assert not Path(old["run"]).exists()
    (one.home / "note.txt").write_text("mine")
    one.ask("reset")
    assert [path.name for path in one.home.iterdir()] == ["note.txt"]
    assert not old["outside"] or not Path(old["outside"]).exists()


def test_failure_is_one_japanese_message_and_exit_code_three(tmp_path: Path) -> None:
    """A folder that is no environment of ours is never overwritten; the reason is said plainly."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "letter.txt").write_text("important")
    ran = Catalogue(tmp_path / "catalog", folder).run("up")
    assert ran.returncode == 3
    assert "上書きしません" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert (folder / "letter.txt").read_text() == "important"


def test_the_failing_parts_log_is_shown(second: Catalogue) -> None:
    """When a part cannot start, the end of its log stands under the message."""
    second.ask("down")
    data = Path(second.ask("status")["data"])
    broken = data / "postgresql.auto.conf"
    kept = broken.read_text()
    broken.write_text("no_such_setting = 1\n")
    try:
        ran = second.run("up")
    finally:
        broken.write_text(kept)
    assert ran.returncode == 3
    assert "PostgreSQL" in ran.stderr
    assert "no_such_setting" in ran.stderr
    assert second.ask("up")["running"] is True


def test_commands_before_the_first_up_say_what_to_do(tmp_path: Path) -> None:
    """Without a catalogue status and down are well, and the others ask for up."""
    one = Catalogue(tmp_path / "catalog")
    assert one.ask("status")["running"] is False
    assert one.ask("down")["stopped"] is False
    assert one.ask("reset")["reset"] is True
    for words in (("token",), ("tracking-update",), ("prepare",)):
        ran = one.run(*words, given="[]")
        assert ran.returncode == 3
        assert "up" in ran.stderr
    assert not one.home.exists()


def test_a_home_keeps_its_line_of_ckan(tmp_path: Path) -> None:
    """A home made with one line of CKAN is never opened with another, and finds its own environment again."""
    (tmp_path / "state.json").write_text(json.dumps({"line": "2.11"}))
    ran = Catalogue(tmp_path).run("up", "--line", "2.12")
    assert ran.returncode == 3
    assert "CKAN 2.11 のカタログです" in ran.stderr
    assert "Traceback" not in ran.stderr
    sys.path.insert(0, str(COMMAND.parent))
    try:
        from manager.layout import Layout
    finally:
        sys.path.pop(0)
    assert Layout.of(tmp_path / "new").line.name == "2.12"
    assert Layout.of(tmp_path / "new", line="2.10").environment.name == "catalog-env-2.10"
    assert Layout.of(tmp_path).environment.name == "catalog-env-2.11"


def test_locks_are_pinned_by_hash_and_name_no_index() -> None:
    """Every requirement has hashes, and no index, folder or file address is written down."""
    locks = sorted(COMMAND.parent.glob("requirements*.lock"))
    assert len(locks) == 4
    for name in locks:
        text = name.read_text("utf-8")
        pins = re.findall(r"(?m)^([a-z0-9][\w.-]*)==\S+(?: ;[^\n]*)? \\\n    --hash=sha256:[0-9a-f]{64}", text)
        assert len(pins) == len(re.findall(r"(?m)^[a-z0-9]", text)), name
        assert not re.search(r"--(extra-)?index|--find-links|file:|https?://", text), name


def test_a_file_replaced_while_it_is_handed_out_is_handed_out_anew(tmp_path: Path) -> None:
    """Whoever asks in the moment between size and opening gets the new version with its own length."""
    spec = importlib.util.spec_from_file_location("files", ROOT / "localcatalog" / "inside" / "files.py")
    assert spec is not None
    assert spec.loader is not None
    files = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(files)
    path, coming, given = tmp_path / "f", tmp_path / "f~", []
    path.write_bytes(b"old, and long")
    coming.write_bytes(b"new")

    class Answer:
        def __init__(self, asked: Path) -> None:
            self.length = asked.stat().st_size
            if coming.exists():
                coming.rename(asked)
            self.body = asked.read_bytes()
            given.append(self)

        def close(self) -> None:
            self.length = -1

    answer = files.whole(Answer)(path)
    assert (answer.length, answer.body) == (3, b"new")
    assert [one.length for one in given] == [-1, 3]
    assert files.whole(lambda stream: stream)("nowhere") == "nowhere"
