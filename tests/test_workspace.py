"""Where the token comes from: the environment or a file of one's own, usable as a header, never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.model import ConfigError
from pipelines.run.workspace import private_text, usable
from tests.conftest import publish

PORTAL = """title: 試験
publisher: 試験市
code: "141500"
licence: {id: cc-by, title: 表示 4.0 国際}
portal: {url: "http://127.0.0.1:9"}
"""


def token_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    """A file with that text and mode."""
    path = folder / "ckan.token"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_token_of_ones_own_is_read(tmp_path: Path) -> None:
    """The line end of an editor does no harm."""
    assert private_text(token_file(tmp_path, "abc.DEF-1_2\n")) == "abc.DEF-1_2"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """Told with the command that mends it, and without the token."""
    with pytest.raises(ConfigError, match="chmod 600") as told:
        private_text(token_file(tmp_path, "secret-token", mode))
    assert "secret-token" not in str(told.value)


@pytest.mark.parametrize("text, why", [("", "何も書かれていません"), ("abc\ndef", "改行"), ("ａｂｃ", "全角")])
def test_what_no_header_can_carry_is_refused(tmp_path: Path, text: str, why: str) -> None:
    """An empty file would make us a stranger to the portal; a line break looked like a portal that is away."""
    with pytest.raises(ConfigError, match=why) as told:
        usable(text.strip(), "環境変数 CKAN_API_TOKEN")
    assert not text or text not in str(told.value)
    with pytest.raises(ConfigError, match=why):
        private_text(token_file(tmp_path, text))


@pytest.mark.parametrize(
    "env, told",
    [
        ({"CKAN_API_TOKEN": "", "CKAN_API_TOKEN_FILE": ""}, "CKAN_API_TOKEN_FILE"),
        ({"CKAN_API_TOKEN": "two words"}, "空白"),
        ({"CKAN_API_TOKEN_FILE": "/no/such/file"}, "/no/such/file"),
    ],
)
def test_a_run_without_a_usable_token_is_exit_2(tmp_path: Path, env: dict[str, str], told: str) -> None:
    """One sentence in Japanese that names the setting; nothing was tried."""
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "catalog.yaml").write_text(PORTAL, encoding="utf-8")
    done = publish("--datasets", str(tmp_path / "datasets"), "--var", str(tmp_path / "var"), "run", env=env)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "var" / "packages").exists()


def test_a_locked_away_file_is_named(tmp_path: Path) -> None:
    """Neither nothing nor a folder in the place of the file is a token."""
    (tmp_path / "folder").mkdir(mode=0o700)
    for name in ("missing", "folder"):
        with pytest.raises(ConfigError, match=f"{name} を読めません"):
            private_text(tmp_path / name)
