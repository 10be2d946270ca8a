"""What was measured twice in one visit: wrong figures are found, and right ones are no error."""

import pytest
from msgspec.structs import replace

from gapprof.facts.closing import Closure, closures
from gapprof.records.trial import CountedStretch, Load, Seen, Trial
from tests.unit.facts.loads import BUSY, IN_WORKER, SEEN, load, on_main, uncounted_on_main
from tests.unit.gpu.written import SWIFTSHADER

RUNS = 150


def visit(
    found: Load, seen: Seen = IN_WORKER, *, outputs_bytes: int | None = 4000, counted: Load | None = None
) -> dict[str, Closure]:
    """Of so many runs, of which the first is not timed. `counted`: of a stretch that was counted."""
    trial = Trial(
        rung="web",
        round=0,
        started_s=0.0,
        ended_s=1.0,
        batch=1,
        samples_ms=(6.0,) * (RUNS - 1),
        seen=seen,
        load=found,
        counted=None if counted is None else CountedStretch(runs_ms=(6.0,) * RUNS, load=counted),
    )
    return {one.terms: one for one in closures(trial, outputs_bytes=outputs_bytes)}


@pytest.mark.parametrize(
    ("cpu_ms", "run_queue_ms", "at_work_ms", "error"),
    [
        (800.0, 100.0, 900.0, 0.0),
        (800.0, 100.0, 850.0, 0.0),  # it waited for a core on waking up as well
        (800.0, 0.0, 790.0, 0.01),
        (800.0, 50.0, 900.0, -0.05),
    ],
)
@pytest.mark.parametrize("page", ["quiet", "user"])
def test_in_a_worker_time_at_work_lies_between_time_on_a_cpu_and_that_with_waiting_for_one(
    cpu_ms: float, run_queue_ms: float, at_work_ms: float, error: float, page: str
) -> None:
    seen = replace(SEEN, where="worker", page_kind=page)
    found = visit(load(cpu_ms, run_queue_ms, at_work_ms), seen)["at-work"]
    assert found.error == pytest.approx(error)
    assert found.closes == (abs(error) <= 0.02)


def test_on_the_main_thread_the_browsers_own_clocks_find_a_wait_for_a_core_that_is_told_too_short() -> None:
    seen = replace(SEEN, where="main")
    assert visit(on_main(tasks_ms=900.0, cpu_ms=780.0, run_queue_ms=120.0), seen)["at-work"].closes
    halved = visit(on_main(tasks_ms=900.0, cpu_ms=780.0, run_queue_ms=60.0), seen)["at-work"]
    assert halved.error == pytest.approx(-0.06)
    assert not halved.closes


@pytest.mark.parametrize("seen", [replace(SEEN, where="main"), replace(BUSY, where="main")])
def test_two_clocks_of_the_same_thing_are_held_to_each_other_on_every_page(seen: Seen) -> None:
    right = on_main(tasks_ms=800.0, cpu_ms=780.0, run_queue_ms=20.0)
    assert right.clocks is not None
    assert all(one.closes for one in visit(right, seen).values())
    more_cpu = replace(right, clocks=replace(right.clocks, cpu_ms=850.0))
    assert visit(more_cpu, seen)["cpu"].error == pytest.approx(-0.065)
    assert not visit(more_cpu, seen)["cpu"].closes
    doubled = replace(right, clocks=replace(right.clocks, wall_bounds_ms=(2000.0, 2020.0)))
    assert visit(doubled, seen)["wall"].error == pytest.approx(0.995)
    assert not visit(doubled, seen)["wall"].closes


def test_what_nobody_counted_in_a_timed_stretch_is_held_together_in_the_counted_one_behind_it() -> None:
    seen, uncounted = replace(SEEN, where="main"), uncounted_on_main(run_queue_ms=20.0)
    assert visit(uncounted, seen) == {}
    right = on_main(tasks_ms=800.0, cpu_ms=780.0, run_queue_ms=20.0)
    assert set(visit(uncounted, seen, counted=right)) == {"wall", "cpu", "at-work"}
    assert all(one.closes for one in visit(uncounted, seen, counted=right).values())
    halved = on_main(tasks_ms=900.0, cpu_ms=780.0, run_queue_ms=60.0)
    assert not visit(uncounted, seen, counted=halved)["at-work"].closes


