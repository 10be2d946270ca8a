"""What a page does to inference: requests on a quiet page, on the built-in busy one at two intensities, and
on the user's own, each in a fresh browser, all in the same rounds."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gapprof.facts.page_requests import RUNGS
from gapprof.measure.extra import Beyond
from gapprof.measure.spending import measurable
from gapprof.measure.visits import Patience, Visits
from gapprof.records.recording import PlannedRung, RoundStarted
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial

MOST_MISSED = 2
"""Rounds running without a visit that counts, after which a page is left alone."""


class PageVisits:
    """The pages of one run that can be visited. A page that is the quiet one is visited once, as that."""

    def __init__(self, settings: Settings, beyond: Beyond, *, patience: Patience, scratch: Path) -> None:
        self._beyond, self._seed = beyond, settings.seed
        self._steps = pages(beyond.preflight.ladder)
        self._missed = dict.fromkeys((step.rung.id for step in self._steps), 0)
        self._cores = beyond.fastest.for_another_stage(patience.left_s)
        self._visits = Visits(
            journal=beyond.journal,
            subject=beyond.subject,
            backends=beyond.backends,
            outputs=scratch,
            seed=settings.seed,
            pace=beyond.preflight.pace,
            patience=patience,
            cores=self._cores,
        )

    @property
    def waited_s(self) -> float:
        """For fast cores, so far."""
        return self._cores.waited_s

    def round(self, number: int) -> None:
        """Each page once, in an order shuffled by the seed and the round."""
        steps = [step for step in self._steps if self._missed[step.rung.id] < MOST_MISSED]
        shuffled = np.random.default_rng([self._seed, number]).permutation(len(steps))
        order = [steps[place] for place in shuffled]
        ids = tuple(step.rung.id for step in order)
        journal = self._beyond.journal
        journal.write(RoundStarted(round=number, kind="side", order=ids, at_s=journal.now_s()))
        for step in order:
            self._beyond.teller.tell("felt", f"requests: {step.rung.title}", rung=step.rung.id)
            outcome = self._visits.timed(step, number)
            counts = isinstance(outcome, Trial) and not outcome.struck
            self._missed[step.rung.id] = 0 if counts else self._missed[step.rung.id] + 1


def pages(ladder: Sequence[PlannedRung]) -> tuple[PlannedRung, ...]:
    """Steps with trials of their own, the quiet page first."""
    steps = {step.rung.id: step for step in ladder}
    shared = dict.fromkeys(steps[rung].alias_of or rung for rung in RUNGS.values() if rung in steps)
    return tuple(steps[rung] for rung in shared if measurable(steps[rung]))
