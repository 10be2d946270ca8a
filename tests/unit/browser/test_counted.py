"""What the browser says of a page's main thread, beside what the kernel and our clock say of it."""

import pytest

from gapprof.browser.counted import Asked, MainThread, clocks_between, patience_s, with_tasks
from gapprof.records.trial import Load, ThreadUse


def use(cpu_ms: float, waited_ms: float) -> ThreadUse:
    return ThreadUse(
        process="renderer", thread="chrome", cpu_ms=cpu_ms, run_queue_ms=waited_ms, role="inference"
    )


def asked(at_s: float, *, tasks_ms: float, cpu_ms: float, kernel: ThreadUse | None) -> Asked:
    return Asked(
        told=MainThread(at_ms=1000 * at_s, tasks_ms=tasks_ms, cpu_ms=cpu_ms),
        before_s=at_s - 0.002,
        after_s=at_s + 0.003,
        before=kernel,
        after=kernel,
    )


def load(*threads: ThreadUse) -> Load:
    return Load(wall_ms=1000.0, machine_busy_ms=None, own_cpu_ms=None, threads=threads)


def test_tasks_say_how_long_a_main_thread_was_off_the_cpu() -> None:
    """Of 800 ms in tasks 780 were on the CPU: 20 off it, beside the 790 that the kernel saw by then."""
    first = asked(0.0, tasks_ms=100.0, cpu_ms=90.0, kernel=use(0.0, 0.0))
    last = asked(1.0, tasks_ms=900.0, cpu_ms=870.0, kernel=use(790.0, 15.0))
    assert with_tasks(load(use(790.0, 15.0)), first, last).at_work_ms == pytest.approx(810.0)


def test_the_browsers_clocks_stand_between_the_tightest_and_the_widest_readings_of_ours() -> None:
    found = clocks_between(
        asked(0.0, tasks_ms=100.0, cpu_ms=90.0, kernel=use(0.0, 0.0)),
        asked(1.0, tasks_ms=900.0, cpu_ms=880.0, kernel=use(790.0, 15.0)),
    )
    assert found is not None
    assert found.wall_ms == pytest.approx(1000.0)
    assert found.wall_bounds_ms == pytest.approx((995.0, 1005.0))
    assert (found.cpu_ms, found.cpu_bounds_ms) == (790.0, (790.0, 790.0))
    assert (found.tasks_ms, found.run_queue_ms) == (800.0, 15.0)


def test_without_a_kernel_that_tells_there_is_nothing_to_hold_the_browsers_clocks_to() -> None:
    first, last = (asked(at_s, tasks_ms=0.0, cpu_ms=0.0, kernel=None) for at_s in (0.0, 1.0))
    assert clocks_between(first, last) is None
    assert with_tasks(load(), first, last) == load()


def test_half_of_what_a_visit_has_left_is_never_spent_on_counting() -> None:
    """Nor more than a page that works needs, however much there is."""
    for left_s in (0.5, 2.0, 4.0, 20.0, 300.0):
        most_s = patience_s(0.6, left_s=left_s)
        assert most_s is None or 0.6 <= most_s <= left_s / 2 - 1.0
    assert patience_s(0.6, left_s=3.0) is None
    assert patience_s(0.6, left_s=4.0) == pytest.approx(1.0)
    assert patience_s(0.6, left_s=300.0) == pytest.approx(8.0)
    assert patience_s(20.0, left_s=41.0) is None
