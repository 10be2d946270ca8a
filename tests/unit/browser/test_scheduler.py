"""What happened between two snapshots of the scheduler's figures."""

import asyncio

import pytest

from gapprof.browser import scheduler
from gapprof.browser.crew import Crew
from gapprof.browser.page import Page
from gapprof.browser.scheduler import Snapshot, load
from gapprof.core_speed import cores
from gapprof.records.trial import ThreadUse
from tests.unit.browser.devtools import OWN_RENDERER, answering, process

PAGE, MODEL = 10, 11


def use(thread: str, cpu_ms: float, waited_ms: float, role: str) -> ThreadUse:
    return ThreadUse(process="renderer", thread=thread, cpu_ms=cpu_ms, run_queue_ms=waited_ms, role=role)


def snapshot(at_s: float, threads: dict[int, ThreadUse]) -> Snapshot:
    return Snapshot(
        at_s=at_s,
        machine_busy_ms=1000 * at_s,
        machine_stolen_ms=10 * at_s,
        own_cpu_ms=500 * at_s,
        threads={PAGE: threads},
        threads_at_s=at_s + 0.01,
    )


def test_in_a_worker_the_model_is_at_work_while_it_runs() -> None:
    first = {PAGE: use("chrome", 0.0, 0.0, "main"), MODEL: use("DedicatedWorker", 50.0, 5.0, "inference")}
    last = {PAGE: use("chrome", 30.0, 1.0, "main"), MODEL: use("DedicatedWorker", 750.0, 25.0, "inference")}
    found = load(snapshot(0.0, first), snapshot(1.0, last), runs_ms=715.0)
    assert found.at_work_ms == 715.0
    assert [(one.role, one.cpu_ms, one.run_queue_ms) for one in found.threads] == [
        ("main", 30.0, 1.0),
        ("inference", 700.0, 20.0),
    ]
    assert (found.wall_ms, found.threads_wall_ms, found.stolen_ms) == pytest.approx((1000.0, 1000.0, 10.0))
    assert (found.machine_busy_ms, found.own_cpu_ms) == (1000.0, 500.0)


def test_pieces_add_up_thread_by_thread_and_windows_without_what_was_between_them() -> None:
    """A thread that was born between them counts from then on; in a pause within a window it does not."""
    worker = [use("DedicatedWorker", ms, ms / 10, "inference") for ms in (50.0, 150.0, 400.0, 700.0)]
    page, born = use("chrome", 0.0, 0.0, "main"), use("ThreadPool", 7.0, 1.0, "")
    first, pause, again = ({PAGE: page, MODEL: one} for one in worker[:3])
    last = {PAGE: page, MODEL: worker[3], 12: born}
    pieces = [(snapshot(0.0, first), snapshot(1.0, pause)), (snapshot(5.0, again), snapshot(7.0, last))]
    apart = scheduler.load_in(pieces, pieces, runs_ms=405.0)
    assert [(one.thread, one.cpu_ms, one.run_queue_ms) for one in apart.threads] == [
        ("chrome", 0.0, 0.0),
        ("DedicatedWorker", 400.0, 40.0),
        ("ThreadPool", 7.0, 1.0),
    ]
    assert (apart.wall_ms, apart.threads_wall_ms, apart.windows) == (3000.0, pytest.approx(3000.0), 2)
    assert (apart.machine_busy_ms, apart.own_cpu_ms, apart.stolen_ms) == (3000.0, 1500.0, 30.0)
    joined = scheduler.load_in([(pieces[0][0], pieces[1][1])], pieces, runs_ms=405.0)
    assert (joined.wall_ms, joined.threads_wall_ms, joined.windows) == (7000.0, pytest.approx(3000.0), 1)
    assert (joined.threads, joined.at_work_ms) == (apart.threads, 405.0)
    assert (joined.machine_busy_ms, joined.own_cpu_ms, joined.stolen_ms) == (7000.0, 3500.0, 70.0)


def test_of_a_main_thread_the_kernel_does_not_say_how_long_it_was_at_work() -> None:
    """It has the page's own work as well, and waits for a core on waking up."""
    first, last = use("chrome", 0.0, 0.0, "inference"), use("chrome", 790.0, 15.0, "inference")
    found = load(snapshot(0.0, {PAGE: first}), snapshot(1.0, {PAGE: last}), runs_ms=715.0)
    assert (found.at_work_ms, found.clocks) == (None, None)
    assert found.threads[0].cpu_ms == 790.0


def test_what_nobody_knows_stays_unknown() -> None:
    found = load(snapshot(0.0, {}), snapshot(1.0, {}), runs_ms=715.0)
    assert found.at_work_ms is None
    assert found.threads == ()


def test_threads_with_a_role_are_kept_however_little_they_do() -> None:
    idle = {PAGE: use("chrome", 1.0, 0.0, "inference"), 12: use("Compositor", 1.0, 0.0, "")}
    found = load(snapshot(0.0, idle), snapshot(1.0, idle))
    assert [one.role for one in found.threads] == ["inference"]


@pytest.mark.skipif(not cores(), reason="needs a kernel that tells of threads")
@pytest.mark.parametrize(("undecided", "told"), [(False, True), (True, False)])
def test_where_a_page_may_be_any_of_several_nothing_is_told_of_threads(undecided: bool, told: bool) -> None:
    """Another tab's would be taken for the page's, or its own for another's."""
    crew = Crew(renderer=None, undecided=undecided)

    async def both() -> Snapshot:
        async with answering({"SystemInfo.getProcessInfo": lambda _asked: OWN_RENDERER}) as connection:
            page, browser = Page(connection=connection, target="page", session="page"), process()
            first = await scheduler.before(page, browser, crew)
            assert bool(first.threads) == told
            return await scheduler.after(page, browser, crew)

    last = asyncio.run(both())
    assert bool(last.threads) == told
    assert last.own_cpu_ms > 0
