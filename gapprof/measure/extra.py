"""What may be measured beyond the rounds, where it was asked for: twins, replays, a look inside the wasm,
other ways to run the model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gapprof.measure.journal import Journal
from gapprof.measure.teller import Teller
from gapprof.records.backend import Backend
from gapprof.records.recording import PlannedRung, Preflight, RoundStarted
from gapprof.records.subject import Subject

Profiled = Callable[[PlannedRung, int], object]
"""Visits a rung in a round, with the profiler."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """A run whose own rounds are over."""

    subject: Subject
    preflight: Preflight
    teller: Teller
    profiled: Profiled
    backends: Mapping[str, Backend]

    @property
    def journal(self) -> Journal:
        """Where everything is written down."""
        return self.teller.journal

    def step(self, rung: str) -> PlannedRung:
        """Of the ladder. KeyError for a rung that it has not."""
        return {step.rung.id: step for step in self.preflight.ladder}[rung]

    def next_round(self) -> int:
        """The first that nobody has begun."""
        return 1 + max((one.round for one in self.journal.recording().of(RoundStarted)), default=-1)


Extra = Callable[[Beyond], None]
"""What it cannot measure becomes a note, never an error."""
