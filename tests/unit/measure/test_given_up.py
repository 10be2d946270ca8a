"""Whether a rung is gone for the machine's fault alone."""

import pytest

from gapprof.measure.given_up import machine_s_fault
from gapprof.measure.visits import PREFLIGHT_ROUND
from gapprof.records.recording import Recording
from gapprof.records.trial import Failure, Load, Seen, Trial
from tests.truth.recorder import begin

FULL = "the GPU is out of memory"


def trial(number: int, struck: str) -> Trial:
    return Trial(
        rung="web",
        round=number,
        started_s=0.0,
        ended_s=1.0,
        batch=1,
        samples_ms=(1.0,),
        seen=Seen(runtime_version="", engine_version="", threads=1, timer_step_us=5.0),
        load=Load(wall_ms=1.0, machine_busy_ms=None, own_cpu_ms=None),
        struck=(struck,) if struck else (),
    )


def failure(kind: str = "environment") -> Failure:
    return Failure(rung="web", round=1, started_s=1.0, ended_s=2.0, phase="timed", kind=kind, message=FULL)


def told(*entries: Trial | Failure) -> str | None:
    fault = machine_s_fault(Recording(begin=begin(), entries=entries), "web")
    return fault.message if fault else None


def test_a_gpu_that_is_full_in_timed_runs_alone_is_told_although_a_first_visit_went_well() -> None:
    assert told(trial(PREFLIGHT_ROUND, "preflight visit"), failure()) == FULL


@pytest.mark.parametrize("struck", ["", "load from outside"])
def test_a_trial_that_ran_in_a_round_proves_that_the_machine_can_whatever_strikes_it(struck: str) -> None:
    assert told(trial(0, struck), failure()) is None


def test_a_failure_of_another_kind_is_not_the_machine_s() -> None:
    assert told(failure(), failure("crash")) is None
