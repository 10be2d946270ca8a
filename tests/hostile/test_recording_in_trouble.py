"""A disk that fills up, files that become read-only and clocks that jump while a run is recorded."""

import ast
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from gapprof.backends.synthetic import Machine
from gapprof.errors import EnvironmentUnusable, ExitCode
from gapprof.explain.report import build
from gapprof.options.outputs import outputs, write
from gapprof.recordings import read_recording
from gapprof.records.job import Job
from gapprof.records.trial import Failure, Trial
from tests.truth.test_whole_run import run

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
    """A file may not grow beyond its limit: to the journal the same as a disk without room. Python keeps no
    compiled modules meanwhile: what is cut off at the limit would be read by others."""
    command = [sys.executable, "-B", "-c", RUN, str(tmp_path), str(room_bytes)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == ExitCode.ENVIRONMENT_UNUSABLE, done.stderr
    assert "the recording cannot be written" in done.stdout
    assert "Free some space" in done.stdout
    recording = tmp_path / "run.jsonl"
    assert recording.stat().st_size <= room_bytes
    if room_bytes > 50_000:
        whole = [line for line in recording.read_bytes().split(b"\n") if _is_json(line)]
        assert len(read_recording(recording).entries) + 1 == len(whole) > 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing(Machine):
    """From the second round on the recording's file, which is open, takes nothing more."""

    file: int

    def timed(self, job: Job) -> Trial | Failure:
        import fcntl

        if job.round >= 1:
            fcntl.fcntl(self.file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
        return Machine.timed(self, job)


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="no files that can be sealed")
def test_a_file_that_becomes_read_only_ends_the_run_and_keeps_what_there_is(tmp_path: Path) -> None:
    """Sealed while it is open: what a file system does that is suddenly there to be read only."""
    file = os.memfd_create("recording", os.MFD_ALLOW_SEALING)
    recording = tmp_path / "run.jsonl"
    recording.symlink_to(f"/proc/self/fd/{file}")
    with pytest.raises(EnvironmentUnusable, match="the recording cannot be written") as refused:
        run(Sealing(file=file), tmp_path)
    assert "--recording FILE on another disk" in refused.value.hint
    kept = read_recording(recording)
    os.close(file)
    assert max(trial.round for trial in kept.of(Trial)) == 0
    assert kept.end is None
    assert build(kept).status != "ok"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_becomes_read_only_takes_no_report_and_the_recording_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    report = build(run(Machine(), tmp_path))
    wanted = outputs({"json": str(folder / "r.json"), "markdown": str(folder / "r.md")}, never={})
    folder.chmod(0o555)
    with pytest.raises(EnvironmentUnusable, match=r"r\.json could not be written") as refused:
        write(report, wanted, detail=False)
    assert "gapprof analyze" in refused.value.hint
    assert list(folder.iterdir()) == []
    assert build(read_recording(tmp_path / "run.jsonl")) == report


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def test_no_time_is_taken_from_a_clock_that_can_be_set() -> None:
    """Spans come from monotonic clocks; the time of day only dates a recording or names its file, and places
    what V8 stamps with it: `test_a_stamp_counts_only_where_the_time_of_day_was_not_set`."""
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in (ROOT / "gapprof").rglob("*.py")
        for name in _clocks(path)
    }
    dated = {(path, name) for path, name in found if name == "datetime.now"}
    assert found == dated | {("gapprof/cold/witness.py", "time.time")}
    assert {path for path, _ in dated} == {
        "gapprof/api.py",
        "gapprof/commands/explain.py",
        "gapprof/commands/kernels.py",
        "gapprof/commands/qoe.py",
        "gapprof/commands/selftest.py",
        "gapprof/failed_report.py",
        "gapprof/measure/beginning.py",
    }


def test_no_page_asks_a_clock_that_can_be_set() -> None:
    modules = [path for path in (ROOT / "probes_web").rglob("*.mjs") if "node_modules" not in path.parts]
    assert len(modules) > 20
    assert [path.name for path in modules if re.search(r"\bDate\b", path.read_text(encoding="utf-8"))] == []


def _clocks(path: Path) -> set[str]:
    settable = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today"}
    names = (
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    )
    return {name for name in names if name in settable}
