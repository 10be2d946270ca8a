"""`gapprof explain` told to stop while it measures: what was measured is reported, and nothing is left."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from gapprof.errors import ExitCode, WrongUse
from gapprof.recordings import read_recording
from gapprof.records import schema
from gapprof.records.trial import Trial
from tests.browser.aftermath import Alive, assert_nothing_left, mortal, seen

NATIVE, BROWSER = "gapprof.native.worker", "--type=renderer"
"""A word of the command line by which a trial's process is known."""
SEEDS = {NATIVE: 22, BROWSER: 11}
"""By which a first round of two cores begins with native trials, or has its second one in the browser."""


class Run:
    """One `gapprof explain` on the tiny model, with a temporary folder of its own."""

    def __init__(self, model: Path, temporary: Path, folder: Path) -> None:
        self.temporary = temporary
        self.recording = folder / "run.jsonl"
        self.json = folder / "report.json"
        self.command = [sys.executable, "-m", "gapprof", "explain", str(model), "--rungs", "main"]
        self.command += ["--json", str(self.json), "--recording", str(self.recording)]

    def begin(self, word: str = BROWSER, **how: object) -> subprocess.Popen[bytes]:
        """To be stopped in a trial of that kind, and so with one of those soon."""
        environment = {**os.environ, "TMPDIR": str(self.temporary), "TERM": "xterm"}
        root = Path(__file__).parents[2]
        command = [*self.command, "--seed", str(SEEDS[word])]
        return subprocess.Popen(command, env=environment, cwd=root, start_new_session=True, **how)

    def trials(self) -> list[Trial]:
        """What the recording holds of the rounds; nothing before it is begun."""
        try:
            return [trial for trial in read_recording(self.recording).of(Trial) if trial.round >= 0]
        except WrongUse:
            return []

    def seen_in(self, pid: int, word: str, watch: Callable[[], object] = lambda: None) -> Alive:
        """What is alive in the midst of a trial of that kind, at least one trial having been recorded."""

        def midst(there: Alive) -> bool:
            watch()
            return any(word in words for words in there.words) and bool(self.trials())

        return seen(pid, f"no trial with {word}", midst)

    def report(self) -> dict[str, object]:
        """What was asked for, valid and whole: every trial of the recording is in it, and none of them is."""
        document = json.loads(self.json.read_bytes())
        jsonschema.validate(document, json.loads(schema.schema_text()))
        told = [(sample["rung"], sample["round"], sample["samples_ms"]) for sample in document["samples"]]
        assert told == [(one.rung, one.round, list(one.samples_ms)) for one in self.trials()]
        assert told
        return document


@pytest.fixture
def run(model_folder: Path, temporary: Path, tmp_path: Path) -> Run:
    return Run(model_folder / "tiny.onnx", temporary, tmp_path)


def deaf_to_ctrl_c() -> None:
    """As a shell starts what it puts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


CTRL_C, TERM = (signal.SIGINT, None), (signal.SIGTERM, deaf_to_ctrl_c)


@pytest.mark.parametrize(
    ("word", "number", "first"),
    [
        pytest.param(BROWSER, *CTRL_C, id="ctrl-c-browser"),
        pytest.param(NATIVE, *TERM, id="term-in-the-background-native"),
        pytest.param(NATIVE, *CTRL_C, id="ctrl-c-native", marks=pytest.mark.long),
        pytest.param(BROWSER, *TERM, id="term-in-the-background-browser", marks=pytest.mark.long),
    ],
)
def test_what_was_measured_is_reported_and_nothing_is_left(
    run: Run, word: str, number: signal.Signals, first: Callable[[], None] | None
) -> None:
    silent = run.begin(word, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=first)
    with mortal(silent) as process:
        there = run.seen_in(process.pid, word)
        os.killpg(process.pid, number)  # as a terminal does
        _, said = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED, said.decode()
    assert b"gapprof: interrupted; the report is of what was measured until then" in said
    assert_nothing_left(there, run.temporary)
    document = run.report()
    assert document["status"] == "failed", "a part of one round has no figure of both sides"
    end = read_recording(run.recording).end
    assert end is not None
    assert end.reason == "interrupted"


def test_a_terminal_that_is_closed_stops_it_in_the_same_way(run: Run) -> None:
    """SIGHUP as it comes in life: from then on nothing can be written to the terminal, either."""
    master, slave = pty.openpty()
    os.set_blocking(master, False)

    def take_over() -> None:
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    def read() -> None:
        with suppress(BlockingIOError):
            while os.read(master, 1 << 16):
                pass

    process = run.begin(stdin=slave, stdout=slave, stderr=slave, preexec_fn=take_over)
    os.close(slave)
    with mortal(process):
        there = run.seen_in(process.pid, BROWSER, watch=read)
        os.close(master)
        assert process.wait(timeout=60) == ExitCode.INTERRUPTED
    assert_nothing_left(there, run.temporary)
    assert run.report()["status"] == "failed"


def guarded(there: Alive) -> bool:
    return any(words[-2:-1] and words[-2].endswith("guard.py") for words in there.words)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_a_kill_at_any_moment_leaves_nothing_but_what_was_recorded(run: Run, seed: int) -> None:
    """Drawn by seed: from where there is anything to leave to beyond the first round."""
    moment_s = float(np.random.default_rng([seed, 20]).uniform(0.0, 15.0))
    with mortal(run.begin(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)) as process:
        seen(process.pid, "nobody on guard", guarded)
        time.sleep(moment_s)
        there = seen(process.pid, "nobody on guard", guarded)
        process.kill()
        assert process.wait(timeout=60) == -signal.SIGKILL
    assert_nothing_left(there, run.temporary)
    if run.recording.exists():  # a kill before the first line leaves none
        lines = run.recording.read_bytes().split(b"\n")
        whole = [line for line in lines if line.endswith(b"}")]
        recording = read_recording(run.recording)
        assert len(recording.entries) + 1 >= len(whole) - 1


def test_after_a_kill_nothing_is_left_but_the_recording(run: Run) -> None:
    with mortal(run.begin(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)) as process:
        there = run.seen_in(process.pid, BROWSER)
        process.kill()
        assert process.wait(timeout=60) == -signal.SIGKILL
    assert_nothing_left(there, run.temporary)
    assert not run.json.exists()
    command = [sys.executable, "-m", "gapprof", "analyze", str(run.recording), "--json", str(run.json)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode != ExitCode.WRONG_USE, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    run.report()
