"""How the command ends, and what it leaves where it ends early."""

import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedFailure, ladder_ms
from gapprof.errors import ExitCode
from gapprof.records import schema
from gapprof.records.recording import Recording
from tests.truth.recorder import record
from tests.unit.cli.command import FACTORS, run


def test_a_file_that_is_no_model_ends_with_4_and_still_writes_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"not a model at all")
    path = tmp_path / "x.json"
    assert run("explain", tmp_path / "bad.onnx", "--json", path, "--quiet") == ExitCode.MODEL_UNUSABLE
    document = json.loads(path.read_bytes())
    jsonschema.validate(document, json.loads(schema.schema_text()))
    assert document["status"] == "failed"
    assert document["status_why"] in capsys.readouterr().err
    assert document["model"]["parameters"] is None
    assert [cause["verdict"] for cause in document["causes"]] == ["not-measured"] * 6


def test_without_onnxruntime_web_it_ends_with_3_and_still_writes_the_report(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GAPPROF_BROWSER", sys.executable)
    path = tmp_path / "x.json"
    assert run("explain", model, "--json", path, "--quiet") == ExitCode.ENVIRONMENT_UNUSABLE
    sentence, hint = capsys.readouterr().err.splitlines()
    assert sentence == "gapprof: onnxruntime-web was not fetched yet"
    assert "gapprof setup" in hint
    assert json.loads(path.read_bytes())["status"] == "failed"


def test_without_a_browser_it_ends_with_3_and_the_hint_says_how_to_get_one(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(platform, "system", lambda: "Linux")  # other systems look in fixed places as well
    path = tmp_path / "x.json"
    assert run("explain", model, "--json", path, "--quiet") == ExitCode.ENVIRONMENT_UNUSABLE
    sentence, hint = capsys.readouterr().err.splitlines()
    assert "no Chromium" in sentence
    assert "gapprof setup" in hint
    document = json.loads(path.read_bytes())
    assert (document["status"], document["status_why"]) == ("failed", sentence.removeprefix("gapprof: "))


def test_the_end_of_the_recorded_run_decides_how_analyze_ends(
    recorded: Callable[[Recording], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(latency_ms=ladder_ms(FACTORS), noise=0.01)
    assert run("analyze", recorded(record(machine, ended="interrupted"))) == ExitCode.INTERRUPTED
    assert "what was measured until then" in capsys.readouterr().err


def test_a_side_that_cannot_run_the_model_gives_the_other_sides_report(
    recorded: Callable[[Recording], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    web = [rung for rung in ladder_ms({}) if rung.startswith("web")]
    failures = tuple(
        PlantedFailure(rung=rung, message="no kernel for Foo in node foo_1", kind="model", phase="create")
        for rung in web
    )
    path = recorded(record(Machine(failures=failures), passes=False))
    assert run("analyze", path, "--json", "-") == ExitCode.MODEL_UNUSABLE
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert document["gap"]["ratio"] is None
    assert document["latency_ms"]["native"]["point"] == pytest.approx(10.0)
    assert "node foo_1" in told.err


def test_noise_that_was_allowed_is_still_called_noise(
    recorded: Callable[[Recording], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    noisy = record(Machine(latency_ms=ladder_ms(FACTORS), launch_noise=0.5), rounds=3)
    assert run("analyze", recorded(noisy)) == ExitCode.UNRELIABLE
    allowed = replace(
        noisy, begin=replace(noisy.begin, settings=replace(noisy.begin.settings, allow_noisy=True))
    )
    capsys.readouterr()
    assert run("analyze", recorded(allowed)) == ExitCode.OK
    assert "UNRELIABLE" in capsys.readouterr().out


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_being_told_to_stop_is_no_traceback_but_130(tmp_path: Path, number: signal.Signals) -> None:
    pipe = tmp_path / "recording.jsonl"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "gapprof", "analyze", str(pipe)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process, pipe.open("wb"):
        # Opening the pipe succeeds when gapprof reads from it, so it is in the middle of its work now.
        process.send_signal(number)
        assert process.stderr is not None
        assert process.stderr.read().strip() == "gapprof: interrupted"
        assert process.wait(timeout=300) == ExitCode.INTERRUPTED
