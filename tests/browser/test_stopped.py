"""`gapprof explain` told to stop while it measures: what was measured is reported, and nothing is left."""

import fcntl
import os
import signal
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gapprof import cli
from gapprof.errors import ExitCode
from tests.browser.aftermath import LOOK_S, PATIENCE_S, Alive, assert_nothing_left, mortal, seen
from tests.browser.screen import screen
from tests.browser.short_run import BROWSER, INTERRUPTED, NATIVE, Run


@pytest.fixture
def run(model_folder: Path, temporary: Path, tmp_path: Path) -> Run:
    return Run(model_folder / "tiny.onnx", temporary, tmp_path)


def deaf_to_ctrl_c() -> None:
    """As a shell starts what it puts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


CTRL_C, TERM = (signal.SIGINT, None), (signal.SIGTERM, deaf_to_ctrl_c)


@pytest.mark.long
@pytest.mark.parametrize(
    ("word", "number", "first"),
    [
        pytest.param(BROWSER, *CTRL_C, id="ctrl-c-browser"),
        pytest.param(NATIVE, *TERM, id="term-in-the-background-native"),
        pytest.param(NATIVE, *CTRL_C, id="ctrl-c-native"),
        pytest.param(BROWSER, *TERM, id="term-in-the-background-browser"),
    ],
)
def test_what_was_measured_is_reported_and_nothing_is_left(
    run: Run, word: str, number: signal.Signals, first: Callable[[], None] | None
) -> None:
    """In `make test` Ctrl-C in the browser of two gapprofs, SIGTERM in the first browser of a run, a native
    trial whose terminal is closed, and each signal to a program of its own."""
    silent = run.begin(word, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=first)
    with mortal(silent) as process:
        there = run.seen_in(process.pid, word)
        os.killpg(process.pid, number)  # as a terminal does
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == ExitCode.INTERRUPTED, said.decode()
    assert INTERRUPTED in said
    assert_nothing_left(there, run.temporary)
    run.assert_told_as_interrupted()


def test_term_in_the_first_browser_of_a_run_leaves_nothing_but_a_report_that_says_so(run: Run) -> None:
    """Before any trial: there is nothing to tell but why."""
    silent = run.begin(stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=deaf_to_ctrl_c)
    with mortal(silent) as process:
        there = seen(process.pid, "no browser", lambda there: any(BROWSER in words for words in there.words))
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == ExitCode.INTERRUPTED, said.decode()
    assert there.ports
    assert_nothing_left(there, run.temporary)
    assert INTERRUPTED in said
    assert run.document()["status"] == "failed"
    run.assert_ended_as_interrupted()


@pytest.mark.parametrize("word", [NATIVE, pytest.param(BROWSER, marks=pytest.mark.long)])
def test_a_terminal_that_is_closed_stops_it_in_the_same_way(run: Run, word: str) -> None:
    """SIGHUP as it comes in life: from then on nothing can be written to the terminal, either."""
    with screen() as terminal:
        slave = terminal.slave

        def take_over() -> None:
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        process = run.begin(word, stdin=slave, stdout=slave, stderr=slave, preexec_fn=take_over)
        os.close(slave)
        there = run.seen_in(process.pid, word, watch=terminal.read)
    with mortal(process):
        assert process.wait(timeout=PATIENCE_S) == ExitCode.INTERRUPTED
    assert_nothing_left(there, run.temporary)
    run.assert_told_as_interrupted()


def guarded(there: Alive) -> bool:
    return any(words[-2:-1] and words[-2].endswith("guard.py") for words in there.words)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_a_kill_at_any_moment_leaves_nothing_but_all_that_was_announced(run: Run, seed: int) -> None:
    """Drawn by seed: from where there is anything to leave to beyond the first round."""
    moment_s = float(np.random.default_rng([seed, 20]).uniform(0.0, 15.0))
    with screen() as terminal:
        with mortal(run.begin(stdout=subprocess.DEVNULL, stderr=terminal.slave)) as process:
            os.close(terminal.slave)
            seen(process.pid, "nobody on guard", guarded)
            moment = time.monotonic() + moment_s
            while time.monotonic() < moment:
                terminal.read()
                time.sleep(LOOK_S)
            there = seen(process.pid, "nobody on guard", guarded)
            process.kill()
            assert process.wait(timeout=PATIENCE_S) == -signal.SIGKILL
        terminal.read()
    assert_nothing_left(there, run.temporary)
    assert len(run.visits()) >= terminal.finished()


def test_after_a_kill_nothing_is_left_but_the_recording(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """In which is every trial that was told to be over."""
    with screen() as terminal:
        with mortal(run.begin(stdout=subprocess.DEVNULL, stderr=terminal.slave)) as process:
            os.close(terminal.slave)

            def midst(there: Alive) -> bool:
                terminal.read()
                return terminal.finished() > 0 and any(BROWSER in words for words in there.words)

            there = seen(process.pid, "no browser after a trial that was told to be over", midst)
            process.kill()
            assert process.wait(timeout=PATIENCE_S) == -signal.SIGKILL
        terminal.read()
    assert_nothing_left(there, run.temporary)
    assert not run.json.exists()
    assert len(run.visits()) >= terminal.finished() > 0
    code = cli.run(["analyze", str(run.recording), "--json", str(run.json)])
    assert code != ExitCode.WRONG_USE, capsys.readouterr().err
    run.report()
