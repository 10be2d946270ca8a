"""One visit of one rung: the job, the retries, what strikes it, and the entry that is written."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from gapprof.errors import EnvironmentUnusable
from gapprof.facts.disturbance import disturbed
from gapprof.measure.culprit import deadly_node
from gapprof.measure.fastest import Fastest
from gapprof.measure.faults import harness_faults
from gapprof.measure.journal import Journal
from gapprof.measure.outputs import outputs_of
from gapprof.native.ended import of_its_own_making
from gapprof.records.backend import Backend
from gapprof.records.environment import Setting
from gapprof.records.job import CoreSpeed, Job, Pace
from gapprof.records.recording import PlannedRung
from gapprof.records.subject import StagedModel, Subject
from gapprof.records.trial import Failure, Profile, Trace, Trial, took_s
from gapprof.text.refusals import of_node, with_node

P = TypeVar("P", Profile, Trace)
ATTEMPTS = 3
"""A disturbed trial is repeated twice; then it counts, and its load says so: intervals widen first."""
MOST_FAILURES = 2
KEPT_WARMUP_RUNS = 200
"""Of a tiny model's thousands; enough to see where it became steady."""
PREFLIGHT_ROUND = -1


@dataclass(slots=True)
class Patience:
    """Seconds left for repeating disturbed trials: on a machine that is never quiet, repeats buy nothing."""

    left_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One attempt at one visit of a rung in a round."""

    step: PlannedRung
    round: int
    visit: int
    number: int = 0
    failures: int = 0
    """Among the attempts before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Everything that all visits of one run share."""

    journal: Journal
    subject: Subject
    backends: Mapping[str, Backend]
    outputs: Path
    """Folder for one .npz of outputs per rung."""
    calls: Path | None = None
    """The library's WebGPU calls; None where nothing replays any."""
    seed: int
    pace: Pace
    patience: Patience
    cores: Fastest = field(default_factory=Fastest)

    def outputs_of(self, rung_id: str) -> Path:
        """Where the outputs of a rung lie once it was visited."""
        return outputs_of(self.outputs, rung_id)

    def timed(self, step: PlannedRung, round_number: int, visit: int = 0) -> Trial | Failure:
        """Visit until a trial counts or the attempts are used up; the last outcome is returned."""
        return self._from(Try(step=step, round=round_number, visit=visit))

    def again(self, step: PlannedRung, trial: Trial) -> Trial | Failure:
        """Visit once more in the place of this trial, which counts as long as no other one does."""
        return self._from(Try(step=step, round=trial.round, visit=trial.visit, number=trial.attempt + 1))

    def profiled(
        self, step: PlannedRung, round_number: int, visit: int = 0, *, chain_wanted: bool = True
    ) -> tuple[Trial | Failure, Profile | Failure | None]:
        """The same; the first attempt goes on with the runtime's profiler, or to None where it failed."""
        attempt = Try(step=step, round=round_number, visit=visit)
        job = self._job_of(attempt)
        if not chain_wanted:
            job = replace(job, chain=None)
        return self._gone_on_with(attempt, lambda timed: self._backend(step).profiled(job, timed))

    def traced(
        self, step: PlannedRung, round_number: int, visit: int = 0
    ) -> tuple[Trial | Failure, Trace | Failure | None]:
        """The same with the browser's tracing in the profiler's place."""
        attempt = Try(step=step, round=round_number, visit=visit)
        job = self._job_of(attempt)
        return self._gone_on_with(attempt, lambda timed: self._backend(step).traced(job, timed))

    def preflight(self, step: PlannedRung) -> Trial | Failure:
        """A first visit: it is written, struck from the start, and shows what the environment is.

        One crash or timeout is bad luck and tried again; what the model cannot do stays so. Where native
        onnxruntime dies twice, the node is looked for that it dies of.
        """
        for attempt in range(2):
            started = self.journal.now_s()
            outcome = self._backend(step).timed(self._job(step, PREFLIGHT_ROUND))
            outcome = replace(
                outcome,
                round=PREFLIGHT_ROUND,
                attempt=attempt,
                started_s=started,
                ended_s=self.journal.now_s(),
            )
            if isinstance(outcome, Trial):
                outcome = replace(_bounded(outcome), struck=("preflight visit",))
            elif outcome.kind == "model":
                outcome = replace(outcome, message=with_node(outcome.message, self._nodes()))
            elif attempt and of_its_own_making(outcome):
                outcome = self._with_deadly_node(step, outcome)
            self.journal.write(outcome)
            if isinstance(outcome, Trial) or outcome.kind in ("model", "environment"):
                break
        return outcome

    def _with_deadly_node(self, step: PlannedRung, died: Failure) -> Failure:
        found = deadly_node(self.job(step), died, timed=self._backend(step).timed, now_s=self.journal.now_s)
        if found is None:
            return died
        return replace(died, message=of_node(found.name, found.op_type, died.message))

    def _nodes(self) -> Iterator[tuple[str, str]]:
        """(name, operator): of the file, then of the common graph, of which native's refusal leaves none."""
        yield from ((name, operator) for operator, name in self.subject.first_nodes.items())
        yield from ((node.name, node.op_type) for node in self.subject.facts.nodes)

    def job(self, step: PlannedRung) -> Job:
        """What a first visit of that rung is asked to do."""
        return self._job(step, PREFLIGHT_ROUND)

    def _gone_on_with(
        self, attempt: Try, carry_out: Callable[[Callable[[Trial], None]], P | Failure | None]
    ) -> tuple[Trial | Failure, P | Failure | None]:
        """A visit that is told of its trial, and what it went on to; None there where it failed before.

        A trial that cannot be written down is no trouble of the visit's, as which a backend may take it.
        """
        timed: list[Trial] = []
        lost: list[EnvironmentUnusable] = []
        started = self.journal.now_s()

        def on_trial(trial: Trial) -> None:
            try:
                timed.append(self._trial(attempt, trial, started))
            except EnvironmentUnusable as error:
                lost.append(error)
                raise

        outcome = carry_out(on_trial)
        if lost:
            raise lost[0]
        if outcome is None:
            return self._from(attempt), None
        if not timed and isinstance(outcome, Failure):
            return self._after(attempt, self._written(attempt, outcome, started)), None
        began = timed[0].ended_s
        later = replace(outcome, round=attempt.round, started_s=began, ended_s=self.journal.now_s())
        self.journal.write(later)
        return self._after(attempt, timed[0]), later

    def _from(self, attempt: Try) -> Trial | Failure:
        started = self.journal.now_s()
        outcome = self._backend(attempt.step).timed(self._job_of(attempt))
        return self._after(attempt, self._written(attempt, outcome, started))

    def _after(self, attempt: Try, outcome: Trial | Failure) -> Trial | Failure:
        """The outcome, or that of another attempt where it does not count and there is one left."""
        failures = attempt.failures + isinstance(outcome, Failure)
        counts = isinstance(outcome, Trial) and not outcome.struck
        hopeless = isinstance(outcome, Failure) and (failures == MOST_FAILURES or outcome.kind == "model")
        if counts or hopeless or attempt.number >= ATTEMPTS - 1:
            return outcome
        return self._from(dataclasses.replace(attempt, number=attempt.number + 1, failures=failures))

    def _written(self, attempt: Try, outcome: Trial | Failure, started_s: float) -> Trial | Failure:
        if isinstance(outcome, Trial):
            return self._trial(attempt, outcome, started_s)
        failure = replace(
            outcome,
            attempt=attempt.number,
            started_s=started_s,
            ended_s=self.journal.now_s(),
            waited_ms=self.cores.failed(),
        )
        self.journal.write(failure)
        return failure

    def _trial(self, attempt: Try, trial: Trial, started_s: float) -> Trial:
        """Written down with its place, its times and what strikes it."""
        ended_s = self.journal.now_s()
        trial = replace(trial, waited_ms=self.cores.learn(trial.load))
        struck = list(_faults(attempt.step, trial))
        disturbance = disturbed(trial.load)
        if disturbance and attempt.number < ATTEMPTS - 1 and self.patience.left_s > 0:
            struck.append(disturbance)
            self.patience.left_s -= took_s(replace(trial, started_s=started_s, ended_s=ended_s))
        trial = replace(
            _bounded(trial),
            visit=attempt.visit,
            attempt=attempt.number,
            started_s=started_s,
            ended_s=ended_s,
            struck=tuple(struck),
        )
        self.journal.write(trial)
        return trial

    def _job_of(self, attempt: Try) -> Job:
        job = self._job(attempt.step, attempt.round)
        return replace(job, seed=job.seed + attempt.visit)

    def _backend(self, step: PlannedRung) -> Backend:
        if step.setting is None:
            raise ValueError(f"{step.rung.id} has no setting; only resolved rungs are visited")
        return self.backends[step.setting.backend]

    def _job(self, step: PlannedRung, round_number: int) -> Job:
        if step.setting is None:
            raise ValueError(f"{step.rung.id} has no setting; only resolved rungs are visited")
        own = step.setting.graph == "own"
        model = self.subject.original if own else self.subject.common
        if not isinstance(model, StagedModel):
            raise ValueError(f"{step.rung.id} wants the common graph, and there is none: {model.message}")
        outputs = self.outputs_of(step.rung.id)
        return Job(
            rung=step.rung.id,
            round=round_number,
            seed=self.seed + 1000 * (round_number + 1),
            setting=step.setting,
            model_path=str(model.path),
            external_data=model.external_data,
            optimise=own,
            inputs_path=str(self.subject.inputs_path),
            outputs_path="" if outputs.exists() or round_number == PREFLIGHT_ROUND else str(outputs),
            pace=self.pace,
            calls_path=str(self.calls) if self.calls is not None else "",
            chain=self.subject.chain,
            nodes=len(self.subject.facts.nodes),
            core_speed=self._core_speed(step.setting, round_number),
        )

    def _core_speed(self, setting: Setting, round_number: int) -> CoreSpeed | None:
        """Not on a GPU, and not while one finds out how long visits take."""
        return None if setting.device == "gpu" or round_number == PREFLIGHT_ROUND else self.cores.wanted()


def _faults(step: PlannedRung, trial: Trial) -> Sequence[str]:
    if step.setting is None:
        return ()
    return harness_faults(trial.seen, step.setting, stock_flags=step.rung.environment.flags != "user")


def _bounded(trial: Trial) -> Trial:
    return replace(trial, warmup_ms=trial.warmup_ms[:KEPT_WARMUP_RUNS])
