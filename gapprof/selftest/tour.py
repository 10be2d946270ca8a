"""The rounds: every stop of the plan once in each, in an order of its own, all in one recording."""

import dataclasses
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from gapprof.errors import EnvironmentUnusable
from gapprof.measure.fastest import Fastest
from gapprof.measure.journal import Journal
from gapprof.measure.outputs import REFERENCES, compare
from gapprof.measure.teller import Teller
from gapprof.measure.visits import Patience, Visits
from gapprof.records.backend import Backend
from gapprof.records.environment import Setting
from gapprof.records.job import Pace
from gapprof.records.recording import PlannedRung, Preflight, RoundStarted
from gapprof.records.rung import Rung
from gapprof.records.subject import Subject
from gapprof.records.trial import Failure, Trial
from gapprof.selftest.burner import Burning
from gapprof.selftest.extent import Extent
from gapprof.selftest.judge import shortage
from gapprof.selftest.plan import Plan, Stop
from gapprof.selftest.plant import AS_IS
from gapprof.text import numbers

_MOST_REPEATS_S = 60.0
"""For repeating trials that were disturbed by more than what was planted."""
_MOST_MISSES = 2

Backends = Callable[[str], Mapping[str, Backend]]
"""By the folder of the onnxruntime-web that is served; empty: the pinned one."""


