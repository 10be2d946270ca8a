"""The stages of one run in the order in which the budget is spent."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from gapprof.explain.top_factors import contrasts
from gapprof.measure.beside import Beside
from gapprof.measure.extra import Beyond, Extra
from gapprof.measure.fastest import Fastest
from gapprof.measure.journal import Journal
from gapprof.measure.pacing import preflight_pace, thriftier
from gapprof.measure.passes import profiling, tracing
from gapprof.measure.preflight import LONGEST_VISIT_S, Prover, Recorder, conclude, look
from gapprof.measure.rounds import Rounds, expected_round_s
from gapprof.measure.spending import (
    FEWEST_ROUNDS,
    FIRST_ROUNDS,
    FIRST_WAITS_SHARE,
    SIDE_ROUNDS,
    affordable,
    by_id,
    chain_rungs,
    first_rounds,
    side_rungs,
    total_rounds,
    visited_once,
)
from gapprof.measure.teller import Teller
from gapprof.measure.visits import Patience, Visits
from gapprof.measure.wanted import (
    ENDS,
    asked_rungs,
    possible_rungs,
    reproducing_rungs,
    verifying_rounds,
    verifying_rungs,
    wanted_rungs,
)
from gapprof.records.backend import Backend
from gapprof.records.job import Pace
from gapprof.records.recording import Preflight, Sampled
from gapprof.records.rung import Rung
from gapprof.records.settings import Settings
from gapprof.records.subject import Subject
from gapprof.records.trial import Failure, Trial, took_s
from gapprof.stats.planning import rounds_needed
from gapprof.text import numbers

_CALLS = "webgpu.calls"
REPEATS_SHARE = 0.25
"""Of the budget, for repeating trials that outside load disturbed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """One run: what it was given."""

    journal: Journal
    subject: Subject
    settings: Settings
    rungs: Mapping[str, Rung]
    backends: Mapping[str, Backend]
    outputs: Path
    cores: int
    teller: Teller
    fastest: Fastest = field(default_factory=Fastest)
    recorder: Recorder | None = None
    """Where the ladder has rungs that replay what the library calls."""
    prover: Prover | None = None
    instead: str = ""
    """The backend that is tried where this one cannot be had; empty: there is none."""
    extras: Sequence[Extra] = ()
    """That were asked for."""

    def run(self) -> None:
        """Preflight, first rounds with profiles and traces, the decision, remaining rounds, side rungs."""
        preflight, count = self._within_means(self._preflight())
        self.journal.write(preflight)
        main = chain_rungs(preflight.ladder)
        beside = self._beside(preflight, count)
        rounds = Rounds(settings=self.settings, teller=self.teller, beside=beside)
        once = replace(preflight, ladder=visited_once(preflight.ladder))
        expected_s = expected_round_s(once, main)
        with self.fastest.at_most(FIRST_WAITS_SHARE * expected_s):
            rounds.take(once, {0: main}, of=count)  # the first ranking is not to wait for second visits
        first_s = self._spent_s(main)
        rounds.again(once, 0, self.fastest.were_slow, of=count)
        again_s = self._spent_s(main)
        slower = first_s / max(expected_s, 1e-3)
        preflight, plan = self._with_what_is_left(preflight, beside, count, slower)
        beside.expect(len(plan))
        rounds.take(preflight, {n: rungs for n, rungs in enumerate(plan) if n}, of=len(plan))
        later = max(1, len(plan) - 1)  # the first one has no second visits
        total = self._decide(len(plan), (self._spent_s(main) - again_s) / later, worth=count)
        rounds.take(preflight, dict.fromkeys(range(len(plan), total), main), of=total)
        done = self._side(rounds, preflight, total, visited=self._known(plan))
        if self.settings.verify:
            self._verify(rounds, preflight, done, verifying_rounds(total))
        beyond = Beyond(
            subject=self.subject,
            preflight=preflight,
            teller=self.teller,
            profiled=beside.profiled,
            backends=self.backends,
            outputs=self.outputs,
            calls=beside.visits.calls,
            fastest=self.fastest,
        )
        for extra in self.extras:
            extra(beyond)
        self.teller.tell("done", "measured")

    def _preflight(self) -> Preflight:
        """Looked, and concluded; what the page itself warns of is noted."""
        self.teller.tell("preflight", "looking at the page and at native")
        first = look(
            self._visits(preflight_pace(LONGEST_VISIT_S)),
            self.rungs,
            self.settings,
            cores=self.cores,
            recorder=self.recorder,
            instead=self.instead,
        )
        preflight = conclude(
            first,
            self.rungs,
            self.settings,
            self.backends,
            cores=self.cores,
            wanted=possible_rungs(self.settings, self.rungs),
            prover=self.prover,
        )
        for warning in preflight.page_seen.warnings if preflight.page_seen else ():
            self.journal.note("report", warning)
        return preflight

    def _beside(self, preflight: Preflight, rounds: int) -> Beside:
        """The passes that rungs of this ladder want, so many rounds being the first."""
        ladder = by_id(preflight.ladder)
        beside = Beside(
            settings=self.settings,
            teller=self.teller,
            visits=self._visits(preflight.pace),
            rungs=frozenset(self.rungs),
            profiling=profiling(ladder),
            tracing=tracing(ladder),
        )
        beside.expect(rounds)
        return beside

    def _within_means(self, preflight: Preflight) -> tuple[Preflight, int]:
        """First rounds: six if they fit three times the budget; else fewer samples, then fewer rounds.

        Of the ends alone there are as few as have an interval: they are to give a pace, not a ranking.
        """
        once = replace(preflight, ladder=visited_once(preflight.ladder))
        if self.settings.rungs == ENDS:
            return once, FEWEST_ROUNDS
        round_s = expected_round_s(once, chain_rungs(once.ladder))
        rounds = first_rounds(round_s, self.settings.budget_s)
        if rounds == FIRST_ROUNDS:
            return preflight, rounds
        return replace(once, pace=thriftier(preflight.pace)), rounds

    def _with_what_is_left(
        self, preflight: Preflight, beside: Beside, rounds: int, slower: float
    ) -> tuple[Preflight, tuple[tuple[str, ...], ...]]:
        """The rest of the first stage; `slower`: than expected, as a first round has shown visits to be."""
        expected_s = {rung: slower * one for rung, one in preflight.expected_trial_s.items()}
        preflight = replace(preflight, expected_trial_s=expected_s)
        ladder, plan = affordable(
            preflight.ladder,
            rounds,
            expected_s,
            left_s=self.settings.budget_s - self._used_s() - beside.left_s(preflight),
            asked=asked_rungs(self.settings, self.rungs),
        )
        return replace(preflight, ladder=ladder), plan

    def _decide(self, done: int, round_s: float, *, worth: int) -> int:
        """The second stage, fixed once: rounds for the wanted precision, or what the budget buys.

        `worth`: so many are worth an overdraft, if precision wants them.
        """
        found = contrasts(self.journal.recording())
        wanted = rounds_needed(found, precision_percent=self.settings.precision_percent)
        left_s = self.settings.budget_s - self._used_s() if self.settings.rungs != ENDS else 0.0
        total = total_rounds(wanted=wanted, done=done, worth=worth, round_s=round_s, left_s=left_s)
        if (total - done) * round_s > left_s and self.settings.rungs != ENDS:
            self.journal.note(
                "report",
                f"{total} rounds and passes take longer than the budget of {self.settings.budget_s:.0f} s; "
                "it is exceeded rather than the intervals left empty or wide",
            )
        limited_by = "precision" if total >= wanted else "budget"
        self.journal.write(Sampled(rounds=total, limited_by=limited_by, wanted_rounds=wanted))
        return total

    def _known(self, plan: Sequence[Sequence[str]]) -> frozenset[str]:
        """Rungs that need no side round: those of the first stage, but for conditions with too few rounds."""
        rounds = Counter(chain.from_iterable(plan))
        conditions = reproducing_rungs(self.settings, self.rungs)
        return frozenset(
            rung for rung, count in rounds.items() if rung not in conditions or count >= SIDE_ROUNDS
        )

    def _side(
        self, rounds: Rounds, preflight: Preflight, rounds_done: int, *, visited: frozenset[str]
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
            left_s=self.settings.budget_s - self._used_s(),
            asked=asked_rungs(self.settings, self.rungs),
            visited=visited,
        )
        if self.settings.observed_ms is not None:
            self._note_overdraft("--observed-ms", SIDE_ROUNDS, expected_round_s(preflight, chosen))
        plan = range(rounds_done, rounds_done + SIDE_ROUNDS) if chosen else range(0)
        rounds.take(preflight, dict.fromkeys(plan, chosen), of=plan.stop, kind="side")
        return rounds_done + len(plan)

    def _verify(self, rounds: Rounds, preflight: Preflight, rounds_done: int, count: int) -> None:
        """Changes that may save, measured beside the page as deployed, whatever the budget says."""
        chosen = verifying_rungs(self.journal.recording(), preflight.ladder)
        self._note_overdraft("--verify", count, expected_round_s(preflight, chosen))
        plan = range(rounds_done, rounds_done + count) if chosen else range(0)
        rounds.take(preflight, dict.fromkeys(plan, chosen), of=plan.stop, kind="side")

    def _note_overdraft(self, option: str, rounds: int, round_s: float) -> None:
        """What an option's rounds take beyond the budget, said before they are taken."""
        cost_s = rounds * round_s
        over_s = min(cost_s, self._used_s() + cost_s - self.settings.budget_s)
        if over_s > 0:
            over = numbers.duration(over_s)
            text = f"{option} takes {rounds} rounds of its own, about {over} beyond the budget"
            self.journal.note("report", text)

    def _used_s(self) -> float:
        """Of the budget, which waiting for fast cores is no part of."""
        return self.journal.now_s() - self.fastest.waited_s

    def _spent_s(self, rung_ids: Iterable[str]) -> float:
        """On the timed visits of these rungs so far, repeated ones included, and no waiting.

        Not on one that hung: it took all the time there was for it, and says nothing of what others will
        take. The budget is charged for it all the same.
        """
        wanted = frozenset(rung_ids)
        recording = self.journal.recording()
        answered = (failure for failure in recording.of(Failure) if failure.kind != "timeout")
        visits: Iterable[Trial | Failure] = (*recording.of(Trial), *answered)
        return sum(took_s(one) for one in visits if one.rung in wanted and one.round >= 0)

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
            cores=self.fastest,
        )
