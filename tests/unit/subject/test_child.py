import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from gapprof.subject.child import Answered, Died, Overdue, ask
from tests.patience import SOON_S

MODULE = "tests.unit.subject.misbehaving"
ROOT = Path(__file__).parents[3]


def _ask(tmp_path: Path, what: str, deadline_s: float = SOON_S) -> Answered | Died | Overdue:
    request = {"what": what, "word": 'quo"te\n', "pid_file": str(tmp_path / "pid")}
    return ask(MODULE, request, scratch=tmp_path, deadline_s=deadline_s)


def _gone(pid: int, within_s: float) -> bool:
    try:
        psutil.Process(pid).wait(timeout=within_s)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def test_an_answer_comes_back_and_the_child_worked_in_a_folder_of_its_own(tmp_path: Path) -> None:
    outcome = _ask(tmp_path, "answer")
    assert isinstance(outcome, Answered)
    assert outcome.value["heard"] == 'quo"te\n'
    assert Path(outcome.value["folder"]).parent == tmp_path
    assert {file.name for file in tmp_path.iterdir()} == {"pid"}


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_crash_is_an_outcome(tmp_path: Path) -> None:
    outcome = _ask(tmp_path, "crash")
    assert isinstance(outcome, Died)
    assert outcome.returncode == -signal.SIGSEGV


def test_an_exception_in_the_child_keeps_its_words(tmp_path: Path) -> None:
    outcome = _ask(tmp_path, "raise")
    assert isinstance(outcome, Died)
    assert "as told" in outcome.stderr


@pytest.mark.parametrize("deadline_s", [0.0, 1.0], ids=["before it begins", "in the midst of it"])
def test_a_child_past_its_deadline_is_gone_on_return(tmp_path: Path, deadline_s: float) -> None:
    """In the midst of it unless the machine is slow to start one."""
    before = set(psutil.Process().children())
    outcome = _ask(tmp_path, "sleep", deadline_s=deadline_s)
    assert outcome == Overdue(deadline_s=deadline_s)
    assert set(psutil.Process().children()) <= before
    assert {file.name for file in tmp_path.iterdir()} <= {"pid"}


@pytest.mark.skipif(sys.platform != "linux", reason="address space limit")
def test_absurd_memory_is_an_error_in_the_child_and_no_danger_to_the_machine(tmp_path: Path) -> None:
    assert _ask(tmp_path, "memory") == Answered(value={"bytes": None})


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_the_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    request = {"what": "sleep", "pid_file": str(tmp_path / "pid")}
    call = f"ask({MODULE!r}, {request!r}, scratch=Path({str(tmp_path)!r}), deadline_s=600)"
    code = f"from pathlib import Path; from gapprof.subject.child import ask; {call}"
    parent = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        deadline = time.monotonic() + SOON_S
        while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        parent.kill()
        parent.wait(timeout=SOON_S)
    assert _gone(int((tmp_path / "pid").read_text()), within_s=SOON_S)
