"""Tuning, and rounds: the library's dispatches and ours, each in a fresh browser, into one recording."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.gpu.replayed import ITERATIONS, InBrowser
from gapprof.gpu.timing import timed
from gapprof.gpu_kernels.family import Choice, Limits, tried
from gapprof.gpu_kernels.page import Effort, Page
from gapprof.gpu_kernels.refused import titled_round
from gapprof.gpu_kernels.shapes import family_of, shape_of
from gapprof.gpu_kernels.tuned import Tuned, tuned_by
from gapprof.measure.journal import Journal
from gapprof.measure.teller import Teller
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.gpu_kernels import GpuKernelTrial, LibraryDispatches
from gapprof.records.recording import RoundStarted

TUNING_S = 30.0
_TUNING = Effort(samples=5, given_up=1.5, budget_s=TUNING_S)
_TIMING = Effort(samples=15, given_up=0.0, budget_s=TUNING_S)
"""What was tuned was compiled within that time, beside its rivals; samples mostly take a small part of it."""
_TUNING_ROUND = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Everything that all rounds share."""

    journal: Journal
    teller: Teller
    page: Page
    calls: Path
    """The library's, recorded."""
    adapter: AdapterIdentity
    """That they were recorded on."""
    shapes: tuple[str, ...]
    limits: Limits
    seed: int

    def tuned(self, before: Mapping[str, Choice]) -> Tuned:
        """The best choices: those that a database knows, and those that are found in time."""
        wanted = {
            key: tried(family_of(shape_of(key)), shape_of(key), self.limits)
            for key in self.shapes
            if key not in before
        }
        if wanted:
            self.teller.tell("tuning", f"tuning {len(wanted)} shapes")
            trial = self._trial(wanted, _TUNING, number=_TUNING_ROUND, seed=self.seed)
            if trial is not None:
                return tuned_by(trial, before, self.adapter)
        return Tuned(choices=before, kept={})

    def round(self, tuned: Mapping[str, Choice], number: int, rounds: int) -> None:
        """The library's dispatches and ours, each in a fresh browser, in an order of chance."""
        order = tuple(map(str, np.random.default_rng([self.seed, number]).permutation(["library", "ours"])))
        self.journal.write(RoundStarted(round=number, kind="main", order=order, at_s=self.journal.now_s()))
        for place in order:
            self.teller.tell("rounds", place, round_number=number, planned=rounds)
            if place == "library":
                where = InBrowser(gpu=self.page.gpu, browser_args=self.page.browser_args)
                found = timed(self.calls, [where], iterations=ITERATIONS)
                self.journal.write(LibraryDispatches(round=number, timed=found))
            elif tuned:
                wanted = {key: (choice,) for key, choice in tuned.items()}
                self._trial(wanted, _TIMING, number=number, seed=self.seed + number + 1)

    def _trial(
        self, wanted: Mapping[str, Sequence[Choice]], effort: Effort, *, number: int, seed: int
    ) -> GpuKernelTrial | None:
        """Written down; a visit that fails is no reason to throw away what other rounds find."""
        try:
            trial = self.page.trial(wanted, effort, number=number, seed=seed)
        except (EnvironmentUnusable, ModelUnusable) as error:
            self.journal.note("report", f"{titled_round(number)}: {error.message}.")
            return None
        self.journal.write(trial)
        return trial