@dataclass(slots=True, kw_only=True)
class Tour:
    """One run: what it was given, and which stops brought nothing."""

    journal: Journal
    subject: Subject
    backends: Backends
    rungs: Mapping[str, Rung]
    outputs: Path
    seed: int
    burning: Burning
    teller: Teller
    patience: Patience = field(default_factory=lambda: Patience(_MOST_REPEATS_S))
    fastest: Fastest = field(default_factory=Fastest)
    _misses: dict[str, int] = field(default_factory=dict)
    _gated: set[str] = field(default_factory=set)

    def visits(self, web_dist: str, pace: Pace) -> Visits:
        """Of stops with the model as it is, while nothing else runs."""
        return Visits(
            journal=self.journal,
            subject=self.subject,
            backends=self.backends(web_dist),
            outputs=self.outputs,
            seed=self.seed,
            pace=pace,
            patience=self.patience,
            cores=self.fastest,
        )

    def go(self, plan: Plan, extent: Extent, *, workdir: Path) -> None:
        """All rounds, and after each the comparison of outputs that are new.

        The recording names what lies in `workdir` from there: nobody finds that folder afterwards.
        """
        preflight = plan.clean.preflight
        if preflight is None:
            raise EnvironmentUnusable(
                f"the clean ladder is impossible here: {plan.clean.impossible}", hint="Run `gapprof doctor`."
            )
        expected_s = _expected_s(plan, preflight)
        steps = {name: self._step(name, stop, plan) for name, stop in plan.stops.items()}
        ladder = tuple(_from(workdir, step) for step in steps.values())
        self.journal.write(replace(preflight, ladder=ladder, expected_trial_s=expected_s))
        done, round_s, began_s = 0, sum(expected_s.values()), self._spent_s()
        rounds = extent.rounds_in(began_s=began_s, round_s=round_s)
        self.teller.tell("estimate", _estimate(plan, rounds, round_s))
        while done < rounds:
            self._round(done, rounds, round_s, plan, steps, preflight.pace)
            done += 1
            round_s = (self._spent_s() - began_s) / done
            rounds = extent.rounds_in(began_s=began_s, round_s=round_s)
        slower = round_s / sum(expected_s.values())
        took_s = {name: slower * each_s for name, each_s in expected_s.items()}
        self._until_judged(extent, plan, steps, preflight.pace, done=done, took_s=took_s)
        self.teller.tell("done", "measured")

    def _until_judged(
        self,
        extent: Extent,
        plan: Plan,
        steps: Mapping[str, PlannedRung],
        pace: Pace,
        *,
        done: int,
        took_s: Mapping[str, float],
    ) -> None:
        """Further rounds of what rows with wide intervals stand on, as far as there is time."""
        while extent.vague_until_s > self._spent_s():
            given_up = {name for name, misses in self._misses.items() if misses >= _MOST_MISSES}
            lacking = shortage(plan, self.journal.recording(), given_up=given_up)
            visited = {name: step for name, step in steps.items() if name in lacking.stops}
            each_s = sum(took_s[name] for name in visited)
            more = extent.further_rounds(
                done=done, short=lacking.rounds, now_s=self._spent_s(), round_s=each_s
            )
            if not more:
                return
            took = numbers.duration(more * each_s)
            self.teller.tell("estimate", f"too vague to judge yet: {more} further rounds, about {took}")
            began_s = self._spent_s()
            for made in range(more):
                if made and self._spent_s() + (self._spent_s() - began_s) / made > extent.vague_until_s:
                    return
                self._round(done + made, done + more, each_s, plan, visited, pace)
            done += more

    def _spent_s(self) -> float:
        """Since the run began, without what was waited for fast cores: there is time of its own for that."""
        return self.journal.now_s() - self.fastest.waited_s

    def _round(
        self,
        number: int,
        rounds: int,
        round_s: float,
        plan: Plan,
        steps: Mapping[str, PlannedRung],
        pace: Pace,
    ) -> None:
        alive = [name for name in steps if self._misses.get(name, 0) < _MOST_MISSES]
        rng = np.random.default_rng([self.seed, number])
        order = tuple(str(name) for name in rng.permutation(alive))
        self.journal.write(RoundStarted(round=number, kind="main", order=order, at_s=self.journal.now_s()))
        ends_s = self.journal.now_s() + (rounds - number) * round_s
        for name in order:
            self.teller.tell(
                "rounds",
                plan.titles[name],
                rung=name,
                round_number=number,
                planned=rounds,
                projected_s=ends_s,
            )
            stop = plan.stops[name]
            with self._surroundings(stop):
                outcome = self._visits_of(stop, pace).timed(steps[name], number)
            good = isinstance(outcome, Trial) and not outcome.struck
            hopeless = isinstance(outcome, Failure) and outcome.kind == "model"
            missed = _MOST_MISSES if hopeless else self._misses.get(name, 0) + 1
            self._misses[name] = 0 if good else missed
        self._gate(plan)

    def _surroundings(self, stop: Stop) -> AbstractContextManager[None]:
        return self.burning() if stop.under_load else nullcontext()

    def _visits_of(self, stop: Stop, pace: Pace) -> Visits:
        visits = self.visits(stop.web_dist, pace)
        if stop.setting.graph == AS_IS:
            as_is = dataclasses.replace(self.subject, common=self.subject.original)
            visits = dataclasses.replace(visits, subject=as_is)
        # What was planted is no bad luck: such a trial is not repeated in the hope of a quieter one.
        return dataclasses.replace(visits, patience=Patience(0.0)) if stop.under_load else visits

    def _step(self, name: str, stop: Stop, plan: Plan) -> PlannedRung:
        """A stop as a rung of its own, which is what visits are made of."""
        rung = self.rungs[plan.origins[name]]
        return PlannedRung(
            rung=replace(rung, id=name, title=plan.titles[name], derived_from=None, changes=None),
            setting=_as_the_backends_know_it(stop.setting),
        )

    def _gate(self, plan: Plan) -> None:
        """Compare outputs that nobody compared yet with the clean ladder's reference."""
        there = {name for name in plan.stops if (self.outputs / f"{name}.npz").exists()}
        references = (plan.clean.stops.get(rung) for rung in REFERENCES)
        reference = next((name for name in references if name in there), None)
        if reference is None:
            return
        for name in sorted(there - self._gated):
            self._gated.add(name)
            paths = self.outputs / f"{name}.npz", self.outputs / f"{reference}.npz"
            for check in compare(name, paths[0], reference, paths[1]):
                self.journal.write(check)


def _as_the_backends_know_it(setting: Setting) -> Setting:
    """They have no word for a file as it is: it stands in for the common graph, which is never optimised."""
    return replace(setting, graph="common") if setting.graph == AS_IS else setting


def _from(workdir: Path, step: PlannedRung) -> PlannedRung:
    setting = step.setting
    if setting is None or not Path(setting.page).is_relative_to(workdir):
        return step
    page = Path(setting.page).relative_to(workdir).as_posix()
    return replace(step, setting=replace(setting, page=page))


def _expected_s(plan: Plan, preflight: Preflight) -> dict[str, float]:
    """From what the clean ladder expects of a visit of the same kind."""
    clean = preflight.expected_trial_s
    kinds = {("native", "back-to-back"): "native", ("chromium", "back-to-back"): "web-worker"}
    return {
        name: clean.get(kinds.get((stop.setting.backend, stop.setting.pacing), "web-paced"), 2.0)
        for name, stop in plan.stops.items()
    }


def _estimate(plan: Plan, rounds: int, round_s: float) -> str:
    count = sum(not laid.impossible for laid in plan.plants) - 1
    return (
        f"{count} plants, {len(plan.stops)} environments, {rounds} rounds: "
        f"about {numbers.duration(rounds * round_s)}"
    )
