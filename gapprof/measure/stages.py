"""The stages of one run in the order in which the budget is spent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from gapprof.explain.top_factors import contrasts
from gapprof.measure.journal import Journal
from gapprof.measure.outputs import compare
from gapprof.measure.pacing import preflight_pace, thriftier
from gapprof.measure.preflight import LONGEST_VISIT_S, conclude, look
from gapprof.measure.spending import (
    FIRST_ROUNDS,
    OVERDRAFT,
    SIDE_ROUNDS,
    by_id,
    first_rounds,
    measurable,
    round_rungs,
    side_rungs,
    total_rounds,
)
from gapprof.measure.teller import Teller
from gapprof.measure.visits import Patience, Visits
from gapprof.records.backend import Backend
from gapprof.records.job import Pace
from gapprof.records.recording import PlannedRung, Preflight, RoundStarted, Sampled
from gapprof.records.rung import Rung
from gapprof.records.settings import Settings
from gapprof.records.subject import Subject
from gapprof.records.trial import Failure, Trial
from gapprof.stats.planning import rounds_needed

REFERENCES = ("native-128", "native-extended", "native-threads", "native", "web-worker")
"""Whose outputs the others are held against; the first that gave any (exact integers at 128 bits)."""
PROFILED = ("native-extended", "native-128", "web-worker")
TRACED = ("web", "web-busy")
REPEATS_SHARE = 0.25
"""Of the budget, for repeating trials that outside load disturbed."""
PROFILE_PASSES = 3
"""As few as have a spread: what is computed from profiles gets its interval from how passes differ."""


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
    _misses: dict[str, int] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)
    _gated: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Preflight, first rounds, the decision, the remaining rounds, passes, side rungs."""
        self.teller.tell("preflight", "looking at the page and at native")
        wanted = wanted_rungs(self.settings.rungs, self.rungs)
        first = self._visits(preflight_pace(LONGEST_VISIT_S))
        preflight = conclude(
            look(first, self.rungs, self.settings, cores=self.cores),
            self.rungs,
            self.settings,
            self.backends,
            cores=self.cores,
            wanted=wanted,
        )
        for warning in preflight.page_seen.warnings if preflight.page_seen else ():
            self.journal.note("report", warning)
        preflight, rounds = self._within_means(preflight)
        self.journal.write(preflight)
        visits = self._visits(preflight.pace)
        order = round_rungs(preflight.ladder)
        began_s = self.journal.now_s()
        self._rounds(visits, preflight, order, range(rounds), planned=rounds)
        round_s = (self.journal.now_s() - began_s) / rounds
        self._passes(visits, preflight)
        total = self._decide(rounds, round_s)
        self._rounds(visits, preflight, order, range(rounds, total), planned=total)
        self._side(visits, preflight, wanted, total)
        self.teller.tell("done", "measured")

    def _within_means(self, preflight: Preflight) -> tuple[Preflight, int]:
        """Six rounds if they fit three times the budget; else fewer samples a trial, then fewer rounds."""
        round_s = self._expected_s(preflight, round_rungs(preflight.ladder))
        rounds = first_rounds(round_s, self.settings.budget_s)
        if rounds < FIRST_ROUNDS:
            preflight = replace(preflight, pace=thriftier(preflight.pace))
        if rounds * round_s > self.settings.budget_s:
            self.journal.note(
                "report",
                f"{rounds} rounds take longer than the budget of {self.settings.budget_s:.0f} s; "
                "it is exceeded rather than the intervals left empty",
            )
        return preflight, rounds

    def _rounds(
        self,
        visits: Visits,
        preflight: Preflight,
        rung_ids: Sequence[str],
        numbers: Iterable[int],
        *,
        planned: int,
        kind: str = "main",
    ) -> None:
        ladder = by_id(preflight.ladder)
        for number in numbers:
            if self._gone & self._ends(ladder):
                return  # without both ends there is no gap, and nothing more to learn
            rng = np.random.default_rng([self.settings.seed, number])
            alive = [rung for rung in rung_ids if rung not in self._gone]
            order = tuple(str(rung) for rung in rng.permutation(alive)) if alive else ()
            self.journal.write(RoundStarted(round=number, kind=kind, order=order, at_s=self.journal.now_s()))
            for rung_id in order:
                self.teller.tell(
                    "rounds" if kind == "main" else "side",
                    ladder[rung_id].rung.title,
                    rung=rung_id,
                    round_number=number,
                    planned=planned,
                    projected_s=self._projected_s(preflight, rung_ids, number, planned),
                )
                self._count(rung_id, visits.timed(ladder[rung_id], number))
            self._gate(visits)
            self.teller.tell(
                "rounds" if kind == "main" else "side",
                f"round {number + 1} of {planned} done",
                round_number=number,
                planned=planned,
                projected_s=self._projected_s(preflight, rung_ids, number + 1, planned),
                completed=True,
            )

    def _count(self, rung_id: str, outcome: Trial | Failure) -> None:
        """A rung that failed in two rounds running, or cannot run the model, is not visited again."""
        good = isinstance(outcome, Trial) and not outcome.struck
        self._misses[rung_id] = 0 if good else self._misses.get(rung_id, 0) + 1
        hopeless = isinstance(outcome, Failure) and outcome.kind == "model"
        if hopeless or self._misses[rung_id] >= 2:
            self._gone.add(rung_id)

    def _ends(self, ladder: Mapping[str, PlannedRung]) -> set[str]:
        return {ladder[rung].alias_of or rung for rung in ("native", "web")}

    def _gate(self, visits: Visits) -> None:
        """Compare the outputs that came in since the last round with the reference."""
        present = {rung for rung in self.rungs if visits.outputs_of(rung).exists()}
        reference = next((rung for rung in REFERENCES if rung in present), None)
        if reference is None:
            return
        for rung in sorted(present - self._gated):
            self._gated.add(rung)
            for check in compare(rung, visits.outputs_of(rung), reference, visits.outputs_of(reference)):
                self.journal.write(check)

    def _decide(self, done: int, round_s: float) -> int:
        """The second stage, fixed once: rounds for the wanted precision, or what the budget buys."""
        found = contrasts(self.journal.recording())
        wanted = rounds_needed(found, precision_percent=self.settings.precision_percent)
        left_s = self.settings.budget_s - self.journal.now_s()
        total = total_rounds(wanted=wanted, done=done, round_s=round_s, left_s=left_s)
        limited_by = "precision" if total >= wanted else "budget"
        self.journal.write(Sampled(rounds=total, limited_by=limited_by, wanted_rounds=wanted))
        return total

    def _passes(self, visits: Visits, preflight: Preflight) -> None:
        ladder = by_id(preflight.ladder)
        for rung_id in _targets(PROFILED, ladder):
            self.teller.tell("profile", f"operator by operator: {ladder[rung_id].rung.title}", rung=rung_id)
            for number in range(PROFILE_PASSES):
                overdrawn = self.journal.now_s() > OVERDRAFT * self.settings.budget_s
                if (number and overdrawn) or isinstance(visits.profiled(ladder[rung_id], number), Failure):
                    break
        # The built-in busy page is looked into only where it stands in for the user's.
        traced = TRACED if ladder["web"].alias_of else TRACED[:1]
        for rung_id in _targets(traced, ladder):
            self.teller.tell("trace", f"what else the page does: {ladder[rung_id].rung.title}", rung=rung_id)
            visits.traced(ladder[rung_id], 0)
        self.teller.tell("trace", "passes done", completed=True)

    def _side(self, visits: Visits, preflight: Preflight, wanted: frozenset[str], rounds_done: int) -> None:
        factors = {
            cause: float(np.mean(values))
            for cause, values in contrasts(self.journal.recording()).items()
            if len(values)
        }
        chosen = side_rungs(
            preflight.ladder,
            wanted,
            factors,
            preflight.expected_trial_s,
            left_s=self.settings.budget_s - self.journal.now_s(),
            asked_for=self.settings.rungs != "auto",
        )
        if chosen:
            last = rounds_done + SIDE_ROUNDS
            self._rounds(visits, preflight, chosen, range(rounds_done, last), planned=last, kind="side")

    def _expected_s(self, preflight: Preflight, rung_ids: Iterable[str]) -> float:
        return sum(preflight.expected_trial_s.get(rung, 0.0) for rung in rung_ids)

    def _projected_s(self, preflight: Preflight, rung_ids: Sequence[str], number: int, planned: int) -> float:
        rest = (planned - number) * self._expected_s(preflight, rung_ids)
        return self.journal.now_s() + rest + self._expected_s(preflight, PROFILED)

    def _visits(self, pace: Pace) -> Visits:
        return Visits(
            journal=self.journal,
            subject=self.subject,
            backends=self.backends,
            outputs=self.outputs,
            seed=self.settings.seed,
            pace=pace,
            patience=Patience(REPEATS_SHARE * self.settings.budget_s),
        )


def wanted_rungs(asked: str, rungs: Mapping[str, Rung]) -> frozenset[str]:
    """Side rungs that may be visited: `auto` and `all` mean every one, `main` none, else those named."""
    if asked in ("auto", "all"):
        return frozenset(rungs)
    if asked == "main":
        return frozenset({"web-busy"})
    return frozenset(asked.split(",")) | {"web-busy"}


def _targets(rung_ids: Iterable[str], ladder: Mapping[str, PlannedRung]) -> list[str]:
    """The rungs behind these ids that have trials of their own, each once."""
    targets: list[str] = []
    for rung_id in rung_ids:
        step = ladder.get(rung_id)
        target = step and (step.alias_of or step.rung.id)
        if target and measurable(ladder[target]) and target not in targets:
            targets.append(target)
    return targets
