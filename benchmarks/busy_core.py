"""What a page loses to a model that runs in a worker, beside what it loses to a process outside the browser.

python benchmarks/busy_core.py [--rounds N] [--out FILE] [MODEL ...]     default: 10 rounds of zoo:mobilenetv2

`--out`: every figure of every visit, of the last model, as JSON (`reports/taken_core.py` publishes them).

Each round visits, in shuffled order and in fresh browsers, a page with the model loaded and warm: while it
rests; while it runs in a worker, run after run; while it rests, and a process outside the browser runs it in
native onnxruntime, run after run; and the same with that process in the browser's own session (see
`busy.browser`). All on one thread. What is lost beside such a process is not the worker's doing: a core is
taken, and the browser's own threads and processes share what is left. Ratios are within rounds.
"""

import argparse
import dataclasses
import math
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np
from busy.browser import accompanied
from busy.process import running
from msgspec import json
from msgspec.structs import replace

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.facts.disturbance import outside_ms
from gapprof.facts.estimates import factor_of
from gapprof.facts.felt import MEASURES
from gapprof.gpu.visited import empty_job
from gapprof.guard import Guard
from gapprof.measure.lock import sole_measurer
from gapprof.measure.machine import machine_facts, usable_cores
from gapprof.qoe.visits import Feeling
from gapprof.records.estimate import Estimate
from gapprof.records.job import Job
from gapprof.records.qoe import FeltTrial
from gapprof.records.trial import Failure
from gapprof.stats.contrast import Contrast
from gapprof.subject.open import open_subject
from gapprof.text.numbers import change_with_interval, ms, percent, plain

MODEL, ROUNDS = "zoo:mobilenetv2", 10
DEADLINE_S = 300.0
"""Of a visit."""
REST, WORKER, PROCESS = "at rest", "model in a worker", "process outside"
SAME_SESSION = "process in the browser's session"
METRICS = {
    "components": "a component, from due to painted",
    "event-p50": "from a click to the frame that answers it, median",
    "frame-p95": "between frames, 95th percentile",
}
RATIOS = (
    (WORKER, REST),
    (PROCESS, REST),
    (SAME_SESSION, REST),
    (WORKER, PROCESS),
    (WORKER, SAME_SESSION),
)
Way = Callable[[int], FeltTrial | Failure]
"""One visit in a round."""
Trials = Mapping[str, Mapping[int, FeltTrial]]
"""Way → round → what was felt."""


def job_of(model: str, folder: Path) -> Job:
    """The user's own file with the runtime's own options, on seeded inputs, on one thread."""
    subject = open_subject(model, shapes={}, inputs=None, seed=0, workdir=folder)
    job = empty_job()
    return replace(
        job,
        model_path=str(subject.original.path),
        external_data=subject.original.external_data,
        inputs_path=str(subject.inputs_path),
        pace=replace(job.pace, warmup_ms=100.0, warmup_runs=3, deadline_s=DEADLINE_S),
    )


def ways(job: Job, equipment: Equipment, folder: Path) -> Mapping[str, Way]:
    """What is done in each visit. One round has the same pauses and clicks in all of them."""
    feeling = Feeling(equipment=equipment, dist=assets.web_dist(), now_s=time.perf_counter)
    browser = accompanied(equipment.executable, job, folder)
    beside = dataclasses.replace(feeling, equipment=dataclasses.replace(equipment, executable=browser))
    in_worker = replace(job, setting=replace(job.setting, where="worker"))

    def beside_process(number: int) -> FeltTrial | Failure:
        with running(job):
            return feeling.felt(replace(job, round=number, seed=number), "idle")

    return {
        REST: lambda number: feeling.felt(replace(job, round=number, seed=number), "idle"),
        WORKER: lambda number: feeling.felt(replace(in_worker, round=number, seed=number), "worker"),
        PROCESS: beside_process,
        SAME_SESSION: lambda number: beside.felt(replace(job, round=number, seed=number), "idle"),
    }


