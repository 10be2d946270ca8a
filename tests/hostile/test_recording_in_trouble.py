"""A disk that fills up and clocks that jump while a run is recorded."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from gapprof.errors import ExitCode
from gapprof.recordings import read_recording

ROOT = Path(__file__).parents[2]
RUN = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
from gapprof.backends.synthetic import Machine
from gapprof.errors import GapprofError
from tests.truth.test_whole_run import run
try:
    run(Machine(), Path(sys.argv[1]))
except GapprofError as error:
    print(error.message, "|", error.hint)
    sys.exit(error.exit_code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
@pytest.mark.parametrize("room_bytes", [1_000, 60_000, 90_000])
def test_a_disk_that_fills_up_ends_the_run_and_keeps_what_there_is(room_bytes: int, tmp_path: Path) -> None:
    """A file may not grow beyond its limit: to the journal the same as a disk without room."""
    command = [sys.executable, "-c", RUN, str(tmp_path), str(room_bytes)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == ExitCode.ENVIRONMENT_UNUSABLE, done.stderr
    assert "the recording cannot be written" in done.stdout
    assert "Free some space" in done.stdout
    recording = tmp_path / "run.jsonl"
    assert recording.stat().st_size <= room_bytes
    if room_bytes > 50_000:
        whole = [line for line in recording.read_bytes().split(b"\n") if _is_json(line)]
        assert len(read_recording(recording).entries) + 1 == len(whole) > 3


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def test_no_time_is_taken_from_a_clock_that_can_be_set() -> None:
    """Spans come from monotonic clocks; the time of day only dates a recording or names its file."""
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in (ROOT / "gapprof").rglob("*.py")
        for name in _clocks(path)
    }
    dated = {(path, name) for path, name in found if name == "datetime.now"}
    assert found == dated
    assert {path for path, _ in dated} == {
        "gapprof/api.py",
        "gapprof/commands/explain.py",
        "gapprof/commands/kernels.py",
        "gapprof/commands/qoe.py",
        "gapprof/commands/selftest.py",
        "gapprof/failed_report.py",
        "gapprof/measure/beginning.py",
    }


def _clocks(path: Path) -> set[str]:
    settable = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today"}
    names = (
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    )
    return {name for name in names if name in settable}
