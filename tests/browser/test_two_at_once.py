"""Two gapprofs on one machine: the second one says so and ends, and the first one goes on until Ctrl-C."""

import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

from gapprof.errors import ExitCode
from tests.browser.aftermath import PATIENCE_S, assert_nothing_left, mortal, until
from tests.browser.short_run import BROWSER, INTERRUPTED, Run


def test_a_second_gapprof_refuses_wherever_its_temporary_files_go(
    model_folder: Path, temporary: Path, tmp_path: Path
) -> None:
    model = model_folder / "tiny.onnx"
    first, folder = Run(model, temporary, tmp_path), tmp_path / "second"
    folder.mkdir()
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with tempfile.TemporaryDirectory() as elsewhere, mortal(first.begin(**pipes)) as measuring:
        until(PATIENCE_S, "it does not begin to measure", first.recording.exists)
        second = Run(model, Path(elsewhere), folder)
        with mortal(second.begin(**pipes)) as refused:
            _, said = refused.communicate(timeout=PATIENCE_S)
        assert refused.returncode == ExitCode.ENVIRONMENT_UNUSABLE, said.decode()
        assert b"another gapprof is measuring on this machine" in said
        assert b"Wait until it is done" in said
        assert not second.recording.exists()
        assert json.loads(second.json.read_bytes())["status"] == "failed"
        there = first.seen_in(measuring.pid, BROWSER)
        os.killpg(measuring.pid, signal.SIGINT)
        _, said = measuring.communicate(timeout=PATIENCE_S)
    assert measuring.returncode == ExitCode.INTERRUPTED, said.decode()
    assert INTERRUPTED in said
    assert_nothing_left(there, temporary)
    first.assert_told_as_interrupted()
