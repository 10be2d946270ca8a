"""What a pass says of nodes that the profiler slows down, on cores that change their speed, as planted."""

from itertools import pairwise
from statistics import median

import pytest
from msgspec.structs import replace

from gapprof.facts.profile_pass import (
    BEYOND_THE_CHAIN,
    LEAST_KERNEL_SHARE,
    MOST_KERNEL_SHARE,
    Pair,
    blocks,
    pass_of,
)
from gapprof.records.trial import PROFILE_BLOCKS, NodeTime, Profile
from tests.unit.facts.profiled import (
    DISPATCH_US,
    KERNELS_MS,
    LINK_US,
    MARSHALLING_MS,
    RUN_MS,
    RUNS,
    closure,
    merged,
    profile,
)

BESIDE_MS = len(KERNELS_MS) * LINK_US / 1e3
AROUND_MS = MARSHALLING_MS + len(KERNELS_MS) * DISPATCH_US / 1e3
BOUND_MS = BEYOND_THE_CHAIN * BESIDE_MS
ANY = pass_of(profile())


def share(*, kernels_ms: float, excess_ms: float) -> float:
    """Of kernels that take so long by the profiler, and so much too long for a run."""
    pair = Pair(
        nodes_ms=BESIDE_MS + kernels_ms,
        profiled_ms=1.0,
        unprofiled_ms=kernels_ms + AROUND_MS - excess_ms,
    )
    found = ANY.kernel_share_in([pair])
    assert found is not None
    return found


@pytest.mark.parametrize("off", [-1, -0.5, 0, 0.5, 1])
def test_kernels_are_taken_as_they_fit_into_unprofiled_runs_up_to_the_bound(off: float) -> None:
    longer = 1 + off * BOUND_MS / sum(KERNELS_MS)
    one = profile(kernels_slower=longer)
    assert pass_of(one).kernel_share == pytest.approx(1 / longer)
    found = merged(one)
    assert found.closure == pytest.approx(1.0)
    assert found.uncut_closure == pytest.approx(1 + off * BOUND_MS / RUN_MS)
    assert [node.ms for node in found.nodes.values()] == pytest.approx(KERNELS_MS)
    assert [node.uncut_ms for node in found.nodes.values()] == pytest.approx([longer * k for k in KERNELS_MS])


@pytest.mark.parametrize("off", [-3, 1.5, 30])
def test_what_lies_beyond_the_bound_stays_and_the_closure_shows_it(off: float) -> None:
    longer = 1 + off * BOUND_MS / sum(KERNELS_MS)
    one = profile(kernels_slower=longer)
    at_most = 1 if off > 0 else -1
    assert pass_of(one).kernel_share == pytest.approx(1 - at_most * BOUND_MS / (longer * sum(KERNELS_MS)))
    assert closure(one) == pytest.approx(1 + (off - at_most) * BOUND_MS / RUN_MS)


def test_the_share_has_bounds_and_runs_up_to_them_without_a_jump() -> None:
    """Also where nothing but the chain's cost is left of the nodes, or less than that."""
    for excess_ms, bound in ((BOUND_MS, LEAST_KERNEL_SHARE), (-BOUND_MS, MOST_KERNEL_SHARE)):
        shares = [share(kernels_ms=at / 1e4, excess_ms=excess_ms) for at in range(-200, 4000)]
        assert shares[:201] == pytest.approx([bound] * 201)
        assert max(abs(a - b) for a, b in pairwise(shares)) < 0.003
        assert shares[-1] == pytest.approx(1 - excess_ms / 0.3999)
    across = [share(kernels_ms=0.02, excess_ms=at / 1e5) for at in range(-2000, 2000)]
    assert max(abs(a - b) for a, b in pairwise(across)) < 0.001
    assert (across[0], across[-1]) == (MOST_KERNEL_SHARE, LEAST_KERNEL_SHARE)


