"""Which nodes ran and which programs were dispatched by onnxruntime-web here: what a join has to go by.

`python -m tests.browser.gpu_joins` records small models and some of the zoo's anew, for the unit tests.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.gpu import graphics, toggles
from gapprof.gpu.asked import asked
from gapprof.gpu.placed import placed
from gapprof.gpu.recorded import record
from gapprof.gpu.visited import Gpu
from gapprof.guard import Guard
from gapprof.records.gpu import PlacedNode
from gapprof.records.job import Job
from gapprof.subject.zoo import build
from tests.browser.gpu_models import MODELS, job_of

PATH = Path(__file__).parent.parent / "unit" / "facts" / "gpu_joins.json"
WORDS = 32
ZOO: Mapping[str, Mapping[str, NDArray[Any]]] = {
    "resnet20": {"input": np.ones((1, 3, 32, 32), np.float32)},
    "mobilenetv2": {"input": np.ones((1, 3, 224, 224), np.float32)},
    "squeezenet": {"input": np.ones((1, 3, 224, 224), np.float32)},
    "bert-small": {
        "input_ids": np.arange(WORDS, dtype=np.int64)[None],
        "attention_mask": np.ones((1, WORDS), np.int64),
        "token_type_ids": np.zeros((1, WORDS), np.int64),
    },
}
"""Model → its inputs; what they hold changes no call."""
QUICK = toggles.browser_args(toggles.without("zero-init"))
"""Shaders compile several times faster so, and are the same."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One model."""

    nodes: tuple[PlacedNode, ...]
    """In the order in which they ran."""
    programs: tuple[str, ...]
    """Of the dispatches of a steady run, in theirs."""


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    command: str
    onnxruntime_web: str
    browser: str
    models: dict[str, Seen]


@contextmanager
def gpu() -> Iterator[Gpu]:
    """As it is found here."""
    executable = assets.find_browser()
    with Guard() as guard:
        equipment = Equipment(executable=executable, probes=assets.probes_web(), guard=guard)
        yield Gpu(equipment=equipment, graphics=graphics.here(executable), deadline_s=600.0)


def zoo_job(name: str, folder: Path) -> Job:
    """As a small model's, with the zoo's in its place."""
    job = job_of("matmul", folder)
    model, inputs = build(name, folder), folder / f"{name}.npz"
    np.savez(inputs, **ZOO[name])
    return replace(job, model_path=str(model), inputs_path=str(inputs))


def recorded(jobs: Sequence[tuple[str, Job]], found: Gpu, folder: Path) -> Book:
    """Every one in two fresh browsers: with the recorder, and with the profiler."""
    models, version, browser = {}, "", ""
    for name, job in jobs:
        quick = replace(job, setting=replace(job.setting, browser_args=QUICK))
        recording = record(quick, found, folder / "a.trace", dist=assets.web_dist())
        nodes = placed(quick, found, dist=assets.web_dist()).nodes
        programs = tuple(one.program for one in asked(recording.trace).dispatches)
        models[name] = Seen(nodes=nodes, programs=programs)
        version, browser = recording.ort_version, recording.browser
    return Book(
        command="python -m tests.browser.gpu_joins",
        onnxruntime_web=version,
        browser=browser,
        models=models,
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as name, gpu() as found:
        folder = Path(name)
        jobs = [(model, job_of(model, folder)) for model in MODELS]
        jobs += [(model, zoo_job(model, folder)) for model in ZOO]
        book = recorded(jobs, found, folder)
    PATH.write_bytes(msgspec.json.format(msgspec.json.encode(book), indent=1) + b"\n")


if __name__ == "__main__":
    main()
