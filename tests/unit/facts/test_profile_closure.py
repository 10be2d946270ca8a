"""A pass is held to what other passes say, so that its sum can miss a run."""

import pytest
from msgspec.structs import replace

from gapprof.records.trial import PROFILE_BLOCKS, Profile
from tests.unit.facts.profiled import KERNELS_MS, RUN_MS, RUNS, closure, merged, profile

CHAIN_US = 200.0
"""So that kernels that take a fifth longer are within what a profiler may do."""
SLOWER = 1.2
LONGER = SLOWER * sum(KERNELS_MS) - sum(KERNELS_MS)
QUICK, SLOW = profile(inside_us=CHAIN_US), profile(inside_us=CHAIN_US, kernels_slower=SLOWER)


def by_turns() -> Profile:
    """A pass whose profiler slows kernels in every second block alone."""
    runs = range(PROFILE_BLOCKS * RUNS)
    nodes = tuple(
        replace(
            quick,
            samples_ms=tuple((slow if at // RUNS % 2 else quick).samples_ms[at] for at in runs),
        )
        for quick, slow in zip(QUICK.nodes, SLOW.nodes, strict=True)
    )
    return replace(QUICK, nodes=nodes)


def test_each_closes_with_its_own_share_and_both_together_do_not() -> None:
    assert closure(QUICK) == pytest.approx(1.0)
    assert closure(SLOW) == pytest.approx(1.0)
    assert merged(SLOW).uncut_closure == pytest.approx(1 + LONGER / RUN_MS)
    assert closure(QUICK, SLOW) == pytest.approx(1 + LONGER / RUN_MS)


def test_halves_of_a_single_pass_are_held_to_one_another() -> None:
    assert closure(by_turns()) == pytest.approx(1 + LONGER / RUN_MS)


def test_passes_that_agree_close_and_one_that_does_not_is_no_verdict_on_the_rest() -> None:
    assert closure(SLOW, SLOW) == pytest.approx(1.0)
    assert closure(SLOW, SLOW, QUICK) == closure(QUICK, SLOW, SLOW)
    assert closure(SLOW, SLOW, SLOW, QUICK) == pytest.approx(1.0)


def test_of_three_that_all_differ_the_one_in_the_middle_by_its_error_is_told() -> None:
    between = profile(inside_us=CHAIN_US, kernels_slower=1.05)
    found = closure(QUICK, between, SLOW)
    assert abs(found - 1) > 0.05
    assert found == closure(SLOW, QUICK, between)


def test_where_nothing_says_a_share_none_is_taken() -> None:
    provider = "JsExecutionProvider"
    one = profile(inside_us=CHAIN_US, kernels_slower=SLOWER, provider=provider)
    found = merged(one, one)
    assert found.kernel_share is None
    assert found.closure == found.uncut_closure == pytest.approx(1 + LONGER / RUN_MS)
    assert found.nodes["n0"].ms == found.nodes["n0"].uncut_ms == pytest.approx(SLOWER * KERNELS_MS[0])


def test_a_pass_without_unprofiled_runs_says_nothing_of_others() -> None:
    silent = replace(SLOW, unprofiled_ms=())
    assert closure(QUICK, silent) == pytest.approx(1.0)
    assert merged(QUICK, silent).kernel_share == pytest.approx(1.0)
