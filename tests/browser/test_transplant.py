"""The library's own functions in real Chromium and as native code, on calls that a model makes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from msgspec.structs import replace
from onnx import numpy_helper

from gapprof import assets
from gapprof.backends.synthetic import Machine
from gapprof.browser.visit import Equipment
from gapprof.guard import Guard
from gapprof.measure.journal import open_journal
from gapprof.records.job import Job, Pace
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from gapprof.records.transplant import TransplantPlan, TransplantTrial
from gapprof.subject.sketch import Sketch
from gapprof.transplant import bench, settling
from gapprof.transplant.bench import Bench
from gapprof.transplant.recorded import Calls
from gapprof.transplant.rows import SLOT_BYTES, row_of
from gapprof.transplant.settling import LEAST_SHARE
from gapprof.transplant.web_side import Page
from gapprof.wasm.module import Module, parsed
from tests.settings import QUIET
from tests.truth.recorder import record

SERVED = "ort-wasm-simd-threaded.wasm"
FEW, SEVERAL = 0.2, 0.5
"""Of the time that wasm takes: one function of this model has as much, or two; each takes some visits."""
WARMUP_MS = 100.0
"""Nothing is held against a time but the wide bounds of what is nearly the same work."""
SAMPLED_MS = 600.0
PACE = Pace(
    warmup_ms=100.0, warmup_runs=3, batch=1, samples=5, requests=0, think_ms=(0.0, 0.0), deadline_s=300.0
)


@dataclass(frozen=True)
class Ran:
    page: Page
    bench: Bench
    recording: Recording


def _model(path: Path) -> None:
    sketch = Sketch("small", seed=1)
    x = sketch.input("x", [1, 32, 28, 28])
    x = sketch.node("act", "Relu", [sketch.conv("conv", x, sketch.filters(64, 32, 3, gain=1.0), pad=1)])
    sketch.output(sketch.conv("point", x, sketch.filters(8, 64, 1, gain=1.0)), "y", [1, 8, 28, 28])
    sketch.save(path)


@pytest.fixture(
    scope="module", params=[FEW, pytest.param(SEVERAL, marks=pytest.mark.long)], ids=["few", "several"]
)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    folder = tmp_path_factory.mktemp("transplant")
    _model(folder / "model.onnx")
    x = np.random.default_rng(3).uniform(-1, 1, (1, 32, 28, 28)).astype(np.float32)
    np.savez(folder / "inputs.npz", x=x)
    with Guard() as guard:
        page = Page(
            job=Job(
                rung="web-worker",
                round=0,
                seed=0,
                setting=QUIET,
                model_path=str(folder / "model.onnx"),
                external_data=(),
                optimise=False,
                inputs_path=str(folder / "inputs.npz"),
                outputs_path="",
                pace=PACE,
            ),
            equipment=Equipment(
                executable=assets.find_browser(None), probes=assets.probes_web(), guard=guard
            ),
            dist=assets.web_dist(),
            wasm=SERVED,
            module=parsed((assets.web_dist() / SERVED).read_bytes()),
            scratch=folder,
        )
        begin = record(Machine(), Settings(threads=1), page_threads=1).begin
        with open_journal(folder / "run.jsonl", begin) as journal, pytest.MonkeyPatch.context() as patch:
            patch.setattr(settling, "SHARE", request.param)
            patch.setattr(settling, "_LOOK", replace(settling._LOOK, warmup_ms=WARMUP_MS))
            patch.setattr(bench, "_TIMING", replace(bench._TIMING, warmup_ms=WARMUP_MS))
            patch.setattr(bench, "SAMPLED_RUNS_MS", SAMPLED_MS)
            found = bench.prepared(journal, page, run_ms=2.0, seed=0)
            found.time_in_page(0)
            found.time_natively(0)
            yield Ran(page, found, journal.recording())


def test_the_hottest_functions_are_followed_or_say_why_not(ran: Ran) -> None:
    plan = next(ran.recording.of(TransplantPlan))
    measured = [one for one in plan.functions if not one.why]
    assert measured
    assert [one.function for one in measured] == [calls.function for calls in ran.bench.calls]
    assert all(0 < one.rows <= one.calls for one in measured)
    own_ms = [one.self_ms for one in plan.functions]
    assert own_ms == sorted(own_ms, reverse=True)
    assert own_ms[-1] >= LEAST_SHARE * plan.wasm_ms
    assert sum(one.measured_ms for one in measured) <= plan.wasm_ms * (1 + 1e-9)


def test_both_sides_are_timed_and_leave_the_same_bytes(ran: Ran) -> None:
    trials = {trial.target: trial for trial in ran.recording.of(TransplantTrial)}
    assert set(trials) == {"wasm", ran.bench.target}
    for there, here in zip(trials["wasm"].times, trials[ran.bench.target].times, strict=True):
        assert (there.function, there.sha256) == (here.function, here.sha256)
        assert all(us > 0 for us in (*there.samples_us, *here.samples_us))


def test_a_call_that_is_recorded_is_one_that_the_model_makes(ran: Ran) -> None:
    """An argument of one of them is the address of filters, which lie there in the recorded memory."""
    filters = [
        numpy_helper.to_array(one).tobytes()
        for one in onnx.load(ran.page.job.model_path).graph.initializer
        if len(one.dims) == 4
    ]
    found = [
        address
        for calls in ran.bench.calls
        for address in _addresses(ran.page.module, calls)
        if any(_sixteen(calls, address) in one for one in filters)
    ]
    assert found


def _addresses(module: Module, calls: Calls) -> set[int]:
    """Whatever is an i32 among the arguments."""
    row = row_of(module.type_of(calls.function))
    table = np.fromfile(calls.table, np.uint32).reshape(calls.rows, row.size_bytes // 4)
    slots = [at for at, kind in enumerate(row.parameters) if kind == "i32"]
    return {int(one) for at in slots for one in table[:, at * SLOT_BYTES // 4]}


def _sixteen(calls: Calls, address: int) -> bytes:
    """Bytes that stand there; nothing that could be found anywhere where there are too few."""
    with calls.image.open("rb") as image:
        image.seek(address)
        return image.read(16) or b"nothing"


def test_a_function_that_no_run_calls_is_told_and_keeps_no_other_from_being_recorded(ran: Ran) -> None:
    module = ran.page.module
    cold = next(
        number
        for number in range(len(module.bodies) + module.imported_functions - 1, 0, -1)
        if module.type_of(number).parameters == b"\x7f" * 4 and not module.type_of(number).results
    )
    with pytest.raises(ValueError, match="no run calls it"):
        ran.page.recorded(cold, deadline_s=180.0)
    hot = ran.bench.calls[0]
    assert ran.page.recorded(hot.function, deadline_s=180.0).calls == hot.calls
