"""onnxruntime-web with something planted in front of it, models that stop or carry much, their reports."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from gapprof import assets
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.records.calls import RecordedCalls
from gapprof.records.gpu import GpuBuild
from gapprof.records.job import Job
from gapprof.records.recording import Entry
from gapprof.records.report import Report
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from gapprof.subject.sketch import Sketch
from tests.browser.gpu_models import job_of
from tests.truth.recorder import record

PLANTS = Path(__file__).parent / "gpu_modules" / "plants"
STALL_MS = 50.0
"""As stall.mjs has it, behind every so many submits: longer than a scheduler holds anybody up."""
LATE_MS = 50.0
"""As late.mjs has it, at the begin of every run but the first."""
SIDE = 8
ROWS, COLUMNS = 1024, 2048
CARRIED_BYTES = ROWS * COLUMNS * 4


def library_of(build: GpuBuild, folder: Path) -> str:
    """A `dist` folder with that build for GPUs alone; the name of its entry point."""
    dist = assets.web_dist()
    entry = assets.gpu_entry_point(dist, build)
    folder.mkdir()
    for file in (dist / entry, dist / assets.entry_point(dist), *dist.glob(f"*.{build}.*")):
        shutil.copyfile(file, folder / file.name)
    return entry


def library_with(plant: str, folder: Path) -> Path:
    """A `dist` folder with the build that pages get, and that script in front of its entry point."""
    entry = library_of(assets.GPU_BUILD, folder)
    text = (folder / entry).read_text(encoding="utf-8")
    script = (PLANTS / f"{plant}.mjs").read_text(encoding="utf-8")
    (folder / entry).write_text(f"{script}\n{text}", encoding="utf-8")
    return folder


def stopping_job(folder: Path) -> Job:
    """Products of matrices around a determinant, for which WebGPU has no kernel."""
    sketch = Sketch("stopping", seed=1)
    x = sketch.node("before", "Neg", [sketch.input("x", [SIDE, SIDE])])
    one = sketch.node("alone", "Det", [x])
    sketch.output(sketch.node("after", "Mul", [sketch.node("again", "Neg", [x]), one]), "y", [SIDE, SIDE])
    job = job_of("matmul", folder)
    sketch.save(Path(job.model_path))
    values = np.eye(SIDE) + np.random.default_rng(3).uniform(0.0, 0.25, (SIDE, SIDE))
    np.savez(job.inputs_path, x=values.astype(np.float32))
    return job


def carrying_job(folder: Path) -> Job:
    """8 MiB in, 8 MiB out, and one small step between."""
    sketch = Sketch("carrying", seed=1)
    x = sketch.input("x", [ROWS, COLUMNS])
    sketch.output(sketch.node("only", "Neg", [x]), "y", [ROWS, COLUMNS])
    job = job_of("matmul", folder)
    sketch.save(Path(job.model_path))
    np.savez(job.inputs_path, x=np.random.default_rng(3).standard_normal((ROWS, COLUMNS), np.float32))
    return job


def report_of(calls: RecordedCalls, trials: Mapping[str, Trial]) -> Report:
    """As if every round had brought exactly this; rungs that were not visited have a machine of their own.

    So intervals have no width; what costs in rounds that differ is held by tests/unit/test_published_gpu.py.
    """
    whole = record(Machine(latency_ms=ladder_ms({}, backend="webgpu")), Settings(backend="webgpu"))

    def seen(entry: Entry) -> Entry:
        if not isinstance(entry, Trial) or entry.rung not in trials:
            return entry
        return msgspec.structs.replace(trials[entry.rung], rung=entry.rung, round=entry.round, struck=())

    preflight, *others = whole.entries
    return build(msgspec.structs.replace(whole, entries=(preflight, calls, *map(seen, others))))
