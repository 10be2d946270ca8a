"""What a pass says of nodes that the profiler slows down, on cores that change their speed, as planted."""

from collections.abc import Sequence
from statistics import median

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.facts.case import Case
from gapprof.facts.profile_pass import BEYOND_THE_CHAIN, blocks, pass_of
from gapprof.facts.profiles import WEB, profile_of
from gapprof.records.recording import Recording
from gapprof.records.trial import PROFILE_BLOCKS, NodeTime, Profile
from tests.truth.recorder import begin, record

KERNELS_MS = (4.0, 0.5, 0.003, 0.001)
MARSHALLING_MS, DISPATCH_US, LINK_US = 0.4, 0.2, 2.0
RUN_MS = sum(KERNELS_MS) + MARSHALLING_MS + len(KERNELS_MS) * DISPATCH_US / 1e3
RUNS = 6


def profile(
    *,
    inside_us: float = LINK_US,
    speeds: Sequence[tuple[float, float]] = ((1.0, 1.0),) * PROFILE_BLOCKS,
    kernels_slower: float = 1.0,
    provider: str = "CPUExecutionProvider",
) -> Profile:
    """Blocks on cores that take `speeds` times as long, without the profiler and with it, which adds
    `inside_us` to each node's time and as much again to the time between nodes."""
    model = next(one for one in record(Machine()).of(Profile) if one.rung == WEB)
    plain = [slow for slow, _ in speeds for _ in range(RUNS)]
    told = [slow for _, slow in speeds for _ in range(RUNS)]
    node_ms = [kernel * kernels_slower + inside_us / 1e3 for kernel in KERNELS_MS]
    between_ms = len(KERNELS_MS) * (DISPATCH_US + inside_us) / 1e3
    model_run_ms = [(sum(node_ms) + between_ms) * slow for slow in told]
    return replace(
        model,
        unprofiled_ms=tuple(RUN_MS * slow for slow in plain),
        model_run_ms=tuple(model_run_ms),
        profiled_ms=tuple(run + MARSHALLING_MS * slow for run, slow in zip(model_run_ms, told, strict=True)),
        nodes=tuple(
            NodeTime(name=f"n{at}", op_type="Add", provider=provider, samples_ms=tuple(ms * s for s in told))
            for at, ms in enumerate(node_ms)
        ),
        dispatch_us_per_node=DISPATCH_US,
        profiler_us_per_node=LINK_US - DISPATCH_US,
    )


def closure(*passes: Profile) -> float:
    found = profile_of(Case(Recording(begin=begin(), entries=passes)), WEB)
    assert found is not None
    assert found.closure is not None
    return found.closure


def test_what_kernels_take_beyond_unprofiled_runs_is_taken_off_as_far_as_a_profiler_may_do_it() -> None:
    beside_ms = len(KERNELS_MS) * LINK_US / 1e3
    slower = 1 + BEYOND_THE_CHAIN * beside_ms / sum(KERNELS_MS)
    one = profile(kernels_slower=slower)
    assert pass_of(one).undisturbed == pytest.approx(1 / slower)
    assert closure(one) == pytest.approx(1.0)
    found = profile_of(Case(Recording(begin=begin(), entries=(one,))), WEB)
    assert found is not None
    assert [node.ms for node in found.nodes.values()] == pytest.approx(KERNELS_MS)
    assert found.nodes["n0"].samples_ms == pytest.approx([KERNELS_MS[0]] * PROFILE_BLOCKS * RUNS)


def test_a_profiler_that_only_adds_to_nodes_leaves_kernels_as_they_are() -> None:
    assert pass_of(profile()).undisturbed == pytest.approx(1.0)
    assert closure(profile()) == pytest.approx(1.0)


def test_what_nodes_take_beyond_any_profiler_stays_and_the_closure_shows_it() -> None:
    one = profile(kernels_slower=1.2)
    assert closure(one) > 1.15


def test_nodes_that_are_missing_are_no_slow_profiler() -> None:
    one = profile()
    one = replace(one, nodes=one.nodes[1:])
    assert pass_of(one).undisturbed == 1.0
    assert closure(one) < 0.5


def test_nodes_that_go_on_after_their_times_end_say_nothing_of_the_profiler() -> None:
    assert pass_of(profile(kernels_slower=1.2)).undisturbed < 1
    assert pass_of(profile(kernels_slower=1.2, provider="JsExecutionProvider")).undisturbed == 1


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
