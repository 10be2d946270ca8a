"""A model's calls, recorded and replayed in Chromium and in Dawn, and what the report says of both.

Most visits leave workgroups' memory as it is: software compiles shaders several times faster so.
"""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from msgspec.structs import replace

from gapprof import assets
from gapprof.backends import chromium, dawn, web_replay
from gapprof.browser.visit import Equipment
from gapprof.gpu import graphics, toggles
from gapprof.gpu.recorded import record
from gapprof.gpu.stage import recording_calls
from gapprof.gpu.steady import summary
from gapprof.gpu.visited import Gpu
from gapprof.guard import Guard
from gapprof.records.backend import Backend
from gapprof.records.calls import RecordedCalls
from gapprof.records.gpu_runs import RunParts
from gapprof.records.job import Job
from gapprof.records.report import CauseRow, Report, with_descendants
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from tests.browser.gpu_places import QUICK
from tests.browser.gpu_plants import report_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    job: Job
    calls: RecordedCalls
    trials: dict[str, Trial]
    report: Report

    def row(self, name: str) -> CauseRow:
        return next(one for one in with_descendants(self.report.causes) if one.id == name)

    def said(self, name: str) -> str:
        return " ".join(one.text for one in self.row(name).evidence)

    def parts(self, rung: str) -> RunParts:
        found = self.trials[rung].parts
        assert found is not None
        assert (found.why, found.differing_bytes) == ("", 0), "runs in another order compute the same"
        assert found.compared_bytes > 0
        return found

    def with_session(self, trial: Trial) -> Self:
        """The same replays, beside the library's own runs of that trial."""
        trials = {**self.trials, "web-session": trial}
        return dataclasses.replace(self, trials=trials, report=report_of(self.calls, trials))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where models lie, each in a folder of its own, and who ends what still runs."""

    folder: Path
    guard: Guard

    def new(self, name: str) -> Path:
        """An empty folder."""
        folder = self.folder / name
        folder.mkdir()
        return folder

    def explained(self, job: Job, *, dist: Path | None = None) -> Found:
        """Recorded, placed and replayed in both places."""
        job = replace(job, calls_path=str(Path(job.model_path).with_suffix(".calls")))
        calls = recording_calls(served(dist), self.guard)(job)
        assert isinstance(calls, RecordedCalls), calls
        return self._replayed(job, calls)

    def unplaced(self, job: Job) -> Found:
        """The same where no claim asks who ran which node: to know that takes a visit of its own."""
        job = replace(job, calls_path=str(Path(job.model_path).with_suffix(".calls")))
        browser = assets.find_browser()
        equipment = Equipment(executable=browser, probes=assets.probes_web(), guard=self.guard)
        gpu = Gpu(equipment=equipment, graphics=graphics.here(browser))
        found = record(job, gpu, Path(job.calls_path), dist=assets.web_dist(), build=assets.GPU_BUILD)
        told = summary(found.trace)
        calls = RecordedCalls(took_s=1.0, build=found.build, wasm_file=found.wasm_file, summary=told)
        return self._replayed(job, calls)

    def _replayed(self, job: Job, calls: RecordedCalls) -> Found:
        replays = replace(job, setting=replace(job.setting, toggles=QUICK.enabled, browser_args=()))
        native = timed(dawn.BACKEND.open(Settings(), self.guard), replays)
        trials = {"replay-native-unsafe": native, "replay-native": native}
        trials["replay-web"] = timed(web_replay.BACKEND.open(Settings(), self.guard), replays)
        return Found(job=job, calls=calls, trials=trials, report=report_of(calls, trials))

    def session(self, job: Job, *, dist: Path | None = None) -> Trial:
        """The library's own runs."""
        return timed(chromium.BACKEND.open(served(dist), self.guard), job)


@contextmanager
def benched(folder: Path) -> Iterator[Bench]:
    with Guard() as guard:
        yield Bench(folder=folder, guard=guard)


def timed(backend: Backend, job: Job) -> Trial:
    found = backend.timed(job)
    assert isinstance(found, Trial), found
    return found


def served(dist: Path | None) -> Settings:
    return Settings(web_dist=str(dist)) if dist is not None else Settings()


def on_gpu(job: Job, *, samples: int = 3) -> Job:
    """As few runs as tell: what is planted is large."""
    setting = replace(job.setting, device="gpu", browser_args=toggles.browser_args(QUICK))
    pace = replace(job.pace, warmup_ms=0.0, warmup_runs=1, batch=1, samples=samples)
    return replace(job, setting=setting, pace=pace)