def test_nobody_runs_and_waits_for_longer_than_time_passes_in_a_stretch_that_nobody_counted() -> None:
    seen, right = replace(SEEN, where="main"), on_main(tasks_ms=800.0, cpu_ms=780.0, run_queue_ms=20.0)
    too_much = replace(uncounted_on_main(run_queue_ms=300.0), threads_wall_ms=1000.0)
    found = visit(too_much, seen, counted=right)["elapsed"]
    assert found.error == pytest.approx(0.08)
    assert not found.closes


def test_what_is_too_much_in_one_stretch_does_not_make_up_for_what_is_lacking_in_another() -> None:
    """3 % each: the timed stretch holds more than passed, and the counted one less than the thread waited."""
    seen = replace(SEEN, where="main")
    too_much = replace(uncounted_on_main(run_queue_ms=250.0), threads_wall_ms=1000.0)
    lacking = replace(on_main(tasks_ms=830.0, cpu_ms=780.0, run_queue_ms=20.0), threads_wall_ms=1000.0)
    trial = Trial(
        rung="web",
        round=0,
        started_s=0.0,
        ended_s=1.0,
        batch=1,
        samples_ms=(),
        seen=seen,
        load=too_much,
        counted=CountedStretch(runs_ms=(6.0,) * RUNS, load=lacking),
    )
    errors = [(one.terms, pytest.approx(one.error)) for one in closures(trial, outputs_bytes=4000)]
    assert errors == [("wall", 0.0), ("cpu", 0.0), ("at-work", -0.03), ("elapsed", 0.0), ("elapsed", 0.03)]


def test_what_a_hypervisor_took_is_in_no_figure_of_a_thread() -> None:
    assert visit(load(800.0, 0.0, 850.0, stolen_ms=40.0))["at-work"].closes
    beyond = visit(load(850.0, 0.0, 800.0, stolen_ms=40.0))["at-work"]
    assert not beyond.closes, "stolen time makes no thread run longer than it was at work"


def test_with_helpers_a_run_may_be_blocked_and_still_nobody_runs_longer_than_it_works() -> None:
    helped = replace(SEEN, where="worker", threads=2)
    assert visit(load(500.0, 0.0, 900.0), helped)["at-work"].closes
    assert not visit(load(950.0, 0.0, 900.0), helped)["at-work"].closes


def test_a_run_may_be_blocked_on_a_gpu() -> None:
    """A page that reads from WebGL waits for the GPU's process, and is in a task all the while."""
    drawing = replace(SEEN, where="main", adapter=SWIFTSHADER)
    assert visit(load(500.0, 0.0, 900.0), drawing)["at-work"].closes
    assert not visit(load(950.0, 0.0, 900.0), drawing)["at-work"].closes


LITTLE, MUCH = 300_000, 800_000
"""Bytes of outputs, which a page makes anew in so many runs and forgets: V8 begins to collect at 64 MiB."""


def test_beside_much_garbage_a_lack_is_no_error_for_the_thread_waits_for_the_collectors_helpers() -> None:
    on_the_page = replace(on_main(tasks_ms=950.0, cpu_ms=900.0, run_queue_ms=10.0), threads_wall_ms=1000.0)
    between_runs = replace(load(900.0, 10.0, 870.0), threads_wall_ms=1000.0)
    for found, seen, error in (
        (on_the_page, replace(SEEN, where="main"), -0.04),
        (between_runs, IN_WORKER, 0.03),
    ):
        beside_little = visit(found, seen, outputs_bytes=LITTLE)
        assert beside_little["at-work"].error == pytest.approx(error)
        beside_much = visit(found, seen, outputs_bytes=MUCH)
        assert beside_much.keys() == beside_little.keys() - {"at-work"}
        assert all(one.closes for one in beside_much.values())


@pytest.mark.parametrize("outputs_bytes", [LITTLE, MUCH])
def test_nobody_runs_and_waits_for_longer_than_time_passes_whatever_garbage_there_is(
    outputs_bytes: int,
) -> None:
    too_much = replace(load(970.0, 60.0, 950.0), threads_wall_ms=1000.0)
    found = visit(too_much, outputs_bytes=outputs_bytes)["elapsed"]
    assert found.error == pytest.approx(0.03)
    assert not found.closes


def test_where_nobody_knows_the_outputs_and_the_time_between_two_readings_nothing_can_be_told() -> None:
    assert visit(load(900.0, 10.0, 870.0), outputs_bytes=None) == {}


def test_where_nobody_counted_nothing_is_said() -> None:
    assert visit(load(800.0, 100.0, None)) == {}
    assert visit(Load(wall_ms=1000.0, machine_busy_ms=None, own_cpu_ms=None, at_work_ms=1.0)) == {}
