"""Streams that are full, closed, deaf or plain: no traceback, and the right end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gapprof.errors import ExitCode


def test_a_reader_that_goes_away_is_no_error(run_file: Path) -> None:
    command = [sys.executable, "-m", "gapprof", "analyze", str(run_file), "-v"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=300) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("data", [(), ("--json", "-", "--quiet")], ids=["words", "data"])
def test_a_full_disk_behind_stdout_is_one_sentence_and_3(run_file: Path, data: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "gapprof", "analyze", str(run_file), *data]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=300, check=False)
    assert done.returncode == ExitCode.ENVIRONMENT_UNUSABLE
    assert done.stderr.decode().startswith("gapprof: stdout could not be written")
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_deaf_stderr_changes_no_exit_code() -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "gapprof", "nonsense"]
        done = subprocess.run(command, stderr=full, timeout=300, check=False)
    assert done.returncode == ExitCode.WRONG_USE


@pytest.mark.skipif(os.name != "posix", reason="a POSIX shell closes streams so")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_error(run_file: Path, tmp_path: Path, closed: str) -> None:
    path = tmp_path / "x.json"
    words = [sys.executable, "-m", "gapprof", "analyze", str(run_file), "--json", str(path)]
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *words], capture_output=True, timeout=300, check=False
    )
    assert done.returncode == 0
    assert json.loads(path.read_bytes())["status"] == "ok"


def test_a_stream_that_knows_ascii_alone_is_served(run_file: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "gapprof", "analyze", str(run_file), "-v"]
    done = subprocess.run(command, capture_output=True, timeout=300, check=True, env=environment)
    assert done.stdout.isascii()
    assert b"slower in the browser" in done.stdout
