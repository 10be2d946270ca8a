"""What a main thread did while the model ran, from looks at its counters and what runs were heard."""

import pytest

from gapprof.records.observed import ObservedStretch
from gapprof.watch import page
from gapprof.watch.heard import RunLine
from gapprof.watch.main_thread import Look, stretch_of

BORN_MS, NAVIGATED_MS = 1_700_000_000_000.0, 5_000.0
"""The same moment on the clock of runs and on that of the counters."""


def run(began_ms: float, took_ms: float = 50.0) -> RunLine:
    return RunLine(session="7", began_ms=BORN_MS + began_ms, took_ms=took_ms, failed=False)


def looked(at_ms: float, *, busy: float = 0.8, navigated_ms: float = NAVIGATED_MS) -> Look:
    """At a page whose main thread is that busy, and that spends a hundredth of its time on answers."""
    return Look(
        at_ms=navigated_ms + at_ms,
        navigated_ms=navigated_ms,
        tasks_ms=busy * at_ms,
        styles_ms=0.1 * at_ms,
        ours_ms=0.01 * at_ms,
    )


LOOKS = [looked(250.0 * number) for number in range(20)]
RUNS = [run(1000.0 + 100.0 * number) for number in range(20)]


def stretch(
    looks: list[Look] = LOOKS, chosen: list[RunLine] = RUNS, here: list[RunLine] | None = RUNS
) -> ObservedStretch | None:
    return stretch_of(looks, born_ms=BORN_MS, chosen=chosen, here=here)


def test_it_begins_with_the_end_of_the_first_run_and_ends_before_that_of_the_last() -> None:
    found = stretch()
    assert found is not None
    assert found.over_ms == pytest.approx(2750.0 - 1250.0)
    assert found.styles_ms == pytest.approx(150.0)
    assert found.runs_ms == pytest.approx(750.0)


def test_what_answering_takes_is_none_of_the_pages() -> None:
    found = stretch()
    assert found is not None
    assert found.tasks_ms == pytest.approx((0.8 - 0.01) * 1500.0)


def test_of_a_run_at_the_edge_that_part_counts_which_was_looked_at() -> None:
    found = stretch(here=[run(1150.0, 200.0), run(2700.0, 500.0)])
    assert found is not None
    assert found.runs_ms == pytest.approx(100.0 + 50.0)


def test_a_model_elsewhere_leaves_no_runs_here() -> None:
    found = stretch(here=[])
    assert found is not None
    assert found.runs_ms == 0.0


def test_runs_that_wait_for_a_gpu_are_no_work_of_the_thread() -> None:
    found = stretch(here=None)
    assert found is not None
    assert found.runs_ms is None


@pytest.mark.parametrize(
    ("looks", "chosen"),
    [
        ([], RUNS),
        (LOOKS, RUNS[:1]),
        (LOOKS, [run(1000.0), run(1100.0)]),
        (LOOKS[:3], RUNS),
        ([looked(1500.0), looked(1700.0)], RUNS),
    ],
    ids=["no looks", "one run", "quick runs", "looks before", "too little between"],
)
def test_too_little_says_nothing(looks: list[Look], chosen: list[RunLine]) -> None:
    assert stretch(looks, chosen) is None


def test_looks_at_another_document_are_left_out() -> None:
    before = [looked(number * 250.0, busy=0.1, navigated_ms=1_000.0) for number in range(17)]
    assert stretch(before + LOOKS) == stretch()


def test_looks_at_a_document_that_was_left_hold_no_stretch_of_the_one_that_is_there() -> None:
    now = [looked(250.0 * number, navigated_ms=NAVIGATED_MS + 60_000.0) for number in range(4)]
    assert not page._hold_a_stretch([])
    assert page._hold_a_stretch(LOOKS)
    assert not page._hold_a_stretch([*LOOKS, *now[:3]])
    assert page._hold_a_stretch([*LOOKS, *now])
