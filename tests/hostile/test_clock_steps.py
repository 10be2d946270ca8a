"""The clock of the day is set while a trial goes on: figures come from clocks that nobody sets, and a profile
of onnxruntime's, whose times do not, is refused."""

import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from gapprof.backends.native import BACKEND
from gapprof.records.trial import Failure, Trial
from tests.hostile.stepped_clock import STEP_S, stepping_library
from tests.unit.native.models import plain_job

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library that is loaded first is Linux's")


@pytest.fixture
def stepped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every process that is started from here on."""
    monkeypatch.setenv("LD_PRELOAD", str(stepping_library(tmp_path)))


def within(values: Iterable[float], most_ms: float) -> bool:
    return all(0 <= value < most_ms for value in values)


def test_the_clock_of_whatever_is_started_steps(stepped: None) -> None:
    program = "import time; print(abs(time.time() - time.time()))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True
    )
    assert float(done.stdout) == pytest.approx(2 * STEP_S, rel=0.01)


def test_no_figure_of_a_native_trial_moves(stepped: None, tmp_path: Path) -> None:
    began = time.perf_counter()
    outcome = BACKEND.timed(plain_job(tmp_path))
    took_ms = 1e3 * (time.perf_counter() - began)
    assert isinstance(outcome, Trial), outcome
    assert min(outcome.samples_ms) > 0
    figures = (*outcome.samples_ms, *outcome.warmup_ms, *outcome.cold_ms.values(), outcome.load.wall_ms)
    assert within(figures, took_ms)


def test_a_profile_by_that_clock_is_refused_with_its_reason_after_a_trial_that_counts(
    stepped: None, tmp_path: Path
) -> None:
    heard: list[Trial] = []
    outcome = BACKEND.profiled(plain_job(tmp_path), heard.append)
    assert [trial.rung for trial in heard] == ["native-extended"]
    assert isinstance(outcome, Failure), outcome
    assert (outcome.phase, outcome.kind) == ("stop", "environment")
    assert outcome.message.startswith("the profiler goes by the clock of the day, which was set meanwhile")
