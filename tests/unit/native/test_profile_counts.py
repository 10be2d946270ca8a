"""How many runs a profile has, and how many of them share a session."""

import pytest

from gapprof.native.profile_counts import (
    EVENT_BYTES,
    MOST_BYTES,
    ORDINARY_NODES,
    OneSession,
    SessionPerBlock,
    counts_for,
    run_count,
)
from gapprof.records.trial import PROFILE_BLOCKS


def test_profiled_runs_fill_a_fifth_of_a_second_within_bounds() -> None:
    assert run_count(4.0, deadline_s=60) == 50
    assert run_count(0.01, deadline_s=60) == 200
    assert run_count(100.0, deadline_s=60) == 8
    assert run_count(2_000.0, deadline_s=60) == 7  # a quarter of the deadline
    assert run_count(30_000.0, deadline_s=60) == PROFILE_BLOCKS


@pytest.mark.parametrize("nodes", [0, 1, ORDINARY_NODES])
@pytest.mark.parametrize(("run_ms", "runs"), [(0.01, 50), (4.0, 12), (100.0, 2)])
def test_a_graph_of_ordinary_size_has_all_its_runs_in_one_session(
    nodes: int, run_ms: float, runs: int
) -> None:
    assert counts_for(run_ms, deadline_s=60, nodes=nodes) == OneSession(runs=runs)


def test_a_larger_graph_has_one_session_as_long_as_its_runs_are_few() -> None:
    """mobilebert's 1,654 nodes take some 30 ms: with a warm-up of three, 15 runs are made."""
    assert counts_for(30.0, deadline_s=60, nodes=1654) == OneSession(runs=2)
    assert counts_for(4.0, deadline_s=60, nodes=1654) == SessionPerBlock(runs=12, warmup_runs=3)


@pytest.mark.parametrize(
    ("nodes", "counts"),
    [
        (501, SessionPerBlock(runs=50, warmup_runs=3)),
        (5_000, SessionPerBlock(runs=5, warmup_runs=3)),
        (10_000, SessionPerBlock(runs=2, warmup_runs=2)),
        (20_000, SessionPerBlock(runs=1, warmup_runs=1)),
        (21_000, SessionPerBlock(runs=1, warmup_runs=1)),
        (60_000, SessionPerBlock(runs=1, warmup_runs=1)),
    ],
)
def test_no_session_of_a_larger_graph_keeps_more_events_than_fit_beside_it(
    nodes: int, counts: SessionPerBlock
) -> None:
    """Two runs are the least: the first one warms up."""
    assert counts_for(0.01, deadline_s=60, nodes=nodes) == counts
    assert counts.made * nodes * EVENT_BYTES <= MOST_BYTES or counts.made == 2


def test_a_session_makes_its_warm_up_and_one_run_before_each_block() -> None:
    assert OneSession(runs=2).made == 3 + PROFILE_BLOCKS * (1 + 2)
    assert OneSession(runs=50).made == 50 + PROFILE_BLOCKS * (1 + 50)
    assert SessionPerBlock(runs=5, warmup_runs=3).made == 8
