"""A native process that answers on every core at once, with a real model."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from gapprof.native import throughput
from gapprof.records.job import Job
from gapprof.subject import child
from gapprof.subject.child import Answered

LEAST_S = 0.3
RUN_S = 1 / 128


def served(job: Job, scratch: Path, *, callers: int, **changes: Any) -> dict[str, Any]:
    request = {"model": job.model_path, "inputs": job.inputs_path, "callers": callers, "least_s": LEAST_S}
    said = child.ask("gapprof.native.throughput", {**request, **changes}, scratch=scratch, deadline_s=60.0)
    assert isinstance(said, Answered), said
    return said.value


class Timed:
    """A session by a clock of each caller's own, which nothing moves but its runs."""

    def __init__(self, *runs_s: float) -> None:
        """What each caller's runs take, in whatever order they begin."""
        self._own, self._runs_s = threading.local(), list(runs_s)

    def now_s(self) -> float:
        return getattr(self._own, "now_s", 0.0)

    def run(self, _outputs: None, _feed: dict[str, Any]) -> None:
        if not hasattr(self._own, "run_s"):
            self._own.run_s = self._runs_s.pop()
        self._own.now_s = self.now_s() + self._own.run_s


@pytest.mark.parametrize("callers", [1, 2, 5])
@pytest.mark.parametrize(("least_s", "runs"), [(0.25, 32), (0.251, 33), (0.0, 1)])
def test_runs_are_counted_over_the_time_that_they_took(
    callers: int, least_s: float, runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many a real process makes, `benchmarks/served_runs.py` prints beside what a run takes alone."""
    session = Timed(*[RUN_S] * callers)
    monkeypatch.setattr(time, "perf_counter", session.now_s)
    found = throughput._together(session, {}, callers=callers, least_s=least_s)
    assert found == (callers * runs, runs * RUN_S)


def test_the_caller_that_ends_last_ends_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Timed(RUN_S, 3 * RUN_S)
    monkeypatch.setattr(time, "perf_counter", session.now_s)
    assert throughput._together(session, {}, callers=2, least_s=32 * RUN_S) == (32 + 11, 33 * RUN_S)


@pytest.mark.parametrize("callers", [1, 2])
def test_a_real_process_answers_for_as_long_as_it_was_asked(job: Job, tmp_path: Path, callers: int) -> None:
    told = served(job, tmp_path, callers=callers)
    load = told["load"]
    assert load["wall_ms"] >= 1e3 * LEAST_S
    assert told["runs_per_s"] >= callers / (load["wall_ms"] / 1e3), "each of them at least once"
    assert load["own_cpu_ms"] > 0


def test_a_caller_that_is_slower_than_the_time_asked_for_still_answers_once(job: Job, tmp_path: Path) -> None:
    told = served(job, tmp_path, callers=2, least_s=0.0)
    took_s = told["load"]["wall_ms"] / 1e3
    assert told["runs_per_s"] >= 2 / took_s


def test_what_onnxruntime_refuses_is_said(job: Job, tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    assert "broken.onnx" in served(job, tmp_path, callers=1, model=str(broken))["error"]
