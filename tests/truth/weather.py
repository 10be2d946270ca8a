"""What makes trials of one rung differ: launches, rounds, drift, stalls. Given by a seed, known exactly."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from gapprof.records.job import Job
from tests.truth.fit_noise import MODELS, NOISE

Table = np.ndarray
"""[round, rung, visit] → ln of how many times slower than planted."""
RECORDED = json.loads(NOISE.read_text(encoding="utf-8"))
LAUNCH = 0.02
"""Standard deviation of ln between launches, as recorded (1.3 to 3.4 %)."""
STALL_SHARE = 0.1
"""Of trials, or of rounds."""
STALL, WEB_STALL, LONG_WEB_STALL = 0.25, 0.15, 0.25
"""How much longer a trial then takes, in ln: alike on both sides, or the web's alone. Where it is the web's
alone, the gap and what is not explained are covered less, and no estimator can do much better: half of all
runs of six rounds see no such round."""
DRIFT = 0.03
"""By how much a machine gets slower from one round to the next, in ln: by a fifth in six rounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """One kind of weather: a draw of the table, and what it is on average."""

    draw: Callable[[np.random.Generator, "Plan"], Table]
    web_excess: float = 0.0
    """E[ln] of web rungs less that of native ones: part of the truth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is visited, and in which order: the same as `Stages` makes of that ladder and seed."""

    rungs: tuple[str, ...]
    web: np.ndarray
    """[rung] → whether it is on the web's side."""
    visits: np.ndarray
    """[round, rung] → visits, where the round has the rung."""
    visited: tuple[np.ndarray, ...]
    """Of each round the numbers of its rungs, in the ladder's order, each as often as it is visited."""
    seed: int

    @property
    def rounds(self) -> int:
        """As many as there can be."""
        return len(self.visited)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the table."""
        return self.rounds, len(self.rungs), int(self.visits.max())

    def places(self) -> Table:
        """[round, rung, visit] → how many visits came before it."""
        found, before = np.zeros(self.shape), 0
        for number, visited in enumerate(self.visited):
            order = visited[np.random.default_rng([self.seed, number]).permutation(len(visited))]
            by_rung = np.argsort(order, kind="stable")
            rows = order[by_rung]
            visit = np.arange(len(rows)) - np.searchsorted(rows, rows)
            found[number, rows, visit] = before + by_rung
            before += len(order)
        return found


def gaussian(rng: np.random.Generator, plan: Plan) -> Table:
    """Launches alone."""
    return rng.normal(0.0, LAUNCH, plan.shape)


def recorded(rng: np.random.Generator, plan: Plan) -> Table:
    """Rounds and launches as one of three zoo models had them."""
    model = RECORDED[MODELS[rng.integers(len(MODELS))]]
    luck = rng.integers(len(model["native"]["rounds"]), size=plan.rounds)
    native, web = (
        np.array(side["rounds"])[luck][:, None, None] + rng.choice(side["trials"], plan.shape)
        for side in (model["native"], model["web"])
    )
    return np.where(plan.web[None, :, None], web, native)


def drifting(rng: np.random.Generator, plan: Plan) -> Table:
    """A machine that gets slower, or faster, all the time."""
    way = rng.choice([-1.0, 1.0])
    return gaussian(rng, plan) + way * DRIFT * plan.places() / plan.visits[-1].sum()


def stalls(rng: np.random.Generator, plan: Plan) -> Table:
    """Trials of both sides stall alike, each for itself."""
    return gaussian(rng, plan) + STALL * (rng.random(plan.shape) < STALL_SHARE)


def web_stalls(longer: float) -> Climate:
    """In some rounds all of the web's trials stall, and none of native's."""
    return Climate(draw=_stalling(longer, lambda plan: plan.web), web_excess=STALL_SHARE * longer)


def native_stalls(longer: float) -> Climate:
    """The same the other way round."""
    return Climate(draw=_stalling(longer, lambda plan: ~plan.web), web_excess=-STALL_SHARE * longer)


def _stalling(
    longer: float, side: Callable[[Plan], np.ndarray]
) -> Callable[[np.random.Generator, Plan], Table]:
    def draw(rng: np.random.Generator, plan: Plan) -> Table:
        bad = rng.random(plan.rounds) < STALL_SHARE
        return gaussian(rng, plan) + longer * (bad[:, None] & side(plan)[None, :])[:, :, None]

    return draw


CLIMATES: Mapping[str, Climate] = MappingProxyType(
    {
        "gaussian": Climate(draw=gaussian),
        "recorded": Climate(draw=recorded),
        "drift": Climate(draw=drifting),
        "stalls": Climate(draw=stalls),
        "web-stalls": web_stalls(WEB_STALL),
    }
)


def over(plan: Plan, table: Table) -> Callable[[Job], float]:
    """The same table for a synthetic machine that is told nothing but its job."""

    def weather(job: Job) -> float:
        if job.round < 0:
            return 0.0
        visit = job.seed - plan.seed - 1000 * (job.round + 1)
        return float(table[job.round, plan.rungs.index(job.rung), visit])

    return weather
