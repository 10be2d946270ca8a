"""One visit of one cell: the job, the repeats, what strikes it, and the entry that is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from gapprof.facts.disturbance import disturbed
from gapprof.facts.lattice import cell_id, counts_as_same
from gapprof.lattice.cells import Bases, obtainable, setting_of
from gapprof.measure.fastest import Fastest
from gapprof.measure.faults import harness_faults
from gapprof.measure.journal import Journal
from gapprof.measure.outputs import Reference, compare
from gapprof.measure.visits import ATTEMPTS, KEPT_WARMUP_RUNS, MOST_FAILURES, Patience
from gapprof.records.backend import Backend
from gapprof.records.job import Job, Pace
from gapprof.records.lattice import Cell, CellOutputs, CellVisit, Kind
from gapprof.records.subject import StagedModel, Subject
from gapprof.records.trial import Failure, Trial, took_s


@dataclass(frozen=True, slots=True, kw_only=True)
class CellVisits:
    """What all visits of one study share."""

    study: str
    journal: Journal
    subject: Subject
    backends: Mapping[str, Backend]
    bases: Bases
    pace: Pace
    seed: int
    patience: Patience
    cores: Fastest = field(default_factory=Fastest)
    outputs: Path
    """Folder for what the cells compute."""
    reference: Reference | None
    """What that is compared with; None: no rung left anything, and nothing is compared."""
    _compared: dict[Cell, bool] = field(default_factory=dict)
    """Cell → whether it computes the same."""

    def wrong(self, cell: Cell) -> bool:
        """Whether it was seen to compute something else: then none of its times counts."""
        return not self._compared.get(cell, True)

    def visited(self, cell: Cell, number: int, kind: Kind) -> Trial | Failure:
        """Until a visit counts or the attempts are used up; the last outcome is returned, all are written."""
        failures = 0
        for attempt in range(ATTEMPTS):
            outcome = self._once(cell, number, kind, attempt)
            failures += isinstance(outcome, Failure)
            counts = isinstance(outcome, Trial) and not outcome.struck
            hopeless = isinstance(outcome, Failure) and (failures == MOST_FAILURES or outcome.kind == "model")
            if counts or hopeless or self.wrong(cell):
                break
        return outcome

    def _once(self, cell: Cell, number: int, kind: Kind, attempt: int) -> Trial | Failure:
        job = self._job(cell, number)
        started_s = self.journal.now_s()
        outcome = self.backends[job.setting.backend].timed(job)
        ended_s = self.journal.now_s()
        outcome = replace(outcome, attempt=attempt, started_s=started_s, ended_s=ended_s)
        if isinstance(outcome, Trial):
            outcome = replace(outcome, waited_ms=self.cores.learn(outcome.load))
            outcome = self._struck(outcome, job)
            self._compare(cell, job)
        else:
            outcome = replace(outcome, waited_ms=self.cores.failed())
        self.journal.write(
            CellVisit(study=self.study, cell=cell, round=number, kind=kind, attempt=attempt, outcome=outcome)
        )
        return outcome

    def _compare(self, cell: Cell, job: Job) -> None:
        """Written before the visit is, so that no time is there without it."""
        if self.reference is None or not job.outputs_path or not Path(job.outputs_path).exists():
            return
        path = Path(job.outputs_path)
        checks = compare(cell_id(cell), path, self.reference.rung, self.reference.path)
        entry = CellOutputs(study=self.study, cell=cell, checks=checks)
        self._compared[cell] = counts_as_same(self.journal.begin.model, entry)
        self.journal.write(entry)

    def _outputs_path(self, cell: Cell) -> str:
        """Empty where nobody needs them any more."""
        if self.reference is None or cell in self._compared:
            return ""
        self.outputs.mkdir(parents=True, exist_ok=True)
        return str(self.outputs / f"{self.study}-{cell_id(cell)}.npz")

    def _struck(self, trial: Trial, job: Job) -> Trial:
        """With what strikes it. Load from outside does not, once nobody has the patience to repeat."""
        reasons = list(harness_faults(trial.seen, obtainable(job.setting), stock_flags=False))
        disturbance = disturbed(trial.load)
        if disturbance and trial.attempt < ATTEMPTS - 1 and self.patience.left_s > 0:
            reasons.append(disturbance)
            self.patience.left_s -= took_s(trial)
        return replace(trial, warmup_ms=trial.warmup_ms[:KEPT_WARMUP_RUNS], struck=tuple(reasons))

    def _job(self, cell: Cell, number: int) -> Job:
        setting, base = setting_of(cell, self.bases), self.bases[cell.side]
        own = setting.graph == "own"
        model = self.subject.original if own else self.subject.common
        if not isinstance(model, StagedModel):
            raise ValueError(f"{base.rung.id} wants the common graph, and there is none: {model.message}")
        return Job(
            rung=base.rung.id,
            round=number,
            seed=self.seed + 1000 * (number + 1),
            setting=setting,
            model_path=str(model.path),
            external_data=model.external_data,
            optimise=own,
            inputs_path=str(self.subject.inputs_path),
            outputs_path=self._outputs_path(cell),
            pace=self.pace,
            core_speed=None if setting.device == "gpu" else self.cores.wanted(),
        )
