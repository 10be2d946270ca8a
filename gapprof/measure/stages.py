"""The stages of one run in the order in which the budget is spent."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np
from msgspec.structs import replace

from gapprof.errors import EnvironmentUnusable
from gapprof.explain.top_factors import contrasts
from gapprof.measure.extra import Beyond, Extra
from gapprof.measure.given_up import machine_s_fault
from gapprof.measure.journal import Journal
from gapprof.measure.outputs import compare, reference_in
from gapprof.measure.pacing import preflight_pace, thriftier
from gapprof.measure.passes import (
    PROFILE_PASSES,
    Profiling,
    profiled_rungs,
    profiling,
    trace_passes,
    traced_rungs,
)
from gapprof.measure.preflight import LONGEST_VISIT_S, Prover, Recorder, conclude, look
from gapprof.measure.spending import (
    FEWEST_ROUNDS,
    FIRST_ROUNDS,
    OVERDRAFT,
    SIDE_ROUNDS,
    affordable,
    by_id,
    chain_rungs,
    first_rounds,
    round_s,
    side_rungs,
    total_rounds,
    visited_once,
)
from gapprof.measure.teller import Teller
from gapprof.measure.visits import Patience, Visits
from gapprof.measure.wanted import (
    ENDS,
    VERIFYING_ROUNDS,
    asked_rungs,
    possible_rungs,
    reproducing_rungs,
    verifying_rungs,
    wanted_rungs,
)
from gapprof.records.backend import Backend
from gapprof.records.job import Pace
from gapprof.records.recording import PlannedRung, Preflight, RoundStarted, Sampled
from gapprof.records.rung import Rung
from gapprof.records.settings import Settings
from gapprof.records.subject import Subject
from gapprof.records.trial import Failure, Profile, Trial
from gapprof.stats.planning import rounds_needed
from gapprof.text import numbers

_CALLS = "webgpu.calls"
REPEATS_SHARE = 0.25
"""Of the budget, for repeating trials that outside load disturbed."""


@dataclass(slots=True, kw_only=True)
class Stages:
    """One run: what it was given, and the little that it learns on the way."""

    journal: Journal
    subject: Subject
    settings: Settings
    rungs: Mapping[str, Rung]
    backends: Mapping[str, Backend]
    outputs: Path
    cores: int
    teller: Teller
    recorder: Recorder | None = None
    """Where the ladder has rungs that replay what the library calls."""
    prover: Prover | None = None
    instead: str = ""
    """The backend that is tried where this one cannot be had; empty: there is none."""
    extras: Sequence[Extra] = ()
    """That were asked for."""
    _missed: dict[str, set[int]] = field(default_factory=dict)
    """Rung → rounds running without a single visit that counts."""
    _reached: dict[str, int] = field(default_factory=dict)
    """Rung → the last round with one."""
    _gone: set[str] = field(default_factory=set)
    _gated: set[str] = field(default_factory=set)
    _profiling: Profiling = field(default_factory=lambda: Profiling(left={}, first_round=0))

    def run(self) -> None:
        """Preflight, first rounds with profiles, traces, the decision, the remaining rounds, side rungs."""
        self.teller.tell("preflight", "looking at the page and at native")
        first = self._visits(preflight_pace(LONGEST_VISIT_S))
        preflight = conclude(
            look(
                first,
                self.rungs,
                self.settings,
                cores=self.cores,
                recorder=self.recorder,
                instead=self.instead,
            ),
            self.rungs,
            self.settings,
            self.backends,
            cores=self.cores,
            wanted=possible_rungs(self.settings, self.rungs),
            prover=self.prover,
        )
        for warning in preflight.page_seen.warnings if preflight.page_seen else ():
            self.journal.note("report", warning)
        preflight, rounds = self._within_means(preflight)
        self.journal.write(preflight)
        visits, main = self._visits(preflight.pace), chain_rungs(preflight.ladder)
        self._profiling = profiling(by_id(preflight.ladder), rounds)
        once = replace(preflight, ladder=visited_once(preflight.ladder))
        self._rounds(visits, once, {0: main}, of=rounds)  # the first ranking is not to wait for second visits
        first_s = self._spent_s(main)
        slower = first_s / max(self._expected_s(once, main), 1e-3)
        preflight, plan = self._with_what_is_left(preflight, rounds, slower)
        self._rounds(visits, preflight, {n: rungs for n, rungs in enumerate(plan) if n}, of=rounds)
        self._traces(visits, preflight)
        later_s = (self._spent_s(main) - first_s) / (rounds - 1) if rounds > 1 else first_s
        total = self._decide(rounds, later_s)  # the first one has no second visits
        self._rounds(visits, preflight, dict.fromkeys(range(rounds, total), main), of=total)
        done = self._side(visits, preflight, total, visited=self._known(plan))
        if self.settings.verify:
            self._verify(visits, preflight, done)
        beyond = Beyond(
            subject=self.subject,
            preflight=preflight,
            teller=self.teller,
            profiled=partial(self._profiled, visits),
            backends=self.backends,
            outputs=self.outputs,
            calls=visits.calls,
        )
        for extra in self.extras:
            extra(beyond)
        self.teller.tell("done", "measured")

    def _within_means(self, preflight: Preflight) -> tuple[Preflight, int]:
        """First rounds: six if they fit three times the budget; else fewer samples, then fewer rounds.

        Of the ends alone there are as few as have an interval: they are to give a pace, not a ranking.
        """
        if self.settings.rungs == ENDS:
            return replace(preflight, ladder=visited_once(preflight.ladder)), FEWEST_ROUNDS
        once = replace(preflight, ladder=visited_once(preflight.ladder))
        round_s = self._expected_s(once, chain_rungs(once.ladder))
        rounds = first_rounds(round_s, self.settings.budget_s)
        if rounds == FIRST_ROUNDS:
            return preflight, rounds
        return replace(once, pace=thriftier(preflight.pace)), rounds

    def _with_what_is_left(
        self, preflight: Preflight, rounds: int, slower: float
    ) -> tuple[Preflight, tuple[tuple[str, ...], ...]]:
        """The rest of the first stage; `slower`: than expected, as a first round has shown visits to be."""
        expected_s = {rung: slower * one for rung, one in preflight.expected_trial_s.items()}
        preflight = replace(preflight, expected_trial_s=expected_s)
        ladder, plan, fits = affordable(
            preflight.ladder,
            rounds,
            expected_s,
            left_s=self.settings.budget_s - self.journal.now_s() - self._passes_s(preflight),
            asked=asked_rungs(self.settings, self.rungs),
        )
        if not fits:
            self.journal.note(
                "report",
                f"{rounds} rounds take longer than the budget of {self.settings.budget_s:.0f} s; "
                "it is exceeded rather than the intervals left empty",
            )
        return replace(preflight, ladder=ladder), plan

    def _passes_s(self, preflight: Preflight) -> float:
        """A profile takes about as long as the visit that it follows, a trace as a visit of its own."""
        ladder, expected_s = by_id(preflight.ladder), preflight.expected_trial_s
        passes = dict.fromkeys(profiled_rungs(ladder), PROFILE_PASSES)
        passes |= {rung: trace_passes(ladder[rung]) for rung in self._traced(ladder)}
        return sum(count * expected_s.get(rung, 0.0) for rung, count in passes.items())

    def _rounds(
        self,
        visits: Visits,
        preflight: Preflight,
        plan: Mapping[int, tuple[str, ...]],
        *,
        of: int,
        kind: Literal["main", "side"] = "main",
    ) -> None:
        """Visit the rungs of each round of the plan, in an order shuffled by the seed and the round.

        `of` is how many rounds there are by now. Raises EnvironmentUnusable where the page never ran.
        """
        ladder = by_id(preflight.ladder)
        phase = "rounds" if kind == "main" else "side"
        for number, rung_ids in plan.items():
            if self._gone & self._ends(ladder):
                self._refuse_the_page(ladder)
                return  # without both ends there is no gap, and nothing more to learn
            rng = np.random.default_rng([self.settings.seed, number])
            alive = [rung for rung in rung_ids if rung not in self._gone]
            visited = [rung for rung in alive for _ in range(ladder[rung].rung.visits)]
            order = tuple(str(rung) for rung in rng.permutation(visited)) if visited else ()
            self.journal.write(RoundStarted(round=number, kind=kind, order=order, at_s=self.journal.now_s()))
            projected_s = self._projected_s(preflight, plan, number)
            for place, rung_id in enumerate(order):
                self.teller.tell(
                    phase,
                    ladder[rung_id].rung.title,
                    rung=rung_id,
                    round_number=number,
                    planned=of,
                    projected_s=projected_s,
                )
                outcome = self._visit(visits, ladder[rung_id], number, order[:place].count(rung_id))
                self._count(rung_id, number, outcome)
            self._gate(visits)
            self.teller.tell(
                phase,
                f"round {number + 1} of {of} done",
                round_number=number,
                planned=of,
                projected_s=self._projected_s(preflight, plan, number + 1),
                completed=True,
            )

    def _visit(self, visits: Visits, step: PlannedRung, number: int, visit: int) -> Trial | Failure:
        """Timed, and gone on with by the profiler where a pass is due."""
        if not self._profiling.due(step, number, visit):
            return visits.timed(step, number, visit)
        outcome, profile = self._profiled(visits, step, number, visit)
        overdrawn = self.journal.now_s() > OVERDRAFT * self.settings.budget_s
        self._profiling.done(step.rung.id, profile, overdrawn=overdrawn)
        return outcome

    def _profiled(
        self, visits: Visits, step: PlannedRung, number: int, visit: int = 0
    ) -> tuple[Trial | Failure, Profile | Failure | None]:
        """With the chain of empty nodes only where it is not known to be next to nothing."""
        chain_wanted = step.rung.id not in self._profiling.without_chain
        return visits.profiled(step, number, visit, chain_wanted=chain_wanted)

    def _count(self, rung_id: str, number: int, outcome: Trial | Failure) -> None:
        """A rung that failed in two rounds running, or cannot run the model, is not visited again."""
        if isinstance(outcome, Trial) and not outcome.struck:
            self._reached[rung_id] = number
            self._missed[rung_id] = set()
        elif self._reached.get(rung_id) != number:
            self._missed.setdefault(rung_id, set()).add(number)
        hopeless = isinstance(outcome, Failure) and outcome.kind == "model"
        if hopeless or len(self._missed.get(rung_id, ())) >= 2:
            self._gone.add(rung_id)

    def _refuse_the_page(self, ladder: Mapping[str, PlannedRung]) -> None:
        """Raises EnvironmentUnusable where the machine alone kept the page from running in any round."""
        why = machine_s_fault(self.journal.recording(), ladder["web"].alias_of or "web")
        if why is not None:
            raise EnvironmentUnusable(why.message, hint=why.hint or "Run `gapprof doctor`.")

    def _ends(self, ladder: Mapping[str, PlannedRung]) -> set[str]:
        return {ladder[rung].alias_of or rung for rung in ("native", "web")}

    def _gate(self, visits: Visits) -> None:
        """Compare the outputs that came in since the last round with the reference."""
        present = {rung for rung in self.rungs if visits.outputs_of(rung).exists()}
        reference = reference_in(self.outputs)
        if reference is None:
            return
        for rung in sorted(present - self._gated):
            self._gated.add(rung)
            for check in compare(rung, visits.outputs_of(rung), reference.rung, reference.path):
                self.journal.write(check)

    def _decide(self, done: int, round_s: float) -> int:
        """The second stage, fixed once: rounds for the wanted precision, or what the budget buys."""
        found = contrasts(self.journal.recording())
        wanted = rounds_needed(found, precision_percent=self.settings.precision_percent)
        left_s = self.settings.budget_s - self.journal.now_s() if self.settings.rungs != ENDS else 0.0
        total = total_rounds(wanted=wanted, done=done, round_s=round_s, left_s=left_s)
        limited_by = "precision" if total >= wanted else "budget"
        self.journal.write(Sampled(rounds=total, limited_by=limited_by, wanted_rounds=wanted))
        return total

    def _traces(self, visits: Visits, preflight: Preflight) -> None:
        """Long after the budget was spent only the page as deployed has its trace, and but one."""
        ladder = by_id(preflight.ladder)
        for rung_id in self._traced(ladder):
            step = ladder[rung_id]
            self.teller.tell("trace", f"what else the page does: {step.rung.title}", rung=rung_id)
            for number in range(trace_passes(step)):
                overdrawn = self.journal.now_s() > OVERDRAFT * self.settings.budget_s
                if overdrawn and (number or step.rung.role == "side"):
                    break
                visits.traced(step, number)
            self.teller.tell("trace", "traced", completed=True)

    def _traced(self, ladder: Mapping[str, PlannedRung]) -> tuple[str, ...]:
        """Who asks for the ends alone asks not what a page does that is not theirs."""
        found = traced_rungs(ladder)
        return tuple(one for one in found if self.settings.rungs != ENDS or ladder[one].rung.role == "main")

    def _known(self, plan: Sequence[Sequence[str]]) -> frozenset[str]:
        """Rungs that need no side round: those of the first stage, but for conditions with too few rounds."""
        rounds = Counter(chain.from_iterable(plan))
        conditions = reproducing_rungs(self.settings, self.rungs)
        return frozenset(
            rung for rung, count in rounds.items() if rung not in conditions or count >= SIDE_ROUNDS
        )

    def _side(
        self, visits: Visits, preflight: Preflight, rounds_done: int, *, visited: frozenset[str]
    ) -> int:
        """Side rungs that were asked for or that the budget allows; returns the rounds done after them."""
        factors = {
            cause: float(np.mean(values))
            for cause, values in contrasts(self.journal.recording()).items()
            if len(values)
        }
        chosen = side_rungs(
            preflight.ladder,
            wanted_rungs(self.settings.rungs, self.rungs) | reproducing_rungs(self.settings, self.rungs),
            factors,
            preflight.expected_trial_s,
            left_s=self.settings.budget_s - self.journal.now_s(),
            asked=asked_rungs(self.settings, self.rungs),
            visited=visited,
        )
        if self.settings.observed_ms is not None:
            self._note_overdraft("--observed-ms", SIDE_ROUNDS, self._expected_s(preflight, chosen))
        plan = range(rounds_done, rounds_done + SIDE_ROUNDS) if chosen else range(0)
        self._rounds(visits, preflight, dict.fromkeys(plan, chosen), of=plan.stop, kind="side")
        return rounds_done + len(plan)

    def _verify(self, visits: Visits, preflight: Preflight, rounds_done: int) -> None:
        """Predicted changes, measured beside the page as deployed, whatever the budget says."""
        chosen = verifying_rungs(self.journal.recording(), preflight.ladder)
        self._note_overdraft("--verify", VERIFYING_ROUNDS, self._expected_s(preflight, chosen))
        plan = range(rounds_done, rounds_done + VERIFYING_ROUNDS) if chosen else range(0)
        self._rounds(visits, preflight, dict.fromkeys(plan, chosen), of=plan.stop, kind="side")

    def _note_overdraft(self, option: str, rounds: int, round_s: float) -> None:
        """What an option's rounds take beyond the budget, said before they are taken."""
        cost_s = rounds * round_s
        over_s = min(cost_s, self.journal.now_s() + cost_s - self.settings.budget_s)
        if over_s > 0:
            over = numbers.duration(over_s)
            text = f"{option} takes {rounds} rounds of its own, about {over} beyond the budget"
            self.journal.note("report", text)

    def _expected_s(self, preflight: Preflight, rung_ids: Iterable[str]) -> float:
        return round_s(rung_ids, by_id(preflight.ladder), preflight.expected_trial_s)

    def _spent_s(self, rung_ids: Iterable[str]) -> float:
        """On the timed visits of these rungs so far, repeated ones included."""
        wanted = frozenset(rung_ids)
        recording = self.journal.recording()
        visits: Iterable[Trial | Failure] = (*recording.of(Trial), *recording.of(Failure))
        return sum(one.ended_s - one.started_s for one in visits if one.rung in wanted and one.round >= 0)

    def _projected_s(self, preflight: Preflight, plan: Mapping[int, tuple[str, ...]], number: int) -> float:
        """When the rounds of the plan from `number` on, and their passes, will be done."""
        rest_s = sum(self._expected_s(preflight, rungs) for at, rungs in plan.items() if at >= number)
        passes_s = sum(
            left * preflight.expected_trial_s.get(rung, 0.0) for rung, left in self._profiling.left.items()
        )
        return self.journal.now_s() + rest_s + passes_s

    def _visits(self, pace: Pace) -> Visits:
        return Visits(
            journal=self.journal,
            subject=self.subject,
            backends=self.backends,
            outputs=self.outputs,
            calls=self.outputs / _CALLS if self.recorder is not None else None,
            seed=self.settings.seed,
            pace=pace,
            patience=Patience(REPEATS_SHARE * self.settings.budget_s),
        )
