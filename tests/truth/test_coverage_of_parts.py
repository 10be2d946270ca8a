"""Intervals of parts hold what they say, also of those that stand on more than the ladder's own rounds: on
profiled passes, and on side rungs, which have few rounds."""

from functools import cache

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.diagnosis import diagnose
from gapprof.explain.rows import cause_rows
from gapprof.facts.case import Case
from gapprof.records.estimate import Estimate
from gapprof.records.recording import Recording
from gapprof.records.trial import Profile
from tests.truth.planted_steps import PLANTED
from tests.truth.recorder import record

pytestmark = [pytest.mark.numbers, pytest.mark.long]

MACHINES = 3_000
STEPS = {**PLANTED, "native-avx2": 1.2, "native-avx": 1.3}
MARSHALLING_MS = {"native": 1.0, "web": 12.0}
LAUNCH, PASS = 0.03, 0.05
"""Standard deviations: of ln between launches, and of marshalling between profiled passes, over its size."""
SIDE_ROUNDS = 3
ON_SIDE_RUNGS = ("simd/to-avx2", "simd/to-avx", "simd/to-128")
ON_PASSES = ("runtime/marshalling-and-dispatch",)
ON_THE_LADDER = (
    "library/layout",
    "library/graph",
    "runtime/flags",
    "runtime/event-loop",
    "contention/main-thread",
    "contention/page",
    "simd/with-layout",
)


def recording(seed: int, *, launch: float = LAUNCH, passes: float = PASS) -> Recording:
    machine = Machine(
        latency_ms=ladder_ms(STEPS), marshalling_ms=MARSHALLING_MS, launch_noise=launch, seed=seed
    )
    rng = np.random.default_rng([seed, 2])
    made = record(machine, side_rounds=SIDE_ROUNDS)
    return replace(
        made,
        entries=tuple(
            _with_luck(one, passes * rng.normal()) if isinstance(one, Profile) else one
            for one in made.entries
        ),
    )


def _with_luck(profile: Profile, more: float) -> Profile:
    """Getting in and out takes so much longer in this pass, of the same runs."""
    side = "web" if profile.rung.startswith("web") else "native"
    inside = (wall - MARSHALLING_MS[side] * (1 + more) for wall in profile.profiled_ms)
    return replace(profile, model_run_ms=tuple(inside))


def factors(made: Recording) -> dict[str, Estimate]:
    """CAUSE/PART → its factor, as reports have it."""
    case = Case(made)
    return {
        f"{row.id}/{part.id}": part.factor
        for row in cause_rows(case, case.get(diagnose))
        for part in row.children
        if part.factor is not None
    }


@cache
def coverage() -> dict[str, float]:
    truth = {name: found.point for name, found in factors(recording(0, launch=0.0, passes=0.0)).items()}
    hits = dict.fromkeys(truth, 0)
    for seed in range(MACHINES):
        for name, found in factors(recording(seed)).items():
            hits[name] += found.low <= truth[name] <= found.high
    return {name: count / MACHINES for name, count in hits.items()}


def test_every_part_that_was_planted_is_looked_at() -> None:
    assert coverage().keys() >= {*ON_THE_LADDER, *ON_SIDE_RUNGS, *ON_PASSES}


@pytest.mark.parametrize("part", ON_THE_LADDER)
def test_parts_on_the_ladder_lie_inside_their_intervals(part: str) -> None:
    assert coverage()[part] == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("part", [*ON_SIDE_RUNGS, *ON_PASSES])
def test_parts_on_side_rungs_and_on_passes_do_so_or_are_too_careful(part: str) -> None:
    """The fewest rounds decide."""
    assert coverage()[part] >= 0.935
