"""What was measured twice in one visit: wrong figures are found, and right ones are no error."""

import pytest
from msgspec.structs import replace

from gapprof.facts.closing import Closure, closures
from gapprof.records.trial import CountedStretch, Load, Seen, Trial
from tests.unit.facts.loads import BUSY, IN_WORKER, SEEN, load, on_main, uncounted_on_main
from tests.unit.gpu.written import SWIFTSHADER

RUNS = 150


def visit(
    found: Load, seen: Seen = IN_WORKER, *, outputs_bytes: int | None = 4000, after_it: Load | None = None
) -> dict[str, Closure]:
    """Of so many runs, of which the first is not timed. `after_it`: of a stretch that was counted."""
    trial = Trial(
        rung="web",
        round=0,
        started_s=0.0,
        ended_s=1.0,
        batch=1,
        samples_ms=(6.0,) * (RUNS - 1),
        seen=seen,
        load=found,
        counted=None if after_it is None else CountedStretch(runs_ms=(6.0,) * RUNS, load=after_it),
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
    assert set(visit(uncounted, seen, after_it=right)) == {"wall", "cpu", "at-work"}
    assert all(one.closes for one in visit(uncounted, seen, after_it=right).values())
    halved = on_main(tasks_ms=900.0, cpu_ms=780.0, run_queue_ms=60.0)
    assert not visit(uncounted, seen, after_it=halved)["at-work"].closes


def test_nobody_runs_and_waits_for_longer_than_time_passes_in_a_stretch_that_nobody_counted() -> None:
    seen, right = replace(SEEN, where="main"), on_main(tasks_ms=800.0, cpu_ms=780.0, run_queue_ms=20.0)
    too_much = replace(uncounted_on_main(run_queue_ms=300.0), threads_wall_ms=1000.0)
    found = visit(too_much, seen, after_it=right)["at-work"]
    assert found.error == pytest.approx(0.08)
    assert not found.closes


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


@pytest.mark.parametrize(("outputs_bytes", "collects"), [(300_000, False), (800_000, True)])
def test_beside_much_garbage_a_lack_is_no_error_for_the_thread_waits_for_the_collectors_helpers(
    outputs_bytes: int, collects: bool
) -> None:
    """What a page made anew in so many runs and forgot: V8 begins to collect at 64 MiB."""
    on_the_page = replace(on_main(tasks_ms=950.0, cpu_ms=900.0, run_queue_ms=10.0), threads_wall_ms=1000.0)
    found = visit(on_the_page, replace(SEEN, where="main"), outputs_bytes=outputs_bytes)["at-work"]
    assert found.error == pytest.approx(0.0 if collects else -0.04)
    between_runs = replace(load(900.0, 10.0, 870.0), threads_wall_ms=1000.0)
    found = visit(between_runs, outputs_bytes=outputs_bytes)["at-work"]
    assert found.error == pytest.approx(0.0 if collects else 0.03)
    too_much = replace(load(970.0, 60.0, 950.0), threads_wall_ms=1000.0)
    found = visit(too_much, outputs_bytes=outputs_bytes)["at-work"]
    assert not found.closes, "nobody runs and waits for longer than time passes"


def test_where_nobody_knows_the_outputs_and_the_time_between_two_readings_nothing_can_be_told() -> None:
    assert visit(load(900.0, 10.0, 870.0), outputs_bytes=None) == {}


def test_where_nobody_counted_nothing_is_said() -> None:
    assert visit(load(800.0, 100.0, None)) == {}
    assert visit(Load(wall_ms=1000.0, machine_busy_ms=None, own_cpu_ms=None, at_work_ms=1.0)) == {}
