"""What may be measured beyond the rounds, where it was asked for: twins, replays, a look inside the wasm,
other ways to run the model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from gapprof.errors import EnvironmentUnusable, ModelUnusable, WrongUse
from gapprof.measure.fastest import Fastest
from gapprof.measure.journal import Journal
from gapprof.measure.teller import Teller
from gapprof.records.backend import Backend
from gapprof.records.job import Job
from gapprof.records.recording import PlannedRung, Preflight, RoundStarted
from gapprof.records.subject import StagedModel, Subject

Profiled = Callable[[PlannedRung, int], object]
"""Visits a rung in a round, with the profiler."""
_PATIENCE = 2
"""Times the deadline of a timed visit: these visits do more."""


class UnreachableError(Exception):
    """Its text says why a rung cannot be visited, or which side gave nothing, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """A run whose own rounds are over."""

    subject: Subject
    preflight: Preflight
    teller: Teller
    profiled: Profiled
    backends: Mapping[str, Backend]
    outputs: Path
    """Folder with what the rungs computed, one .npz each, see `gapprof.measure.outputs`."""
    calls: Path | None = None
    """The library's WebGPU calls, where they were to be recorded."""
    fastest: Fastest = field(default_factory=Fastest)

    @property
    def journal(self) -> Journal:
        """Where everything is written down."""
        return self.teller.journal

    def step(self, rung: str) -> PlannedRung:
        """Of the ladder. KeyError for a rung that it has not."""
        return {step.rung.id: step for step in self.preflight.ladder}[rung]

    def job(self, rung: str, number: int, *, seed: int) -> Job:
        """A visit of a rung beyond its own, with the model that it loads. Raises UnreachableError."""
        step = self.step(rung)
        if step.setting is None or step.refusal:
            raise UnreachableError(f"{rung}: {step.refusal or 'it has no setting'}")
        own = step.setting.graph == "own"
        model = self.subject.original if own else self.subject.common
        if not isinstance(model, StagedModel):
            raise UnreachableError(f"there is no common graph: {model.message}")
        pace = self.preflight.pace
        return Job(
            rung=rung,
            round=number,
            seed=seed + number,
            setting=step.setting,
            model_path=str(model.path),
            external_data=model.external_data,
            optimise=own,
            inputs_path=str(self.subject.inputs_path),
            outputs_path="",
            pace=replace(pace, deadline_s=_PATIENCE * pace.deadline_s),
        )

    def next_round(self) -> int:
        """The first that nobody has begun."""
        return 1 + max((one.round for one in self.journal.recording().of(RoundStarted)), default=-1)


FEWEST_ROUNDS = 2
_ROUND_S = 30.0


def rounds_for(budget_s: float, most: int) -> int:
    """Rounds of a stage that has so many with the usual budget; fewer with a small one, but no single one."""
    return max(FEWEST_ROUNDS, min(most, int(budget_s / _ROUND_S)))


Extra = Callable[[Beyond], None]
"""What it cannot measure becomes a note, never an error."""


def noting(option: str, tell: Callable[[Beyond], None]) -> Extra:
    """What keeps a stage from telling anything becomes a note in the option's name."""

    def noted(beyond: Beyond) -> None:
        try:
            tell(beyond)
        except UnreachableError as why:
            beyond.journal.note("report", f"{option} tells nothing, or not all: {why}")
        except (EnvironmentUnusable, ModelUnusable, WrongUse) as error:
            beyond.journal.note("report", f"{option} broke off: {error.message}")

    return noted
