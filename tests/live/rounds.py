"""Whole runs of as few rounds, and as little in each, as claims need: no claim is about wide intervals."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module

import pytest
from msgspec.structs import replace

from gapprof import rungs
from gapprof.measure.pacing import pace_for, preflight_pace, thriftier
from gapprof.measure.spending import measurable
from gapprof.records.job import Pace
from gapprof.records.recording import PlannedRung
from gapprof.records.wire.warm import WarmTask

ROUNDS = 2
"""As few as have an interval."""
SIDE_ROUNDS = 1
"""Of what stands beside the ladder: a figure, which is all that is claimed of it."""
REQUESTS = 12
"""Of a rung, in all of its rounds: four in each way of waking the page up."""
REPEATS, CLICKS = 2, 2
"""Of what a page that is felt does, and of what somebody does there."""
WARMUP_MS = 20.0
_ONE_RUN = WarmTask(warmup_ms=0.0, warmup_runs=1)
_FOR_ONCE: Mapping[str, object] = {
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
    # No claim asks whether code has reached its speed, and none how well a sample or a profile is known.
    "gapprof.browser.ready.CHUNK": _ONE_RUN,
    "gapprof.gpu.crossing.WARMED": _ONE_RUN,
    "gapprof.browser.tier_up.QUIET_MS": 0.0,
    "gapprof.browser.tier_up.QUIET_SHARE": math.inf,
    "gapprof.browser.tier_up.QUIET_CHUNKS": 1,
    "gapprof.measure.pacing.SHORTEST_SAMPLE_MS": 0.0,
    "gapprof.gpu.crossing.TRACED_MS": 0.0,
    "gapprof.browser.tasks.PROFILED_MS": 100.0,
    "gapprof.browser.tasks.CHAIN_ROUNDS": 3,
    "gapprof.backends.chromium.CHAIN_PROFILED_RUNS": 3,
    "gapprof.gpu.replaying.PARTS": 3,
    # On a page that is busy each of a hundred would wait for its turn.
    "gapprof.browser.tasks.MOST_TRACED_REQUESTS": 10,
    "gapprof.watch.page._LEAST_S": 0.75,
    "gapprof.qoe.visits.WATCH_MS": 600.0,
    "gapprof.qoe.visits.REPEATS": REPEATS,
    "gapprof.qoe.visits.CLICKS": CLICKS,
}
"""Constant → its value within `few_rounds`."""


@contextmanager
def few_rounds(rounds: int = ROUNDS) -> Iterator[None]:
    """Within it a run of a small budget has so many instead of three, and one for side rungs: where there is
    but one, the same.
    """
    with pytest.MonkeyPatch.context() as patch:
        for module in ("spending", "stages"):
            patch.setattr(f"gapprof.measure.{module}.FEWEST_ROUNDS", rounds)
            patch.setattr(f"gapprof.measure.{module}.SIDE_ROUNDS", SIDE_ROUNDS)
            if rounds == SIDE_ROUNDS:
                patch.setattr(f"gapprof.measure.{module}.chain_rungs", _all_at_once)
        patch.setattr("gapprof.measure.reproducing.ROUNDS", rounds)
        patch.setattr("gapprof.measure.preflight.pace_for", partial(_hurried, requests=REQUESTS // rounds))
        for module in ("measure.stages", "selftest.run"):
            patch.setattr(f"gapprof.{module}.preflight_pace", _hurried_look)
        for constant, value in _FOR_ONCE.items():
            patch.setattr(constant, value)
        yield


@contextmanager
def pared_down() -> Iterator[None]:
    """Within it nothing is done that most claims are not about: the built-in busy page is visited only where
    somebody asks for it, and nobody looks at how fast cores are, which other tests share.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gapprof.core_speed.MOST_CORES", 0)
        for backend in rungs.backends():
            module = import_module(f"{rungs.__name__}.{backend}.web_busy")
            patch.setattr(module, "RUNG", replace(module.RUNG, visited="if-wanted"))
        yield


def _all_at_once(steps: Sequence[PlannedRung]) -> tuple[str, ...]:
    """The chain, and in the same round what is asked for beside it: nothing is visited again for that."""
    wanted = (step for step in steps if measurable(step) and step.planned)
    return tuple(
        step.rung.id for step in wanted if step.rung.role != "side" or step.rung.visited != "if-affordable"
    )


def _hurried_look(deadline_s: float) -> Pace:
    return replace(preflight_pace(deadline_s), warmup_ms=WARMUP_MS)


def _hurried(
    *, native_ms: float, web_ms: float, timer_step_us: float, deadline_s: float, requests: int
) -> Pace:
    """As few runs as a trial can have, as where a budget buys no more."""
    usual = pace_for(native_ms=native_ms, web_ms=web_ms, timer_step_us=timer_step_us, deadline_s=deadline_s)
    unseen = replace(usual, stretch_ms=0.0, native_stretch_ms=0.0, fewest_requests=requests)
    return replace(thriftier(unseen), warmup_ms=WARMUP_MS)
