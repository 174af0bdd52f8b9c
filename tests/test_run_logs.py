"""The log: a bug is one sentence on the terminal and a traceback in the file, without secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.run.logs import crashed, keep_log, log


def broken(secret: str) -> None:
    """Fail with a secret in the message, as a library might."""
    raise RuntimeError(f"connection refused for {secret}")


def test_a_bug_is_one_sentence_and_a_traceback_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person reads where the record is; the record has the traceback and not the token."""
    monkeypatch.setenv("CKAN_API_TOKEN", "very-secret-token")
    keep_log(tmp_path)
    try:
        broken("very-secret-token")
    except RuntimeError as bug:
        sentence = str(crashed(tmp_path, bug))
    assert "internal-error: RuntimeError" in sentence
    assert "very-secret-token" not in sentence
    written = (tmp_path / "log" / "publish.log").read_text(encoding="utf-8")
    assert "Traceback" in written
    assert "broken" in written
    assert "very-secret-token" not in written
    assert "***" in written


def test_without_anything_to_say_there_is_no_file(tmp_path: Path) -> None:
    """A quiet run leaves no empty log behind."""
    keep_log(tmp_path)
    assert not (tmp_path / "log").exists()


def test_the_log_stays_out_of_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line goes to the file of the latest workspace only."""
    keep_log(tmp_path / "a")
    keep_log(tmp_path / "b")
    log.info("一行")
    assert not (tmp_path / "a").exists()
    assert "一行" in (tmp_path / "b" / "log" / "publish.log").read_text(encoding="utf-8")
    assert capsys.readouterr() == ("", "")
