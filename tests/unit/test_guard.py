import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gapprof.guard import MARKER, Guard, end_processes, kill_processes, processes_of, remove_folder
from tests.patience import SOON_S

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal as s, time; s.signal(s.SIGTERM, s.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


def until(holds: Callable[[], bool], deadline_s: float = SOON_S) -> bool:
    deadline = time.monotonic() + deadline_s
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def test_a_watched_folder_and_process_are_gone_after_the_guard() -> None:
    with Guard() as guard, guard.folder("test") as folder:
        (folder / "file").write_text("x")
        child = subprocess.Popen(SLEEP, start_new_session=True, env={**os.environ, **guard.environment()})
        guard.watch_process(child.pid)
    assert child.wait(timeout=SOON_S) != 0
    assert not folder.exists()


def test_a_forgotten_process_lives_on() -> None:
    with subprocess.Popen(SLEEP, start_new_session=True) as child:
        with Guard() as guard:
            guard.watch_process(child.pid)
            guard.forget_process(child.pid)
        try:
            assert child.poll() is None
        finally:
            child.kill()


@LINUX
def test_a_child_that_made_its_own_session_is_known_by_its_marker() -> None:
    with Guard() as guard:
        child = subprocess.Popen(SLEEP, start_new_session=True, env={**os.environ, **guard.environment()})
    assert child.wait(timeout=SOON_S) != 0


@LINUX
def test_folders_and_processes_are_gone_when_gapprof_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, subprocess, sys, time\n"
        "from gapprof.guard import Guard\n"
        "with Guard() as guard, guard.folder('killed') as folder:\n"
        f"    child = subprocess.Popen({SLEEP!r}, start_new_session=True)\n"
        "    guard.watch_process(child.pid)\n"
        "    print(child.pid, folder, flush=True)\n"
        "    time.sleep(600)\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=root) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().decode().split()
        assert processes_of({int(pid)}, "no such marker") == {int(pid)}
        parent.kill()
    assert until(lambda: not processes_of({int(pid)}, "no such marker"))
    assert until(lambda: not Path(folder).exists())


@LINUX
def test_what_has_nothing_to_save_is_killed_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gapprof.guard.GRACE_S", SOON_S)
    with subprocess.Popen(STUBBORN, start_new_session=True, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert kill_processes(lambda: processes_of({child.pid}, "none"), groups=(child.pid,)) == set()
        assert child.wait(timeout=SOON_S) == -signal.SIGKILL


@LINUX
def test_a_process_that_ignores_term_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With little patience after the first signal, and much after the second."""
    sent, send = list[int](), os.killpg

    def told(group: int, number: int) -> None:
        sent.append(number)
        monkeypatch.setattr("gapprof.guard.GRACE_S", SOON_S)
        send(group, number)

    monkeypatch.setattr("gapprof.guard.GRACE_S", 0.3)
    with subprocess.Popen(STUBBORN, start_new_session=True, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        monkeypatch.setattr(os, "killpg", told)
        assert end_processes(lambda: processes_of({child.pid}, "none"), groups=(child.pid,)) == set()
        assert sent == [signal.SIGTERM, signal.SIGKILL]
        assert child.wait(timeout=SOON_S) == -signal.SIGKILL


def test_an_empty_marker_is_refused_because_it_would_match_everybody() -> None:
    with pytest.raises(ValueError, match="every process"):
        processes_of({1}, "")


def test_a_guard_that_is_not_on_duty_says_so(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="context manager"):
        Guard().watch_folder(tmp_path)


def test_every_child_has_a_marker_of_its_own() -> None:
    guard = Guard()
    assert guard.environment()[MARKER] != guard.environment()[MARKER]


def test_removing_a_folder_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    assert remove_folder(tmp_path / "nothing")
