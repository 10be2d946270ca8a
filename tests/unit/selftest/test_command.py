"""`gapprof selftest` as a command: what it refuses at once, and what it leaves where it cannot measure."""

import json
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from gapprof import cli
from gapprof.commands.selftest import CODES
from gapprof.errors import ExitCode
from gapprof.records.selftest import Selftest


def run(*arguments: object) -> ExitCode:
    return cli.run([str(argument) for argument in arguments])


def test_a_json_file_that_cannot_be_written_is_known_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = tmp_path / "selftest.jsonl"
    code = run("selftest", "--json", tmp_path / "nowhere" / "rows.json", "--recording", recording)
    assert code == ExitCode.WRONG_USE
    assert not recording.exists()
    assert "--json" in capsys.readouterr().err


def test_the_rows_are_never_written_over_the_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "both"
    assert run("selftest", "--json", path, "--recording", path) == ExitCode.WRONG_USE
    assert "recording" in capsys.readouterr().err


def test_a_machine_that_lacks_something_ends_with_3_and_still_writes_the_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "empty"))
    monkeypatch.setattr("gapprof.selftest.run.looked_at", lambda *_, **__: pytest.fail("nothing to look for"))
    path, recording = tmp_path / "rows.json", tmp_path / "selftest.jsonl"
    code = run("selftest", "--quick", "--json", path, "--recording", recording)
    assert code == ExitCode.ENVIRONMENT_UNUSABLE
    report = json.loads(path.read_text(encoding="utf-8"))
    assert (report["schema"], report["status"], report["rows"]) == ("gapprof/selftest", "unusable", [])
    assert report["why"]
    assert capsys.readouterr().err.count("gapprof: ") >= 1


def test_every_status_ends_with_a_code_of_its_own() -> None:
    assert CODES.keys() == set(get_args(get_type_hints(Selftest)["status"]))
    assert len(set(CODES.values())) == len(CODES)
    assert [status for status, code in CODES.items() if code is ExitCode.OK] == ["passed"]
