"""A small CNN and whole runs of it, each made once and read by several claims."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import psutil
import pytest
from onnx import TensorProto, helper, numpy_helper

from gapprof import Report, analyze, explain
from gapprof.assets import web_dist
from gapprof.recordings import read_run
from gapprof.records.codec import encode_report
from gapprof.records.recording import Recording
from tests.live import app, burning
from tests.live.rounds import ROUNDS, few_rounds, pared_down

CHANNELS, SIDE = 32, 28
SEEN_MS = 1e6
"""A latency that somebody saw: more than any run of the model takes, on any machine and however it begins."""

Explained = Callable[..., Report]
Recorded = Callable[[Report], Recording]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four 3x3 convolutions with Relu: about a millisecond natively."""
    rng = np.random.default_rng(1)
    nodes, weights, previous = [], [], "x"
    for layer in range(4):
        scale = np.sqrt(2 / (9 * CHANNELS))
        weight = (rng.standard_normal((CHANNELS, CHANNELS, 3, 3)) * scale).astype(np.float32)
        weights.append(numpy_helper.from_array(weight, f"w{layer}"))
        nodes.append(
            helper.make_node(
                "Conv", [previous, f"w{layer}"], [f"c{layer}"], name=f"conv{layer}", pads=[1] * 4
            )
        )
        previous = "y" if layer == 3 else f"r{layer}"
        nodes.append(helper.make_node("Relu", [f"c{layer}"], [previous], name=f"relu{layer}"))
    shape = [1, CHANNELS, SIDE, SIDE]
    graph = helper.make_graph(
        nodes,
        "cnn",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        initializer=weights,
    )
    path = tmp_path_factory.mktemp("live") / "cnn.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.fixture(scope="session")
def page_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page whose timer burns most of the main thread."""
    return burning.put(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="session")
def kept() -> list[tuple[Report, Path]]:
    """What was measured so far, and where it is recorded."""
    return []


@pytest.fixture(scope="session")
def explained(
    model: Path, tmp_path_factory: pytest.TempPathFactory, kept: list[tuple[Report, Path]]
) -> Explained:
    """Measure in as few rounds as have an interval, or as are asked for; the recording gives the same report;
    nothing is left.
    """

    def run(of: Path | None = model, *, rounds: int = ROUNDS, **options: object) -> Report:
        recording = tmp_path_factory.mktemp("recording") / "recording.jsonl"
        with few_rounds(rounds), pared_down():
            report = explain(of, recording=recording, **{"budget_s": 1.0, "rungs": "main", **options})
        assert encode_report(analyze(recording)) == encode_report(report)
        assert psutil.Process().children(recursive=True) == [], "left after a normal end"
        kept.append((report, recording))
        return report

    return run


@pytest.fixture(scope="session")
def recorded(kept: list[tuple[Report, Path]]) -> Recorded:
    """The recording of a report that `explained` gave."""

    def found(report: Report) -> Recording:
        return read_run(next(path for one, path in kept if one is report))

    return found


@pytest.fixture(scope="session")
def own_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pinned build, but for one custom section at the end of its wasm that no engine reads."""
    folder = tmp_path_factory.mktemp("build") / "dist"
    shutil.copytree(web_dist(None), folder)
    for wasm in folder.glob("*.wasm"):
        wasm.write_bytes(wasm.read_bytes() + b"\x00\x08\x07gapprof")
    return folder


@pytest.fixture(scope="session")
def deployed(explained: Explained, model: Path, page_folder: Path, own_build: Path) -> Report:
    """Many options at once, each of which another step of the ladder answers.

    In a worker of a busy page, by its path, without COOP and COEP, while two threads are asked for; with real
    inputs, in the baseline tier, with an onnxruntime-web build of one's own; and once with the headers. One
    round: nothing is claimed of intervals.
    """
    inputs = model.with_name("inputs.npz")
    np.savez(inputs, x=np.full((1, CHANNELS, SIDE, SIDE), 0.5, np.float32))
    return explained(
        page=str(page_folder / "index.html"),
        isolation=False,
        where="worker",
        threads=2,
        js_flags=("--liftoff-only",),
        browser_args=("--js-flags=--no-wasm-stack-checks",),
        inputs=str(inputs),
        web_dist=str(own_build),
        rungs="web-isolated",
        rounds=1,
    )


@pytest.fixture(scope="session")
def twinned(explained: Explained) -> Report:
    """With twins."""
    return explained(where="worker", twins=True)


@pytest.fixture(scope="session")
def app_page(model: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page that runs the model by itself, on two threads where it gets them."""
    return str(app.put(tmp_path_factory.mktemp("app"), model, [1, CHANNELS, SIDE, SIDE]))


@pytest.fixture(scope="session")
def seen(explained: Explained, app_page: str, own_build: Path) -> Report:
    """What that page runs without COOP and COEP; a latency that was seen; the whole ladder.

    The ladder is made with an onnxruntime-web build of one's own, and that is looked into as well.
    """
    return explained(
        of=None,
        page=app_page,
        isolation=False,
        web_dist=str(own_build),
        instrument=True,
        observed_ms=SEEN_MS,
        budget_s=30.0,
    )
