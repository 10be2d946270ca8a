"""One side against itself, through the whole of gapprof: how often does a cause cost or save anything?

Every rung of the ladder is given the one environment of `native` (or of `web`), so that all factors are 1 and
whatever is found is false. Rounds, sampling, analysis and verdicts are gapprof's own, and so are profiled
passes natively; in a browser there are none, for they would take longer than all rounds. The checks of what a
rung really ran on are told that it was as planned: they would find, rightly, that none is what its name says.

python benchmarks/null_runs.py [native|web [RUNS [MODEL [SEED [FOLDER]]]]]

Unless told otherwise: native, 10 runs of zoo:resnet20, the seeds from 0 on, kept in no folder. FOLDER gets
each run's recording (SIDE-SEED.jsonl). A native run takes less than a minute, one in the browser a minute and
a half.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from gapprof import rungs
from gapprof.backends import chromium, native
from gapprof.explain.report import build
from gapprof.guard import Guard
from gapprof.measure.machine import usable_cores
from gapprof.measure.resolve import resolve
from gapprof.measure.run import measure
from gapprof.records.backend import Backend
from gapprof.records.environment import Setting
from gapprof.records.estimate import EFFECTS
from gapprof.records.job import Job
from gapprof.records.report import Report
from gapprof.records.settings import Settings
from gapprof.records.subject import Subject
from gapprof.records.trial import Failure, Profile, Trace, Trial
from gapprof.subject.open import open_subject
from gapprof.text import numbers

MODEL = "zoo:resnet20"
BUDGET_S = 36.0
"""Of a run. As many of its first six rounds as fit into three times that are taken."""
SETTINGS = Settings(rungs="main", threads=1, budget_s=BUDGET_S, allow_noisy=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneEnvironment:
    """A backend that realises the same setting whatever it is asked for."""

    inner: Backend
    setting: Setting
    subject: Subject
    id: str = "one-environment"

    def refuse(self, _setting: Setting) -> str | None:
        """Nothing."""
        return None

    def timed(self, job: Job) -> Trial | Failure:
        """A trial of the one environment, under the name of the rung that was asked for."""
        outcome = self.inner.timed(self._job(job))
        return outcome if isinstance(outcome, Failure) else _as_planned(outcome, job.setting)

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        """The same with a profiled pass; not in browsers, where it would take longer than all rounds."""
        if self.setting.backend == "chromium":
            outcome = self.timed(job)
            if isinstance(outcome, Failure):
                return outcome
            timed(outcome)
            return Failure(
                rung=job.rung, round=job.round, started_s=0.0, ended_s=0.0,
                phase="start", kind="environment", message="not profiled here",
            )  # fmt: skip
        return self.inner.profiled(self._job(job), lambda trial: timed(_as_planned(trial, job.setting)))

    def traced(self, job: Job) -> Trace | Failure | None:
        """The same for a traced one."""
        return self.inner.traced(self._job(job))

    def _job(self, job: Job) -> Job:
        original = self.subject.original
        return replace(
            job,
            setting=self.setting,
            model_path=str(original.path),
            external_data=original.external_data,
            optimise=True,
        )


def _as_planned(trial: Trial, planned: Setting) -> Trial:
    """The harness checks would find, rightly, that no rung is what its name says; here that is the point."""
    seen = replace(
        trial.seen,
        threads=planned.threads,
        isolated=None,
        where=None,
        ceiling_hits=1,
        sentinel_gflops=None,
        wasm_sha256=None,
    )
    return replace(trial, seen=seen)


def one_run(side: str, model: str, seed: int, recording_path: Path) -> Report:
    """A whole run on the null ladder."""
    settings = replace(SETTINGS, seed=seed)
    with Guard() as guard, guard.folder("null") as folder:
        subject = open_subject(model, shapes={}, inputs=None, seed=seed, workdir=folder)
        factory, rung = {"native": (native, "native"), "web": (chromium, "web")}[side]
        setting = resolve(
            rungs.ladder("wasm")[rung].environment,
            settings,
            cores=usable_cores(),
            page_cores=usable_cores(),
            page_threads=1,
            page_isolated=True,
        )
        backend = OneEnvironment(
            inner=factory.BACKEND.open(settings, guard), setting=setting, subject=subject
        )
        recording = measure(
            subject,
            settings,
            argv=("benchmarks/null_runs.py", side, model),
            recording_path=recording_path,
            workdir=folder,
            guard=guard,
            observer=lambda _: None,
            realise=dict.fromkeys(("native", "chromium", "node"), backend),
        )
    return build(recording)


def told(report: Report) -> str:
    """What it says of every cause that has a figure."""
    factors = (
        f"{row.id} {numbers.factor_with_interval(row.factor)} {row.verdict}"
        for row in report.causes
        if row.factor is not None
    )
    return f"{report.rounds} rounds; {'; '.join(factors)}"


def false_ones(report: Report) -> list[str]:
    """Causes that are said to cost or to save."""
    return [row.id for row in report.causes if row.verdict in EFFECTS]


def main() -> None:
    """One line per run, and the count of false verdicts."""
    side = sys.argv[1] if len(sys.argv) > 1 else "native"
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    model = sys.argv[3] if len(sys.argv) > 3 else MODEL
    first = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    verdicts: Counter[str] = Counter()
    false = 0
    with tempfile.TemporaryDirectory() as nowhere:
        folder = Path(sys.argv[5] if len(sys.argv) > 5 else nowhere)
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(first, first + runs):
            report = one_run(side, model, number, folder / f"{side}-{number}.jsonl")
            verdicts.update(row.verdict for row in report.causes)
            false += len(false_ones(report))
            print(f"{side} against itself, run {number}: {told(report)}", flush=True)
    print(f"verdicts over {runs} runs: {dict(verdicts)}")
    print(f"false ones: {false}")


if __name__ == "__main__":
    main()
