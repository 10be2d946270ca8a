"""What listening costs a cold start on the GPU: the same start with what tells of it and without, in turn.

python benchmarks/cold_listeners.py [zoo:MODEL | MODEL.onnx [ROUNDS]]     default: zoo:resnet20, 8 rounds

Each start has a browser and a profile of its own. Without: the page's module that listens to the GPU's
methods is served as one that leaves them alone; all else is the same, and so are the clocks, the page's.
"""

import math
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser import tasks, tensors
from gapprof.browser.ready import module_of
from gapprof.browser.visit import Equipment, Visit
from gapprof.gpu import graphics
from gapprof.gpu.visited import Gpu, empty_job, visited
from gapprof.guard import Guard
from gapprof.measure.lock import sole_measurer
from gapprof.records.job import Job
from gapprof.records.wire.open import OpenTask
from gapprof.records.wire.start import Started, StartStep, StartTask
from gapprof.stats.interval import exponential, t_interval
from gapprof.subject.open import open_subject

ROUNDS = 8
START_S = 240.0
WITH, WITHOUT = "listened to", "alone"
STRETCHES: Mapping[str, frozenset[str]] = {
    "from the order on": frozenset(),
    "once wasm is compiled": frozenset({"setup", "adapter", "device", "session", "inputs", "first-run"}),
}
"""Stages of which each is made; none named: all."""
DEAF = """
export const making = () => ({ adapters: [], devices: [], within: () => null, stop: () => undefined });
"""
ADAPTER = "navigator.gpu.requestAdapter().then(({ info }) => `${info.vendor} ${info.architecture}`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A start, and on whose adapter."""

    started: Started
    adapter: str


def job_of(model: str, folder: Path) -> Job:
    """The model on its page's main thread, on seeded inputs."""
    subject = open_subject(model, shapes={}, inputs=None, seed=0, workdir=folder)
    job = empty_job()
    return replace(
        job,
        setting=replace(job.setting, device="gpu"),
        model_path=str(subject.original.path),
        external_data=subject.original.external_data,
        inputs_path=str(subject.inputs_path),
    )


def deaf_modules(folder: Path) -> Path:
    """Those of a page, but for the one that listens."""
    modules = folder / "deaf"
    shutil.copytree(assets.probes_web(), modules, ignore=shutil.ignore_patterns("node_modules"))
    (modules / "gpu" / "making.mjs").write_text(DEAF, encoding="utf-8")
    return modules


def start(job: Job, gpu: Gpu) -> Seen:
    """From nothing to a first result, in a fresh browser."""
    dist = assets.web_dist()
    block, pieces = tensors.packed(Path(job.inputs_path))

    async def run(visit: Visit) -> Seen:
        module = module_of(job, dist)
        opening = tasks.open_task(job, base=visit.serving.base, module=module, inputs=pieces)
        await visit.ask(task(opening, "prepare"), Started)
        started = await visit.ask(task(opening, "start"), Started, most_s=START_S)
        return Seen(started=started, adapter=await visit.page.evaluate(ADAPTER, deadline_s=START_S))

    return visited(gpu, job, run, dist=dist, inputs=block)


def task(opening: OpenTask, step: StartStep) -> StartTask:
    """Of the steps that lead to a first result."""
    return StartTask(step=step, open=opening, settle_ms=0.0, settle_runs=0, recreations=0, word="")


def took_ms(started: Started, stages: frozenset[str]) -> float:
    """Stages follow one another."""
    return sum(ms for name, ms in started.stages_ms.items() if not stages or name in stages)


def row(name: str, stages: frozenset[str], starts: Mapping[str, list[Seen]]) -> str:
    """Medians, and the ratio of what one round has of both, with its interval over rounds."""
    listened, alone = ([took_ms(one.started, stages) for one in starts[way]] for way in (WITH, WITHOUT))
    logs = [math.log(one / other) for one, other in zip(listened, alone, strict=True)]
    ratio = exponential(t_interval(logs))
    return (
        f"  {name:22} {median(listened):9.1f} ms {WITH}, {median(alone):9.1f} ms {WITHOUT}: "
        f"{ratio.point:.3f}x [{ratio.low:.3f}, {ratio.high:.3f}]"
    )


def heard(seen: Iterable[Seen]) -> str:
    """How many calls there are to listen to in a start."""
    made = [one.started.gpu_made for one in seen]
    shaders, pipelines, submits = (
        median(sum(getattr(stage, kind) for stage in stages) for stages in made)
        for kind in ("shaders", "pipelines", "submits")
    )
    return (
        f"{shaders:.0f} shaders, {pipelines:.0f} pipelines and {submits:.0f} submits are heard of in a start"
    )


def main() -> None:
    model, rounds = (sys.argv[1:] + ["zoo:resnet20", str(ROUNDS)][len(sys.argv) - 1 :])[:2]
    executable = assets.find_browser()
    here = graphics.here(executable)
    with sole_measurer(), Guard() as guard, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        job = job_of(model, folder)
        ways = {
            way: Gpu(equipment=Equipment(executable=executable, probes=modules, guard=guard), graphics=here)
            for way, modules in ((WITH, assets.probes_web()), (WITHOUT, deaf_modules(folder)))
        }
        starts: dict[str, list[Seen]] = {way: [] for way in ways}
        for number in range(int(rounds)):
            for way in list(ways)[:: 1 if number % 2 else -1]:
                starts[way].append(start(job, ways[way]))
    print(f"{model}, {rounds} rounds, on {starts[WITH][0].adapter}; {heard(starts[WITH])}")
    for stretch, stages in STRETCHES.items():
        print(row(stretch, stages, starts))


if __name__ == "__main__":
    main()
