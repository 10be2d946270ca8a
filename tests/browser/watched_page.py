"""An app as somebody has it: the library and its models beside a page, and that page watched."""

import shutil
from pathlib import Path

import onnx
import pytest
from onnx.external_data_helper import convert_model_to_external_data

from gapprof import assets
from gapprof.guard import Guard
from gapprof.records.progress import Progress
from gapprof.records.settings import Settings
from gapprof.watch import page as watch
from gapprof.watch.kept import Watched
from tests.browser.conftest import SIZE

LIBRARY = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
PREPARE = """
import * as ort from "./ort.wasm.bundle.min.mjs";
ort.env.wasm.wasmPaths = new URL("./", globalThis.location.href).href;
const values = Float32Array.from({ length: 96 * 96 }, (_, at) => (at % 17) / 17);
const feeds = () => ({ x: new ort.Tensor("float32", values, [96, 96]) });
const pause = () => new Promise((done) => setTimeout(done, 5));
"""
FOREVER = """
const session = await ort.InferenceSession.create("./tiny.onnx", { graphOptimizationLevel: "extended" });
for (;;) { await session.run(feeds()); await pause(); }
"""


def laid_out(folder: Path, model_folder: Path) -> Path:
    """A new folder with the library and the tiny model."""
    folder.mkdir()
    for name in LIBRARY:
        shutil.copy(assets.web_dist() / name, folder)
    shutil.copy(model_folder / "tiny.onnx", folder)
    return folder


def heard(
    site: Path,
    script: str,
    *,
    guard: Guard,
    workdir: Path,
    file: str = "app.mjs",
    page: str = "",
    most_s: float = 30.0,
    **given: object,
) -> Watched:
    """Watch a page that loads that module."""
    (site / file).write_text(script)
    (site / "index.html").write_text(page or f'<!doctype html><script type=module src="{file}"></script>')
    settings = Settings(page=str(site / "index.html"), **given)
    told: list[Progress] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch, "QUIET_S", 2.0)
        patch.setattr(watch, "MOST_S", most_s)
        return watch.watched(settings, guard=guard, workdir=workdir, observer=told.append)


def with_other_models(site: Path) -> None:
    """A model that is quick, and the tiny one with its weights in a file beside it."""
    shape = [SIZE, SIZE]
    x, y = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in "xy")
    graph = onnx.helper.make_graph([onnx.helper.make_node("Neg", ["x"], ["y"])], "quick", [x], [y])
    opsets = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8), site / "other.onnx")
    model = onnx.load(site / "tiny.onnx")
    convert_model_to_external_data(model, location="tiny.data", size_threshold=0)
    onnx.save(model, site / "split.onnx")
