"""Thousands of runs at once: the figures that `measure` and `build` would come to, without their records.

A machine is ln(latency) of each rung, drawn at random; weather makes its trials differ. What is decided on
them (rounds of the second stage, intervals, verdicts, ranks, whether the report may be believed) is decided
by gapprof's own functions. `test_population.py` ties this to whole runs, to the last digits.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from msgspec.structs import replace

from gapprof import rungs
from gapprof.backends.synthetic import Machine
from gapprof.explain.diagnosis import counts, diagnose, level_within
from gapprof.explain.status import undecided
from gapprof.facts.case import Case
from gapprof.measure.resolve import ladder
from gapprof.measure.spending import FIRST_ROUNDS, by_id, chain_rungs, first_stage, total_rounds
from gapprof.measure.wanted import wanted_rungs
from gapprof.records.estimate import EFFECTS, Verdict
from gapprof.records.recording import PlannedRung
from gapprof.records.settings import Settings
from gapprof.stats.contrast import Contrast, Weights
from gapprof.stats.interval import contrast_interval
from gapprof.stats.planning import rounds_needed
from gapprof.stats.verdict import ranks, simultaneous_level, verdict
from tests.truth.recorder import CORES, record
from tests.truth.weather import Climate, Plan, Table

MOST_ROUNDS = 24
"""What the budget of these runs buys: six rounds and eighteen more."""
SETTINGS = Settings(threads=2, rungs="main", budget_s=3600.0)
BARE = Machine(marshalling_ms={"native": 0.0, "web": 0.0}, dispatch_us={"native": 0.0, "web": 0.0})
"""Nothing is computed from profiles: what is read between two rungs is what lies between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One run: what was true, what was found."""

    truth: Mapping[str, float]
    """Cause, part of one (CAUSE/PART), `residual` or `gap` → ln of its factor."""
    found: Mapping[str, Contrast]
    causes: tuple[str, ...]
    """Those of `found` that are causes."""
    parts: tuple[str, ...]
    """Those that are parts."""

    def holds(self, name: str) -> bool:
        """Whether the 95 % interval holds the truth."""
        return contrast_interval(self.found[name]).holds(self.truth[name])

    @property
    def unreliable(self) -> bool:
        """Whether the report would be flagged."""
        doubt = undecided(self.found["gap"], self.contrasts, SETTINGS.precision_percent)
        return doubt is not None

    @property
    def contrasts(self) -> dict[str, Contrast]:
        """Of the causes."""
        return {cause: self.found[cause] for cause in self.causes}

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """On every cause, then on every part."""
        level = simultaneous_level(len(self.causes))
        said: dict[str, Verdict] = {
            cause: verdict(contrast_interval(one, level)) for cause, one in self.contrasts.items()
        }
        for part in self.parts:
            cause = self.found[part.partition("/")[0]]
            own_level = level_within(cause, level, reading().measured_parts)
            said[part] = verdict(contrast_interval(self.found[part], own_level))
        return said

    @property
    def blamed(self) -> bool:
        """Whether anything is said to cost or save."""
        return any(said in EFFECTS for said in self.verdicts.values())

    @property
    def ranked_right(self) -> bool:
        """Whether no cause stands before one that is really larger."""
        places = ranks(self.contrasts, simultaneous_level(len(self.causes)))
        return all(
            self.truth[a] >= self.truth[b] for a in self.causes for b in self.causes if places[a] < places[b]
        )


def run(seed: int, climate: Climate, *, null: bool = False) -> Outcome:
    """One run of one machine."""
    names, weights = reading().names, reading().weights
    plan, rng = plan_for(seed), np.random.default_rng([seed, 1])
    ln_ms = np.zeros(len(plan.rungs)) if null else planted(rng, plan)
    values = cells(plan, ln_ms, climate.draw(rng, plan)) @ weights.T
    truth = weights @ (ln_ms + climate.web_excess * plan.web)
    whole = {name: values[:FIRST_ROUNDS, i] for i, name in enumerate(names) if name not in reading().parts}
    total = decided(whole)
    return Outcome(
        truth=dict(zip(names, map(float, truth), strict=True)),
        found={
            name: Contrast(dict(enumerate(map(float, values[:total, i])))) for i, name in enumerate(names)
        },
        causes=reading().causes,
        parts=reading().parts,
    )


def decided(first: Mapping[str, np.ndarray]) -> int:
    """Rounds of both stages, as `Stages` decides them, where the budget buys MOST_ROUNDS: by no part."""
    values = {name: tuple(map(float, one)) for name, one in first.items()}
    wanted = rounds_needed(values, precision_percent=SETTINGS.precision_percent)
    left_s = float(MOST_ROUNDS - FIRST_ROUNDS)
    return total_rounds(wanted=wanted, done=FIRST_ROUNDS, worth=FIRST_ROUNDS, round_s=1.0, left_s=left_s)


def planted(rng: np.random.Generator, plan: Plan) -> np.ndarray:
    """[rung] → ln ms: two steps of three slow the model down by up to 2.2x."""
    draws = rng.random((len(plan.rungs), 2))
    ln_ms = 0.8 * draws[:, 0] * (draws[:, 1] < 2 / 3)
    for row, above in enumerate(_above(plan.rungs)):
        ln_ms[row] += 0.0 if above is None else ln_ms[above]
    return ln_ms


def cells(plan: Plan, ln_ms: np.ndarray, table: Table) -> np.ndarray:
    """[round, rung] → ln of the round's figure: the geometric mean over its visits."""
    there = np.arange(table.shape[2]) < plan.visits[:, :, None]
    return ln_ms + (table * there).sum(axis=2) / plan.visits