def test_nodes_that_are_missing_are_hardly_made_up_for() -> None:
    one = profile()
    one = replace(one, nodes=one.nodes[1:])
    found = pass_of(one).kernel_share
    assert found is not None
    assert found <= MOST_KERNEL_SHARE
    assert closure(one) < 0.5


def test_nodes_that_go_on_after_their_times_end_say_nothing_of_the_profiler() -> None:
    assert pass_of(profile(kernels_slower=1.001)).kernel_share == pytest.approx(1 / 1.001)
    assert pass_of(profile(kernels_slower=1.001, provider="JsExecutionProvider")).kernel_share is None


def test_an_excess_that_is_the_marshallings_is_taken_off_kernels_and_the_sum_before_has_it() -> None:
    """Nothing measures whose it is: what is taken to be the kernels' is not theirs here."""
    found = merged(profile(marshalling_slower=1.02))
    excess_ms = 0.02 * MARSHALLING_MS
    assert found.kernel_share == pytest.approx(1 - excess_ms / sum(KERNELS_MS))
    assert found.uncut_closure == pytest.approx(1 + excess_ms / RUN_MS)
    assert found.closure == pytest.approx(1.0)
    assert found.nodes["n0"].ms < KERNELS_MS[0]
    assert found.nodes["n0"].uncut_ms == pytest.approx(KERNELS_MS[0])


def test_a_core_that_changes_its_speed_between_blocks_changes_neither_closure_nor_ratio() -> None:
    """The first blocks ran on a slow core, and the second one without the profiler already on a fast one."""
    speeds = ((1.3, 1.3), (1.05, 1.3), (1.0, 1.0), (1.0, 1.0))
    one = profile(speeds=speeds)
    apart = median(one.profiled_ms) / median(one.unprofiled_ms)
    assert apart > 1.1, "medians over all runs, each by itself, are those of two cores"
    assert closure(one) == pytest.approx(1.0, abs=0.02)
    assert closure(one, one, profile()) == pytest.approx(1.0, abs=0.02)
    assert median(pair.profiled_ms / pair.unprofiled_ms for pair in pass_of(one).pairs) < 1.01


def test_times_of_nodes_add_up_to_a_run_though_each_of_them_is_slow_now_and_then() -> None:
    """In every run another quarter of the nodes takes three times as long, which no node's median shows."""
    names = range(40)
    profile_of_model = profile()
    nodes = tuple(
        NodeTime(
            name=f"n{at}",
            op_type="Add",
            provider="CPUExecutionProvider",
            samples_ms=tuple(3.0 if (at + run) % 4 == 0 else 1.0 for run in range(PROFILE_BLOCKS * RUNS)),
        )
        for at in names
    )
    found = pass_of(replace(profile_of_model, nodes=nodes))
    assert sum(found.node_ms.values()) == pytest.approx(40 * 1.5)
    assert sum(median(node.samples_ms) for node in nodes) == 40


def test_one_run_that_was_disturbed_is_in_no_nodes_time() -> None:
    one = profile()
    first, *others = one.nodes
    disturbed = replace(first, samples_ms=(1000.0, *first.samples_ms[1:]))
    assert _ms(replace(one, nodes=(disturbed, *others)))["n0"] == pytest.approx(_ms(one)["n0"])


def _ms(one: Profile) -> dict[str, float]:
    return dict(pass_of(one).node_ms)


@pytest.mark.parametrize("count", [0, 1, 3, 7])
def test_runs_that_make_no_blocks_are_one(count: int) -> None:
    assert [len(block) for block in blocks(range(count))] == [count]


def test_blocks_are_in_the_order_in_which_they_ran() -> None:
    assert blocks([1, 2, 3, 4, 5, 6, 7, 8]) == [[1, 2], [3, 4], [5, 6], [7, 8]]


def test_sides_with_other_counts_of_runs_are_one_pair() -> None:
    one = profile()
    found = pass_of(replace(one, unprofiled_ms=one.unprofiled_ms[:5]))
    assert len(found.pairs) == 1
    assert pass_of(replace(one, unprofiled_ms=())).pairs == ()
