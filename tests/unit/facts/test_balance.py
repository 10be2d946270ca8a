import pytest

from gapprof.facts.balance import closure
from gapprof.records.trial import Load, ThreadUse


def load(cpu_ms: float, run_queue_ms: float, at_work_ms: float | None, *, stolen_ms: float = 0.0) -> Load:
    model = ThreadUse(
        process="renderer",
        thread="DedicatedWorker",
        cpu_ms=cpu_ms,
        run_queue_ms=run_queue_ms,
        role="inference",
    )
    return Load(
        wall_ms=1000.0,
        machine_busy_ms=None,
        own_cpu_ms=None,
        stolen_ms=stolen_ms,
        threads=(model,),
        at_work_ms=at_work_ms,
    )


@pytest.mark.parametrize(
    ("cpu_ms", "run_queue_ms", "at_work_ms", "error"),
    [
        (800.0, 100.0, 900.0, 0.0),
        (800.0, 100.0, 850.0, 0.0),  # it waited for a core on waking up as well
        (800.0, 0.0, 790.0, 0.01),
        (800.0, 50.0, 900.0, -0.05),
    ],
)
def test_time_at_work_lies_between_time_on_a_cpu_and_that_with_waiting_for_one(
    cpu_ms: float, run_queue_ms: float, at_work_ms: float, error: float
) -> None:
    found = closure(load(cpu_ms, run_queue_ms, at_work_ms), alone=True)
    assert found is not None
    assert found.error == pytest.approx(error)
    assert found.closes == (abs(error) <= 0.02)


def test_what_a_hypervisor_took_is_in_no_figure_of_a_thread() -> None:
    found = closure(load(800.0, 0.0, 850.0, stolen_ms=40.0), alone=True)
    assert found is not None
    assert found.closes
    beyond = closure(load(850.0, 0.0, 800.0, stolen_ms=40.0), alone=True)
    assert beyond is not None
    assert not beyond.closes, "stolen time makes no thread run longer than it was at work"


def test_with_helpers_a_run_may_be_blocked_and_still_nobody_runs_longer_than_it_works() -> None:
    found = closure(load(500.0, 0.0, 900.0), alone=False)
    assert found is not None
    assert found.closes
    beyond = closure(load(950.0, 0.0, 900.0), alone=False)
    assert beyond is not None
    assert not beyond.closes


def test_where_nobody_counted_nothing_is_said() -> None:
    assert closure(load(800.0, 100.0, None), alone=True) is None
    assert (
        closure(Load(wall_ms=1000.0, machine_busy_ms=None, own_cpu_ms=None, at_work_ms=1.0), alone=True)
        is None
    )
