"""Rounds in which the page is felt: the model rests, runs on the page's main thread, or in a worker."""

from collections import Counter
from collections.abc import Callable

import numpy as np
from msgspec.structs import replace

from gapprof.facts.disturbance import disturbed
from gapprof.measure.extra import Beyond
from gapprof.measure.visits import ATTEMPTS, Patience
from gapprof.records.job import Job
from gapprof.records.qoe import CONDITIONS, Condition, FeltTrial
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure

DEPLOYED = "web"
_MOST_FAILURES = 2
"""Of one condition: one may be bad luck."""
Felt = Callable[[Job, Condition], FeltTrial | Failure]
"""One visit of a fresh browser."""


class Conditions:
    """The page of one run, felt under each condition that does not go on failing."""

    def __init__(self, settings: Settings, beyond: Beyond, felt: Felt, *, patience: Patience) -> None:
        self._settings, self._beyond, self._felt = settings, beyond, felt
        self._failures: Counter[Condition] = Counter()
        self._patience = patience
        self._cores = beyond.fastest.for_another_stage(patience.left_s)

    @property
    def waited_s(self) -> float:
        """For fast cores, so far."""
        return self._cores.waited_s

    def round(self, number: int) -> None:
        """Each condition once, in an order shuffled by the seed and the round. Raises UnreachableError."""
        order = np.random.default_rng([self._settings.seed, number]).permutation(len(CONDITIONS))
        for condition in (CONDITIONS[place] for place in order):
            self._beyond.teller.tell("felt", "feeling the page", round_number=number)
            if self._failures[condition] < _MOST_FAILURES:
                self._visited(condition, number)

    def _visited(self, condition: Condition, number: int) -> None:
        """Until a visit counts; all are written. What is struck is so before anybody looks at its values."""
        journal = self._beyond.journal
        for attempt in range(ATTEMPTS):
            found = self._felt(self._job(condition, number), condition)
            if isinstance(found, Failure):
                self._cores.failed()
                self._failures[condition] += 1
                journal.note("report", f"--qoe: the page could not be felt ({found.phase}): {found.message}")
                return
            found = self._struck(replace(found, attempt=attempt))
            journal.write(found)
            if not found.struck:
                return

    def _struck(self, trial: FeltTrial) -> FeltTrial:
        """With what strikes it. What it waited for cores is none of the time for repeating."""
        told_ms = self._cores.learn(trial.load)
        disturbance = disturbed(trial.load)
        if not disturbance or trial.attempt == ATTEMPTS - 1 or self._patience.left_s <= 0:
            return trial
        work = trial.load.core_work
        waited_ms = told_ms if work is None else work.waited_ms
        self._patience.left_s -= trial.ended_s - trial.started_s - waited_ms / 1e3
        return replace(trial, struck=(disturbance,))

    def _job(self, condition: Condition, number: int) -> Job:
        """As deployed, but where the condition says."""
        job = self._beyond.job(DEPLOYED, number, seed=self._settings.seed)
        where = "worker" if condition == "worker" else "main"
        return replace(job, setting=replace(job.setting, where=where), core_speed=self._cores.wanted())