def felt_in_rounds(found: Mapping[str, Way], rounds: int) -> Trials:
    """Each way once a round. A visit that fails is told, and left out of every ratio."""
    trials: dict[str, dict[int, FeltTrial]] = {way: {} for way in found}
    names = list(found)
    for number in range(rounds):
        for place in np.random.default_rng(number).permutation(len(names)):
            way = names[place]
            trial = found[way](number)
            if isinstance(trial, Failure):
                print(f"  round {number}, {way}: no figures ({trial.phase}): {trial.message}", flush=True)
            else:
                trials[way][number] = trial
    return trials


def told(measure: str, trials: Trials) -> list[str]:
    """Medians, then one ratio a line."""
    medians = (
        f"{ms(median(values.values()))} {way}" for way in trials if (values := by_round(measure, trials, way))
    )
    lines = [f"  {METRICS[measure]}: {', '.join(medians)}"]
    for way, base in RATIOS:
        lines.append(f"    {f'{way} / {base}':53} {ratio(measure, trials, way, base)}")
    return lines


def ratio(measure: str, trials: Trials, way: str, base: str) -> str:
    """Over the rounds that have both."""
    found = times(by_round(measure, trials, way), by_round(measure, trials, base))
    return change_with_interval(found) if found else "no round has both"


def times(here: Mapping[int, float], there: Mapping[int, float]) -> Estimate | None:
    """How many times as long, over the rounds that have both; None where none has."""
    shared = sorted(here.keys() & there.keys())
    return factor_of(Contrast({n: math.log(here[n] / there[n]) for n in shared})) if shared else None


def by_round(measure: str, trials: Trials, way: str) -> dict[int, float]:
    """What has no value, or none that a ratio can be made of, is left out."""
    values = {number: MEASURES[measure].of(trial) for number, trial in trials[way].items()}
    return {number: value for number, value in values.items() if value}


def figures(model: str, trials: Trials) -> Mapping[str, object]:
    """What ratios are made of, for a file; `ms`: measure → way → round → ms."""
    return {
        "model": model,
        "machine": machine_facts().cpu,
        "cores": usable_cores(),
        "onnxruntime": version("onnxruntime"),
        "ms": {measure: {way: by_round(measure, trials, way) for way in trials} for measure in METRICS},
    }


def told_load(trials: Trials) -> str:
    """Busy cores over the whole visit, in part of which a worker runs for half of the time; and strangers."""
    busy: list[str] = []
    for way, seen in trials.items():
        loads = [one.load for one in seen.values() if one.load.machine_busy_ms is not None]
        cores = [(load.machine_busy_ms or 0.0) / load.wall_ms for load in loads]
        busy += [f"{plain(median(cores), 2)} {way}"] if cores else []
    outside = [
        (outside_ms(one.load) or 0.0) / one.load.wall_ms
        for way, seen in trials.items()
        for one in seen.values()
        if way != PROCESS
    ]
    most = percent(max(outside, default=0.0))
    return f"  busy cores, medians: {', '.join(busy)}; other programs: at most {most} of a core in one visit"


def main() -> None:
    """One paragraph per model, as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("models", nargs="*", default=[MODEL], metavar="MODEL")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N")
    parser.add_argument("--out", type=Path, metavar="FILE")
    asked = parser.parse_args()
    with sole_measurer(), Guard() as guard:
        equipment = Equipment(executable=assets.find_browser(), probes=assets.probes_web(), guard=guard)
        for model in asked.models:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                print(f"{model}, {asked.rounds} rounds", flush=True)
                trials = felt_in_rounds(ways(job_of(model, folder), equipment, folder), asked.rounds)
            if asked.out:
                asked.out.write_bytes(json.format(json.encode(figures(model, trials)), indent=1) + b"\n")
            for measure in METRICS:
                print("\n".join(told(measure, trials)), flush=True)
            print(told_load(trials), flush=True)


if __name__ == "__main__":
    main()
