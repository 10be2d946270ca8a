"""Whole runs of as few rounds, and as little in each, as claims need: no claim is about wide intervals."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from gapprof.measure.pacing import THRIFTY_REQUESTS, pace_for, thriftier
from gapprof.records.job import Pace

ROUNDS = 2
"""As few as have an interval."""
SIDE_ROUNDS = 1
"""Of what stands beside the ladder: a figure, which is all that is claimed of it."""
REPEATS, CLICKS = 3, 4
"""Of what a page that is felt does, and of what somebody does there."""
WARMUP_MS = 20.0
_FOR_ONCE: Mapping[str, float] = {
    # Other tests are at work on the same cores: every visit would be repeated for it.
    "gapprof.measure.stages.REPEATS_SHARE": 0.0,
    "gapprof.measure.reproducing._REPEATS_SHARE": 0.0,
    "gapprof.qoe.stage._REPEATS_S": 0.0,
    "gapprof.selftest.tour._MOST_REPEATS_S": 0.0,
    "gapprof.measure.fastest.LONGEST_WAIT_MS": 0.0,
    "gapprof.measure.fastest._FIRST_LOOK_S": 0.0,
    # For the same reason a visit may take many times what the first ones took, and the estimate of the width.
    "gapprof.measure.preflight.SHORTEST_DEADLINE_S": 300.0,
    "gapprof.measure.preflight.ESTIMATE_DEADLINE_S": 300.0,
    "gapprof.core_speed._TRIALS": 1,
    # No claim asks whether code has reached its speed, and none how well a profile is known.
    "gapprof.browser.tier_up.QUIET_MS": 0.0,
    "gapprof.browser.tier_up.QUIET_SHARE": math.inf,
    "gapprof.browser.tier_up.QUIET_CHUNKS": 1,
    "gapprof.browser.tasks.PROFILED_MS": 100.0,
    "gapprof.browser.tasks.CHAIN_ROUNDS": 3,
    "gapprof.backends.chromium.CHAIN_PROFILED_RUNS": 3,
    "gapprof.gpu.replaying.PARTS": 3,
    # On a page that is busy each of a hundred would wait for its turn.
    "gapprof.browser.tasks.MOST_TRACED_REQUESTS": 10,
    "gapprof.watch.page._LEAST_S": 0.75,
    "gapprof.qoe.visits.WATCH_MS": 1200.0,
    "gapprof.qoe.visits.REPEATS": REPEATS,
    "gapprof.qoe.visits.CLICKS": CLICKS,
}
"""Constant → its value within `few_rounds`."""


@contextmanager
def few_rounds(rounds: int = ROUNDS) -> Iterator[None]:
    """Within it a run of a small budget has so many instead of three, and one for side rungs."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("spending", "stages"):
            patch.setattr(f"gapprof.measure.{module}.FEWEST_ROUNDS", rounds)
            patch.setattr(f"gapprof.measure.{module}.SIDE_ROUNDS", SIDE_ROUNDS)
        patch.setattr("gapprof.measure.reproducing.ROUNDS", rounds)
        patch.setattr("gapprof.measure.preflight.pace_for", _hurried)
        for constant, value in _FOR_ONCE.items():
            patch.setattr(constant, value)
        yield


def _hurried(*, native_ms: float, web_ms: float, timer_step_us: float, deadline_s: float) -> Pace:
    """As few runs as a trial can have, as where a budget buys no more."""
    usual = pace_for(native_ms=native_ms, web_ms=web_ms, timer_step_us=timer_step_us, deadline_s=deadline_s)
    unseen = replace(usual, stretch_ms=0.0, native_stretch_ms=0.0, fewest_requests=THRIFTY_REQUESTS)
    return replace(thriftier(unseen), warmup_ms=WARMUP_MS)
