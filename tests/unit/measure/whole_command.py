"""The whole way from a command's settings to its outcome, on given pages instead of this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from gapprof import pipeline
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.interrupts import held
from gapprof.live import silent
from gapprof.measure.run import measure
from gapprof.pipeline import Outcome
from gapprof.records.backend import Backend
from gapprof.records.settings import Settings
from gapprof.subject.sketch import Sketch
from tests.unit.measure.whole_run import FACTORS, MACHINE
from tests.unit.subject.native_steps import native_steps_here

WHOLE = Machine(latency_ms={**ladder_ms({}, backend="webgpu"), **ladder_ms(FACTORS)})
"""With and without a GPU."""
_BACKENDS = ("native", "chromium", "node", "dawn", "web-replay")


def small_model(folder: Path) -> Path:
    """Of one node."""
    sketch = Sketch("small", seed=1)
    sketch.output(sketch.node("only", "Neg", [sketch.input("x", [1, 4])]), "y", [1, 4])
    sketch.save(folder / "small.onnx")
    return folder / "small.onnx"


@contextmanager
def on_given_pages(page: Backend) -> Iterator[None]:
    """What is run within it asks this page for everything, and opens models in this process."""
    with pytest.MonkeyPatch.context() as patch, native_steps_here():
        on_it = partial(measure, realise=dict.fromkeys(_BACKENDS, page), machine=MACHINE)
        patch.setattr("gapprof.measure.run.measure", on_it)
        yield


def outcome(page: Backend, settings: Settings, folder: Path) -> Outcome:
    """Of that small model, which lies in this folder, as its recording does then."""
    with on_given_pages(page), held() as hold:
        return pipeline.explained(
            str(small_model(folder)),
            settings,
            argv=("gapprof", "explain", "small.onnx"),
            path=folder / "recording.jsonl",
            observer=silent,
            hold=hold,
        )