def plan_for(seed: int) -> Plan:
    """What a run of that seed visits, round by round: seeds differ in the order alone."""
    return dataclasses.replace(_first_plan(), seed=seed)


@cache
def _first_plan() -> Plan:
    steps = by_id(steps_of())
    wanted = wanted_rungs(SETTINGS.rungs, rungs.ladder("wasm"))
    planned = tuple(
        replace(step, planned=step.rung.role != "side" or step.rung.id in wanted) for step in steps_of()
    )
    first = first_stage(planned, FIRST_ROUNDS, {}, left_s=SETTINGS.budget_s, asked=wanted)
    names = tuple(dict.fromkeys(rung for rungs in first for rung in rungs))
    visits = np.array([steps[name].rung.visits for name in names])
    by_round = first + (chain_rungs(steps_of()),) * (MOST_ROUNDS - FIRST_ROUNDS)
    many = np.array([np.ones_like(visits), *([visits] * (MOST_ROUNDS - 1))])
    rows = [[names.index(rung) for rung in rungs] for rungs in by_round]
    return Plan(
        rungs=names,
        web=np.array([steps[name].rung.environment.backend != "native" for name in names]),
        visits=many,
        visited=tuple(np.repeat(those, many[number, those]) for number, those in enumerate(rows)),
        seed=0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What gapprof reads this ladder for."""

    names: tuple[str, ...]
    """Of figures: causes, their parts, `residual` and `gap`."""
    weights: np.ndarray
    """[figure, rung]"""
    causes: tuple[str, ...]
    parts: tuple[str, ...]
    """CAUSE/PART; without those that are nothing where nothing is computed from profiles."""
    measured_parts: int
    """With those."""


@cache
def reading() -> Reading:
    """As gapprof does it."""
    case = Case(record(BARE, SETTINGS, rounds=2))
    diagnosis = diagnose(case)
    findings = [one for one in diagnosis.findings if one.exercised and one.contrast is not None]
    causes = {one.cause.id: _row(one.weights) for one in findings}
    parts = {
        f"{one.cause.id}/{part.id}": _row(part.weights)
        for one in findings
        for part in one.claim.parts
        if part.id != one.cause.id and counts(case, part)
    }
    parts = {name: row for name, row in parts.items() if row.any()}
    whole = {"residual": _row(diagnosis.residual_weights), "gap": _row({"native": -1.0, "web": 1.0})}
    rows = {**causes, **parts, **whole}
    return Reading(
        names=tuple(rows),
        weights=np.array(list(rows.values())),
        causes=tuple(causes),
        parts=tuple(parts),
        measured_parts=diagnosis.measured_parts,
    )


def _row(weights: Weights) -> np.ndarray:
    """[rung]"""
    names = plan_for(0).rungs
    row = np.zeros(len(names))
    for rung, weight in weights.items():
        row[names.index(_trials_of(rung))] += weight
    return row


@cache
def steps_of() -> tuple[PlannedRung, ...]:
    """The ladder of these runs."""
    return ladder(
        rungs.ladder("wasm"),
        SETTINGS,
        cores=CORES,
        page_cores=CORES,
        page_threads=2,
        page_isolated=True,
        refuse=lambda _: None,
    )


def population(seeds: range, climate: Climate, *, null: bool = False) -> Iterator[Outcome]:
    """Many runs."""
    return (run(seed, climate, null=null) for seed in seeds)


def _trials_of(rung: str) -> str:
    """The rung whose trials stand for it: an alias's target, or what a computed one is computed from."""
    step = by_id(steps_of()).get(rung)
    if step is None:
        return {"web-kernels": "web-worker"}[rung]
    return step.alias_of or rung


@cache
def _above(names: tuple[str, ...]) -> tuple[int | None, ...]:
    """[rung] → the number of the nearest rung above it that is among those before it."""
    steps, found = by_id(steps_of()), list[int | None]()
    for row, name in enumerate(names):
        parent = steps[name].rung.derived_from
        while parent is not None and parent not in names[:row]:
            step = steps[parent]
            parent = step.alias_of or step.rung.derived_from
        found.append(None if parent is None else names.index(parent))
    return tuple(found)
